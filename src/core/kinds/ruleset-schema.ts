/** Members that declared rules of several kinds share. */
import { z } from "zod";
import { conditionFault, valueFault } from "../expression/check.ts";

/** A rule's lasting name; the API keeps a rule's id as long as its ref stays. */
const ref = z
  .string()
  .regex(
    /^(?!guardrail-)[a-z0-9_-]{1,64}$/,
    "must be 1 to 64 of a-z, 0-9, _ and -, and not begin with `guardrail-`",
  );

/** The API takes no longer ones. */
const expressionText = z.string().max(4_096);
const NOT_BLANK = [/\S/, "must not be blank"] as const;

/** Text that the language's own check finds nothing wrong with; what it cannot judge passes, the edge's rehearsal follows. */
const checkedBy = (faultOf: (text: string) => string | null) =>
  expressionText.check(({ value, issues }) => {
    const message = /\S/.test(value) ? faultOf(value) : null;
    if (message !== null) issues.push({ code: "custom", message, input: value });
  });

/** What decides whether a rule applies. */
export const expression = checkedBy(conditionFault).regex(...NOT_BLANK);

/** What a rate limit counts; an empty one counts everything. */
export const countingExpression = checkedBy(conditionFault);

/** What computes a text, such as a target address. */
export const valueExpression = checkedBy(valueFault).regex(...NOT_BLANK);

export const ruleMembers = {
  ref,
  expression,
  description: z.string().max(500).optional(),
  enabled: z.boolean().optional(),
};

/** Actions that stop or question a visitor, besides `block`, which may say more. */
export const CHALLENGES = ["challenge", "js_challenge", "managed_challenge", "log"] as const;

/** An answer of one's own instead of Cloudflare's page. */
export const blockParameters = z.strictObject({
  response: z
    .strictObject({
      status_code: z.int().min(400).max(499),
      content_type: z.enum(["application/json", "text/html", "text/plain", "text/xml"]),
      content: z.string().max(30_720),
    })
    .optional(),
});

const SKIPPED_PRODUCTS = [
  "waf",
  "bic",
  "hot",
  "rateLimit",
  "securityLevel",
  "uaBlock",
  "zoneLockdown",
] as const;

const SKIPPED_PHASES = [
  "http_ratelimit",
  "http_request_firewall_managed",
  "http_request_sbfm",
] as const;

/** What a skip rule skips; which members exclude each other is the API's own rule. */
const skipParameters = z
  .strictObject({
    phase: z.literal("current").optional(),
    phases: z.array(z.enum(SKIPPED_PHASES)).optional(),
    products: z.array(z.enum(SKIPPED_PRODUCTS)).optional(),
    rules: z.record(z.string(), z.array(z.string()).min(1)).optional(),
    ruleset: z.literal("current").optional(),
    rulesets: z.array(z.string()).optional(),
  })
  .refine(
    (given) => Object.values(given).some((value) => !Array.isArray(value) || value.length > 0),
    "skips nothing",
  )
  .refine(
    ({ phases, rulesets }) => phases === undefined || rulesets === undefined,
    "`phases` and `rulesets` exclude each other",
  )
  .refine(
    ({ ruleset, rulesets, rules, phases }) =>
      ruleset === undefined || (rulesets ?? rules ?? phases) === undefined,
    "`ruleset` excludes `rulesets`, `rules` and `phases`",
  )
  .refine(
    ({ phase, products }) => phase === undefined || products !== undefined,
    "`phase` needs `products`",
  );

export const skipRule = z.strictObject({
  ...ruleMembers,
  action: z.literal("skip"),
  action_parameters: skipParameters,
  logging: z.strictObject({ enabled: z.boolean() }).optional(),
});

/** A constant or an expression, never both. */
export const valueOrExpression = z
  .strictObject({
    value: z.string().min(1).max(4_096).optional(),
    expression: valueExpression.optional(),
  })
  .refine(
    ({ value, expression: computed }) => (value === undefined) !== (computed === undefined),
    "needs either a `value` or an `expression`",
  );
