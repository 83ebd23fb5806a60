/** A zone with visitors: traffic through the sandbox's edge, and its logs and alerts carried to the swarm. */
import { exports } from "cloudflare:workers";
import { expect } from "vitest";
import { cloudflare, control, drift, putGolden, settled, tick } from "./world.ts";

export interface Played {
  readonly normal: {
    readonly visits: number;
    readonly hurt: number;
    readonly failed: number;
    readonly solved: number;
  };
  readonly attack: { readonly visits: number; readonly stopped: number };
  readonly groups: Readonly<
    Record<string, { visits: number; blocked: number; challenged: number; limited: number }>
  >;
  readonly rules: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly alerts: readonly { readonly condition: string; readonly event: string }[];
}

interface Batch {
  readonly seq: number;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}
interface Delivery {
  readonly id: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

const SETTINGS = { ssl: "strict", min_tls_version: "1.2" };
const RECORDS = [
  { name: "@", type: "A", content: "192.0.2.10", proxied: true },
  { name: "www", type: "A", content: "192.0.2.10", proxied: true },
];
const LOGS = "https://driftless.example/webhooks/cloudflare/logpush";

export class VisitedZone {
  readonly name: string;
  readonly id: string;
  /** After the half hour of `open` there are five minutes to the present: logs may be late, but not so late that they tell nothing of now. */
  #clockMs = Math.floor(Date.now() / 1_000) * 1_000 - 35 * 60_000;

  private constructor(name: string, id: string) {
    this.name = name;
    this.id = id;
  }

  get scope(): string {
    return `zone:${this.name}`;
  }

  /** Seeded, declared as it is, its logs on their way to the swarm, with half an hour of ordinary visitors behind it, or none. */
  static async open(name: string, { visited = true } = {}): Promise<VisitedZone> {
    const { zones } = await control<{ zones: { id: string }[] }>("POST", "/seed", {
      zones: [{ name, plan: "pro", dns_records: RECORDS, settings: SETTINGS }],
    });
    const zone = new VisitedZone(name, zones[0]?.id ?? "");
    // The swarm finds it with its next look at the account.
    await tick();
    for (const dataset of ["http_requests", "firewall_events"])
      await cloudflare("POST", `/zones/${zone.id}/logpush/jobs`, {
        body: {
          dataset,
          enabled: true,
          destination_conf: `${LOGS}/${dataset}?scope=${zone.scope}&header_cf-webhook-auth=dev-webhook-secret`,
          output_options: { timestamp_format: "rfc3339ms" },
        },
      });
    const golden = {
      apiVersion: "driftless.dev/v1",
      kind: "GoldenState",
      metadata: { scope: zone.scope },
      spec: { resources: { zone_setting: SETTINGS, dns_record: RECORDS } },
    };
    expect((await putGolden(JSON.stringify(golden), { scope: zone.scope })).status).toBe(200);
    await settled(zone.scope, ({ status }) => status === "in_sync");
    if (visited) for (let part = 0; part < 6; part += 1) await zone.play({ seconds: 300 });
    return zone;
  }

  /** The next seconds, and what they make the account tell. */
  async play(of: Record<string, unknown>): Promise<Played> {
    const seconds = Number(of["seconds"]);
    this.#clockMs += seconds * 1_000;
    const until = new Date(this.#clockMs).toISOString();
    const played = await control<Played>("POST", "/traffic", {
      zone: this.name,
      until,
      visitors: 6,
      ...of,
    });
    await carry();
    return played;
  }

  /** To the present: what comes now is apart from what was. */
  skipTo(ms: number): void {
    this.#clockMs = Math.max(this.#clockMs, Math.floor(ms / 1_000) * 1_000);
  }

  async rules(phase = "http_request_firewall_custom") {
    const at = `/zones/${this.id}/rulesets/phases/${phase}/entrypoint`;
    const found = await cloudflare<{
      rules: { ref: string; action: string; expression: string }[];
    }>("GET", at).catch(() => ({ rules: [] }));
    return found.rules.filter(({ ref }) => ref.startsWith("guardrail-"));
  }

  async guardrailRules() {
    const both = await Promise.all([this.rules(), this.rules("http_ratelimit")]);
    return both.flat();
  }

  /** The same, ending now. */
  async playNow(of: Record<string, unknown>): Promise<Played> {
    this.skipTo(Date.now() - Number(of["seconds"]) * 1_000);
    return this.play(of);
  }

  status = async (): Promise<string> => (await drift(this.scope)).status;
}

let lastBatch = 0;
let lastDelivery: string | undefined;

const batchesAfter = async (seq: number): Promise<readonly Batch[]> =>
  (await control<{ batches: Batch[] }>("GET", `/batches?after=${seq}`)).batches;

/** As the courier does it where there is a network: logs first, then alerts, to the swarm alone. */
async function carry(): Promise<void> {
  let batches = await batchesAfter(lastBatch);
  // A sandbox that was put to sleep counts from the beginning.
  if (batches.length === 0) batches = await batchesAfter(0);
  lastBatch = batches.at(-1)?.seq ?? lastBatch;
  for (const { url, headers, body } of batches)
    await post(url, headers, Buffer.from(body, "base64"));
  const { deliveries } = await control<{ deliveries: Delivery[] }>("GET", "/deliveries");
  const from = deliveries.findIndex(({ id }) => id === lastDelivery) + 1;
  lastDelivery = deliveries.at(-1)?.id ?? lastDelivery;
  for (const { url, headers, body } of deliveries.slice(from))
    await post(url, headers, JSON.stringify(body));
}

async function post(to: string, headers: Record<string, string>, body: BodyInit): Promise<void> {
  const { hostname, pathname, search } = new URL(to);
  if (hostname !== "driftless.example") return;
  const answer = await exports.default.fetch(
    new Request(`https://driftless.test${pathname}${search}`, { method: "POST", headers, body }),
  );
  expect(answer.status, `${pathname}: ${await answer.text()}`).toBeLessThan(300);
}
