import { describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../../src/core/canonical.ts";
import { type Amendment, amendmentFor } from "../../src/core/golden-paths/amendment.ts";
import { GOLDEN_PATHS } from "../../src/core/golden-paths/registry.ts";
import { intentTask, ungrounded } from "../../src/core/inference/intent-task.ts";
import { answerOf } from "../../src/core/inference/task.ts";
import type { Setting } from "../../src/core/intents/interpretation.ts";
import { judged } from "../../src/core/review.ts";
import { reviewTask } from "../../src/core/review-task.ts";
import {
  diceOf,
  HOSTILE_MODELS,
  HOSTILE_NAMES,
  type HostileName,
  sayingTo,
} from "../support/hostile-models.ts";
import { ACCOUNT_SCOPE, applied, GROUND, resourcesIn, ZONE_SCOPE } from "./golden-paths/ground.ts";
import { NOW } from "./harbor.ts";

/** Of all models together. The scenario of the same name sends some through the whole system. */
const ANSWERS = process.env["DRIFTLESS_FULL"] === undefined ? 3_000 : 100_000;
if (ANSWERS > 10_000) vi.setConfig({ testTimeout: 900_000 });

const SETTING: Setting = { level: "zone", zone: "harbor.example", now: NOW, uses: [] };
const brief = {
  scope: "zone:harbor.example",
  tier: 2,
  findings: [],
  counts: { create: 0, update: 0, delete: 30 },
  kinds: ["dns_record"],
  steps: [],
} as const;

const kindsIn = (document: JsonObject | null | undefined): string[] =>
  Object.keys(resourcesIn(document));

/** What results is a golden state that the swarm takes; it has what others declared, and nothing else of it is touched. */
function checkAmendment(amendment: Amendment): void {
  for (const { scope, edits } of amendment.parts) {
    expect([ZONE_SCOPE, ACCOUNT_SCOPE]).toContain(scope);
    for (const { path } of edits) expect(["resources", "golden_paths"]).toContain(path[0]);
  }
  const after = applied(amendment, GROUND);
  for (const level of ["zone", "account"] as const)
    expect(kindsIn(after[level]?.document)).toEqual(
      expect.arrayContaining(kindsIn(GROUND[level]?.document)),
    );
}

/** Null: it is not taken. */
function takenOf(name: HostileName, seed: number): Amendment | null {
  const dice = diceOf(seed);
  const text = sayingTo(name, dice);
  const task = intentTask(text, SETTING);
  const answer = answerOf(task.schema, HOSTILE_MODELS[name](JSON.stringify(task.input), dice));
  if (!answer.ok) return null;
  const { paths } = answer.value;
  for (const use of paths) {
    expect(Object.keys(use).toSorted()).toEqual(["parameters", "path"]);
    expect(GOLDEN_PATHS.has(use.path)).toBe(true);
  }
  if (ungrounded(paths, text, SETTING).length > 0) return null;
  const amendment = amendmentFor(paths, GROUND);
  return amendment.ok ? amendment.value : null;
}

describe.each(HOSTILE_NAMES)("a model that is hostile as %s", (name) => {
  const each = Math.ceil(ANSWERS / HOSTILE_NAMES.length);

  it(`gets nothing but paths with parameters past the parser, in ${each.toLocaleString("en")} answers`, () => {
    let taken = 0;
    for (let seed = 0; seed < each; seed += 1) {
      const amendment = takenOf(name, seed);
      if (!amendment) continue;
      taken += 1;
      checkAmendment(amendment);
    }
    expect(taken, "some are taken, or nothing was tried").toBeGreaterThan(each / 1_000);
  });

  it("says nothing as a reviewer but codes, no objection at best, and never lowers the tier", () => {
    for (let seed = 0; seed < Math.min(each, 2_000); seed += 1) {
      const task = reviewTask(brief, 100);
      const answer = answerOf(
        task.schema,
        HOSTILE_MODELS[name](JSON.stringify(task.input), diceOf(seed)),
      );
      const review = judged(answer.ok ? answer.value : null);
      expect(["yes", "abstain"]).toContain(review.vote);
      expect(review.tier).toBe(0); // it counts as the higher of this and what the others say
      if (review.vote === "abstain") expect(review.reasons).toEqual(["model_malformed"]);
    }
  });
});
