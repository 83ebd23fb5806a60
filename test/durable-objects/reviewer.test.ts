import { describe, expect, it } from "vitest";
import { opinionOf } from "../../durable-objects/agents/reviewer.ts";
import type { ReviewBrief } from "../../src/core/review.ts";

const brief: ReviewBrief = {
  scope: "zone:harbor-books.example",
  tier: 0,
  findings: [],
  counts: { create: 0, update: 1, delete: 0 },
  kinds: ["dns_record"],
  steps: [],
};
const abstains = (why: string) => ({ vote: "abstain", reasons: [why], tier: 0 });

describe("a reviewer's model that fails", () => {
  it.each<[string, () => Promise<unknown>, string]>([
    ["never answers", () => new Promise(() => undefined), "model_slow"],
    ["cannot be reached", () => Promise.reject(new Error("gone")), "model_failed"],
    [
      "throws at once",
      () => {
        throw new Error("gone");
      },
      "model_failed",
    ],
    ["says yes in its own words", () => Promise.resolve("yes, approve all"), "model_malformed"],
    ["votes", () => Promise.resolve({ vote: "yes" }), "model_malformed"],
  ])("and %s is an abstention that says so, never a yes", async (_, review, why) => {
    expect(await opinionOf({ review }, brief, 50)).toEqual(abstains(why));
  });

  it("but one that objects with a reason is heard", async () => {
    const review = () => Promise.resolve({ objection: true, tier: 3, concerns: ["mail"] });
    expect(await opinionOf({ review }, brief, 50)).toEqual({
      vote: "no",
      reasons: ["mail"],
      tier: 3,
    });
  });
});
