/** R2 buckets, their lock rules and their lifecycle rules. Objects come through the control plane. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import { ApiError, invalidParameter, type Answer } from "../envelope.ts";
import { digestId } from "../model/identifiers.ts";
import type { Call, Operation } from "../product.ts";
import {
  JURISDICTIONS,
  LifecycleRule,
  LOCATIONS,
  LockRule,
  objectsOf,
  R2_BUCKET,
  RULES_MAX,
  STORAGE_CLASSES,
  type StoredBucket,
} from "../storage/r2.ts";
import type { Shelf } from "../store.ts";
import { ownAccount } from "./accounts.ts";

/** Reported by others, except the last two. */
const CODE = {
  exists: 10004,
  invalidName: 10005,
  notFound: 10006,
  notEmpty: 10008,
  invalid: 10029,
  locked: 10069,
  noCors: 10059,
} as const;

const shelf = (call: Call): Shelf<StoredBucket> => call.shelf(R2_BUCKET, ownAccount(call).id);

const refusal = (code: number, message: string, status = 400): ApiError =>
  new ApiError(status, { code, message });

/** The choice in a header, in any case; `undefined` when the header is absent. */
function headerChoice<T extends string>(
  call: Call,
  name: string,
  choices: readonly T[],
): T | undefined {
  const given = call.request.headers.get(name);
  if (given === null) return undefined;
  const choice = choices.find((known) => known.toLowerCase() === given.toLowerCase());
  if (choice !== undefined) return choice;
  throw refusal(CODE.invalid, `the header ${name} must be one of ${choices.join(", ")}`);
}

const jurisdictionOf = (call: Call) =>
  headerChoice(call, "cf-r2-jurisdiction", JURISDICTIONS) ?? "default";

/** A bucket of another jurisdiction does not exist for who does not name it. */
function bucketOf(call: Call): StoredBucket {
  const found = shelf(call).get(`${jurisdictionOf(call)}/${call.param("bucket_name")}`);
  if (found !== undefined) return found;
  throw refusal(CODE.notFound, "The specified bucket does not exist.", 404);
}

function shown(bucket: StoredBucket): Record<string, unknown> {
  const {
    id: _id,
    locks: _locks,
    lifecycle: _lifecycle,
    cors: _cors,
    is_public: _public,
    ...rest
  } = bucket;
  return rest;
}

function changed(
  call: Call,
  { name }: StoredBucket,
  change: { action: "create" | "update" | "delete"; type?: string; response: unknown },
): void {
  const { action, type = "bucket", response } = change;
  call.changed({
    action,
    resource: { id: name, type, product: "r2", scope: "accounts" },
    request: call.body.type === "none" ? null : jsonBody(call.body),
    response,
  });
}

const PER_PAGE = { initial: 20, max: 1000 };

function list(call: Call): Answer {
  const { query } = call;
  const jurisdiction = jurisdictionOf(call);
  const part = query.text("name_contains") ?? "";
  const sign = query.oneOf("direction", ["asc", "desc"]) === "desc" ? -1 : 1;
  query.oneOf("order", ["name"]);
  const found = shelf(call)
    .list()
    .filter((bucket) => bucket.jurisdiction === jurisdiction && bucket.name.includes(part))
    .toSorted((a, b) => sign * (a.name < b.name ? -1 : 1));
  const after = decoded(query.text("cursor") ?? "") ?? query.text("start_after") ?? "";
  const rest = found.filter(({ name }) => after === "" || sign * (name > after ? 1 : -1) > 0);
  const beyond = rest.filter(({ name }) => name !== after);
  const size = Math.max(1, query.integer("per_page", PER_PAGE.initial));
  const perPage = Math.min(PER_PAGE.max, size);
  const page = beyond.slice(0, perPage);
  const last = page.at(-1);
  const isLast = last === undefined || page.length === beyond.length;
  const cursor = isLast ? {} : { cursor: btoa(last.name) };
  return { result: { buckets: page.map(shown) }, info: { per_page: perPage, ...cursor } };
}

function decoded(cursor: string): string | undefined {
  if (cursor === "") return undefined;
  if (/^[A-Za-z0-9+/]+=*$/.test(cursor)) return atob(cursor);
  throw invalidParameter("Invalid value for `cursor`");
}

const one = (call: Call): Answer => ({ result: shown(bucketOf(call)) });

const Create = z.strictObject({
  name: z.string(),
  locationHint: z.enum(LOCATIONS).optional(),
  storageClass: z.enum(STORAGE_CLASSES).optional(),
});

function create(call: Call): Answer {
  const buckets = shelf(call);
  const { name, locationHint, storageClass } = call.json(Create);
  if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)) {
    throw refusal(CODE.invalidName, "The specified bucket name is not valid.");
  }
  const jurisdiction = jurisdictionOf(call);
  const id = `${jurisdiction}/${name}`;
  if (buckets.get(id) !== undefined) {
    const message = "The bucket you tried to create already exists, and you own it.";
    throw refusal(CODE.exists, message, 409);
  }
  const bucket: StoredBucket = {
    id,
    name,
    creation_date: call.timestamp,
    location: locationHint ?? "weur",
    jurisdiction,
    storage_class: storageClass ?? "Standard",
    locks: [],
    lifecycle: [],
  };
  buckets.put(bucket);
  changed(call, bucket, { action: "create", response: shown(bucket) });
  return { result: shown(bucket) };
}

/** The storage class comes in a header, for new objects. */
function edit(call: Call): Answer {
  const before = bucketOf(call);
  const storage_class = headerChoice(call, "cf-r2-storage-class", STORAGE_CLASSES);
  const named = headerChoice(call, "storage_class", STORAGE_CLASSES);
  const bucket = { ...before, storage_class: storage_class ?? named ?? before.storage_class };
  shelf(call).put(bucket);
  changed(call, bucket, { action: "update", response: shown(bucket) });
  return { result: shown(bucket) };
}

function remove(call: Call): Answer {
  const bucket = bucketOf(call);
  if (bucket.locks.length > 0) {
    throw refusal(CODE.locked, "The bucket you tried to delete has lock rules.", 409);
  }
  if (objectsOf(call, bucket).size > 0) {
    throw refusal(CODE.notEmpty, "The bucket you tried to delete is not empty.", 409);
  }
  shelf(call).delete(bucket.id);
  changed(call, bucket, { action: "delete", response: null });
  return { result: {} };
}

function distinct<T extends { readonly id: string }>(rules: readonly T[]): readonly T[] {
  const twin = rules.find(({ id }, at) => rules.findIndex((other) => other.id === id) < at);
  if (twin === undefined) return rules;
  throw refusal(CODE.invalid, `the rule id '${twin.id}' occurs twice`);
}

const Locks = z.strictObject({ rules: z.array(LockRule).max(RULES_MAX).optional() });

/** Replaces the whole list, also by an empty one: whoever may edit a bucket may unlock it. */
function putLocks(call: Call): Answer {
  const bucket = bucketOf(call);
  const { rules = [] } = call.json(Locks);
  for (const { condition } of rules) {
    if (condition.type !== "Date" || !Number.isNaN(Date.parse(condition.date))) continue;
    throw refusal(CODE.invalid, `'${condition.date}' is not a date`);
  }
  shelf(call).put({ ...bucket, locks: distinct(rules) });
  changed(call, bucket, { action: "update", type: "bucket_lock", response: { rules } });
  return { result: {} };
}

const Lifecycle = z.strictObject({ rules: z.array(LifecycleRule).max(RULES_MAX).optional() });

function putLifecycle(call: Call): Answer {
  const bucket = bucketOf(call);
  const { rules = [] } = call.json(Lifecycle);
  shelf(call).put({ ...bucket, lifecycle: distinct(rules) });
  changed(call, bucket, { action: "update", type: "bucket_lifecycle", response: { rules } });
  return { result: {} };
}

const locks = (call: Call): Answer => ({ result: { rules: bucketOf(call).locks } });
const lifecycle = (call: Call): Answer => ({ result: { rules: bucketOf(call).lifecycle } });

function cors(call: Call): Answer {
  const { cors: rules } = bucketOf(call);
  if (rules !== undefined) return { result: { rules } };
  throw refusal(CODE.noCors, "The CORS configuration does not exist.", 404);
}

const Cors = z.strictObject({ rules: z.array(z.looseObject({})).max(100) });

function putCors(call: Call): Answer {
  const bucket = bucketOf(call);
  const { rules } = call.json(Cors);
  shelf(call).put({ ...bucket, cors: rules });
  changed(call, bucket, { action: "update", type: "bucket_cors", response: { rules } });
  return { result: {} };
}

function removeCors(call: Call): Answer {
  const { cors: _rules, ...bucket } = bucketOf(call);
  shelf(call).put(bucket);
  changed(call, bucket, { action: "delete", type: "bucket_cors", response: null });
  return { result: {} };
}

/** No bucket is served to anybody here. */
function domains(call: Call): Answer {
  bucketOf(call);
  return { result: { domains: [] } };
}

function managedDomain(call: Call): Answer {
  const { id, is_public: enabled = false } = bucketOf(call);
  const bucketId = digestId("bucket", id);
  return { result: { bucketId, domain: `pub-${bucketId}.r2.dev`, enabled } };
}

function putManagedDomain(call: Call): Answer {
  const bucket = bucketOf(call);
  const { enabled } = call.json(z.object({ enabled: z.boolean() }));
  shelf(call).put({ ...bucket, is_public: enabled });
  const answer = managedDomain(call);
  changed(call, bucket, { action: "update", type: "bucket_domain", response: answer.result });
  return answer;
}

const ROOT = "/accounts/:account_id/r2/buckets";
const ONE = `${ROOT}/:bucket_name`;

export const R2: readonly Operation[] = [
  { method: "GET", path: ROOT, needs: "r2:read", handle: list },
  { method: "POST", path: ROOT, needs: "r2:write", handle: create },
  { method: "GET", path: ONE, needs: "r2:read", handle: one },
  { method: "PATCH", path: ONE, needs: "r2:write", handle: edit },
  { method: "DELETE", path: ONE, needs: "r2:write", handle: remove },
  { method: "GET", path: `${ONE}/lock`, needs: "r2:read", handle: locks },
  { method: "PUT", path: `${ONE}/lock`, needs: "r2:write", handle: putLocks },
  { method: "GET", path: `${ONE}/lifecycle`, needs: "r2:read", handle: lifecycle },
  { method: "PUT", path: `${ONE}/lifecycle`, needs: "r2:write", handle: putLifecycle },
  { method: "GET", path: `${ONE}/cors`, needs: "r2:read", handle: cors },
  { method: "PUT", path: `${ONE}/cors`, needs: "r2:write", handle: putCors },
  { method: "DELETE", path: `${ONE}/cors`, needs: "r2:write", handle: removeCors },
  { method: "GET", path: `${ONE}/domains/custom`, needs: "r2:read", handle: domains },
  { method: "GET", path: `${ONE}/domains/managed`, needs: "r2:read", handle: managedDomain },
  { method: "PUT", path: `${ONE}/domains/managed`, needs: "r2:write", handle: putManagedDomain },
];
