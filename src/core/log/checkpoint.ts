/** Checkpoints (c2sp.org/tlog-checkpoint) and what each kind of key signs of them (tlog-cosignature). */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { err, ok, type Result } from "../result.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { EMPTY_ROOT, HASH_BYTES, sameBytes } from "./merkle.ts";
import {
  isKeyName,
  type Note,
  NOTE_TYPES,
  type NoteKey,
  type NoteSignature,
  parseNote,
} from "./note.ts";

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
}

const LINES = /^([^\n]+)\n([^\n]+)\n([^\n]+)\n((?:[^\n]+\n)*)$/;
const SIZE = /^(?:0|[1-9]\d{0,15})$/;
const TIMESTAMP_BYTES = 8;

export const checkpointText = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${toBase64(root)}\n`;

/**
 * `foreign`: another product's, which may have extension lines and spaces in its origin. Of ours extension lines are refused:
 * the ML-DSA line does not cover them.
 */
export type Dialect = "ours" | "foreign";

function sizeIn(digits: string): number | null {
  const size = SIZE.test(digits) ? Number(digits) : NaN;
  return Number.isSafeInteger(size) ? size : null;
}

function strangeness([, origin = "", , , extensions]: RegExpExecArray): string | null {
  if (extensions !== "") return "has more than three lines";
  return isKeyName(origin) ? null : "has a malformed origin";
}

export function parseCheckpointText(text: string, dialect: Dialect): Result<Checkpoint, string> {
  const lines = LINES.exec(text);
  if (lines === null) return err("has not three lines");
  const [origin = "", digits = "", encoded = ""] = lines.slice(1);
  const strange = dialect === "ours" ? strangeness(lines) : null;
  if (strange !== null) return err(strange);
  const size = sizeIn(digits);
  if (size === null) return err("has a malformed size");
  const root = fromBase64(encoded);
  if (root?.length !== HASH_BYTES) return err("has a malformed root");
  if (size === 0 && !sameBytes(root, EMPTY_ROOT)) return err("has a root over nothing");
  return ok({ origin, size, root });
}

export function parseCheckpoint(
  bytes: string,
  dialect: Dialect = "ours",
): Result<SignedCheckpoint, string> {
  const note = parseNote(bytes);
  if (!note.ok) return note;
  const checkpoint = parseCheckpointText(note.value.text, dialect);
  return checkpoint.ok ? ok({ checkpoint: checkpoint.value, note: note.value }) : checkpoint;
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

const prefixed = (text: string): Uint8Array => {
  const bytes = utf8ToBytes(text);
  return concatBytes(Uint8Array.of(bytes.length), bytes);
};

const SUBTREE = utf8ToBytes("subtree/v1\n\0");

/** What an ML-DSA-44 key signs: the tree's leaves [0, size) under `cosigner`'s name. */
export const subtreeMessage = (
  cosigner: string,
  { origin, size, root }: Checkpoint,
  timestamp: number,
): Uint8Array =>
  concatBytes(
    SUBTREE,
    prefixed(cosigner),
    u64(timestamp),
    prefixed(origin),
    u64(0),
    u64(size),
    root,
  );

/** What an Ed25519 witness signs. */
export const cosignatureMessage = (noteText: string, timestamp: number): Uint8Array =>
  utf8ToBytes(`cosignature/v1\ntime ${timestamp}\n${noteText}`);

export const stamped = (timestamp: number, signature: Uint8Array): Uint8Array =>
  concatBytes(u64(timestamp), signature);

/** Something that the edge has to verify. */
export interface SignatureCheck {
  readonly key: NoteKey;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  /** Seconds; null: the signature has no time. */
  readonly timestamp: number | null;
}

function timeOf({ blob }: NoteSignature): number | null {
  if (blob.length <= TIMESTAMP_BYTES) return null;
  const time = new DataView(blob.buffer, blob.byteOffset).getBigUint64(0);
  return time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : null;
}

const SIGNATURE_BYTES: Readonly<Record<number, number>> = {
  [NOTE_TYPES.ed25519]: 64,
  [NOTE_TYPES.cosignature]: 64,
  [NOTE_TYPES.mlDsa44]: 2_420,
};

/** Null: the line is by this key and cannot be its signature. */
function checkOf(
  { checkpoint, note }: SignedCheckpoint,
  key: NoteKey,
  line: NoteSignature,
): SignatureCheck | null {
  if (key.type === NOTE_TYPES.ed25519)
    return line.blob.length === SIGNATURE_BYTES[key.type]
      ? { key, message: utf8ToBytes(note.text), signature: line.blob, timestamp: null }
      : null;
  const timestamp = timeOf(line);
  const signature = line.blob.slice(TIMESTAMP_BYTES);
  if (timestamp === null || signature.length !== SIGNATURE_BYTES[key.type]) return null;
  const message =
    key.type === NOTE_TYPES.cosignature
      ? cosignatureMessage(note.text, timestamp)
      : subtreeMessage(key.name, checkpoint, timestamp);
  return { key, message, signature, timestamp };
}

/** The lines of known keys. Lines of unknown keys are left out: that is how keys are exchanged. */
export function signatureChecks(
  signed: SignedCheckpoint,
  keys: readonly NoteKey[],
): Result<readonly SignatureCheck[], string> {
  const checks: SignatureCheck[] = [];
  for (const line of signed.note.signatures) {
    const key = keys.find(({ name, id }) => name === line.name && id === line.keyId);
    if (key === undefined) continue;
    const check = checkOf(signed, key, line);
    if (check === null) return err(`the line of key ${key.id} of ${key.name} is malformed`);
    checks.push(check);
  }
  return ok(checks);
}
