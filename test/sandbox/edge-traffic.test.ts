/** Generated traffic: the same for the same seed, judged by the rules as they stand, told in logs and alerts. */
import { gunzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, api, BOOKS, control, reset, type Fields } from "./client.ts";
import { after, EVENING, SHOP, traffic } from "./visits.ts";

beforeEach(reset);

const FLOOD = { kind: "flood", per_second: 300, sources: 500 };
const BOT = "t13d190900_9dc949149365_97f8aa674fd9";
const WAF = `/zones/${BOOKS}/rulesets/phases/http_request_firewall_custom/entrypoint`;
const putRule = (rule: Fields) => api(`PUT ${WAF}`, { body: { rules: [{ ref: "r", ...rule }] } });

interface Batch {
  readonly dataset: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number | null;
}
const batches = async (): Promise<readonly Batch[]> =>
  (await control<{ batches: Batch[] }>("GET /batches")).batches;
const linesOf = ({ body }: Batch): readonly Fields[] =>
  gunzipSync(Buffer.from(body, "base64"))
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Fields);
const logged = async (dataset: string): Promise<readonly Fields[]> =>
  (await batches()).filter((batch) => batch.dataset === dataset).flatMap(linesOf);

describe("normal traffic", () => {
  it("is the same for the same seed, and another for another", async () => {
    const first = await traffic();
    await reset();
    expect(await traffic()).toEqual({ ...first, told_at: expect.any(String) });
    await reset();
    expect((await traffic({ seed: 2 })).groups).not.toEqual(first.groups);
  });

  it("is the same whether it is played in one piece or in two", async () => {
    const whole = await traffic({ seconds: 20 });
    await reset();
    const parts = [
      await traffic({ seconds: 10, until: after(-10) }),
      await traffic({ seconds: 10 }),
    ];
    for (const [group, tally] of Object.entries(whole.groups))
      expect(parts.reduce((sum, { groups }) => sum + (groups[group]?.visits ?? 0), 0)).toBe(
        tally.visits,
      );
  });

  it("has more people in the evening than at night, and passes the seeded rules unhurt", async () => {
    const evening = await traffic({ seconds: 60 });
    const night = await traffic({
      seconds: 60,
      until: new Date(EVENING + 8 * 3_600_000).toISOString(),
    });
    expect(evening.groups["people"]?.visits).toBeGreaterThan(
      1.3 * (night.groups["people"]?.visits ?? 0),
    );
    expect(evening.normal.hurt).toBe(0);
    expect(evening.normal.failed).toBe(0);
    expect(Object.keys(evening.groups).toSorted()).toEqual(
      ["app", "monitoring", "partner", "people", "search_engine"].toSorted(),
    );
  });

  it("is refused in portions that are too large, with attacks nobody knows, or in no zone", async () => {
    await expect(traffic({ seconds: 86_400, visitors: 2_000 })).rejects.toThrow("visits");
    await expect(traffic({ attacks: [{ kind: "meteor", per_second: 1 }] })).rejects.toThrow(
      "attacks.0.kind",
    );
    await expect(traffic({ zone: "nobody.example" })).rejects.toThrow("no zone");
  });
});

describe("an attack", () => {
  it("makes the servers too busy for everybody, until a rule stops it; then nobody else is hurt", async () => {
    await traffic({ seconds: 60, until: after(-60) });
    const bad = await traffic({ seconds: 30, attacks: [FLOOD] });
    expect(bad.normal.failed / bad.normal.visits).toBeGreaterThan(0.3);
    expect(bad.attack.stopped).toBe(0);
    // To look first: it counts, and stops nobody.
    await putRule({ action: "log", expression: `cf.bot_management.ja4 eq "${BOT}"` });
    const watched = await traffic({ seconds: 5, until: after(5), attacks: [FLOOD] });
    expect(watched.attack.stopped).toBe(0);
    const counted = (await logged("firewall_events")).filter(({ Ref }) => Ref === "r");
    expect(counted).toHaveLength(watched.attack.visits);
    expect(new Set(counted.map(({ Action }) => Action))).toEqual(new Set(["log"]));
    expect((await putRule({ action: "block", expression: "ip.src.asnum ge 65536" })).status).toBe(
      200,
    );
    const good = await traffic({ seconds: 60, until: after(65), attacks: [FLOOD] });
    expect(good.attack.stopped).toBe(good.attack.visits);
    expect(good.normal.hurt).toBe(0);
    expect(good.groups["partner"]).toMatchObject({ blocked: 0, challenged: 0, limited: 0 });
    expect(good.rules["r"]).toEqual({ flood: good.attack.visits });
    expect(good.seconds.at(-1)).toMatchObject({ failed: 0 });
  });

  it("is told by alerts that begin and end with the same correlation id", async () => {
    await traffic({ seconds: 120, until: after(-120) });
    const begun = await traffic({ seconds: 12, until: after(-108), attacks: [FLOOD] });
    expect(begun.alerts.map(({ condition, event }) => `${condition} ${event}`)).toEqual(
      expect.arrayContaining(["flood START", "origin_errors START"]),
    );
    const over = await traffic({ seconds: 40, until: after(-68) });
    expect(over.alerts.map(({ condition, event }) => `${condition} ${event}`)).toEqual(
      expect.arrayContaining(["flood END", "origin_errors END"]),
    );
    const { deliveries } = await control<{
      deliveries: { url: string; headers: Fields; body: Fields }[];
    }>("GET /deliveries");
    const floods = deliveries.filter(
      ({ body }) => body["alert_type"] === "advanced_ddos_attack_l7_alert",
    );
    expect(floods.map(({ body }) => body["alert_event"])).toEqual([
      "ALERT_STATE_EVENT_START",
      "ALERT_STATE_EVENT_END",
    ]);
    expect(new Set(floods.map(({ body }) => body["alert_correlation_id"])).size).toBe(1);
    expect(floods[0]?.body["data"]).toMatchObject({ zone_name: SHOP, zone_tag: BOOKS });
    const again = await traffic({ seconds: 60, until: after(-8) });
    expect(again.alerts).toEqual([]);
  });

  it("challenges people once and machines for good", async () => {
    await putRule({
      action: "managed_challenge",
      expression: 'starts_with(http.request.uri.path, "/books/")',
    });
    const report = await traffic({ seconds: 120 });
    expect(report.groups["people"]).toMatchObject({ challenged: 0 });
    expect(report.groups["people"]?.solved).toBeGreaterThan(10);
    expect(report.groups["search_engine"]?.challenged).toBeGreaterThan(10);
    const spared = await putRule({
      action: "managed_challenge",
      expression: 'starts_with(http.request.uri.path, "/books/") and not cf.client.bot',
    });
    expect(spared.status).toBe(200);
    const gentle = await traffic({ seconds: 60, until: after(60) });
    expect(gentle.groups["search_engine"]).toMatchObject({ challenged: 0 });
  });

  it.each([
    ["stuffing", { per_second: 20 }, "stuffing"],
    ["scan", { per_second: 10, sources: 3 }, "scan"],
    ["cve", { per_second: 5, cve: "CVE-2021-44228" }, "cve"],
  ])("of the kind %s reaches the site, or a rule of the zone", async (kind, more, group) => {
    const report = await traffic({ seconds: 60, attacks: [{ kind, sources: 50, ...more }] });
    const tally = report.groups[group];
    expect(tally?.visits).toBeGreaterThan(100);
    expect(report.normal.hurt).toBe(0);
    // Headers with lookups and version control are the managed rules' already.
    if (kind !== "stuffing") expect(tally?.blocked).toBeGreaterThan(0);
    expect(tally?.served).toBeGreaterThan(0);
  });
});

describe("logs", () => {
  it("go where the zone's jobs say, gzipped, with the fields and times that were asked for", async () => {
    await traffic({ seconds: 20, attacks: [{ kind: "scan", per_second: 10, sources: 3 }] });
    const [first] = await batches();
    expect(first?.url).toContain("https://driftless.example/webhooks/cloudflare/logpush/");
    expect(first?.url).not.toContain("header_");
    expect(first?.headers).toMatchObject({ "cf-webhook-auth": "dev-webhook-secret" });
    expect(first?.status, "nothing leaves the sandbox of a test").toBeNull();
    const requests = await logged("http_requests");
    expect(requests[0]).toMatchObject({ ZoneName: SHOP, ClientRequestHost: SHOP });
    expect(requests[0]?.["EdgeStartTimestamp"]).toMatch(/^2026-05-12T18:59:\d\d\.\d{3}Z$/);
    const events = await logged("firewall_events");
    expect(events.find(({ Source }) => Source === "firewallManaged")).toMatchObject({
      Action: "block",
      Kind: "firewall",
    });
    const rays = new Set(requests.map(({ RayID }) => RayID));
    expect(events.every(({ RayID }) => rays.has(RayID))).toBe(true);
    const jobs = await api<{ id: number; dataset: string }[]>(`GET /zones/${BOOKS}/logpush/jobs`);
    const job = jobs.result.find(({ dataset }) => dataset === "http_requests");
    const changed = await api(`PUT /zones/${BOOKS}/logpush/jobs/${job?.id}`, {
      body: {
        output_options: {
          field_names: ["RayID", "EdgeStartTimestamp"],
          timestamp_format: "unixnano",
        },
      },
    });
    expect(changed.status, changed.text).toBe(200);
    await control("DELETE /batches");
    await traffic({ seconds: 5, until: after(5) });
    const batch = (await batches()).find(({ dataset }) => dataset === "http_requests");
    const text = gunzipSync(Buffer.from(batch?.body ?? "", "base64")).toString();
    expect(text.split("\n", 1)[0]).toMatch(
      /^\{"RayID":"[0-9a-f]{16}","EdgeStartTimestamp":\d{19}\}$/,
    );
  });

  it("have jobs that can be made, switched off and deleted, of zones and of the account", async () => {
    const conf = "https://logs.example/in?header_Authorization=Bearer%20x";
    const refused = await api(`POST /zones/${BOOKS}/logpush/jobs`, {
      body: { dataset: "gateway_dns", destination_conf: conf },
    });
    expect(refused.status).toBe(400);
    const made = await api<{ id: number }>(`POST /accounts/${ACCOUNT}/logpush/jobs`, {
      body: { dataset: "gateway_http", destination_conf: conf, enabled: true },
    });
    expect(made.status, made.text).toBe(200);
    await traffic({ seconds: 10, office: 5 });
    const own = (await batches()).find(({ url }) => url === "https://logs.example/in");
    expect(own?.headers).toMatchObject({ authorization: "Bearer x" });
    const at = `/accounts/${ACCOUNT}/logpush/jobs/${made.result.id}`;
    expect((await api(`DELETE ${at}`)).status).toBe(200);
    expect((await api(`GET ${at}`)).status).toBe(404);
  });

  it("of Gateway name the policy that stopped something, and the rules are the account's own", async () => {
    const report = await traffic({
      seconds: 30,
      visitors: 1,
      office: 6,
      attacks: [{ kind: "exfiltration", per_second: 6 }],
    });
    expect(report.pushed.map(({ dataset }) => dataset)).toEqual(
      expect.arrayContaining(["gateway_dns", "gateway_http", "gateway_network"]),
    );
    const dns = await logged("gateway_dns");
    const stopped = dns.filter(({ ResolverDecision }) => ResolverDecision === 9);
    expect(stopped.length).toBeGreaterThan(20);
    expect(stopped[0]).toMatchObject({
      PolicyName: "Block malware and phishing",
      DeviceName: "laptop-17",
    });
    const ssh = (await logged("gateway_network")).filter(
      ({ DestinationPort }) => DestinationPort === 22,
    );
    expect(ssh.length).toBeGreaterThan(20);
    expect(ssh.every(({ Action }) => Action === "block")).toBe(true);
    // Nothing forbids the uploads until somebody writes a rule.
    const uploads = async (): Promise<readonly Fields[]> =>
      (await logged("gateway_http")).filter(({ HTTPHost }) => HTTPHost === "drop-zone.example");
    expect((await uploads()).every(({ Action }) => Action === "allow")).toBe(true);
    const list = await api<{ id: string }>(`POST /accounts/${ACCOUNT}/gateway/lists`, {
      body: { name: "Blocked", type: "DOMAIN", items: [{ value: "drop-zone.example" }] },
    });
    const rule = await api(`POST /accounts/${ACCOUNT}/gateway/rules`, {
      body: {
        name: "No uploads there",
        action: "block",
        enabled: true,
        filters: ["http"],
        traffic: `any(http.request.domains[*] in $${list.result.id.replaceAll("-", "")})`,
      },
    });
    expect(rule.status, rule.text).toBe(200);
    await control("DELETE /batches");
    await traffic({
      seconds: 30,
      until: after(30),
      visitors: 1,
      office: 6,
      attacks: [{ kind: "exfiltration", per_second: 6 }],
    });
    expect((await uploads()).length).toBeGreaterThan(20);
    expect((await uploads()).every(({ Action }) => Action === "block")).toBe(true);
  });
});
