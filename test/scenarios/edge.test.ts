import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { checkRecord, entries } from "../support/check-world.ts";
import { VisitedZone, type Played } from "../support/edge.ts";
import {
  api,
  apiJson,
  cloudflare,
  control,
  drift,
  reconcile,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

/** One in a thousand of everybody else. */
const COLLATERAL_MAX = 0.001;
const FLOOD = { kind: "flood", per_second: 250, sources: 300 };

interface GuardrailJson {
  readonly id: string;
  readonly template: string;
  readonly mode: string;
  readonly expires_at: string;
  readonly ended: { readonly how: string } | null;
}

const guardrailsOf = async ({ scope }: VisitedZone): Promise<readonly GuardrailJson[]> =>
  (await apiJson<{ items: GuardrailJson[] }>(`/api/v1/guardrails?scope=${scope}`)).items;
const incidentsOf = async ({ scope }: VisitedZone) =>
  (
    await apiJson<{ items: { cause: string; status: string }[] }>(
      `/api/v1/incidents?scope=${scope}`,
    )
  ).items;

/** Everything that has to hold whatever the step was. */
async function whole(zone: VisitedZone, of: { readonly status: readonly string[] }): Promise<void> {
  await checkRecord();
  expect(of.status).toContain(await zone.status());
  const live = (await guardrailsOf(zone)).filter(({ ended }) => ended === null);
  const rules = await zone.guardrailRules();
  expect(rules.length, "a rule for each guardrail, and none without").toBeLessThanOrEqual(
    live.length,
  );
  const writes = (
    await control<{ entries: { token_name: string }[] }>("GET", "/journal?writes=true&limit=5000")
  ).entries;
  expect(
    writes.every(({ token_name }) => ["driftless-vault-write", "dashboard"].includes(token_name)),
  ).toBe(true);
}

const isGuarded = (zone: VisitedZone): Promise<void> =>
  vi.waitFor(async () => expect(await zone.guardrailRules()).toHaveLength(1), {
    timeout: 20_000,
    interval: 50,
  });

/** The lease runs out by itself; nobody takes anything away. */
async function runsOut(zone: VisitedZone): Promise<void> {
  const [guardrail] = (await guardrailsOf(zone)).filter(({ ended }) => ended === null);
  const renewed = await api(`/api/v1/guardrails/${guardrail?.id}/renewal`, "dev-operator", {
    method: "POST",
    body: JSON.stringify({ expires_at: new Date(Date.now() + 1_500).toISOString() }),
    headers: { "content-type": "application/json" },
  });
  expect(renewed.status).toBe(200);
  await vi.waitFor(async () => expect(await zone.guardrailRules()).toEqual([]), {
    timeout: 20_000,
    interval: 100,
  });
  await settled(zone.scope, ({ status }) => status === "in_sync");
  const [{ run }, writes] = [await drift(zone.scope), (await vaultWrites()).length];
  expect(await reconcile(zone.scope), "the next plan is empty").toMatchObject({
    status: "in_sync",
    drift: [],
    run,
  });
  expect((await vaultWrites()).length).toBe(writes);
  await whole(zone, { status: ["in_sync"] });
}

function isHarmless({ normal, groups }: Played): void {
  expect(normal.visits).toBeGreaterThan(100);
  expect(normal.hurt / normal.visits).toBeLessThanOrEqual(COLLATERAL_MAX);
  expect(groups["partner"]).toMatchObject({ blocked: 0, challenged: 0, limited: 0 });
  expect(groups["search_engine"]).toMatchObject({ blocked: 0, challenged: 0, limited: 0 });
}

beforeAll(async () => {
  await control("POST", "/reset", {});
  await control("PUT", "/options", { ratelimit: { quota: 1_000_000 } });
  await tick();
});

describe("traffic through the sandbox's edge", () => {
  it("flood: alert, guardrail, the attack is stopped, nobody else is, and the lease leaves nothing", async () => {
    const zone = await VisitedZone.open("flood.example");
    await whole(zone, { status: ["in_sync"] });
    const hit = await zone.play({ seconds: 12, attacks: [FLOOD] });
    expect(hit.alerts).toContainEqual(
      expect.objectContaining({ condition: "flood", event: "START" }),
    );
    expect(hit.normal.failed, "the servers are too busy").toBeGreaterThan(0);
    expect(hit.attack.stopped).toBe(0);
    await isGuarded(zone);
    expect(await guardrailsOf(zone)).toMatchObject([
      { template: "block_source", mode: "challenge" },
    ]);
    await settled(zone.scope, ({ status }) => status === "in_sync");
    await whole(zone, { status: ["in_sync", "held"] });
    const guarded = await zone.play({ seconds: 60, attacks: [FLOOD] });
    expect(guarded.attack.stopped / guarded.attack.visits).toBeGreaterThan(0.99);
    isHarmless(guarded);
    const calm = await zone.play({ seconds: 120 });
    expect(calm.alerts).toContainEqual(
      expect.objectContaining({ condition: "flood", event: "END" }),
    );
    expect(calm.normal.failed).toBe(0);
    isHarmless(calm);
    await runsOut(zone);
  }, 120_000);

  it("stuffing: the logs alone tell of it; who types a password is left alone", async () => {
    const zone = await VisitedZone.open("stuffing.example");
    const attacks = [{ kind: "stuffing", per_second: 15, sources: 600 }];
    await zone.play({ seconds: 20, attacks });
    await isGuarded(zone);
    expect(await guardrailsOf(zone)).toMatchObject([{ template: "managed_challenge" }]);
    const guarded = await zone.play({ seconds: 60, attacks });
    expect(guarded.attack.stopped / guarded.attack.visits).toBeGreaterThan(0.99);
    isHarmless(guarded);
    await runsOut(zone);
  }, 120_000);

  it("scanner: who tries addresses that do not exist is challenged, old links are not", async () => {
    const zone = await VisitedZone.open("scan.example");
    const attacks = [{ kind: "scan", per_second: 12, sources: 3 }];
    await zone.play({ seconds: 20, attacks });
    await isGuarded(zone);
    expect(await incidentsOf(zone)).toContainEqual(
      expect.objectContaining({ cause: "scanner", status: "open" }),
    );
    const guarded = await zone.play({ seconds: 60, attacks });
    expect(guarded.attack.stopped / guarded.attack.visits).toBeGreaterThan(0.99);
    isHarmless(guarded);
    await runsOut(zone);
  }, 120_000);

  it("vulnerability: nothing is enforced on a word alone; where it is tried, its rule goes out and stops it", async () => {
    const zone = await VisitedZone.open("cve.example");
    const tell = (cve: string) =>
      exports.default.fetch(
        new Request("https://driftless.test/webhooks/advisories", {
          method: "POST",
          headers: { "cf-webhook-auth": "dev-webhook-secret" },
          body: JSON.stringify({
            catalogVersion: crypto.randomUUID(),
            vulnerabilities: [{ cveID: cve, dateAdded: "2025-07-20" }],
          }),
        }),
      );
    const waits = (of: VisitedZone) =>
      vi.waitFor(
        async () =>
          expect(await incidentsOf(of)).toContainEqual(
            expect.objectContaining({ cause: "cve_exposure", status: "waiting" }),
          ),
        { timeout: 10_000 },
      );
    expect((await tell("CVE-2025-53770")).status).toBe(202);
    await waits(zone);
    expect(await zone.guardrailRules()).toEqual([]);
    // A person lets it look first: it counts, and stops nobody.
    const logged = await api("/api/v1/guardrails", "dev-operator", {
      method: "POST",
      body: JSON.stringify({
        scope: zone.scope,
        template: "cve_rule",
        parameters: { cve: "CVE-2024-4577" },
        mode: "log",
        reason: "to look first",
        expires_at: new Date(Date.now() + 3_600_000).toISOString(),
      }),
      headers: { "content-type": "application/json" },
    });
    expect(logged.status, await logged.clone().text()).toBe(201);
    await isGuarded(zone);
    const attacks = [{ kind: "cve", cve: "CVE-2024-4577", per_second: 5, sources: 20 }];
    const watched = await zone.play({ seconds: 20, attacks });
    expect(watched.attack.stopped).toBe(0);
    isHarmless(watched);
    const { id } = await logged.json<GuardrailJson>();
    await api(`/api/v1/guardrails/${id}/step`, "dev-operator", {
      method: "POST",
      body: JSON.stringify({ mode: "block", reason: "it matches attacks and nobody else" }),
      headers: { "content-type": "application/json" },
    });
    await vi.waitFor(
      async () => expect(await zone.guardrailRules()).toMatchObject([{ action: "block" }]),
      {
        timeout: 15_000,
      },
    );
    const guarded = await zone.play({ seconds: 60, attacks });
    expect(guarded.attack.stopped).toBe(guarded.attack.visits);
    isHarmless(guarded);
    await runsOut(zone);
    const other = await VisitedZone.open("exploited.example");
    // Another one was announced before, and waits for a person: that keeps nobody from answering this one.
    expect((await tell("CVE-2025-31324")).status).toBe(202);
    await waits(other);
    await other.play({ seconds: 15, attacks });
    expect((await tell("CVE-2024-4577")).status).toBe(202);
    await isGuarded(other);
    expect(await guardrailsOf(other)).toMatchObject([{ template: "cve_rule", mode: "block" }]);
    const stopped = await other.play({ seconds: 60, attacks });
    expect(stopped.attack.stopped).toBe(stopped.attack.visits);
    isHarmless(stopped);
    await runsOut(other);
  }, 180_000);

  it("bad deploy: the change that broke it is taken back, and no rule is written", async () => {
    const zone = await VisitedZone.open("deploy.example");
    await cloudflare("POST", "/accounts/8d6e3f0a5c1b4927a0f4c2d9b7e61835/alerting/v3/policies", {
      body: {
        name: "Origin errors everywhere",
        alert_type: "http_alert_origin_error",
        enabled: true,
        mechanisms: {
          webhooks: await cloudflare(
            "GET",
            "/accounts/8d6e3f0a5c1b4927a0f4c2d9b7e61835/alerting/v3/destinations/webhooks",
          ),
        },
      },
    });
    const records = `/zones/${zone.id}/dns_records`;
    const [record] = await cloudflare<{ id: string; content: string }[]>(
      "GET",
      `${records}?type=A&name=${zone.name}`,
    );
    await cloudflare("PATCH", `${records}/${record?.id}`, { body: { content: "203.0.113.77" } });
    zone.skipTo(Date.now() - 30_000);
    const broken = await zone.play({ seconds: 20, visitors: 10 });
    expect(broken.normal.failed / broken.normal.visits).toBeGreaterThan(0.5);
    expect(broken.alerts).toContainEqual(
      expect.objectContaining({ condition: "origin_errors", event: "START" }),
    );
    await vi.waitFor(
      async () => {
        const now = await cloudflare<{ content: string }>("GET", `${records}/${record?.id}`);
        expect(now.content).toBe(record?.content);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect((await incidentsOf(zone)).map(({ cause }) => cause)).toContain("bad_deploy");
    expect(await guardrailsOf(zone)).toEqual([]);
    const healed = await zone.play({ seconds: 60 });
    expect(healed.normal.failed).toBe(0);
    await settled(zone.scope, ({ status }) => status === "in_sync");
    await whole(zone, { status: ["in_sync"] });
  }, 120_000);

  it("recovered: an alert that says it is over leads to nothing, and the record says so", async () => {
    const zone = await VisitedZone.open("over.example");
    const before = (await control<{ last: number }>("GET", "/journal?limit=1")).last;
    const tell = () =>
      exports.default.fetch(
        new Request("https://driftless.test/webhooks/cloudflare/notifications", {
          method: "POST",
          headers: { "cf-webhook-auth": "dev-webhook-secret" },
          body: JSON.stringify({
            text: "over",
            ts: Math.floor(Date.now() / 1_000),
            alert_type: "advanced_ddos_attack_l7_alert",
            alert_event: "ALERT_STATE_EVENT_END",
            alert_correlation_id: crypto.randomUUID(),
            data: { zone_name: zone.name },
          }),
        }),
      );
    expect((await tell()).status).toBe(202);
    await vi.waitFor(async () => {
      const told = (await entries()).filter(
        ({ scope, data }) => scope === zone.scope && data["cause"] === "recovered",
      );
      expect(told.length).toBeGreaterThan(0);
    });
    expect(await incidentsOf(zone)).toEqual([]);
    const writes = await control<{ entries: unknown[] }>(
      "GET",
      `/journal?writes=true&after=${before}&limit=100`,
    );
    expect(writes.entries).toEqual([]);
    await whole(zone, { status: ["in_sync"] });
  }, 60_000);
});
