import { z } from "zod";
import { actionOf } from "./firewall-rule.ts";
import { expressionOf, pathMembers, sourceMembers } from "./request-match.ts";
import { defineTemplate, HOUR_MS } from "./template.ts";

/** Who asks for a path too often is kept out for a while. */
export const rateLimit = defineTemplate({
  name: "rate_limit",
  summary: "a rate limit on a path",
  level: "zone",
  parameters: z.strictObject({
    ...pathMembers,
    ...sourceMembers,
    requests: z.int().min(1).max(100_000),
    /** Seconds; what all plans have. */
    period: z.union([z.literal(10), z.literal(60)]).default(60),
    /** Seconds for which whoever was too quick stays out. */
    timeout: z.int().min(10).max(3_600).default(600),
  }),
  modes: ["log", "challenge", "block"],
  leaseMaxMs: 24 * HOUR_MS,
  effects({ requests, period, timeout, ...match }, { mode, ref }) {
    const ratelimit = {
      characteristics: ["cf.colo.id", "ip.src"],
      period,
      requests_per_period: requests,
      // A challenge is solved or not; only a block lasts.
      mitigation_timeout: mode === "block" ? timeout : 0,
    };
    const expression = expressionOf(match);
    const rule = { ref: ref(0), action: actionOf(mode), expression, ratelimit };
    return [
      {
        type: "rule",
        kind: "rate_limit_rule",
        rule: { ...rule, description: "guardrail of Driftless" },
      },
    ];
  },
  // A limit hits who is quick, not who matches.
  matches: () => null,
});
