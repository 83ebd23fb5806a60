// A zone of 10,000 records where nothing has drifted: what a look at it costs, in calls and in CPU.
import { parse } from "yaml";
import { diff } from "../src/core/diff.ts";
import { parseGolden } from "../src/core/golden.ts";
import { observe } from "../src/core/observation.ts";
import { plan } from "../src/core/plan.ts";
import { lineageOf } from "../src/core/reconcile.ts";
import { Failure } from "../scripts/json-client.mjs";
import { counted, timed } from "./distribution.mjs";
import { FEED_AT_REST, inOneInstance } from "./instance.mjs";
import { declareLargeZone, RECORDS, SCOPE } from "./large-zone.mjs";

const LOOKS = 5;
const LOOKS_QUICK = 2;
const CPU_WARM_UPS = 3;
const CPU_RUNS = 20;
const LIST_CALLS_BAR = 3;
const CPU_BAR_MS = 150;
const LOOK_MS_MAX = 30_000;

export const noop = inOneInstance({
  name: "noop-10k",
  about: "10,000 records, nothing drifted: list calls of one look, CPU of diff and plan",
  feedSeconds: FEED_AT_REST,
  examples: false,
  measure,
});

async function measure({ swarm, account }, { quick, report, log }) {
  const large = await declareLargeZone({ swarm, account, log });
  const looks = [];
  for (let index = 0; index < (quick ? LOOKS_QUICK : LOOKS); index += 1)
    looks.push(await lookOf({ swarm, account, zone: large.zone }));
  const of = (name) => looks.map((look) => look[name]);
  report(
    counted({ metric: "list calls", unit: "calls", sample: of("lists"), bar: LIST_CALLS_BAR }),
  );
  report(counted({ metric: "all calls", unit: "calls", sample: of("calls") }));
  report(timed({ metric: "one look", sample: of("ms") }));
  report(timed({ metric: "PUT golden", sample: [large.declaredMs] }));
  const { first, warm } = cpuOf(large);
  report(timed({ metric: "diff and plan CPU", sample: warm.diff, bar: CPU_BAR_MS }));
  report(timed({ metric: "diff and plan CPU, first time", sample: [first.diff] }));
  report(timed({ metric: "observe CPU", sample: warm.observe }));
  report(timed({ metric: "parse golden CPU", sample: warm.parse }));
}

/** One reconcile, from the request to the end of its pass, by the calls that reached the account. */
async function lookOf({ swarm, account, zone }) {
  const after = await account.journalEnd();
  const startedAt = performance.now();
  const { managed } = await swarm.inSync({ scope: SCOPE, ms: LOOK_MS_MAX });
  if (managed.dns_record !== RECORDS)
    throw new Failure(`${managed.dns_record} records are managed instead of ${RECORDS}`);
  const ms = performance.now() - startedAt;
  const calls = (await account.journal({ after })).filter(({ token_name: token }) =>
    token.startsWith("driftless-"),
  );
  const lists = calls.filter(({ path }) => path === `/zones/${zone.id}/dns_records`);
  return { ms, calls: calls.length, lists: lists.length };
}

function cpuOf({ zone: { id, name }, records, yaml }) {
  const site = { level: "zone", id, name };
  const document = parse(yaml);
  const runs = Array.from({ length: CPU_WARM_UPS + CPU_RUNS }, () =>
    pass({ site, document, records }),
  );
  const warm = runs.slice(CPU_WARM_UPS);
  const names = ["parse", "observe", "diff"];
  return {
    first: runs[0],
    warm: Object.fromEntries(names.map((stage) => [stage, warm.map((run) => run[stage])])),
  };
}

/** What a pass computes between its reads and its decision. */
function pass({ site, document, records }) {
  const now = new Date().toISOString();
  const reading = { kind: "dns_record", objects: records, claimedTotal: records.length };
  const golden = cpu(() => parseGolden(document, SCOPE, site));
  const observed = cpu(() => observe([reading], site, now));
  const { resources } = observed.value.value;
  const lineage = lineageOf(observed.value.value);
  const decided = cpu(() => {
    const input = { golden: golden.value.value, observed: resources, lineage, site, now };
    const { changes } = diff(input);
    plan({ scope: SCOPE, site, epoch: 1, parent: null, proposal: { type: "revert" }, changes });
    return changes;
  });
  if (resources.length !== RECORDS || decided.value.length !== 0)
    throw new Failure(`${decided.value.length} changes in a zone where nothing has drifted`);
  return { parse: golden.ms, observe: observed.ms, diff: decided.ms };
}

function cpu(work) {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, ms: (user + system) / 1000 };
}
