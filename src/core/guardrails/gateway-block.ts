import { z } from "zod";
import { defineTemplate, HOUR_MS } from "./template.ts";

/** One entry more in a declared Gateway list that a declared rule blocks by. */
export const gatewayBlock = defineTemplate({
  name: "gateway_block",
  summary: "an entry in a Gateway block list",
  level: "account",
  parameters: z.discriminatedUnion("type", [
    z.strictObject({
      list: z.string().min(1).max(255),
      type: z.literal("DOMAIN"),
      value: z
        .string()
        .max(253)
        .regex(/^(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{2,63}$/, "must be a domain in lower case"),
    }),
    z.strictObject({
      list: z.string().min(1).max(255),
      type: z.literal("IP"),
      value: z
        .string()
        .max(49)
        .regex(/^[0-9a-f:.]+(?:\/\d{1,3})?$/, "must be an address or a network"),
    }),
  ]),
  modes: ["apply"],
  leaseMaxMs: 7 * 24 * HOUR_MS,
  effects: ({ list, type, value }) => [{ type: "list_item", list, of: type, value }],
  matches: () => null,
});
