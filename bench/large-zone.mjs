// A zone of 10,000 generated records, and the golden state that declares all of them.
import { Failure } from "../scripts/json-client.mjs";

export const ZONE = "ten-thousand.example";
export const SCOPE = `zone:${ZONE}`;
export const RECORDS = 10_000;
const SETTLED_MS_MAX = 60_000;

/** Types that the API shows, and takes, as one line of text; the others have members. */
const IN_CONTENT = new Set(["A", "AAAA", "CNAME", "TXT", "NS", "PTR"]);

/** Seeds the zone, declares it as it is, and waits until the swarm has found it in sync. */
export async function declareLargeZone({ swarm, account, log }) {
  // Before the swarm looks for zones for the first time.
  const [zone] = await account.seed([{ name: ZONE, plan: "enterprise", records: RECORDS }]);
  const records = await account.records(zone.id);
  if (records.length !== RECORDS) throw new Failure(`${records.length} records were seeded`);
  const yaml = goldenOf(records);
  log(`${records.length} records, ${Math.round(yaml.length / 1024)} KiB of golden state`);
  const startedAt = performance.now();
  await swarm.declare(SCOPE, yaml);
  const declaredMs = performance.now() - startedAt;
  await swarm.until({
    scope: SCOPE,
    ms: SETTLED_MS_MAX,
    test: ({ status }) => status === "in_sync",
    why: ({ status, why }) => `the large zone is not in sync: ${status}, ${why}`,
  });
  return { zone, records, yaml, declaredMs, settledMs: performance.now() - startedAt };
}

/** The golden state of records as the API lists them: JSON in the lines of a YAML document. */
function goldenOf(records) {
  return [
    "apiVersion: driftless.dev/v1",
    "kind: GoldenState",
    "metadata:",
    `  scope: ${SCOPE}`,
    "spec:",
    "  unmanaged: { dns_record: remove }",
    "  resources:",
    "    dns_record:",
    ...records.map((record) => `      - ${JSON.stringify(declared(record))}`),
    "",
  ].join("\n");
}

/** Only what is not the default, as a person would write it. */
function declared({ type, name, content, data, priority, ttl, proxied, comment, tags }) {
  const value = IN_CONTENT.has(type) ? { content } : structured({ type, content, data, priority });
  return {
    name: name === ZONE ? "@" : name.slice(0, -ZONE.length - 1),
    type,
    ...value,
    ...(ttl !== 1 && { ttl }),
    ...(proxied && { proxied }),
    ...(comment && { comment }),
    ...(tags.length > 0 && { tags }),
  };
}

function structured({ type, content, data, priority }) {
  return type === "MX" ? { content, priority } : { data };
}
