import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/core/canonical.ts";
import { CAUSES } from "../../../src/core/diagnosis/registry.ts";
import {
  type Experience,
  firstRung,
  type Learned,
  NO_EXPERIENCE,
  rankedPaths,
  rankedReading,
  rungsAllowed,
} from "../../../src/core/experience/experience.ts";
import {
  type About,
  asksForCare,
  meanPpm,
  NOTHING,
  weightOfOthers,
} from "../../../src/core/experience/statistic.ts";
import { GOLDEN_PATHS } from "../../../src/core/golden-paths/registry.ts";
import { TEMPLATES } from "../../../src/core/guardrails/registry.ts";
import { LADDER, type Mode, MODES } from "../../../src/core/guardrails/template.ts";
import type { Trial } from "../../../src/core/traffic/trial.ts";

const count = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 1_000_000 }));
const counts = fc.record({ well: count, badly: count });
const weighed = fc.record({ own: counts, imported: counts });
const paths = fc.shuffledSubarray([...GOLDEN_PATHS.keys()], { minLength: 1 });
const templates = [...TEMPLATES.keys()];

const about: fc.Arbitrary<About> = fc.oneof(
  fc.record({ of: fc.constant("path" as const), path: fc.constantFrom(...GOLDEN_PATHS.keys()) }),
  fc.record({
    of: fc.constant("rung" as const),
    template: fc.constantFrom(...templates),
    mode: fc.constantFrom(...MODES),
  }),
);
const learned: fc.Arbitrary<Learned> = fc.record({
  cause: fc.constantFrom("intent", ...Object.keys(CAUSES)),
  about,
  own: counts,
  imported: counts,
});
const experience: fc.Arbitrary<Experience> = fc.record({
  statistics: fc.array(learned, { maxLength: 60 }),
  cautions: fc.constant([digestOf("some shape")]),
});

const trial: fc.Arbitrary<Trial | null> = fc.option(
  fc.record({
    expression: fc.constant("true"),
    caught: fc.constant(1),
    collateral: fc.constantFrom(null, 0, 0.0005, 0.3),
    troubled: fc.constant(100),
    normal: fc.constantFrom(0, 199, 200, 5_000),
  }),
);
const remedy = fc
  .record({ template: fc.constantFrom(...templates), trial, pick: fc.nat(10) })
  .map(({ template, trial: tried, pick }) => {
    const modes: readonly Mode[] = TEMPLATES.get(template)?.modes ?? [];
    const mode = modes[pick % modes.length] ?? "log";
    return { type: "guard" as const, template, parameters: {}, mode, leaseMs: 1, trial: tried };
  });

describe("weights", () => {
  it("give others two observations at most, however many they claim, and never more weight for their good news", () => {
    fc.assert(
      fc.property(counts, (given) => {
        const { well, badly } = weightOfOthers(given);
        expect(well + badly).toBeLessThanOrEqual(20);
        expect([well, badly].every((one) => Number.isSafeInteger(one) && one >= 0)).toBe(true);
        // The share that goes badly is not rounded away.
        expect(badly * (given.well + given.badly)).toBeGreaterThanOrEqual(
          given.badly * (well + badly),
        );
      }),
    );
  });

  it("make a mean of whole numbers that moves with what was counted", () => {
    fc.assert(
      fc.property(weighed, ({ own, imported }) => {
        const mean = meanPpm({ own, imported });
        expect(Number.isSafeInteger(mean) && mean >= 0 && mean <= 1_000_000).toBe(true);
        const better = meanPpm({ own: { ...own, well: own.well + 1 }, imported });
        const worse = meanPpm({ own: { ...own, badly: own.badly + 1 }, imported });
        expect(worse <= mean && mean <= better).toBe(true);
      }),
    );
    expect(meanPpm({ own: NOTHING, imported: NOTHING })).toBe(500_000);
    expect(meanPpm({ own: { well: 3, badly: 1 }, imported: NOTHING })).toBe(666_666);
    // A million of somebody else's against three of ours.
    const poisoned = { well: 0, badly: 1_000_000 };
    expect(meanPpm({ own: { well: 3, badly: 0 }, imported: poisoned })).toBe(571_428);
  });
});

describe("what others have counted", () => {
  it("takes no care away that our own experience asks for (I13)", () => {
    fc.assert(
      fc.property(weighed, ({ own, imported }) => {
        if (asksForCare({ own, imported: NOTHING }))
          expect(asksForCare({ own, imported })).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("asks for no care by itself, and only together with a failure of our own", () => {
    fc.assert(
      fc.property(counts, (imported) => {
        expect(asksForCare({ own: NOTHING, imported })).toBe(false);
        expect(asksForCare({ own: { well: 5, badly: 1 }, imported })).toBe(false);
      }),
    );
    const others = { well: 0, badly: 20 };
    expect(asksForCare({ own: { well: 0, badly: 1 }, imported: others })).toBe(true);
    expect(asksForCare({ own: { well: 0, badly: 2 }, imported: NOTHING })).toBe(false);
    expect(asksForCare({ own: { well: 0, badly: 3 }, imported: NOTHING })).toBe(true);
    expect(asksForCare({ own: { well: 3, badly: 3 }, imported: NOTHING })).toBe(false);
  });
});

describe("experience", () => {
  it("puts paths into another order, and makes none eligible that was not", () => {
    fc.assert(
      fc.property(paths, experience, (given, of) => {
        const ranked = rankedPaths(given, of);
        expect(ranked.toSorted()).toEqual([...given].toSorted());
        expect(rankedPaths(given, of)).toEqual(ranked);
        expect(rankedPaths(given, NO_EXPERIENCE)).toEqual(given);
      }),
    );
  });

  it("leaves a decision and every other question as it is", () => {
    fc.assert(
      fc.property(paths, experience, (given, of) => {
        const chosen = [{ path: given[0] ?? "", parameters: {} }];
        const decided = { type: "choice", chosen, confidence: 90, reasons: [] } as const;
        expect(rankedReading(decided, of)).toEqual(decided);
        const asked = { type: "question", chosen, reasons: [] } as const;
        const confirm = { ...asked, doubt: { about: "confirmation" } } as const;
        expect(rankedReading(confirm, of)).toEqual(confirm);
        const which = { ...asked, doubt: { about: "which_path", paths: given } } as const;
        const ranked = rankedReading(which, of);
        expect(ranked).toMatchObject({ type: "question", doubt: { about: "which_path" }, chosen });
      }),
    );
  });

  it("begins on no rung below what the diagnosis asks for, and on none above what the trial allows", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(CAUSES)),
        remedy,
        experience,
        (cause, given, of) => {
          const mode = firstRung({ cause, remedy: given }, of);
          const allowed = rungsAllowed(given);
          expect(allowed[0]).toBe(given.mode);
          expect(allowed).toContain(mode);
          expect(TEMPLATES.get(given.template)?.modes).toContain(mode);
          if (mode === given.mode) return;
          // Harder than asked: one rung, where nobody else was hit in a trial that could have told.
          const steps =
            LADDER.findIndex((rung) => rung === mode) -
            LADDER.findIndex((rung) => rung === given.mode);
          expect(steps).toBeGreaterThan(0);
          expect(given.mode).not.toBe("log");
          expect(given.trial).toMatchObject({ collateral: 0 });
          expect(given.trial?.normal).toBeGreaterThanOrEqual(200);
          expect(firstRung({ cause, remedy: given }, NO_EXPERIENCE)).toBe(given.mode);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("begins harder where the milder rung did not stop this cause", () => {
    const tried = { expression: "true", caught: 1, collateral: 0, troubled: 100, normal: 500 };
    const given = {
      type: "guard",
      template: "block_source",
      parameters: {},
      mode: "challenge",
      leaseMs: 1,
      trial: tried,
    } as const;
    const failed: Learned = {
      cause: "l7_flood",
      about: { of: "rung", template: "block_source", mode: "challenge" },
      own: { well: 0, badly: 2 },
      imported: NOTHING,
    };
    const of = { statistics: [failed], cautions: [] };
    expect(firstRung({ cause: "l7_flood", remedy: given }, of)).toBe("block");
    expect(firstRung({ cause: "scanner", remedy: given }, of)).toBe("challenge");
    const blind = { ...given, trial: { ...tried, collateral: null } };
    expect(firstRung({ cause: "l7_flood", remedy: blind }, of)).toBe("challenge");
  });
});
