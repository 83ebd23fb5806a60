/** Workers: uploads as a whole or not at all, secrets that never return, routes and domains. */
import { exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectWritesAudited } from "./audited.ts";
import { ACCOUNT, API, api, BOOKS, codes, control, fault, list, remove, reset } from "./client.ts";
import type { Fields, Reply } from "./client.ts";

const SCRIPTS = `/accounts/${ACCOUNT}/workers/scripts`;
const DOMAINS = `/accounts/${ACCOUNT}/workers/domains`;
const ROUTES = `/zones/${BOOKS}/workers/routes`;

const CODE = "export default { fetch() { return new Response('ahoy'); } }\nexport class Counter {}";
const METADATA = { main_module: "index.js", compatibility_date: "2026-01-15" };

interface Script extends Fields {
  id: string;
  etag: string;
  tag: string;
}

interface Upload {
  readonly metadata?: Fields;
  readonly modules?: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>;
  readonly query?: string;
}

function form({ metadata = {}, modules = { "index.js": CODE } }: Upload): FormData {
  const body = new FormData();
  const text = JSON.stringify({ ...METADATA, ...metadata });
  body.set("metadata", new File([text], "blob", { type: "application/json" }));
  for (const [name, content] of Object.entries(modules)) {
    const type = name.endsWith(".wasm") ? "application/wasm" : "application/javascript+module";
    body.set(name, new File([content], name, { type }));
  }
  return body;
}

const upload = (name: string, sent: Upload = {}): Promise<Reply<Script>> =>
  api(`PUT ${SCRIPTS}/${name}${sent.query ?? ""}`, { body: form(sent), isUndescribed: true });

const settings = async (name: string) => (await api(`GET ${SCRIPTS}/${name}/settings`)).result;
const bindings = async (name: string) => (await settings(name))["bindings"] as Fields[];

/** Without the check: code comes back as a form, which the description does not know. */
async function code(name: string, path = "/content/v2"): Promise<Response> {
  return exports.default.fetch(`http://sandbox/client/v4${SCRIPTS}/${name}${path}`, {
    headers: { authorization: "Bearer sandbox-dashboard" },
  });
}

beforeEach(reset);
afterEach(expectWritesAudited);

describe("Worker scripts", () => {
  it("are uploaded, listed without their code, read with it, and deleted", async () => {
    const wasm = new Uint8Array([0, 97, 115, 109, 255, 254]);
    const { result } = await upload("ahoy", { modules: { "index.js": CODE, "a/b.wasm": wasm } });
    expect(result).toMatchObject({ id: "ahoy", has_modules: true, handlers: ["fetch"] });
    const listed = await api<Script[]>(`GET ${SCRIPTS}`);
    expect(listed.text).not.toContain("new Response");
    expect(listed.result.map(({ id }) => id)).toContain("ahoy");
    const answer = await code("ahoy");
    expect(answer.headers.get("cf-entrypoint")).toBe("index.js");
    const parts = await answer.formData();
    expect(await (parts.get("index.js") as File).text()).toBe(CODE);
    const bytes = await (parts.get("a/b.wasm") as File).arrayBuffer();
    expect(new Uint8Array(bytes)).toEqual(wasm);
    await api(`DELETE ${SCRIPTS}/ahoy`);
    expect(codes(await api(`GET ${SCRIPTS}/ahoy/settings`))).toEqual([10007]);
  });

  it("without modules come back as JavaScript", async () => {
    const text = "addEventListener('fetch', (event) => event.respondWith(new Response('old')))";
    const metadata = { main_module: undefined, body_part: "script" };
    await upload("old", { metadata, modules: { script: text } });
    const { text: read, headers } = await api(`GET ${SCRIPTS}/old`);
    expect(read).toBe(text);
    expect(headers.get("content-type")).toBe("application/javascript");
  });

  it("have an etag that depends on the code alone", async () => {
    const first = (await upload("a")).result;
    const metadata = { bindings: [{ name: "X", type: "plain_text", text: "1" }] };
    expect((await upload("b", { metadata })).result.etag).toBe(first.etag);
    const other = await upload("a", { modules: { "index.js": `${CODE} ` } });
    expect(other.result.etag).not.toBe(first.etag);
    expect(other.result.tag).toBe(first.tag);
  });

  it("of several megabytes are kept whole", async () => {
    const big = new Uint8Array(3_500_000).map((_, index) => (index * 7919) % 251);
    await upload("big", { modules: { "index.js": CODE, "data.wasm": big } });
    const parts = await (await code("big")).formData();
    expect(new Uint8Array(await (parts.get("data.wasm") as File).arrayBuffer())).toEqual(big);
  });

  it.each([
    ["a main module that is not there", { metadata: { main_module: "main.js" } }, 10021],
    ["neither main module nor body part", { metadata: { main_module: null } }, 10021],
    [
      "a compatibility date in the future",
      { metadata: { compatibility_date: "2199-01-01" } },
      10021,
    ],
    ["code that handles nothing", { modules: { "index.js": "const x = 1" } }, 10068],
    ["a binding of an unknown type", { metadata: { bindings: [{ name: "X", type: "y" }] } }, 10021],
    ["a binding without a name", { metadata: { bindings: [{ type: "ai" }] } }, 10052],
    [
      "a binding without its fields",
      { metadata: { bindings: [{ name: "X", type: "queue" }] } },
      10021,
    ],
    [
      "two bindings of one name",
      {
        metadata: {
          bindings: [
            { name: "X", type: "ai" },
            { name: "X", type: "ai" },
          ],
        },
      },
      10021,
    ],
    [
      "a value that is too long",
      { metadata: { bindings: [{ name: "X", type: "plain_text", text: "x".repeat(6000) }] } },
      10054,
    ],
  ])("are refused with %s", async (_what, sent, code_) => {
    expect(codes(await upload("bad", sent as Upload))).toEqual([code_]);
    expect((await api(`GET ${SCRIPTS}/bad/settings`)).status).toBe(404);
  });

  it.each([
    [{ type: "kv_namespace", namespace_id: "0".repeat(32) }, 10041],
    [{ type: "d1", database_id: "00000000-0000-0000-0000-000000000000" }, 10181],
    [{ type: "r2_bucket", bucket_name: "nobodys" }, 10085],
    [{ type: "queue", queue_name: "nobodys" }, 11000],
    [{ type: "service", service: "nobody" }, 10144],
    [{ type: "durable_object_namespace", class_name: "Nobody" }, 10061],
    [{ type: "vectorize", index_name: "nobodys" }, 10159],
  ])("are refused when %j names nothing", async (binding, code_) => {
    const metadata = { bindings: [{ name: "X", ...binding }] };
    expect(codes(await upload("bad", { metadata }))).toEqual([code_]);
  });

  it("are refused above the size limit", async () => {
    await control("PUT /options", { worker_bytes_max: 1000 });
    const random = crypto.getRandomValues(new Uint8Array(2000));
    const refused = await upload("bad", { modules: { "index.js": CODE, "x.wasm": random } });
    expect(codes(refused)).toEqual([10027]);
  });

  it("are refused with a name that is none, and without a form", async () => {
    expect(codes(await upload("no.dots"))).toEqual([10016]);
    const refused = await api(`PUT ${SCRIPTS}/x`, { body: METADATA, isUndescribed: true });
    expect(codes(refused)).toEqual([10026]);
  });

  it("can be a body of JavaScript, but a form that says it is one is read as code", async () => {
    const headers = { "content-type": "application/javascript" };
    const body = "addEventListener('fetch', () => {})";
    const taken = await api(`PUT ${SCRIPTS}/old`, { body, headers, isUndescribed: true });
    expect(taken.result).toMatchObject({ has_modules: false, handlers: ["fetch"] });
    const text = await new Response(form({})).text();
    const wrong = await api(`PUT ${SCRIPTS}/old`, { body: text, headers, isUndescribed: true });
    expect(wrong.errors[0]?.message).toMatch(/Uncaught SyntaxError/);
  });

  it("and settings are refused without the part that says what they are", async () => {
    const empty = new FormData();
    empty.set("metadata[main_module]", "index.js");
    const script = await api(`PUT ${SCRIPTS}/bad`, { body: empty, isUndescribed: true });
    expect(script.errors[0]?.message).toBe("could not read content for part metadata");
    const path = `${SCRIPTS}/harbor-api/settings`;
    const settled = await api(`PATCH ${path}`, { body: empty, isUndescribed: true });
    expect(codes(settled)).toEqual([10021]);
  });

  it("change as a whole or not at all when an upload fails", async () => {
    const before = (await upload("ahoy")).result;
    const modules = { "index.js": `${CODE}//2` };
    const bad = { bindings: [{ name: "X", type: "queue", queue_name: "nobodys" }] };
    await upload("ahoy", { modules, metadata: bad });
    await fault({ match: { method: "PUT" }, effect: { type: "drop_request" } });
    await expect(upload("ahoy", { modules })).rejects.toThrow(/connection cut/);
    const kept = await (await code("ahoy")).formData();
    expect(await (kept.get("index.js") as File).text()).toBe(CODE);
    await fault({ match: { method: "PUT" }, effect: { type: "status_after", status: 502 } });
    expect((await upload("ahoy", { modules })).status).toBe(502);
    const parts = await (await code("ahoy")).formData();
    expect(await (parts.get("index.js") as File).text()).toBe(modules["index.js"]);
    const now = (await api<Script[]>(`GET ${SCRIPTS}`)).result.find(({ id }) => id === "ahoy");
    expect(now?.etag).not.toBe(before.etag);
  });

  it("that others are bound to are deleted only by force", async () => {
    await upload("used");
    const metadata = { bindings: [{ name: "USED", type: "service", service: "used" }] };
    await upload("user", { metadata });
    expect((await api(`DELETE ${SCRIPTS}/used`)).status).toBe(400);
    expect((await api(`DELETE ${SCRIPTS}/used?force=true`)).status).toBe(200);
  });
});

const text = (name: string, value: string) => ({ name, type: "plain_text", text: value });

describe("bindings", () => {
  it("59 come back sorted by name", async () => {
    const metadata = { bindings: [text("Z", "1"), text("A", "2"), { name: "M", type: "ai" }] };
    await upload("ahoy", { metadata });
    expect((await bindings("ahoy")).map(({ name }) => name)).toEqual(["A", "M", "Z"]);
  });

  it("54 never tell the value of a secret", async () => {
    const secret = { name: "KEY", type: "secret_text", text: "never to be seen" };
    await upload("ahoy", { metadata: { bindings: [secret] } });
    expect(await bindings("ahoy")).toEqual([{ name: "KEY", type: "secret_text" }]);
    const window = "?since=2026-01-01&before=2036-01-01";
    const audit = await api(`GET /accounts/${ACCOUNT}/logs/audit${window}`);
    expect(audit.text).not.toContain(secret.text);
  });

  it("are gone with the next upload, unless kept or inherited", async () => {
    const all = [text("A", "1"), text("B", "2"), { name: "KEY", type: "secret_text", text: "x" }];
    await upload("ahoy", { metadata: { bindings: all } });
    const inherit = { name: "C", type: "inherit", old_name: "A" };
    const metadata = { bindings: [inherit], keep_bindings: ["secret_text"] };
    await upload("ahoy", { metadata });
    expect(await bindings("ahoy")).toEqual([text("C", "1"), { name: "KEY", type: "secret_text" }]);
    await upload("ahoy");
    expect(await bindings("ahoy")).toEqual([]);
  });

  it("that cannot be inherited are dropped, or refused in strict mode", async () => {
    const metadata = { bindings: [{ name: "GONE", type: "inherit" }] };
    const strict = await upload("ahoy", { metadata, query: "?bindings_inherit=strict" });
    expect(codes(strict)).toEqual([10057]);
    expect((await upload("ahoy", { metadata })).status).toBe(200);
    expect(await bindings("ahoy")).toEqual([]);
  });

  it("reach storage, queues, other Workers and own classes that exist", async () => {
    const queue = await api(`POST /accounts/${ACCOUNT}/queues`, { body: { queue_name: "orders" } });
    expect(queue.status).toBe(200);
    const metadata = {
      bindings: [
        { name: "Q", type: "queue", queue_name: "orders" },
        { name: "S", type: "service", service: "harbor-api" },
        { name: "D", type: "durable_object_namespace", class_name: "Counter" },
        ...(await bindings("harbor-api")).filter(({ type }) => type !== "secret_text"),
      ],
    };
    expect((await upload("ahoy", { metadata })).status).toBe(200);
    const own = (await bindings("ahoy")).find(({ name }) => name === "D");
    expect(own).toMatchObject({ class_name: "Counter" });
    expect(own?.["namespace_id"]).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe("the settings of a Worker", () => {
  it("are changed by PATCH in what it names", async () => {
    await upload("ahoy", { metadata: { bindings: [{ name: "A", type: "ai" }] } });
    const body = new FormData();
    body.set("settings", JSON.stringify({ compatibility_flags: ["nodejs_compat"], tags: ["t"] }));
    await api(`PATCH ${SCRIPTS}/ahoy/settings`, { body });
    expect(await settings("ahoy")).toMatchObject({
      compatibility_date: METADATA.compatibility_date,
      compatibility_flags: ["nodejs_compat"],
      bindings: [{ name: "A", type: "ai" }],
    });
    await api(`PATCH ${SCRIPTS}/ahoy/script-settings`, { body: { logpush: true } });
    const script = await api(`GET ${SCRIPTS}/ahoy/script-settings`);
    expect(script.result).toMatchObject({ logpush: true, tags: ["t"] });
  });

  it("have secrets that can be set, listed and removed", async () => {
    await upload("ahoy");
    const path = `${SCRIPTS}/ahoy/secrets`;
    const body = { name: "KEY", text: "never to be seen", type: "secret_text" };
    expect((await api(`PUT ${path}`, { body })).result).toEqual({
      name: "KEY",
      type: "secret_text",
    });
    const bulk = { secrets: { TWO: { name: "TWO", text: "x", type: "secret_text" }, KEY: null } };
    await api(`PATCH ${path}-bulk`, { body: bulk });
    expect((await api(`GET ${path}`)).result).toEqual([{ name: "TWO", type: "secret_text" }]);
    expect((await api(`GET ${path}/TWO`)).status).toBe(200);
    await api(`DELETE ${path}/TWO`);
    expect(codes(await api(`DELETE ${path}/TWO`))).toEqual([10056]);
  });

  it("have schedules, an address below workers.dev, versions and deployments", async () => {
    await upload("ahoy");
    const path = `${SCRIPTS}/ahoy`;
    const crons = [{ cron: "*/5  * * * *" }, { cron: "0 0 * * MON" }];
    await api(`PUT ${path}/schedules`, { body: crons });
    const { result } = await api<{ schedules: Fields[] }>(`GET ${path}/schedules`);
    expect(result.schedules.map(({ cron }) => cron)).toEqual(["*/5 * * * *", "0 0 * * MON"]);
    const wrong = await api(`PUT ${path}/schedules`, { body: [{ cron: "often" }] });
    expect(wrong.status).toBe(400);
    await api(`POST ${path}/subdomain`, { body: { enabled: true } });
    expect((await api(`GET ${path}/subdomain`)).result).toMatchObject({ enabled: true });
    await upload("ahoy", { modules: { "index.js": `${CODE}//2` } });
    const versions = await api<{ items: Fields[] }>(`GET ${path}/versions`);
    expect(versions.result.items.map(({ number }) => number)).toEqual([2, 1]);
    const [newest] = versions.result.items;
    // Described as an object; public clients read a list.
    const version = await (await code("ahoy", `/versions/${String(newest?.["id"])}`)).json();
    expect(version).toMatchObject({ result: { number: 2, resources: { bindings: [] } } });
    const deployed = await api<{ deployments: Fields[] }>(`GET ${path}/deployments`);
    expect(deployed.result.deployments[0]).toMatchObject({
      versions: [{ version_id: newest?.["id"], percentage: 100 }],
    });
    expect((await api(`GET /accounts/${ACCOUNT}/workers/subdomain`)).status).toBe(200);
  });
});

const route = (pattern: string, script?: string) =>
  api<{ id: string; pattern: string }>(`POST ${ROUTES}`, {
    body: { pattern, ...(script === undefined ? {} : { script }) },
  });

describe("routes", () => {
  it("are created, read, replaced and deleted", async () => {
    const { result } = await route("*.harbor-books.example/x/*", "harbor-api");
    const body = { pattern: "harbor-books.example/y" };
    await api(`PUT ${ROUTES}/${result.id}`, { body });
    expect((await api(`GET ${ROUTES}/${result.id}`)).result).toEqual({ id: result.id, ...body });
    await api(`DELETE ${ROUTES}/${result.id}`);
    expect((await api(`GET ${ROUTES}/${result.id}`)).status).toBe(404);
    expect((await api<Fields[]>(`GET ${ROUTES}`)).result).toMatchObject([
      { pattern: "harbor-books.example/katalog/*", script: "harbor-redirects" },
    ]);
  });

  it.each([
    "harbor-api.example/*",
    "shop.*.harbor-books.example/*",
    "harbor-books.example/*/x",
    "harbor-books.example/?q=*",
    "ftp://harbor-books.example/",
    "evilharbor-books.example/",
  ])("refuse the pattern %s", async (pattern) => {
    expect(codes(await route(pattern, "harbor-api"))).toEqual([10022]);
  });

  it("refuse a pattern twice, and a Worker that does not exist", async () => {
    await route("harbor-books.example/x");
    expect(codes(await route("Harbor-Books.example/x"))).toEqual([10020]);
    expect(codes(await route("harbor-books.example/y", "nobody"))).toEqual([10019]);
  });

  it("go with their Worker", async () => {
    await api(`DELETE ${SCRIPTS}/harbor-redirects`);
    expect((await api(`GET ${ROUTES}`)).result).toEqual([]);
  });
});

describe("custom domains", () => {
  const hostname = "worker.harbor-books.example";
  const attach = (body: Fields = {}) =>
    api<{ id: string }>(`PUT ${DOMAINS}`, { body: { hostname, service: "harbor-api", ...body } });

  it("19 come with a record that nobody may touch, and go with it", async () => {
    const { result } = await attach({ zone_id: BOOKS });
    const [record] = (await list(`?name=${hostname}`)).result;
    expect(record).toMatchObject({
      type: "AAAA",
      content: "100::",
      proxied: true,
      meta: { read_only: true },
    });
    expect(record?.meta["origin_worker_id"]).toMatch(/^[0-9a-f]{32}$/);
    expect((await remove(record?.id ?? "")).status).toBe(400);
    await attach({ service: "harbor-redirects" });
    expect((await api<Fields[]>(`GET ${DOMAINS}?hostname=${hostname}`)).result).toMatchObject([
      { id: result.id, service: "harbor-redirects", zone_name: "harbor-books.example" },
    ]);
    expect((await list(`?name=${hostname}`)).result).toHaveLength(1);
    await api(`DELETE ${DOMAINS}/${result.id}`);
    expect((await list(`?name=${hostname}`)).result).toEqual([]);
    expect((await api(`GET ${DOMAINS}/${result.id}`)).status).toBe(404);
  });

  it("refuse foreign records in their way, unless told to replace them", async () => {
    const taken = { hostname: "staging.harbor-books.example" };
    expect(codes(await attach(taken))).toEqual([100117]);
    const forced = {
      hostname: taken.hostname,
      service: "harbor-api",
      override_existing_dns_record: true,
    };
    const answer = await api(`PUT ${DOMAINS}`, { body: forced, isUndescribed: true });
    expect(answer.status).toBe(200);
  });

  it("refuse other zones and Workers that do not exist", async () => {
    expect((await attach({ hostname: "x.example.org" })).status).toBe(400);
    expect((await attach({ zone_id: API })).status).toBe(400);
    expect(codes(await attach({ service: "nobody" }))).toEqual([10007]);
  });
});

it("the seeded Workers are bound to storage that exists", async () => {
  const types = (await bindings("harbor-api")).map(({ type }) => type);
  expect(new Set(types)).toEqual(
    new Set(["d1", "kv_namespace", "plain_text", "r2_bucket", "secret_text"]),
  );
});
