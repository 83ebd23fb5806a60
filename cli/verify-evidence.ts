/** Verifies a bundle of evidence from its own files: every byte of them, every proof, every signature. No network. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { parseKeys, type EvidenceKeys } from "../src/core/evidence/keys.ts";
import { canonicalise } from "../src/core/canonical.ts";
import { type SignedCheckpoint, parseCheckpoint } from "../src/core/log/checkpoint.ts";
import { decodeLeaf } from "../src/core/log/leaf.ts";
import { isIncluded, leafHash } from "../src/core/log/merkle.ts";
import { parseProof } from "../src/core/log/tlog-proof.ts";
import { meetsQuorum, parseTrustFile, type TrustFile } from "../src/core/log/trust-file.ts";
import { vkeyOf } from "../src/core/log/note.ts";
import type { Problem } from "../src/core/log/verifier.ts";
import { verifiedKeys } from "../src/edge/signing/log-signer.ts";
import { type Seals, sealsIn } from "./evidence-seals.ts";
import type { LogSource } from "./log-source.ts";

/** Beside the list that they seal. */
const SEAL = ["manifest.json", "manifest.entry.json", "manifest.tlog-proof"] as const;
const ROOT_SEAL = "manifest.root.tlog-proof";

export interface EvidenceInput {
  readonly source: LogSource;
  /** Whose keys count. Null: those that the bundle brings. */
  readonly trust: TrustFile | null;
}

export interface EvidenceReport {
  readonly ok: boolean;
  readonly folder: string;
  readonly files: number;
  readonly dossiers: number;
  readonly entries: number;
  readonly seals: Seals;
  readonly problems: readonly Problem[];
  readonly doesNotProve: readonly string[];
}

const LIMITS = {
  always: [
    "that what an entry says is true: it proves what was recorded, and that nothing of it was changed since",
    "that the record is whole and others are shown the same: verify the record itself (`driftless verify`)",
    "that the keys of voters and people are theirs: `keys.json` says so; compare it with the register (`/api/v1/agents`)",
  ],
  ownKeys: "who signed: the log's keys came with the bundle; pin them with --trust",
} as const;

const manifestForm = z.object({
  files: z.array(z.object({ path: z.string(), digest: z.string() })),
});
const dossierForm = z.object({
  entries: z.array(
    z.looseObject({ index: z.number(), shard: z.number().optional(), id: z.string() }),
  ),
});
type DossierEntry = z.infer<typeof dossierForm>["entries"][number];

const sha256 = (bytes: Uint8Array | string): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

function parsed<T>(text: string, form: z.ZodType<T>): T | null {
  try {
    return form.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

const placeOf = ({ index, shard }: DossierEntry): string =>
  shard === undefined ? String(index) : `${shard}-${index}`;

/** A folder while it is looked at. */
export class Bundle {
  readonly problems: Problem[] = [];
  readonly #source: LogSource;
  readonly #trust: TrustFile;
  readonly files: ReadonlySet<string>;
  readonly #judged = new Map<string, Promise<string | null>>();

  constructor(source: LogSource, trust: TrustFile, files: readonly string[]) {
    this.#source = source;
    this.#trust = trust;
    this.files = new Set(files);
  }

  note(file: string, problem: string): void {
    this.problems.push({ file, problem });
  }

  /** Checkpoints that proofs of entries end at. */
  readonly heads = new Set<string>();

  /** Null: it is not there, which is noted. */
  async bytes(file: string): Promise<Uint8Array | null> {
    const bytes = await this.#source.read(file);
    if (bytes === null) this.note(file, "is not there");
    return bytes;
  }

  async text(file: string): Promise<string | null> {
    const bytes = await this.bytes(file);
    return bytes === null ? null : new TextDecoder().decode(bytes);
  }

  /** Whether the proof is of these bytes at all, without a word about signatures. */
  async isProofOf(file: string, text: string): Promise<boolean> {
    const proof = parseProof((await this.text(file)) ?? "");
    const signed = proof.ok ? parseCheckpoint(proof.value.checkpoint) : proof;
    const leaf = leafHash(new TextEncoder().encode(text));
    return (
      proof.ok && signed.ok && isIncluded({ ...signed.value.checkpoint, ...proof.value, leaf })
    );
  }

  /** What is wrong with the signatures of a checkpoint; null: nothing. Every kind of key of the log has to have signed. */
  #judge(note: string, signed: SignedCheckpoint): Promise<string | null> {
    const known = this.#judged.get(note) ?? this.#signatures(signed);
    this.#judged.set(note, known);
    return known;
  }

  async #signatures(signed: SignedCheckpoint): Promise<string | null> {
    const { origin } = signed.checkpoint;
    const logs = this.#trust.logs.map(({ key }) => key).filter(({ name }) => name === origin);
    const keys = [...logs, ...this.#trust.witnesses.map(({ key }) => key)];
    const checks = await verifiedKeys(signed, keys);
    if (!checks.ok) return checks.error;
    const signers = checks.value.map(({ key }) => key);
    const kinds = new Set(logs.map(({ type }) => type));
    const missing = [...kinds].some(
      (type) => !signers.some((key) => key.name === origin && key.type === type),
    );
    if (kinds.size === 0) return `ends at a checkpoint of \`${origin}\`, and no key is`;
    if (missing) return "ends at a checkpoint that lacks a line of a key of the log";
    return meetsQuorum(this.#trust, new Set(signers.map(vkeyOf)))
      ? null
      : "ends at a checkpoint that is not signed by the quorum of the trust file";
  }

  /** Whether the proof is of these bytes. The checkpoint that it ends at, which is another proof's subject where there are shards. */
  async proves(file: string, leaf: { file: string; text: string }): Promise<string | null> {
    const text = await this.text(file);
    const proof = text === null ? null : parseProof(text);
    if (proof === null) return null;
    const signed = proof.ok ? parseCheckpoint(proof.value.checkpoint) : proof;
    if (!proof.ok || !signed.ok) {
      this.note(file, proof.ok ? "ends at no checkpoint" : proof.error);
      return null;
    }
    const wrong = await this.#judge(proof.value.checkpoint, signed.value);
    if (wrong !== null) {
      this.note(file, wrong);
      return null;
    }
    const hash = leafHash(new TextEncoder().encode(leaf.text));
    if (isIncluded({ ...signed.value.checkpoint, ...proof.value, leaf: hash }))
      return proof.value.checkpoint;
    this.note(leaf.file, `is not the entry that ${file} proves`);
    this.note(file, `does not prove ${leaf.file}`);
    return null;
  }
}

/** The list of files is what an entry of the record says it is; or else nothing can be said about the files. */
async function checkSeal(bundle: Bundle): Promise<z.infer<typeof manifestForm>["files"]> {
  const [manifestFile, entryFile, proofFile] = SEAL;
  const manifest = await bundle.text(manifestFile);
  const entry = await bundle.text(entryFile);
  if (manifest === null || entry === null) return [];
  const head = await bundle.proves(proofFile, { file: entryFile, text: entry });
  if (head !== null && bundle.files.has(ROOT_SEAL))
    await bundle.proves(ROOT_SEAL, { file: proofFile, text: head });
  const leaf = decodeLeaf(entry);
  const told = leaf.ok ? leaf.value.entry.data["manifest_digest"] : null;
  if (told === sha256(manifest)) return parsed(manifest, manifestForm)?.files ?? [];
  // A changed entry has been named already.
  if (head !== null) bundle.note(manifestFile, "is not the list that the record has");
  return [];
}

/** Every file that the list names, to the byte, and none beside them. */
async function checkFiles(
  bundle: Bundle,
  listed: z.infer<typeof manifestForm>["files"],
): Promise<void> {
  for (const { path, digest } of listed) {
    const bytes = await bundle.bytes(path);
    if (bytes !== null && sha256(bytes) !== digest)
      bundle.note(path, "has other bytes than were made");
  }
  const known = new Set<string>([...listed.map(({ path }) => path), ...SEAL, ROOT_SEAL]);
  for (const file of bundle.files)
    if (!known.has(file)) bundle.note(file, "is not a file of this bundle");
}

/** What a dossier says of an entry is what the entry says, and the entry is in the record. */
async function checkEntry(bundle: Bundle, dossier: string, entry: DossierEntry): Promise<void> {
  const file = `entries/${placeOf(entry)}.json`;
  const text = await bundle.text(file);
  const leaf = text === null ? null : decodeLeaf(text);
  if (text === null || leaf === null) return;
  if (!leaf.ok) return bundle.note(file, leaf.error);
  const { shard: _, ...told } = entry;
  if (canonicalise(told) !== canonicalise({ ...leaf.value.entry }))
    bundle.note(dossier, `tells entry ${placeOf(entry)} otherwise than ${file}`);
  const head = await bundle.proves(`proofs/${placeOf(entry)}.tlog-proof`, { file, text });
  if (head !== null) bundle.heads.add(head);
}

/** With shards, each checkpoint that a proof ends at is an entry of the root log. */
async function checkRoots(bundle: Bundle): Promise<void> {
  const roots = [...bundle.files].filter((file) => /^proofs\/root-\d+\.tlog-proof$/.test(file));
  if (roots.length === 0) return;
  const proven = new Set<string>();
  for (const file of roots)
    for (const head of bundle.heads)
      if (await bundle.isProofOf(file, head)) {
        await bundle.proves(file, { file, text: head });
        proven.add(head);
      }
  for (const head of bundle.heads)
    if (!proven.has(head))
      bundle.note(
        "proofs",
        `no proof that the checkpoint of ${head.split("\n")[0]} is in the root log`,
      );
}

async function checkDossiers(bundle: Bundle): Promise<{ dossiers: number; entries: number }> {
  let [dossiers, entries] = [0, 0];
  for (const file of bundle.files) {
    if (!file.startsWith("dossiers/")) continue;
    const dossier = parsed((await bundle.text(file)) ?? "", dossierForm);
    if (dossier === null) {
      bundle.note(file, "is not a dossier");
      continue;
    }
    dossiers += 1;
    for (const entry of dossier.entries) await checkEntry(bundle, file, entry);
    entries += dossier.entries.length;
  }
  await checkRoots(bundle);
  return { dossiers, entries };
}

async function keysIn(bundle: Bundle): Promise<EvidenceKeys | null> {
  const text = await bundle.text("keys.json");
  const keys = text === null ? null : parseKeys(text);
  if (keys === null || keys.ok) return keys?.value ?? null;
  bundle.note("keys.json", keys.error);
  return null;
}

const NO_SEALS: Seals = { plans: 0, ballots: 0, approvals: 0, sandbox: 0 };

async function trustOf({ source, trust }: EvidenceInput): Promise<TrustFile | string> {
  if (trust !== null) return trust;
  const bytes = await source.read("trust-policy");
  if (bytes === null) return "is not there";
  const own = parseTrustFile(new TextDecoder().decode(bytes));
  return own.ok ? own.value : own.error;
}

export async function verifyEvidence(input: EvidenceInput): Promise<EvidenceReport> {
  const files = (await input.source.list()) ?? [];
  const report = {
    folder: input.source.name,
    files: files.length,
    doesNotProve: [...LIMITS.always, ...(input.trust === null ? [LIMITS.ownKeys] : [])],
  };
  const nothing = { ...report, dossiers: 0, entries: 0, seals: NO_SEALS };
  const trust = await trustOf(input);
  if (typeof trust === "string")
    return { ...nothing, ok: false, problems: [{ file: "trust-policy", problem: trust }] };
  const bundle = new Bundle(input.source, trust, files);
  await checkFiles(bundle, await checkSeal(bundle));
  // What is in files that were changed says nothing more.
  if (bundle.problems.length > 0) return { ...nothing, ok: false, problems: bundle.problems };
  const counts = await checkDossiers(bundle);
  const keys = await keysIn(bundle);
  const seals = keys === null ? NO_SEALS : await sealsIn(bundle, keys);
  return {
    ...report,
    ...counts,
    seals,
    ok: bundle.problems.length === 0,
    problems: bundle.problems,
  };
}
