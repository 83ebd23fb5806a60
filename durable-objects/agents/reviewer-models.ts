/** Who reviews, by the name of the model in `swarm.yaml`. */
import type { ReviewerModel } from "../../src/core/ports.ts";
import { reviewByRules } from "../../src/core/review.ts";

const rules: ReviewerModel = { review: (brief) => Promise.resolve(reviewByRules(brief)) };

/** Null: nothing in this Worker runs such a model, and the reviewer abstains. */
export const reviewerModel = (name: string, _env: Env): ReviewerModel | null =>
  name === "rules" ? rules : null;
