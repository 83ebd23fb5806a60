import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hint, keyOf } from "../../../src/core/intake/hint.ts";
import { afterLook, dueAtMs, type Pace, PERIOD_MS } from "../../../src/core/intake/pace.ts";

const hintOf = (more: Partial<Hint> = {}): Hint => ({
  source: "notification",
  topic: "traffic",
  event: "start",
  zoneName: null,
  zoneId: null,
  accountId: null,
  cves: [],
  key: keyOf("a message"),
  sentAtMs: null,
  ...more,
});

describe("the pace of looks", () => {
  it("has the first hint looked at at once, and more of its sort when the second is over", () => {
    expect(dueAtMs(null, [hintOf()], 5_000)).toBeNull();
    const pace = afterLook(null, [hintOf()], 5_000);
    expect(dueAtMs(pace, [hintOf({ key: keyOf("another") })], 5_010)).toBe(6_000);
    expect(dueAtMs(pace, [hintOf()], 6_000)).toBeNull();
  });

  it("holds up no other sort: that it is over, or that something else begins", () => {
    const pace = afterLook(null, [hintOf()], 5_000);
    expect(dueAtMs(pace, [hintOf(), hintOf({ event: "end" })], 5_010)).toBeNull();
    expect(dueAtMs(pace, [hintOf({ topic: "certificate" })], 5_010)).toBeNull();
  });

  it("is not held up by a clock that was set back", () => {
    expect(dueAtMs(afterLook(null, [hintOf()], 5_000), [hintOf()], 4_000)).toBeNull();
  });

  it("allows at most ten looks in a second, whatever is sent, and never waits longer than one (I12)", () => {
    const arrivals = fc.array(fc.record({ afterMs: fc.nat({ max: 50 }), number: fc.nat() }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(arrivals, (given) => {
        let pace: Pace | null = null;
        let nowMs = 1_000;
        const looks: number[] = [];
        for (const { afterMs, number } of given) {
          nowMs += afterMs;
          const hints = [hintOf({ cves: [`CVE-2025-${number}`] })];
          const due = dueAtMs(pace, hints, nowMs);
          if (due !== null) {
            expect(due - nowMs).toBeLessThanOrEqual(PERIOD_MS);
            continue;
          }
          pace = afterLook(pace, hints, nowMs);
          looks.push(nowMs);
        }
        const { sinceMs } = pace ?? { sinceMs: 0 };
        expect(looks.filter((at) => at >= sinceMs).length).toBeLessThanOrEqual(10);
      }),
    );
  });
});
