/** Rate limits of paths, within what the zone's plan allows, beside those that stand there already. */
import type { JsonObject } from "../canonical.ts";
import { sameExpression } from "../expression/check.ts";
import { every, onHost } from "./edge-rules.ts";
import { type Expansion, listOf, mapOf, type PathState, said } from "./golden-path.ts";
import { allowanceOf } from "./zone-plan.ts";

export interface WantedLimit {
  readonly ref: string;
  readonly description: string;
  readonly action: "block" | "managed_challenge";
  readonly requests: number;
  readonly period: number;
  readonly timeout: number;
  /** Left out: every name of the zone. */
  readonly host?: string | undefined;
  /** A condition on the path; `true` for all of them. */
  readonly path: string;
  /** Left out: every method. */
  readonly method?: string | undefined;
}

type Limited = Pick<Expansion, "declares" | "notes">;

const left = (note: string): Limited => ({ declares: {}, notes: [note] });

/**
 * The limit, as a plan takes it. It is left out, and said so, where another limits the same requests as strictly, where the plan
 * cannot tell them apart, and where it has room for no more.
 */
export function limited(state: PathState, wanted: WantedLimit): Limited {
  const { plan, declared } = state;
  const allowance = allowanceOf(plan);
  const sees = (what: "host" | "method") => allowance.limitsSee.includes(what);
  if (wanted.host !== undefined && !sees("host"))
    return left(
      `the plan \`${plan}\` limits whole zones only, so \`${wanted.host}\` gets no limit: ${wanted.description}`,
    );
  const tellsMethods = wanted.method === undefined || sees("method");
  const rule = ruleOf(wanted, { tellsMethods, timeoutMax: allowance.timeoutSecondsMax });
  const all = listOf(declared["rate_limit_rule"]);
  const others = all.filter(({ ref }) => ref !== wanted.ref);
  const same = others.find((one) => isAsStrict(one, rule));
  if (same !== undefined)
    return left(`\`${said(same["ref"])}\` limits the same requests already, and no more loosely`);
  const isThere = others.length < all.length;
  if (!isThere && others.length >= allowance.rateLimits)
    return left(
      `the plan \`${plan}\` has room for ${allowance.rateLimits} rate limits, and ${others.map(({ ref }) => `\`${said(ref)}\``).join(", ")} take it: no limit for ${wanted.description}`,
    );
  return { declares: { rate_limit_rule: [rule] }, notes: [] };
}

/** Counted by address and data centre, as the API wants it said. */
function ruleOf(
  { ref, description, action, requests, period, timeout, host, path, method }: WantedLimit,
  { tellsMethods, timeoutMax }: { readonly tellsMethods: boolean; readonly timeoutMax: number },
): JsonObject {
  const isOf = tellsMethods && method !== undefined ? `http.request.method eq "${method}"` : "true";
  return {
    ref,
    description,
    expression: every(onHost(host), path, isOf),
    action,
    ratelimit: {
      characteristics: ["cf.colo.id", "ip.src"],
      period,
      // Where methods look alike, the page is counted with each attempt.
      requests_per_period: tellsMethods ? requests : 2 * requests,
      mitigation_timeout: Math.min(timeout, timeoutMax),
    },
  };
}

const rateOf = (rule: JsonObject): number => {
  const { requests_per_period: requests, period } = mapOf(rule["ratelimit"]);
  return Number(requests) / Number(period);
};

const isAsStrict = (one: JsonObject, rule: JsonObject): boolean =>
  one["enabled"] !== false &&
  one["action"] !== "log" &&
  sameExpression(said(one["expression"]), said(rule["expression"])) &&
  rateOf(one) <= rateOf(rule);
