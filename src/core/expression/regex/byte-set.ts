/** Sets of bytes, as 256 flags. */

export type ByteSet = Uint8Array;

export const noBytes = (): ByteSet => new Uint8Array(256);

export function byteRange(first: number, last: number): ByteSet {
  const set = noBytes();
  set.fill(1, first, last + 1);
  return set;
}

export const bytesIn = (text: string): ByteSet => {
  const set = noBytes();
  for (let at = 0; at < text.length; at += 1) set[text.charCodeAt(at)] = 1;
  return set;
};

export const union = (...sets: readonly ByteSet[]): ByteSet =>
  noBytes().map((_, byte) => (sets.some((set) => set[byte] === 1) ? 1 : 0));
export const complement = (set: ByteSet): ByteSet => set.map((flag) => 1 - flag);
export const intersection = (a: ByteSet, b: ByteSet): ByteSet =>
  a.map((flag, byte) => flag & (b[byte] ?? 0));
export const difference = (a: ByteSet, b: ByteSet): ByteSet => intersection(a, complement(b));
export const symmetricDifference = (a: ByteSet, b: ByteSet): ByteSet =>
  a.map((flag, byte) => flag ^ (b[byte] ?? 0));

const LOWER = byteRange(0x61, 0x7a);
const UPPER = byteRange(0x41, 0x5a);

/** Both cases of each ASCII letter. */
export function withoutCase(set: ByteSet): ByteSet {
  const both = set.slice();
  for (let byte = 0x41; byte <= 0x5a; byte += 1) {
    if (set[byte] === 1) both[byte + 32] = 1;
    if (set[byte + 32] === 1) both[byte] = 1;
  }
  return both;
}

export const DIGITS = byteRange(0x30, 0x39);
const LETTERS = union(LOWER, UPPER);
export const WORD = union(LETTERS, DIGITS, bytesIn("_"));
export const SPACES = bytesIn("\t\n\v\f\r ");
export const NOT_NEWLINE = complement(bytesIn("\n"));
export const ANY_BYTE = byteRange(0, 255);

/** `\d` and its like; upper case is the complement. */
export const PERL: Readonly<Record<string, ByteSet>> = {
  d: DIGITS,
  D: complement(DIGITS),
  s: SPACES,
  S: complement(SPACES),
  w: WORD,
  W: complement(WORD),
};

const GRAPH = byteRange(0x21, 0x7e);

/** `[:alpha:]` and its like. */
export const POSIX: Readonly<Record<string, ByteSet>> = {
  alnum: union(LETTERS, DIGITS),
  alpha: LETTERS,
  ascii: byteRange(0, 127),
  blank: bytesIn("\t "),
  cntrl: union(byteRange(0, 31), byteRange(127, 127)),
  digit: DIGITS,
  graph: GRAPH,
  lower: LOWER,
  print: union(GRAPH, bytesIn(" ")),
  punct: difference(GRAPH, union(LETTERS, DIGITS)),
  space: SPACES,
  upper: UPPER,
  word: WORD,
  xdigit: union(DIGITS, byteRange(0x61, 0x66), byteRange(0x41, 0x46)),
};
