import { z } from "zod";
import { rulesetPhase } from "./ruleset-phase.ts";
import { ruleMembers, valueOrExpression } from "./ruleset-schema.ts";

/** The characters of a header's name (RFC 9110). */
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/, "is not the name of a header");

const operation = z.discriminatedUnion("operation", [
  z.strictObject({ operation: z.literal("remove") }),
  z
    .strictObject({ operation: z.enum(["set", "add"]), ...valueOrExpression.shape })
    .refine(
      ({ value, expression }) => (value === undefined) !== (expression === undefined),
      "needs either a `value` or an `expression`",
    ),
]);

const REQUEST = "http_request_late_transform";
const RESPONSE = "http_response_headers_transform";

/** Headers that are set, added or removed, on the way to the origin or back; each way has a phase of its own. */
export const headerRule = rulesetPhase({
  name: "header_rule",
  phases: [REQUEST, RESPONSE],
  rule: z.strictObject({
    ...ruleMembers,
    direction: z.enum(["request", "response"]),
    action: z.literal("rewrite"),
    action_parameters: z.strictObject({
      headers: z
        .record(headerName, operation)
        .refine((headers) => Object.keys(headers).length > 0, "names no header"),
    }),
  }),
  place: ({ direction, ...rule }) => ({
    phase: direction === "request" ? REQUEST : RESPONSE,
    rule,
  }),
  placed: (phase, { ref = null, ...rule }) => ({
    ref,
    direction: phase === REQUEST ? "request" : "response",
    ...rule,
  }),
});
