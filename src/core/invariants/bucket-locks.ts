/** Lock rules of buckets: what is under one can be neither changed nor deleted, by anybody. */
import { isObject, type Json, type JsonObject, textOf } from "../canonical.ts";
import type { Fields } from "../resource.ts";
import { certain, type Protection } from "./invariant.ts";

const rulesIn = (fields: Fields | null): ReadonlyMap<string, JsonObject> => {
  const rules = fields?.["rules"];
  const inForce = (Array.isArray(rules) ? rules : [])
    .filter(isObject)
    .filter((rule) => rule["enabled"] !== false);
  return new Map(inForce.map((rule) => [textOf(rule["id"]), rule]));
};

const membersOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

/** Whether `is` keeps at least as long as `was`. Two kinds of end do not compare, and then it does not. */
function keepsAsLong(was: JsonObject, is: JsonObject): boolean {
  const [from, to] = [membersOf(was["condition"]), membersOf(is["condition"])];
  if (to["type"] === "Indefinite") return true;
  if (from["type"] !== to["type"]) return false;
  return to["type"] === "Age"
    ? Number(to["maxAgeSeconds"]) >= Number(from["maxAgeSeconds"])
    : textOf(to["date"]) >= textOf(from["date"]);
}

export const bucketLocks: Protection = {
  kind: "r2_bucket",
  weakened(before, after) {
    const is = rulesIn(after);
    return [...rulesIn(before)].flatMap(([id, was]) => {
      const now = is.get(id);
      if (now === undefined) return [certain(`lock rule \`${id}\` is gone`)];
      return [
        ...(textOf(was["prefix"]).startsWith(textOf(now["prefix"]))
          ? []
          : [certain(`lock rule \`${id}\` is for fewer objects`)]),
        ...(keepsAsLong(was, now) ? [] : [certain(`lock rule \`${id}\` holds for less time`)]),
      ];
    });
  },
};
