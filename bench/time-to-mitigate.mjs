// From the alert to the guardrail: 200 attacks on 200 zones, one after the other. Cloudflare's own time to notice is no part of it.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../scripts/json-client.mjs";
import { SandboxAccount } from "../scripts/sandbox-account.mjs";
import { startScratch } from "../scripts/scratch-system.mjs";
import { SwarmClient } from "../scripts/swarm-client.mjs";
import { timed } from "./distribution.mjs";
import { FEED_AT_REST } from "./instance.mjs";
import { declareManyZones } from "./many-zones.mjs";
import { alertFor, floodTraffic, normalTraffic, WebhookClient } from "./webhook-client.mjs";

const ZONES = 200;
const ZONES_QUICK = 20;
const NORMAL = 400;
const FLOOD = 1_200;
const MITIGATE_MS_MAX = 10_000;
const LOOK_MS = 10;
const MEDIAN_BAR_MS = 250;
const P99_BAR_MS = 1_000;
const COLLATERAL_BAR = 0.1;

export const timeToMitigate = {
  name: "time-to-mitigate",
  about: "from an alert to the guardrail in the account, over many zones",
  async run({ quick, report, log, signal }) {
    const count = quick ? ZONES_QUICK : ZONES;
    const system = await startScratch({
      // The limit on zones an hour is what keeps this from happening.
      vars: { FEED_POLL_SECONDS: FEED_AT_REST, GUARDRAIL_ZONES_PER_HOUR: String(ZONES) },
      examples: false,
      log: ({ level, message }) => {
        if (level === "error") log(message);
      },
    });
    const webhooks = new WebhookClient({ url: system.url, sockets: 4 });
    try {
      const swarm = new SwarmClient({ url: system.url, signal });
      const account = new SandboxAccount({ url: system.sandboxUrl, signal });
      await account.liftRateLimit();
      const zones = await declareManyZones({ swarm, account, url: system.url, count });
      await measure({ webhooks, account, zones, swarm }, report);
    } finally {
      webhooks.close();
      await system.stop();
    }
  },
};

async function measure({ webhooks, account, zones, swarm }, report) {
  const written = [];
  for (const [index, { name }] of zones.entries()) {
    await webhooks.logs(normalTraffic(name, NORMAL));
    written.push(await mitigation({ webhooks, account, name, index }));
  }
  const { items } = await swarm.guardrails(200);
  const collateral = items.map(({ evidence }) => evidence[0]?.facts.collateral_per_10k ?? 10_000);
  report(timed({ metric: "signal to guardrail written", sample: written, bar: MEDIAN_BAR_MS }));
  const sorted = written.toSorted((a, b) => a - b);
  const p99 = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.99) - 1)];
  report({
    metric: "signal to guardrail written, p99",
    value: p99,
    unit: "ms",
    bar: P99_BAR_MS,
    n: written.length,
  });
  report({
    metric: "collateral on recorded normal requests, worst",
    value: Math.max(...collateral) / 100,
    unit: "%",
    bar: COLLATERAL_BAR,
    n: collateral.length,
  });
}

/** The attack's own log is there when the alert comes, as Logpush would have brought it; the alert is time 0. */
async function mitigation({ webhooks, account, name, index }) {
  const after = await account.journalEnd();
  const lines = floodTraffic(name, FLOOD, index);
  const startedAt = Date.now();
  const [, status] = await Promise.all([
    webhooks.logs(lines),
    webhooks.post("/webhooks/cloudflare/notifications", alertFor(name, `attack-${index}`)),
  ]);
  if (status !== 202) throw new Failure(`the alert was answered with ${status}`);
  const deadline = startedAt + MITIGATE_MS_MAX;
  for (;;) {
    const writes = await account.journal({ after, writes: true });
    const write = writes.find(
      ({ method, path, query }) =>
        method === "PUT" && path.endsWith("/entrypoint") && !String(query).includes("dry_run"),
    );
    if (write) return Date.parse(write.time) - startedAt;
    if (Date.now() > deadline)
      throw new Failure(`${name} has no guardrail after ${MITIGATE_MS_MAX} ms`);
    await sleep(LOOK_MS);
  }
}
