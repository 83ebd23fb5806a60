/** What a finished run teaches: typed statistics, never text from outside. */
import type { Digest, Instant, RunId, ScopeId } from "./ids.ts";
import type { Plan } from "./plan.ts";
import type { Run, RunPhase } from "./run.ts";
import { digestOf } from "./canonical.ts";

export interface Lesson {
  readonly run: RunId;
  readonly scope: ScopeId;
  readonly cause: string;
  /** Kinds and operations with their counts, without names: `dns_record update ×2`. */
  readonly shape: string;
  readonly shapeDigest: Digest;
  readonly outcome: RunPhase;
  readonly calls: number;
  readonly at: Instant;
}

export function learn(run: Run, plan: Plan, cause: string): Lesson {
  const counts = new Map<string, number>();
  for (const { kind, op } of plan.steps)
    counts.set(`${kind} ${op}`, (counts.get(`${kind} ${op}`) ?? 0) + 1);
  const shape = [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, count]) => `${what} ×${count}`)
    .join(", ");
  const at = run.timeline.at(-1)?.at;
  if (at === undefined) throw new Error("a run has a timeline");
  return {
    run: run.id,
    scope: run.scope,
    cause,
    shape,
    shapeDigest: digestOf([...counts.keys()].toSorted()),
    outcome: run.phase,
    calls: plan.calls.length,
    at,
  };
}
