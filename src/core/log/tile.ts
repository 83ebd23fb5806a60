/** Tiles and entry bundles of c2sp.org/tlog-tiles: their names, their bytes, and which of them a tree of some size has. */
import { concatBytes } from "@noble/hashes/utils.js";
import { err, ok, type Result } from "../result.ts";
import { EMPTY_ROOT, foldHashes, HASH_BYTES, type Range, type SubtreeHash } from "./merkle.ts";

export const TILE_WIDTH = 256;
/** An entry's length is written in 16 bits. */
export const ENTRY_BYTES_MAX = 65_535;
/** 256^6 is past what a number can hold exactly; no log of ours gets past level 5. */
const LEVELS_MAX = 6;

/** `level` "entries": a bundle. `width` 256: full; less: partial. */
export interface TileId {
  readonly level: number | "entries";
  readonly index: number;
  readonly width: number;
}

/** Groups of three digits, all but the last with an `x`: 1234067 is `x001/x234/067`. */
function indexPath(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g) ?? [];
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
}

export const tilePath = ({ level, index, width }: TileId): string =>
  `tile/${level}/${indexPath(index)}${width === TILE_WIDTH ? "" : `.p/${width}`}`;

const PATH = /^tile\/(entries|[0-5])\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** Null: no tile is called that. Each has one name only. */
export function parseTilePath(path: string): TileId | null {
  const [, level = "", groups = "", partial] = PATH.exec(path) ?? [];
  const index = Number(groups.replaceAll(/[x/]/g, ""));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  const id = { level: level === "entries" ? level : Number(level), index, width } as const;
  return level !== "" && tilePath(id) === path ? id : null;
}

/** How many hashes of `level` a tree of `size` leaves has. */
export const hashesAt = (level: number, size: number): number =>
  Math.floor(size / TILE_WIDTH ** level);

/** The tile as a tree of `size` leaves has it. */
export const tileIn = (size: number, level: number | "entries", index: number): TileId => ({
  level,
  index,
  width: Math.min(TILE_WIDTH, hashesAt(level === "entries" ? 0 : level, size) - index * TILE_WIDTH),
});

/** Every tile and bundle of a tree of `size` leaves that a tree of `from` leaves has not, or not as wide. */
export function tilesBetween(from: number, size: number): readonly TileId[] {
  const tiles: TileId[] = [];
  for (let level = 0; level < LEVELS_MAX; level += 1) {
    const [before, now] = [hashesAt(level, from), hashesAt(level, size)];
    if (now === before) break;
    const first = Math.floor(before / TILE_WIDTH);
    const count = Math.ceil(now / TILE_WIDTH) - first;
    for (const at of Array(count).keys()) {
      if (level === 0) tiles.push(tileIn(size, "entries", first + at));
      tiles.push(tileIn(size, level, first + at));
    }
  }
  return tiles;
}

/** Bytes of texts, as the platform makes them: without an array of their own for each. */
export interface Utf8 {
  readonly lengthOf: (text: string) => number;
  readonly write: (text: string, into: Uint8Array) => unknown;
}

/** Entries as a bundle: each with its length before it. `bytesFor` may give the same memory again. */
export function encodeBundle(
  entries: readonly string[],
  { utf8, bytesFor }: { utf8: Utf8; bytesFor: (length: number) => Uint8Array },
): Uint8Array {
  const lengths = entries.map(utf8.lengthOf);
  const bytes = bytesFor(lengths.reduce((sum, length) => sum + 2 + length, 0));
  let at = 0;
  for (const [place, entry] of entries.entries()) {
    const length = lengths[place] ?? 0;
    bytes[at] = length >> 8;
    bytes[at + 1] = length & 255;
    utf8.write(entry, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return bytes;
}

/** Exactly `width` entries and nothing after them. */
export function decodeBundle(
  bytes: Uint8Array,
  width: number,
): Result<readonly Uint8Array[], string> {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (entries.length < width) {
    if (at + 2 > bytes.length) return err(`ends within entry ${entries.length}`);
    const length = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    if (at + 2 + length > bytes.length) return err(`ends within entry ${entries.length}`);
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return at === bytes.length ? ok(entries) : err(`${bytes.length - at} bytes after the last entry`);
}

/** The hashes of a tile. */
export function hashesOf(tile: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: tile.length / HASH_BYTES }, (_, at) =>
    tile.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
  );
}

/** Subtree hashes out of tiles; `tileBytes` has every tile that `tilesOfRanges` names. */
export const subtreesIn =
  (tileBytes: (level: number, index: number) => Uint8Array): SubtreeHash =>
  (height, index) => {
    const level = Math.floor(height / 8);
    const count = 2 ** (height % 8);
    const first = index * count;
    const offset = first % TILE_WIDTH;
    const tile = tileBytes(level, Math.floor(first / TILE_WIDTH));
    return foldHashes(hashesOf(tile).slice(offset, offset + count));
  };

/** The tiles that the hashes of these ranges are folded from, in a tree of `size` leaves. */
export function tilesOfRanges(ranges: readonly Range[], size: number): readonly TileId[] {
  const found = new Map<string, TileId>();
  const visit = ({ start, end }: Range): void => {
    const count = end - start;
    const height = Math.floor(Math.log2(count));
    if (2 ** height === count && start % count === 0) {
      const level = Math.floor(height / 8);
      const tile = tileIn(size, level, Math.floor(start / TILE_WIDTH ** level / TILE_WIDTH));
      found.set(tilePath(tile), tile);
      return;
    }
    const middle = start + (2 ** height === count ? count / 2 : 2 ** height);
    visit({ start, end: middle });
    visit({ start: middle, end });
  };
  for (const range of ranges) visit(range);
  return [...found.values()];
}

export interface FullTile {
  readonly level: number;
  readonly index: number;
  readonly bytes: Uint8Array;
}

/**
 * The right edge of a growing tree: of each level the hashes that do not fill a tile yet. At most 255 hashes a level,
 * whatever the size, and all that is needed to go on.
 */
export class Edge {
  #size = 0;
  readonly #levels: Uint8Array[][] = [];

  get size(): number {
    return this.#size;
  }

  /** From the partial tiles of a tree of `size` leaves; null when these cannot be its. */
  static open(size: number, levels: readonly Uint8Array[]): Edge | null {
    const edge = new Edge();
    edge.#size = size;
    for (const [level, bytes] of levels.entries()) {
      if (bytes.length !== (hashesAt(level, size) % TILE_WIDTH) * HASH_BYTES) return null;
      // Copied: whoever gave the bytes may use their buffer again.
      edge.#levels.push([...hashesOf(bytes.slice())]);
    }
    return hashesAt(levels.length, size) === 0 ? edge : null;
  }

  /** Its partial tiles, level by level; an empty one where the level has no partial tile. */
  levels(): readonly Uint8Array[] {
    return this.#levels.map((hashes) => concatBytes(...hashes));
  }

  /** Adds leaf hashes. Returns the tiles that they filled, lowest level first. */
  grow(leaves: Iterable<Uint8Array>): readonly FullTile[] {
    const filled: FullTile[] = [];
    for (const leaf of leaves) {
      this.#size += 1;
      this.#push({ hash: leaf, level: 0, filled });
    }
    return filled;
  }

  #push({ hash, level, filled }: { hash: Uint8Array; level: number; filled: FullTile[] }): void {
    const hashes = (this.#levels[level] ??= []);
    hashes.push(hash);
    if (hashes.length < TILE_WIDTH) return;
    const index = hashesAt(level + 1, this.#size) - 1;
    filled.push({ level, index, bytes: concatBytes(...hashes) });
    const above = foldHashes(hashes);
    this.#levels[level] = [];
    this.#push({ hash: above, level: level + 1, filled });
  }

  root(): Uint8Array {
    let below: readonly Uint8Array[] = [];
    for (const hashes of this.#levels) {
      const level = [...hashes, ...below];
      below = level.length === 0 ? [] : [foldHashes(level)];
    }
    return below[0] ?? EMPTY_ROOT;
  }
}

/** The hash at a place of a tile; null where the tile has none. */
export const hashAtTile = (tile: Uint8Array | null, at: number): Uint8Array | null =>
  tile !== null && tile.length >= (at + 1) * HASH_BYTES
    ? tile.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)
    : null;
