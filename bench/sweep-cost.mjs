// What it costs to find and heal a few changes among many zones: API calls, and CPU of everything (swarm, vault and
// sandbox). It must grow with what changed, not with what exists.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../scripts/json-client.mjs";
import { counted, timed } from "./distribution.mjs";
import { withInstance } from "./instance.mjs";
import { declareManyZones, settled, tellLimits } from "./many-zones.mjs";
import { cpuMsOf } from "./process-time.mjs";

const SIZES = [10, 100, 1000];
const SIZES_QUICK = [10, 60];
const CHANGED = 10;
const ROUNDS = 4;
const ROUNDS_QUICK = 2;
/** Long enough for ten heals between two polls on a busy machine. */
const FEED_SECONDS = "6";
const LOOK_EVERY_MS = 200;
const HEAL_MS_MAX = 30_000;
/** One poll, and for each changed zone what issue 3 allows. */
const CALLS_PER_ZONE_BAR = 8;
const FEED_CALLS = 1;
/** A hundred times the zones: were they paid for, this would be a hundred. */
const RATIO_BAR = 2;

export const sweepCost = {
  name: "sweep-cost",
  about: "10 changed zones among 10, 100 and 1,000: calls and CPU of one poll and all heals",
  async run(context) {
    const { quick, report, log } = context;
    const found = [];
    for (const count of quick ? SIZES_QUICK : SIZES)
      await withInstance({
        feedSeconds: FEED_SECONDS,
        examples: false,
        context,
        work: async (system) => found.push(await measure(system, { count, quick, report, log })),
      });
    reportGrowth(found, report);
  },
};

async function measure({ swarm, account, url, pid }, { count, quick, report, log }) {
  const startedAt = performance.now();
  const zones = await declareManyZones({ swarm, account, url, count });
  await tellLimits(url, zones[0]);
  log(`${count} zones declared in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  const changed = await recordsOf(account, zones);
  const ids = new Set(changed.map(({ zone }) => zone.id));
  const rounds = [];
  // The first one warms up.
  for (let round = 0; round <= (quick ? ROUNDS_QUICK : ROUNDS); round += 1)
    rounds.push(await roundOf({ swarm, account, pid, changed, ids, round }));
  const of = (name) => rounds.slice(1).map((one) => one[name]);
  const where = `${CHANGED} changed of ${count} zones`;
  const bar = FEED_CALLS + CHANGED * CALLS_PER_ZONE_BAR;
  report(counted({ metric: `calls, ${where}`, unit: "calls", sample: of("calls"), bar }));
  report(counted({ metric: `feed polls, ${where}`, unit: "calls", sample: of("polls"), bar: 1 }));
  report(
    counted({
      metric: `calls to other zones, ${where}`,
      unit: "calls",
      sample: of("strays"),
      bar: 0,
    }),
  );
  report(timed({ metric: `poll to last heal verified, ${where}`, sample: of("healMs") }));
  const idle = await idleOf({ account, pid });
  if (idle === null) return { count, calls: of("calls"), cpu: null };
  const cpu = of("cpuMs");
  report(timed({ metric: `CPU, ${where}`, sample: cpu }));
  report(timed({ metric: `CPU a changed zone, ${where}`, sample: cpu.map((ms) => ms / CHANGED) }));
  report(timed({ metric: `CPU a zone, ${where}`, sample: cpu.map((ms) => ms / count) }));
  report(timed({ metric: `CPU of a poll without changes, ${count} zones`, sample: [idle] }));
  return { count, calls: of("calls"), cpu };
}

/** The record in each of the first zones that is edited. */
async function recordsOf(account, zones) {
  // Spread over the account.
  const step = zones.length / CHANGED;
  const some = Array.from({ length: CHANGED }, (_, index) => zones[Math.floor(index * step)]);
  return await Promise.all(
    some.map(async (zone) => {
      const records = await account.records(zone.id);
      const { id, content } = records.find(({ name }) => name.startsWith("api."));
      return { zone, path: `/zones/${zone.id}/dns_records/${id}`, golden: content };
    }),
  );
}

async function roundOf({ swarm, account, pid, changed, ids, round }) {
  await pollAfter(account, await account.journalEnd());
  const after = await account.journalEnd();
  const before = cpuMsOf(pid);
  for (const [index, { path }] of changed.entries())
    await account.call("PATCH", path, { content: `198.18.${round}.${index + 1}` });
  const found = await healsAfter({ account, after, ids });
  await Promise.all(changed.map(({ zone }) => settled(swarm, zone)));
  const cpuMs = cpuMsOf(pid) - before;
  for (const { path, golden } of changed)
    if ((await account.call("GET", path)).content !== golden)
      throw new Failure(`${path} was not healed`);
  return { ...found, cpuMs };
}

/** Waits for a poll after `after`, so that changes fall between two polls and never astride one. */
async function pollAfter(account, after) {
  const deadline = Date.now() + HEAL_MS_MAX;
  while (!(await account.journal({ after })).some(isPoll)) {
    if (Date.now() > deadline) throw new Failure("the change feed is not polled");
    await sleep(LOOK_EVERY_MS);
  }
}

/** The swarm's and the vault's calls from the changes to the last call of the last heal. */
async function healsAfter({ account, after, ids }) {
  const deadline = Date.now() + HEAL_MS_MAX;
  for (;;) {
    const calls = (await account.journal({ after })).filter(isOurs);
    const ends = [...ids].map((id) =>
      verificationIn(calls.filter(({ path }) => path.includes(id))),
    );
    if (!ends.includes(undefined)) {
      const last = ends.reduce((one, other) => (one.seq > other.seq ? one : other));
      const within = calls.filter(({ seq }) => seq <= last.seq);
      const polls = within.filter(isPoll);
      return {
        calls: within.length,
        polls: polls.length,
        strays: within.filter((call) => isStray(call, ids)).length,
        healMs: Date.parse(last.time) - Date.parse(polls[0].time),
      };
    }
    if (Date.now() > deadline) throw new Failure(`not all healed within ${HEAL_MS_MAX / 1000} s`);
    await sleep(LOOK_EVERY_MS);
  }
}

const isOurs = ({ token_name: token }) => token?.startsWith("driftless-") === true;

/** The first reading after the write is the run's verification. */
function verificationIn(calls) {
  const write = calls.findIndex(({ token_name: token, applied }) => applied && token === WRITER);
  return write < 0 ? undefined : calls.slice(write + 1).find(({ token_name: t }) => t === READER);
}

const READER = "driftless-swarm-read";
const WRITER = "driftless-vault-write";

const isPoll = ({ token_name: token, path, query }) =>
  token === READER && path.endsWith("/logs/audit") && !query.includes("zone_id=");

/** About a zone where nothing changed, or about all of them. */
const isStray = (call, ids) =>
  call.path === "/zones" || (call.path.startsWith("/zones/") && !ids.has(call.path.split("/")[2]));

/** CPU of one interval of the feed in which nothing happens; null where it cannot be measured. */
async function idleOf({ account, pid }) {
  await pollAfter(account, await account.journalEnd());
  const before = cpuMsOf(pid);
  await pollAfter(account, await account.journalEnd());
  return before === null ? null : cpuMsOf(pid) - before;
}

function reportGrowth(found, report) {
  const [small, large] = [found[0], found.at(-1)];
  const of = `${large.count} to ${small.count} zones, ${CHANGED} changed`;
  const ratio = (name) => median(large[name]) / median(small[name]);
  const line = (metric, value) =>
    report({ metric, value: Math.round(value * 100) / 100, unit: "times", bar: RATIO_BAR });
  line(`calls, ${of}`, ratio("calls"));
  if (small.cpu !== null && large.cpu !== null) line(`CPU, ${of}`, ratio("cpu"));
}

const median = (sample) => sample.toSorted((a, b) => a - b)[Math.floor(sample.length / 2)];
