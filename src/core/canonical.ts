import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Digest, isDigest, mint } from "./ids.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * RFC 8785 (JCS): members sorted by UTF-16 code units, numbers and strings as ECMAScript prints them.
 * Takes parsed JSON only; `undefined` members are left out, as `JSON.stringify` does. A number that JSON
 * cannot carry throws: it would become `null` and two different values would share a digest.
 */
export function canonicalise(value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new Error(`\`${value}\` is not JSON`);
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalise).join(",")}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalise(member)}`).join(",")}}`;
}

/** SHA-256 over the canonical bytes of `value`. */
export const digestOf = (value: unknown): Digest => digestOfText(canonicalise(value));

/** SHA-256 over the UTF-8 bytes of `text`. */
export const digestOfText = (text: string): Digest =>
  mint(isDigest, `sha256:${bytesToHex(sha256(utf8ToBytes(text)))}`);

/** Equality of JSON values, member order aside. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  return canonicalise(a) === canonicalise(b);
}

/** Whether `value` is a JSON object: neither a list nor null. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The id of an API object; empty when it has none that is a text. */
export const idOf = ({ id }: JsonObject): string => (typeof id === "string" ? id : "");

/** `value` where it is a text, else empty: for members whose type a normal form guarantees. */
export const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");

/** Far deeper than anything that people or programs say to each other, far shallower than any stack (I12). */
export const JSON_DEPTH_MAX = 64;

/** Whether `value` has more levels than that. Walks level by level: whatever reads a value by recursion would fail on it. */
export function isTooDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= JSON_DEPTH_MAX; depth += 1) {
    level = level.flatMap((one) =>
      typeof one === "object" && one !== null ? Object.values(one) : [],
    );
    if (level.length === 0) return false;
  }
  return true;
}
