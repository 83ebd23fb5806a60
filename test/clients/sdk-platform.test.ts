/** The official SDK against the sandbox: Workers, KV, D1, R2 and notifications. */
import { type Cloudflare, ConflictError, NotFoundError } from "cloudflare";
import { beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, BOOKS, useSandbox, ZONE_NAME } from "./sandbox.ts";
import { all, codesOf, connect, failureOf } from "./sdk-client.ts";

const sandbox = useSandbox();
let client: Cloudflare;

beforeEach(() => {
  client = connect(sandbox());
});

const zone = { zone_id: BOOKS };
const account = { account_id: ACCOUNT };
const CODE = "export default { fetch() { return new Response('ahoy'); } }";

const jsonPart = (value: unknown): File =>
  new File([JSON.stringify(value)], "blob", { type: "application/json" });

const metadata = {
  main_module: "index.js",
  compatibility_date: "2026-01-15",
  bindings: [{ name: "GREETING", type: "plain_text" as const, text: "ahoy" }],
};

/** As curl and wrangler do it, for what the package cannot. */
async function upload(): Promise<void> {
  const body = new FormData();
  body.set("metadata", jsonPart(metadata));
  body.set("index.js", code());
  const path = `/client/v4/accounts/${ACCOUNT}/workers/scripts/ahoy`;
  const response = await sandbox().fetch(path, { method: "PUT", body });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ result: { id: "ahoy", handlers: ["fetch"] } });
}
const code = (): File => new File([CODE], "index.js", { type: "application/javascript+module" });

describe("Workers of the SDK", () => {
  it("cannot be uploaded by 7.3.0 as it is: 10021", async () => {
    const params = { ...account, metadata, files: [code()] };
    const error = await failureOf(client.workers.scripts.update("ahoy", params));
    expect([error.status, ...codesOf(error)]).toEqual([400, 10021]);
    const ids = (await all(client.workers.scripts.list(account))).map(({ id }) => id);
    expect(ids).not.toContain("ahoy");
  });

  it("can be uploaded by it with the parts as files and no content type of its own", async () => {
    const files = { metadata: jsonPart(metadata) as unknown as typeof metadata, files: [code()] };
    const headers = { "content-type": null };
    await client.workers.scripts.update("ahoy", { ...account, ...files }, { headers });
    expect(await client.workers.scripts.get("ahoy", account)).toContain(CODE);
  });

  it("take settings from a part that is a file; 7.3.0 would send fields", async () => {
    await upload();
    const { scriptAndVersionSettings: settings } = client.workers.scripts;
    const wanted = { compatibility_date: "2026-02-01" };
    const error = await failureOf(settings.edit("ahoy", { ...account, settings: wanted }));
    expect([error.status, ...codesOf(error)]).toEqual([400, 10021]);
    const part = jsonPart(wanted) as unknown as typeof wanted;
    expect(await settings.edit("ahoy", { ...account, settings: part })).toMatchObject({
      ...wanted,
      bindings: [{ name: "GREETING" }],
    });
  });

  it("are uploaded as a form, listed, read and deleted", async () => {
    await upload();
    const { scripts } = client.workers;
    const ids = (await all(scripts.list(account))).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["harbor-api", "harbor-redirects", "ahoy"]));
    expect(await scripts.get("ahoy", account)).toContain(CODE);
    const whole = await scripts.content.get("ahoy", account);
    expect(await whole.text()).toContain(CODE);
    await scripts.delete("ahoy", account);
    expect(codesOf(await failureOf(scripts.settings.get("ahoy", account)))).toEqual([10007]);
  });

  it("have settings, secrets and schedules", async () => {
    await upload();
    const { scripts } = client.workers;
    const settings = await scripts.scriptAndVersionSettings.get("ahoy", account);
    expect(settings).toMatchObject({
      compatibility_date: "2026-01-15",
      bindings: [{ name: "GREETING", type: "plain_text", text: "ahoy" }],
    });
    await scripts.settings.edit("ahoy", { ...account, logpush: true, tags: ["team:web"] });
    expect(await scripts.settings.get("ahoy", account)).toMatchObject({
      logpush: true,
      tags: ["team:web"],
    });
    const secret = { name: "KEY", type: "secret_text" as const, text: "not to be told" };
    await scripts.secrets.update("ahoy", { ...account, ...secret });
    expect(await all(scripts.secrets.list("ahoy", account))).toEqual([
      { name: "KEY", type: "secret_text" },
    ]);
    await scripts.secrets.delete("KEY", { ...account, script_name: "ahoy" });
    expect(await all(scripts.secrets.list("ahoy", account))).toEqual([]);
    await scripts.schedules.update("ahoy", { ...account, body: [{ cron: "0 3 * * *" }] });
    expect(await scripts.schedules.get("ahoy", account)).toMatchObject({
      schedules: [{ cron: "0 3 * * *" }],
    });
  });

  it("are reached by routes and by custom domains", async () => {
    await upload();
    const { routes, domains } = client.workers;
    const made = await routes.create({ ...zone, pattern: `${ZONE_NAME}/ahoy/*`, script: "ahoy" });
    const id = made.id ?? "";
    const pattern = `${ZONE_NAME}/ahoi/*`;
    await routes.update(id, { ...zone, pattern, script: "ahoy" });
    expect(await routes.get(id, zone)).toMatchObject({ pattern, script: "ahoy" });
    expect((await all(routes.list(zone))).map((route) => route.pattern).toSorted()).toEqual([
      pattern,
      `${ZONE_NAME}/katalog/*`,
    ]);
    await routes.delete(id, zone);
    expect(await all(routes.list(zone))).toHaveLength(1);
    const hostname = `ahoy.${ZONE_NAME}`;
    const domain = await domains.update({ ...account, ...zone, hostname, service: "ahoy" });
    expect(await domains.get(domain.id ?? "", account)).toMatchObject({ hostname });
    expect(await all(domains.list(account))).toMatchObject([{ hostname, service: "ahoy" }]);
    expect(await sandbox().records(hostname)).toMatchObject([{ type: "AAAA", content: "100::" }]);
    await domains.delete(domain.id ?? "", account);
    expect(await sandbox().records(hostname)).toEqual([]);
  });
});

describe("storage of the SDK", () => {
  it("KV: namespaces and values", async () => {
    const { namespaces } = client.kv;
    const { id } = await namespaces.create({ ...account, title: "carts" });
    await namespaces.update(id, { ...account, title: "baskets" });
    expect(await namespaces.get(id, account)).toMatchObject({ title: "baskets" });
    const titles = (await all(namespaces.list({ ...account, per_page: 5 }))).map(
      ({ title }) => title,
    );
    expect(titles.toSorted()).toEqual(["baskets", "feature-flags", "shop-sessions"]);
    const of = { ...account, namespace_id: id };
    await namespaces.values.update("a/b", { ...of, value: "hello", metadata: '{"n":1}' });
    expect(await (await namespaces.values.get("a/b", of)).text()).toBe("hello");
    const body = Array.from({ length: 25 }, (_, i) => ({ key: `k${i}`, value: `${i}` }));
    await namespaces.bulkUpdate(id, { ...account, body });
    const keys = await all(namespaces.keys.list(id, { ...account, limit: 10 }));
    expect(keys.map(({ name }) => name).toSorted()).toEqual(
      ["a/b", ...body.map(({ key }) => key)].toSorted(),
    );
    const got = await namespaces.bulkGet(id, { ...account, keys: ["k1", "k2"] });
    expect(got).toMatchObject({ values: { k1: "1", k2: "2" } });
    await namespaces.bulkDelete(id, { ...account, body: body.map(({ key }) => key) });
    await namespaces.values.delete("a/b", of);
    expect(await all(namespaces.keys.list(id, account))).toEqual([]);
    await namespaces.delete(id, account);
    expect(await failureOf(namespaces.get(id, account))).toBeInstanceOf(NotFoundError);
  });

  it("D1: databases", async () => {
    const { database } = client.d1;
    const made = await database.create({ ...account, name: "ledger" });
    const id = made.uuid ?? "";
    expect(
      (await all(database.list({ ...account, per_page: 10 }))).map(({ name }) => name),
    ).toEqual(expect.arrayContaining(["orders", "ledger"]));
    await database.edit(id, { ...account, read_replication: { mode: "auto" } });
    expect(await database.get(id, account)).toMatchObject({ read_replication: { mode: "auto" } });
    await database.update(id, { ...account, read_replication: { mode: "disabled" } });
    await database.delete(id, account);
    expect(await failureOf(database.get(id, account))).toBeInstanceOf(NotFoundError);
  });

  it("R2: buckets, their locks and life cycles", async () => {
    const { buckets } = client.r2;
    await buckets.create({ ...account, name: "invoices", storageClass: "InfrequentAccess" });
    expect(await buckets.get("invoices", account)).toMatchObject({ name: "invoices" });
    const listed = (await buckets.list(account)).buckets ?? [];
    expect(listed.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["harbor-audit-log", "harbor-covers", "invoices"]),
    );
    const rules = [
      { id: "ten-years", enabled: true, condition: { type: "Age" as const, maxAgeSeconds: 315e6 } },
    ];
    await buckets.locks.update("invoices", { ...account, rules });
    expect(await buckets.locks.get("invoices", account)).toMatchObject({ rules });
    expect(await buckets.locks.get("harbor-audit-log", account)).toMatchObject({
      rules: [{ id: "tiles-forever", prefix: "tile/" }],
    });
    const cold = { ...account, storage_class: "Standard" as const };
    expect(await buckets.edit("invoices", cold)).toMatchObject({ storage_class: "Standard" });
    await buckets.lifecycle.update("invoices", { ...account, rules: [] });
    await buckets.locks.update("invoices", { ...account, rules: [] });
    await buckets.delete("invoices", account);
    expect(await failureOf(buckets.get("invoices", account))).toBeInstanceOf(NotFoundError);
  });
});

describe("notifications of the SDK", () => {
  it("go to webhooks, as policies say", async () => {
    const { policies, destinations } = client.alerting;
    const hook = { ...account, name: "pager", url: "https://pager.example/in", secret: "hidden" };
    const { id = "" } = await destinations.webhooks.create(hook);
    await destinations.webhooks.update(id, { ...hook, name: "second pager" });
    const read = await destinations.webhooks.get(id, account);
    expect(read).toMatchObject({ name: "second pager" });
    expect(JSON.stringify(read)).not.toContain("hidden");
    const names = (await all(destinations.webhooks.list(account))).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["driftless", "second pager"]));
    const policy = {
      ...account,
      name: "Origin errors",
      alert_type: "http_alert_origin_error" as const,
      enabled: true,
      mechanisms: { webhooks: [{ id }] },
    };
    const made = await policies.create(policy);
    const at = made.id ?? "";
    await policies.update(at, { ...account, enabled: false });
    expect(await policies.get(at, account)).toMatchObject({ name: policy.name, enabled: false });
    expect((await all(policies.list(account))).map(({ name }) => name)).toContain(policy.name);
    const inUse = destinations.webhooks.delete(id, account);
    expect(await failureOf(inUse)).toBeInstanceOf(ConflictError);
    await policies.delete(at, account);
    await destinations.webhooks.delete(id, account);
    const available = await client.alerting.availableAlerts.list(account);
    expect(Object.keys(available).length).toBeGreaterThan(3);
    expect(await all(client.alerting.history.list({ ...account, per_page: 5 }))).toEqual([]);
  });
});
