import { z } from "zod";
import { expressionOf, pathMembers, sourceMembers } from "./request-match.ts";
import { defineTemplate, HOUR_MS } from "./template.ts";

/** Takes a path off the origin: the edge answers. Declared cache rules keep the last word, so what is personal stays so. */
export const cacheEverything = defineTemplate({
  name: "cache_everything",
  summary: "cache everything below a path for a while",
  level: "zone",
  parameters: z.strictObject({
    ...pathMembers,
    hosts: sourceMembers.hosts,
    /** Seconds. Longer than the lease would outlive it. */
    ttl: z.int().min(30).max(3_600).default(60),
  }),
  modes: ["apply"],
  leaseMaxMs: 12 * HOUR_MS,
  effects: ({ ttl, ...match }, { ref }) => [
    {
      type: "rule",
      kind: "cache_rule",
      rule: {
        ref: ref(0),
        action: "set_cache_settings",
        expression: expressionOf({ ...match, methods: ["GET", "HEAD"] }),
        description: "guardrail of Driftless",
        action_parameters: { cache: true, edge_ttl: { mode: "override_origin", default: ttl } },
      },
    },
  ],
  matches: () => null,
});
