/**
 * A shard and the root log over it: every write of bringing a checkpoint into the root log fails, or fails after it was
 * applied. The root log never has two trees of a shard, and none that does not continue the one before.
 */
import { describe, expect, it } from "vitest";
import { verifyOne } from "../cli/verify-log.ts";
import type { Log } from "../durable-objects/log.ts";
import { type Claim, type Peer, Sharding } from "../durable-objects/log-sharding.ts";
import { isInstant, mint } from "../src/core/ids.ts";
import { parseCheckpoint } from "../src/core/log/checkpoint.ts";
import type { Entry } from "../src/core/log/entry.ts";
import { isIncluded, leafHash } from "../src/core/log/merkle.ts";
import { originAt, type Place } from "../src/core/log/shards.ts";
import { decodeBundle, tileIn, tilePath } from "../src/core/log/tile.ts";
import { parseProof } from "../src/core/log/tlog-proof.ts";
import { NodeLog } from "./support/node-log.ts";

const RECORD = "example.com/log";

/** Of a scope that is at home in shard 1 of two and of three. */
const entries = (count: number, from = 0): Entry[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `e/${from + at}`,
    type: "signal",
    scope: "zone:example.com",
    at: mint(isInstant, "2026-03-01T12:00:00.000Z"),
    actor: "reconciler",
    data: { source: "cron" },
  }));

interface Opened {
  readonly log: Log;
  readonly sharding: Sharding;
}

/** The record's objects as they find each other: by place, opened when they are first asked, each in its own context. */
class Net {
  readonly worlds: ReadonlyMap<Place, NodeLog>;
  readonly #opened = new Map<Place, Opened>();
  count = 3;

  constructor(worlds: ReadonlyMap<Place, NodeLog>) {
    this.worlds = worlds;
  }

  /** Works with the log at a place. */
  in<T>(place: Place, work: (opened: Opened) => Promise<T> | T): Promise<T> {
    return this.#work(place, work);
  }

  async #work<T>(place: Place, work: (opened: Opened) => Promise<T> | T): Promise<T> {
    const opened = this.#opened.get(place) ?? (await this.#open(place, worldOf(this, place)));
    this.#opened.set(place, opened);
    return work(opened);
  }

  /** Everything in memory is gone. */
  restart(): void {
    this.#opened.clear();
  }

  async #open(place: Place, world: NodeLog): Promise<Opened> {
    const log = await world.open(originAt(RECORD, place));
    const sharding = new Sharding({
      storage: world.storage,
      place,
      count: this.count,
      peer: (other) => this.#peer(other),
      nowMs: () => (world.nowMs += 10_000),
    });
    await sharding.join(log);
    return { log, sharding };
  }

  #peer(place: Place): Peer {
    return {
      enrol: (count) => this.in(place, ({ log, sharding }) => sharding.enrol(log, count)),
      known: (names) => this.in(place, ({ log }) => [...log.journal.known(names)]),
      admit: (claim) => this.in(place, ({ log, sharding }) => sharding.admit(log, claim)),
      admitted: (shard) => this.in(place, ({ sharding }) => sharding.admitted(shard)),
      proof: ({ index }) => this.in(place, ({ log }) => log.proofOf(index)),
    };
  }
}

/** The first log, shard 1 and the root log. */
const inRecord = (work: (net: Net) => Promise<void>): Promise<void> =>
  work(
    new Net(
      new Map<Place, NodeLog>([
        [0, new NodeLog()],
        [1, new NodeLog()],
        ["root", new NodeLog()],
      ]),
    ),
  );

const worldOf = (net: Net, place: Place): NodeLog => {
  const world = net.worlds.get(place);
  if (world === undefined) throw new Error(`nobody is at ${place}`);
  return world;
};

async function grow(net: Net, from: number, count: number): Promise<void> {
  await net.in(1, async ({ log, sharding }) => {
    await log.append(entries(count, from), "swarm");
    await log.publish();
    await sharding.anchor(log);
  });
  await net.in("root", ({ log }) => log.publish());
}

/** Everything that readers see of a log is verified, then its entries. */
const publishedLeaves = (net: Net, place: Place): Promise<readonly Uint8Array[]> =>
  net.in(place, async ({ log }) => {
    const source = worldOf(net, place).source(log);
    const part = { place, counts: [1, 3], heads: [] };
    const { report } = await verifyOne({ source, trust: null, seen: null, isForeign: false }, part);
    expect(report.problems).toEqual([]);
    const leaves: Uint8Array[] = [];
    for (let at = 0; at * 256 < report.size; at += 1) {
      const tile = tileIn(report.size, "entries", at);
      const bytes = (await source.read(tilePath(tile))) ?? new Uint8Array();
      const bundle = decodeBundle(bytes, tile.width);
      if (!bundle.ok) throw new Error(bundle.error);
      leaves.push(...bundle.value);
    }
    return leaves;
  });

/** The checkpoints of shard 1 that readers find in the root log. */
async function anchoredSizes(net: Net): Promise<number[]> {
  await net.in("root", ({ log }) => log.publish());
  const leaves = await publishedLeaves(net, "root");
  const texts = leaves.map((leaf) => new TextDecoder().decode(leaf));
  return texts.flatMap((text) => {
    const signed = text.startsWith("{") ? null : parseCheckpoint(text);
    return signed?.ok === true && signed.value.checkpoint.origin.endsWith("/shard/1")
      ? [signed.value.checkpoint.size]
      : [];
  });
}

const proofOf = (net: Net, index: number) =>
  net.in(1, ({ log, sharding }) => sharding.proofOf(log, { index, waitMs: 0 }));

describe("a shard", () => {
  it("proves an entry in two steps: in the shard, and the shard's checkpoint in the root log", async () => {
    await inRecord(async (net) => {
      await grow(net, 0, 300);
      const index = 123;
      const proofs = await proofOf(net, index);
      const below = parseProof(proofs?.entry ?? "");
      const above = parseProof(proofs?.checkpoint ?? "");
      if (!below.ok || !above.ok) throw new Error("no proof");
      const leaves = await publishedLeaves(net, 1);
      const shard = parseCheckpoint(below.value.checkpoint);
      const root = parseCheckpoint(above.value.checkpoint);
      if (!shard.ok || !root.ok) throw new Error("no checkpoint");
      const leaf = leafHash(leaves[index] ?? new Uint8Array());
      expect(isIncluded({ ...shard.value.checkpoint, ...below.value, leaf })).toBe(true);
      // To the byte: the checkpoint that the first proof ends at is the entry that the second one begins with.
      const head = leafHash(new TextEncoder().encode(below.value.checkpoint));
      expect(isIncluded({ ...root.value.checkpoint, ...above.value, leaf: head })).toBe(true);
    });
  });

  it("is entered before its first entry, and the number of shards is told once", async () => {
    await inRecord(async (net) => {
      const open = () => net.in(1, ({ sharding }) => sharding.counts);
      const told = async () =>
        (await net.in(0, ({ log }) => log.read(-1, 100))).filter(({ type }) => type === "shards");
      await open();
      expect(await told()).toMatchObject([{ data: { count: 3, before: 1 } }]);
      net.restart();
      await open();
      expect(await told()).toHaveLength(1);
      net.restart();
      net.count = 2;
      expect(await open()).toEqual([1, 3, 2]);
      expect((await told()).map(({ data }) => data)).toMatchObject([
        { count: 3 },
        { count: 2, before: 3 },
      ]);
      await expect(net.in(0, ({ log, sharding }) => sharding.enrol(log, 3))).rejects.toThrow(
        "2 shards here and 3",
      );
    });
  });

  it("refuses to open when the first log cannot record, and then nothing can be recorded in it (I10)", async () => {
    await inRecord(async (net) => {
      const { outside } = worldOf(net, 0);
      outside.at = 1;
      await expect(net.in(1, () => null)).rejects.toThrow("injected");
      net.restart();
      outside.at = 0;
      await expect(net.in(1, () => null)).resolves.toBeNull();
    });
  });

  it("that was set back, and its readers' copy with it, is told by the root log", async () => {
    await inRecord(async (ahead) => {
      await grow(ahead, 0, 20);
      await grow(ahead, 20, 20);
      const behind = new NodeLog();
      const net = new Net(new Map<Place, NodeLog>([...ahead.worlds, [1, behind]]));
      const log = await behind.open(originAt(RECORD, 1));
      await log.append(entries(5), "swarm");
      await log.publish();
      await expect(net.in(1, () => null)).rejects.toThrow("the root log has 41 entries");
      await log.append(entries(36, 5), "swarm");
      await log.publish();
      await log.append(entries(50, 41), "swarm");
      await log.publish();
      net.restart();
      await expect(net.in(1, () => null)).rejects.toThrow(
        /the root log has another tree of 41 entries|is not there/,
      );
    });
  });

  it("cannot bring a tree into the root log that does not continue the one before", async () => {
    await inRecord(async (net) => {
      await grow(net, 0, 20);
      const admitted = () => net.in("root", ({ sharding }) => sharding.admitted(1));
      const before = await admitted();
      const other = await new NodeLog().open(originAt(RECORD, 1));
      await other.append(entries(40, 500), "swarm");
      await other.publish();
      const note = (await other.store.checkpoint()) ?? "";
      const claim = { place: 1, from: before?.size ?? 0, proof: [], note };
      const admit = (of: Claim) => net.in("root", ({ log, sharding }) => sharding.admit(log, of));
      await expect(admit(claim)).rejects.toThrow("does not continue its tree of 21");
      await expect(admit({ ...claim, place: 2 })).rejects.toThrow("is not shard 2");
      expect(await admitted()).toEqual(before);
    });
  });
});

describe("a fault at any write on the way into the root log", () => {
  it.each([
    [1, "fails"],
    [1, "fails but is applied"],
    ["root", "fails"],
    ["root", "fails but is applied"],
  ] as const)("of %s, when it %s, loses nothing and forks nothing", async (place, fault) => {
    let points = 0;
    for (let at = 1; points === at - 1; at += 1) {
      await inRecord(async (net) => {
        await grow(net, 0, 250);
        const { outside } = worldOf(net, place);
        outside.writes = 0;
        outside.at = at;
        outside.fault = fault;
        try {
          await grow(net, 250, 10);
        } catch (thrown) {
          expect(String(thrown)).toContain("injected");
        }
        if (outside.writes >= at) points = at;
        outside.at = 0;
        net.restart();
        await grow(net, 250, 20);
        expect(await publishedLeaves(net, 1)).toHaveLength(271);
        const sizes = await anchoredSizes(net);
        expect(sizes).toEqual([...new Set(sizes)].toSorted((a, b) => a - b));
        expect(sizes.at(-1)).toBe(271);
        expect(await net.in(1, ({ sharding }) => sharding.admitted(1)?.size)).toBe(271);
        expect(await proofOf(net, 270)).not.toBeNull();
      });
    }
    expect(points).toBeGreaterThan(5);
  });
});
