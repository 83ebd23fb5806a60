import { z } from "zod";
import { defineTemplate, HOUR_MS } from "./template.ts";

/** Every visitor of the zone has to wait and be looked at. The bluntest of all: people can give the reason, rules cannot. */
export const underAttack = defineTemplate({
  name: "under_attack",
  summary: "under-attack mode for the whole zone",
  level: "zone",
  parameters: z.strictObject({
    /** What the security level is to be again, where the golden state does not declare it. */
    afterwards: z.enum(["essentially_off", "low", "medium", "high"]).optional(),
  }),
  modes: ["apply"],
  leaseMaxMs: 4 * HOUR_MS,
  effects: ({ afterwards }) => [
    {
      type: "setting",
      id: "security_level",
      value: "under_attack",
      afterwards: afterwards ?? null,
    },
  ],
  matches: () => null,
});
