/** Versions and deployments of Workers, and the addresses by which `wrangler` knows them. */
import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, api, BOOKS, codes, type Fields, reset } from "./client.ts";

beforeEach(reset);

const WORKERS = `/accounts/${ACCOUNT}/workers`;
const SCRIPT = `${WORKERS}/scripts/tide`;
const AGENT = { "user-agent": "wrangler/4.164.0" };

const codeOf = (text: string): string =>
  `export default { fetch() { return new Response(${JSON.stringify(text)}); } }`;

function form(text: string, metadata: Fields = {}): FormData {
  const body = new FormData();
  const said = { main_module: "index.js", compatibility_date: "2026-01-15", ...metadata };
  body.set("metadata", new File([JSON.stringify(said)], "blob", { type: "application/json" }));
  const type = "application/javascript+module";
  body.set("index.js", new File([codeOf(text)], "index.js", { type }));
  return body;
}

const upload = (text: string, metadata: Fields = {}) =>
  api<{ etag: string }>(`PUT ${SCRIPT}`, { body: form(text, metadata), isUndescribed: true });

/** Past the description: it has an object for the list of bindings, and bytes for every code. */
async function raw(call: string, body?: FormData): Promise<Response> {
  const [method = "", path = ""] = call.split(" ");
  const headers = { authorization: "Bearer sandbox-dashboard", ...AGENT };
  const sent = body === undefined ? {} : { body };
  return exports.default.fetch(`http://sandbox/client/v4${path}`, { method, headers, ...sent });
}

async function newVersion(text: string, metadata: Fields = {}) {
  const answer = await raw(`POST ${SCRIPT}/versions`, form(text, metadata));
  const { result }: { result: { id: string; number: number } } = await answer.json();
  return result;
}

const deploy = (versions: readonly [string, number][]) =>
  api<{ id: string }>(`POST ${SCRIPT}/deployments`, {
    body: {
      strategy: "percentage",
      versions: versions.map(([version_id, percentage]) => ({ version_id, percentage })),
      annotations: { "workers/message": "tide" },
    },
  });

const live = async () => {
  const text = await (await raw(`GET ${SCRIPT}/content/v2`)).text();
  const settings = (await api<{ bindings: Fields[] }>(`GET ${SCRIPT}/settings`)).result;
  return { code: text, names: settings.bindings.map(({ name }) => name) };
};

const deployments = async () =>
  (await api<{ deployments: Fields[] }>(`GET ${SCRIPT}/deployments`)).result.deployments;

const variable = (name: string): Fields => ({
  bindings: [{ name, type: "plain_text", text: "x" }],
});

describe("a version", () => {
  it("is kept beside what answers requests, until it is deployed", async () => {
    await upload("one", variable("ONE"));
    const two = await newVersion("two", variable("TWO"));
    expect(two).toMatchObject({ number: 2, metadata: { source: "wrangler" } });
    expect(await live()).toMatchObject({ code: expect.stringContaining('"one"'), names: ["ONE"] });
    expect(await deployments()).toHaveLength(1);
    await deploy([[two.id, 100]]);
    expect(await live()).toMatchObject({ code: expect.stringContaining('"two"'), names: ["TWO"] });
  });

  it("that was can be deployed again, with its settings and its code", async () => {
    await upload("one", variable("ONE"));
    const [first] = (await api<{ items: { id: string }[] }>(`GET ${SCRIPT}/versions`)).result.items;
    await upload("two", variable("TWO"));
    await deploy([[first?.id ?? "", 100]]);
    expect(await live()).toMatchObject({ code: expect.stringContaining('"one"'), names: ["ONE"] });
    expect((await deployments())[0]).toMatchObject({
      strategy: "percentage",
      annotations: { "workers/message": "tide" },
      versions: [{ version_id: first?.id, percentage: 100 }],
    });
  });

  it("shares the traffic; the percentages are a whole, and both versions exist", async () => {
    await upload("one");
    const two = await newVersion("two");
    const three = await newVersion("three");
    await deploy([
      [two.id, 30],
      [three.id, 70],
    ]);
    expect((await live()).code).toContain('"three"');
    expect((await deploy([[two.id, 30]])).status).toBe(400);
    expect((await deploy([["0", 100]])).status).toBe(400);
    const [newest, ...older] = await deployments();
    expect((await api(`DELETE ${SCRIPT}/deployments/${String(newest?.["id"])}`)).status).toBe(400);
    await api(`DELETE ${SCRIPT}/deployments/${String(older[0]?.["id"])}`);
    expect(await deployments()).toHaveLength(older.length);
    const paged = await api<{ items: Fields[] }>(`GET ${SCRIPT}/deployments?per_page=1`);
    expect(paged.result.items).toEqual([{ deployments: (await deployments()).slice(0, 1) }]);
  });

  it("of a seeded Worker can be deployed again, too", async () => {
    const path = `${WORKERS}/scripts/harbor-api`;
    const { items } = (await api<{ items: { id: string }[] }>(`GET ${path}/versions`)).result;
    const body = {
      strategy: "percentage",
      versions: [{ version_id: items[0]?.id, percentage: 100 }],
    };
    const content = async () =>
      (await (await raw(`GET ${path}/content/v2`)).text()).replaceAll(/sandbox-\w+/g, "");
    const before = await content();
    expect((await api(`POST ${path}/deployments`, { body })).status).toBe(200);
    expect(await content()).toBe(before);
  });
});

it("classes are known under the names that bundlers give and export them by", async () => {
  const text = [
    "var Boat = class extends Base {};",
    "class Hull {}",
    "export { Hull as Vessel, Boat, index_default as default };",
    "var index_default = { fetch() {} };",
  ].join("\n");
  const body = new FormData();
  const bindings = ["Boat", "Vessel"].map((name) => {
    return { name: name.toUpperCase(), type: "durable_object_namespace", class_name: name };
  });
  const metadata = { main_module: "index.js", bindings };
  body.set("metadata", new File([JSON.stringify(metadata)], "blob", { type: "application/json" }));
  const type = "application/javascript+module";
  body.set("index.js", new File([text], "index.js", { type }));
  expect((await api(`PUT ${SCRIPT}`, { body, isUndescribed: true })).status).toBe(200);
  const namespaces = await api<Fields[]>(`GET ${WORKERS}/durable_objects/namespaces`);
  expect(namespaces.result.map((one) => one["class"])).toEqual(["Boat", "Vessel"]);
});

describe("a service", () => {
  it("is the Worker with its one environment, and 10090 when there is none", async () => {
    expect(codes(await api(`GET ${WORKERS}/services/tide`))).toEqual([10090]);
    await upload("one", variable("ONE"));
    const service = await api(`GET ${WORKERS}/services/tide`);
    expect(service.result).toMatchObject({
      id: "tide",
      default_environment: { environment: "production", script: { last_deployed_from: "api" } },
    });
    const path = `${WORKERS}/services/tide/environments/production`;
    expect((await api(`GET ${path}/bindings`)).result).toMatchObject([{ name: "ONE" }]);
    expect((await api(`GET ${path}/content/v2`)).text).toContain('"one"');
    expect(codes(await api(`GET ${WORKERS}/services/tide/environments/blue`))).toEqual([10090]);
    expect((await api(`GET ${WORKERS}/workers/tide`)).result).toMatchObject({ name: "tide" });
  });

  it("tells who depends on it, and goes when it is forced to", async () => {
    await upload("one");
    const body = form("caller", { bindings: [{ name: "TIDE", type: "service", service: "tide" }] });
    await api(`PUT ${WORKERS}/scripts/caller`, { body, isUndescribed: true });
    const references = await api(`GET ${SCRIPT}/references`);
    expect(references.result).toMatchObject({ services: { incoming: [{ service: "caller" }] } });
    expect((await api(`DELETE ${WORKERS}/services/tide?force=false`)).status).toBe(400);
    expect((await api(`DELETE ${WORKERS}/services/tide?force=true`)).status).toBe(200);
    expect((await api(`GET ${SCRIPT}/settings`)).status).toBe(404);
  });
});

describe("all routes of a Worker", () => {
  const put = (body: unknown) => api<Fields[]>(`PUT ${SCRIPT}/routes`, { body });

  it("are replaced together: those that stay keep their ids", async () => {
    await upload("one");
    const first = await put(["harbor-books.example/a", "harbor-api.example/b"]);
    const zone_name = "harbor-books.example";
    const second = await put([{ pattern: "harbor-books.example/a", zone_name }]);
    expect(second.result).toEqual([first.result[0]]);
    expect((await api<Fields[]>(`GET ${SCRIPT}/routes`)).result).toHaveLength(1);
    expect(codes(await put(["elsewhere.example/*"]))).toEqual([10082]);
    expect((await put(["harbor-books.example/katalog/*"])).status).toBe(409);
  });
});

describe("all domains of a Worker", () => {
  const origins = (...names: string[]) => names.map((hostname) => ({ hostname }));
  const put = (names: string[], more: Fields = {}) =>
    api<Fields[]>(`PUT ${SCRIPT}/domains/records`, {
      body: { origins: origins(...names), ...more },
    });

  it("are compared first, then replaced together", async () => {
    await upload("one");
    const conflicting = "shop.harbor-books.example";
    const record = { type: "A", name: conflicting, content: "192.0.2.1", ttl: 1 };
    await api(`POST /zones/${BOOKS}/dns_records`, { body: record });
    await put(["old.harbor-books.example"]);
    const set = await api(`POST ${SCRIPT}/domains/changeset?replace_state=true`, {
      body: origins("tide.harbor-books.example", conflicting),
    });
    expect(set.result).toMatchObject({
      added: [{ hostname: "tide.harbor-books.example" }, { hostname: conflicting }],
      removed: [{ hostname: "old.harbor-books.example" }],
      updated: [],
      conflicting: [{ hostname: conflicting }],
    });
    expect((await put([conflicting])).status).toBe(409);
    await put(["tide.harbor-books.example"]);
    const answer = await raw(`GET ${WORKERS}/domains/records?service=tide`);
    const all: { result: Fields[] } = await answer.json();
    expect(all.result.map((one) => one["hostname"])).toEqual(["tide.harbor-books.example"]);
  });
});
