/** The DSSE envelopes of a bundle: plans under the notary's seal, ballots under the voters', approvals under people's. */
import { z } from "zod";
import type { EvidenceKeys } from "../src/core/evidence/keys.ts";
import { ENVELOPE_TYPE } from "../src/core/log/envelope.ts";
import {
  keyIdOf,
  payloadTypeOf,
  preAuthEncoding,
  type PublicKeys,
  type Signature,
} from "../src/core/signing.ts";
import { signedWith } from "../src/edge/passkey/webauthn.ts";
import { verify } from "../src/edge/signing/key-pair.ts";
import { isBySandboxPerson } from "../src/edge/signing/sandbox-people.ts";

/** How many envelopes hold, by what they are. */
export interface Seals {
  readonly plans: number;
  readonly ballots: number;
  readonly approvals: number;
  /** Of those, approvals with keys of a sandbox, which everybody can work out: they prove nothing about people. */
  readonly sandbox: number;
}

export interface SealedFiles {
  readonly files: ReadonlySet<string>;
  text(file: string): Promise<string | null>;
  note(file: string, problem: string): void;
}

const kept = z.object({ media_type: z.string(), salt: z.string(), text: z.string() });
const envelopeForm = z.object({
  payload: z.string(),
  payloadType: z.string(),
  signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })).min(1),
});
const assertionForm = z.object({
  type: z.literal("passkey"),
  credentialId: z.string(),
  authenticatorData: z.string(),
  clientDataJson: z.string(),
  signature: z.string(),
});
type Envelope = z.infer<typeof envelopeForm>;

const BALLOT = payloadTypeOf("ballot/v2");
const APPROVAL = payloadTypeOf("approval/v1");

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const hexOf = (base64: string): string => Buffer.from(base64, "base64").toString("hex");

/** `<key>/<algorithm>`, of one key for all parts. */
function signatureIn({ signatures }: Envelope): { key: string; parts: Record<string, string> } {
  const key = signatures[0]?.keyid.replace(/\/[^/]*$/, "") ?? "";
  const own = signatures.filter(({ keyid }) => keyid.startsWith(`${key}/`));
  const parts = own.map(({ keyid, sig }) => [keyid.slice(key.length + 1), hexOf(sig)] as const);
  return { key, parts: own.length === signatures.length ? Object.fromEntries(parts) : {} };
}

const voterKeys = ({ voters }: EvidenceKeys, id: string): PublicKeys | null =>
  voters
    .flatMap(({ entry: { registration } }) =>
      registration.type === "introduced" ? [registration.keys] : [],
    )
    .find((keys) => keyIdOf(keys) === id) ?? null;

/** All parts of the suite have to hold (`verify`). */
async function holdsUnder(envelope: Envelope, payload: string, all: readonly PublicKeys[]) {
  const { parts } = signatureIn(envelope);
  for (const keys of all) {
    const signature: Signature = { suite: keys.suite, signatures: parts };
    if (await verify(preAuthEncoding(envelope.payloadType, payload), signature, keys)) return true;
  }
  return false;
}

type Found = "plans" | "ballots" | "approvals" | "sandbox";

/** What it is, and holds; or what is wrong. */
async function judged(envelope: Envelope, keys: EvidenceKeys): Promise<{ is: Found } | string> {
  const payload = Buffer.from(envelope.payload, "base64").toString();
  const { key, parts } = signatureIn(envelope);
  if (key === "notary") {
    const notaries = keys.notaries.map((one) => one.keys);
    return (await holdsUnder(envelope, payload, notaries))
      ? { is: "plans" }
      : "has a seal that no notary's key made";
  }
  if (envelope.payloadType === BALLOT) {
    const own = voterKeys(keys, key);
    if (own === null) return `is signed by the key ${key}, which no voter of keys.json has`;
    return (await holdsUnder(envelope, payload, [own]))
      ? { is: "ballots" }
      : "has a signature that does not hold";
  }
  if (envelope.payloadType !== APPROVAL) return `is a \`${envelope.payloadType}\` of nobody`;
  return judgedApproval({ key, parts, payload }, { envelope, keys });
}

async function judgedApproval(
  of: { key: string; parts: Record<string, string>; payload: string },
  { envelope, keys }: { envelope: Envelope; keys: EvidenceKeys },
): Promise<{ is: Found } | string> {
  const content = z.looseObject({ by: z.string() }).safeParse(json(of.payload)).data;
  if (content === undefined) return "is no approval of anybody";
  if (of.key !== "passkey") {
    const [first] = keys.notaries;
    const suite = first?.keys.suite ?? "ed25519+ml-dsa-44";
    const signature = { suite, signatures: of.parts };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever is no digest is nobody's key
    const attestation = { type: "key", key: of.key as PublicKeyId, signature } as const;
    return (await isBySandboxPerson("approval/v1", content, attestation))
      ? { is: "sandbox" }
      : "has a signature that does not hold";
  }
  const sig = Buffer.from(envelope.signatures[0]?.sig ?? "", "base64").toString();
  const assertion = assertionForm.safeParse(json(sig)).data;
  const passkey = keys.people.find(
    ({ id, person }) => id === assertion?.credentialId && person === content.by,
  );
  if (assertion === undefined || passkey === undefined)
    return `is signed with a passkey that keys.json does not have of ${content.by}`;
  const statement = { purpose: "approval/v1", content } as const;
  return (await signedWith(passkey, statement, { assertion, party: keys.relying_party })) === null
    ? "has a passkey's signature that does not hold"
    : { is: "approvals" };
}

type PublicKeyId = ReturnType<typeof keyIdOf>;

/** Every envelope of the bundle. */
export async function sealsIn(bundle: SealedFiles, keys: EvidenceKeys): Promise<Seals> {
  const seals = { plans: 0, ballots: 0, approvals: 0, sandbox: 0 };
  for (const file of bundle.files) {
    if (!file.startsWith("evidence/")) continue;
    const text = await bundle.text(file);
    const found = text === null ? undefined : kept.safeParse(json(text)).data;
    if (found?.media_type !== ENVELOPE_TYPE) continue;
    const envelope = envelopeForm.safeParse(json(found.text)).data;
    const answer = envelope === undefined ? "is not an envelope" : await judged(envelope, keys);
    if (typeof answer === "string") bundle.note(file, answer);
    else {
      seals[answer.is] += 1;
      if (answer.is === "sandbox") seals.approvals += 1;
    }
  }
  return seals;
}
