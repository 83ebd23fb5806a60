/**
 * Asks witnesses to sign a checkpoint too (c2sp.org/tlog-witness): each has seen every earlier one, and will not sign a
 * second history.
 */
import { parseCheckpoint, type SignedCheckpoint } from "../../core/log/checkpoint.ts";
import { formatNote, type NoteKey, type NoteSignature, vkeyOf } from "../../core/log/note.ts";
import {
  meetsQuorum,
  parseTrustFile,
  type TrustedWitness,
  type TrustFile,
} from "../../core/log/trust-file.ts";
import { formatAddCheckpoint, type WitnessAnswer, witnessAnswer } from "../../core/log/witness.ts";

const TIMEOUT_MS = 5_000;
/** A few signature lines; a post-quantum one has some 3 KB. */
const ANSWER_CHARACTERS_MAX = 65_536;
/** First from what was published last, then from what the witness says that it has. */
const TIME_BYTES = 8;
const TRIES = 2;
/** In the open only to this machine. */
const ADDRESS =
  /^(?:https:\/\/[^\s/]+|http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?)(?:\/\S*)?$/;

export interface WitnessInput {
  readonly trust: TrustFile;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Whether the line of this key on this note holds. */
  readonly verify: (signed: SignedCheckpoint, key: NoteKey) => Promise<boolean>;
}

export interface Cosigning {
  /** The note as the log has signed it. */
  readonly note: string;
  /** Size that was published last. */
  readonly published: number;
  readonly consistency: (from: number, size: number) => Promise<readonly Uint8Array[]>;
}

/** Witness and quorum lines of a trust file; the log's own keys need not stand there. Throws on a malformed one. */
export function witnessesIn(text: string, keys: readonly NoteKey[]): TrustFile {
  const own = keys.map((key) => `log ${vkeyOf(key)}\n`).join("");
  const trust = parseTrustFile(own + text);
  if (!trust.ok) throw new Error(`\`LOG_WITNESSES\` ${trust.error}`);
  const lost = trust.value.witnesses.find(({ url }) => url === null || !ADDRESS.test(url));
  if (lost) throw new Error(`\`LOG_WITNESSES\`: witness \`${lost.name}\` has no usable address`);
  return trust.value;
}

/** The note with the lines of those witnesses that signed. Throws while they are not a quorum: the caller tries again. */
export async function cosigned(input: WitnessInput, of: Cosigning): Promise<string> {
  const { trust } = input;
  const signed = parseCheckpoint(of.note);
  if (!signed.ok) throw new Error(`the note to be witnessed ${signed.error}`);
  const { text, signatures } = signed.value.note;
  const asked = await Promise.allSettled(
    trust.witnesses.map((witness) => lineOf(input, { witness, signed: signed.value, of })),
  );
  const lines = asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const signers = new Set(lines.map(({ key }) => vkeyOf(key)));
  if (!meetsQuorum(trust, signers)) {
    const faults = asked.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
    throw new Error(`the witnesses are no quorum: ${faults.join("; ")}`);
  }
  return formatNote({ text, signatures: [...signatures, ...lines.map(({ line }) => line)] });
}

interface Asked {
  readonly witness: TrustedWitness;
  readonly signed: SignedCheckpoint;
  readonly of: Cosigning;
}

async function lineOf(
  input: WitnessInput,
  { witness, signed, of }: Asked,
): Promise<{ key: NoteKey; line: NoteSignature }> {
  const { size } = signed.checkpoint;
  let old = of.published;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const proof = await of.consistency(old, size);
    const answer = await ask(
      input,
      witness,
      formatAddCheckpoint({ old, proof, checkpoint: of.note }),
    );
    if (answer.type === "cosigned") return held(input, { witness, signed, of }, answer.lines);
    if (answer.type !== "has" || answer.size > size) throw new Error(refusalOf(witness, answer));
    old = answer.size;
  }
  throw new Error(`witness \`${witness.name}\` changes its mind about what it has`);
}

function refusalOf({ name }: TrustedWitness, answer: WitnessAnswer): string {
  switch (answer.type) {
    case "disagrees":
      return `witness \`${name}\` has seen another history of this log`;
    case "has":
      return `witness \`${name}\` has seen ${answer.size} entries, more than there are`;
    case "refused":
      return `witness \`${name}\` refuses with ${answer.status}`;
    case "cosigned":
      return `witness \`${name}\` has signed`;
  }
}

/** Only the line of the key that is expected counts, and only if it holds. */
async function held(
  { verify }: WitnessInput,
  { witness: { key, name }, signed }: Asked,
  lines: readonly NoteSignature[],
): Promise<{ key: NoteKey; line: NoteSignature }> {
  const line = lines.find((one) => one.name === key.name && one.keyId === key.id);
  if (!line) throw new Error(`witness \`${name}\` signs with another key`);
  const note = { ...signed.note, signatures: [line] };
  // Zero is what is written where there is no time: such a line says nothing about the newest tree.
  if (line.blob.slice(0, TIME_BYTES).every((byte) => byte === 0))
    throw new Error(`witness \`${name}\` signs without a time`);
  if (await verify({ ...signed, note }, key)) return { key, line };
  throw new Error(`the signature of witness \`${name}\` does not hold`);
}

async function ask(
  { fetch }: WitnessInput,
  { url }: TrustedWitness,
  body: string,
): Promise<WitnessAnswer> {
  const response = await fetch(
    new Request(`${(url ?? "").replace(/\/+$/, "")}/add-checkpoint`, {
      method: "POST",
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }),
  );
  const text = await response.text();
  return text.length > ANSWER_CHARACTERS_MAX
    ? { type: "refused", status: response.status }
    : witnessAnswer(response.status, text);
}
