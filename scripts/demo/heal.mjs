// Follows one heal through the record: which entries belong to it, what each of them tells, and
// what the time was spent on.
import { Failure } from "../json-client.mjs";
import { setTimeout as sleep } from "node:timers/promises";

const HEAL_MS_MAX = 30_000;
/** The shared copies of runs and incidents follow the record at once, but after it. */
const SHARED_COPY_MS_MAX = 3_000;

/**
 * Resolves to the heal when its run is finished. `tell(stage, at, of)` is called for what happens, as it
 * is recorded; `after` is the entry that was the newest before the change.
 * @param {{ swarm: object, scope: string, act: object, after: number, signal: AbortSignal,
 *   tell: (stage: string, at: string, of: object) => void }} input
 */
export async function followHeal(input) {
  const { swarm, scope, after, signal } = input;
  const limit = AbortSignal.timeout(HEAL_MS_MAX);
  const heal = { ballots: [], by: null, signal: null, run: null, named: null };
  try {
    const entries = swarm.entries({ scope, after, signal: AbortSignal.any([signal, limit]) });
    for await (const entry of entries) {
      take(heal, entry, input);
      if (heal.run !== null && heal.run !== heal.named) await attribute(heal, input);
      if (heal.phase !== undefined) return await withTimeline(heal, swarm);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!limit.aborted) throw error;
  }
  throw new Failure(await whyNot(swarm, scope));
}

/** Entry type → what it means for the heal. Entries of other runs and plans pass by. */
const MEANINGS = {
  signal: (heal, { data }) => {
    heal.signal = data;
  },
  quarantine: (_, { data }) => {
    throw new Failure(`the change is not written: ${data.why}`);
  },
  unknown_state: (_, { data, at }, { tell }) => tell("unknown", at, { why: data.reason }),
  diagnosis: diagnosed,
  plan: ofRun(planned),
  ballot: ofRun(voted),
  release: ofPlan((heal, { data, at }, { tell }) => {
    heal.releasedAt = at;
    tell("released", at, { voters: data.voters.length, approvals: data.approvals.length });
  }),
  write_result: ofPlan((heal, { data, at }, { tell }) => {
    heal.writtenAt = at;
    tell("written", at, { method: data.method, path: data.path });
  }),
  verification: ofRun((_, { data, at }, { tell }) => tell("verified", at, data)),
  run: ofRun(finished),
};

function take(heal, entry, input) {
  MEANINGS[entry.type]?.(heal, entry, input);
}

function ofRun(meaning) {
  return (heal, entry, input) => {
    if (heal.run !== null && entry.data.run === heal.run) meaning(heal, entry, input);
  };
}

function ofPlan(meaning) {
  return (heal, entry, input) => {
    if (heal.plan !== undefined && entry.data.plan_digest === heal.plan.digest)
      meaning(heal, entry, input);
  };
}

function diagnosed(heal, { data, at }, { act, tell }) {
  const found = data.drift.find(({ summary }) => summary === act.summary);
  if (found === undefined) return;
  Object.assign(heal, { run: data.run, incident: data.incident, passAt: at });
  heal.ballots = [];
  tell("detected", at, { source: heal.signal?.source ?? "signal", others: data.drift.length - 1 });
}

/** The record's entry says when and through what; the name can be erased, and stands in the incident. */
async function attribute(heal, { swarm, scope, act, tell }) {
  const deadline = performance.now() + SHARED_COPY_MS_MAX;
  for (;;) {
    const incident = await swarm.incident(scope, heal.incident);
    const found = incident?.drift.find(({ summary }) => summary === act.summary);
    if (found !== undefined) {
      Object.assign(heal, { by: found.by, named: heal.run });
      return tell("attributed", heal.passAt, { by: found.by });
    }
    if (performance.now() > deadline)
      throw new Failure(`the incident ${heal.incident} does not have the change`);
    await sleep(20);
  }
}

function planned(heal, { data, at }, { tell }) {
  const { plan_digest: digest, steps, calls, tier } = data;
  heal.plan = { digest, steps, calls, tier };
  tell("planned", at, heal.plan);
}

function voted(heal, { data, actor, at }, { tell }) {
  const ballot = { voter: actor.split("@")[0], vote: data.vote, reasons: data.reasons };
  heal.ballots.push(ballot);
  tell("voted", at, ballot);
}

function finished(heal, { data: { phase, because }, at }, { tell }) {
  // Nothing was written, the world had moved on: the next pass plans anew.
  if (phase === "superseded") {
    heal.run = null;
    return tell("superseded", at, { because });
  }
  Object.assign(heal, { phase, because });
}

async function withTimeline(heal, swarm) {
  const deadline = performance.now() + SHARED_COPY_MS_MAX;
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
