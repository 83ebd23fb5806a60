/** What a finished run teaches: typed statistics, never text from outside. */
import type { Statistic } from "./experience/statistic.ts";
import type { Digest, Instant, RunId, ScopeId } from "./ids.ts";
import type { Plan } from "./plan.ts";
import { changesOf, shapeOf } from "./risk/history.ts";
import { outcomeOf, type Run, type RunPhase } from "./run.ts";

export interface Lesson {
  readonly run: RunId;
  readonly scope: ScopeId;
  readonly cause: string;
  /** The golden paths whose declarations it brought about, by name. */
  readonly paths: readonly string[];
  /** Kinds and operations with their counts, without names: `dns_record update ×2`. */
  readonly shape: string;
  readonly shapeDigest: Digest;
  readonly outcome: RunPhase;
  readonly calls: number;
  readonly at: Instant;
}

/** What led to a run. */
export interface Occasion {
  readonly cause: string;
  readonly paths: readonly string[];
}

export function learn(run: Run, plan: Plan, { cause, paths }: Occasion): Lesson {
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
    paths,
    shape,
    shapeDigest: shapeOf(plan),
    outcome: run.phase,
    calls: plan.calls.length,
    at,
  };
}

/** What is counted of it. A run that came to nothing says neither that it goes well nor that it does not. */
export function counted(run: Run, plan: Plan, { cause, paths }: Occasion): readonly Statistic[] {
  const ended = outcomeOf(run);
  if (ended === null) return [];
  const once = ended === "well" ? { well: 1, badly: 0 } : { well: 0, badly: 1 };
  return [
    { cause, about: { of: "shape", changes: changesOf(plan) }, ...once },
    ...paths.map((path): Statistic => ({ cause, about: { of: "path", path }, ...once })),
  ];
}
