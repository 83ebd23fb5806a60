import { z } from "zod";
import { defineTemplate, HOUR_MS } from "./template.ts";

/** A declared route reaches no Worker any more: what lies behind it answers, or nothing. */
export const disableRoute = defineTemplate({
  name: "disable_route",
  summary: "takes a Worker off its route",
  level: "zone",
  parameters: z.strictObject({ pattern: z.string().min(1).max(1_000) }),
  modes: ["apply"],
  leaseMaxMs: 24 * HOUR_MS,
  effects: ({ pattern }) => [{ type: "route_off", pattern }],
  matches: () => null,
});
