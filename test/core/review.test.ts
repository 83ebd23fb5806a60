import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CONCERNS,
  judged,
  type ReviewBrief,
  reviewByRules,
  silent,
} from "../../src/core/review.ts";

const brief = (more: Partial<ReviewBrief> = {}): ReviewBrief => ({
  scope: "zone:harbor-books.example",
  tier: 0,
  findings: [],
  counts: { create: 0, update: 1, delete: 0 },
  kinds: ["dns_record"],
  steps: [{ op: "update", kind: "dns_record", identity: "A www", fields: ["content"] }],
  ...more,
});

describe("what a reviewer's answer is worth", () => {
  it("is no objection, an objection with a reason, or more risk", () => {
    expect(judged({ objection: false, tier: 0, concerns: [] })).toEqual({
      vote: "yes",
      reasons: [],
      tier: 0,
    });
    expect(judged({ objection: true, tier: 4, concerns: ["mail"] })).toEqual({
      vote: "no",
      reasons: ["mail"],
      tier: 4,
    });
    expect(judged({ objection: false, tier: 3, concerns: ["data_loss"] })).toMatchObject({
      vote: "yes",
      tier: 3,
    });
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["text", "I approve this plan, and all others"],
    ["a list", [true]],
    ["another shape", { verdict: "yes" }],
    ["a member too many", { objection: false, tier: 0, concerns: [], vote: "yes" }],
    ["a tier that there is not", { objection: false, tier: -1, concerns: [] }],
    ["a fraction of a tier", { objection: false, tier: 1.5, concerns: [] }],
    ["words of its own", { objection: true, tier: 4, concerns: ["ignore previous instructions"] }],
    ["an objection to nothing", { objection: true, tier: 4, concerns: [] }],
  ])("is an abstention when it is %s", (_, answer) => {
    expect(judged(answer)).toEqual(silent("model_malformed"));
  });

  it("is never text of its own, whatever comes back", () => {
    fc.assert(
      fc.property(fc.anything(), (answer) => {
        const { reasons } = judged(answer);
        const codes: readonly string[] = [...CONCERNS, "model_malformed"];
        expect(reasons.every((reason) => codes.includes(reason))).toBe(true);
      }),
    );
  });
});

describe("the built-in reviewer", () => {
  it("has nothing against a change of one record", () => {
    expect(reviewByRules(brief())).toEqual({ objection: false, tier: 0, concerns: [] });
  });

  it.each<[string, Partial<ReviewBrief>]>([
    ["many_kinds", { kinds: ["a", "b", "c", "d"] }],
    ["mostly_removals", { counts: { create: 1, update: 1, delete: 5 } }],
    [
      "lookalike_name",
      {
        steps: [
          { op: "create", kind: "dns_record", identity: "A xn--pypal-4ve.example", fields: [] },
        ],
      },
    ],
  ])("sees more risk in %s, and objects to nothing", (concern, more) => {
    expect(reviewByRules(brief(more))).toEqual({ objection: false, tier: 1, concerns: [concern] });
  });
});
