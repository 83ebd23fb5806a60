/** The policies inside an Access application, in normal form: by their content, in order of precedence. */
import { z } from "zod";
import {
  canonicalise,
  isObject,
  type Json,
  type JsonObject,
  sameJson,
  textOf,
} from "../canonical.ts";
import { carriedOver, objectOf, objectsOf } from "./declaration.ts";
import { canonicalNetwork } from "./ip-network.ts";

export const SESSION_DEFAULT = "24h";

/** Absent, null and "" mean the default (case 51). */
export const sessionOf = (value: Json | undefined): string => textOf(value) || SESSION_DEFAULT;

/** One selector each. A marker such as `everyone: {}` is a value (case 56), null is none. */
const rule = z
  .record(z.string(), z.record(z.string(), z.json()))
  .refine((one) => Object.keys(one).length === 1, "must have exactly one selector");
const rules = z.array(rule).max(1000);

export const policySchema = z.strictObject({
  name: z.string().min(1).max(255),
  decision: z.enum(["allow", "deny", "non_identity", "bypass"]),
  include: rules.min(1),
  exclude: rules.nullish(),
  require: rules.nullish(),
  session_duration: z.string().nullish(),
});
export type DeclaredPolicy = z.infer<typeof policySchema>;

/** A network of one is its address (case 52). */
function normalRule(raw: JsonObject): JsonObject {
  const members = Object.entries(raw).filter(([, value]) => value !== null);
  const { ip, ...others } = Object.fromEntries(members);
  if (!isObject(ip)) return Object.fromEntries(members);
  return { ...others, ip: { ...ip, ip: canonicalNetwork(textOf(ip["ip"])) } };
}

/** Any one of the rules is enough (or, for `require`, all are needed): their order says nothing. */
const normalRules = (value: Json | undefined): readonly JsonObject[] =>
  objectsOf(value)
    .map(normalRule)
    .toSorted((a, b) => (canonicalise(a) < canonicalise(b) ? -1 : 1));

/** What is compared. Declared as a whole, so what it does not say is empty. */
const contentOf = (raw: JsonObject): JsonObject => ({
  name: textOf(raw["name"]),
  decision: textOf(raw["decision"]),
  include: normalRules(raw["include"]),
  exclude: normalRules(raw["exclude"]),
  require: normalRules(raw["require"]),
  session_duration: sessionOf(raw["session_duration"]),
});

export const declaredPolicy = (policy: DeclaredPolicy): JsonObject =>
  contentOf({
    ...policy,
    exclude: policy.exclude ?? null,
    require: policy.require ?? null,
    session_duration: policy.session_duration ?? null,
  });

const KNOWN = new Set([
  "id",
  "uid",
  "precedence",
  "reusable",
  "app_count",
  "created_at",
  "updated_at",
  "name",
  "decision",
  "include",
  "exclude",
  "require",
  "session_duration",
]);

/** With the id of a policy that other applications share, and with what is not modelled: both go out again. */
function observedPolicy(raw: JsonObject): JsonObject {
  const more = carriedOver(raw, KNOWN);
  return {
    ...contentOf(raw),
    ...(raw["reusable"] === true ? { id: textOf(raw["id"]) } : {}),
    ...(Object.keys(more).length === 0 ? {} : { more }),
  };
}

export const observedPolicies = (value: Json | undefined): readonly JsonObject[] =>
  objectsOf(value)
    .toSorted((a, b) => Number(a["precedence"] ?? 0) - Number(b["precedence"] ?? 0))
    .map(observedPolicy);

const sameContent = (a: JsonObject, b: JsonObject): boolean => sameJson(contentOf(a), contentOf(b));

/** In order: the first policy that matches decides. */
export function samePolicies(desired: Json, observed: Json): boolean {
  const [a, b] = [objectsOf(desired), objectsOf(observed)];
  return a.length === b.length && a.every((one, index) => sameContent(one, objectOf(b[index])));
}

/**
 * The declared policies as they will be. One that is there with the same content stays what it is, a shared one
 * included; another one of that name hands on what is not modelled, and becomes the application's own.
 */
export function mergedPolicies(desired: Json, observed: Json): readonly JsonObject[] {
  const there = objectsOf(observed);
  return objectsOf(desired).map((policy) => {
    if ("id" in policy || "more" in policy) return policy;
    const unchanged = there.find((one) => sameContent(one, policy));
    if (unchanged !== undefined) return unchanged;
    const more = there.find((one) => one["name"] === policy["name"])?.["more"];
    return more === undefined ? policy : { ...policy, more };
  });
}

const EVERYBODY = new Set(["0.0.0.0/0", "::/0"]);

/** Lets anybody in, with nothing asked of them. */
export const isOpenToAll = (policy: JsonObject): boolean =>
  policy["decision"] !== "deny" &&
  objectsOf(policy["require"]).length === 0 &&
  objectsOf(policy["include"]).some(
    ({ everyone, ip }) =>
      everyone !== undefined || (isObject(ip) && EVERYBODY.has(textOf(ip["ip"]))),
  );

/** As a policy is declared: its content, without what is empty or the default. */
export const publishedPolicy = (policy: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(contentOf(policy)).filter(
      ([member, value]) =>
        !(Array.isArray(value) && value.length === 0) &&
        !(member === "session_duration" && value === SESSION_DEFAULT),
    ),
  );

/** A shared policy goes out by its id, with its content beside it; any other one is written anew. */
export const policyBodies = (policies: Json): readonly JsonObject[] =>
  objectsOf(policies).map(({ id, more, ...content }, index) => ({
    ...objectOf(more),
    ...content,
    precedence: index + 1,
    ...(id === undefined ? {} : { id, reusable: true }),
  }));
