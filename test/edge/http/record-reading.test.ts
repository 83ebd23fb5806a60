import { describe, expect, it } from "vitest";
import type { RecordedEntry } from "../../../src/core/log/entry.ts";
import {
  isPosition,
  latestOf,
  type Position,
  positionIn,
  positionText,
  readRecord,
} from "../../../src/edge/http/record-reading.ts";
import { FakeSwarm, instantAt } from "./fake-swarm.ts";

/** Three shards; the entries' seconds, shard by shard. */
const SECONDS = [[0, 3, 4, 9], [1, 2, 8], []];

function log() {
  const shards = SECONDS.map((seconds, shard) =>
    seconds.map((second, index): RecordedEntry => ({
      id: `${shard}/${index}`,
      type: "run",
      scope: "zone:example.com",
      at: instantAt(second),
      actor: "run",
      data: {},
      source: "swarm",
      index,
      shard,
    })),
  );
  return {
    ...new FakeSwarm().log,
    shards: async () => shards.length,
    latest: async (shard = 0) => (shards[shard]?.length ?? 0) - 1,
    read: async ({ shard = 0, after, limit, waitMs }: { [name: string]: number } = {}) => {
      if (waitMs) await new Promise((done) => setTimeout(done, 1));
      return (shards[shard] ?? []).filter(({ index }) => index > (after ?? 0)).slice(0, limit);
    },
    add: (shard: number, entry: RecordedEntry) => shards[shard]?.push(entry),
  };
}

const ids = (entries: readonly RecordedEntry[]): string[] => entries.map(({ id }) => id);

describe("a record of several shards", () => {
  it("is one stream: in each shard by index, between them by time", async () => {
    const { entries } = await readRecord(log(), { after: [-1], limit: 100, waitMs: 0 });
    expect(ids(entries)).toEqual(["0/0", "1/0", "1/1", "0/1", "0/2", "1/2", "0/3"]);
  });

  it("is gone through page by page, whatever their size, with nothing twice and nothing left out", async () => {
    const whole = await readRecord(log(), { after: [-1], limit: 100, waitMs: 0 });
    for (const limit of [1, 2, 3, 5]) {
      const found: string[] = [];
      let after: Position = [-1];
      for (;;) {
        const page = await readRecord(log(), { after, limit, waitMs: 0 });
        found.push(...ids(page.entries));
        expect(page.entries.length).toBeLessThanOrEqual(limit);
        expect(page.positions).toHaveLength(page.entries.length);
        after = positionIn(positionText(page.positions.at(-1) ?? after));
        if (page.entries.length === 0) break;
      }
      expect(found).toEqual(ids(whole.entries));
    }
  });

  it("wakes who waits with the first shard that has something", async () => {
    const of = log();
    const latest = await latestOf(of);
    expect(latest).toEqual([3, 2, -1]);
    expect((await readRecord(of, { after: latest, limit: 9, waitMs: 5 })).entries).toEqual([]);
    const [entry] = await of.read({ after: -1, limit: 1 });
    if (entry) of.add(2, { ...entry, id: "2/0", shard: 2 });
    const page = await readRecord(of, { after: latest, limit: 9, waitMs: 5 });
    expect([ids(page.entries), page.positions]).toEqual([["2/0"], [[3, 2, 0]]]);
  });

  it("has positions of this form and no other", () => {
    for (const text of ["-1", "0", "12", "12.7.-1"]) expect(isPosition(text)).toBe(true);
    for (const text of ["", "latest", "01", "1.", ".1", "1,2", "-2", Array(65).fill("1").join(".")])
      expect(isPosition(text)).toBe(false);
  });
});
