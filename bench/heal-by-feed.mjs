// From an edit in the dashboard to the healing write, found by the change feed's own poll. All
// times are the account's: its journal stands where the calls arrive.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../scripts/json-client.mjs";
import { timed } from "./distribution.mjs";
import { inOneInstance } from "./instance.mjs";
import { editableRecords, SCOPE, strangeAddress } from "./record-edits.mjs";

const FEED_SECONDS = "1";
const WARM_UPS = 2;
const HEALS = 15;
const HEALS_QUICK = 4;
const LOOK_EVERY_MS = 50;
const HEAL_MS_MAX = 20_000;
const BAR_MS = 5_000;

export const healByFeed = inOneInstance({
  name: "heal-by-feed",
  about: "one edited record, found by a change feed that is polled every second",
  feedSeconds: FEED_SECONDS,
  measure,
});

async function measure({ swarm, account }, { quick, report }) {
  await swarm.inSync({ scope: SCOPE, ms: 20_000 });
  const records = await editableRecords(account);
  const heals = [];
  const count = WARM_UPS + (quick ? HEALS_QUICK : HEALS);
  for (let index = 0; index < count; index += 1) {
    const record = records[index % records.length];
    const heal = await healOf({ account, record, content: strangeAddress(index) });
    if (index >= WARM_UPS) heals.push(heal);
    // Edits fall anywhere between two polls.
    await sleep(Math.random() * 1000);
    await swarm.atRest({ scope: SCOPE, ms: HEAL_MS_MAX });
  }
  const of = (name) => heals.map((heal) => heal[name]);
  report(timed({ metric: "edit to heal", sample: of("totalMs"), bar: BAR_MS }));
  report(timed({ metric: "edit to poll", sample: of("waitMs") }));
  report(timed({ metric: "poll to heal", sample: of("swarmMs"), bar: BAR_MS }));
}

async function healOf({ account, record, content }) {
  const after = await account.journalEnd();
  await account.call("PATCH", record.path, { content });
  const deadline = Date.now() + HEAL_MS_MAX;
  for (;;) {
    const heal = healIn(await account.journal({ after }));
    if (heal !== undefined) return heal;
    if (Date.now() > deadline) throw new Failure(`not healed within ${HEAL_MS_MAX / 1000} s`);
    await sleep(LOOK_EVERY_MS);
  }
}

function healIn(entries) {
  const position = entries.findIndex((entry) => entry.token_name === "dashboard" && entry.applied);
  const later = entries.slice(position + 1);
  const poll = later.find(isPoll);
  const write = later.find(
    (entry) => entry.token_name === "driftless-vault-write" && entry.applied,
  );
  if (position < 0 || poll === undefined || write === undefined) return undefined;
  const [editedAt, polledAt, healedAt] = [entries[position], poll, write].map(({ time }) =>
    Date.parse(time),
  );
  return {
    totalMs: healedAt - editedAt,
    waitMs: polledAt - editedAt,
    swarmMs: healedAt - polledAt,
  };
}

/** The feed asks for the whole account; the question who did it is about one zone. */
const isPoll = ({ token_name: token, path, query }) =>
  token === "driftless-swarm-read" && path.endsWith("/logs/audit") && !query.includes("zone_id=");
