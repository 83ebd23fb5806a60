/**
 * TXT content. Stored quoted and in chunks of at most 255 bytes:
 * bare `v=spf1 -all` and quoted `"v=spf1 -all"` are the same stored value.
 */
import { REASON, invalidRecord } from "./validation.ts";

const CHUNK_BYTES_MAX = 255;
const TEXT_BYTES_MAX = 4096;

const encoder = new TextEncoder();

/** The stored form of whatever was sent. */
export function storedText(input: string): string {
  const chunks = (quotedChunks(input) ?? [unescapeBare(input)]).flatMap(split);
  const bytes = chunks.reduce((sum, chunk) => sum + encoder.encode(chunk).length, 0);
  if (bytes === 0) throw invalidRecord(REASON.invalidContent, "Content for TXT record is empty.");
  if (bytes > TEXT_BYTES_MAX) {
    const message = `Content for TXT record must not exceed ${TEXT_BYTES_MAX} bytes.`;
    throw invalidRecord(REASON.invalidContent, message);
  }
  return chunks.map(quote).join(" ");
}

/** The value that a resolver would hand out: all chunks as one text. */
export function plainText(stored: string): string {
  return (quotedChunks(stored) ?? [stored]).join("");
}

export const quote = (text: string): string =>
  `"${text.replace(/[\\"]/g, (character) => `\\${character}`)}"`;

/** The chunks of `"a" "b"`, or undefined when the text is not entirely of that form. */
function quotedChunks(text: string): string[] | undefined {
  const trimmed = text.trim();
  if (!/^("(?:[^"\\]|\\.)*"\s*)+$/s.test(trimmed)) return undefined;
  return [...trimmed.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map((match) => unescape(match[1] ?? ""));
}

function unescape(text: string): string {
  return text.replace(/\\(\d{3}|.)/gs, (_, escaped: string) =>
    /^\d{3}$/.test(escaped) ? String.fromCharCode(Number(escaped)) : escaped,
  );
}

/** Bare text is taken as it is, except for the escapes that other tools write into it. */
const unescapeBare = (text: string): string => text.replace(/\\([\\";])/g, "$1");

/** Splits at 255 bytes, never inside a character. */
function split(text: string): string[] {
  if (encoder.encode(text).length <= CHUNK_BYTES_MAX) return [text];
  const chunks: string[] = [];
  let chunk = "";
  let bytes = 0;
  for (const character of text) {
    const size = encoder.encode(character).length;
    if (bytes + size > CHUNK_BYTES_MAX) {
      chunks.push(chunk);
      chunk = "";
      bytes = 0;
    }
    chunk += character;
    bytes += size;
  }
  return [...chunks, chunk];
}
