// One run, from the request that led to it to its end.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../scripts/json-client.mjs";

const POLL_MS = 5;
/** Ends that no waiting turns into a verified run. */
const OTHER_ENDS = new Set(["rejected", "expired", "reverted", "stuck", "awaiting_approval"]);

/** Resolves to the newest run of the scope once it is verified; `before` is the one before it. */
export async function verifiedRun({ swarm, scope, before, ms }) {
  const deadline = performance.now() + ms;
  for (;;) {
    const [run] = await swarm.runs(scope, 1);
    const isNew = run !== undefined && run.id !== before?.id;
    if (isNew && run.phase === "verified") return run;
    if (isNew && OTHER_ENDS.has(run.phase))
      throw new Failure(`the run is ${run.phase}: ${JSON.stringify(run.because)}`);
    if (performance.now() > deadline) throw new Failure(`no verified run within ${ms / 1000} s`);
    await sleep(POLL_MS);
  }
}

/**
 * How long after `startedAt` the run was verified, and what the time was spent on, in ms. A phase
 * lasts until the next one is entered; before the first the reconciler looks and plans.
 */
export function timesOf({ timeline }, startedAt) {
  const entered = timeline.map(({ phase, at }) => [phase, Date.parse(at) - startedAt]);
  const stages = { "wake to voting": entered[0][1] };
  for (const [index, [phase, at]] of entered.slice(0, -1).entries())
    stages[phase] = entered[index + 1][1] - at;
  return { verifiedMs: entered.at(-1)[1], stages };
}
