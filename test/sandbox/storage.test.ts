/** KV, D1 and R2 of the account, and S20: locks on objects. */
import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, api, codes, control, reset, type Fields } from "./client.ts";

beforeEach(reset);

const KV = `/accounts/${ACCOUNT}/storage/kv/namespaces`;
const D1 = `/accounts/${ACCOUNT}/d1/database`;
const R2 = `/accounts/${ACCOUNT}/r2/buckets`;

const audit = async () => {
  const query = "?since=2026-01-01&before=2036-01-01";
  const { result } = await api<{ action: Fields; resource: Fields }[]>(
    `GET /accounts/${ACCOUNT}/logs/audit${query}`,
  );
  return result.map(({ action, resource }) => [action["type"], resource["type"], resource["id"]]);
};

describe("KV namespaces", () => {
  it("are listed in pages, created, renamed and deleted", async () => {
    const { result, info } = await api<Fields[]>(`GET ${KV}?order=title`);
    expect(result.map(({ title }) => title)).toEqual(["feature-flags", "shop-sessions"]);
    expect(info).toMatchObject({ total_count: 2, page: 1 });
    const body = { title: "carts", jurisdiction: "eu" };
    const { id } = (await api(`POST ${KV}`, { body })).result;
    expect((await api(`GET ${KV}/${String(id)}`)).result).toMatchObject({ ...body, id });
    const renamed = await api(`PUT ${KV}/${String(id)}`, { body: { title: "baskets" } });
    expect(renamed.result).toMatchObject({ title: "baskets", jurisdiction: "eu" });
    expect((await api(`DELETE ${KV}/${String(id)}`)).result).toBeNull();
    const gone = await api(`GET ${KV}/${String(id)}`);
    expect([gone.status, ...codes(gone)]).toEqual([404, 10013]);
    expect(await audit()).toEqual([
      ["delete", "namespace", id],
      ["update", "namespace", id],
      ["create", "namespace", id],
    ]);
  });

  it("have a title once: 10014", async () => {
    const twin = await api(`POST ${KV}`, { body: { title: "feature-flags" } });
    expect([twin.status, ...codes(twin)]).toEqual([400, 10014]);
    const [first] = (await api<Fields[]>(`GET ${KV}?order=title`)).result;
    const path = `PUT ${KV}/${String(first?.["id"])}`;
    expect(codes(await api(path, { body: { title: "shop-sessions" } }))).toEqual([10014]);
    expect((await api(path, { body: { title: "feature-flags" } })).status).toBe(200);
  });
});

async function namespace(): Promise<string> {
  return `${KV}/${String((await api<Fields[]>(`GET ${KV}`)).result[0]?.["id"])}`;
}

describe("KV values", () => {
  it("are bytes, with metadata and an end", async () => {
    const at = await namespace();
    await api(`PUT ${at}/values/a%2Fb`, { body: '{"x":1}' });
    const reply = await api(`GET ${at}/values/a%2Fb`);
    expect([reply.text, reply.headers.get("content-type")]).toEqual([
      '{"x":1}',
      "application/octet-stream",
    ]);
    const form = new FormData();
    form.set("value", "hello");
    form.set("metadata", '{"n":1}');
    await api(`PUT ${at}/values/c?expiration_ttl=600`, { body: form });
    expect((await api(`GET ${at}/metadata/c`)).result).toEqual({ n: 1 });
    const { result } = await api<Fields[]>(`GET ${at}/keys`);
    expect(result).toMatchObject([{ name: "a/b" }, { name: "c", metadata: { n: 1 } }]);
    await control("PUT /options", { clock_offset_ms: 601_000 });
    const expired = await api(`GET ${at}/values/c`);
    expect([expired.status, ...codes(expired)]).toEqual([404, 10009]);
    expect((await api(`DELETE ${at}/values/a%2Fb`)).status).toBe(200);
    expect((await api(`GET ${at}/keys`)).result).toEqual([]);
  });

  it("are written, read and deleted in bulk, and listed in cursor pages", async () => {
    const at = await namespace();
    const keys = Array.from({ length: 25 }, (_, i) => `k${String(i).padStart(2, "0")}`);
    const entries = keys.map((key) => ({ key, value: btoa(key), base64: true }));
    const put = await api(`PUT ${at}/bulk`, { body: entries });
    expect(put.result).toEqual({ successful_key_count: 25, unsuccessful_keys: [] });
    const body = { keys: ["k01", "none"] };
    const got = await api(`POST ${at}/bulk/get`, { body });
    expect(got.result).toEqual({ values: { k01: "k01" } });
    const whole = await api(`POST ${at}/bulk/get`, { body: { ...body, withMetadata: true } });
    expect(whole.result).toEqual({
      values: { k01: { value: "k01", metadata: null }, none: null },
    });
    const first = await api<Fields[]>(`GET ${at}/keys?limit=10&prefix=k`);
    expect(first.result).toHaveLength(10);
    const cursor = first.info["cursor"] as string;
    const second = await api<Fields[]>(`GET ${at}/keys?limit=20&prefix=k&cursor=${cursor}`);
    expect(second.result.map(({ name }) => name)).toEqual(keys.slice(10));
    expect(second.info["cursor"]).toBe("");
    await api(`POST ${at}/bulk/delete`, { body: keys });
    expect((await api(`GET ${at}/keys`)).result).toEqual([]);
  });

  it("keep their values out of the audit log", async () => {
    const at = await namespace();
    await api(`PUT ${at}/values/secret`, { body: "s3cret-value" });
    const query = "?since=2026-01-01&before=2036-01-01";
    const { text } = await api(`GET /accounts/${ACCOUNT}/logs/audit${query}`);
    expect(text).toMatch("secret");
    expect(text).not.toMatch("s3cret-value");
  });
});

describe("D1 databases", () => {
  it("are listed, created, read, changed and deleted", async () => {
    const { result } = await api<Fields[]>(`GET ${D1}`);
    expect(result).toMatchObject([{ name: "orders", jurisdiction: "eu" }]);
    const body = { name: "stock", primary_location_hint: "weur" };
    const { uuid } = (await api(`POST ${D1}`, { body })).result;
    expect(uuid).toMatch(/^[0-9a-f]{8}-/);
    const path = `${D1}/${String(uuid)}`;
    expect((await api(`GET ${path}`)).result).toMatchObject({
      name: "stock",
      read_replication: { mode: "disabled" },
    });
    const patch = { read_replication: { mode: "auto" } };
    expect((await api(`PATCH ${path}`, { body: patch })).result).toMatchObject(patch);
    expect((await api(`PATCH ${path}`, { body: {} })).result).toMatchObject(patch);
    expect((await api(`PUT ${path}`, { body: {}, isUndescribed: true })).status).toBe(400);
    expect((await api<Fields[]>(`GET ${D1}?name=sto`)).result).toHaveLength(1);
    expect((await api(`DELETE ${path}`)).result).toEqual({});
    const gone = await api(`GET ${path}`);
    expect([gone.status, ...codes(gone)]).toEqual([404, 7404]);
    expect((await audit()).map(([type]) => type)).toEqual(["delete", "update", "update", "create"]);
  });

  it("have a name once", async () => {
    const twin = await api(`POST ${D1}`, { body: { name: "orders" } });
    expect([twin.status, ...codes(twin)]).toEqual([400, 7502]);
  });
});

interface Buckets {
  buckets: { name: string; [field: string]: unknown }[];
}

describe("R2 buckets", () => {
  it("are listed with a cursor", async () => {
    for (const name of ["aaa", "bbb", "ccc"]) await api(`POST ${R2}`, { body: { name } });
    const seen: string[] = [];
    for (let query: string | undefined = "?per_page=2"; query !== undefined;) {
      const { result, info } = await api<Buckets>(`GET ${R2}${query}`);
      seen.push(...result.buckets.map(({ name }) => name));
      const cursor = info["cursor"] as string | undefined;
      query = cursor === undefined ? undefined : `?per_page=2&cursor=${cursor}`;
    }
    expect(seen).toEqual(["aaa", "bbb", "ccc", "harbor-audit-log", "harbor-covers"]);
    const { result } = await api<Buckets>(`GET ${R2}?name_contains=harbor&direction=desc`);
    expect(result.buckets.map(({ name }) => name)).toEqual(["harbor-covers", "harbor-audit-log"]);
    const from = await api<Buckets>(`GET ${R2}?start_after=ccc`);
    expect(from.result.buckets).toHaveLength(2);
  });

  it("belong to a jurisdiction, which hides them from the others", async () => {
    const headers = { "cf-r2-jurisdiction": "eu" };
    const body = { name: "harbor-covers", locationHint: "eeur", storageClass: "InfrequentAccess" };
    const { status, result } = await api(`POST ${R2}`, { body, headers });
    expect([status, result]).toMatchObject([
      200,
      { jurisdiction: "eu", location: "eeur", storage_class: "InfrequentAccess" },
    ]);
    expect((await api(`GET ${R2}/harbor-covers`)).result["jurisdiction"]).toBe("default");
    expect((await api(`GET ${R2}/harbor-covers`, { headers })).result).toEqual(result);
    const wrong = { "cf-r2-jurisdiction": "mars" };
    expect((await api(`GET ${R2}`, { headers: wrong })).status).toBe(400);
  });

  it("exist once, with a proper name", async () => {
    const twin = await api(`POST ${R2}`, { body: { name: "harbor-covers" } });
    expect([twin.status, ...codes(twin)]).toEqual([409, 10004]);
    for (const name of ["ab", "A-bucket", "-ab", "a_b", "a".repeat(64)]) {
      expect(codes(await api(`POST ${R2}`, { body: { name } }))).toEqual([10005]);
    }
    const none = await api(`GET ${R2}/none-such`);
    expect([none.status, ...codes(none)]).toEqual([404, 10006]);
  });
});

describe("R2 buckets, changed and deleted", () => {
  it("change their storage class by a header", async () => {
    const headers = { "cf-r2-storage-class": "InfrequentAccess" };
    const { result } = await api(`PATCH ${R2}/harbor-covers`, { headers });
    expect(result["storage_class"]).toBe("InfrequentAccess");
    expect((await api(`GET ${R2}/harbor-covers`)).result).toEqual(result);
  });

  it("go only without lock rules and objects", async () => {
    expect((await api(`DELETE ${R2}/harbor-audit-log`)).status).toBe(409);
    await object("PUT", "harbor-covers", "a.jpg");
    expect(codes(await api(`DELETE ${R2}/harbor-covers`))).toEqual([10008]);
    await object("DELETE", "harbor-covers", "a.jpg");
    expect((await api(`DELETE ${R2}/harbor-covers`)).status).toBe(200);
    expect(await audit()).toEqual([["delete", "bucket", "harbor-covers"]]);
  });

  it("have lifecycle rules, replaced as a whole", async () => {
    const path = `${R2}/harbor-covers/lifecycle`;
    expect((await api(`GET ${path}`)).result).toMatchObject({
      rules: [{ id: "thumbnails-expire" }],
    });
    const rule = { id: "a", enabled: true, conditions: { prefix: "" } };
    expect((await api(`PUT ${path}`, { body: { rules: [rule] } })).result).toEqual({});
    expect((await api(`GET ${path}`)).result).toEqual({ rules: [rule] });
    expect((await api(`PUT ${path}`, { body: { rules: [rule, rule] } })).status).toBe(400);
  });
});

/** A door of the control plane: the API has none for objects. */
async function object(method: string, bucket: string, key: string): Promise<number> {
  const url = `http://sandbox/sandbox/r2/${bucket}/objects/${key}`;
  const body = method === "PUT" ? { body: "content" } : {};
  return (await exports.default.fetch(url, { method, ...body })).status;
}

const LOCK = `${R2}/harbor-covers/lock`;
const lock = (rules: readonly Fields[]) => api(`PUT ${LOCK}`, { body: { rules } });
const rule = (id: string, condition: Fields, more: Fields = {}): Fields => ({
  id,
  enabled: true,
  condition,
  ...more,
});

/** Who may overwrite which of the three objects. */
const overwritten = async () => [
  await object("PUT", "harbor-covers", "age/1"),
  await object("PUT", "harbor-covers", "a2"),
  await object("PUT", "harbor-covers", "free"),
];

describe("S20 bucket locks", () => {
  it("keep objects from being overwritten and deleted, and let new keys in", async () => {
    const bucket = "harbor-audit-log";
    const calls = [
      ["PUT", "tile/0/000"],
      ["PUT", "tile/0/000"],
      ["DELETE", "tile/0/000"],
      ["PUT", "tile/0/001"],
      ["PUT", "checkpoint"],
      ["PUT", "checkpoint"],
      ["DELETE", "checkpoint"],
    ] as const;
    const answers = [];
    for (const [method, key] of calls) answers.push(await object(method, bucket, key));
    expect(answers).toEqual([200, 409, 409, 200, 200, 200, 200]);
    const { objects } = await control<{ objects: Fields[] }>(`GET /r2/${bucket}/objects`);
    expect(objects.map(({ key }) => key)).toEqual(["tile/0/000", "tile/0/001"]);
  });

  it("hold for an age, until a date or for ever; the strictest wins", async () => {
    const day = 86_400_000;
    await control("PUT /options", { clock_offset_ms: 0 });
    const date = new Date(Date.now() + 2 * day).toISOString();
    await lock([
      rule("age", { type: "Age", maxAgeSeconds: 86_400 }, { prefix: "age/" }),
      rule("date", { type: "Date", date }, { prefix: "a" }),
      rule("off", { type: "Indefinite" }, { enabled: false }),
    ]);
    for (const key of ["age/1", "a2", "free"]) await object("PUT", "harbor-covers", key);
    expect(await overwritten()).toEqual([409, 409, 200]);
    await lock([rule("age", { type: "Age", maxAgeSeconds: 86_400 }, { prefix: "age/" })]);
    await control("PUT /options", { clock_offset_ms: day - 60_000 });
    expect(await overwritten()).toEqual([409, 200, 200]);
    await control("PUT /options", { clock_offset_ms: day + 60_000 });
    expect(await overwritten()).toEqual([200, 200, 200]);
  });
});

describe("S20 the list of locks", () => {
  it("apply to objects that were there before, and end with the rule", async () => {
    await object("PUT", "harbor-covers", "a");
    await lock([rule("all", { type: "Indefinite" })]);
    expect(await object("DELETE", "harbor-covers", "a")).toBe(409);
    await lock([]);
    expect((await api(`GET ${LOCK}`)).result).toEqual({ rules: [] });
    expect(await object("DELETE", "harbor-covers", "a")).toBe(200);
  });

  it("are replaced as a whole list, of at most 1,000 rules with different ids", async () => {
    const many = Array.from({ length: 1001 }, (_, i) => rule(`r${i}`, { type: "Indefinite" }));
    expect((await lock(many)).status).toBe(400);
    expect((await lock(many.slice(1))).status).toBe(200);
    expect((await lock([rule("a", { type: "Indefinite" })])).result).toEqual({});
    expect((await api(`GET ${LOCK}`)).result).toEqual({
      rules: [rule("a", { type: "Indefinite" })],
    });
    for (const bad of [
      [rule("a", { type: "Indefinite" }), rule("a", { type: "Age", maxAgeSeconds: 1 })],
      [rule("a", { type: "Age" })],
      [rule("a", { type: "Age", maxAgeSeconds: 0 })],
      [rule("a", { type: "Date", date: "soon" })],
      [rule("a", { type: "Sometimes" })],
    ]) {
      expect((await lock(bad)).status).toBe(400);
    }
    expect((await audit()).at(-1)).toEqual(["update", "bucket_lock", "harbor-covers"]);
  });

  it("can be set by the vault's token and only be seen by the swarm's", async () => {
    const body = { rules: [] };
    expect((await api(`GET ${LOCK}`, { token: "sandbox-swarm-read" })).status).toBe(200);
    expect((await api(`PUT ${LOCK}`, { token: "sandbox-swarm-read", body })).status).toBe(403);
    expect((await api(`PUT ${LOCK}`, { token: "sandbox-vault-write", body })).status).toBe(200);
  });
});
