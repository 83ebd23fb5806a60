import { isObject, type Json, type JsonObject } from "../canonical.ts";
import type { HclResource, Unprinted } from "../hcl.ts";
import { isObjectId } from "../ids.ts";
import type {
  ApiRequest,
  CallOf,
  Change,
  Fault,
  Fields,
  Kind,
  Live,
  ObservedResource,
  Resource,
  Site,
} from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { nearMatches } from "./near-match.ts";
import { schemaFaults } from "./schema-fault.ts";
import { settingsSchema } from "./zone-setting-schema.ts";
import {
  allowedValues,
  coversValue,
  ENABLED_SETTING,
  mergedValue,
  SETTINGS,
  settingValue,
} from "./zone-setting-values.ts";

const NAME = "zone_setting";
const COLLECTION = "settings";

const resourceOf = (id: string, value: Json): Resource => ({
  kind: NAME,
  group: id,
  identity: id,
  fields: { value },
});

function declareSetting(id: string, value: Json): Result<Resource, Fault> {
  const values = SETTINGS.get(id);
  if (values === undefined) {
    const near = nearMatches(id, SETTINGS.keys());
    const hint =
      near.length === 0 ? "" : `, did you mean ${near.map((one) => `\`${one}\``).join(" or ")}`;
    return err({ path: [id], problem: `is not a zone setting${hint}` });
  }
  const normal = settingValue(values, value);
  return normal === undefined
    ? err({ path: [id], problem: `must be ${allowedValues(values)}` })
    : ok(resourceOf(id, normal));
}

function declare(declared: unknown): Result<readonly Resource[], readonly Fault[]> {
  const parsed = settingsSchema.safeParse(declared);
  if (!parsed.success) return err(schemaFaults(parsed.error.issues));
  const resources: Resource[] = [];
  const faults: Fault[] = [];
  for (const [id, value] of Object.entries(parsed.data)) {
    const result = declareSetting(id, value);
    if (result.ok) resources.push(result.value);
    else faults.push(result.error);
  }
  return faults.length === 0 ? ok(resources) : err(faults);
}

/** A value that this version does not know is kept as it is: it is different from what is declared, and says so. */
function normalValue(id: string, value: Json): Json {
  const values = SETTINGS.get(id);
  return values === undefined ? value : (settingValue(values, value) ?? value);
}

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a zone setting is not an object");
  const { id, editable } = raw;
  if (typeof id !== "string" || !isObjectId(id)) return err("a zone setting has no usable `id`");
  const value = raw[id === ENABLED_SETTING ? "enabled" : "value"];
  if (value === undefined || value === null) return err(`zone setting \`${id}\` has no value`);
  const system = editable === false ? "not editable on this plan" : null;
  return ok({ ...resourceOf(id, normalValue(id, value)), id, system });
}

function predict(change: Change): Fields | null {
  switch (change.op) {
    case "create":
      return change.desired.fields;
    case "update": {
      const value = change.desired.fields["value"] ?? null;
      // A declaration leaves members open, an image that is put back has none that were not there.
      return {
        value: change.restores ? value : mergedValue(value, change.observed.fields["value"]),
      };
    }
    case "delete":
      return null;
  }
}

function requestFor(change: Change, site: Site): ApiRequest {
  if (change.op === "delete") throw new Error("a zone setting cannot be deleted");
  const id = change.desired.identity;
  const value = predict(change)?.["value"] ?? null;
  const body: JsonObject = id === ENABLED_SETTING ? { enabled: value } : { value };
  return { method: "PATCH", path: `/zones/${site.id}/${COLLECTION}/${id}`, body };
}

/** There is no bulk write: one call per setting. */
const calls = (changes: readonly Change[], site: Site): readonly CallOf[] =>
  changes.map((change, position) => ({ request: requestFor(change, site), changes: [position] }));

/** It ends by itself after three hours, so declaring how it was found would only switch it off for people. */
const VOLATILE = "development_mode";

const publish = (observed: readonly ObservedResource[]): Json =>
  Object.fromEntries(
    observed
      .filter(({ identity }) => identity !== VOLATILE)
      .toSorted((a, b) => (a.identity < b.identity ? -1 : 1))
      .map(({ identity, fields }) => [identity, fields["value"] ?? null]),
  );

/** The provider's page wants `enabled` for the one setting without a value, and its schema refuses it without `value`. */
function hcl({ identity, id, fields }: ObservedResource, { site }: Live): HclResource | Unprinted {
  if (identity === VOLATILE) return { unprinted: "it ends by itself after three hours" };
  if (identity === ENABLED_SETTING)
    return { unprinted: "the provider asks for a `value`, which this setting does not have" };
  const value = fields["value"] ?? null;
  return {
    type: "cloudflare_zone_setting",
    name: identity,
    attributes: {
      zone_id: site.id,
      setting_id: identity,
      value,
    },
    importId: `${site.id}/${id}`,
  };
}

/** Zone settings: they always exist, so only those that are declared are read, compared and written. */
export const zoneSetting: Kind = {
  name: NAME,
  level: "zone",
  collection: COLLECTION,
  matchable: [],
  schema: settingsSchema,
  declare,
  observe,
  same: (_, desired, observed) => coversValue(desired, observed),
  removable: false,
  foreign: () => new Map(),
  calls,
  predict,
  describe: (resource) => `setting ${resource.identity}`,
  publish,
  hcl,
};
