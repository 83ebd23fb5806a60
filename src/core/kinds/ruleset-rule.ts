/** One rule of a phase: what is compared, what is carried over, and what makes two of them the same. */
import { isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import { sameExpression } from "../expression/check.ts";
import { err, ok, type Result } from "../result.ts";

/** Computed by the API: neither compared nor sent (case 35). */
const COMPUTED: ReadonlySet<string> = new Set(["id", "version", "last_updated"]);

/** What a rule does; a declared rule decides all of it, also by leaving a member out. */
const DECIDED = [
  "action",
  "action_parameters",
  "expression",
  "enabled",
  "ratelimit",
  "exposed_credential_check",
] as const;

/** Counters are kept in each data centre, so the API adds it to what is counted by (case 40). */
const COLO = "cf.colo.id";

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const membersOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

const asSet = (values: readonly Json[]): readonly Json[] =>
  values.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));

const withoutNull = (members: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));

/** A live rule as it can be sent back: members that nobody here knows stay in it (B14). */
export function observedRule(raw: Json): Result<JsonObject, string> {
  if (!isObject(raw)) return err("a rule is not an object");
  // A rule that nobody named goes by its id (case 36).
  const ref = textOf(raw["ref"]) || textOf(raw["id"]);
  if (ref === "") return err("a rule has neither `ref` nor `id`");
  const members = Object.entries(withoutNull(raw)).filter(([member]) => !COMPUTED.has(member));
  return ok({ ...Object.fromEntries(members), ref });
}

/** The live rule made into the declared one: what says nothing about its effect, and was not declared, stays. */
export function mergedRule(declared: JsonObject, live: JsonObject | undefined): JsonObject {
  if (live === undefined) return declared;
  const decided: readonly string[] = DECIDED;
  const kept = Object.entries(live).filter(
    ([member]) =>
      !decided.includes(member) &&
      // What belongs to one action (the logging of `skip`) is not understood in another.
      (member === "description" || live["action"] === declared["action"]),
  );
  return { ...Object.fromEntries(kept), ...declared };
}

/** Whether a live rule is as declared. Beside what it does, only declared members count: `logging` is often computed (37). */
export function sameRule(desired: Json, observed: Json): boolean {
  if (!isObject(desired) || !isObject(observed)) return desired === observed;
  const [wanted, live] = [comparable(desired), comparable(observed)];
  return Object.entries(wanted).every(([member, value]) =>
    member === "expression"
      ? sameExpression(textOf(value), textOf(live[member]))
      : sameJson(value, live[member] ?? null),
  );
}

/** A rule without the different ways of saying one thing. An empty description is none (37). */
function comparable(rule: JsonObject): JsonObject {
  const { description, ...rest } = withoutNull(rule);
  return {
    ...rest,
    ...("description" in rule ? { description: textOf(description) || null } : {}),
    enabled: rule["enabled"] ?? true,
    action_parameters: comparableParameters(rule),
    ratelimit: isObject(rule["ratelimit"]) ? comparableLimit(rule["ratelimit"]) : null,
    exposed_credential_check: rule["exposed_credential_check"] ?? null,
  };
}

/** An empty counting expression counts every request, a missing one what the rule matches: not the same (39). */
const comparableLimit = (limit: JsonObject): JsonObject => ({
  ...withoutNull(limit),
  characteristics: asSet(listOf(limit["characteristics"]).filter((name) => name !== COLO)),
  counting_expression: limit["counting_expression"] ?? null,
  requests_to_origin: limit["requests_to_origin"] ?? false,
});

/** No parameters, `null` and `{}` are the same (38). */
function comparableParameters(rule: JsonObject): JsonObject {
  const given = withoutNull(membersOf(rule["action_parameters"]));
  switch (textOf(rule["action"])) {
    case "skip":
      return comparableSkip(given);
    case "execute":
      return comparableExecution(given);
    case "set_cache_settings":
      return comparableCache(given);
    case "redirect":
      return comparableRedirect(given);
    default:
      return given;
  }
}

/** What is skipped is a set, and an empty one says nothing. */
const comparableSkip = (given: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => !Array.isArray(value) || value.length > 0)
      .map(([member, value]) => [member, Array.isArray(value) ? asSet(value) : value]),
  );

/** Overrides are looked up by id or category: their order has no effect (42, inner). Nothing else may be hidden (43). */
function comparableExecution(given: JsonObject): JsonObject {
  const { overrides, version, ...rest } = given;
  const { rules, categories, ...whole } = withoutNull(membersOf(overrides));
  return {
    ...rest,
    version: version ?? "latest",
    overrides: { ...whole, rules: byText(rules), categories: byText(categories) },
  };
}

const byText = (value: Json | undefined): readonly Json[] =>
  listOf(value)
    .map((one) => (isObject(one) ? withoutNull(one) : one))
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
const keyOf = (override: Json): string => {
  const { id, category } = membersOf(override);
  return textOf(id) || textOf(category);
};

/** `["*"]`, `{list: ["*"]}` and `{all: true}` are the same (41). */
function comparableCache(given: JsonObject): JsonObject {
  const key = membersOf(given["cache_key"]);
  const custom = membersOf(key["custom_key"]);
  if (!isObject(custom["query_string"])) return given;
  const query = Object.fromEntries(
    Object.entries(withoutNull(custom["query_string"])).map(([member, value]) => [
      member,
      queryNames(value),
    ]),
  );
  return { ...given, cache_key: { ...key, custom_key: { ...custom, query_string: query } } };
}

function queryNames(value: Json): Json {
  const names = Array.isArray(value) ? value : listOf(membersOf(value)["list"]);
  if (names.includes("*")) return { all: true };
  return Array.isArray(value) ? { list: value } : value;
}

function comparableRedirect(given: JsonObject): JsonObject {
  const { from_value: to } = given;
  return isObject(to)
    ? { ...given, from_value: { preserve_query_string: false, ...withoutNull(to) } }
    : given;
}
