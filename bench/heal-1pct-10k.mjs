// One percent of 10,000 records drifts at once: the calls and the time until all of it is healed
// and verified.
import { Failure } from "../scripts/json-client.mjs";
import { counted, stageLines, timed } from "./distribution.mjs";
import { FEED_AT_REST, inOneInstance } from "./instance.mjs";
import { declareLargeZone, SCOPE } from "./large-zone.mjs";
import { timesOf, verifiedRun } from "./run-timeline.mjs";

const ROUNDS = 4;
const ROUNDS_QUICK = 1;
const EDITED = 50;
const DELETED = 25;
const ROGUE = 25;
const CALLS_BAR = 12;
const BATCH_BAR = 200;
const HEAL_MS_MAX = 60_000;

export const healOnePercent = inOneInstance({
  name: "heal-1pct-10k",
  about: "100 of 10,000 records drift at once: API calls and time until verified",
  feedSeconds: FEED_AT_REST,
  examples: false,
  measure,
});

async function measure({ swarm, account }, { quick, report, log }) {
  const { zone, records } = await declareLargeZone({ swarm, account, log });
  const heals = [];
  for (let round = 0; round < (quick ? ROUNDS_QUICK : ROUNDS); round += 1)
    heals.push(await healOf({ swarm, account, zone, drift: driftOf(records, round) }));
  const after = await account.records(zone.id);
  if (signature(after) !== signature(records)) throw new Failure("the zone is not as it was");
  const of = (name) => heals.map((heal) => heal[name]);
  report(counted({ metric: "API calls", unit: "calls", sample: of("calls"), bar: CALLS_BAR }));
  report(counted({ metric: "of them writes", unit: "calls", sample: of("writes") }));
  report(
    counted({ metric: "largest batch", unit: "operations", sample: of("batch"), bar: BATCH_BAR }),
  );
  report(timed({ metric: "verified", sample: of("verifiedMs") }));
  for (const line of stageLines(heals)) report(line);
}

/** Another hundred records each round. */
function driftOf(records, round) {
  const addresses = records.filter(({ type }) => type === "A");
  const from = round * (EDITED + DELETED);
  return {
    patches: addresses
      .slice(from, from + EDITED)
      .map(({ id }, index) => ({ id, content: `198.18.${round}.${index + 1}` })),
    deletes: addresses.slice(from + EDITED, from + EDITED + DELETED).map(({ id }) => ({ id })),
    posts: Array.from({ length: ROGUE }, (_, index) => ({
      type: "A",
      name: `rogue-${round}-${index}`,
      content: "203.0.113.66",
    })),
  };
}

async function healOf({ swarm, account, zone, drift }) {
  const [before] = await swarm.runs(SCOPE, 1);
  await account.call("POST", `/zones/${zone.id}/dns_records/batch`, drift);
  const after = await account.journalEnd();
  const startedAt = Date.now();
  await swarm.reconcile(SCOPE);
  const run = await verifiedRun({ swarm, scope: SCOPE, before, ms: HEAL_MS_MAX });
  const times = timesOf(run, startedAt);
  // What comes later is the next look, not this heal.
  const calls = (await account.journal({ after })).filter(
    ({ token_name: token, time }) =>
      token.startsWith("driftless-") && Date.parse(time) <= startedAt + times.verifiedMs,
  );
  await swarm.inSync({ scope: SCOPE, ms: HEAL_MS_MAX });
  return {
    calls: calls.length,
    writes: calls.filter(({ applied }) => applied).length,
    batch: Math.max(...calls.map(({ ops }) => ops)),
    ...times,
  };
}

/** What the zone says to the world, whatever its records are called by id. */
const signature = (records) =>
  records
    .map(({ type, name, content, ttl, proxied }) => `${type} ${name} ${content} ${ttl} ${proxied}`)
    .toSorted()
    .join("\n");
