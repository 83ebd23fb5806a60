/**
 * Byte strings: each character is one byte, 0 to 255. The rules language compares bytes, and so do its regular
 * expressions; two-byte characters would make positions and lengths differ from the edge's.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** Text without characters beyond ASCII is its own byte string. */
const ASCII = /^[\0-\x7f]*$/;

export const bytesOfText = (text: string): string =>
  ASCII.test(text) ? text : bytesOf(utf8ToBytes(text));

/** Pieces: an argument list has a limit in every engine. */
const PIECE = 8_192;

export function bytesOf(bytes: Uint8Array): string {
  let out = "";
  for (let at = 0; at < bytes.length; at += PIECE) {
    out += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  }
  return out;
}

/** The text of a byte string; null where it is not UTF-8. */
export function textOfBytes(bytes: string): string | null {
  if (ASCII.test(bytes)) return bytes;
  let escaped = "";
  for (let at = 0; at < bytes.length; at += 1) {
    escaped += `%${bytes.charCodeAt(at).toString(16).padStart(2, "0")}`;
  }
  try {
    return decodeURIComponent(escaped);
  } catch {
    return null;
  }
}

/** Only ASCII letters have two cases here. */
export const lowerBytes = (bytes: string): string =>
  bytes.replace(/[A-Z]+/g, (run) => run.toLowerCase());
export const upperBytes = (bytes: string): string =>
  bytes.replace(/[a-z]+/g, (run) => run.toUpperCase());
