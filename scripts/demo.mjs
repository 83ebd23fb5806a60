// `npm run demo`: four changes past the golden state, and what the swarm makes of each, live; with `attack` or `cve` an attack.
import { ACTS, WINDOW_MS, ZONE } from "./demo/acts.mjs";
import { compareStates, foreignRecords, journalProblems } from "./demo/comparison.mjs";
import { playIncident } from "./demo/incident.mjs";
import { followHeal, stagesOf } from "./demo/heal.mjs";
import { narrator } from "./demo/narration.mjs";
import { HELP, parseOptions } from "./demo/options.mjs";
import { findSystem, onInterrupt, ownSystem } from "./demo/system.mjs";
import { Failure } from "./json-client.mjs";
import { SandboxAccount } from "./sandbox-account.mjs";
import { StartError } from "./start-error.mjs";
import { SwarmClient } from "./swarm-client.mjs";

const SCOPE = `zone:${ZONE}`;
const DASHBOARD = "dashboard@sandbox.example";
const IN_SYNC_MS_MAX = 20_000;
const SETTLED_MS_MAX = 10_000;
const RUNS_LOOKED_AT = 200;
const INTERRUPTED_EXIT = 130;

const startedAt = performance.now();
const interruption = new AbortController();
onInterrupt(() => interruption.abort(new Failure("interrupted")));
// Whoever read our output has gone: stop in order, nothing of ours stays behind.
process.stdout.on("error", () => interruption.abort(new Failure("nobody reads the output")));
await main();
// Miniflare and esbuild may keep handles; everything of ours has ended here.
process.exit();

async function main() {
  let options = { json: process.argv.includes("--json") };
  const result = { ok: false, acts: [] };
  try {
    const { env, stdout } = process;
    options = parseOptions({ argv: process.argv.slice(2), env, isTerminal: stdout.isTTY });
    if (options.help) return process.stdout.write(HELP);
    await play(options, result);
  } catch (error) {
    result.error = isPlain(error) ? error.message : error.stack;
    process.stderr.write(`npm run demo: ${result.error}\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  const failed = interruption.signal.aborted ? INTERRUPTED_EXIT : 1;
  process.exitCode = result.ok ? 0 : failed;
}

function isPlain(error) {
  return error instanceof Failure || error instanceof StartError;
}

async function play(options, result) {
  const { json, colours } = options;
  const write = json ? () => {} : (text) => process.stdout.write(text);
  const story = narrator({ write, colours });
  const isFresh = options.story !== "drift" && !options.isNamed;
  if (isFresh) story.say("Starting a system for the demo.");
  const system = isFresh ? await ownSystem() : await findSystem({ options, say: story.say });
  try {
    interruption.signal.throwIfAborted();
    if (options.story === "drift") await perform({ system, story, result });
    else {
      const { signal } = interruption;
      Object.assign(result, await playIncident({ system, options, write, signal }));
      result.ms = Math.round(performance.now() - startedAt);
    }
  } finally {
    await system.stop();
  }
}

async function perform({ system, story, result }) {
  const { signal } = interruption;
  const swarm = new SwarmClient({ url: system.url, signal });
  const account = new SandboxAccount({ url: system.sandboxUrl, signal });
  const zone = await account.zone(ZONE);
  if (zone === undefined) throw new Failure(`the sandbox at ${system.sandboxUrl} has no ${ZONE}`);
  const report = await swarm.inSync({ scope: SCOPE, ms: IN_SYNC_MS_MAX });
  const stage = { swarm, account, zoneId: zone.id, system, story, signal };
  const before = await stateOf(stage);
  story.opening({ scope: SCOPE, url: system.url, report, records: before.records });
  for (const [index, actOf] of ACTS.entries()) {
    const outcome = await playAct(actOf, index + 1, stage);
    result.acts.push(outcome);
    // A drift that stands in the way of the next one would spoil its figures too.
    if (!outcome.ok) break;
  }
  const isForeignSame = compareForeign(before, await stateOf(stage), story);
  story.summary(result.acts);
  result.foreign_untouched = isForeignSame;
  result.ok =
    isForeignSame && result.acts.length === ACTS.length && result.acts.every(({ ok }) => ok);
  result.ms = Math.round(performance.now() - startedAt);
  story.verdict({
    ok: result.ok,
    acts: ACTS.map((_, index) => result.acts[index] ?? {}),
    ms: result.ms,
  });
}

async function playAct(actOf, number, stage) {
  const { swarm, account, story, signal, zoneId } = stage;
  const before = await stateOf(stage);
  const act = actOf({ zoneId, ...before, heals: await recentHeals(swarm), nowMs: Date.now() });
  const [after, journalEnd] = await Promise.all([swarm.recordEnd(), account.journalEnd()]);
  const { method, path, body } = act.change;
  const changedAtMs = Date.now();
  const created = await account.call(method, path, body);
  story.act(number, act, changedAtMs);
  const outcome = { name: act.name, subject: act.subject, ok: false };
  try {
    const { tell } = story;
    const heal = await followHeal({ swarm, scope: SCOPE, act, after, signal, tell });
    const by = heal.by && { actor: heal.by.actor, channel: heal.by.channel, at: heal.by.at };
    Object.assign(outcome, { run: heal.run, phase: heal.phase, by, ballots: heal.ballots });
    const problems = await problemsOf({ stage, act, heal, before, journalEnd, outcome });
    if (heal.phase === "verified") outcome.stages = stagesOf({ changedAtMs, heal });
    else await putBack(act, created, stage);
    if (problems.length === 0) story.healed({ act, ...outcome });
    for (const problem of problems) story.problem(problem);
    Object.assign(outcome, { ok: problems.length === 0, problems });
  } catch (error) {
    await putBack(act, created, stage);
    if (signal.aborted || !isPlain(error)) throw error;
    outcome.problems = [error.message];
    story.problem(error.message);
  }
  return outcome;
}

/** What is not as it should be after the heal, one sentence each. */
async function problemsOf({ stage, act, heal, before, journalEnd, outcome }) {
  const { swarm, account } = stage;
  if (heal.phase !== "verified")
    return [`the run ended ${heal.phase}${heal.because ? `: ${heal.because}` : ""}`];
  await swarm.atRest({ scope: SCOPE, ms: SETTLED_MS_MAX });
  const { untouched, rewritten, differences } = compareStates(before, await stateOf(stage));
  Object.assign(outcome, { untouched });
  const entries = await account.journal({ after: journalEnd, writes: true });
  const byWhom = heal.by?.actor ?? "nobody";
  return [
    ...differences.map((what) => `${what} is not as it was`),
    ...(rewritten > 1 ? [`${rewritten} records were rewritten instead of one`] : []),
    ...journalProblems(entries, act).map((problem) => `the account's journal: ${problem}`),
    ...(byWhom === DASHBOARD ? [] : [`attributed to ${byWhom} instead of ${DASHBOARD}`]),
    ...(heal.ballots.length === 4 ? [] : [`${heal.ballots.length} ballots instead of four`]),
  ];
}

/** Steps that the swarm carried out within the loop detector's window. */
async function recentHeals(swarm) {
  const runs = await swarm.runs(SCOPE, RUNS_LOOKED_AT);
  const since = new Date(Date.now() - WINDOW_MS).toISOString();
  return runs
    .filter(({ phase, timeline }) => phase === "verified" && timeline.at(-1).at > since)
    .flatMap(({ steps }) => steps);
}

async function stateOf({ account, zoneId }) {
  const [records, settings] = await Promise.all([
    account.records(zoneId),
    account.settings(zoneId),
  ]);
  return { records, settings };
}

function compareForeign(before, after, story) {
  const [were, are] = [before, after].map(({ records }) => foreignRecords(records));
  const isSame = JSON.stringify(were) === JSON.stringify(are);
  story.foreign({ acme: were.acme.length, externalDns: were.externalDns.length }, isSame);
  return isSame;
}

/** Nobody's account is left drifted by a demo that failed or was interrupted. */
async function putBack(act, created, { system }) {
  if (system.isOwn) return;
  const { method, path, body } = act.undo(created);
  const account = new SandboxAccount({ url: system.sandboxUrl });
  // Refused when the swarm was faster: then it is back already.
  await account.call(method, path, body).catch(() => {});
}
