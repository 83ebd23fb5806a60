import { z } from "zod";
import { rulesetPhase } from "./ruleset-phase.ts";
import { blockParameters, CHALLENGES, countingExpression, ruleMembers } from "./ruleset-schema.ts";

const DAY_SECONDS = 86_400;

/** How long a client stays out has to be said: the API's own choice would be nobody's. */
const ratelimit = z
  .strictObject({
    characteristics: z.array(z.string().min(1).max(500)).min(1).max(10),
    period: z.int().min(1).max(DAY_SECONDS),
    mitigation_timeout: z.int().min(0).max(DAY_SECONDS),
    requests_per_period: z.int().min(1).optional(),
    score_per_period: z.int().min(1).optional(),
    score_response_header_name: z.string().min(1).max(200).optional(),
    counting_expression: countingExpression.nullable().optional(),
    requests_to_origin: z.boolean().optional(),
  })
  .refine(
    ({ requests_per_period: requests, score_per_period: score }) =>
      requests !== undefined || score !== undefined,
    "needs `requests_per_period` or `score_per_period`",
  );

/** Rate limits. */
export const rateLimitRule = rulesetPhase({
  name: "rate_limit_rule",
  phases: ["http_ratelimit"],
  rule: z.discriminatedUnion("action", [
    z.strictObject({
      ...ruleMembers,
      action: z.literal("block"),
      action_parameters: blockParameters.optional(),
      ratelimit,
    }),
    z.strictObject({ ...ruleMembers, action: z.enum(CHALLENGES), ratelimit }),
  ]),
});
