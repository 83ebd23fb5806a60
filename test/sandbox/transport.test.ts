/** What every product shares: envelope, tokens, quota, tolerance, faults and the journal. */
import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import {
  ACCOUNT,
  api,
  BOOKS,
  codes,
  control,
  create,
  fault,
  list,
  read,
  reset,
  type DnsRecord,
  type Fields,
} from "./client.ts";

const RECORDS = `/zones/${BOOKS}/dns_records`;
const PROMO = { type: "A", name: "promo", content: "192.0.2.1", ttl: 1 };
const PROMO_NAME = "promo.harbor-books.example";

interface Entry {
  seq: number;
  token_name: string | null;
  method: string;
  path: string;
  query: string;
  body: unknown;
  status: number | null;
  outcome: string;
  applied: boolean;
  ops: number;
}

const journal = async (query = ""): Promise<Entry[]> =>
  (await control<{ entries: Entry[] }>(`GET /journal${query}`)).entries;

const promos = async (): Promise<DnsRecord[]> => (await list(`?name=${PROMO_NAME}`)).result;

beforeEach(reset);

describe("S13 envelope", () => {
  it("is on every JSON answer, success or not", async () => {
    for (const call of ["GET /zones", "GET /zones/none", "POST /zones", "GET /user"]) {
      const { text } = await api(call, { token: "sandbox-swarm-read" });
      const keys = Object.keys(JSON.parse(text) as Fields);
      expect(keys).toEqual(expect.arrayContaining(["success", "errors", "messages", "result"]));
    }
  });

  it("answers 400 to a body that is not JSON", async () => {
    const reply = await api(`POST ${RECORDS}`, { body: "{nonsense", isUndescribed: true });
    expect([reply.status, ...codes(reply)]).toEqual([400, 6007]);
  });

  it("answers 400 to fields of the wrong type and says which", async () => {
    const body = { ...PROMO, ttl: "soon", proxied: 1 };
    const reply = await api(`POST ${RECORDS}`, { body, isUndescribed: true });
    expect([reply.status, ...codes(reply)]).toEqual([400, 1004, 9207, 9207]);
    expect(JSON.stringify(reply.errors)).toMatch(/ttl.*proxied/);
  });

  it.each(["{}", "null", "not json"])("ignores the body %s of a DELETE", async (body) => {
    const { result } = await create(PROMO);
    const reply = await api(`DELETE ${RECORDS}/${result.id}`, { body, isUndescribed: true });
    expect(reply).toMatchObject({ status: 200, result: { id: result.id } });
  });

  it("takes `data: null` from clients that send every field", async () => {
    const body = {
      ...PROMO,
      data: null,
      priority: null,
      comment: null,
      tags: null,
      settings: null,
    };
    expect((await create(body, { isUndescribed: true })).status).toBe(200);
  });

  it("answers 405 to a method that the route does not have", async () => {
    expect(codes(await api("PUT /zones", { body: {} }))).toEqual([7001]);
  });
});

describe("S10 tokens", () => {
  it("answers 400 and 9106 without a token, 403 and 10000 with an unknown one", async () => {
    const none = await api("GET /zones", { token: null });
    expect([none.status, ...codes(none)]).toEqual([400, 9106]);
    const unknown = await api("GET /zones", { token: "sandbox-nobody" });
    expect([unknown.status, ...codes(unknown)]).toEqual([403, 10000]);
    const basic = await api("GET /zones", { token: null, headers: { authorization: "Basic x" } });
    expect([basic.status, ...codes(basic)]).toEqual([400, 6003, 6111]);
  });

  it("lets the read-only token read everything and write nothing", async () => {
    const token = "sandbox-swarm-read";
    const before = (await list("?per_page=1000")).result;
    expect((await api(`GET ${RECORDS}`, { token })).status).toBe(200);
    const writes = [
      `POST ${RECORDS}`,
      `POST ${RECORDS}/batch`,
      `POST ${RECORDS}/import`,
      `PATCH ${RECORDS}/${before[0]?.id}`,
      `PUT ${RECORDS}/${before[0]?.id}`,
      `DELETE ${RECORDS}/${before[0]?.id}`,
      `PATCH /zones/${BOOKS}/settings/ssl`,
      `PATCH /zones/${BOOKS}`,
    ];
    for (const call of writes) {
      const reply = await api(call, { token, body: PROMO, isUndescribed: true });
      expect([call, reply.status, ...codes(reply)]).toEqual([call, 403, 10000]);
    }
    expect((await list("?per_page=1000")).result).toEqual(before);
  });

  it("lets the vault's token write zones, records and settings, but not read the audit log", async () => {
    const token = "sandbox-vault-write";
    expect((await create(PROMO, { token })).status).toBe(200);
    const body = { value: "full" };
    expect((await api(`PATCH /zones/${BOOKS}/settings/ssl`, { token, body })).status).toBe(200);
    const query = "?since=2026-01-01&before=2030-01-01";
    expect((await api(`GET /accounts/${ACCOUNT}/logs/audit${query}`, { token })).status).toBe(403);
  });
});

describe("S14 rate limit", () => {
  it("tells the quota on every answer", async () => {
    const first = await api("GET /zones");
    expect(first.headers.get("ratelimit")).toMatch(/^"default";r=1199;t=(300|299)$/);
    expect(first.headers.get("ratelimit-policy")).toBe('"default";q=1200;w=300');
    expect(first.headers.get("retry-after")).toBeNull();
    const failed = await api("GET /zones/none");
    expect(failed.headers.get("ratelimit")).toMatch(/r=1198/);
    const other = await api("GET /zones", { token: "sandbox-terraform" });
    expect(other.headers.get("ratelimit")).toMatch(/r=1199/);
  });

  it("blocks all calls of the token, and only its, for the time of the block", async () => {
    await control("PUT /options", { ratelimit: { quota: 3, window_s: 10 } });
    for (let call = 0; call < 3; call += 1) expect((await api("GET /zones")).status).toBe(200);
    const refused = await api("GET /zones");
    expect([refused.status, ...codes(refused)]).toEqual([429, 971]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(298);
    expect((await api("GET /zones", { token: "sandbox-terraform" })).status).toBe(200);
    await control("PUT /options", { clock_offset_ms: 295_000 });
    expect((await api("GET /zones")).status).toBe(429);
    await control("PUT /options", { clock_offset_ms: 301_000 });
    expect((await api("GET /zones")).status).toBe(200);
  });

  it("can be switched on for a token at once, and off again", async () => {
    await control("POST /ratelimit/block", { token: "sandbox-vault-write", seconds: 60 });
    const blocked = await api("GET /zones", { token: "sandbox-vault-write" });
    expect(blocked.status).toBe(429);
    expect(Number(blocked.headers.get("retry-after"))).toBeGreaterThan(50);
    expect((await api("GET /zones")).status).toBe(200);
    await control("DELETE /ratelimit");
    expect((await api("GET /zones", { token: "sandbox-vault-write" })).status).toBe(200);
  });
});

describe("S15 headers and parameters", () => {
  it("ignores api-version and x-stainless headers, and any host", async () => {
    const headers = {
      "api-version": "2026-11-20",
      "x-stainless-lang": "js",
      authorization: "Bearer sandbox-terraform",
    };
    const url = "https://api.cloudflare.com/client/v4/zones";
    expect((await exports.default.fetch(url, { headers })).status).toBe(200);
  });

  it("reads dotted and repeated parameters", async () => {
    expect((await api<Fields[]>(`GET /zones?account.id=${ACCOUNT}`)).result).toHaveLength(2);
    expect((await api<Fields[]>("GET /zones?account.id=other")).result).toEqual([]);
    const repeated = await list("?tag.present=pci&tag.present=team&per_page=100");
    expect(repeated.result.map(({ type }) => type)).toEqual(["A", "AAAA"]);
  });
});

describe("S22 faults", () => {
  it("status: refuses without applying, once, with Retry-After", async () => {
    const effect = { type: "status", status: 503, code: 1105, retry_after: 7 };
    await fault({ match: { method: "POST" }, effect });
    const refused = await create(PROMO);
    expect([refused.status, ...codes(refused)]).toEqual([503, 1105]);
    expect(refused.headers.get("retry-after")).toBe("7");
    expect(await promos()).toEqual([]);
    expect((await create(PROMO)).status).toBe(200);
  });

  it("status_after: applies, but tells another story", async () => {
    await fault({ match: { method: "POST" }, effect: { type: "status_after", status: 502 } });
    expect((await create(PROMO)).status).toBe(502);
    expect(await promos()).toHaveLength(1);
  });

  it("drop_request: the caller's fetch rejects and nothing happened", async () => {
    await fault({ match: { method: "POST" }, effect: { type: "drop_request" } });
    await expect(create(PROMO)).rejects.toThrow(/connection cut/);
    expect(await promos()).toEqual([]);
  });

  it("drop_reply: the caller's fetch rejects, but it was applied", async () => {
    await fault({ match: { method: "POST" }, effect: { type: "drop_reply" } });
    await expect(create(PROMO)).rejects.toThrow(/connection cut/);
    expect(await promos()).toHaveLength(1);
  });

  it("duplicate: applies twice and returns the second answer", async () => {
    await fault({ match: { method: "POST" }, effect: { type: "duplicate" } });
    expect(codes(await create(PROMO))).toEqual([81058]);
    expect(await promos()).toHaveLength(1);
    const [entry] = await journal("?writes=true");
    expect(entry).toMatchObject({ outcome: "fault:test", applied: true, ops: 1, status: 400 });
  });
});

describe("S22 faults in the answer", () => {
  it("latency: answers late and normally", async () => {
    await fault({ effect: { type: "latency", ms: 120 } });
    const start = Date.now();
    expect((await list()).status).toBe(200);
    expect(Date.now() - start).toBeGreaterThanOrEqual(110);
  });

  it("partial_page: drops rows, with an honest or a false total_count", async () => {
    const total = (await list()).info["total_count"] as number;
    const kept = Math.floor(total / 2);
    await fault({ effect: { type: "partial_page", keep: 0.5 } });
    const honest = await list();
    expect(honest.result).toHaveLength(kept);
    expect(honest.info).toMatchObject({ count: kept, total_count: total });
    await fault({ effect: { type: "partial_page", keep: 0.5, lie: true } });
    const lied = await list();
    expect(lied.result).toHaveLength(kept);
    expect(lied.info).toMatchObject({ count: kept, total_count: kept, total_pages: 1 });
  });

  it("empty_page, empty_id and malformed distort the answer", async () => {
    await fault({ effect: { type: "empty_page" } });
    expect((await list()).result).toEqual([]);
    await fault({ match: { path: `/zones/${BOOKS}` }, effect: { type: "empty_id" } });
    expect((await api(`GET /zones/${BOOKS}`)).result["id"]).toBe("");
    await fault({ effect: { type: "malformed" } });
    const { text } = await list();
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  });
});

describe("S22 fault rules", () => {
  it("matches by method, path, token and query, skips `after` calls and hits `times`", async () => {
    const match = {
      method: "get",
      path: "/client/v4/zones/*/dns_records",
      token: "sandbox-terraform",
      query: { type: "TX*" },
    };
    await fault({ match, after: 1, times: 2, effect: { type: "status", status: 500 } });
    const statuses: number[] = [];
    for (let call = 0; call < 4; call += 1) {
      statuses.push((await api(`GET ${RECORDS}?type=TXT`, { token: "sandbox-terraform" })).status);
    }
    expect(statuses).toEqual([200, 500, 500, 200]);
    const { rules } = await control<{ rules: Fields[] }>("GET /faults");
    expect(rules[0]).toMatchObject({ matched: 4, fired: 2 });
  });

  it("lasts for ever with times null, until the rules are deleted", async () => {
    await fault({ times: null, effect: { type: "status", status: 500 } });
    for (let call = 0; call < 3; call += 1) expect((await list()).status).toBe(500);
    await control("DELETE /faults");
    expect((await list()).status).toBe(200);
  });

  it("says what is wrong with a rule", async () => {
    const rules = [{ id: "a", effect: { type: "explode" } }];
    await expect(control("PUT /faults", { rules })).rejects.toThrow(/400.*rules\.0\.effect/);
  });
});

describe("the journal", () => {
  it("has one entry for every call, refused ones included, and none for the control plane", async () => {
    await create(PROMO, { token: "sandbox-vault-write" });
    await read("0".repeat(32));
    await api("GET /zones?page=2", { token: "secret-of-somebody" });
    await control("GET /options");
    const entries = await journal();
    expect(entries).toMatchObject([
      {
        token_name: "driftless-vault-write",
        method: "POST",
        path: RECORDS,
        status: 200,
        outcome: "ok",
        applied: true,
        ops: 1,
      },
      { token_name: "dashboard", method: "GET", status: 404, outcome: "error", applied: false },
      { token_name: null, path: "/zones", query: "page=2", status: 403, applied: false },
    ]);
    expect(entries[0]?.body).toEqual(PROMO);
    expect(JSON.stringify(entries)).not.toContain("secret-of-somebody");
  });

  it("counts the operations of a batch", async () => {
    await api(`POST ${RECORDS}/batch`, { body: { posts: [PROMO, { ...PROMO, name: "b" }] } });
    expect(await journal()).toMatchObject([{ applied: true, ops: 2 }]);
  });

  it("can be filtered, paged and forgotten", async () => {
    await create(PROMO, { token: "sandbox-vault-write" });
    await list();
    await create({ ...PROMO, name: "b" });
    const seqs = (await journal()).map(({ seq }) => seq);
    expect(seqs).toHaveLength(3);
    expect((await journal("?writes=true")).map(({ seq }) => seq)).toEqual([seqs[0], seqs[2]]);
    expect((await journal(`?after=${seqs[0]}&limit=1`)).map(({ seq }) => seq)).toEqual([seqs[1]]);
    expect(await journal("?token=sandbox-vault-write")).toHaveLength(1);
    expect(await journal("?method=get")).toHaveLength(1);
    await control("DELETE /journal");
    expect(await journal()).toEqual([]);
  });
});

describe("the control plane", () => {
  it("describes itself to a newcomer, at / and at /sandbox", async () => {
    const index = await control("GET ");
    expect(index).toMatchObject({ zones: [{ records: 47 }, { records: 22 }] });
    const root = await exports.default.fetch("http://sandbox/");
    expect(await root.json()).toEqual(index);
    expect((await exports.default.fetch("http://sandbox/nope")).status).toBe(404);
  });

  it("resets to a seed, with the same ids every time", async () => {
    const before = (await list("?per_page=1000")).result;
    await create(PROMO);
    await fault({ times: null, effect: { type: "status", status: 500 } });
    await control("PUT /options", { audit_delay_ms: 1000 });
    await reset();
    expect((await list("?per_page=1000")).result).toEqual(before);
    expect(await control("GET /options")).toMatchObject({ audit_delay_ms: 0 });
    await control("POST /reset", { seed: "empty" });
    expect((await api("GET /zones")).result).toEqual([]);
  });

  it("seeds a zone of 10,000 records that is listed in one call", async () => {
    const zones = [{ name: "big.example", records: 10_000, settings: { ssl: "strict" } }];
    const seeded = await control<{ zones: { id: string; records: number }[] }>("POST /seed", {
      zones,
    });
    const { id, records } = seeded.zones[0] ?? { id: "", records: 0 };
    expect(records).toBe(10_000);
    const page = await api<DnsRecord[]>(`GET /zones/${id}/dns_records?per_page=5000&page=2`);
    expect(page.result).toHaveLength(5000);
    expect(page.info).toMatchObject({ total_count: 10_000, total_pages: 2 });
    expect((await api(`GET /zones/${id}/settings/ssl`)).result["value"]).toBe("strict");
    await reset();
    await control("POST /seed", { zones });
    const again = await api<DnsRecord[]>(`GET /zones/${id}/dns_records?per_page=5000&page=2`);
    expect(again.result).toEqual(page.result);
  });

  it("plants raw records that no client could create", async () => {
    const raw = { type: "A", name: "twin", content: "192.0.2.1", ttl: 60 };
    const dns_records = [
      raw,
      { ...raw, comment: "other" },
      { ...raw, name: "ro", meta: { read_only: true } },
    ];
    await control("POST /seed", { zones: [{ name: "harbor-books.example", dns_records }] });
    expect((await list("?name=twin.harbor-books.example")).result).toHaveLength(2);
    const [locked] = (await list("?name=ro.harbor-books.example")).result;
    expect(locked?.meta).toEqual({ read_only: true });
  });
});
