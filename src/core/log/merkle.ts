/**
 * The Merkle tree of RFC 6962 over SHA-256. A subtree is named by its leaves `[start, end)`; every complete one has its
 * hash in a tile, every other is folded from those.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";

export const HASH_BYTES = 32;
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array());

const LEAF = Uint8Array.of(0);

export const leafHash = (entry: Uint8Array): Uint8Array => sha256(concatBytes(LEAF, entry));

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + 2 * HASH_BYTES);
  bytes[0] = 1;
  bytes.set(left, 1);
  bytes.set(right, 1 + HASH_BYTES);
  return sha256(bytes);
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

/** The largest power of two below `count`, which is at least 2. Not with shifts: sizes pass 2^31. */
function splitOf(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/** The root over hashes of equally large, complete subtrees; the last one may be smaller. At least one. */
export function foldHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes;
  if (first === undefined) throw new Error("a fold of nothing");
  if (hashes.length === 1) return first;
  const split = splitOf(hashes.length);
  return nodeHash(foldHashes(hashes.slice(0, split)), foldHashes(hashes.slice(split)));
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The hash of the complete subtree `index` of 2^`level` leaves. */
export type SubtreeHash = (level: number, index: number) => Uint8Array;

const isPowerOfTwo = (count: number): boolean => Number.isInteger(Math.log2(count));

export function rangeHash(hashAt: SubtreeHash, { start, end }: Range): Uint8Array {
  const count = end - start;
  if (isPowerOfTwo(count) && start % count === 0) return hashAt(Math.log2(count), start / count);
  const middle = start + splitOf(count);
  return nodeHash(
    rangeHash(hashAt, { start, end: middle }),
    rangeHash(hashAt, { start: middle, end }),
  );
}

/** PATH of RFC 6962, 2.1.1: the subtrees beside the way from leaf `index` to the root, lowest first. */
export function inclusionRanges(index: number, size: number): readonly Range[] {
  const ranges: Range[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    const isLeft = index < middle;
    ranges.unshift(isLeft ? { start: middle, end } : { start, end: middle });
    if (isLeft) end = middle;
    else start = middle;
  }
  return ranges;
}

/** PROOF of RFC 6962, 2.1.2: from the tree of `from` leaves to that of `size`. */
export function consistencyRanges(from: number, size: number): readonly Range[] {
  if (from === 0 || from === size) return [];
  const ranges: Range[] = [];
  let [start, end] = [0, size];
  let isWhole = true;
  while (end !== from) {
    const middle = start + splitOf(end - start);
    if (from <= middle) {
      ranges.unshift({ start: middle, end });
      end = middle;
    } else {
      ranges.unshift({ start, end: middle });
      start = middle;
      isWhole = false;
    }
  }
  return isWhole ? ranges : [{ start, end }, ...ranges];
}

export interface InclusionClaim {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** RFC 9162, 2.1.3.2. */
export function isIncluded({ leaf, index, size, path, root }: InclusionClaim): boolean {
  if (index < 0 || index >= size) return false;
  let [node, last, hash] = [index, size - 1, leaf];
  for (const beside of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(beside, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else hash = nodeHash(hash, beside);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && sameBytes(hash, root);
}

export interface ConsistencyClaim {
  readonly from: number;
  readonly fromRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** RFC 9162, 2.1.4.2, and its edge cases: every tree is consistent with the empty one and with itself. */
export function isConsistent({ from, fromRoot, size, root, proof }: ConsistencyClaim): boolean {
  if (from > size) return false;
  if (from === size) return proof.length === 0 && sameBytes(fromRoot, root);
  if (from === 0) return proof.length === 0 && sameBytes(fromRoot, EMPTY_ROOT);
  const [first, ...rest] = isPowerOfTwo(from) ? [fromRoot, ...proof] : proof;
  if (first === undefined) return false;
  return climbs({ from, fromRoot, size, root, proof: rest }, first);
}

/** From the largest subtree that both trees have, up to both roots. */
function climbs(
  { from, fromRoot, size, root, proof }: ConsistencyClaim,
  first: Uint8Array,
): boolean {
  let [node, last] = [from - 1, size - 1];
  while (node % 2 === 1) [node, last] = [(node - 1) / 2, Math.floor(last / 2)];
  let [old, now] = [first, first];
  for (const beside of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      old = nodeHash(beside, old);
      now = nodeHash(beside, now);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else now = nodeHash(now, beside);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && sameBytes(old, fromRoot) && sameBytes(now, root);
}
