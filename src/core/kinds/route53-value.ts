/**
 * Names and values as Route 53 writes them. Both have octal escapes (`\052` is a star), where the DNS's own presentation format
 * counts in tens; a name may end in a dot and be in any case; a text is one value however it was cut into strings.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { textOf } from "../canonical.ts";
import { asciiName } from "./dns-name.ts";
import { readValue } from "./dns-value.ts";

/** Types of record sets that are managed. */
export const RECORD_TYPES = ["A", "AAAA", "CNAME", "TXT", "MX", "CAA"] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

const OCTAL = /\\([0-3][0-7]{2})/g;
/** Octets of one character string, RFC 1035 section 3.3. */
const CHUNK_OCTETS_MAX = 255;

const fromOctal = (text: string): string =>
  text.replace(OCTAL, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** In lower case, without escapes and the dot at the end. */
export const recordName = (name: string): string => asciiName(fromOctal(name));

/** One or more strings, each in quotes. */
const QUOTED = /^(?:"(?:[^"\\]|\\[0-3][0-7]{2}|\\[^])*"\s*)+$/;
const STRING = /"((?:[^"\\]|\\[^])*)"/g;

const utf8 = (text: string): string =>
  Array.from(utf8ToBytes(text.toWellFormed()), (octet) => String.fromCharCode(octet)).join("");

/** The octets behind a text, as characters 0 to 255. What is not in quotes is meant as it stands. */
function octetsOf(text: string): string {
  if (!QUOTED.test(text)) return utf8(text);
  return [...text.matchAll(STRING)].map(([, inner = ""]) => unescaped(inner)).join("");
}

const unescaped = (inner: string): string =>
  inner.replaceAll(/\\([0-3][0-7]{2})|\\([^])|(\P{ASCII}+)/gu, (...found: unknown[]) => {
    const [, digits, literal, wide] = found;
    if (typeof digits === "string") return String.fromCharCode(Number.parseInt(digits, 8));
    return utf8(typeof literal === "string" ? literal : String(wide));
  });

const escaped = (octet: string): string => {
  if (octet === '"' || octet === "\\") return `\\${octet}`;
  const code = octet.charCodeAt(0);
  return code >= 32 && code < 127 ? octet : `\\${code.toString(8).padStart(3, "0")}`;
};

function written(octets: string): string {
  const chunks = octets.match(new RegExp(`[^]{1,${CHUNK_OCTETS_MAX}}`, "g")) ?? [""];
  return chunks.map((chunk) => `"${chunk.replace(/[^]/g, escaped)}"`).join(" ");
}

/** The one way to write a value, which is also what goes out; null: it is none of the type. */
export function recordValue(type: string, value: string): string | null {
  if (type === "TXT") return written(octetsOf(value));
  const read = readValue(type, { content: value.trim(), data: undefined, priority: undefined });
  if (!read.ok) return null;
  const { content = "", data, priority } = read.value;
  if (data === undefined) return priority === undefined ? content : `${priority} ${content}`;
  const { flags = 0, tag = "", value: said = "" } = data;
  return `${JSON.stringify(flags)} ${textOf(tag)} "${textOf(said)}"`;
}
