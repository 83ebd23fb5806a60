// An account of many small zones, all declared, all in sync.
import { Failure, JsonClient } from "../scripts/json-client.mjs";

/** What one call of the control plane takes. */
const SEEDED_AT_ONCE = 500;
/** Golden states under way at the same time: the machine has few cores, and more of them wait in a queue anyway. */
const DECLARED_AT_ONCE = 8;
const SETTLED_MS_MAX = 60_000;
const SETTINGS = { ssl: "strict", min_tls_version: "1.2" };

export const scopeOf = ({ name }) => `zone:${name}`;

/** Five records a zone. */
const recordsOf = (index) => [
  { name: "@", type: "A", content: "192.0.2.10", proxied: true },
  { name: "www", type: "CNAME", content: nameOf(index), proxied: true },
  { name: "api", type: "A", content: "192.0.2.11", ttl: 300 },
  { name: "@", type: "TXT", content: '"v=spf1 -all"', ttl: 3600 },
  { name: "@", type: "MX", content: "mx1.mailharbor.example", priority: 10, ttl: 3600 },
];

const nameOf = (index) => `zone-${String(index).padStart(4, "0")}.example`;

/** Seeds `count` zones, declares each as it is, and waits until the swarm has found the last one in sync. */
export async function declareManyZones({ swarm, account, url, count }) {
  const zones = [];
  for (let from = 0; from < count; from += SEEDED_AT_ONCE) {
    const length = Math.min(SEEDED_AT_ONCE, count - from);
    const seeds = Array.from({ length }, (_, index) => ({
      name: nameOf(from + index),
      dns_records: recordsOf(from + index),
      settings: SETTINGS,
    }));
    zones.push(...(await account.seed(seeds)));
  }
  if (zones.length !== count) throw new Failure(`${zones.length} zones were seeded`);
  // The first one makes the swarm look for zones; the others are known then.
  const [first, ...others] = zones;
  await declare(swarm, first);
  await tellLimits(url, first);
  await eachOf(others, DECLARED_AT_ONCE, (zone) => declare(swarm, zone));
  await eachOf(zones, DECLARED_AT_ONCE, (zone) => settled(swarm, zone));
  return zones;
}

/**
 * The governor hears of a limit with the call after the one that told it. A look has all its calls under way at once and
 * may end before; an import makes one after the other.
 */
export const tellLimits = (url, zone) =>
  new JsonClient({ who: "the swarm", base: url, token: "dev-operator" }).call(
    "GET",
    `/api/v1/scopes/${encodeURIComponent(scopeOf(zone))}/import`,
  );

const declare = (swarm, zone) => swarm.declare(scopeOf(zone), goldenOf(zone));

export const settled = (swarm, zone) =>
  swarm.until({
    scope: scopeOf(zone),
    ms: SETTLED_MS_MAX,
    test: ({ status }) => status === "in_sync",
    why: ({ status, why }) => `${zone.name} is not in sync: ${status}, ${why}`,
  });

function goldenOf(zone) {
  const index = Number(/\d+/.exec(zone.name)[0]);
  return JSON.stringify({
    apiVersion: "driftless.dev/v1",
    kind: "GoldenState",
    metadata: { scope: scopeOf(zone) },
    spec: {
      unmanaged: { dns_record: "remove" },
      resources: { zone_setting: SETTINGS, dns_record: recordsOf(index) },
    },
  });
}

async function eachOf(items, atOnce, work) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
