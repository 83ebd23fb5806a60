import { z } from "zod";
import {
  canonicalise,
  isObject,
  type Json,
  type JsonObject,
  sameJson,
  textOf,
} from "../canonical.ts";
import { isObjectId } from "../ids.ts";
import type { Fields, Kind, ObservedResource, Resource } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { asSet, declareEach, objectOf, objectsOf, said, textsOf } from "./declaration.ts";
import { mergedFields } from "./object-calls.ts";

const NAME = "api_token";
const WATCHED = "tokens are watched and never written: whoever may write them may do everything";

const policy = z.strictObject({
  effect: z.enum(["allow", "deny"]).default("allow"),
  resources: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])),
  /** By id or by name. */
  permission_groups: z.array(z.string().min(1)).min(1).max(300),
});
const networks = z.array(z.string()).max(100).nullish();
const token = z.strictObject({
  name: z.string().min(1).max(120),
  policies: z.array(policy).min(1).max(50),
  condition: z
    .strictObject({ "request.ip": z.strictObject({ in: networks, not_in: networks }).nullish() })
    .nullish(),
  expires_on: z.iso.datetime({ offset: true }).nullish(),
  status: z.enum(["active", "disabled", "expired"]).optional(),
});
const schema = z.array(token).max(500);

/** Networks that may and may not use it; two empty lists are no condition. */
function conditionOf(raw: Json | undefined): JsonObject {
  const ip = objectOf(objectOf(raw)["request.ip"]);
  const lists = { in: asSet(textsOf(ip["in"])), not_in: asSet(textsOf(ip["not_in"])) };
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}

/** Whole seconds in UTC are written with and without a fraction. */
const instantText = (value: Json | undefined): string => textOf(value).replace(/\.0+(?=Z)/, "");

const resourceOf = (fields: Fields): Resource => {
  const identity = textOf(fields["name"]);
  return { kind: NAME, group: identity, identity, fields };
};

function declareToken({ policies, condition, expires_on: end, ...rest }: z.infer<typeof token>) {
  const lists = condition?.["request.ip"] ?? {};
  const ip = said({ in: lists.in ?? undefined, not_in: lists.not_in ?? undefined });
  return resourceOf(
    said({
      ...said(rest),
      policies: policies.map((one) => ({
        ...one,
        permission_groups: asSet(one.permission_groups),
      })),
      condition: condition === undefined ? undefined : conditionOf({ "request.ip": ip }),
      expires_on: end === undefined ? undefined : instantText(end),
    }),
  );
}

/** A group as `id name`: the golden state may call it either way. */
const groupsOf = (raw: Json | undefined): readonly JsonObject[] =>
  objectsOf(raw)
    .map(({ id, name }) => ({ id: textOf(id), name: textOf(name) }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));

const policiesOf = (raw: Json | undefined): readonly JsonObject[] =>
  objectsOf(raw)
    .map(({ effect, resources, permission_groups: groups }) => ({
      effect: textOf(effect),
      resources: objectOf(resources),
      permission_groups: groupsOf(groups),
    }))
    .toSorted((a, b) => (canonicalise(a) < canonicalise(b) ? -1 : 1));

/** Member by member, so that a `value` that somebody lets slip into an answer goes nowhere (I6). */
function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a token is not an object");
  const { id, name, policies, condition, expires_on: end, status } = raw;
  if (typeof id !== "string" || !isObjectId(id)) return err("a token has no usable `id`");
  if (typeof name !== "string" || name === "") return err(`token \`${id}\` has no \`name\``);
  const fields = {
    name,
    policies: policiesOf(policies),
    condition: conditionOf(condition),
    expires_on: instantText(end),
    status: textOf(status) || "active",
  };
  return ok({ ...resourceOf(fields), id, system: null });
}

const namesOf = (one: JsonObject): readonly string[] => [textOf(one["id"]), textOf(one["name"])];

/** Every declared group is there by id or name, and there is no other one. */
function sameGroups(declared: readonly string[], there: readonly JsonObject[]): boolean {
  return (
    there.every((one) => namesOf(one).some((name) => declared.includes(name))) &&
    declared.every((name) => there.some((one) => namesOf(one).includes(name)))
  );
}

const samePolicy = (desired: JsonObject, observed: JsonObject): boolean =>
  desired["effect"] === observed["effect"] &&
  sameJson(desired["resources"], observed["resources"]) &&
  sameGroups(textsOf(desired["permission_groups"]), objectsOf(observed["permission_groups"]));

/** Case 58: neither the order of policies nor that of their groups means anything. */
function samePolicies(desired: Json, observed: Json): boolean {
  const left = [...objectsOf(observed)];
  return (
    objectsOf(desired).every((one) => {
      const position = left.findIndex((other) => samePolicy(one, other));
      return position >= 0 && left.splice(position, 1).length === 1;
    }) && left.length === 0
  );
}

/** Groups by their name, where they have one. */
function published({ fields }: ObservedResource): JsonObject {
  const { policies, condition, expires_on: end, name = "", status = "" } = fields;
  return {
    name,
    policies: objectsOf(policies).map(({ permission_groups: groups, ...rest }) => ({
      ...rest,
      permission_groups: objectsOf(groups).map((one) => textOf(one["name"]) || textOf(one["id"])),
    })),
    ...(Object.keys(objectOf(condition)).length === 0
      ? {}
      : { condition: { "request.ip": objectOf(condition) } }),
    ...(textOf(end) === "" ? {} : { expires_on: textOf(end) }),
    status,
  };
}

/** API tokens of the account, by name: what they may do and until when. Never their value, and never written. */
export const apiToken: Kind = {
  name: NAME,
  level: "account",
  collection: "tokens",
  schema,
  declare: declareEach(schema, (declared) => ok(declareToken(declared))),
  observe,
  same: (field, desired, observed) =>
    field === "policies" ? samePolicies(desired, observed) : sameJson(desired, observed),
  matchable: ["name", "status"],
  removable: true,
  renames: true,
  handsOff: () => WATCHED,
  foreign: () => new Map(),
  calls: () => {
    throw new Error(WATCHED);
  },
  predict: mergedFields,
  publish: (observed) => observed.map(published),
  describe: (resource) => `token ${resource.identity}`,
};
