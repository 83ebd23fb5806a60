/** What a text says in other spellings: full width, invisible letters, percent, entities, escapes, hex, base64. Pure. */
import { hexToBytes } from "@noble/hashes/utils.js";
import { fromBase64 } from "../log/base64.ts";

/** One form of each letter, and none that nobody sees. */
export const plainIn = (text: string): string =>
  text
    .normalize("NFKC")
    .replaceAll(/[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g, "");

interface Encoding {
  readonly pattern: RegExp;
  /** Null: it is none after all. */
  readonly decode: (run: string) => string | null;
}

/** Codes of ASCII: bytes that are no text are a key or a picture, and detectors of keys see them as they stand. */
const textOf = (codes: Iterable<number>): string | null => {
  const all = [...codes];
  return all.every((code) => code >= 0x20 && code < 0x7f) ? String.fromCharCode(...all) : null;
};

const byCode =
  (code: RegExp, base: 10 | 16) =>
  (run: string): string =>
    run.replaceAll(code, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, base)));

/** Shorter ones say nothing that has to be kept. */
const ENCODINGS: readonly Encoding[] = [
  {
    pattern: /[\w.~!*'()+-]*(?:%[0-9a-f]{2}[\w.~!*'()+-]*)+/gi,
    decode: byCode(/%([0-9a-f]{2})/gi, 16),
  },
  {
    pattern: /[\w.@+-]*(?:&#x[0-9a-f]{1,4};[\w.@+-]*)+/gi,
    decode: byCode(/&#x([0-9a-f]{1,4});/gi, 16),
  },
  { pattern: /[\w.@+-]*(?:&#\d{1,5};[\w.@+-]*)+/g, decode: byCode(/&#(\d{1,5});/g, 10) },
  {
    // In JSON the backslash is escaped once more.
    pattern: /[\w.@+-]*(?:\\{1,2}u[0-9a-f]{4}[\w.@+-]*)+/gi,
    decode: byCode(/\\{1,2}u([0-9a-f]{4})/gi, 16),
  },
  {
    pattern: /(?<![0-9a-z])(?:[0-9a-f]{2}){6,}(?![0-9a-z])/gi,
    decode: (run) => textOf(hexToBytes(run)),
  },
  {
    pattern: /(?<![\w+/=-])[\w+/-]{8,}={0,2}(?![\w+/=-])/g,
    decode(run) {
      const bare = run.replaceAll("-", "+").replaceAll("_", "/").replaceAll("=", "");
      // Of 4n + 1 letters there is no base64.
      const bytes =
        bare.length % 4 === 1 ? null : fromBase64(bare + "=".repeat((4 - (bare.length % 4)) % 4));
      return bytes && textOf(bytes);
    },
  },
];

/** Encoded twice is still found; more often nobody writes by accident (I12). */
const LAYERS_MAX = 3;

/** `text` with each encoded run replaced by what `change` makes of the run and what it says at the bottom of all layers. */
export function encodedIn(text: string, change: (run: string, said: string) => string): string {
  return ENCODINGS.reduce(
    (whole, { pattern, decode }) =>
      whole.replaceAll(pattern, (run) => {
        const said = decode(run);
        return said === null ? run : change(run, deeper(said, LAYERS_MAX - 1));
      }),
    text,
  );
}

/** Beside what it says, what that says. */
function deeper(said: string, layers: number): string {
  if (layers === 0) return said;
  const below = ENCODINGS.flatMap(({ pattern, decode }) =>
    [...said.matchAll(pattern)].flatMap(([run]) => decode(run) ?? []),
  );
  return [said, ...below.map((one) => deeper(one, layers - 1))].join(" ");
}
