/**
 * A whole log from its files alone: every entry is read again, every tile computed again and compared to the byte. Where
 * two files contradict each other, a third says which one is wrong, so that it can be named.
 */
import { err, type Result } from "../result.ts";
import { foldHashes, HASH_BYTES, sameBytes } from "./merkle.ts";
import {
  decodeBundle,
  Edge,
  type FullTile,
  hashesOf,
  TILE_WIDTH,
  type TileId,
  tilePath,
} from "./tile.ts";

/** Problems that are told; more than these say nothing new. */
const PROBLEMS_MAX = 50;

export interface Problem {
  readonly file: string;
  readonly problem: string;
}

/** What is known of one span of 256 entries. A file that could not be read is null. */
export interface Span {
  readonly bundle: TileId;
  readonly bundleBytes: Uint8Array | null;
  readonly tile: TileId;
  readonly tileBytes: Uint8Array | null;
  /** The hash that the tile above has for this one, where it is full; null: nobody says. */
  readonly above: Uint8Array | null;
}

export interface VerifierInput {
  readonly size: number;
  readonly root: Uint8Array;
  readonly leafHash: (entry: Uint8Array) => Uint8Array;
  /** Trees that were seen before, or that another log has: their roots have to come by again. */
  readonly seen: readonly Seen[];
}

export interface Seen {
  readonly size: number;
  readonly root: Uint8Array;
  /** Where it was seen, for who reads the problem. */
  readonly where: string;
}

export class TreeVerifier {
  readonly problems: Problem[] = [];
  readonly #input: VerifierInput;
  #edge = new Edge();
  /** Smallest first; those before `#looked` have come by, or were passed. */
  readonly #seen: readonly Seen[];
  #looked = 0;
  readonly #missed: Seen[] = [];
  /** The last span, while nobody has said which of its two files is wrong. */
  #open: {
    readonly span: Span;
    readonly edge: Edge;
    readonly fromTile: readonly Uint8Array[];
  } | null = null;

  constructor(input: VerifierInput) {
    this.#input = input;
    this.#seen = input.seen.toSorted((a, b) => a.size - b.size);
    this.#look();
  }

  /**
   * The next span. Returns its entries (null: unreadable), and the tiles above level 0 that are computed by now, to be
   * compared with `compare`.
   */
  take(span: Span): {
    readonly entries: readonly Uint8Array[] | null;
    readonly tiles: readonly { readonly tile: TileId; readonly bytes: Uint8Array }[];
  } {
    const read = this.#entriesOf(span);
    const fromBundle = read.ok ? read.value.map(this.#input.leafHash) : null;
    const leaves = this.#judge(span, fromBundle, read.ok ? null : read.error);
    const filled = this.#grow(leaves);
    return {
      entries: read.ok ? read.value : null,
      tiles: filled
        .filter(({ level }) => level > 0)
        .map(({ level, index, bytes }) => ({ tile: { level, index, width: TILE_WIDTH }, bytes })),
    };
  }

  /** Partial tiles above level 0, after the last span. */
  rest(): readonly { readonly tile: TileId; readonly bytes: Uint8Array }[] {
    return this.#edge.levels().flatMap((bytes, level) =>
      level === 0 || bytes.length === 0
        ? []
        : [
            {
              tile: {
                level,
                index: Math.floor(this.#input.size / TILE_WIDTH ** (level + 1)),
                width: bytes.length / HASH_BYTES,
              },
              bytes,
            },
          ],
    );
  }

  compare(tile: TileId, computed: Uint8Array, published: Uint8Array | null): void {
    if (published === null) this.note(tilePath(tile), "is not there");
    else if (!sameBytes(computed, published))
      this.note(tilePath(tile), "differs from the tile that the entries make");
  }

  note(file: string, problem: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ file, problem });
  }

  /** Compares the roots. Call it once, at the end. */
  finish(): void {
    const { root } = this.#input;
    const holds = sameBytes(this.#edge.root(), root);
    if (this.#open !== null) {
      const { span, edge, fromTile } = this.#open;
      // Entries and tile disagree, and no tile above has an opinion: the signed root has.
      if (!holds) edge.grow(fromTile);
      const tileIsRight = !holds && sameBytes(edge.root(), root);
      this.note(
        tilePath(tileIsRight ? span.bundle : span.tile),
        tileIsRight ? "has other entries than were signed" : "differs from its entries",
      );
      if (tileIsRight) this.#edge = edge;
    }
    if (!sameBytes(this.#edge.root(), root))
      this.note("checkpoint", "signs another root than that of the entries");
    for (const { size, where } of [...this.#missed, ...this.#seen.slice(this.#looked)])
      this.note("checkpoint", `is not a continuation of the tree of ${size} ${where}`);
  }

  #entriesOf({ bundle, bundleBytes }: Span): Result<readonly Uint8Array[], string> {
    if (bundleBytes === null) return err("is not there");
    return decodeBundle(bundleBytes, bundle.width);
  }

  /** The leaf hashes to go on with; whichever file is wrong has been named. */
  #judge(
    span: Span,
    fromBundle: readonly Uint8Array[] | null,
    unreadable: string | null,
  ): readonly Uint8Array[] {
    const { tile, tileBytes } = span;
    const fromTile = tileBytes?.length === tile.width * HASH_BYTES ? hashesOf(tileBytes) : null;
    if (fromBundle === null) {
      this.note(tilePath(span.bundle), unreadable ?? "cannot be read");
      return fromTile ?? [];
    }
    if (fromTile === null) {
      this.note(tilePath(tile), tileBytes === null ? "is not there" : "has the wrong length");
      return fromBundle;
    }
    const isSame = fromTile.every((hash, at) => sameBytes(hash, fromBundle[at] ?? hash));
    return isSame ? fromBundle : this.#arbitrate(span, { fromBundle, fromTile });
  }

  /** Entries and tile disagree: the tile above knows better, or the root in the end. */
  #arbitrate(
    span: Span,
    of: { fromBundle: readonly Uint8Array[]; fromTile: readonly Uint8Array[] },
  ): readonly Uint8Array[] {
    const { fromBundle, fromTile } = of;
    const { tile, above } = span;
    if (above === null) {
      const levels = this.#edge.levels();
      const edge = Edge.open(this.#edge.size, levels);
      if (edge !== null) this.#open = { span, edge, fromTile };
      return fromBundle;
    }
    const tileIsRight = sameBytes(foldHashes(fromTile), above);
    if (tileIsRight) this.note(tilePath(span.bundle), "has other entries than were signed");
    else this.note(tilePath(tile), "differs from its entries");
    return tileIsRight ? fromTile : fromBundle;
  }

  #grow(leaves: readonly Uint8Array[]): FullTile[] {
    const filled: FullTile[] = [];
    let rest = leaves;
    for (;;) {
      const count = (this.#seen[this.#looked]?.size ?? Infinity) - this.#edge.size;
      if (count > rest.length) return [...filled, ...this.#edge.grow(rest)];
      filled.push(...this.#edge.grow(rest.slice(0, count)));
      rest = rest.slice(count);
      this.#look();
    }
  }

  /** The trees of just this size; several places may have seen it. */
  #look(): void {
    for (;;) {
      const seen = this.#seen[this.#looked];
      if (seen === undefined || seen.size > this.#edge.size) return;
      if (!sameBytes(this.#edge.root(), seen.root)) this.#missed.push(seen);
      this.#looked += 1;
    }
  }
}
