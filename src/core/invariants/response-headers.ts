/** Headers that tell browsers to protect visitors, where a rule sets them. */
import { isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import type { Fields } from "../resource.ts";
import { certain, perhaps, type Protection, type Weakening } from "./invariant.ts";

const PROTECTIVE: ReadonlySet<string> = new Set([
  "strict-transport-security",
  "content-security-policy",
  "x-frame-options",
  "x-content-type-options",
  "referrer-policy",
  "permissions-policy",
  "cross-origin-opener-policy",
  "cross-origin-resource-policy",
]);

/** What is done to protective headers by the rules in force, by rule and header. */
function operationsIn(fields: Fields | null): ReadonlyMap<string, JsonObject> {
  return new Map(
    Object.entries(fields ?? {}).flatMap(([field, rule]) =>
      field.startsWith("rule:") && isObject(rule) && rule["enabled"] !== false
        ? headersOf(rule).map(([header, operation]) => [`${field} ${header}`, operation] as const)
        : [],
    ),
  );
}

function headersOf(rule: JsonObject): readonly (readonly [string, JsonObject])[] {
  const parameters = membersOf(rule["action_parameters"]);
  return Object.entries(membersOf(parameters["headers"]))
    .map(([header, operation]) => [header.toLowerCase(), membersOf(operation)] as const)
    .filter(([header]) => PROTECTIVE.has(header));
}

const membersOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const takesAway = (operation: JsonObject | undefined): boolean =>
  textOf(operation?.["operation"]) === "remove";

function weakened(before: Fields | null, after: Fields | null): readonly Weakening[] {
  const [was, is] = [operationsIn(before), operationsIn(after)];
  const keys = [...new Set([...was.keys(), ...is.keys()])].toSorted();
  return keys.flatMap((key): Weakening[] => {
    const [from, to] = [was.get(key), is.get(key)];
    const header = key.slice(key.lastIndexOf(" ") + 1);
    if (takesAway(to) && !takesAway(from))
      return [certain(`\`${header}\` is taken out of answers`)];
    if (from !== undefined && !takesAway(from) && to === undefined)
      return [certain(`\`${header}\` is no longer set`)];
    return from !== undefined && to !== undefined && !sameJson(from, to)
      ? [perhaps(`\`${header}\` says something else`)]
      : [];
  });
}

export const responseHeaders: Protection = { kind: "header_rule", weakened };
