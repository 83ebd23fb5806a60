/** Verifies one whole log from its files and keys alone. */
import { createHash } from "node:crypto";
import { parseCheckpoint, type SignedCheckpoint } from "../src/core/log/checkpoint.ts";
import { LeafAudit } from "../src/core/log/leaf-audit.ts";
import { HASH_BYTES, sameBytes } from "../src/core/log/merkle.ts";
import { NOTE_TYPES, type NoteKey, parseVkey, vkeyOf } from "../src/core/log/note.ts";
import {
  decodeBundle,
  hashAtTile,
  parseTilePath,
  tileIn,
  tilePath,
  TILE_WIDTH,
  type TileId,
} from "../src/core/log/tile.ts";
import { originAt, type Place } from "../src/core/log/shards.ts";
import { meetsQuorum, type TrustFile } from "../src/core/log/trust-file.ts";
import { type Problem, type Seen, type Span, TreeVerifier } from "../src/core/log/verifier.ts";
import { verifiedKeys } from "../src/edge/signing/log-signer.ts";
import type { LogSource } from "./log-source.ts";

/** Files on their way at once. */
const AHEAD = 12;
const LEAF = Uint8Array.of(0);
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export interface VerifyInput {
  readonly source: LogSource;
  /** Whose keys count. Null: those that the log itself names. */
  readonly trust: TrustFile | null;
  /** A checkpoint that was seen before. */
  readonly seen: SignedCheckpoint | null;
  /** Whether the entries have to be Driftless's. */
  readonly isForeign: boolean;
}

/** Which of the record's logs it is, and what the others say about it. */
export interface Part {
  readonly place: Place;
  /** How many shards there were, as the first log tells. */
  readonly counts: readonly number[];
  /** The checkpoints of this log that the root log has. */
  readonly heads: readonly SignedCheckpoint[];
}

export const ALONE: Part = { place: 0, counts: [1], heads: [] };

export interface Report {
  readonly ok: boolean;
  readonly log: string;
  readonly origin: string | null;
  readonly size: number;
  readonly root: string | null;
  readonly signedAt: string | null;
  readonly signedBy: readonly string[];
  readonly keysFrom: "trust file" | "the log itself";
  readonly files: number;
  readonly entries: Readonly<Record<string, number>>;
  readonly period: readonly [string, string] | null;
  readonly attachments: {
    readonly named: number;
    readonly verified: number;
    readonly absent: number;
  };
  readonly problems: readonly Problem[];
  readonly doesNotProve: readonly string[];
}

/** What a pass says nothing about. Told with every pass: a report that hides its limits proves too much. */
const LIMITS = {
  always: [
    "that what an entry says is true: it proves what was recorded, in which order, and that nothing of it was changed since",
    "that everything that happened was recorded: compare with the account's own audit log (`driftless evidence export`)",
    "that the times are right: they are the writer's own clock",
  ],
  ownKeys:
    "who signed: the keys came from the log itself; pin them with --trust to notice a log that was replaced whole",
  noWitness: "that others are shown the same log: no witness's signature was asked for",
  noSeen: "that it continues what you saw before: keep a checkpoint and give it with --seen",
} as const;

class Stop extends Error {
  readonly file: string;
  constructor(file: string, problem: string) {
    super(problem);
    this.file = file;
  }
}

interface Opened {
  readonly signed: SignedCheckpoint;
  readonly keys: readonly NoteKey[];
  readonly signers: readonly NoteKey[];
  readonly signedAt: number | null;
}

function textOf(file: string, bytes: Uint8Array | null): string {
  if (bytes === null) throw new Stop(file, "is not there");
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Stop(file, "is not UTF-8");
  }
}

async function keysOf({ source, trust }: VerifyInput): Promise<readonly NoteKey[]> {
  if (trust !== null) return [...trust.logs, ...trust.witnesses].map(({ key }) => key);
  const text = textOf("keys", await source.read("keys"));
  if (!text.endsWith("\n")) throw new Stop("keys", "does not end with a line feed");
  return text
    .slice(0, -1)
    .split("\n")
    .map((line, at) => {
      const key = parseVkey(line);
      if (!key.ok) throw new Stop("keys", `line ${at + 1} ${key.error}`);
      return key.value;
    });
}

/** Signatures first: nothing else of a log is worth a look before they hold. */
async function open(input: VerifyInput): Promise<Opened> {
  const text = textOf("checkpoint", await input.source.read("checkpoint"));
  const signed = parseCheckpoint(text, input.isForeign ? "foreign" : "ours");
  if (!signed.ok) throw new Stop("checkpoint", signed.error);
  const { origin } = signed.value.checkpoint;
  const keys = await keysOf(input);
  const logKeys = input.trust?.logs.map(({ key }) => key) ?? keys;
  if (!logKeys.some(({ name }) => name === origin))
    throw new Stop("checkpoint", `is of \`${origin}\`, and no key is`);
  const checks = await verifiedKeys(signed.value, keys);
  if (!checks.ok) throw new Stop("checkpoint", checks.error);
  const signers = checks.value.map(({ key }) => key);
  requireLines(input, { origin, signers, logKeys, signed: signed.value });
  const times = checks.value.flatMap(({ timestamp }) => timestamp ?? []);
  return {
    signed: signed.value,
    keys,
    signers,
    signedAt: times.length === 0 ? null : Math.max(...times),
  };
}

interface Lines {
  readonly origin: string;
  readonly signers: readonly NoteKey[];
  readonly logKeys: readonly NoteKey[];
  readonly signed: SignedCheckpoint;
}

/** Every kind of key that the log has must have signed: with one line stripped it is no longer a hybrid. */
function requireLines({ trust }: VerifyInput, { origin, signers, logKeys, signed }: Lines): void {
  const own = logKeys.filter(({ name }) => name === origin);
  for (const type of new Set(own.map((key) => key.type)))
    if (!signers.some((key) => key.name === origin && key.type === type))
      throw new Stop("checkpoint", `lacks the line of a key of type ${type} of ${origin}`);
  if (trust === null) {
    const stranger = signed.note.signatures.find(
      ({ name, keyId }) => name === origin && !own.some(({ id }) => id === keyId),
    );
    if (stranger)
      throw new Stop(
        "checkpoint",
        `has a line of ${origin} under the unlisted key ${stranger.keyId}`,
      );
    return;
  }
  if (!meetsQuorum(trust, new Set(signers.map(vkeyOf))))
    throw new Stop("checkpoint", "is not signed by the quorum of the trust file");
}

/** Reads files ahead of their use, a few at a time. */
class Reader {
  readonly #source: LogSource;
  readonly #files = new Map<string, Promise<Uint8Array | null>>();
  count = 0;

  constructor(source: LogSource) {
    this.#source = source;
  }

  ahead(path: string): void {
    if (this.#files.has(path)) return;
    const file = this.#source.read(path);
    // Whoever waits for it gets the fault; until then nobody does.
    file.catch(() => undefined);
    this.#files.set(path, file);
  }

  async take(tile: TileId): Promise<Uint8Array | null> {
    const path = tilePath(tile);
    this.ahead(path);
    const bytes = await this.#files.get(path);
    this.#files.delete(path);
    this.count += 1;
    return bytes ?? null;
  }
}

/** The entries and every tile over them. */
async function readTree(input: VerifyInput, { signed, keys }: Opened, part: Part) {
  const { origin, size, root } = signed.checkpoint;
  const verifier = new TreeVerifier({ size, root, leafHash, seen: seenOf(input, part) });
  const { place, counts } = part;
  const record = origin.slice(0, origin.length - originAt("", place).length);
  const audit = new LeafAudit({ record, place, counts });
  const reader = new Reader(input.source);
  const above = new Map<number, Uint8Array | null>();
  const compare = async ({ tile, bytes }: { tile: TileId; bytes: Uint8Array }): Promise<void> =>
    verifier.compare(tile, bytes, await publishedOf(tile, { above, reader }));
  for (let at = 0; at < Math.ceil(size / TILE_WIDTH); at += 1) {
    const span = await readSpan({ size, at }, { above, reader });
    const { entries, tiles } = verifier.take(span);
    for (const tile of tiles) await compare(tile);
    if (!input.isForeign) auditEntries(entries ?? [], { audit, verifier, bundle: span.bundle });
  }
  for (const tile of verifier.rest()) await compare(tile);
  verifier.finish();
  if (!input.isForeign && verifier.problems.length === 0)
    requireSigning(verifier, { audit, keys, signed });
  return { verifier, audit, files: reader.count };
}

function seenOf({ seen }: VerifyInput, { heads }: Part): readonly Seen[] {
  const told = heads.map(({ checkpoint: { size, root } }) => ({
    size,
    root,
    where: "that the root log has",
  }));
  return seen === null ? told : [...told, { ...seen.checkpoint, where: "seen before" }];
}

/** What the root log has of this log, this log's keys have signed. Keys that are pinned may be newer ones than those. */
async function checkHeads(
  { heads }: Part,
  of: { keys: readonly NoteKey[]; isPinned: boolean; verifier: TreeVerifier },
): Promise<void> {
  const kinds = new Set(of.keys.map(({ type }) => type));
  for (const head of heads) {
    const signed = await verifiedKeys(head, of.keys);
    const signers = signed.ok ? new Set(signed.value.map(({ key }) => key.type)) : null;
    if (signers !== null && (of.isPinned || signers.size === kinds.size)) continue;
    const { size } = head.checkpoint;
    of.verifier.note("checkpoint", `the root log has ${size} entries that its keys did not sign`);
  }
}

interface Reading {
  readonly above: Map<number, Uint8Array | null>;
  readonly reader: Reader;
}

async function readSpan(
  { size, at }: { size: number; at: number },
  { above, reader }: Reading,
): Promise<Span> {
  const last = Math.min(Math.ceil(size / TILE_WIDTH), at + AHEAD);
  for (let next = at; next < last; next += 1)
    for (const level of ["entries", 0] as const) reader.ahead(tilePath(tileIn(size, level, next)));
  const [bundle, tile] = [tileIn(size, "entries", at), tileIn(size, 0, at)];
  const isFull = tile.width === TILE_WIDTH;
  const upper = Math.floor(at / TILE_WIDTH);
  if (isFull && !above.has(upper)) above.set(upper, await reader.take(tileIn(size, 1, upper)));
  return {
    bundle,
    bundleBytes: await reader.take(bundle),
    tile,
    tileBytes: await reader.take(tile),
    above: isFull ? hashAtTile(above.get(upper) ?? null, at % TILE_WIDTH) : null,
  };
}

const leafHash = (entry: Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sha256").update(LEAF).update(entry).digest());

/** Level 1 has been read already, to arbitrate. */
async function publishedOf(tile: TileId, { above, reader }: Reading): Promise<Uint8Array | null> {
  const known = tile.level === 1 ? above.get(tile.index) : undefined;
  return known === undefined ? reader.take(tile) : known;
}

function auditEntries(
  entries: readonly Uint8Array[],
  { audit, verifier, bundle }: { audit: LeafAudit; verifier: TreeVerifier; bundle: TileId },
): void {
  for (const [at, entry] of entries.entries()) {
    const problem = audit.take(new TextDecoder().decode(entry), bundle.index * TILE_WIDTH + at);
    if (problem !== null) verifier.note(tilePath(bundle), problem);
  }
}

/** The log itself says which keys sign: each of them has to have signed this head. */
function requireSigning(
  verifier: TreeVerifier,
  { audit, keys, signed }: { audit: LeafAudit; keys: readonly NoteKey[]; signed: SignedCheckpoint },
): void {
  for (const id of audit.signing.keys()) {
    if (
      keys.some((key) => key.id === id) &&
      !signed.note.signatures.some(({ keyId }) => keyId === id)
    )
      verifier.note("checkpoint", `lacks the line of key ${id}, which is in force`);
  }
}

/** In a folder every other file is looked at too: earlier partial tiles, attachments. */
async function checkFolder(input: VerifyInput, size: number, verifier: TreeVerifier) {
  const files = (await input.source.list()) ?? [];
  let [verified, others] = [0, 0];
  for (const file of files) {
    const digest = /^(?:evidence|personal)\/([0-9a-f]{64})\.json$/.exec(file)?.[1];
    if (digest !== undefined) {
      if (await hasDigest(input.source, file, digest)) verified += 1;
      else verifier.note(file, "has other bytes than its name says");
    } else if (isEarlier(file, size)) {
      others += 1;
      await checkEarlier(input.source, { file, size, verifier });
    }
  }
  return { verified, others, files: new Set(files) };
}

async function hasDigest(source: LogSource, file: string, digest: string): Promise<boolean> {
  const bytes = (await source.read(file)) ?? new Uint8Array();
  return createHash("sha256").update(bytes).digest("hex") === digest;
}

/** A tile of a smaller tree, left behind by the one that took its place. */
function isEarlier(file: string, size: number): boolean {
  const tile = parseTilePath(file);
  return tile !== null && tile.width !== tileIn(size, tile.level, tile.index).width;
}

async function checkEarlier(
  source: LogSource,
  { file, size, verifier }: { file: string; size: number; verifier: TreeVerifier },
): Promise<void> {
  const tile = parseTilePath(file);
  if (tile === null) return;
  const whole = tilePath(tileIn(size, tile.level, tile.index));
  // What is wrong itself cannot say anything about another file.
  if (verifier.problems.some((one) => one.file === whole)) return;
  if (!(await isPrefix(source, { tile, size })))
    verifier.note(file, "is not a beginning of the tile that took its place");
}

async function isPrefix(source: LogSource, { tile, size }: { tile: TileId; size: number }) {
  const whole = tileIn(size, tile.level, tile.index);
  if (whole.width < tile.width) return false;
  const [part, all] = await Promise.all([
    source.read(tilePath(tile)),
    source.read(tilePath(whole)),
  ]);
  if (part === null || all === null || !sameBytes(part, all.subarray(0, part.length))) return false;
  return tile.level === "entries"
    ? decodeBundle(part, tile.width).ok
    : part.length === tile.width * HASH_BYTES;
}

function limitsOf({ trust, seen }: VerifyInput): readonly string[] {
  const isWitnessed = trust !== null && trust.quorum !== null;
  return [
    ...LIMITS.always,
    ...(trust === null ? [LIMITS.ownKeys] : []),
    ...(isWitnessed ? [] : [LIMITS.noWitness]),
    ...(seen === null ? [LIMITS.noSeen] : []),
  ];
}

const nothing = (input: VerifyInput): Report => ({
  ok: false,
  log: input.source.name,
  origin: null,
  size: 0,
  root: null,
  signedAt: null,
  signedBy: [],
  keysFrom: input.trust === null ? "the log itself" : "trust file",
  files: 0,
  entries: {},
  period: null,
  attachments: { named: 0, verified: 0, absent: 0 },
  problems: [],
  doesNotProve: limitsOf(input),
});

const KIND: Readonly<Record<number, string>> = {
  [NOTE_TYPES.ed25519]: "Ed25519",
  [NOTE_TYPES.cosignature]: "Ed25519 cosignature",
  [NOTE_TYPES.mlDsa44]: "ML-DSA-44",
};

/** One log of the record, with what has to be known of it to verify the others. */
export interface Verified {
  readonly report: Report;
  readonly counts: readonly number[];
  readonly heads: ReadonlyMap<number, readonly SignedCheckpoint[]>;
  /** Names of the attachments that its entries have. */
  readonly named: readonly string[];
}

export async function verifyOne(input: VerifyInput, part: Part = ALONE): Promise<Verified> {
  let opened: Opened;
  try {
    opened = await open(input);
  } catch (fault) {
    if (!(fault instanceof Stop)) throw fault;
    const report = { ...nothing(input), problems: [{ file: fault.file, problem: fault.message }] };
    return { report, counts: [1], heads: new Map(), named: [] };
  }
  const { checkpoint } = opened.signed;
  const { verifier, audit, files } = await readTree(input, opened, part);
  await checkHeads(part, { keys: opened.keys, isPinned: input.trust !== null, verifier });
  const folder = await checkFolder(input, checkpoint.size, verifier);
  const named = [...audit.attached].map(([digest, keep]) => `${keep}/${digest.slice(7)}.json`);
  const report: Report = {
    ...nothing(input),
    ok: verifier.problems.length === 0,
    origin: checkpoint.origin,
    size: checkpoint.size,
    root: Buffer.from(checkpoint.root).toString("base64"),
    signedAt: opened.signedAt === null ? null : new Date(opened.signedAt * 1_000).toISOString(),
    signedBy: opened.signers.map(
      ({ name, id, type }) => `${name} ${id} (${KIND[type] ?? `type ${type}`})`,
    ),
    files: files + folder.others + folder.verified + (input.trust === null ? 2 : 1),
    entries: Object.fromEntries([...audit.types].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    period: audit.first === null || audit.last === null ? null : [audit.first, audit.last],
    attachments: {
      named: named.length,
      verified: folder.verified,
      absent: named.filter((file) => !folder.files.has(file)).length,
    },
    problems: verifier.problems,
  };
  return { report, counts: audit.counts, heads: audit.heads, named };
}
