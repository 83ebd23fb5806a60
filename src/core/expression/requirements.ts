/** Which plan an expression needs, from Cloudflare's reference of fields and operators. */
import type { Access, Argument, Condition } from "./ast.ts";

/** From the smallest to the largest. */
export const PLANS = ["free", "pro", "business", "enterprise"] as const;
export type Plan = (typeof PLANS)[number];

/** The first prefix that fits counts. */
const FIELD_PLANS: readonly (readonly [prefix: string, plan: Plan])[] = [
  ["http.request.body.mime", "free"],
  ["http.request.body.", "enterprise"],
  ["http.request.cookies", "pro"],
  ["http.request.jwt.", "enterprise"],
  ["cf.bot_management.", "enterprise"],
  ["cf.api_gateway.", "enterprise"],
  ["cf.llm.", "enterprise"],
  ["cf.waf.score.class", "business"],
  ["cf.waf.score", "enterprise"],
  ["cf.waf.content_scan.", "enterprise"],
  ["cf.waf.credential_check.username_and_password_leaked", "pro"],
  ["cf.waf.credential_check.password_leaked", "free"],
  ["cf.waf.", "enterprise"],
  ["ip.src.subdivision_", "business"],
  ["ip.src.is_in_european_union", "business"],
  ["ip.geoip.subdivision_", "business"],
  ["ip.geoip.is_in_european_union", "business"],
];

const FUNCTION_PLANS: Readonly<Record<string, Plan>> = { is_timed_hmac_valid_v0: "pro" };

export interface Requirement {
  readonly plan: Plan;
  /** The field, function or operator that needs it. */
  readonly because: string;
}

/** The smallest plan that takes the expression, and what asks for it. */
export function requirementOf(condition: Condition): Requirement {
  return ofCondition(condition).reduce(larger, { plan: "free", because: "nothing special" });
}

const larger = (a: Requirement, b: Requirement): Requirement =>
  PLANS.indexOf(b.plan) > PLANS.indexOf(a.plan) ? b : a;

function ofCondition(condition: Condition): readonly Requirement[] {
  switch (condition.kind) {
    case "combined":
      return condition.operands.flatMap(ofCondition);
    case "constant":
      return [];
    case "not":
      return ofCondition(condition.operand);
    case "comparison": {
      const { left, test } = condition;
      const regex: Requirement = { plan: "business", because: "the operator `matches`" };
      return [...ofAccess(left), ...(test.kind === "matches" ? [regex] : [])];
    }
  }
}

function ofAccess({ base }: Access): readonly Requirement[] {
  if (base.kind === "call") {
    const plan = FUNCTION_PLANS[base.name];
    const own = plan === undefined ? [] : [{ plan, because: `the function \`${base.name}\`` }];
    return [...own, ...base.args.flatMap(ofArgument)];
  }
  const found = FIELD_PLANS.find(([prefix]) => base.name.startsWith(prefix));
  return found === undefined ? [] : [{ plan: found[1], because: `the field \`${base.name}\`` }];
}

function ofArgument(argument: Argument): readonly Requirement[] {
  switch (argument.kind) {
    case "access":
      return ofAccess(argument);
    case "combined":
    case "comparison":
    case "constant":
    case "not":
      return ofCondition(argument);
    case "bytes":
    case "integer":
    case "address":
      return [];
  }
}
