import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  consistencyRanges,
  EMPTY_ROOT,
  inclusionRanges,
  isConsistent,
  isIncluded,
  leafHash,
  rangeHash,
} from "../../../src/core/log/merkle.ts";
import {
  decodeBundle,
  Edge,
  encodeBundle,
  parseTilePath,
  subtreesIn,
  type TileId,
  tilePath,
  tilesBetween,
  tilesOfRanges,
} from "../../../src/core/log/tile.ts";
import { naivePath, naiveProof, naiveRoot, naiveTiles } from "./naive-tree.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const leaf = (n: number): Uint8Array => Buffer.from(`entry ${n}`);
/** Of entries whose bytes are UTF-8, as all of ours are. */
const bundleOf = (entries: readonly Uint8Array[]): Uint8Array =>
  encodeBundle(
    entries.map((entry) => Buffer.from(entry).toString()),
    {
      utf8: {
        lengthOf: (text) => Buffer.byteLength(text),
        write: (text, into) => new TextEncoder().encodeInto(text, into),
      },
      bytesFor: (length) => new Uint8Array(length),
    },
  );
const leaves = (count: number): Uint8Array[] => Array.from({ length: count }, (_, n) => leaf(n));

function edgeOf(entries: readonly Uint8Array[]): Edge {
  const edge = new Edge();
  edge.grow(entries.map(leafHash));
  return edge;
}

/** The inputs and roots that Certificate Transparency implementations test with. */
const CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"].concat(
  "606162636465666768696a6b6c6d6e6f",
);
const CT_ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

describe("the tree of RFC 6962", () => {
  it("has the roots that Certificate Transparency has", () => {
    expect(hex(EMPTY_ROOT)).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    for (const [at, root] of CT_ROOTS.entries())
      expect(hex(edgeOf(CT_LEAVES.slice(0, at + 1).map(hexToBytes)).root())).toBe(root);
  });

  it("has the root of the naive tree at every size, however it grew", () => {
    const entries = leaves(1_030);
    const edge = new Edge();
    const grow = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 4, maxLength: 8 });
    for (const size of [1, 2, 3, 255, 256, 257, 511, 512, 513, 1_023, 1_024, 1_030]) {
      edge.grow(entries.slice(edge.size, size).map(leafHash));
      expect(hex(edge.root()), `size ${size}`).toBe(hex(naiveRoot(entries.slice(0, size))));
    }
    fc.assert(
      fc.property(grow, (steps) => {
        const grown = new Edge();
        for (const step of steps)
          grown.grow(entries.slice(grown.size, grown.size + step).map(leafHash));
        return hex(grown.root()) === hex(naiveRoot(entries.slice(0, grown.size)));
      }),
      { numRuns: 10 },
    );
  });

  it("goes on from its partial tiles as if it had never stopped", () => {
    const entries = leaves(700);
    for (const size of [0, 1, 255, 256, 300, 512, 600]) {
      const before = edgeOf(entries.slice(0, size));
      const again = Edge.open(size, before.levels());
      again?.grow(entries.slice(size).map(leafHash));
      expect(hex(again?.root() ?? new Uint8Array())).toBe(hex(naiveRoot(entries)));
    }
    expect(Edge.open(3, [new Uint8Array(64)])).toBeNull();
    expect(Edge.open(256, [new Uint8Array(0)])).toBeNull();
  });
});

describe("tiles of C2SP", () => {
  it("are called as the specification says", () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe("tile/0/x001/x234/067");
    expect(tilePath({ level: "entries", index: 0, width: 5 })).toBe("tile/entries/000.p/5");
    expect(tilePath({ level: 2, index: 1_000, width: 256 })).toBe("tile/2/x001/000");
  });

  it.each([
    "tile/0/1",
    "tile/0/x000/001",
    "tile/0/000.p/256",
    "tile/0/000.p/0",
    "tile/0/000.p/01",
    "tile/9/000",
    "tile/00/000",
    "tile/entries/000/",
    "tile/0/../000",
    "tile/data/000",
  ])("no tile is called %s", (path) => {
    expect(parseTilePath(path)).toBeNull();
  });

  it("every name is read back as what it names", () => {
    const level = fc.oneof(fc.constant("entries" as const), fc.integer({ min: 0, max: 5 }));
    const id = fc.record({
      level,
      index: fc.integer({ min: 0, max: 10 ** 12 }),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(id, (tile) => tilePath(parseTilePath(tilePath(tile)) ?? tile) === tilePath(tile)),
    );
    fc.assert(fc.property(id, (tile) => parseTilePath(tilePath(tile))?.index === tile.index));
  });

  it("grow to exactly the files of the naive log, and no file ever changes", () => {
    const entries = leaves(600);
    const files = new Map<string, string>();
    const edge = new Edge();
    for (const size of [1, 2, 255, 256, 257, 511, 512, 600]) {
      const tiles = tilesBetween(edge.size, size);
      const full = edge.grow(entries.slice(edge.size, size).map(leafHash));
      const bytesOf = ({ level, index, width }: TileId): Uint8Array | undefined => {
        if (level === "entries") return bundleOf(entries.slice(index * 256, index * 256 + width));
        if (width < 256) return edge.levels()[level];
        return full.find((one) => one.level === level && one.index === index)?.bytes;
      };
      const naive = naiveTiles(entries.slice(0, size));
      for (const tile of tiles) {
        const path = tilePath(tile);
        const bytes = hex(bytesOf(tile) ?? new Uint8Array());
        expect(bytes, path).toBe(hex(naive.get(path) ?? Buffer.of(1)));
        expect(files.get(path) ?? bytes, `${path} changed`).toBe(bytes);
        files.set(path, bytes);
      }
      for (const path of naive.keys()) expect(files.has(path), `${path} at ${size}`).toBe(true);
    }
  });

  it("name every tile of a large tree", () => {
    const names = tilesBetween(0, 70_000).map(tilePath);
    expect(names).toContain("tile/0/272");
    expect(names).toContain("tile/0/273.p/112");
    expect(names).toContain("tile/entries/273.p/112");
    expect(names).toContain("tile/1/000");
    expect(names).toContain("tile/1/001.p/17");
    expect(names).toContain("tile/2/000.p/1");
    expect(tilesBetween(70_000, 70_000)).toEqual([]);
    expect(tilesBetween(69_999, 70_000).map(tilePath)).toEqual([
      "tile/entries/273.p/112",
      "tile/0/273.p/112",
    ]);
  });

  it("bundles are read back, and refused when they are cut or have more", () => {
    const entries = [
      leaf(1),
      new Uint8Array(),
      new Uint8Array(65_535),
      utf8ToBytes("엔트리 \u{1f512}"),
    ];
    const bundle = bundleOf(entries);
    const read = decodeBundle(bundle, 4);
    expect(read.ok && read.value.map(hex)).toEqual(entries.map(hex));
    expect(decodeBundle(bundle.subarray(0, -1), 4)).toMatchObject({ ok: false });
    expect(decodeBundle(concatBytes(bundle, Uint8Array.of(0)), 4)).toMatchObject({ ok: false });
    expect(decodeBundle(bundle, 5)).toMatchObject({ ok: false });
  });
});

describe("proofs", () => {
  const entries = leaves(600);
  const hashAt = (size: number) => {
    const tiles = naiveTiles(entries.slice(0, size));
    return subtreesIn((level, index) => {
      const path = [...tiles.keys()].find((name) =>
        new RegExp(`^tile/${level}/${String(index).padStart(3, "0")}(\\.p/\\d+)?$`).test(name),
      );
      return tiles.get(path ?? "") ?? Buffer.of();
    });
  };

  it("of inclusion are those of the naive tree and hold", () => {
    const claim = fc
      .integer({ min: 1, max: 600 })
      .chain((size) => fc.record({ size: fc.constant(size), index: fc.nat(size - 1) }));
    fc.assert(
      fc.property(claim, ({ size, index }) => {
        const path = inclusionRanges(index, size).map((range) => rangeHash(hashAt(size), range));
        const naive = naivePath(index, entries.slice(0, size));
        expect(path.map(hex)).toEqual(naive.map(hex));
        const root = naiveRoot(entries.slice(0, size));
        const of = { leaf: leafHash(leaf(index)), index, size, path, root };
        expect(isIncluded(of)).toBe(true);
        expect(isIncluded({ ...of, leaf: leafHash(leaf(index + 1)) })).toBe(false);
        expect(isIncluded({ ...of, index: index + 1 })).toBe(false);
        expect(isIncluded({ ...of, path: [...path, root] })).toBe(false);
        if (path.length > 0) expect(isIncluded({ ...of, path: path.slice(1) })).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it("of consistency are those of the naive tree and hold", () => {
    const claim = fc
      .integer({ min: 1, max: 600 })
      .chain((size) =>
        fc.record({ size: fc.constant(size), from: fc.integer({ min: 1, max: size }) }),
      );
    fc.assert(
      fc.property(claim, ({ size, from }) => {
        const ranges = consistencyRanges(from, size);
        const proof = ranges.map((range) => rangeHash(hashAt(size), range));
        expect(proof.map(hex)).toEqual(naiveProof(from, entries.slice(0, size)).map(hex));
        const fromRoot = naiveRoot(entries.slice(0, from));
        const of = { from, fromRoot, size, root: naiveRoot(entries.slice(0, size)), proof };
        expect(isConsistent(of)).toBe(true);
        expect(isConsistent({ ...of, fromRoot: of.root })).toBe(from === size);
        expect(isConsistent({ ...of, proof: [...proof, of.root] })).toBe(false);
      }),
      { numRuns: 40 },
    );
    const root = naiveRoot(entries);
    expect(isConsistent({ from: 0, fromRoot: EMPTY_ROOT, size: 600, root, proof: [] })).toBe(true);
    expect(isConsistent({ from: 601, fromRoot: root, size: 600, root, proof: [] })).toBe(false);
  });

  it("need few tiles of a large log", () => {
    const tiles = tilesOfRanges(inclusionRanges(69_999, 70_000), 70_000).map(tilePath);
    expect(tiles.toSorted()).toEqual(["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
  });
});
