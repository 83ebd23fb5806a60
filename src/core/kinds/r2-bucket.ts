import { z } from "zod";
import { isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import type { HclResource } from "../hcl.ts";
import { isObjectId } from "../ids.ts";
import {
  type ApiRequest,
  basePath,
  type CallOf,
  type Change,
  type Fault,
  type Fields,
  type Kind,
  type Live,
  objectIn,
  type ObservedResource,
  type Resource,
  type Site,
} from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { creationOnly } from "./creation-only.ts";
import { declareEach, objectOf, objectsOf, said } from "./declaration.ts";
import { mergedFields } from "./object-calls.ts";
import { hclWithin } from "./publication.ts";

const NAME = "r2_bucket";
const COLLECTION = "r2/buckets";
const JURISDICTION = "cf-r2-jurisdiction";
const STORAGE_CLASS = "cf-r2-storage-class";
const LOCK = "lock";
const DEFAULTS: Fields = { jurisdiction: "default", storage_class: "Standard" };

const condition = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("Age"), maxAgeSeconds: z.int().min(1) }),
  z.strictObject({ type: z.literal("Date"), date: z.iso.datetime() }),
  z.strictObject({ type: z.literal("Indefinite") }),
]);
const lockRule = z.strictObject({
  id: z.string().min(1).max(1_000),
  enabled: z.boolean().default(true),
  prefix: z.string().max(1_024).optional(),
  condition,
});
const bucket = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, "is not a bucket name"),
  jurisdiction: z.enum(["default", "eu", "fedramp", "fedramp-high", "us"]).optional(),
  location: z.enum(["apac", "eeur", "enam", "weur", "wnam", "oc"]).optional(),
  storage_class: z.enum(["Standard", "InfrequentAccess"]).optional(),
  /** All lock rules that the bucket may have; left out, they are not managed. */
  lock: z.array(lockRule).max(1_000).optional(),
});
type DeclaredBucket = z.infer<typeof bucket>;
const schema = z.array(bucket).max(1_000);

const lockIdentity = (name: string): string => `${LOCK} ${name}`;
/** Two jurisdictions may have buckets of one name. */
const bucketId = (name: string, jurisdiction: string): string =>
  jurisdiction === DEFAULTS["jurisdiction"] ? name : `${jurisdiction}.${name}`;

/** The group is the id that the bucket has or will have: its name says where it is, too. */
const bucketOf = (name: string, fields: Fields): Resource => ({
  kind: NAME,
  group: bucketId(name, textOf(fields["jurisdiction"]) || "default"),
  identity: name,
  fields,
});

const lockOf = (name: string, jurisdiction: string, rules: readonly JsonObject[]): Resource => ({
  kind: NAME,
  group: `${bucketId(name, jurisdiction)}.${LOCK}`,
  identity: lockIdentity(name),
  fields: { name, jurisdiction, rules },
});

/** A rule without a prefix is for everything; an instant is the same with and without its zeros. */
function normalRule({ prefix = "", condition: when = {}, ...rule }: JsonObject): JsonObject {
  const { date, ...others } = objectOf(when);
  const at = typeof date === "string" ? { date: date.replace(/\.0+Z$/, "Z") } : {};
  return { ...rule, prefix, condition: { ...others, ...at } };
}

const rulesOf = (rules: readonly JsonObject[]): readonly JsonObject[] =>
  rules.map(normalRule).toSorted((a, b) => (textOf(a["id"]) < textOf(b["id"]) ? -1 : 1));

const declareBucket = (one: DeclaredBucket): Result<Resource, never> => {
  const { name, jurisdiction, location, storage_class } = one;
  return ok(bucketOf(name, said({ name, jurisdiction, location, storage_class })));
};

function declareLock({
  name,
  jurisdiction = "default",
  lock = [],
}: DeclaredBucket): Result<Resource, readonly Fault[]> {
  const faults = lock.flatMap(({ id }, index) =>
    lock.findIndex((other) => other.id === id) < index
      ? [{ path: [LOCK, index, "id"], problem: `\`${id}\` is declared twice` }]
      : [],
  );
  const rules = rulesOf(lock.map((rule) => said(rule)));
  return faults.length === 0 ? ok(lockOf(name, jurisdiction, rules)) : err(faults);
}

/** A bucket as an object with an id, which the API does not give it. */
export const bucketObject = (raw: JsonObject): JsonObject => ({
  ...raw,
  id: bucketId(textOf(raw["name"]), textOf(raw["jurisdiction"]) || "default"),
});

/** A bucket's lock rules as an object of their own. */
export const lockObject = (
  name: string,
  jurisdiction: string,
  rules: readonly Json[],
): JsonObject => ({
  id: `${bucketId(name, jurisdiction)}.${LOCK}`,
  name,
  jurisdiction,
  rules,
});

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a bucket is not an object");
  const { id, name, rules } = raw;
  if (typeof name !== "string" || name === "") return err("a bucket has no `name`");
  if (typeof id !== "string" || !isObjectId(id))
    return err(`bucket \`${name}\` has no usable name`);
  const jurisdiction = textOf(raw["jurisdiction"]) || "default";
  if (rules !== undefined) {
    if (!Array.isArray(rules) || objectsOf(rules).some((rule) => textOf(rule["id"]) === ""))
      return err(`the lock rules of \`${name}\` are not a list of rules`);
    return ok({ ...lockOf(name, jurisdiction, rulesOf(objectsOf(rules))), id, system: null });
  }
  const fields = {
    name,
    jurisdiction,
    location: textOf(raw["location"]).toLowerCase() || null,
    storage_class: textOf(raw["storage_class"]) || null,
  };
  return ok({ ...bucketOf(name, fields), id, system: null });
}

const same = (field: string, desired: Json, observed: Json): boolean =>
  observed === null || sameJson(desired ?? DEFAULTS[field] ?? null, observed);

const subject = (change: Change): Resource =>
  change.op === "delete" ? change.observed : change.desired;

const whole = ({ identity }: Resource): string | null =>
  identity.startsWith(`${LOCK} `) ? identity.slice(LOCK.length + 1) : null;

/** The header that leads to a bucket outside the default jurisdiction. */
const inJurisdiction = (fields: Fields): Readonly<Record<string, string>> => {
  const jurisdiction = textOf(fields["jurisdiction"]) || "default";
  return jurisdiction === "default" ? {} : { [JURISDICTION]: jurisdiction };
};

const withHeaders = (request: ApiRequest, headers: Readonly<Record<string, string>>): ApiRequest =>
  Object.keys(headers).length === 0 ? request : { ...request, headers };

function requestFor(change: Change, site: Site): ApiRequest {
  const fields = predict(change) ?? subject(change).fields;
  const root = `${basePath(site)}/${COLLECTION}`;
  const path = `${root}/${textOf(fields["name"])}`;
  const headers = inJurisdiction(change.op === "create" ? fields : change.observed.fields);
  if (whole(subject(change)) !== null) {
    const rules = objectsOf(predict(change)?.["rules"]).map(({ prefix = "", ...rule }) =>
      prefix === "" ? rule : { ...rule, prefix },
    );
    return withHeaders({ method: "PUT", path: `${path}/${LOCK}`, body: { rules } }, headers);
  }
  switch (change.op) {
    case "create":
      return withHeaders({ method: "POST", path: root, body: creationBody(fields) }, headers);
    case "update":
      // All that can be changed of a bucket, and it goes out as a header.
      return withHeaders(
        { method: "PATCH", path, body: null },
        { ...headers, [STORAGE_CLASS]: textOf(fields["storage_class"]) },
      );
    case "delete":
      return withHeaders({ method: "DELETE", path, body: null }, headers);
  }
}

const creationBody = ({
  name = "",
  location = null,
  storage_class = null,
}: Fields): JsonObject => ({
  name,
  ...(location === null ? {} : { locationHint: location }),
  ...(storage_class === null ? {} : { storageClass: storage_class }),
});

function predict(change: Change): Fields | null {
  return mergedFields(change);
}

/** Buckets before their lock rules. */
function calls(changes: readonly Change[], site: Site): readonly CallOf[] {
  const all = changes.map((change, position) => ({
    request: requestFor(change, site),
    changes: [position],
    isPart: whole(subject(change)) !== null,
  }));
  const parts = all.filter(({ isPart }) => isPart);
  return [...all.filter(({ isPart }) => !isPart), ...parts].map(({ request, changes: of }) => ({
    request,
    changes: of,
  }));
}

const isLock = (object: JsonObject): boolean => "rules" in object;

function made({ name = "", locationHint = null, storageClass }: JsonObject): JsonObject {
  const storage_class = storageClass ?? DEFAULTS["storage_class"] ?? null;
  return { name, location: locationHint, storage_class, id: "" };
}

/** What a call does to one bucket: the lock list is replaced as a whole, the storage class comes in a header. */
function written(old: JsonObject, request: ApiRequest, part: string): readonly JsonObject[] | null {
  const { method, body, headers = {} } = request;
  const storage_class = headers[STORAGE_CLASS];
  const [name, jurisdiction] = [textOf(old["name"]), textOf(old["jurisdiction"]) || "default"];
  if (part === `/${LOCK}` && method === "PUT")
    return [old, lockObject(name, jurisdiction, objectsOf(body?.["rules"]))];
  if (part === "" && method === "DELETE") return [];
  const edits = part === "" && method === "PATCH" && storage_class !== undefined;
  return edits ? [{ ...old, storage_class }] : null;
}

/** Headers say where the bucket is. */
function apply(
  objects: readonly Json[],
  request: ApiRequest,
  site: Site,
): Result<readonly Json[], string> {
  const { method, path, body, headers = {} } = request;
  const jurisdiction = headers[JURISDICTION] ?? "default";
  const name = objectIn(path, COLLECTION, site) ?? "";
  if (method === "POST" && name === "" && body)
    return ok([...objects, { ...made(body), jurisdiction }]);
  const all = objects.filter(isObject);
  const its = all.filter(
    (object) => object["name"] === name && (object["jurisdiction"] ?? "default") === jurisdiction,
  );
  const old = its.find((object) => !isLock(object));
  if (old === undefined) return err(`there is no bucket \`${name}\``);
  const root = `${basePath(site)}/${COLLECTION}/${name}`;
  const now = written(old, request, path.slice(root.length));
  if (now === null) return err("not a call that is understood");
  const others = all.filter((object) => !its.includes(object));
  return ok([...others, ...now, ...(now.length === 1 ? its.filter(isLock) : [])]);
}

const isUnlocked = ({ rules }: Fields): boolean => Array.isArray(rules) && rules.length === 0;

const ruleSaid = ({ prefix = "", ...rule }: JsonObject): JsonObject =>
  prefix === "" ? rule : { ...rule, prefix };

function bucketSaid({ fields }: ObservedResource): JsonObject {
  const members = ["name", "jurisdiction", "location", "storage_class"].map(
    (member): [string, Json] => [member, fields[member] ?? null],
  );
  return Object.fromEntries(
    members.filter(([, value]) => value !== null && value !== DEFAULTS["jurisdiction"]),
  );
}

/** Lock rules stand in their bucket; where none were read, they are not managed. */
const publishBuckets = (observed: readonly ObservedResource[]): readonly JsonObject[] =>
  observed.flatMap((one) => {
    if (whole(one) !== null) return [];
    const lock = observed.find(({ group }) => group === `${one.group}.${LOCK}`);
    const rules = objectsOf(lock?.fields["rules"]).map(ruleSaid);
    return [{ ...bucketSaid(one), ...(lock === undefined ? {} : { [LOCK]: rules }) }];
  });

const terraformRule = ({ condition: when = {}, ...rule }: JsonObject): JsonObject => {
  const { maxAgeSeconds, ...others } = objectOf(when);
  const age = maxAgeSeconds === undefined ? {} : { max_age_seconds: maxAgeSeconds };
  return { ...ruleSaid(rule), condition: { ...others, ...age } };
};

/** No lock rules are no resource: the provider has nothing to write. */
function bucketHcl(one: ObservedResource, { site }: Live): HclResource | null {
  const { name = "", jurisdiction = "", rules } = one.fields;
  const place = jurisdiction === DEFAULTS["jurisdiction"] ? {} : { jurisdiction };
  if (whole(one) === null)
    return {
      type: "cloudflare_r2_bucket",
      name: one.group,
      attributes: { account_id: site.id, ...bucketSaid(one) },
      importId: `${site.id}/${textOf(name)}/${textOf(jurisdiction)}`,
    };
  if (isUnlocked(one.fields)) return null;
  return {
    type: "cloudflare_r2_bucket_lock",
    name: one.group,
    attributes: {
      account_id: site.id,
      bucket_name: name,
      ...place,
      rules: objectsOf(rules).map(terraformRule),
    },
    // "This resource does not currently support `terraform import`."
    importId: "",
  };
}

/** R2 buckets, and the rules that keep what is in them from being changed. Not the objects themselves. */
export const r2Bucket: Kind = {
  name: NAME,
  level: "account",
  collection: COLLECTION,
  schema,
  declare(declared, site) {
    const parsed = schema.safeParse(declared);
    const buckets = declareEach(schema, declareBucket)(declared, site);
    if (!buckets.ok || !parsed.success) return buckets;
    const locked = new Set(
      parsed.data.flatMap(({ name, lock }) => (lock === undefined ? [] : [lockIdentity(name)])),
    );
    const locks = declareEach(schema, declareLock)(declared, site);
    return locks.ok
      ? ok([...buckets.value, ...locks.value.filter(({ identity }) => locked.has(identity))])
      : locks;
  },
  observe,
  same,
  matchable: ["name"],
  removable: true,
  holdsData: true,
  whole,
  isEmpty: isUnlocked,
  handsOff: creationOnly("jurisdiction", "location"),
  foreign: () => new Map(),
  calls,
  predict,
  apply,
  publish: publishBuckets,
  hcl: hclWithin(bucketHcl, "jurisdiction", new Set(["default", "eu", "fedramp"])),
  describe: ({ identity }) => (identity.startsWith(`${LOCK} `) ? identity : `bucket ${identity}`),
};
