/**
 * TXT values. A value is a sequence of octets: how it was cut into character strings and quoted carries no
 * meaning. Three writings are in use: bare (`v=spf1 -all`), presentation format (`"v=spf1" " -all"`, RFC 1035
 * section 5.1), and the API's stored form, which is presentation format in chunks of 255 octets.
 */

/** Octets as code units 0 to 255: strings compare, byte arrays do not. */
type Octets = string;

/** Octets of one character string, RFC 1035 section 3.3. */
const CHUNK_OCTETS_MAX = 255;

const ESCAPE = String.raw`\\(?:[01]\d\d|2[0-4]\d|25[0-5]|\D)`;
/** One or more character strings, with or without space between them. */
const PRESENTATION = new RegExp(String.raw`^(?:"(?:[^"\\]|${ESCAPE})*"\s*)+$`);
const STRINGS = /"((?:[^"\\]|\\[^])*)"/g;
/** What needs no look at its characters: one quoted string without escapes, as nearly all stored values are. */
const PLAIN_STRING = /^"[ !#-[\]-~]*"$/;
const PLAIN_BARE = /^[ !#-[\]-~]+$/;
const ASCII = /^\p{ASCII}*$/u;

function utf8(text: string): Octets {
  if (ASCII.test(text)) return text;
  // A lone surrogate has no UTF-8 form; JSON can carry it, and one broken record must not stop a zone.
  const whole = text.replace(/\p{Cs}/gu, "\ufffd");
  return encodeURIComponent(whole).replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const hexOf = (octet: string): string => octet.charCodeAt(0).toString(16).padStart(2, "0");

/** The text behind `octets`, or null when they are not UTF-8. */
function textOf(octets: Octets): string | null {
  if (ASCII.test(octets)) return octets;
  try {
    const hex = Array.from(octets, hexOf);
    return decodeURIComponent(`%${hex.join("%")}`);
  } catch {
    return null;
  }
}

function octetOf(escape: string): Octets {
  if (!escape.startsWith("\\")) return utf8(escape);
  const rest = escape.slice(1);
  return rest.length === 3 ? String.fromCharCode(Number(rest)) : utf8(rest);
}

/** The inside of a character string. The pattern of `PRESENTATION` has been matched: three digits are an octet. */
const unescaped = (text: string): Octets => text.replace(/\\\d{3}|\\[^]|\P{ASCII}+/gu, octetOf);

const isPresentation = (content: string): boolean =>
  content.startsWith('"') && PRESENTATION.test(content);

function octetsOf(content: string): Octets {
  if (PLAIN_STRING.test(content)) return content.slice(1, -1);
  if (isPresentation(content)) {
    return [...content.matchAll(STRINGS)].map(([, inner = ""]) => unescaped(inner)).join("");
  }
  // A bare value is literal but for `\;`: zone-file writers escape the semicolon, no value needs that.
  return utf8(content.replaceAll(String.raw`\;`, ";"));
}

function escaped(letter: string, binary: boolean): string {
  if (letter === '"' || letter === "\\") return `\\${letter}`;
  const code = letter.charCodeAt(0);
  const printable = code >= 32 && code !== 127 && (!binary || code < 127);
  return printable ? letter : `\\${String(code).padStart(3, "0")}`;
}

function presentation(octets: Octets): string {
  const text = textOf(octets);
  const chunks: string[] = [];
  let chunk = "";
  let size = 0;
  for (const letter of text ?? octets) {
    const width = text === null ? 1 : utf8(letter).length;
    if (size + width > CHUNK_OCTETS_MAX) {
      chunks.push(chunk);
      chunk = "";
      size = 0;
    }
    chunk += escaped(letter, text === null);
    size += width;
  }
  return [...chunks, chunk].map((inner) => `"${inner}"`).join(" ");
}

/**
 * The normal form of a quoted or bare text: bare wherever bare means itself, presentation format where it would
 * mean something else (a value with quotes around it, octets that are no UTF-8). Normalising it again changes nothing.
 */
export function canonicalText(content: string): string {
  if (PLAIN_BARE.test(content)) return content;
  const octets = octetsOf(content);
  const text = textOf(octets);
  return text !== null && octetsOf(text) === octets ? text : presentation(octets);
}

/** The normal form of a TXT value. The empty value is written `""`, so that it never looks like a missing one. */
export const canonicalTxt = (content: string): string => canonicalText(content) || '""';

/** How many octets the value takes in a record: its own, and one before each character string. */
export function txtOctets(content: string): number {
  const { length } = octetsOf(content);
  return length + Math.ceil(length / CHUNK_OCTETS_MAX);
}

/** The form in which the API stores a TXT value: quoted, escaped, in chunks that never split a character. */
export const storedTxt = (content: string): string => presentation(octetsOf(content));
