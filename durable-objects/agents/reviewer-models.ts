/** Who reviews, by the name of the model in `swarm.yaml`. */
import type { CallNote } from "../../src/core/inference/task.ts";
import type { ReviewerModel } from "../../src/core/ports.ts";
import { reviewByRules } from "../../src/core/review.ts";
import { reviewTask } from "../../src/core/review-task.ts";
import { InferenceRouter, type Memory } from "../../src/edge/inference/router.ts";
import { providersOrNone } from "../inference-providers.ts";
import { policiesFor } from "../policies-in-force.ts";

const rules: ReviewerModel = { review: (brief) => Promise.resolve(reviewByRules(brief)) };

export interface ReviewerParts {
  readonly env: Env;
  readonly memory: Memory;
  readonly note: (note: CallNote) => Promise<void>;
}

/** Null: nothing in this Worker runs such a model, and the reviewer abstains. */
export function reviewerModel(
  name: string,
  { env, memory, note }: ReviewerParts,
): ReviewerModel | null {
  if (name === "rules") return rules;
  const providers = providersOrNone(name, env);
  if (providers.length === 0) return null;
  const router = new InferenceRouter({
    asker: "reviewer",
    policies: () => policiesFor(env),
    providers,
    memory,
    note,
    nowMs: () => Date.now(),
  });
  return {
    async review(brief, limitMs) {
      const asked = await router.ask(reviewTask(brief, limitMs));
      // Whatever went wrong is in the record; to the ballot it is an abstention.
      if (!asked.ok) throw new Error(asked.error.reason);
      return asked.value.value;
    },
  };
}
