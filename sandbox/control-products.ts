/** The control plane's own doors into rulesets and buckets: what no client of the API can do. */
import { createHash } from "node:crypto";
import type { Hono } from "hono";
import { ApiError } from "./envelope.ts";
import { ACCOUNT_ID } from "./identities.ts";
import { ZONE } from "./model/zone.ts";
import { RULESET } from "./rulesets/ruleset.ts";
import { Rulesets, type Scope } from "./rulesets/rulesets.ts";
import { lockOf, objectsOf, R2_BUCKET, type StoredBucket } from "./storage/r2.ts";
import type { World } from "./world.ts";

export const PRODUCT_ROUTES = {
  "POST /sandbox/rulesets/:id/touch": "another version of a ruleset, as if somebody had written",
  "GET /sandbox/r2/:bucket/objects": "the objects of a bucket: ?jurisdiction=",
  "PUT|GET|DELETE /sandbox/r2/:bucket/objects/:key": "one object, under the bucket's lock rules",
};

export function productRoutes(app: Hono, world: World): void {
  app.post("/sandbox/rulesets/:id/touch", (context) =>
    context.json(touch(world, context.req.param("id"))),
  );
  objectRoutes(app, world);
}

/** Unaudited: a version that moved without an entry is what a lost feed looks like. */
function touch(world: World, id: string): { id: string; version: string } {
  const zones = world.store.shelf(ZONE, ACCOUNT_ID).list();
  const scopes: Scope[] = [
    { type: "accounts", id: ACCOUNT_ID, plan: "enterprise" },
    ...zones.map((zone) => ({ type: "zones", id: zone.id, plan: zone.plan }) as const),
  ];
  const scope = scopes.find((one) => world.store.shelf(RULESET, one.id).get(id) !== undefined);
  if (scope === undefined) throw new ApiError(404, { code: 10003, message: `no ruleset ${id}` });
  const timestamp = new Date(world.now()).toISOString();
  const { version } = world.store.transaction(() =>
    new Rulesets(world.store, scope, { timestamp }).touch(id),
  );
  return { id, version };
}

function bucketOf(world: World, name: string, jurisdiction = "default"): StoredBucket {
  const bucket = world.store.shelf(R2_BUCKET, ACCOUNT_ID).get(`${jurisdiction}/${name}`);
  if (bucket !== undefined) return bucket;
  throw new ApiError(404, { code: 10006, message: "The specified bucket does not exist." });
}

/** S20: overwriting and deleting are denied under a lock, new keys are not. */
function refuseLocked(world: World, bucket: StoredBucket, key: string): void {
  const object = objectsOf(world.store, bucket).get(key);
  const lock = object === undefined ? undefined : lockOf(bucket, object, world.now());
  if (lock === undefined) return;
  throw new ApiError(409, {
    code: 10069,
    message: `the object is protected by the bucket lock rule '${lock.id}'`,
  });
}

function objectRoutes(app: Hono, world: World): void {
  const path = "/sandbox/r2/:bucket/objects/:key{.+}";
  app.get("/sandbox/r2/:bucket/objects", (context) => {
    const bucket = bucketOf(world, context.req.param("bucket"), context.req.query("jurisdiction"));
    return context.json({ objects: objectsOf(world.store, bucket).list().map(shown) });
  });
  app.get(path, (context) => {
    const bucket = bucketOf(world, context.req.param("bucket"), context.req.query("jurisdiction"));
    const object = objectsOf(world.store, bucket).get(context.req.param("key"));
    if (object === undefined) throw new ApiError(404, { code: 10007, message: "no such key" });
    return context.json(shown(object));
  });
  app.put(path, async (context) => {
    const bytes = new Uint8Array(await context.req.arrayBuffer());
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const bucket = bucketOf(world, context.req.param("bucket"), context.req.query("jurisdiction"));
    const id = context.req.param("key");
    refuseLocked(world, bucket, id);
    const uploaded = new Date(world.now()).toISOString();
    const object = { id, size: bytes.byteLength, sha256, uploaded };
    objectsOf(world.store, bucket).put(object);
    return context.json(shown(object));
  });
  app.delete(path, (context) => {
    const bucket = bucketOf(world, context.req.param("bucket"), context.req.query("jurisdiction"));
    const key = context.req.param("key");
    refuseLocked(world, bucket, key);
    objectsOf(world.store, bucket).delete(key);
    return context.json({ key });
  });
}

const shown = ({ id, ...rest }: { readonly id: string }) => ({ key: id, ...rest });
