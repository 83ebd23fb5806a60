/** What looking costs: it grows with what changed, not with what there is; and nobody's look keeps a heal waiting. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { discover } from "../../durable-objects/discovery.ts";
import type { Governor } from "../../durable-objects/governor.ts";
import { pacedApi } from "../../durable-objects/paced-api.ts";
import {
  type Budget,
  type Grant,
  QUOTA,
  SWEEP_CALLS,
  type Urgency,
} from "../../src/core/budget.ts";
import { type JsonObject, textOf } from "../../src/core/canonical.ts";
import { instantOf } from "../../src/core/ids.ts";
import { isFull } from "../support/full.ts";
import {
  apiJson,
  cloudflare,
  control,
  drift,
  type JournalEntry,
  putGolden,
  records,
  settled,
} from "../support/world.ts";

const ACCOUNT = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
const READER = "driftless-swarm-read";
const WRITER = "driftless-vault-write";
const QUIET_MS = 400;

interface Zone {
  readonly id: string;
  readonly name: string;
}

const scopeOf = ({ name }: Zone): string => `zone:${name}`;

async function seed(zones: readonly JsonObject[]): Promise<readonly Zone[]> {
  return (await control<{ zones: readonly Zone[] }>("POST", "/seed", { zones })).zones;
}

/** The swarm gets to know the zones. A cron tick would have them swept as well, and that would be counted here. */
async function meet(): Promise<void> {
  expect((await discover(env, instantOf(new Date().toISOString()))).ok).toBe(true);
}

/** Every call of the swarm's and the vault's since the journal was last cleared. */
async function calls(): Promise<readonly JournalEntry[]> {
  const path = "/journal?limit=50000";
  const { entries } = await control<{ entries: readonly JournalEntry[] }>("GET", path);
  return entries.filter(({ token_name: token }) => token === READER || token === WRITER);
}

/** Waits until nobody asks any more: a look that was woken twice looks twice. */
async function quiet(): Promise<void> {
  for (let before = -1, now = 0; now !== before;) {
    before = now;
    await scheduler.wait(QUIET_MS);
    now = (await calls()).length;
  }
}

const isPoll = ({ token_name: token, path, query }: JournalEntry): boolean =>
  token === READER && path.endsWith("/logs/audit") && !query.includes("zone_id=");

/** Wakes the reconciler, waits until it has looked and until the heal, if one was needed, is over. */
async function look(scope: string): Promise<void> {
  const asked = new Date().toISOString();
  await apiJson(`/api/v1/scopes/${encodeURIComponent(scope)}/reconcile`, "dev-operator", {
    method: "POST",
  });
  await settled(
    scope,
    ({ status, observed_at: at }) => status === "in_sync" && (at ?? "") >= asked,
  );
}

const golden = (zone: Zone, spec: JsonObject): string =>
  JSON.stringify({
    apiVersion: "driftless.dev/v1",
    kind: "GoldenState",
    metadata: { scope: scopeOf(zone) },
    spec,
  });

async function declare(zone: Zone, spec: JsonObject): Promise<void> {
  const answer = await putGolden(golden(zone, spec), { scope: scopeOf(zone) });
  expect(answer.status, (await answer.text()).slice(0, 500)).toBe(200);
}

/** One poll of the account's change feed, now. It keeps what it watches; being told so again is what makes it poll. */
async function poll(): Promise<void> {
  const feed = env.CHANGE_FEED.getByName(ACCOUNT);
  const watched = await runInDurableObject(feed, (_, state) => {
    const query = "select value from value where name = 'watched'";
    return JSON.parse(state.storage.sql.exec<{ value: string }>(query).one().value);
  });
  await feed.watch(watched);
}

// --- one large zone ---

const RECORDS = 10_000;
const LARGE = "ten-thousand.example";
const SETTINGS = { ssl: "strict", min_tls_version: "1.2", always_use_https: "on" };
/** The kinds of a zone that are read by a list: records, routes, all phases by one list of versions. */
const SWEEP_CALLS_BAR = 8;
/** The first look ever, once: there the six phases are read as well, and the list tells that a seventh has none. */
const COLD_CALLS = 9;
const HEAL_CALLS_BAR = 12;
const RULE = { description: "", enabled: true, expression: '(http.host eq "a.example")' };
const PHASES: Readonly<Record<string, readonly [string, JsonObject]>> = {
  waf_rule: ["http_request_firewall_custom", { action: "block" }],
  rate_limit_rule: [
    "http_ratelimit",
    {
      action: "block",
      ratelimit: {
        characteristics: ["ip.src", "cf.colo.id"],
        period: 60,
        requests_per_period: 100,
        mitigation_timeout: 60,
      },
    },
  ],
  managed_ruleset: [
    "http_request_firewall_managed",
    {
      action: "execute",
      expression: "true",
      action_parameters: { id: "efb7b8c949ac4650a09736fc376e9aee" },
    },
  ],
  cache_rule: [
    "http_request_cache_settings",
    { action: "set_cache_settings", action_parameters: { cache: false } },
  ],
  redirect_rule: [
    "http_request_dynamic_redirect",
    {
      action: "redirect",
      action_parameters: {
        from_value: { target_url: { value: "https://b.example" }, status_code: 302 },
      },
    },
  ],
  header_rule: [
    "http_response_headers_transform",
    {
      action: "rewrite",
      action_parameters: { headers: { "x-powered-by": { operation: "remove" } } },
    },
  ],
};
const ROUTE = { pattern: `${LARGE}/orders/*`, script: "harbor-api" };
const IN_CONTENT = new Set(["A", "AAAA", "CNAME", "TXT", "NS", "PTR"]);

type Listed = JsonObject & { readonly id: string; readonly type: string };

/** What the record says: one line of text, or members. */
function valueOf({ type, content = "", data = {}, priority = 0 }: Listed): JsonObject {
  if (IN_CONTENT.has(type)) return { content };
  return type === "MX" ? { content, priority } : { data };
}

/** As a person would declare it: without what is the default. */
function declared(record: Listed): JsonObject {
  const { type, ttl = 1, proxied = false, comment = null, tags = [] } = record;
  const name = textOf(record["name"]).replace(`.${LARGE}`, "");
  return {
    name,
    type,
    ...valueOf(record),
    ...(ttl === 1 ? {} : { ttl }),
    ...(proxied === true ? { proxied } : {}),
    ...(comment === null ? {} : { comment }),
    ...(Array.isArray(tags) && tags.length > 0 ? { tags } : {}),
  };
}

async function listed(zone: Zone): Promise<readonly Listed[]> {
  const all: Listed[] = [];
  for (let page = 1; all.length < RECORDS; page += 1)
    all.push(
      ...(await cloudflare<readonly Listed[]>(
        "GET",
        `/zones/${zone.id}/dns_records?per_page=5000&page=${page}`,
      )),
    );
  return all;
}

async function largeZone(): Promise<{ zone: Zone; all: readonly Listed[] }> {
  const [zone] = await seed([
    { name: LARGE, plan: "enterprise", records: RECORDS, settings: SETTINGS },
  ]);
  if (!zone) throw new Error("nothing was seeded");
  const rules: Record<string, JsonObject[]> = {};
  for (const [kind, [phase, more]] of Object.entries(PHASES)) {
    const rule = { ...RULE, ref: `${kind}-1`, ...more };
    const path = `/zones/${zone.id}/rulesets/phases/${phase}/entrypoint`;
    await cloudflare("PUT", path, { body: { rules: [rule] } });
    rules[kind] = [{ ...rule, ...(kind === "header_rule" ? { direction: "response" } : {}) }];
  }
  await cloudflare("POST", `/zones/${zone.id}/workers/routes`, { body: ROUTE });
  const all = await listed(zone);
  await meet();
  await declare(zone, {
    unmanaged: { dns_record: "remove", worker_route: "remove" },
    resources: {
      zone_setting: SETTINGS,
      dns_record: all.map(declared),
      worker_route: [ROUTE],
      ...rules,
    },
  });
  await settled(scopeOf(zone), ({ status }) => status === "in_sync");
  await quiet();
  return { zone, all };
}

describe(`a zone with all kinds and ${RECORDS} records`, () => {
  let zone: Zone;
  let all: readonly Listed[];
  let cold: readonly JournalEntry[];

  beforeAll(async () => {
    await control("POST", "/reset", {});
    await control("PUT", "/options", { ratelimit: { quota: 10_000_000 } });
    await control("DELETE", "/journal");
    ({ zone, all } = await largeZone());
    cold = (await calls()).filter(({ path }) => path.includes(zone.id));
  }, 120_000);

  beforeEach(async () => {
    await control("DELETE", "/journal");
  });

  const settings = Object.keys(SETTINGS).length;
  const ofSettings = (some: readonly JournalEntry[]) =>
    some.filter(({ path }) => path.includes("/settings/")).length;

  it("is swept with at most 8 calls and one for each declared setting", async () => {
    await look(scopeOf(zone));
    const made = await calls();
    expect(ofSettings(made)).toBe(settings);
    expect(made.length - settings).toBeLessThanOrEqual(SWEEP_CALLS_BAR);
    // All records, the versions of all rules, the routes.
    expect(made.length - settings).toBe(3);
  });

  it("costs one call more for each phase that has rules, the first time", () => {
    expect(cold.every(({ token_name: token }) => token === READER)).toBe(true);
    const phases = cold.filter(({ path }) => path.endsWith("/entrypoint"));
    expect(new Set(phases.map(({ path }) => path)).size).toBe(Object.keys(PHASES).length);
    // A look that was woken twice looks twice, and the second one knows the versions.
    const asked = new Set(cold.map(({ path, query }) => `${path}?${query}`));
    expect(asked.size - settings).toBe(COLD_CALLS);
  });

  it("has 1 % of its records healed with at most 12 calls and the settings", async () => {
    const addresses = all.filter(({ type }) => type === "A");
    const body = {
      patches: addresses
        .slice(0, 50)
        .map(({ id }, index) => ({ id, content: `198.18.0.${index + 1}` })),
      deletes: addresses.slice(50, 75).map(({ id }) => ({ id })),
      posts: Array.from({ length: 25 }, (_, index) => ({
        type: "A",
        name: `rogue-${index}`,
        content: "203.0.113.66",
      })),
    };
    await cloudflare("POST", `/zones/${zone.id}/dns_records/batch`, { body });
    await control("DELETE", "/journal");
    await look(scopeOf(zone));
    const made = await calls();
    expect(made.filter(({ applied }) => applied).map(({ ops }) => ops)).toEqual([100]);
    expect(made.length - ofSettings(made)).toBeLessThanOrEqual(HEAL_CALLS_BAR);
    expect(ofSettings(made)).toBe(settings);
  });
});

// --- many small zones ---

const ZONES = isFull ? 1_000 : 30;
const CHANGED = 10;
const FEED_CALLS = 1;
const CALLS_PER_ZONE = 8;
const AT_ONCE = 20;
const SMALL: readonly JsonObject[] = [
  { name: "@", type: "A", content: "192.0.2.10", proxied: true },
  { name: "api", type: "A", content: "192.0.2.11", ttl: 300 },
  { name: "@", type: "TXT", content: '"v=spf1 -all"', ttl: 3600 },
];

async function manyZones(): Promise<readonly Zone[]> {
  const zones: Zone[] = [];
  for (let from = 0; from < ZONES; from += 500) {
    const length = Math.min(500, ZONES - from);
    zones.push(
      ...(await seed(
        Array.from({ length }, (_, index) => ({
          name: `zone-${from + index}.example`,
          dns_records: SMALL,
          settings: { ssl: "strict" },
        })),
      )),
    );
  }
  await meet();
  const spec = {
    unmanaged: { dns_record: "remove" },
    resources: { zone_setting: { ssl: "strict" }, dns_record: SMALL },
  };
  for (let from = 0; from < zones.length; from += AT_ONCE)
    await Promise.all(
      zones.slice(from, from + AT_ONCE).map(async (zone) => {
        await declare(zone, spec);
        await settled(scopeOf(zone), ({ status }) => status === "in_sync");
        // The governor hears of a limit with the call after the one that told it: an import makes one after the other.
        await apiJson(
          `/api/v1/scopes/${encodeURIComponent(scopeOf(zone))}/import`,
          "dev-operator",
          {
            headers: { accept: "application/json" },
          },
        );
      }),
    );
  return zones;
}

describe(`${ZONES} zones, ${CHANGED} of them changed`, () => {
  it(
    `take one poll and at most ${CALLS_PER_ZONE} calls for each that changed; no other is read`,
    async () => {
      await control("POST", "/reset", {});
      await control("PUT", "/options", { ratelimit: { quota: 10_000_000 } });
      const zones = await manyZones();
      const step = zones.length / CHANGED;
      const changed = Array.from(
        { length: CHANGED },
        (_, index) => zones[Math.floor(index * step)],
      );
      const ids = new Set(changed.map((zone) => zone?.id));
      await quiet();
      await control("DELETE", "/journal");
      for (const zone of changed) {
        const api = (await records(zone?.id)).find(({ name }) => name.startsWith("api."));
        const body = { content: "198.18.0.1" };
        await cloudflare("PATCH", `/zones/${zone?.id}/dns_records/${api?.id}`, { body });
      }
      await poll();
      await vi.waitFor(
        async () => {
          const writes = (await calls()).filter(({ applied }) => applied);
          expect(new Set(writes.map(({ path }) => path.split("/")[2]))).toEqual(ids);
        },
        { timeout: 20_000, interval: 100 },
      );
      for (const zone of changed)
        if (zone) await settled(scopeOf(zone), ({ status }) => status === "in_sync");
      const made = await calls();
      expect(made.filter(isPoll)).toHaveLength(FEED_CALLS);
      expect(made.length).toBeLessThanOrEqual(FEED_CALLS + CHANGED * CALLS_PER_ZONE);
      const others = made.filter(
        ({ path }) => path.startsWith("/zones") && !ids.has(path.split("/")[2] ?? ""),
      );
      expect(others).toEqual([]);
      for (const zone of changed) {
        const api = (await records(zone?.id)).find(({ name }) => name.startsWith("api."));
        expect(api?.content).toBe("192.0.2.11");
      }
    },
    isFull ? 300_000 : 60_000,
  );
});

// --- the account's budget ---

describe("the account's budget", () => {
  const governor = (name: string) => env.GOVERNOR.getByName(name) as unknown as Governor;
  const ask = (of: Governor, urgency: Urgency, count: number): Promise<Grant> =>
    of.acquire({ urgency, calls: count }, null);

  it("has room for heals however many sweeps storm it, and never grants more than its quota", async () => {
    const of = governor("storm");
    const storm = await Promise.all(
      Array.from({ length: 500 }, () => ask(of, "sweep", SWEEP_CALLS)),
    );
    const sweeps = storm.filter(({ granted }) => granted).length * SWEEP_CALLS;
    expect(sweeps).toBeLessThanOrEqual(QUOTA / 2);
    for (const refusal of storm) if (!refusal.granted) expect(refusal.waitMs).toBeGreaterThan(0);
    const heals = await Promise.all(Array.from({ length: 100 }, () => ask(of, "heal", 2)));
    expect(heals.every(({ granted }) => granted)).toBe(true);
    // Everybody asks for everything: all of it together stays below the quota.
    let total = sweeps + 200;
    for (const urgency of ["sweep", "feed", "look", "heal"] as const)
      for (let grant = await ask(of, urgency, 2); grant.granted; grant = await ask(of, urgency, 2))
        total += 2;
    expect(total).toBeLessThanOrEqual(QUOTA);
  });

  it("is counted on after the object was restarted", async () => {
    const of = governor("restarted");
    while ((await ask(of, "sweep", SWEEP_CALLS)).granted);
    await runInDurableObject(env.GOVERNOR.getByName("restarted"), (_, state) => {
      state.abort("restarted by the test");
    }).catch(() => undefined);
    expect((await ask(governor("restarted"), "sweep", SWEEP_CALLS)).granted).toBe(false);
    expect((await ask(governor("restarted"), "heal", 2)).granted).toBe(true);
  });

  it.each([
    { who: "the read token", token: "sandbox-swarm-read", name: "reader.example" },
    { who: "the write token", token: "sandbox-vault-write", name: "writer.example" },
  ])(
    "leaves Cloudflare alone while $who is shut out by a 429, then heals by itself",
    async (one) => {
      await control("POST", "/reset", {});
      const [zone] = await seed([{ name: one.name, dns_records: SMALL }]);
      if (!zone) throw new Error("nothing was seeded");
      await meet();
      await declare(zone, {
        unmanaged: { dns_record: "remove" },
        resources: { dns_record: SMALL },
      });
      await settled(scopeOf(zone), ({ status }) => status === "in_sync");
      await quiet();
      const api = (await records(zone.id)).find(({ name }) => name.startsWith("api."));
      const body = { content: "198.18.0.3" };
      await cloudflare("PATCH", `/zones/${zone.id}/dns_records/${api?.id}`, { body });
      await control("DELETE", "/journal");
      await control("POST", "/ratelimit/block", { token: one.token, seconds: 3 });
      // One signal, and none after it: what follows is the system's own doing.
      await apiJson(
        `/api/v1/scopes/${encodeURIComponent(scopeOf(zone))}/reconcile`,
        "dev-operator",
        {
          method: "POST",
        },
      );
      await vi.waitFor(
        async () => {
          const now = (await records(zone.id)).find(({ id }) => id === api?.id);
          expect(now?.content).toBe(api?.content);
        },
        { timeout: 25_000, interval: 250 },
      );
      await settled(scopeOf(zone), ({ status }) => status === "in_sync");
      const refused = (await calls()).filter(({ status }) => status === 429);
      // Whoever was refused asked once or twice, not in a loop.
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThanOrEqual(2);
    },
  );

  it("is asked once for calls that are made in parallel, and for no more than those", async () => {
    const api = pacedApi(env, { accountId: "parallel", urgency: "look" });
    await Promise.all(Array.from({ length: 7 }, () => api.get("/zones")));
    await runInDurableObject(env.GOVERNOR.getByName("parallel"), (_, state) => {
      const [row] = state.storage.sql.exec<{ budget: string }>("select budget from budget");
      const { granted } = JSON.parse(row?.budget ?? "") as Budget;
      expect(granted.reduce((sum, [, count]) => sum + count, 0)).toBe(7);
    });
  });

  it("spent by sweeps leaves drift to be found and healed", async () => {
    await control("POST", "/reset", {});
    const [zone] = await seed([{ name: "scarce.example", dns_records: SMALL }]);
    if (!zone) throw new Error("nothing was seeded");
    await meet();
    await declare(zone, { unmanaged: { dns_record: "remove" }, resources: { dns_record: SMALL } });
    await settled(scopeOf(zone), ({ status }) => status === "in_sync");
    for (let spent = 0; spent < QUOTA / 2; spent += SWEEP_CALLS)
      await ask(governor(ACCOUNT), "sweep", SWEEP_CALLS);
    const api = (await records(zone.id)).find(({ name }) => name.startsWith("api."));
    const body = { content: "198.18.0.2" };
    await cloudflare("PATCH", `/zones/${zone.id}/dns_records/${api?.id}`, { body });
    await look(scopeOf(zone));
    expect((await drift(scopeOf(zone))).status).toBe("in_sync");
  });
});
