/** Zones that come and go, and what DNS tools ask of them beside records. */
import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { expectWritesAudited } from "./audited.ts";
import { ACCOUNT, api, BOOKS, codes, type Fields, reset } from "./client.ts";

beforeEach(reset);

const make = (name: string, more: Fields = {}) =>
  api<{ id: string; name: string; status: string }>("POST /zones", {
    body: { name, account: { id: ACCOUNT }, ...more },
  });

describe("a new zone", () => {
  it("is pending until it is checked, and empty", async () => {
    const { result } = await make("New-Harbor.Example");
    expect(result).toMatchObject({ name: "new-harbor.example", status: "pending", type: "full" });
    const zone = `/zones/${result.id}`;
    expect((await api(`GET ${zone}/dns_records`)).result).toEqual([]);
    await api(`PUT ${zone}/activation_check`);
    expect((await api(`GET ${zone}`)).result).toMatchObject({ status: "active" });
    expect((await api<Fields[]>("GET /zones?name=new-harbor.example")).result).toHaveLength(1);
  });

  it.each<[string, Fields, readonly number[]]>([
    ["harbor-books.example", {}, [400, 1061]],
    ["not a name", {}, [400, 1003]],
    ["localhost", {}, [400, 1003]],
    ["other.example", { account: { id: "0".repeat(32) } }, [404, 7003]],
  ])("called %s %j is refused with %j", async (name, more, expected) => {
    const refused = await make(name, more);
    expect([refused.status, ...codes(refused)]).toEqual(expected);
  });

  it("goes with all that stands in it, and its name is free again", async () => {
    const first = (await make("gone.example")).result;
    const zone = `/zones/${first.id}`;
    const record = { type: "A", name: "www", content: "192.0.2.1", ttl: 1 };
    await api(`POST ${zone}/dns_records`, { body: record });
    await api(`PATCH ${zone}/settings/ssl`, { body: { value: "strict" } });
    const pattern = "gone.example/*";
    await api(`POST ${zone}/workers/routes`, { body: { pattern, script: "harbor-api" } });
    const hostname = "app.gone.example";
    await api(`PUT /accounts/${ACCOUNT}/workers/domains`, {
      body: { hostname, service: "harbor-api", zone_id: first.id, environment: "production" },
    });
    expect((await api(`DELETE ${zone}`)).result).toEqual({ id: first.id });
    expect((await api(`GET ${zone}`)).status).toBe(404);
    const domains = await api<Fields[]>(`GET /accounts/${ACCOUNT}/workers/domains`);
    expect(domains.result.filter((one) => one["hostname"] === hostname)).toEqual([]);
    const again = (await make("gone.example")).result;
    expect(again.id).not.toBe(first.id);
    expect((await api(`GET /zones/${again.id}/dns_records`)).result).toEqual([]);
  });

  it("may not be made or removed by a token that only reads", async () => {
    const token = "sandbox-swarm-read";
    expect((await api(`DELETE /zones/${BOOKS}`, { token })).status).toBe(403);
    const body = { name: "x.example", account: { id: ACCOUNT } };
    expect((await api("POST /zones", { token, body })).status).toBe(403);
  });
});

it("purging the cache needs a word of what", async () => {
  const purge = (body: Fields) =>
    api(`POST /zones/${BOOKS}/purge_cache`, { body, isUndescribed: true });
  expect((await purge({ purge_everything: true })).result).toEqual({ id: BOOKS });
  expect((await purge({ files: ["https://harbor-books.example/a"] })).status).toBe(200);
  expect(codes(await purge({}))).toEqual([1012]);
});

it("DNSSEC is off, can be switched on with a key that stays the same, and off again", async () => {
  const path = `/zones/${BOOKS}/dnssec`;
  expect((await api(`GET ${path}`)).result).toMatchObject({ status: "disabled" });
  const on = (await api(`PATCH ${path}`, { body: { status: "active" } })).result;
  expect(on).toMatchObject({ status: "active", algorithm: "13", flags: 257 });
  expect((await api(`GET ${path}`)).result).toEqual(on);
  await api(`DELETE ${path}`);
  expect((await api(`GET ${path}`)).result).toMatchObject({ status: "disabled" });
});

it("DNS settings keep what was said; a scan finds nothing", async () => {
  const path = `/zones/${BOOKS}/dns_settings`;
  await api(`PATCH ${path}`, { body: { flatten_all_cnames: true } });
  expect((await api(`GET ${path}`)).result).toMatchObject({
    flatten_all_cnames: true,
    ns_ttl: 86_400,
    zone_mode: "standard",
  });
  const scan = `/zones/${BOOKS}/dns_records/scan`;
  expect((await api(`POST ${scan}`)).result).toMatchObject({ recs_added: 0 });
  await api(`POST ${scan}/trigger`);
  expect((await api(`GET ${scan}/review`)).result).toEqual([]);
});

describe("page rules", () => {
  const path = `/zones/${BOOKS}/pagerules`;
  const rule = (value: string, more: Fields = {}): Fields => ({
    targets: [{ target: "url", constraint: { operator: "matches", value } }],
    actions: [{ id: "forwarding_url", value: { url: "https://a.example/", status_code: 301 } }],
    ...more,
  });

  it("are listed by status, changed and removed; there are three at most", async () => {
    expect((await api(`GET ${path}?status=active`)).result).toEqual([]);
    const body = rule("harbor-books.example/a", { status: "active" });
    const { id } = (await api<{ id: string }>(`POST ${path}`, { body })).result;
    await api(`POST ${path}`, { body: rule("harbor-books.example/b", { priority: 9 }) });
    await api(`POST ${path}`, { body: rule("harbor-books.example/c") });
    expect((await api(`POST ${path}`, { body: rule("harbor-books.example/d") })).status).toBe(400);
    expect((await api(`GET ${path}?status=active`)).result).toMatchObject([{ id }]);
    await api(`PATCH ${path}/${id}`, { body: { status: "disabled" } });
    expect((await api(`GET ${path}/${id}`)).result).toMatchObject({ ...body, status: "disabled" });
    await api(`PUT ${path}/${id}`, { body: rule("harbor-books.example/e") });
    await api(`DELETE ${path}/${id}`);
    expect((await api<Fields[]>(`GET ${path}`)).result.map((one) => one["priority"])).toEqual([
      9, 1,
    ]);
    expect(codes(await api(`GET ${path}/${id}`))).toEqual([1002]);
  });
});

describe("IP access rules", () => {
  const block = (target: string, value: string): Fields => ({
    mode: "block",
    configuration: { target, value },
    notes: "fail2ban",
  });
  /** The older spelling of filters is in no description. */
  const idsAt = async (path: string): Promise<unknown> => {
    const headers = { authorization: "Bearer sandbox-dashboard" };
    const answer = await exports.default.fetch(`http://sandbox/client/v4${path}`, { headers });
    const { result }: { result: Fields[] } = await answer.json();
    return result.map(({ id }) => id);
  };
  const roots = [`/zones/${BOOKS}`, `/accounts/${ACCOUNT}`, "/user"];

  it.each(roots)(
    "of %s are made once, found by what they are about, changed, removed",
    async (root) => {
      const path = `${root}/firewall/access_rules/rules`;
      const body = block("ip", "198.51.100.4");
      const { result } = await api<{ id: string }>(`POST ${path}`, { body });
      expect(result).toMatchObject({ ...body, scope: expect.any(Object) });
      expect(codes(await api(`POST ${path}`, { body }))).toEqual([10009]);
      await api(`POST ${path}`, { body: block("asn", "64496") });
      for (const style of [".", "_"]) {
        const query = `configuration${style}target=ip&configuration${style}value=198.51.100.4`;
        expect(await idsAt(`${path}?mode=block&notes=FAIL&${query}`)).toEqual([result.id]);
      }
      const edit = { ...body, mode: "challenge" };
      await api(`PATCH ${path}/${result.id}`, { body: edit });
      expect((await api(`GET ${path}/${result.id}`)).result).toMatchObject({ mode: "challenge" });
      await api(`DELETE ${path}/${result.id}`);
      expect((await api<Fields[]>(`GET ${path}`)).result).toMatchObject([
        { configuration: { target: "asn", value: "AS64496" } },
      ]);
      expect((await api(`GET ${path}/${result.id}`)).status).toBe(404);
    },
  );

  it.each([
    ["ip", "not an address"],
    ["ip_range", "198.51.100.4"],
    ["country", "Germany"],
  ])("about %s %s are refused", async (target, value) => {
    const path = `/zones/${BOOKS}/firewall/access_rules/rules`;
    expect(codes(await api(`POST ${path}`, { body: block(target, value) }))).toEqual([10014]);
  });
});

it("whoever reads the audit log learns of every change", async () => {
  const zone = (await make("audited.example")).result;
  const path = `/zones/${zone.id}`;
  await api(`PATCH ${path}/dnssec`, { body: { status: "active" } });
  await api(`PATCH ${path}/dns_settings`, { body: { multi_provider: true } });
  await api(`DELETE ${path}`);
  await expectWritesAudited();
});
