/** Base64 with padding, canonical on the way in: two texts never stand for the same bytes. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES = new Map(ALPHABET.split("").map((letter, value) => [letter, value]));
const FORM = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(from, from + 3);
    const left = bytes.length - from;
    const bits = a * 65_536 + b * 256 + c;
    const letters = [18, 12, 6, 0].map((shift) => ALPHABET[(bits >> shift) & 63] ?? "").join("");
    text += left >= 3 ? letters : letters.slice(0, left + 1).padEnd(4, "=");
  }
  return text;
}

/** Null: not base64, or not the one way to write these bytes. */
export function fromBase64(text: string): Uint8Array | null {
  if (!FORM.test(text)) return null;
  const letters = text.replace(/=+$/, "");
  const bytes = new Uint8Array(Math.floor((letters.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of letters) {
    bits = (bits << 6) | (VALUES.get(letter) ?? 0);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[at] = (bits >> held) & 255;
    at += 1;
    bits &= (1 << held) - 1;
  }
  return bits === 0 ? bytes : null;
}
