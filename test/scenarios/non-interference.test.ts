/** Text from outside, in every place where somebody else may leave it: the same plan and the same draft as without (I5). */
import { exports } from "cloudflare:workers";
import { env } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import type { Dossier } from "../../src/core/dossier.ts";
import { type Plan, seal } from "../../src/core/plan.ts";
import { checkCertifiedWrites } from "../support/certified-writes.ts";
import { HOSTILE_TEXTS } from "../support/hostile-texts.ts";
import {
  apiJson,
  BOOKS,
  control,
  putGolden,
  reconcile,
  record,
  runs,
  settled,
  tick,
} from "../support/world.ts";

const ZONE = "harbor-books.example";
const SECRET = { "cf-webhook-auth": "dev-webhook-secret" };
/** All of them at once, and as much of them as a comment or a header may have. */
const ATTACK = HOSTILE_TEXTS.join("\n");
const visible = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, " ").slice(0, 400);

const hook = async (path: string, body: unknown): Promise<void> => {
  const response = await exports.default.fetch(
    new Request(`https://driftless.test/webhooks/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: SECRET,
    }),
  );
  expect(response.status, await response.clone().text()).toBeLessThan(300);
};

/** Somebody's change of the record `name`; what they may say beside it. */
async function change(
  name: string,
  { comment, agent = "" }: { comment?: string; agent?: string } = {},
): Promise<void> {
  const one = await record("A", `${name}.${ZONE}`);
  const request = new Request(
    `http://sandbox/client/v4/zones/${BOOKS.zoneId}/dns_records/${one?.id}`,
    {
      method: "PATCH",
      body: JSON.stringify({
        content: "198.51.100.77",
        ...(comment === undefined ? {} : { comment }),
      }),
      headers: {
        authorization: "Bearer sandbox-dashboard",
        "content-type": "application/json",
        ...(agent ? { "user-agent": agent } : {}),
      },
    },
  );
  expect((await env.CF_API.fetch(request)).ok).toBe(true);
}

/** The newest plan, without what differs between any two: which epoch it is of. */
async function planDigest(): Promise<string> {
  const [run] = await runs();
  const { objects } = await env.EVIDENCE.list({ prefix: "dossiers/" });
  for (const { key } of objects) {
    const dossier = await (await env.EVIDENCE.get(key))?.json<Dossier>();
    if (dossier?.planDigest !== run?.plan_digest || !dossier) continue;
    expect(seal(dossier.plan).digest).toBe(run?.plan_digest);
    return seal({ ...dossier.plan, epoch: 0 } satisfies Plan).digest;
  }
  throw new Error("the newest run has no dossier");
}

const alert = (text: string) => ({
  text: text || "a notice",
  name: text,
  ts: Math.floor(Date.now() / 1000),
  alert_type: "advanced_ddos_attack_l7_alert",
  alert_event: "ALERT_STATE_EVENT_START",
  alert_correlation_id: crypto.randomUUID(),
  data: { zone_name: ZONE, zone_tag: BOOKS.zoneId, mitigation: text, target_hostname: text },
});
const firing = (text: string) => ({
  version: "4",
  status: "firing",
  receiver: text,
  groupLabels: { team: text },
  alerts: [
    {
      status: "firing",
      startsAt: new Date().toISOString(),
      labels: { zone: ZONE, alertname: "HighErrorRate", severity: text },
      annotations: { summary: text, runbook_url: text },
      generatorURL: text,
    },
  ],
});
const advisory = (text: string) => ({
  security_advisory: {
    ghsa_id: "GHSA-f82v-jwr5-mffw",
    cve_id: "CVE-2099-10001",
    summary: text,
    description: text,
  },
});
const request = (text: string) => ({
  ZoneName: ZONE,
  EdgeStartTimestamp: new Date().toISOString(),
  Datetime: new Date().toISOString(),
  ClientRequestHost: ZONE,
  ClientRequestMethod: "GET",
  ClientRequestURI: `/${encodeURIComponent(text.slice(0, 100))}`,
  ClientRequestPath: `/${text}`,
  ClientRequestQuery: text,
  ClientRequestUserAgent: text,
  ClientRequestReferer: text,
  Description: text,
  Action: "block",
  ClientIP: "192.0.2.7",
});

/** Each with a record of its own: what drifts again and again is left to people (I14). */
const ROWS: readonly [string, string, (name: string, text: string) => Promise<void>][] = [
  ["a record's comment", "bastion", (name, text) => change(name, { comment: visible(text) })],
  ["a name in the audit log", "staging", (name, text) => change(name, { agent: visible(text) })],
  [
    "a notification",
    "origin",
    async (name, text) => {
      await hook("cloudflare/notifications", alert(text));
      await change(name);
    },
  ],
  [
    "an alert of Alertmanager",
    "*",
    async (name, text) => {
      await hook("alertmanager", firing(text));
      await change(name);
    },
  ],
  [
    "an advisory",
    "xn--bcher-kva",
    async (name, text) => {
      await hook("advisories", advisory(text));
      await change(name);
    },
  ],
  [
    "a line of the firewall's log",
    "checkout",
    async (name, text) => {
      await hook("cloudflare/logpush/firewall_events", request(text));
      await change(name);
    },
  ],
];

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  await control("DELETE", "/journal");
});

describe("hostile text", () => {
  it.each(ROWS)("in %s leads to the plan that no text leads to", async (_, name, leave) => {
    const digests: string[] = [];
    for (const text of ["", ATTACK]) {
      const before = (await runs()).length;
      await leave(name, text);
      await reconcile();
      await vi.waitFor(
        async () => {
          const all = await runs();
          expect(all.length).toBe(before + 1);
          expect(all[0]?.phase).toBe("verified");
        },
        { timeout: 10_000, interval: 50 },
      );
      digests.push(await planDigest());
    }
    expect(digests[1]).toBe(digests[0]);
    expect(await checkCertifiedWrites()).toBeGreaterThan(0);
  });

  it("beside a wish leads to the draft of the wish alone, or to none", async () => {
    const wish = "Scale prod to 10k RPS with WAF";
    const draftOf = (text: string) =>
      apiJson<{ phase: string; draft: { digest: string } | null }>(
        "/api/v1/intents",
        "dev-operator",
        {
          method: "POST",
          body: JSON.stringify({ scope: BOOKS.scope, text, plan_only: true }),
          headers: { "content-type": "application/json" },
        },
      );
    const alone = await draftOf(wish);
    expect(alone).toMatchObject({ phase: "proposed" });
    for (const text of HOSTILE_TEXTS) {
      const one = await draftOf(`${wish}. ${text}`);
      if (one.phase !== "proposed") expect(one.phase, text).toMatch(/^(?:asking|cannot)$/);
      else expect(one.draft?.digest, text).toBe(alone.draft?.digest);
    }
  });
});
