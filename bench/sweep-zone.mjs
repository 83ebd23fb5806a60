// What one sweep of a whole zone costs, in calls: all kinds and 10,000 records, at the first look ever, after an import,
// and with the versions of all rules known.
import { Failure } from "../scripts/json-client.mjs";
import { counted } from "./distribution.mjs";
import { FEED_AT_REST, inOneInstance } from "./instance.mjs";
import { RECORDS } from "./large-zone.mjs";

const IMPORTED = "ten-thousand-imported.example";
const UNKNOWN = "ten-thousand-unknown.example";
const LOOKS = 5;
const LOOKS_QUICK = 2;
const SETTLED_MS_MAX = 90_000;
const LOOK_MS_MAX = 30_000;
/** Issue 3: a full sweep, without one call for each declared setting. */
const CALLS_BAR = 8;

const RULE = { description: "", enabled: true, expression: '(http.host eq "a.example")' };
const LIMIT = {
  characteristics: ["ip.src", "cf.colo.id"],
  period: 60,
  requests_per_period: 100,
  mitigation_timeout: 60,
};
/** A rule in the phase of each kind. */
const PHASES = {
  http_request_firewall_custom: { action: "block" },
  http_ratelimit: { action: "block", ratelimit: LIMIT },
  http_request_firewall_managed: {
    action: "execute",
    expression: "true",
    action_parameters: { id: "efb7b8c949ac4650a09736fc376e9aee" },
  },
  http_request_cache_settings: {
    action: "set_cache_settings",
    action_parameters: { cache: false },
  },
  http_request_dynamic_redirect: {
    action: "redirect",
    action_parameters: {
      from_value: { target_url: { value: "https://b.example" }, status_code: 302 },
    },
  },
  http_response_headers_transform: {
    action: "rewrite",
    action_parameters: { headers: { "x-powered-by": { operation: "remove" } } },
  },
};

export const sweepZone = inOneInstance({
  name: "sweep-zone",
  about: "a zone with all kinds and 10,000 records: calls of one sweep, cold and warm",
  feedSeconds: FEED_AT_REST,
  examples: false,
  measure,
});

async function measure({ swarm, account, url }, { quick, report, log }) {
  // Before the swarm looks for zones for the first time.
  const zones = new Map();
  for (const name of [IMPORTED, UNKNOWN]) zones.set(name, await planted({ account, name }));
  const text = await imported(url, IMPORTED);
  log(`${Math.round(text.length / 1024)} KiB of golden state`);
  const system = { swarm, account };
  const told = ({ metric, sample, bar }) =>
    report(counted({ metric: `${metric}, settings left out`, unit: "calls", sample, bar }));
  const unknown = text.replaceAll(IMPORTED, UNKNOWN);
  const cold = await firstLook({ ...system, zone: zones.get(UNKNOWN), text: unknown });
  told({ metric: "the first look ever", sample: [cold] });
  const known = await firstLook({ ...system, zone: zones.get(IMPORTED), text });
  told({ metric: "the first look after an import", sample: [known], bar: CALLS_BAR });
  const warm = [];
  for (let index = 0; index < (quick ? LOOKS_QUICK : LOOKS); index += 1)
    warm.push(await sweep({ ...system, zone: zones.get(UNKNOWN) }));
  told({ metric: "a sweep", sample: warm, bar: CALLS_BAR });
}

async function planted({ account, name }) {
  const [zone] = await account.seed([{ name, plan: "enterprise", records: RECORDS }]);
  for (const [phase, more] of Object.entries(PHASES))
    await account.call("PUT", `/zones/${zone.id}/rulesets/phases/${phase}/entrypoint`, {
      rules: [{ ...RULE, ref: "one", ...more }],
    });
  const route = { pattern: `${name}/orders/*`, script: "harbor-api" };
  await account.call("POST", `/zones/${zone.id}/workers/routes`, route);
  return zone;
}

async function imported(url, name) {
  const path = `${url}/api/v1/scopes/${encodeURIComponent(`zone:${name}`)}/import`;
  const headers = { authorization: "Bearer dev-operator" };
  const deadline = performance.now() + SETTLED_MS_MAX;
  for (;;) {
    const response = await fetch(path, { headers });
    if (response.ok) return await response.text();
    // Its zone is not found yet.
    if (response.status !== 404 || performance.now() > deadline)
      throw new Failure(`the import of ${name} was answered ${response.status}`);
  }
}

/** The calls about the zone from its golden state until it is in sync. */
async function firstLook({ swarm, account, zone, text }) {
  const after = await account.journalEnd();
  const scope = `zone:${zone.name}`;
  await swarm.declare(scope, text);
  await swarm.until({
    scope,
    ms: SETTLED_MS_MAX,
    test: ({ status }) => status === "in_sync",
    why: ({ status, why }) => `${scope} is not in sync: ${status}, ${why}`,
  });
  return await callsAbout({ account, zone, after });
}

async function sweep({ swarm, account, zone }) {
  const after = await account.journalEnd();
  await swarm.inSync({ scope: `zone:${zone.name}`, ms: LOOK_MS_MAX });
  return await callsAbout({ account, zone, after });
}

async function callsAbout({ account, zone, after }) {
  const calls = await account.journal({ after });
  return calls.filter(
    ({ token_name: token, path }) =>
      token?.startsWith("driftless-") && path.includes(zone.id) && !path.includes("/settings"),
  ).length;
}
