/** Rules of the firewall, the rate limits and the managed rulesets: what stops or questions a visitor, and what lets by. */
import { isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import { isGuardrailRef } from "../kinds/guardrail-ref.ts";
import type { Fields } from "../resource.ts";
import { certain, perhaps, type Protection, type Weakening } from "./invariant.ts";

const RULE = "rule:";

/** How much an action keeps out. What only looks on keeps nobody out; a skip lets by what others would stop. */
const STRENGTH: ReadonlyMap<string, number> = new Map([
  ["block", 3],
  ["execute", 3],
  ["managed_challenge", 2],
  ["js_challenge", 2],
  ["challenge", 2],
  ["skip", -1],
]);

const membersOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

const rulesIn = (fields: Fields | null): ReadonlyMap<string, JsonObject> =>
  new Map(
    Object.entries(fields ?? {}).flatMap(([field, rule]): [string, JsonObject][] =>
      field.startsWith(RULE) && isObject(rule) ? [[field.slice(RULE.length), rule]] : [],
    ),
  );

const inForce = (rule: JsonObject | undefined): JsonObject | null =>
  rule === undefined || rule["enabled"] === false ? null : rule;

const strengthOf = (rule: JsonObject | null): number =>
  rule === null ? 0 : (STRENGTH.get(textOf(rule["action"])) ?? 0);

function ruleWeakened(
  ref: string,
  was: JsonObject | null,
  is: JsonObject | null,
): readonly Weakening[] {
  const [before, after] = [strengthOf(was), strengthOf(is)];
  // What it lets past, other rules may not have stopped.
  if (after < 0 && before === 0) return [perhaps(lost(ref, was, is))];
  if (after < before) return [certain(lost(ref, was, is))];
  if (was === null || is === null || (before === 0 && after === 0)) return [];
  return [
    ...(sameJson(was["expression"], is["expression"])
      ? []
      : [perhaps(`rule \`${ref}\` is for other requests`)]),
    ...(before === after ? parametersWeakened(ref, was, is) : []),
  ];
}

function lost(ref: string, was: JsonObject | null, is: JsonObject | null): string {
  if (textOf(is?.["action"]) === "skip") return `rule \`${ref}\` lets requests past other rules`;
  const now = is === null ? "is no longer in force" : `only does \`${textOf(is["action"])}\``;
  return `rule \`${ref}\`, which does \`${textOf(was?.["action"])}\`, ${now}`;
}

function parametersWeakened(ref: string, was: JsonObject, is: JsonObject): readonly Weakening[] {
  const [from, to] = [membersOf(was["action_parameters"]), membersOf(is["action_parameters"])];
  const checked = was["exposed_credential_check"] ?? null;
  return [
    ...(textOf(is["action"]) === "skip" && skipsMore(from, to)
      ? [certain(`rule \`${ref}\` skips more`)]
      : []),
    ...(textOf(is["action"]) === "execute" ? executesLess(ref, from, to) : []),
    ...limitWeakened(ref, membersOf(was["ratelimit"]), membersOf(is["ratelimit"])),
    ...(checked !== null && (is["exposed_credential_check"] ?? null) === null
      ? [certain(`rule \`${ref}\` no longer checks for exposed credentials`)]
      : []),
  ];
}

/** Every list of what is skipped has to be within what was skipped. */
const skipsMore = (from: JsonObject, to: JsonObject): boolean =>
  Object.entries(to).some(([member, value]) => {
    const known = from[member];
    if (Array.isArray(value)) return value.some((one) => !listOf(known).includes(one));
    return !sameJson(known, value);
  });

function executesLess(ref: string, from: JsonObject, to: JsonObject): readonly Weakening[] {
  if (!sameJson(from["id"], to["id"])) return [perhaps(`rule \`${ref}\` runs another ruleset`)];
  const [was, is] = [overridesOf(from), overridesOf(to)];
  const names = [...new Set([...was.keys(), ...is.keys()])].toSorted();
  // What is said of a part comes on top of what is said of the whole: where that moves, parts do not compare.
  const comparable = sameJson(was.get(WHOLE), is.get(WHOLE));
  return names.flatMap((name): Weakening[] => {
    const [before, after] = [was.get(name) ?? {}, is.get(name) ?? {}];
    if (sameJson(before, after)) return [];
    const what = `rule \`${ref}\` overrides ${name} otherwise`;
    const isWeaker = (comparable || name === WHOLE) && overridesLess(before, after);
    return [isWeaker ? certain(what) : perhaps(what)];
  });
}

const overridesLess = (was: JsonObject, is: JsonObject): boolean =>
  (is["enabled"] === false && was["enabled"] !== false) ||
  ("action" in is && strengthOf(is) < ("action" in was ? strengthOf(was) : 3));

const WHOLE = "the whole ruleset";

/** What the overrides say, by what they say it of. */
function overridesOf(parameters: JsonObject): ReadonlyMap<string, JsonObject> {
  const { rules, categories, ...whole } = membersOf(parameters["overrides"]);
  const named = [...listOf(rules), ...listOf(categories)].filter(isObject);
  return new Map([
    [WHOLE, whole],
    ...named.map(
      ({ id, category, ...rest }) => [`\`${textOf(id) || textOf(category)}\``, rest] as const,
    ),
  ]);
}

const rateOf = (limit: JsonObject): number =>
  Number(limit["requests_per_period"] ?? limit["score_per_period"] ?? 0) /
  Math.max(1, Number(limit["period"] ?? 1));
const pauseOf = (limit: JsonObject): number => Number(limit["mitigation_timeout"] ?? 0);

/** Their effect is in the rate and in the pause. */
const MEASURED = new Set(["requests_per_period", "period", "mitigation_timeout"]);
const otherwise = (limit: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(limit).filter(([member]) => !MEASURED.has(member)));

function limitWeakened(ref: string, was: JsonObject, is: JsonObject): readonly Weakening[] {
  if (sameJson(was, is)) return [];
  return [
    ...(rateOf(is) > rateOf(was) ? [certain(`rule \`${ref}\` allows more requests`)] : []),
    ...(pauseOf(is) < pauseOf(was)
      ? [certain(`rule \`${ref}\` keeps out for a shorter time`)]
      : []),
    ...(sameJson(otherwise(was), otherwise(is))
      ? []
      : [perhaps(`rule \`${ref}\` counts otherwise`)]),
  ];
}

function weakened(before: Fields | null, after: Fields | null): readonly Weakening[] {
  const [was, is] = [rulesIn(before), rulesIn(after)];
  // What has a lease was never meant to stay: that it goes takes no protection that somebody counts on.
  const refs = [...new Set([...was.keys(), ...is.keys()])]
    .filter((ref) => is.has(ref) || !isGuardrailRef(ref))
    .toSorted();
  return refs.flatMap((ref) => ruleWeakened(ref, inForce(was.get(ref)), inForce(is.get(ref))));
}

export const firewallRules: Protection = { kind: "waf_rule", weakened };
export const rateLimits: Protection = { kind: "rate_limit_rule", weakened };
export const managedRulesets: Protection = { kind: "managed_ruleset", weakened };
