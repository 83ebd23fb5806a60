// From the wake of a reconciler to the golden value being back, and to the run being verified.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../scripts/json-client.mjs";
import { stageLines, timed } from "./distribution.mjs";
import { FEED_AT_REST, inOneInstance } from "./instance.mjs";
import { editableRecords, SCOPE, strangeAddress } from "./record-edits.mjs";
import { timesOf, verifiedRun } from "./run-timeline.mjs";

const WARM_UPS = 3;
const HEALS = 20;
const HEALS_QUICK = 5;
const BARE_GETS = 50;
const POLL_MS = 5;
const HEAL_MS_MAX = 15_000;
const BAR_MS = 300;

export const healByReconcile = inOneInstance({
  name: "heal-by-reconcile",
  about: "one edited record: from POST reconcile to healed and to verified",
  feedSeconds: FEED_AT_REST,
  measure,
});

async function measure({ swarm, account }, { quick, report }) {
  await swarm.inSync({ scope: SCOPE, ms: 20_000 });
  const records = await editableRecords(account);
  const heals = [];
  const count = WARM_UPS + (quick ? HEALS_QUICK : HEALS);
  for (let index = 0; index < count; index += 1) {
    const record = records[index % records.length];
    const heal = await healOf({ swarm, account, record, content: strangeAddress(index) });
    if (index >= WARM_UPS) heals.push(heal);
  }
  const bare = await bareLatency(account, records[0].path);
  const of = (name) => heals.map((heal) => heal[name]);
  report(timed({ metric: "written", sample: of("writtenMs") }));
  report(timed({ metric: "healed", sample: of("healedMs"), bar: BAR_MS }));
  report(timed({ metric: "verified", sample: of("verifiedMs"), bar: BAR_MS }));
  for (const line of stageLines(heals)) report(line);
  report(timed({ metric: "bare sandbox GET", sample: bare }));
}

async function healOf({ swarm, account, record, content }) {
  const [before] = await swarm.runs(SCOPE, 1);
  await account.call("PATCH", record.path, { content });
  const after = await account.journalEnd();
  const startedAt = Date.now();
  await swarm.reconcile(SCOPE);
  await untilValue({ account, record, deadline: startedAt + HEAL_MS_MAX });
  const healedMs = Date.now() - startedAt;
  const run = await verifiedRun({ swarm, scope: SCOPE, before, ms: HEAL_MS_MAX });
  const [write] = await account.journal({ after, writes: true });
  // The scope comes to rest before the next edit: its last look is no part of this heal.
  await swarm.atRest({ scope: SCOPE, ms: HEAL_MS_MAX });
  return { healedMs, writtenMs: Date.parse(write.time) - startedAt, ...timesOf(run, startedAt) };
}

async function untilValue({ account, record, deadline }) {
  while ((await account.call("GET", record.path)).content !== record.golden) {
    if (Date.now() > deadline) throw new Failure(`not healed within ${HEAL_MS_MAX / 1000} s`);
    await sleep(POLL_MS);
  }
}

/** What one call over HTTP costs on this machine, to compare the rest with. */
async function bareLatency(account, path) {
  const sample = [];
  for (let index = 0; index < BARE_GETS; index += 1) {
    const startedAt = performance.now();
    await account.call("GET", path);
    sample.push(performance.now() - startedAt);
  }
  return sample;
}
