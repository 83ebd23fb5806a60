/** Gateway rules as they would be declared, and as resources of Terraform. */
import { isObject, type Json, type JsonObject } from "../canonical.ts";
import type { HclResource } from "../hcl.ts";
import type { Live, ObservedResource } from "../resource.ts";
import { objectOf } from "./declaration.ts";
import { declaredPrecedences } from "./gateway-order.ts";

const isNothing = (value: Json): boolean =>
  value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0);

/** Settings without what says nothing; what is off is said, for people to read. */
function saying(value: Json): Json {
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([member, one]): [string, Json] => [
    member,
    saying(one),
  ]);
  return Object.fromEntries(members.filter(([, one]) => !isNothing(one)));
}

/** When a rule applies and what it does then: said even where it is nothing, so that additions are drift. */
const TOLD = ["traffic", "identity", "device_posture", "rule_settings", "schedule"];

/** What the API did not tell (case 50) is not declared: nobody knows what it is. */
function published({ fields }: ObservedResource, precedence: Json): JsonObject {
  const { name = "", description = "", action = "", enabled = false, filters = [] } = fields;
  const told = TOLD.flatMap((member): [string, Json][] => {
    const value = fields[member] ?? null;
    return value === null ? [] : [[member, saying(value)]];
  });
  const expiration = objectOf(fields["expiration"]);
  return {
    name,
    ...(isNothing(description) ? {} : { description }),
    action,
    enabled,
    filters,
    ...Object.fromEntries(told),
    ...(isNothing(expiration) ? {} : { expiration }),
    precedence,
  };
}

export function publishRules(observed: readonly ObservedResource[]): readonly JsonObject[] {
  const precedences = declaredPrecedences(observed);
  return observed.map((rule) => published(rule, precedences.get(rule.id) ?? null));
}

/** With the precedence that it has: an import compares it as it is. */
export function ruleHcl(rule: ObservedResource, { site }: Live): HclResource {
  const members = published(rule, rule.fields["precedence"] ?? null);
  return {
    type: "cloudflare_zero_trust_gateway_policy",
    name: rule.identity,
    attributes: {
      account_id: site.id,
      ...Object.fromEntries(Object.entries(members).filter(([, value]) => !isNothing(value))),
    },
    importId: `${site.id}/${rule.id}`,
  };
}
