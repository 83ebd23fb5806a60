/** API tokens: what they are told, and that they really open what their policies say. */
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectWritesAudited } from "./audited.ts";
import { ACCOUNT, API, api, BOOKS, codes, control, reset, type Fields } from "./client.ts";

const TOKENS = `/accounts/${ACCOUNT}/tokens`;
const MINT = "sandbox-vault-mint";
const ZONE = "com.cloudflare.api.account.zone";
const ALL_ACCOUNT = { [`com.cloudflare.api.account.${ACCOUNT}`]: "*" };

interface Token extends Fields {
  id: string;
  value: string;
  name: string;
  status: string;
  policies: { id: string; permission_groups: { id: string; name: string }[] }[];
}

interface Group extends Fields {
  id: string;
  name: string;
  scopes: string[];
}

let groups: Group[] = [];
const group = (name: string): { id: string } => {
  const id = groups.find((candidate) => candidate.name === name)?.id;
  if (id === undefined) throw new Error(`no group ${name}`);
  return { id };
};

const policy = (names: string[], resources: Fields, effect = "allow") => {
  return { effect, resources, permission_groups: names.map(group) };
};

const mint = (policies: unknown[], rest: Fields = {}, token = MINT) =>
  api<Token>(`POST ${TOKENS}`, { body: { name: "step", policies, ...rest }, token });

const mintDns = (rest: Fields = {}) =>
  mint([policy(["DNS Write", "Zone Read"], { [`${ZONE}.${BOOKS}`]: "*" })], rest);

const records = (zone: string, token: string) =>
  api(`GET /zones/${zone}/dns_records?per_page=1`, { token });

afterEach(expectWritesAudited);

beforeEach(async () => {
  await reset();
  await control("PUT /options", { ratelimit: { quota: 1_000_000 } });
  groups = (await api<Group[]>(`GET ${TOKENS}/permission_groups`, { token: MINT })).result;
});

describe("S21 account tokens", () => {
  it("tell their value when they are made and never again", async () => {
    const { result } = await mintDns();
    expect(result.value).toMatch(/^cfat_[A-Za-z0-9]{40}[0-9a-f]{8}$/);
    const { value, ...rest } = result;
    expect((await api(`GET ${TOKENS}/${result.id}`, { token: MINT })).result).toEqual(rest);
    const listed = await api<Token[]>(`GET ${TOKENS}?per_page=50`);
    expect(listed.text).not.toContain(value);
    expect(listed.result.map(({ id }) => id)).toContain(result.id);
    const window = "?since=2026-01-01&before=2036-01-01";
    expect((await api(`GET /accounts/${ACCOUNT}/logs/audit${window}`)).text).not.toContain(value);
  });

  it("open what their policies name, and nothing else", async () => {
    const { value: token } = (await mintDns()).result;
    expect((await records(BOOKS, token)).status).toBe(200);
    const body = { type: "A", name: "minted", content: "192.0.2.1", ttl: 60 };
    expect((await api(`POST /zones/${BOOKS}/dns_records`, { body, token })).status).toBe(200);
    expect((await records(API, token)).status).toBe(403);
    expect((await api(`GET /zones/${BOOKS}/settings/ssl`, { token })).status).toBe(403);
    expect((await api(`GET ${TOKENS}`, { token })).status).toBe(403);
    const zones = await api<Fields[]>("GET /zones", { token });
    expect(zones.result.map(({ id }) => id)).toEqual([BOOKS]);
  });

  it("are named in journal and audit log", async () => {
    const { result } = await mintDns({ name: "release 17" });
    const body = { type: "A", name: "minted", content: "192.0.2.1", ttl: 60 };
    await api(`POST /zones/${BOOKS}/dns_records`, { body, token: result.value });
    const query = `?since=2026-01-01&before=2036-01-01&actor_token_id=${result.id}`;
    const entries = await api<Fields[]>(`GET /accounts/${ACCOUNT}/logs/audit${query}`);
    expect(entries.result).toMatchObject([
      { actor: { token_id: result.id, token_name: "release 17", context: "api_token" } },
    ]);
    const { entries: calls } = await control<{ entries: Fields[] }>(
      "GET /journal?token=release%2017",
    );
    expect(calls).toHaveLength(1);
  });

  it("give no rights over a zone through a resource that is the account", async () => {
    const { value: token } = (await mint([policy(["DNS Write"], ALL_ACCOUNT)])).result;
    expect((await records(BOOKS, token)).status).toBe(403);
  });

  it("reach every zone through the nested form", async () => {
    const nested = { [`com.cloudflare.api.account.${ACCOUNT}`]: { [`${ZONE}.*`]: "*" } };
    const { value: token } = (await mint([policy(["DNS Read"], nested)])).result;
    expect((await records(API, token)).status).toBe(200);
    const elsewhere = { [`com.cloudflare.api.account.${"0".repeat(32)}`]: { [`${ZONE}.*`]: "*" } };
    const other = await mint([policy(["DNS Read"], elsewhere)]);
    expect((await records(API, other.result.value)).status).toBe(403);
  });

  it("are denied before they are allowed", async () => {
    const policies = [
      policy(["DNS Write"], { [`${ZONE}.*`]: "*" }),
      policy(["DNS Write"], { [`${ZONE}.${API}`]: "*" }, "deny"),
    ];
    const { value: token } = (await mint(policies)).result;
    expect((await records(BOOKS, token)).status).toBe(200);
    expect((await records(API, token)).status).toBe(403);
  });

  it("58 tell policies and groups in an order of their own, the same every time", async () => {
    const names = ["Zone Read", "DNS Write", "DNS Read", "Zone Settings Read"];
    const policies = [
      policy(names, { [`${ZONE}.${BOOKS}`]: "*" }),
      policy(names.toReversed(), { [`${ZONE}.${API}`]: "*" }),
    ];
    const { result } = await mint(policies);
    const ids = result.policies.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted());
    for (const { permission_groups: told } of result.policies) {
      expect(told.map(({ id }) => id)).toEqual(told.map(({ id }) => id).toSorted());
    }
    const body = { name: "step", policies: policies.toReversed() };
    const put = await api<Token>(`PUT ${TOKENS}/${result.id}`, { body, token: MINT });
    expect(put.result.policies).toEqual(result.policies);
  });

  it("stop working at once when they are rolled, disabled or revoked", async () => {
    const { result } = await mintDns();
    const rolled = await api<string>(`PUT ${TOKENS}/${result.id}/value`, { token: MINT });
    expect((await records(BOOKS, result.value)).status).toBe(403);
    expect((await records(BOOKS, rolled.result)).status).toBe(200);
    const same = policy(["DNS Write"], { [`${ZONE}.${BOOKS}`]: "*" });
    const body = { name: "step", policies: [same], status: "disabled" };
    await api(`PUT ${TOKENS}/${result.id}`, { body, token: MINT });
    expect((await records(BOOKS, rolled.result)).status).toBe(403);
    await api(`PUT ${TOKENS}/${result.id}`, { body: { ...body, status: "active" }, token: MINT });
    expect((await records(BOOKS, rolled.result)).status).toBe(200);
    await api(`DELETE ${TOKENS}/${result.id}`, { token: MINT });
    expect(codes(await records(BOOKS, rolled.result))).toEqual([10000]);
    expect((await api(`GET ${TOKENS}/${result.id}`)).status).toBe(404);
  });
});

const at = (seconds: number) =>
  new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000).toISOString().replace(".000", "");

const idsOf = async (query: string) =>
  (await api<Token[]>(`GET ${TOKENS}${query}`)).result.map(({ id }) => id);

describe("the life of a token", () => {
  it("ends when the account's clock says so", async () => {
    const { result } = await mintDns({ expires_on: at(600) });
    const verify = () => api(`GET ${TOKENS}/verify`, { token: result.value });
    expect((await verify()).result).toEqual({
      id: result.id,
      status: "active",
      expires_on: result["expires_on"],
    });
    await control("PUT /options", { clock_offset_ms: 601_000 });
    expect((await records(BOOKS, result.value)).status).toBe(403);
    expect((await verify()).result).toMatchObject({ status: "expired" });
    expect(await idsOf("")).not.toContain(result.id);
    expect(await idsOf("?include_expired=true")).toContain(result.id);
  });

  it("begins when the account's clock says so", async () => {
    const { result } = await mintDns({ not_before: at(600) });
    expect((await records(BOOKS, result.value)).status).toBe(403);
    await control("PUT /options", { clock_offset_ms: 601_000 });
    expect((await records(BOOKS, result.value)).status).toBe(200);
  });

  it("is bound to addresses by `request.ip`, and not by a key of another name", async () => {
    const condition = {
      "request.ip": { in: ["192.0.2.0/24", "2001:db8::/32"], not_in: ["192.0.2.9"] },
    };
    const { result } = await mintDns({ condition });
    expect(result["condition"]).toEqual(condition);
    const from = async (ip: string) => {
      const headers = { "sandbox-client-ip": ip };
      return (await api(`GET /zones/${BOOKS}/dns_records`, { token: result.value, headers }))
        .status;
    };
    expect(await from("192.0.2.5")).toBe(200);
    expect(await from("2001:db8:5::1")).toBe(200);
    expect(await from("192.0.2.9")).toBe(403);
    expect(await from("198.51.100.1")).toBe(403);
    const refused = await records(BOOKS, result.value);
    expect(codes(refused)).toEqual([9109]);
    const body = {
      name: "typed",
      policies: [policy(["DNS Read"], { [`${ZONE}.*`]: "*" })],
      condition: { request_ip: { in: ["192.0.2.0/24"] } },
    };
    const open = await api<Token>(`POST ${TOKENS}`, { body, token: MINT, isUndescribed: true });
    expect(open.result).not.toHaveProperty("condition");
    expect((await records(BOOKS, open.result.value)).status).toBe(200);
  });
});

describe("making tokens", () => {
  it.each([
    [
      "an unknown group",
      () => [
        { effect: "allow", resources: ALL_ACCOUNT, permission_groups: [{ id: "0".repeat(32) }] },
      ],
    ],
    ["no resource", () => [policy(["DNS Read"], {})]],
    ["a resource that is none", () => [policy(["DNS Read"], { "com.example": "*" })]],
    ["a zone of nobody", () => [policy(["DNS Read"], { [`${ZONE}.${"0".repeat(32)}`]: "*" })]],
  ])("is refused with %s", async (_what, policies) => {
    const refused = await mint(policies());
    expect([refused.status, ...codes(refused)]).toEqual([400, 1001]);
  });

  it("is refused with a time that has passed or is none", async () => {
    for (const expires_on of ["2020-01-01T00:00:00Z", "tomorrow"]) {
      expect((await mintDns({ expires_on })).status).toBe(400);
    }
  });

  it("needs the right to write tokens", async () => {
    const policies = [policy(["DNS Read"], { [`${ZONE}.*`]: "*" })];
    for (const token of ["sandbox-swarm-read", "sandbox-vault-write"]) {
      expect((await mint(policies, {}, token)).status).toBe(403);
      expect((await api(`GET ${TOKENS}`, { token })).status).toBe(200);
    }
    for (const token of ["sandbox-dashboard", "sandbox-terraform", MINT]) {
      expect((await mint(policies, {}, token)).status).toBe(200);
    }
    const nested = await mint([policy(["Account API Tokens Write"], ALL_ACCOUNT)]);
    expect((await mint(policies, {}, nested.result.value)).status).toBe(200);
  });

  it("ends at 500 tokens", async () => {
    const before = (await api(`GET ${TOKENS}?include_expired=true`)).info["total_count"] as number;
    for (let count = before; count < 500; count += 1) await mintDns();
    expect((await mintDns()).status).toBe(400);
  }, 60_000);

  it("over a single zone needs the rights themselves where that is switched on", async () => {
    await control("PUT /options", { token_permission_check: true });
    const refused = await mintDns();
    expect(refused.errors[0]?.message).toMatch(/Failed common permission check/);
    expect((await mint([policy(["DNS Write"], { [`${ZONE}.*`]: "*" })])).status).toBe(200);
  });

  it("shows about what there is to give", async () => {
    expect(groups.length).toBeGreaterThan(40);
    const query = "?name=DNS%20Write&scope=com.cloudflare.api.account.zone";
    const found = await api<Group[]>(`GET ${TOKENS}/permission_groups${query}`);
    expect(found.result).toMatchObject([{ name: "DNS Write", is_selectable: true }]);
  });
});

describe("user tokens", () => {
  const USER = "/user/tokens";

  it("are made by the user only, and share the quota of the dashboard", async () => {
    const body = { name: "mine", policies: [policy(["DNS Read"], { [`${ZONE}.*`]: "*" })] };
    expect((await api(`POST ${USER}`, { body, token: MINT })).status).toBe(403);
    const { result } = await api<Token>(`POST ${USER}`, { body });
    expect(result.value).toMatch(/^cfut_/);
    const verified = await api(`GET ${USER}/verify`, { token: result.value });
    expect(verified.result).toMatchObject({ id: result.id, status: "active" });
    expect((await api(`GET ${TOKENS}/verify`, { token: result.value })).status).toBe(401);
    const usage = await control<{ tokens: Record<string, { used: number }> }>("GET /ratelimit");
    await records(BOOKS, result.value);
    const after = await control<{ tokens: Record<string, { used: number }> }>("GET /ratelimit");
    expect(after.tokens["dashboard"]?.used).toBe((usage.tokens["dashboard"]?.used ?? 0) + 1);
  });
});

/** What a token with a group may do, asked with one call per right. */
const PROBES: readonly (readonly [right: string, scope: "zone" | "account", path: string])[] = [
  ["DNS", "zone", "/dns_records"],
  ["Zone Settings", "zone", "/settings/ssl"],
  ["Workers Routes", "zone", "/workers/routes"],
  ["Zero Trust", "account", "/gateway/rules"],
  ["Access: Apps and Policies", "account", "/access/apps"],
  ["Workers Scripts", "account", "/workers/scripts"],
  ["Notifications", "account", "/alerting/v3/policies"],
  ["Account API Tokens", "account", "/tokens"],
];

it("a token can do exactly what its policies say", async () => {
  const resource = fc.constantFrom(
    `${ZONE}.*`,
    `${ZONE}.${BOOKS}`,
    `${ZONE}.${API}`,
    `com.cloudflare.api.account.${ACCOUNT}`,
    "com.cloudflare.api.account.*",
  );
  const name = fc
    .tuple(fc.constantFrom(...PROBES.map(([right]) => right)), fc.constantFrom("Read", "Write"))
    .map((words) => words.join(" "));
  const anyPolicy = fc.record({
    effect: fc.constantFrom("allow", "allow", "deny"),
    names: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
    resources: fc.uniqueArray(resource, { minLength: 1, maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyPolicy, { minLength: 1, maxLength: 4 }), async (policies) => {
      const made = await mint(
        policies.map(({ effect, names, resources }) =>
          policy(names, Object.fromEntries(resources.map((key) => [key, "*"])), effect),
        ),
      );
      const token = made.result.value;
      const says = (right: string, keys: string[], effect: string) =>
        policies.some(
          (one) =>
            one.effect === effect &&
            [`${right} Read`, `${right} Write`].some((title) => one.names.includes(title)) &&
            one.resources.some((key) => keys.includes(key)),
        );
      for (const [right, scope, path] of PROBES) {
        for (const id of scope === "zone" ? [BOOKS, API] : [ACCOUNT]) {
          const keys =
            scope === "zone"
              ? [`${ZONE}.*`, `${ZONE}.${id}`]
              : [`com.cloudflare.api.account.${id}`, "com.cloudflare.api.account.*"];
          const expected = says(right, keys, "allow") && !says(right, keys, "deny");
          const { status } = await api(`GET /${scope}s/${id}${path}`, { token });
          expect(status, `${right} on ${id}`).toBe(expected ? 200 : 403);
        }
      }
      await api(`DELETE ${TOKENS}/${made.result.id}`, { token: MINT });
    }),
    { numRuns: 60 },
  );
});
