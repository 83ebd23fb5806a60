import { z } from "zod";
import { rulesetPhase } from "./ruleset-phase.ts";
import { ruleMembers, valueOrExpression } from "./ruleset-schema.ts";

/** Single redirects. */
export const redirectRule = rulesetPhase({
  name: "redirect_rule",
  phases: ["http_request_dynamic_redirect"],
  rule: z.strictObject({
    ...ruleMembers,
    action: z.literal("redirect"),
    action_parameters: z.strictObject({
      from_value: z.strictObject({
        target_url: valueOrExpression,
        status_code: z.literal([301, 302, 303, 307, 308]),
        preserve_query_string: z.boolean().optional(),
      }),
    }),
  }),
});
