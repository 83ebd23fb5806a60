/** Signed notes (c2sp.org/signed-note): a text, and lines that say who signed it. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { err, ok, type Result } from "../result.ts";
import { fromBase64, toBase64 } from "./base64.ts";

/** Signature types of signed-note, by the byte that enters the key's id. */
export const NOTE_TYPES = { ed25519: 0x01, cosignature: 0x04, mlDsa44: 0x06 } as const;

/** Readers have to take at least 16. */
const SIGNATURES_MAX = 64;
/** No Unicode spaces, no plus, no control characters; everything else is the key's owner's to choose. */
const NAME = /^[^\p{White_Space}+\p{Cc}]{1,255}$/u;
const KEY_ID_BYTES = 4;

export interface NoteKey {
  readonly name: string;
  readonly type: number;
  /** First four bytes of its hash, hex. */
  readonly id: string;
  readonly publicKey: Uint8Array;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  /** What follows the key's id. */
  readonly blob: Uint8Array;
}

export interface Note {
  /** With its last line feed, without the empty line. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export const isKeyName = (name: string): boolean => NAME.test(name);

export function noteKey(name: string, type: number, publicKey: Uint8Array): NoteKey {
  const hashed = sha256(concatBytes(utf8ToBytes(`${name}\n`), Uint8Array.of(type), publicKey));
  return { name, type, id: bytesToHex(hashed.subarray(0, KEY_ID_BYTES)), publicKey };
}

export const vkeyOf = ({ name, type, id, publicKey }: NoteKey): string =>
  `${name}+${id}+${toBase64(concatBytes(Uint8Array.of(type), publicKey))}`;

const KEY_BYTES: Readonly<Record<number, number>> = {
  [NOTE_TYPES.ed25519]: 32,
  [NOTE_TYPES.cosignature]: 32,
  [NOTE_TYPES.mlDsa44]: 1_312,
};

export function parseVkey(text: string): Result<NoteKey, string> {
  const [, name = "", id = "", encoded = ""] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  if (!isKeyName(name)) return err("is not `<name>+<id>+<key>`");
  const bytes = fromBase64(encoded);
  const type = bytes?.[0];
  if (!bytes || type === undefined) return err("its key is not base64");
  const expected = KEY_BYTES[type];
  if (expected !== undefined && bytes.length !== expected + 1)
    return err(`a key of type ${type} has ${expected} bytes`);
  const key = noteKey(name, type, bytes.slice(1));
  return key.id === id ? ok(key) : err(`its id is ${key.id}, not ${id}`);
}

export const signatureLine = (name: string, keyId: string, blob: Uint8Array): string =>
  `— ${name} ${toBase64(concatBytes(hexToBytes(keyId), blob))}\n`;

export const formatNote = ({ text, signatures }: Note): string =>
  `${text}\n${signatures.map(({ name, keyId, blob }) => signatureLine(name, keyId, blob)).join("")}`;

/** One line, with its line feed cut off. */
export function parseSignatureLine(line: string): NoteSignature | null {
  const [, name = "", encoded = ""] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
  const bytes = fromBase64(encoded);
  if (!isKeyName(name) || !bytes || bytes.length <= KEY_ID_BYTES) return null;
  return {
    name,
    keyId: bytesToHex(bytes.subarray(0, KEY_ID_BYTES)),
    blob: bytes.slice(KEY_ID_BYTES),
  };
}

export function parseNote(bytes: string): Result<Note, string> {
  const cut = bytes.lastIndexOf("\n\n");
  if (cut < 0 || !bytes.endsWith("\n")) return err("is not a signed note");
  // oxlint-disable-next-line no-control-regex -- signed-note forbids them
  if (/[\u0000-\u0009\u000b-\u001f]/.test(bytes)) return err("has control characters");
  const lines = bytes.slice(cut + 2, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) return err(`has more than ${SIGNATURES_MAX} signatures`);
  const signatures = lines.map(parseSignatureLine);
  const whole = signatures.filter((one) => one !== null);
  if (whole.length < signatures.length || whole.length === 0)
    return err(`signature line ${signatures.indexOf(null) + 1} is malformed`);
  return ok({ text: bytes.slice(0, cut + 1), signatures: whole });
}
