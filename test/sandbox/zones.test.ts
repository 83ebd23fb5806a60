/** Zones, settings, tokens and the small products around them. */
import { beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, API, api, BOOKS, codes, control, reset, type Fields } from "./client.ts";

interface Setting extends Fields {
  id: string;
  value: unknown;
  editable?: boolean;
  modified_on: string | null;
}

const setting = (id: string) => api<Setting>(`GET /zones/${BOOKS}/settings/${id}`);
const set = (id: string, value: unknown) =>
  api<Setting>(`PATCH /zones/${BOOKS}/settings/${id}`, { body: { value } });

beforeEach(reset);

const names = async (query: string): Promise<unknown[]> =>
  (await api<Fields[]>(`GET /zones${query}`)).result.map(({ name }) => name);

const developmentMode = async (): Promise<unknown> =>
  (await api(`GET /zones/${BOOKS}`)).result["development_mode"];

const setSeveral = (items: Fields[]) => api(`PATCH /zones/${BOOKS}/settings`, { body: { items } });

describe("zones", () => {
  it.each([
    ["", ["harbor-api.example", "harbor-books.example"]],
    ["?name=harbor-books.example&per_page=1", ["harbor-books.example"]],
    ["?name=contains:api", ["harbor-api.example"]],
    ["?status=pending", []],
    ["?status=pending&name=harbor-api.example&match=any", ["harbor-api.example"]],
    ["?order=name&direction=desc", ["harbor-books.example", "harbor-api.example"]],
    ["?page=2", []],
  ])("are listed with `%s`", async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it("come in pages of at most 50", async () => {
    const zones = Array.from({ length: 60 }, (_, i) => ({ name: `z${i}.example` }));
    await control("POST /seed", { zones });
    const { info } = await api("GET /zones?per_page=500");
    expect(info).toEqual({ page: 1, per_page: 50, count: 50, total_count: 62, total_pages: 2 });
    expect((await api("GET /zones")).info).toMatchObject({ per_page: 20 });
  });

  it("tick: development_mode is another integer at every read", async () => {
    await set("development_mode", "on");
    expect(await developmentMode()).toBeGreaterThan(10_790);
    await control("PUT /options", { clock_offset_ms: 60_000 });
    expect(await developmentMode()).toBeLessThan(10_745);
    await control("PUT /options", { clock_offset_ms: 4 * 3_600_000 });
    expect(await developmentMode()).toBeLessThan(-3590);
    expect((await setting("development_mode")).result).toMatchObject({
      value: "off",
      time_remaining: 0,
    });
  });

  it("can be paused", async () => {
    const { result } = await api(`PATCH /zones/${API}`, { body: { paused: true } });
    expect(result["paused"]).toBe(true);
    expect((await api(`GET /zones/${API}`)).result["paused"]).toBe(true);
  });
});

describe("zone settings", () => {
  it("are 66, and the list of all has the 62 that have a value and say whether they can be edited", async () => {
    const { result } = await api<Setting[]>(`GET /zones/${BOOKS}/settings`);
    expect(result).toHaveLength(62);
    expect((await setting("ssl_recommender")).result).toMatchObject({ id: "ssl_recommender" });
    for (const expected of result) {
      expect((await setting(expected.id)).result).toEqual(expected);
    }
  });

  it.each([
    ["ssl", "strict", "STRICT"],
    ["security_level", "under_attack", "panic"],
    ["min_tls_version", "1.3", "1.4"],
    ["tls_1_3", "zrt", "maybe"],
    ["cache_level", "basic", true],
    ["challenge_ttl", 3600, 3601],
    ["browser_cache_ttl", 0, -1],
    ["max_upload", 500, 501],
    ["nel", { enabled: false }, { enabled: "no" }],
    ["ciphers", ["ECDHE-RSA-AES128-GCM-SHA256"], "ECDHE"],
    ["h2_prioritization", undefined, "custom"],
    ["0rtt", "on", null],
    ["security_header", { strict_transport_security: { enabled: true, max_age: 1 } }, { hsts: 1 }],
    ["transformations_allowed_origins", "a.example", {}],
  ])("%s takes %j and refuses %j", async (id, good, bad) => {
    const before = (await setting(id)).result;
    const refused = await set(id, bad);
    expect([400, 403]).toContain(refused.status);
    expect((await setting(id)).result).toEqual(before);
    if (good === undefined) return;
    const { result } = await set(id, good);
    expect(result).toMatchObject({ id, value: good });
    expect(result.modified_on).not.toBeNull();
    expect((await setting(id)).result).toEqual(result);
  });

  it.each([
    ["min_tls_version", 1.2, "1.2"],
    ["challenge_ttl", "3600", 3600],
    ["browser_cache_ttl", "14400", 14_400],
    ["origin_max_http_version", 1, "1"],
  ])("%s takes %j for %j", async (id, sent, stored) => {
    expect((await set(id, sent)).result.value).toBe(stored);
  });
});

describe("zone settings out of the ordinary", () => {
  it("are not editable when the plan does not include them", async () => {
    expect((await setting("waf")).result).toMatchObject({ value: "off", editable: false });
    const reply = await set("waf", "on");
    expect([reply.status, ...codes(reply)]).toEqual([403, 1015]);
  });

  it("are refused with 1006 and 1007 for an unknown id and an invalid value", async () => {
    expect(codes(await setting("warp_drive"))).toEqual([1006]);
    expect(codes(await set("ssl", "x"))).toEqual([1007]);
    expect(codes(await set("ssl", undefined))).toEqual([1007]);
  });

  it("has ssl_recommender with `enabled` instead of a value", async () => {
    const path = `/zones/${BOOKS}/settings/ssl_recommender`;
    expect((await api(`GET ${path}`)).result).toEqual({ id: "ssl_recommender", enabled: true });
    const { result } = await api(`PATCH ${path}`, { body: { enabled: false } });
    expect(result).toEqual({ id: "ssl_recommender", enabled: false });
  });

  it.each(["aegis", "origin_h2_max_streams", "origin_max_http_version"])(
    "answers %s without the field editable",
    async (id) => {
      expect((await setting(id)).result).not.toHaveProperty("editable");
    },
  );

  it("are edited several at once, all or nothing", async () => {
    const bad = await setSeveral([
      { id: "ssl", value: "off" },
      { id: "waf", value: "on" },
    ]);
    expect(bad.status).toBe(403);
    expect((await setting("ssl")).result.value).toBe("strict");
    await setSeveral([{ id: "ssl", value: "off" }]);
    expect((await setting("ssl")).result.value).toBe("off");
  });
});

describe("S21 token verification", () => {
  it("knows user tokens on the user route only", async () => {
    const { result } = await api("GET /user/tokens/verify");
    expect(result).toMatchObject({ status: "active" });
    expect(result["id"]).toMatch(/^[0-9a-f]{32}$/);
    const wrong = await api("GET /user/tokens/verify", { token: "sandbox-terraform" });
    expect([wrong.status, ...codes(wrong)]).toEqual([401, 1000]);
  });

  it("knows account tokens on the account route only", async () => {
    const path = `/accounts/${ACCOUNT}/tokens/verify`;
    for (const token of ["sandbox-terraform", "sandbox-swarm-read", "sandbox-vault-write"]) {
      expect((await api(`GET ${path}`, { token })).result).toMatchObject({ status: "active" });
    }
    expect((await api(`GET ${path}`)).status).toBe(401);
  });
});

describe("the rest", () => {
  it("has the account, the user and public addresses", async () => {
    const { result } = await api<Fields[]>("GET /accounts");
    expect(result).toMatchObject([{ id: ACCOUNT, name: "Harbor Books (sandbox)" }]);
    expect((await api(`GET /accounts/${ACCOUNT}`)).result).toEqual(result[0]);
    expect((await api("GET /user")).result["email"]).toBe("dashboard@sandbox.example");
    expect((await api("GET /ips", { token: null })).result).toHaveProperty("ipv4_cidrs");
  });
});
