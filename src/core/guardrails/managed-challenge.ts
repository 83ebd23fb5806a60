import { z } from "zod";
import { firewallRule } from "./firewall-rule.ts";
import { expressionOf, pathMembers, sourceMembers } from "./request-match.ts";
import { defineTemplate, HOUR_MS } from "./template.ts";

/** Visitors of one path have to show that they are people. */
export const managedChallenge = defineTemplate({
  name: "managed_challenge",
  summary: "a managed challenge on a path",
  level: "zone",
  parameters: z.strictObject({ ...pathMembers, ...sourceMembers }),
  modes: ["log", "challenge"],
  leaseMaxMs: 24 * HOUR_MS,
  effects: (parameters, { mode, ref }) => [
    firewallRule({ ref: ref(0), mode, expression: expressionOf(parameters) }),
  ],
  matches: expressionOf,
});
