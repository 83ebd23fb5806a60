/** Parameters of Bootstring for punycode, RFC 3492 section 5. */
const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const INITIAL_BIAS = 72;
const INITIAL_N = 128;
/** Highest code point of Unicode: decoding beyond it is malformed input, not a character. */
const CODE_POINT_MAX = 0x10ffff;

const DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** The threshold of the digit at position `k`, RFC 3492 section 6.2. */
const threshold = (k: number, bias: number): number => Math.min(T_MAX, Math.max(T_MIN, k - bias));

/** Bias adaptation, RFC 3492 section 6.1. `first` divides `count` by DAMP instead of two. */
function adapt(delta: number, count: number, first: boolean): number {
  let rest = Math.floor(delta / (first ? DAMP : 2));
  rest += Math.floor(rest / count);
  let k = 0;
  while (rest > ((BASE - T_MIN) * T_MAX) / 2) {
    rest = Math.floor(rest / (BASE - T_MIN));
    k += BASE;
  }
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}

/** One delta as a variable-length integer. */
function digitsOf(delta: number, bias: number): string {
  let text = "";
  let rest = delta;
  for (let k = BASE; ; k += BASE) {
    const t = threshold(k, bias);
    if (rest < t) return text + DIGITS.charAt(rest);
    text += DIGITS.charAt(t + ((rest - t) % (BASE - t)));
    rest = Math.floor((rest - t) / (BASE - t));
  }
}

/** RFC 3492: the letters behind `xn--` for one label. The label is taken as it is: fold and compose it before. */
export function encodePunycode(label: string): string {
  const points = Array.from(label, (letter) => letter.codePointAt(0) ?? 0);
  const basic = points.filter((point) => point < INITIAL_N);
  let text = basic.map((point) => String.fromCodePoint(point)).join("");
  if (basic.length > 0) text += "-";
  let bias = INITIAL_BIAS;
  let delta = 0;
  let done = basic.length;
  let previous = INITIAL_N;
  const higher = [...new Set(points.filter((point) => point >= INITIAL_N))].toSorted(
    (a, b) => a - b,
  );
  for (const point of higher) {
    delta += (point - previous) * (done + 1);
    for (const other of points) {
      if (other < point) delta += 1;
      if (other !== point) continue;
      text += digitsOf(delta, bias);
      bias = adapt(delta, done + 1, done === basic.length);
      delta = 0;
      done += 1;
    }
    delta += 1;
    previous = point + 1;
  }
  return text;
}

interface Delta {
  readonly value: number;
  readonly next: number;
}

/** The variable-length integer of `text` that begins at `from`; null when it is cut off or no number. */
function readDelta(text: string, from: number, bias: number): Delta | null {
  let value = 0;
  let weight = 1;
  for (let position = from, k = BASE; position < text.length; position += 1, k += BASE) {
    const digit = DIGITS.indexOf(text.charAt(position));
    if (digit < 0) return null;
    value += digit * weight;
    // No label is long enough for more; the limit keeps the arithmetic exact.
    if (value > Number.MAX_SAFE_INTEGER / BASE) return null;
    const t = threshold(k, bias);
    if (digit < t) return { value, next: position + 1 };
    weight *= BASE - t;
  }
  return null;
}

/** RFC 3492: the label behind `xn--` (lower-case), or null when it is malformed. */
export function decodePunycode(text: string): string | null {
  const dash = text.lastIndexOf("-");
  const points = Array.from(text.slice(0, Math.max(0, dash)), (letter) => letter.charCodeAt(0));
  let n = INITIAL_N;
  let bias = INITIAL_BIAS;
  let i = 0;
  let position = dash < 0 ? 0 : dash + 1;
  let first = true;
  while (position < text.length) {
    const delta = readDelta(text, position, bias);
    if (delta === null) return null;
    const count = points.length + 1;
    bias = adapt(delta.value, count, first);
    n += Math.floor((i + delta.value) / count);
    if (n > CODE_POINT_MAX) return null;
    i = (i + delta.value) % count;
    points.splice(i, 0, n);
    i += 1;
    position = delta.next;
    first = false;
  }
  return String.fromCodePoint(...points);
}
