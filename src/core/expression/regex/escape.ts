import type { Pattern } from "./pattern.ts";
import type { Look } from "./syntax.ts";

export type Escape =
  | { readonly kind: "look"; readonly look: Look }
  | { readonly kind: "perl"; readonly letter: string }
  | { readonly kind: "byte"; readonly byte: number }
  | { readonly kind: "char"; readonly char: string };

const CONTROLS: Readonly<Record<string, string>> = {
  a: "\x07",
  f: "\f",
  t: "\t",
  n: "\n",
  r: "\r",
  v: "\v",
};

const LOOKS: Readonly<Record<string, Look>> = {
  A: "text_start",
  z: "text_end",
  B: "no_word_boundary",
  "<": "word_start",
  ">": "word_end",
};

const BOUNDARIES: Readonly<Record<string, Look>> = {
  "": "word_boundary",
  "{start}": "word_start",
  "{end}": "word_end",
  "{start-half}": "word_start_half",
  "{end-half}": "word_end_half",
};

/** The escape that begins here, with its backslash. */
export function escapeAt(pattern: Pattern): Escape {
  pattern.skip();
  const char = pattern.peek;
  pattern.skip();
  if (/[dDsSwW]/.test(char)) return { kind: "perl", letter: char };
  if (char === "x" || char === "u" || char === "U") return codePoint(pattern, char);
  if (char === "b") return boundary(pattern);
  const look = LOOKS[char];
  if (look !== undefined) return { kind: "look", look };
  const control = CONTROLS[char];
  if (control !== undefined) return { kind: "char", char: control };
  return plainEscape(pattern, char);
}

function plainEscape(pattern: Pattern, char: string): Escape {
  if (/[pP]/.test(char)) pattern.refuse("Unicode classes are only allowed behind (?u)");
  // Every other ASCII sign stands for itself, white space too.
  if (char !== "" && char < "\x80" && !/[A-Za-z0-9]/.test(char)) return { kind: "char", char };
  if (/\d/.test(char)) pattern.refuse("back references, which this language has not");
  return pattern.refuse(char === "" ? "a backslash at the end" : `\`\\${char}\` is no escape`);
}

function boundary(pattern: Pattern): Escape {
  const which = pattern.run(/\{(?:start|end)(?:-half)?\}/y);
  return { kind: "look", look: BOUNDARIES[which] ?? "word_boundary" };
}

const DIGITS = { x: /[0-9a-fA-F]{2}/y, u: /[0-9a-fA-F]{4}/y, U: /[0-9a-fA-F]{8}/y } as const;

/** Two digits behind `\x` are a byte; all others are a character. */
function codePoint(pattern: Pattern, letter: "x" | "u" | "U"): Escape {
  const braced = pattern.run(/\{[0-9a-fA-F]{1,8}\}/y).slice(1, -1);
  const digits = braced || pattern.run(DIGITS[letter]);
  if (digits === "") pattern.refuse(`\`\\${letter}\` without its hexadecimal digits`);
  const code = Number.parseInt(digits, 16);
  if (letter === "x" && braced === "") return { kind: "byte", byte: code };
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) pattern.refuse("no such character");
  return { kind: "char", char: String.fromCodePoint(code) };
}
