/** What the functions give. Arguments are known; a missing one is `undefined`. */
import { bytesOfText, lowerBytes, textOfBytes, upperBytes } from "./bytes.ts";
import { type IpAddress, networkOf } from "./ip.ts";
import { type Found, isArray, isMap, NotAssessable, type Value } from "./value.ts";

type Argument = Value | undefined;
type Implementation = (args: readonly Argument[]) => Found;

/** Decoding over and over ends here; each round makes the text shorter. */
const DECODINGS_MAX = 16;

const isText = (value: Argument): value is string => typeof value === "string";
const isAddress = (value: Argument): value is IpAddress =>
  typeof value === "object" && "version" in value;

const ofText =
  (give: (text: string, ...rest: readonly Argument[]) => Found): Implementation =>
  ([first, ...rest]) =>
    isText(first) ? give(first, ...rest) : undefined;

function decodedOnce(text: string, isUnicode: boolean): string {
  const spaced = text.replaceAll("+", " ");
  const plain = isUnicode
    ? spaced.replace(/%u([0-9a-fA-F]{4})/g, (_, hex: string) =>
        bytesOfText(String.fromCharCode(Number.parseInt(hex, 16))),
      )
    : spaced;
  return plain.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function urlDecoded(text: string, options: Argument): string {
  const flags = isText(options) ? options : "";
  let decoded = decodedOnce(text, flags.includes("u"));
  if (!flags.includes("r")) return decoded;
  for (let round = 1; round < DECODINGS_MAX && decoded.includes("%"); round += 1) {
    const next = decodedOnce(decoded, flags.includes("u"));
    if (next === decoded) break;
    decoded = next;
  }
  return decoded;
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function base64Decoded(text: string): string | undefined {
  const digits = text.replace(/={0,2}$/, "");
  let [bits, count, bytes] = [0, 0, ""];
  for (const digit of digits) {
    const value = BASE64.indexOf(digit);
    if (value < 0) return undefined;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += String.fromCharCode((bits >> count) & 255);
    }
  }
  return bytes;
}

/** What a path of names and positions leads to in a JSON document. */
function lookedUp(document: string, path: readonly Argument[]): unknown {
  const text = textOfBytes(document);
  if (text === null) return undefined;
  let at: unknown;
  try {
    at = JSON.parse(text);
  } catch {
    return undefined;
  }
  for (const key of path) {
    if (typeof at !== "object" || at === null) return undefined;
    const name = typeof key === "bigint" ? `${key}` : isText(key) ? textOfBytes(key) : null;
    if (name === null || Array.isArray(at) !== (typeof key === "bigint")) return undefined;
    at = Object.entries(at).find(([member]) => member === name)?.[1];
  }
  return at;
}

function jsonInteger(document: string, path: readonly Argument[]): Found {
  const found = lookedUp(document, path);
  if (typeof found !== "number" || !Number.isInteger(found)) return undefined;
  // Beyond this JSON's numbers are not exact here.
  return Number.isSafeInteger(found)
    ? BigInt(found)
    : new NotAssessable("a very large JSON number");
}

function jsonString(document: string, path: readonly Argument[]): Found {
  const found = lookedUp(document, path);
  return typeof found === "string" ? bytesOfText(found) : undefined;
}

const position = (value: Argument, length: number): number => {
  const at = Number(value);
  return at < 0 ? Math.max(0, length + at) : Math.min(at, length);
};

function lengthOf(value: Argument): Found {
  if (isText(value) || isArray(value)) return BigInt(value.length);
  return isMap(value) ? BigInt(value.size) : undefined;
}

function network(address: Argument, bits4: Argument, bits6: Argument): Found {
  if (!isAddress(address)) return undefined;
  return networkOf(address, Number(address.version === 4 ? bits4 : bits6));
}

function hasValue([where, wanted]: readonly Argument[]): Found {
  if (where === undefined || wanted === undefined) return undefined;
  const values = isMap(where) ? [...where.values()] : isArray(where) ? where : [];
  return values.includes(wanted);
}

function withoutBytes(text: string, removed: Argument): Found {
  if (!isText(removed)) return undefined;
  return text
    .split("")
    .filter((byte) => !removed.includes(byte))
    .join("");
}

function joined([items, separator]: readonly Argument[]): Found {
  if (!isArray(items) || !isText(separator)) return undefined;
  return items.filter((item) => isText(item)).join(separator);
}

/** A missing text counts as an empty one here, and only here. */
function concatenated(args: readonly Argument[]): Found {
  if (args.some((value) => isArray(value))) {
    return args.flatMap((value): readonly Value[] => (isArray(value) ? value : []));
  }
  return args.map((value) => (isText(value) ? value : "")).join("");
}

const CALLS: Readonly<Record<string, Implementation>> = {
  any: ([values]) => isArray(values) && values.includes(true),
  all: ([values]) => isArray(values) && !values.includes(false),
  cidr: ([address, bits4, bits6]) => network(address, bits4, bits6),
  cidr6: ([address, bits6]) => network(address, 32n, bits6),
  concat: concatenated,
  decode_base64: ofText(base64Decoded),
  ends_with: ofText((text, end) => (isText(end) ? text.endsWith(end) : undefined)),
  has_key: ([map, key]) => (isMap(map) && isText(key) ? map.has(key) : undefined),
  has_value: hasValue,
  join: joined,
  len: ([value]) => lengthOf(value),
  lookup_json_integer: ofText((text, ...path) => jsonInteger(text, path)),
  lookup_json_string: ofText((text, ...path) => jsonString(text, path)),
  lower: ofText(lowerBytes),
  remove_bytes: ofText(withoutBytes),
  starts_with: ofText((text, start) => (isText(start) ? text.startsWith(start) : undefined)),
  substring: ofText((text, start, end) =>
    text.slice(
      position(start, text.length),
      end === undefined ? undefined : position(end, text.length),
    ),
  ),
  upper: ofText(upperBytes),
  url_decode: ofText(urlDecoded),
};

/** Functions without a line above are known by type alone. */
export const callOf = (name: string): Implementation =>
  CALLS[name] ?? (() => new NotAssessable(`the function \`${name}\``));
