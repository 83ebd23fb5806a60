import { z } from "zod";
import { isObject, type Json, type JsonObject, textOf } from "../canonical.ts";
import type { HclResource } from "../hcl.ts";
import { isObjectId } from "../ids.ts";
import type { Change, Fields, Kind, Live, ObservedResource, Resource } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import {
  asSet,
  carriedOver,
  declareEach,
  objectOf,
  objectsOf,
  said,
  sameOrDefault,
  textsOf,
} from "./declaration.ts";
import { notificationWebhook } from "./notification-webhook.ts";
import { mergedFields, objectCalls } from "./object-calls.ts";

const NAME = "notification_policy";
const COLLECTION = "alerting/v3/policies";
/** Stands before a name that no destination, or more than one, goes by. No id of Cloudflare's has a colon. */
const UNKNOWN = "unknown:";

const texts = z.array(z.string().min(1)).max(100).nullish();
const policy = z.strictObject({
  name: z.string().min(1).max(255),
  alert_type: z.string().min(1),
  enabled: z.boolean(),
  description: z.string().max(2000).nullish(),
  /** Webhooks by the name of the destination (or its id); addresses and PagerDuty services by their id. */
  mechanisms: z
    .strictObject({ webhooks: texts, email: texts, pagerduty: texts })
    .refine(
      ({ webhooks, email, pagerduty }) => [webhooks, email, pagerduty].some((one) => one?.length),
      "needs at least one destination",
    ),
  filters: z.record(z.string(), z.array(z.string())).nullish(),
});
const schema = z.array(policy).max(1000);

const resourceOf = (fields: Fields): Resource => {
  const identity = textOf(fields["name"]);
  return { kind: NAME, group: identity, identity, fields };
};

const MECHANISMS = ["email", "pagerduty", "webhooks"] as const;

/** Case 60: lists are sets, and an empty one is none. */
const filtersOf = (raw: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(raw).flatMap(([name, values]) => {
      const list = asSet(textsOf(values));
      return list.length === 0 ? [] : [[name, list]];
    }),
  );

function declarePolicy({ mechanisms, filters, description, ...rest }: z.infer<typeof policy>) {
  const lists = MECHANISMS.map((name) => [name, asSet(mechanisms[name] ?? [])]);
  return resourceOf(
    said({
      ...rest,
      description: description === undefined ? undefined : (description ?? ""),
      mechanisms: Object.fromEntries(lists),
      filters: filters === undefined ? undefined : filtersOf(filters ?? {}),
    }),
  );
}

const KNOWN = new Set([
  "id",
  "created",
  "modified",
  "name",
  "alert_type",
  "enabled",
  "description",
  "mechanisms",
  "filters",
]);

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a notification policy is not an object");
  const { id, name, mechanisms, enabled } = raw;
  if (typeof id !== "string" || !isObjectId(id))
    return err("a notification policy has no usable `id`");
  if (typeof name !== "string" || name === "")
    return err(`notification policy \`${id}\` has no \`name\``);
  const lists = MECHANISMS.map((kind) => [
    kind,
    asSet(objectsOf(objectOf(mechanisms)[kind]).map((one) => textOf(one["id"]))),
  ]);
  const fields = {
    name,
    alert_type: textOf(raw["alert_type"]),
    enabled: enabled === true,
    description: textOf(raw["description"]),
    mechanisms: Object.fromEntries(lists),
    filters: filtersOf(objectOf(raw["filters"])),
    carried: carriedOver(raw, KNOWN),
  };
  return ok({ ...resourceOf(fields), id, system: null });
}

/** The golden state calls a webhook by its name, the API by an id that changes when it is made again. */
function resolve(resource: Resource, observed: readonly ObservedResource[]): Resource {
  const destinations = observed.filter(({ kind }) => kind === notificationWebhook.name);
  const idOf = (text: string): string => {
    const found = destinations.filter(({ id, identity }) => identity === text || id === text);
    const [one] = found;
    return one !== undefined && found.length === 1 ? one.id : `${UNKNOWN}${text}`;
  };
  const mechanisms = objectOf(resource.fields["mechanisms"]);
  const webhooks = asSet(textsOf(mechanisms["webhooks"]).map(idOf));
  return { ...resource, fields: { ...resource.fields, mechanisms: { ...mechanisms, webhooks } } };
}

/** A webhook that is to be made by the same plan has no id yet: the policy follows in the next plan. */
function handsOff(change: Change): string | null {
  if (change.op === "delete") return null;
  const webhooks = textsOf(objectOf(change.desired.fields["mechanisms"])["webhooks"]);
  const unknown = webhooks.find((one) => one.startsWith(UNKNOWN));
  return unknown === undefined
    ? null
    : `there is no one destination called \`${unknown.slice(UNKNOWN.length)}\` (yet)`;
}

const targetsOf = (mechanisms: Json | undefined): JsonObject =>
  Object.fromEntries(
    Object.entries(objectOf(mechanisms)).flatMap(([kind, ids]) => {
      const list = textsOf(ids).map((id) => ({ id }));
      return list.length === 0 ? [] : [[kind, list]];
    }),
  );

function bodyOf(change: Change): JsonObject {
  const { carried, mechanisms, ...fields } = mergedFields(change) ?? {};
  return { ...objectOf(carried), ...fields, mechanisms: targetsOf(mechanisms) };
}

/** Webhooks by their name, where only one goes by it. */
function published({ fields }: ObservedResource, { observed }: Live): JsonObject {
  const { carried: _, mechanisms, filters, description, ...rest } = fields;
  const nameOf = (id: string): string => {
    const name = observed.find(
      (one) => one.kind === notificationWebhook.name && one.id === id,
    )?.identity;
    const same = observed.filter(
      (one) => one.kind === notificationWebhook.name && one.identity === name,
    );
    return name !== undefined && same.length === 1 ? name : id;
  };
  const lists = Object.entries(objectOf(mechanisms)).flatMap(([kind, ids]) => {
    const list = textsOf(ids).map((id) => (kind === "webhooks" ? nameOf(id) : id));
    return list.length === 0 ? [] : [[kind, list]];
  });
  return {
    ...rest,
    ...(description === "" || description === undefined ? {} : { description }),
    mechanisms: Object.fromEntries(lists),
    ...(Object.keys(objectOf(filters)).length === 0 ? {} : { filters: objectOf(filters) }),
  };
}

/** Destinations by their ids; an interval goes along, which is not modelled here. */
function policyHcl({ identity, fields, id }: ObservedResource, { site }: Live): HclResource {
  const { name = "", alert_type = "", enabled = false, description = "" } = fields;
  const interval = textOf(objectOf(fields["carried"])["alert_interval"]);
  const filters = objectOf(fields["filters"]);
  return {
    type: "cloudflare_notification_policy",
    name: identity,
    attributes: {
      account_id: site.id,
      name,
      alert_type,
      enabled,
      ...(description === "" ? {} : { description }),
      ...(interval === "" ? {} : { alert_interval: interval }),
      mechanisms: targetsOf(fields["mechanisms"]),
      ...(Object.keys(filters).length === 0 ? {} : { filters }),
    },
    importId: `${site.id}/${id}`,
  };
}

/** Which alert goes where, by the policy's name. */
export const notificationPolicy: Kind = {
  name: NAME,
  level: "account",
  collection: COLLECTION,
  schema,
  declare: declareEach(schema, (declared) => ok(declarePolicy(declared))),
  observe,
  same: sameOrDefault({ description: "", filters: {}, carried: {} }),
  matchable: ["name", "alert_type", "enabled"],
  removable: true,
  renames: true,
  reads: [notificationWebhook.name],
  resolve,
  handsOff,
  foreign: () => new Map(),
  calls: objectCalls({ collection: COLLECTION, bodyOf }),
  predict: mergedFields,
  publish: (observed, live) => observed.map((one) => published(one, live)),
  hcl: policyHcl,
  describe: (resource) => `notification policy ${resource.identity}`,
};
