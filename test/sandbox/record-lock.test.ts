/** The record's bucket is locked by the deployment, and the same rules can be declared. */
import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { lockDeclaration, lockRecord } from "../../cli/lock-record.ts";
import { isObjectId, mint } from "../../src/core/ids.ts";
import { r2Bucket } from "../../src/core/kinds/r2-bucket.ts";
import { RETENTION_MONTHS } from "../../src/core/log/retention.ts";
import { ACCOUNT, api, type Fields, reset } from "./client.ts";

const BUCKET = "driftless-record";
const R2 = `/accounts/${ACCOUNT}/r2/buckets`;
const lock = (of: { months?: number; bucket?: string; shards?: number } = {}) =>
  lockRecord({
    fetch: (request) => exports.default.fetch(request),
    apiBase: "http://sandbox/client/v4",
    token: "sandbox-dashboard",
    accountId: ACCOUNT,
    bucket: BUCKET,
    months: RETENTION_MONTHS,
    shards: 1,
    ...of,
  });
const rules = async () => (await api<{ rules: Fields[] }>(`GET ${R2}/${BUCKET}/lock`)).result.rules;

beforeEach(async () => {
  await reset();
  await api(`POST ${R2}`, { body: { name: BUCKET } });
});

describe("the record's bucket", () => {
  it("is locked for 13 months where it is written once, and nowhere else", async () => {
    expect(await lock()).toMatchObject({ changed: true });
    expect((await rules()).map(({ prefix }) => prefix)).toEqual(["tile/", "evidence/"]);
    for (const { condition, enabled } of await rules())
      expect([condition, enabled]).toEqual([{ type: "Age", maxAgeSeconds: 34_819_200 }, true]);
    expect(await lock()).toMatchObject({ changed: false });
  });

  it("is locked for every log of a record in shards", async () => {
    await lock();
    expect(await lock({ shards: 3 })).toMatchObject({ changed: true });
    expect((await rules()).map(({ prefix }) => prefix)).toEqual([
      "tile/",
      "evidence/",
      "root/tile/",
      "shard/1/tile/",
      "shard/2/tile/",
    ]);
  });

  it("keeps what is written once, in every log, and lets be replaced and erased what has to be", async () => {
    await lock({ shards: 3 });
    const at = (method: string, key: string, body?: string) =>
      exports.default.fetch(
        new Request(`http://sandbox/sandbox/r2/${BUCKET}/objects/${key}`, {
          method,
          ...(body === undefined ? {} : { body }),
        }),
      );
    const kept = ["tile/0/000", "tile/entries/000.p/3", "evidence/a.json", "root/tile/0/000"];
    const free = ["checkpoint", "personal/a.json", "root/checkpoint", "shard/2/checkpoint"];
    for (const key of [...kept, "shard/2/tile/0/000", ...free])
      expect((await at("PUT", key, "first")).ok, key).toBe(true);
    for (const key of [...kept, "shard/2/tile/0/000"]) {
      expect((await at("PUT", key, "second")).ok, `${key} overwritten`).toBe(false);
      expect((await at("DELETE", key)).ok, `${key} deleted`).toBe(false);
    }
    for (const key of free) {
      expect((await at("PUT", key, "second")).ok, key).toBe(true);
      expect((await at("DELETE", key)).ok, key).toBe(true);
    }
  });

  it("keeps the rules of others, and is never locked for a shorter time", async () => {
    const theirs = { id: "theirs", enabled: true, prefix: "x/", condition: { type: "Indefinite" } };
    await api(`PUT ${R2}/${BUCKET}/lock`, { body: { rules: [theirs] } });
    await lock({ months: 24 });
    expect((await rules()).map(({ id }) => id)).toContain("theirs");
    await expect(lock({ months: 13 })).rejects.toThrow("not shortened");
    await expect(lock({ bucket: "nowhere" })).rejects.toThrow(/nowhere/);
  });

  it("can be declared with the same rules, so that a lost lock is drift", async () => {
    await lock();
    const text = lockDeclaration(BUCKET, RETENTION_MONTHS, 1);
    const { r2_bucket: declared } = parse(text) as { r2_bucket: unknown };
    const site = { level: "account", id: mint(isObjectId, ACCOUNT), name: "Harbor" } as const;
    const read = r2Bucket.schema.safeParse(declared);
    expect(read.success).toBe(true);
    const wanted = (read.data as { lock: Fields[] }[])[0]?.lock;
    expect(wanted).toEqual(await rules());
    expect(r2Bucket.declare(read.data, site)).toMatchObject({ ok: true });
  });
});
