/** What runs of a scope have come to: how often a change of this shape went well, and how fast the error budget goes. */
import { digestOf } from "../canonical.ts";
import type { Digest, Instant } from "../ids.ts";
import { millisOf } from "../instant.ts";
import type { Plan } from "../plan.ts";
import type { RiskSettings } from "../risk-settings.ts";
import type { RiskVector } from "./vector.ts";

/** One finished run. Kinds and operations with an ending: no names and no text, so nothing can be learnt from words. */
export interface PastRun {
  readonly shape: Digest;
  readonly ended: "well" | "badly";
  readonly at: Instant;
}

/** Kinds and operations, without names and numbers, each once and in order. */
export const changesOf = ({ steps }: Pick<Plan, "steps">): readonly string[] =>
  [...new Set(steps.map(({ kind, op }) => `${kind} ${op}`))].toSorted();

/** What makes two plans of one shape. */
export const shapeOf = (plan: Pick<Plan, "steps">): Digest => digestOf(changesOf(plan));

const DAY_MS = 24 * 60 * 60_000;
/** "Recent" for a failure. */
const RECENT_MS = 7 * DAY_MS;

export function historyOf(
  past: readonly PastRun[],
  { shape, now }: { readonly shape: Digest; readonly now: Instant },
): RiskVector["history"] {
  const same = past.filter((run) => run.shape === shape);
  const since = millisOf(now) - RECENT_MS;
  return {
    recentFailures: same.filter(({ ended, at }) => ended === "badly" && millisOf(at) >= since)
      .length,
    successes: same.filter(({ ended }) => ended === "well").length,
  };
}

/** How many times faster than allowed runs fail now, over one day, times ten. Null: no budget was declared. */
export function burnX10(
  past: readonly PastRun[],
  { errorBudget }: RiskSettings,
  now: Instant,
): number | null {
  if (errorBudget === null) return null;
  const failed = past.filter(
    ({ ended, at }) => ended === "badly" && millisOf(at) >= millisOf(now) - DAY_MS,
  ).length;
  return Math.ceil((failed * 10 * errorBudget.days) / errorBudget.failedRuns);
}
