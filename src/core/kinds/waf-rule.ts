import { z } from "zod";
import { rulesetPhase } from "./ruleset-phase.ts";
import {
  blockParameters,
  CHALLENGES,
  ruleMembers,
  skipRule,
  valueExpression,
} from "./ruleset-schema.ts";

const members = {
  ...ruleMembers,
  exposed_credential_check: z
    .strictObject({ username_expression: valueExpression, password_expression: valueExpression })
    .optional(),
};

/** Custom rules of the web application firewall; the first that ends a request wins. */
export const wafRule = rulesetPhase({
  name: "waf_rule",
  phases: ["http_request_firewall_custom"],
  rule: z.discriminatedUnion("action", [
    z.strictObject({
      ...members,
      action: z.literal("block"),
      action_parameters: blockParameters.optional(),
    }),
    z.strictObject({ ...members, action: z.enum(CHALLENGES) }),
    skipRule,
  ]),
});
