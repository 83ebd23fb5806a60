// From the alert to the guardrail: 200 attacks on 200 zones, one after the other, through the sandbox's edge; and what each
// guardrail does there to the attack and to everybody else. Cloudflare's own time to notice is no part of it.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../scripts/json-client.mjs";
import { SandboxAccount } from "../scripts/sandbox-account.mjs";
import { startScratch } from "../scripts/scratch-system.mjs";
import { SwarmClient } from "../scripts/swarm-client.mjs";
import { timed } from "./distribution.mjs";
import { FEED_AT_REST } from "./instance.mjs";
import { declareManyZones } from "./many-zones.mjs";

const ZONES = 200;
const ZONES_QUICK = 20;
/** Ordinary visitors before it, half an hour ago: as many as a thousandth can be seen in. */
const BEFORE = { seconds: 240, visitors: 5 };
const BEFORE_MS = 31 * 60_000;
const FLOOD = { kind: "flood", per_second: 100, sources: 60 };
const ATTACK_S = 12;
/** With the guardrail in place, and the attack going on. */
const AFTER_S = 60;
const SECRET = "dev-webhook-secret";
const MITIGATE_MS_MAX = 10_000;
const LOOK_MS = 10;
const MEDIAN_BAR_MS = 250;
const P99_BAR_MS = 1_000;
const COLLATERAL_BAR = 0.1;
const PASSED_BAR = 1;

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
    try {
      const swarm = new SwarmClient({ url: system.url, signal });
      const account = new SandboxAccount({ url: system.sandboxUrl, signal });
      await account.liftRateLimit();
      const zones = await declareManyZones({ swarm, account, url: system.url, count });
      await measure({ account, zones }, report);
    } finally {
      await system.stop();
    }
  },
};

async function measure({ account, zones }, report) {
  const written = [];
  const sum = { normal: 0, hurt: 0, attack: 0, stopped: 0, partnerHurt: 0 };
  for (const [index, zone] of zones.entries()) {
    written.push(await mitigation({ account, zone, seed: index }));
    const after = await account.traffic({
      ...traffic(zone, index, Date.now()),
      seconds: AFTER_S,
      attacks: [FLOOD],
      push: false,
    });
    sum.normal += after.normal.visits;
    sum.hurt += after.normal.hurt;
    sum.attack += after.attack.visits;
    sum.stopped += after.attack.stopped;
    const { partner } = after.groups;
    sum.partnerHurt += partner ? partner.blocked + partner.challenged + partner.limited : 0;
  }
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
  reportEffect(sum, report);
}

function reportEffect({ normal, hurt, attack, stopped, partnerHurt }, report) {
  report({
    metric: "collateral: ordinary visits that a guardrail kept out",
    value: (100 * hurt) / normal,
    unit: "%",
    bar: COLLATERAL_BAR,
    n: normal,
  });
  report({
    metric: "attack that gets through with the guardrail in place",
    value: (100 * (attack - stopped)) / attack,
    unit: "%",
    bar: PASSED_BAR,
    n: attack,
  });
  report({
    metric: "visits of the partner kept out",
    value: partnerHurt,
    unit: "visits",
    bar: 0,
    n: normal,
  });
}

const traffic = ({ name }, seed, untilMs) => ({
  zone: name,
  seed,
  visitors: BEFORE.visitors,
  until: new Date(untilMs).toISOString(),
});

/** The edge sends the attack's logs and the alert, as they come of its own traffic; the moment it begins to is time 0. */
async function mitigation({ account, zone, seed }) {
  await account.call("POST", `/zones/${zone.id}/logpush/jobs`, {
    dataset: "http_requests",
    enabled: true,
    destination_conf: `https://driftless.example/webhooks/cloudflare/logpush/http_requests?header_cf-webhook-auth=${SECRET}`,
    output_options: { timestamp_format: "rfc3339ms" },
  });
  await account.traffic({ ...traffic(zone, seed, Date.now() - BEFORE_MS), ...BEFORE });
  const after = await account.journalEnd();
  const played = await account.traffic({
    ...traffic(zone, seed, Date.now()),
    seconds: ATTACK_S,
    attacks: [FLOOD],
  });
  if (!played.alerts.some(({ condition, event }) => condition === "flood" && event === "START"))
    throw new Failure(`no alert tells of the attack on ${zone.name}`);
  if (played.pushed.some(({ status }) => status !== 202))
    throw new Failure(`the logs of ${zone.name} were not taken`);
  const toldAtMs = Date.parse(played.told_at);
  for (;;) {
    const writes = await account.journal({ after, writes: true });
    const write = writes.find(
      ({ method, path, query }) =>
        method === "PUT" && path.endsWith("/entrypoint") && !String(query).includes("dry_run"),
    );
    if (write) return Date.parse(write.time) - toldAtMs;
    if (Date.now() > toldAtMs + MITIGATE_MS_MAX)
      throw new Failure(`${zone.name} has no guardrail after ${MITIGATE_MS_MAX} ms`);
    await sleep(LOOK_MS);
  }
}
