import { describe, expect, it } from "vitest";
import { diff } from "../../src/core/diff.ts";
import { type Heal, healOf, judge, WINDOW_MS } from "../../src/core/recurrence.ts";
import type { Change } from "../../src/core/resource.ts";
import { goldenOf, lineageFrom, NOW, NOW_MS, observed, record, ZONE } from "./harbor.ts";

const golden = goldenOf({
  resources: { dns_record: [{ name: "www", type: "A", content: "192.0.2.1", ttl: 300 }] },
});

/** The drift of a live ttl, or of a live address that used to be the declared one. */
function edited(members: { ttl?: number; content?: string }): Change {
  const before = { content: "192.0.2.1", ttl: 300 };
  const live = (more: object) => ({
    dns_record: [record("r1", { ...before, ...more })],
    zone_setting: [],
  });
  const { changes } = diff({
    golden,
    observed: observed(live(members)).resources,
    lineage: lineageFrom(live({})),
    site: ZONE,
    now: NOW,
  });
  const [change] = changes;
  if (!change) throw new Error("no drift");
  return change;
}

const ttl60 = edited({ ttl: 60 });
const times = (change: Change, ...agoMs: number[]): Heal[] =>
  agoMs.map((ago) => healOf(change, NOW_MS - ago));
const verdict = (change: Change, heals: Heal[]): string =>
  judge([change], heals, NOW_MS).allowed.length === 1 ? "allowed" : "quarantined";

const others = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    times(edited({ ttl: 1000 + index }), 1000 + index),
  ).flat();
expect(verdict(ttl60, others(59))).toBe("allowed");

describe("the loop detector (I14, B10)", () => {
  it("lets the same diff be written twice and holds it the third time", () => {
    expect(verdict(ttl60, [])).toBe("allowed");
    expect(verdict(ttl60, times(ttl60, 1000))).toBe("allowed");
    expect(verdict(ttl60, times(ttl60, 2000, 1000))).toBe("quarantined");
  });

  it("does not take other values for the same diff", () => {
    expect(verdict(edited({ ttl: 90 }), times(ttl60, 3000, 2000, 1000))).toBe("allowed");
    expect(
      verdict(
        edited({ content: "203.0.113.1" }),
        times(edited({ content: "203.0.113.2" }), 2000, 1000),
      ),
    ).toBe("allowed");
    expect(
      verdict(
        edited({ content: "203.0.113.1" }),
        times(edited({ content: "203.0.113.1" }), 2000, 1000),
      ),
    ).toBe("quarantined");
  });

  it("slides: what is older than the window counts no more, and one success clears nothing (B3, B4)", () => {
    expect(verdict(ttl60, times(ttl60, WINDOW_MS, 1000))).toBe("allowed");
    expect(verdict(ttl60, times(ttl60, WINDOW_MS - 1, 1000))).toBe("quarantined");
    expect(
      verdict(ttl60, [
        ...times(ttl60, 3000),
        ...times(edited({ ttl: 90 }), 2000),
        ...times(ttl60, 1000),
      ]),
    ).toBe("quarantined");
  });

  it("does not forget heals of a clock that runs ahead", () => {
    expect(verdict(ttl60, times(ttl60, -60_000, 1000))).toBe("quarantined");
  });

  it("limits how often one resource is written, however its values differ (I12)", () => {
    expect(verdict(ttl60, others(60))).toBe("quarantined");
  });

  it("holds only what loops", () => {
    const other = edited({ ttl: 90 });
    expect(judge([ttl60, other], times(ttl60, 2000, 1000), NOW_MS)).toEqual({
      allowed: [other],
      quarantined: [ttl60],
    });
  });
});
