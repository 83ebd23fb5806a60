import { createHmac } from "node:crypto";
import { exports } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { checkRecord, entries } from "../support/check-world.ts";
import {
  apiJson,
  BOOKS,
  cloudflare,
  control,
  drift,
  putGolden,
  reconcile,
  record,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const SECRET = { "cf-webhook-auth": "dev-webhook-secret" };
const ZONE = "harbor-books.example";
const BOT = "t13d190900_9dc949149365_97f8aa674fd9";

const post = (
  path: string,
  body: BodyInit,
  headers: Record<string, string> = SECRET,
): Promise<Response> =>
  exports.default.fetch(
    new Request(`https://driftless.test/webhooks/${path}`, { method: "POST", body, headers }),
  );
const alert = (members: Record<string, unknown> = {}): string =>
  JSON.stringify({
    text: "an attack",
    ts: Math.floor(Date.now() / 1000),
    alert_type: "advanced_ddos_attack_l7_alert",
    alert_event: "ALERT_STATE_EVENT_START",
    alert_correlation_id: crypto.randomUUID(),
    data: { zone_name: ZONE, zone_tag: BOOKS.zoneId },
    ...members,
  });
const notify = (body = alert()): Promise<Response> => post("cloudflare/notifications", body);
const answer = async (response: Promise<Response>): Promise<readonly [number, unknown]> => {
  const got = await response;
  return [got.status, await got.json().catch(() => null)];
};

async function gzip(text: string): Promise<ArrayBuffer> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

interface Line {
  readonly [member: string]: unknown;
}
const line = (index: number, atMs: number, more: Line = {}): Line => ({
  ZoneName: ZONE,
  EdgeStartTimestamp: new Date(atMs).toISOString(),
  ClientRequestHost: ZONE,
  ClientRequestMethod: "GET",
  ClientRequestURI: ["/", "/books/7", "/search?q=sea", "/covers/3.jpg"][index % 4],
  ClientRequestUserAgent: "Mozilla/5.0 (X11; Linux x86_64)",
  ClientIP: `192.0.2.${index % 250}`,
  ClientASN: 64_500 + (index % 9),
  ClientCountry: ["de", "nl", "kr"][index % 3],
  JA4: "t13d1516h2_8daaf6152771_e5627efa2ab1",
  EdgeResponseStatus: 200,
  OriginResponseStatus: 200,
  ...more,
});
const logs = async (lines: readonly Line[]): Promise<Response> =>
  post(
    "cloudflare/logpush/http_requests",
    await gzip(lines.map((one) => JSON.stringify(one)).join("\n")),
  );
const normal = (): readonly Line[] =>
  Array.from({ length: 400 }, (_, index) => line(index, Date.now() - 30 * 60_000 + index * 1_000));
const flood = (): readonly Line[] =>
  Array.from({ length: 1_500 }, (_, index) =>
    line(index, Date.now() - (index % 15) * 1_000, {
      ClientRequestURI: `/search?q=${index}`,
      JA4: BOT,
      ClientASN: 64_666,
    }),
  );

interface GuardrailJson {
  readonly id: string;
  readonly template: string;
  readonly mode: string;
  readonly incident: string | null;
  readonly ended: unknown;
  readonly evidence: readonly { readonly facts: Record<string, unknown> }[];
}
const guardrails = async (): Promise<readonly GuardrailJson[]> =>
  (await apiJson<{ items: GuardrailJson[] }>(`/api/v1/guardrails?scope=${BOOKS.scope}`)).items;
const WAF = `/zones/${BOOKS.zoneId}/rulesets/phases/http_request_firewall_custom/entrypoint`;
const rules = async () =>
  (await cloudflare<{ rules: { ref: string; action: string; expression: string }[] }>("GET", WAF))
    .rules;

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
});
beforeEach(async () => {
  await control("DELETE", "/journal");
});

describe("a webhook", () => {
  it("gives each message its documented answer, and nothing changes by any of them", async () => {
    const good = alert({ alert_type: "something_new", data: {} });
    expect(await answer(notify('{"text":"Hello World! This is a test message"}'))).toEqual([
      200,
      { accepted: true, test: true },
    ]);
    expect(await answer(notify(good))).toEqual([202, { accepted: true }]);
    expect(await answer(notify(good))).toEqual([200, { accepted: false, why: "duplicate" }]);
    const late = alert({ ts: Math.floor(Date.now() / 1000) - 7_200 });
    expect(await answer(notify(late))).toEqual([200, { accepted: false, why: "stale" }]);
    const elsewhere = alert({ data: { zone_name: "somebody-else.example" } });
    expect(await answer(notify(elsewhere))).toMatchObject([200, { accepted: false }]);
    const forged = { "cf-webhook-auth": "wrong-webhook-secret" };
    expect((await post("cloudflare/notifications", alert(), forged)).status).toBe(401);
    expect((await post("cloudflare/notifications", alert(), {})).status).toBe(401);
    expect((await notify(alert().slice(0, 40))).status).toBe(400);
    expect((await notify("[]")).status).toBe(400);
    expect((await notify("x".repeat(300_000))).status).toBe(413);
    expect((await post("cloudflare/nonsense", "{}")).status).toBe(404);
    const get = await exports.default.fetch("https://driftless.test/webhooks/advisories");
    expect(get.status).toBe(405);
    expect(await vaultWrites()).toEqual([]);
  });

  it("that names a vulnerability in its text, and asks for much, leads to no guardrail and asks nobody", async () => {
    const before = await guardrails();
    const text = "CVE-2021-44228 CVE-2025-55182: exploited in the wild, block everything now";
    expect((await answer(notify(alert({ text, alert_type: "custom_thing" }))))[0]).toBe(202);
    await vi.waitFor(async () => {
      const heard = (await entries()).filter(({ id }) => id.includes("/signal/heard/"));
      expect(heard.length).toBeGreaterThan(0);
    });
    expect(await guardrails()).toEqual(before);
    const incidents = await apiJson<{ items: { cause: string }[] }>("/api/v1/incidents");
    expect(incidents.items.map(({ cause }) => cause)).not.toContain("cve_exposure");
    expect(await vaultWrites()).toEqual([]);
  });

  it("is read by its limits also without a length, and when what is said of its packing is wrong", async () => {
    const chunked = (text: string, size: number): ReadableStream<Uint8Array> => {
      const bytes = new TextEncoder().encode(text);
      let at = 0;
      return new ReadableStream({
        pull(controller) {
          if (at >= bytes.length) return controller.close();
          controller.enqueue(bytes.slice(at, at + size));
          at += size;
        },
      });
    };
    const send = (path: string, text: string, headers: Record<string, string> = {}) =>
      answer(post(path, chunked(text, 60_000), { ...SECRET, ...headers }));
    expect((await send("cloudflare/notifications", alert()))[0]).toBe(202);
    expect((await send("cloudflare/notifications", " ".repeat(300_000)))[0]).toBe(413);
    const packed = { "content-encoding": "gzip" };
    const lines = normal()
      .slice(0, 4)
      .map((one) => JSON.stringify(one));
    const broken = [lines[0], '{"ZoneName":"harbor-bo', lines[1], "\u0000", lines[2]].join("\n");
    for (const headers of [{}, packed])
      expect(await send("cloudflare/logpush/http_requests", `${broken}\n`, headers)).toEqual([
        202,
        { accepted: true, records: 5, placed: 3, unreadable: 2 },
      ]);
    const wrong = new Uint8Array(await gzip(lines.join("\n")));
    wrong.fill(0x55, 12);
    expect(
      (await answer(post("cloudflare/logpush/http_requests", wrong, { ...SECRET, ...packed })))[0],
    ).toBe(400);
    for (const text of ["", "\n\n"])
      expect((await send("cloudflare/logpush/http_requests", text))[0]).toBe(202);
    const texts = normal()
      .slice(0, 4)
      .map((one) => Object.entries(one).map(([name, value]) => [name, String(value)]))
      .map((members) => JSON.stringify(Object.fromEntries(members)))
      .join("\n");
    expect(await send("cloudflare/logpush/http_requests", texts)).toMatchObject([
      202,
      { records: 4, placed: 4 },
    ]);
    for (const dataset of ["dns_logs", "made_up", "zaraz_events"])
      expect((await send(`cloudflare/logpush/${dataset}`, "{}"))[0]).toBe(404);
    expect(await vaultWrites()).toEqual([]);
  });

  it("takes ten copies of a message, in any order, for one (I7)", async () => {
    const [begin, end] = ["START", "END"].map((event) =>
      alert({ alert_event: `ALERT_STATE_EVENT_${event}`, alert_correlation_id: "same" }),
    );
    const sent = await Promise.all(
      Array.from({ length: 10 }, (_, index) => notify(index % 3 === 0 ? end : begin)),
    );
    for (const { status } of sent) expect([200, 202]).toContain(status);
    await vi.waitFor(async () => {
      const heard = (await entries()).filter(({ id }) => id.includes("/signal/heard/"));
      expect(heard.length).toBeGreaterThan(0);
      expect(heard.length).toBeLessThanOrEqual(4);
    });
    expect(await vaultWrites()).toEqual([]);
  });

  it("takes logs packed or plain, the test file, and refuses what is cut off, a bomb, or too much", async () => {
    const push = (
      body: BodyInit,
      dataset = "http_requests",
      headers = SECRET as Record<string, string>,
    ) => answer(post(`cloudflare/logpush/${dataset}`, body, headers));
    expect(await push(await gzip('{"content":"tests"}'))).toEqual([
      200,
      { accepted: true, test: true },
    ]);
    expect(await push('{"content":"tests"}\n')).toEqual([200, { accepted: true, test: true }]);
    const some = normal()
      .slice(0, 5)
      .map((one) => JSON.stringify(one))
      .join("\n");
    expect(await push(some)).toEqual([
      202,
      { accepted: true, records: 5, placed: 5, unreadable: 0 },
    ]);
    const bearer = { authorization: "Bearer dev-webhook-secret" };
    expect(await push(await gzip(`${some}\nnonsense\n`), "firewall_events", bearer)).toEqual([
      202,
      { accepted: true, records: 6, placed: 5, unreadable: 1 },
    ]);
    const whole = await gzip(some);
    expect((await push(whole.slice(0, whole.byteLength - 20)))[0]).toBe(400);
    expect((await push(some.slice(0, -10)))[0]).toBe(400);
    expect((await push(await gzip("0".repeat(8 * 1024 * 1024))))[0]).toBe(413);
    expect((await push("x", "dns_logs"))[0]).toBe(404);
    expect((await push("x".repeat(50 * 1024 * 1024)))[0]).toBe(413);
    expect((await push(some, "http_requests", {}))[0]).toBe(401);
  });

  it("takes advisories with the secret or GitHub's signature, and no others", async () => {
    const kev = JSON.stringify({
      vulnerabilities: [{ cveID: "CVE-2025-29927", dateAdded: "2025-04-01" }],
    });
    expect(await answer(post("advisories", kev))).toMatchObject([
      202,
      { format: "kev", cves: ["CVE-2025-29927"] },
    ]);
    const ghsa = JSON.stringify({
      security_advisory: { ghsa_id: "GHSA-f82v-jwr5-mffw", cve_id: "CVE-2025-29927" },
    });
    const signature = createHmac("sha256", "dev-webhook-secret").update(ghsa).digest("hex");
    const signed = { "x-hub-signature-256": `sha256=${signature}` };
    expect((await post("advisories", ghsa, signed)).status).toBe(202);
    expect((await post("advisories", `${ghsa} `, signed)).status).toBe(401);
    expect((await post("advisories", ghsa, {})).status).toBe(401);
    expect((await post("advisories", "{}")).status).toBe(400);
    expect((await post("alertmanager", '{"version":"4","alerts":[]}')).status).toBe(200);
  });

  it("that was missed is found in the account's history of alerts", async () => {
    const policies = await cloudflare<{ id: string }[]>(
      "GET",
      `/accounts/${(await cloudflare<{ account: { id: string } }>("GET", `/zones/${BOOKS.zoneId}`)).account.id}/alerting/v3/policies`,
    );
    await control("POST", "/alerts", {
      policy_id: policies[0]?.id,
      data: { zone_name: ZONE, zone_tag: BOOKS.zoneId },
    });
    const heard = async () =>
      (await entries()).filter(
        ({ data, scope }) =>
          scope === BOOKS.scope && JSON.stringify(data["sources"] ?? []).includes("history"),
      ).length;
    const before = await heard();
    await tick();
    await vi.waitFor(async () => expect(await heard()).toBe(before + 1));
    await tick();
    expect(await heard()).toBe(before + 1);
  });
});

describe("an attack", () => {
  it("becomes a guardrail that was tried on what is normal, holds drift meanwhile, and says why", async () => {
    expect((await logs(normal())).status).toBe(202);
    expect((await logs(flood())).status).toBe(202);
    expect((await notify()).status).toBe(202);
    await vi.waitFor(
      async () => {
        const [rule] = (await rules()).filter(({ ref }) => ref.startsWith("guardrail-"));
        expect(rule).toMatchObject({ action: "managed_challenge" });
        expect(rule?.expression).toContain(BOT);
      },
      { timeout: 15_000, interval: 50 },
    );
    const [guardrail] = await guardrails();
    expect(guardrail).toMatchObject({ template: "block_source", mode: "challenge", ended: null });
    expect(guardrail?.evidence[0]?.facts).toMatchObject({
      collateral_per_10k: 0,
      caught_per_10k: 10_000,
    });
    const incident = await apiJson<{ cause: string; status: string }>(
      `/api/v1/incidents/${guardrail?.incident}`,
    );
    expect(incident).toMatchObject({ cause: "l7_flood", status: "open" });
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    const bastion = await record("A", `bastion.${ZONE}`);
    await cloudflare("PATCH", `/zones/${BOOKS.zoneId}/dns_records/${bastion?.id}`, {
      body: { content: "198.51.100.77" },
    });
    const held = await reconcile();
    expect(held).toMatchObject({ status: "held" });
    expect(held.why).toContain("an incident is open (l7_flood)");
    const writes = (await vaultWrites()).length;
    await Promise.all(Array.from({ length: 30 }, () => notify()));
    await logs(flood());
    await reconcile();
    expect((await vaultWrites()).length, "more of the same leads to the same writes (I7)").toBe(
      writes,
    );
    expect(await drift()).toMatchObject({ status: "held" });
    await checkRecord();
  });
});
