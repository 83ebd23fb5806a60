import { z } from "zod";
import { rulesetPhase } from "./ruleset-phase.ts";
import { CHALLENGES, ruleMembers, skipRule } from "./ruleset-schema.ts";

/** Sensitivity is for the DDoS phases only. */
const override = {
  action: z.enum(["block", ...CHALLENGES]).optional(),
  enabled: z.boolean().optional(),
};

const isUnique = (names: readonly string[]): boolean => new Set(names).size === names.length;

/** What differs from the ruleset's own defaults. What is not named here keeps them (case 43). */
const overrides = z.strictObject({
  ...override,
  categories: z
    .array(z.strictObject({ category: z.string().min(1), ...override }))
    .max(1_000)
    .refine((all) => isUnique(all.map(({ category }) => category)), "a category occurs twice")
    .optional(),
  rules: z
    .array(
      z.strictObject({ id: z.string().min(1), score_threshold: z.int().optional(), ...override }),
    )
    .max(1_000)
    .refine((all) => isUnique(all.map(({ id }) => id)), "a rule occurs twice")
    .optional(),
});

/** Which of Cloudflare's rulesets run, with which overrides; `skip` makes exceptions. */
export const managedRuleset = rulesetPhase({
  name: "managed_ruleset",
  phases: ["http_request_firewall_managed"],
  rule: z.discriminatedUnion("action", [
    z.strictObject({
      ...ruleMembers,
      action: z.literal("execute"),
      action_parameters: z.strictObject({
        id: z.string().regex(/^[0-9a-f]{32}$/, "must be the id of a managed ruleset"),
        overrides: overrides.optional(),
        matched_data: z.strictObject({ public_key: z.string().min(1) }).optional(),
      }),
    }),
    skipRule,
  ]),
});
