// `npm run bench`: each bench starts what it needs, measures, and reports one JSON object a line on
// stdout; what it is doing goes to stderr. Exit code 1 when a bench fails or misses its bar.
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { Failure } from "../scripts/json-client.mjs";
import { onInterrupt } from "../scripts/scratch-system.mjs";
import { StartError } from "../scripts/start-error.mjs";
import { expressions } from "./expressions.mjs";
import { healByFeed } from "./heal-by-feed.mjs";
import { healByReconcile } from "./heal-by-reconcile.mjs";
import { healOnePercent } from "./heal-1pct-10k.mjs";
import { logAppend } from "./log-append.mjs";
import { logMemory } from "./log-memory.mjs";
import { logVerify } from "./log-verify.mjs";
import { intentToPlan } from "./intent-to-plan.mjs";
import { ingest } from "./ingest.mjs";
import { hostileFlood } from "./hostile-flood.mjs";
import { noop } from "./noop-10k.mjs";
import { policyDecisions } from "./policy-decisions.mjs";
import { sweepCost } from "./sweep-cost.mjs";
import { sweepZone } from "./sweep-zone.mjs";
import { trustChain } from "./trust-chain.mjs";
import { timeToMitigate } from "./time-to-mitigate.mjs";

/** Adding a bench is one file and one line here. */
const BENCHES = [
  healByReconcile,
  healByFeed,
  noop,
  healOnePercent,
  sweepCost,
  sweepZone,
  policyDecisions,
  trustChain,
  hostileFlood,
  logAppend,
  logVerify,
  logMemory,
  intentToPlan,
  ingest,
  timeToMitigate,
  expressions,
];

const HELP = `Usage: npm run bench [-- name… --list --quick]

  --list    print the benches
  --quick   fewer repetitions: a look, not a measurement
  --help    print this
`;

const BENCH_MS_MAX = 5 * 60_000;
const interruption = new AbortController();
onInterrupt(() => interruption.abort(new Failure("interrupted")));
// Whoever read our output has gone: stop in order, nothing of ours stays behind.
process.stdout.on("error", () => interruption.abort(new Failure("nobody reads the output")));
process.exitCode = await main();
// Miniflare and esbuild may keep handles; every bench has stopped what it started.
process.exit();

async function main() {
  let wanted;
  try {
    wanted = parse(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`npm run bench: ${error.message}\n`);
    return 2;
  }
  if (wanted.text !== undefined) {
    process.stdout.write(wanted.text);
    return 0;
  }
  let failed = false;
  for (const bench of wanted.benches) {
    if (interruption.signal.aborted) return 130;
    failed = !(await measured(bench, wanted.quick)) || failed;
  }
  return failed ? 1 : 0;
}

function parse(args) {
  const options = {
    list: { type: "boolean" },
    quick: { type: "boolean" },
    help: { type: "boolean" },
  };
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (values.help) return { text: HELP };
  if (values.list)
    return { text: BENCHES.map(({ name, about }) => `${name.padEnd(20)} ${about}\n`).join("") };
  const unknown = positionals.filter((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown.length > 0) throw new Failure(`no bench \`${unknown.join("`, `")}\`; see --list`);
  const benches = BENCHES.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  );
  return { benches, quick: values.quick === true };
}

/** Resolves to whether it ran and met its bars. */
async function measured({ name, run, msMax = BENCH_MS_MAX }, quick) {
  let isGood = true;
  const limit = AbortSignal.timeout(msMax);
  const report = (line) => {
    const isMissed = line.bar !== undefined && line.value > line.bar;
    const verdict = line.bar === undefined ? {} : { pass: !isMissed };
    if (isMissed) isGood = false;
    process.stdout.write(`${JSON.stringify({ bench: name, ...line, ...verdict, ...context() })}\n`);
  };
  const log = (text) => process.stderr.write(`${name}: ${text}\n`);
  try {
    await run({ quick, report, log, signal: AbortSignal.any([interruption.signal, limit]) });
  } catch (error) {
    const isPlain = error instanceof Failure || error instanceof StartError;
    const why = limit.aborted ? `not done within ${msMax / 60_000} min` : error.message;
    log(isPlain || limit.aborted ? why : error.stack);
    process.stdout.write(
      `${JSON.stringify({ bench: name, error: why, pass: false, ...context() })}\n`,
    );
    return false;
  }
  return isGood;
}

/** The machine may be shared: a figure without its load says little. */
function context() {
  return {
    node: process.version,
    cpus: cpus().length,
    load: Number(loadavg()[0].toFixed(2)),
    date: new Date().toISOString(),
  };
}
