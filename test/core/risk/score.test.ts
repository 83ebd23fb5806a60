import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Floor, score, scorePlan } from "../../../src/core/risk/score.ts";
import { DIRECTIONS, PROVENANCES, REVERSALS, TIMINGS } from "../../../src/core/risk/tables.ts";
import { normalise, type RiskVector, worst } from "../../../src/core/risk/vector.ts";
import { BASE, EXAMPLES } from "./worked-examples.ts";

/** Together with the plans below these make the 50,000 cases of the monotonicity bar. */
const VECTORS = 3_600;
const PLANS = 5_000;

const count = (most: number) => fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: most }));
/** What may stand where a value belongs. */
const junk = fc.constantFrom(undefined, null, Number.NaN, -1, 0.5, Infinity, "", "often", {}, []);
const orJunk = (value: fc.Arbitrary<unknown>) =>
  fc.oneof({ arbitrary: value, weight: 9 }, { arbitrary: junk, weight: 1 });

const vectors = fc.record({
  blastPpm: orJunk(
    fc.oneof(fc.constantFrom(0, 1, 99, 100, 999, 10_000, 499_999, 500_000), count(1_000_000)),
  ),
  criticality: orJunk(count(5)),
  reversal: orJunk(fc.constantFrom(...REVERSALS)),
  direction: orJunk(fc.constantFrom(...DIRECTIONS)),
  history: orJunk(fc.record({ recentFailures: orJunk(count(5)), successes: orJunk(count(40)) })),
  provenance: orJunk(fc.constantFrom(...PROVENANCES)),
  timing: orJunk(fc.constantFrom(...TIMINGS)),
  inFlight: orJunk(count(6)),
  burnX10: orJunk(count(200)),
  canary: orJunk(fc.boolean()),
  restores: orJunk(fc.boolean()),
  actions: orJunk(count(40)),
  protectedResource: orJunk(fc.boolean()),
  touchesGuardrails: orJunk(fc.boolean()),
});

/** The vector with one factor made worse, for each factor: the next value, a far one, and no value at all. */
function worsened(of: RiskVector): readonly (readonly [string, unknown])[] {
  const { history } = of;
  const next = <T>(values: readonly T[], value: T): T | undefined =>
    values[values.indexOf(value) + 1];
  const worse: readonly (readonly [keyof RiskVector, readonly unknown[]])[] = [
    ["blastPpm", [of.blastPpm + 1, of.blastPpm + 100_000]],
    ["criticality", [of.criticality + 1]],
    ["reversal", [next(REVERSALS, of.reversal)]],
    ["direction", [next(DIRECTIONS, of.direction)]],
    [
      "history",
      [
        { ...history, recentFailures: history.recentFailures + 1 },
        { ...history, successes: Math.max(0, history.successes - 1) },
      ],
    ],
    ["provenance", [next(PROVENANCES, of.provenance)]],
    ["timing", [next(TIMINGS, of.timing)]],
    ["inFlight", [of.inFlight + 1]],
    ["burnX10", [of.burnX10 + 10]],
    ["actions", [of.actions + 1, of.actions + 20]],
    ["canary", [false]],
    ["restores", [false]],
    ["protectedResource", [true]],
    ["touchesGuardrails", [true]],
  ];
  return worse.flatMap(([factor, values]) =>
    [...values, undefined].map((value) => [factor, { ...of, [factor]: value }] as const),
  );
}

const notLower = (than: unknown, now: unknown, what: string) => {
  const [before, after] = [score(than), score(now)];
  expect(after.score, what).toBeGreaterThanOrEqual(before.score);
  expect(after.tier, what).toBeGreaterThanOrEqual(before.tier);
};

describe("the risk score", () => {
  it.each(EXAMPLES)(
    "works out as published: $name",
    ({ change, score: total, tier, points, floors }) => {
      const expected = { score: total, tier, points, floors };
      expect(score(change === null ? {} : { ...BASE, ...change })).toEqual(expected);
    },
  );

  it("is never lower when one factor is worse or unknown, over 50,000 cases (I13)", () => {
    let cases = 0;
    fc.assert(
      fc.property(vectors, (raw) => {
        const vector = normalise(raw);
        for (const [factor, worse] of worsened(vector)) {
          cases += 1;
          notLower(vector, worse, factor);
        }
      }),
      { numRuns: VECTORS },
    );
    fc.assert(
      fc.property(fc.array(vectors, { minLength: 1, maxLength: 25 }), vectors, (plan, more) => {
        cases += 1;
        const [before, after] = [scorePlan(plan), scorePlan([...plan, more])];
        expect(after.score).toBeGreaterThanOrEqual(before.score);
        expect(after.tier).toBeGreaterThanOrEqual(before.tier);
      }),
      { numRuns: PLANS },
    );
    expect(cases).toBeGreaterThanOrEqual(50_000);
  });

  it("is an integer from 0 to 100 whatever comes in, and the worst where nothing is known", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), vectors), (raw) => {
        const { score: points, tier } = score(raw);
        expect(Number.isInteger(points) && points >= 0 && points <= 100).toBe(true);
        expect([0, 1, 2, 3, 4]).toContain(tier);
      }),
    );
    for (const nothing of [undefined, null, {}, [], "", 7, { provenance: "golden " }])
      expect(score(nothing).tier).toBe(4);
  });

  it("does not depend on the order of a plan's changes", () => {
    fc.assert(
      fc.property(fc.array(vectors, { minLength: 1, maxLength: 9 }), (plan) => {
        const [one, other] = [scorePlan(plan), scorePlan(plan.toReversed())];
        expect(other).toMatchObject({ score: one.score, tier: one.tier });
      }),
    );
  });

  it("counts the blast and the number of all changes for each of them", () => {
    const change = { ...BASE, blastPpm: 300_000 };
    expect(scorePlan([change])).toMatchObject({ score: 30, tier: 1 });
    expect(scorePlan([change, change])).toMatchObject({ score: 34, tier: 3 });
    expect(scorePlan(Array.from({ length: 21 }, () => BASE)).tier).toBe(3);
    for (const nothing of [[], null, "plan"])
      expect(scorePlan(nothing)).toEqual({ score: 100, tier: 4, changes: [] });
  });

  it("takes the worse of two vectors factor by factor, whichever comes first", () => {
    fc.assert(
      fc.property(vectors, vectors, (a, b) => {
        const [one, other] = [normalise(a), normalise(b)];
        const both = worst(one, other);
        expect(worst(other, one)).toEqual(both);
        for (const single of [one, other]) notLower(single, both, "worst of two");
      }),
    );
  });
});

describe("the mandate of the golden state", () => {
  const restoring = { ...BASE, restores: true };

  it("lets what was declared be put back without a person, however much of it there is", () => {
    const everything = {
      blastPpm: 1_000_000,
      criticality: 4,
      reversal: "delayed",
      protectedResource: true,
      actions: 5_000,
      history: {},
    };
    expect(score({ ...restoring, ...everything })).toMatchObject({ tier: 1, floors: [] });
    expect(score({ ...BASE, ...everything }).tier).toBe(3);
  });

  it.each<[Floor, number, object]>([
    ["removes_protection", 2, { direction: "loosen" }],
    ["data_loss_on_reversal", 2, { reversal: "lossy" }],
    ["irreversible", 3, { reversal: "none" }],
    ["touches_guardrails", 4, { touchesGuardrails: true }],
    ["untrusted_input_decides", 4, { provenance: "untrusted" }],
  ])("does not reach %s", (floor, tier, change) => {
    expect(score({ ...restoring, ...change })).toMatchObject({ tier, floors: [floor] });
  });

  it.each(["human", "catalog", "trusted", "untrusted"])(
    "is the golden state's: a value from elsewhere (%s) is scored like any other",
    (provenance) => {
      expect(score({ ...restoring, provenance, protectedResource: true }).tier).toBe(
        score({ ...BASE, provenance, protectedResource: true }).tier,
      );
    },
  );

  it("lowers nothing but the tier: the score says what it says", () => {
    fc.assert(
      fc.property(vectors, (raw) => {
        expect(score({ ...raw, restores: true }).score).toBe(
          score({ ...raw, restores: false }).score,
        );
      }),
    );
  });
});
