// Follows one heal through the record: which entries belong to it, what each of them tells, and
// what the time was spent on.
import { Failure } from "../json-client.mjs";
import { setTimeout as sleep } from "node:timers/promises";

const HEAL_MS_MAX = 30_000;
const VERIFIED_COPY_MS_MAX = 3_000;

/**
 * Resolves to the heal when its run is finished. `tell(stage, entry, facts)` is called for what
 * happens, as it is recorded.
 * @param {{ swarm: object, scope: string, act: object, after: number, changedAtMs: number,
 *   signal: AbortSignal, tell: (stage: string, of: object) => void }} input
 */
export async function followHeal(input) {
  const { swarm, scope, after, signal } = input;
  const limit = AbortSignal.timeout(HEAL_MS_MAX);
  const heal = { ballots: [], by: null, signal: null, run: null };
  try {
    const entries = swarm.entries({ scope, after, signal: AbortSignal.any([signal, limit]) });
    for await (const entry of entries) {
      take(heal, entry, input);
      if (heal.phase !== undefined) return await withTimeline(heal, swarm);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!limit.aborted) throw error;
  }
  throw new Failure(await whyNot(swarm, scope));
}

function take(heal, entry, { act, tell }) {
  const { type, data } = entry;
  const isOfPlan = heal.plan !== undefined && data.plan_digest === heal.plan.digest;
  const isOfRun = heal.run !== null && data.run === heal.run;
  if (type === "signal") return void (heal.signal = data);
  if (type === "quarantine") throw new Failure("the loop detector holds the change, it came back");
  if (type === "unknown_state") return tell("unknown", { why: data.reason });
  if (type === "diagnosis") return diagnosed(heal, entry, { act, tell });
  if (type === "plan" && isOfRun) return planned(heal, entry, tell);
  if (type === "ballot" && isOfRun) return voted(heal, entry, tell);
  if (type === "release" && isOfPlan) {
    heal.releasedAt = entry.at;
    return tell("released", { voters: data.voters.length, approvals: data.approvals.length });
  }
  if (type === "write_result" && isOfPlan) {
    heal.writtenAt = entry.at;
    return tell("written", { method: data.method, path: data.path });
  }
  if (type === "verification" && isOfRun)
    return tell("verified", { verified: data.verified, mismatches: data.mismatches });
  if (type === "run" && isOfRun) return finished(heal, data, tell);
}

function diagnosed(heal, { data, at }, { act, tell }) {
  const found = data.drift.find(({ summary }) => summary === act.summary);
  if (found === undefined) return;
  Object.assign(heal, { run: data.run, incident: data.incident, passAt: at, by: found.by });
  heal.ballots = [];
  tell("detected", { source: heal.signal?.source ?? "signal", others: data.drift.length - 1 });
  tell("attributed", { by: found.by });
}

function planned(heal, { data }, tell) {
  const { plan_digest: digest, steps, calls, tier } = data;
  heal.plan = { digest, steps, calls, tier };
  tell("planned", heal.plan);
}

function voted(heal, { data, actor }, tell) {
  const ballot = { voter: actor.split("@")[0], vote: data.vote, reasons: data.reasons };
  heal.ballots.push(ballot);
  tell("voted", ballot);
}

function finished(heal, { phase, because }, tell) {
  // Nothing was written, the world had moved on: the next pass plans anew.
  if (phase === "superseded") {
    heal.run = null;
    return tell("superseded", { because });
  }
  heal.phase = phase;
  heal.because = because;
}

/** The shared copy of the run follows its last entry at once, but after it. */
async function withTimeline(heal, swarm) {
  const deadline = performance.now() + VERIFIED_COPY_MS_MAX;
  for (;;) {
    const { timeline } = await swarm.run(heal.run);
    if (timeline.at(-1)?.phase === heal.phase) return { ...heal, timeline };
    if (performance.now() > deadline) throw new Failure(`the run ${heal.run} has no timeline`);
    await sleep(20);
  }
}

async function whyNot(swarm, scope) {
  const { status, why, run } = await swarm.drift(scope);
  const which = run === null ? "" : ` (${run})`;
  return `not healed within ${HEAL_MS_MAX / 1000} s: the scope is ${status}, ${why}${which}`;
}

/**
 * What the time between change and verification was spent on, in ms, from the times of the record.
 * @param {{ changedAtMs: number, heal: object }} input
 */
export function stagesOf({ changedAtMs, heal }) {
  const entered = new Map(heal.timeline.map(({ phase, at }) => [phase, Date.parse(at)]));
  const times = {
    changed: changedAtMs,
    detected: Date.parse(heal.passAt),
    planned: entered.get("voting"),
    voted: entered.get("executing"),
    released: Date.parse(heal.releasedAt),
    written: Date.parse(heal.writtenAt),
    verified: entered.get("verified"),
  };
  const names = Object.keys(times);
  const stages = names.slice(1).map((name, index) => [name, times[name] - times[names[index]]]);
  return {
    ...Object.fromEntries(stages),
    swarm: times.verified - times.detected,
    total: times.verified - times.changed,
  };
}
