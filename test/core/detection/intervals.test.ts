import { describe, expect, it } from "vitest";
import { countedWith, INTERVAL_MS, nothingCounted } from "../../../src/core/traffic/intervals.ts";
import type { SeenRequest } from "../../../src/core/traffic/seen-request.ts";

const START = 1_767_225_600_000;
const seen = (atMs: number, more: Partial<SeenRequest> = {}): SeenRequest => ({
  atMs,
  request: { method: "GET", host: "harbor.example", uri: "/", asn: 64_500 },
  status: 200,
  originStatus: 200,
  action: "",
  ref: "",
  weight: 1,
  ...more,
});

describe("requests of logs", () => {
  it("are counted by interval, with what they stand for", () => {
    const batch = [
      seen(START + 1),
      seen(START + 2, { status: 503, weight: 10 }),
      seen(START + 3, { ref: "bots" }),
      seen(START + INTERVAL_MS),
    ];
    const { counted, over } = countedWith(nothingCounted(), batch, START + INTERVAL_MS);
    expect(over).toEqual([]);
    expect(counted.open).toEqual([
      { atMs: START, requests: 12, errors: 10, matches: { bots: 1 }, asns: { "64500": 12 } },
      { atMs: START + INTERVAL_MS, requests: 1, errors: 0, matches: {}, asns: { "64500": 1 } },
    ]);
  });

  it("may come late; an interval is over once, and never opened again", () => {
    const first = countedWith(nothingCounted(), [seen(START)], START + INTERVAL_MS);
    const late = countedWith(first.counted, [seen(START + 5)], START + INTERVAL_MS + 60_000);
    const done = countedWith(late.counted, [], START + 2 * INTERVAL_MS);
    expect(done.over).toMatchObject([{ atMs: START, requests: 2 }]);
    const after = countedWith(done.counted, [seen(START + 9)], START + 3 * INTERVAL_MS);
    expect(after).toMatchObject({ over: [], counted: { open: [] } });
  });

  it("from a time that has not come are left out, and open intervals are few (I12)", () => {
    const far = countedWith(nothingCounted(), [seen(START + 99 * INTERVAL_MS)], START);
    expect(far.counted.open).toEqual([]);
    const many = Array.from({ length: 40 }, (_, index) => seen(START + index * INTERVAL_MS));
    const { counted, over } = countedWith(nothingCounted(), many, START + 41 * INTERVAL_MS);
    expect(counted.open.length + over.length).toBe(40);
    expect(counted.open.length).toBeLessThanOrEqual(6);
  });
});
