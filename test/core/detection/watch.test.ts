import { describe, expect, it } from "vitest";
import {
  newWatch,
  observeTraffic,
  type Oddity,
  type TrafficCounts,
  type Watch,
} from "../../../src/core/detection/watch.ts";
import { noise } from "./series.ts";

const START = 1_767_225_600_000;
const MINUTES = 5;

/** Three days of a shop, and what happens at the end of them. */
function days(change: (counts: TrafficCounts, since: number) => TrafficCounts): {
  oddities: readonly (Oddity & { index: number })[];
  watch: Watch;
  length: number;
} {
  const random = noise(42);
  const length = 3 * 288;
  let watch = newWatch();
  const oddities: (Oddity & { index: number })[] = [];
  for (let index = 0; index < length + 12; index += 1) {
    const atMs = START + index * MINUTES * 60_000;
    const requests = random.poisson(800 * (1 + 0.5 * Math.sin((2 * Math.PI * index) / 288)));
    const ordinary: TrafficCounts = {
      atMs,
      requests,
      errors: random.poisson(requests * 0.004),
      matches: { bots: random.poisson(12), logins: random.poisson(3) },
      asns: Object.fromEntries(
        Array.from({ length: 40 }, (_, asn) => [`${64_500 + asn}`, requests / 40]),
      ),
    };
    const seen = observeTraffic(
      watch,
      index < length ? ordinary : change(ordinary, index - length),
    );
    ({ watch } = seen);
    oddities.push(...seen.oddities.map((oddity) => ({ ...oddity, index })));
  }
  return { oddities: oddities.filter(({ index }) => index >= length), watch, length };
}

const features = (change: Parameters<typeof days>[0]): readonly string[] => [
  ...new Set(days(change).oddities.map(({ feature }) => feature)),
];

describe("the traffic of a scope", () => {
  it("that goes on as before is not odd", () => {
    expect(features((counts) => counts)).toEqual([]);
  });

  it("of which much comes at once is odd by its rate", () => {
    expect(features((counts) => ({ ...counts, requests: counts.requests * 6 }))).toContain("rate");
  });

  it("that fails is odd by its errors alone", () => {
    expect(features((counts) => ({ ...counts, errors: counts.requests * 0.3 }))).toEqual([
      "errors",
    ]);
  });

  it("that a rule matches often is odd by that rule alone", () => {
    expect(
      features((counts) => ({ ...counts, matches: { ...counts.matches, logins: 90 } })),
    ).toEqual(["rule:logins"]);
  });

  it("from networks that were never seen is odd by these alone", () => {
    const strange = (counts: TrafficCounts): TrafficCounts => ({
      ...counts,
      asns: { ...counts.asns, 200_001: counts.requests },
    });
    expect(features(strange)).toEqual(["new_networks"]);
    // When they come, not when they are known.
    const { oddities, length } = days(strange);
    expect(oddities[0]).toMatchObject({ index: length });
    expect(oddities[0]?.value).toBeCloseTo(0.5);
    expect(oddities[0]?.judgement.high).toBeLessThan(0.1);
  });

  it("of which nobody counts errors or rules is judged by the rest (I8)", () => {
    const blind = (counts: TrafficCounts): TrafficCounts => ({
      ...counts,
      errors: null,
      matches: null,
      asns: null,
    });
    expect(features(blind)).toEqual([]);
  });

  it("has a state of plain JSON and of bounded size, whatever the rules and networks are called", () => {
    let watch = newWatch();
    for (let index = 0; index < 200; index += 1) {
      const asns = Object.fromEntries(
        Array.from({ length: 50 }, (_, asn) => [`${index * 50 + asn}`, 1]),
      );
      const matches = { [`rule-${index}`]: 5 };
      ({ watch } = observeTraffic(watch, {
        atMs: START + index * 300_000,
        requests: 100,
        errors: 0,
        matches,
        asns,
      }));
    }
    expect(Object.keys(watch.features).length).toBeLessThanOrEqual(23);
    expect(Object.keys(watch.networks).length).toBeLessThanOrEqual(3_000);
    expect(JSON.parse(JSON.stringify(watch))).toEqual(watch);
  });
});
