/** How much care a plan needs. Integers with floors; a missing value counts as the worst case; nothing lowers it (I13). */
import { type Finding, removedBy } from "./check.ts";
import type { Plan } from "./plan.ts";

/** 0-1 runs by itself, 2 needs one person, 3 two, 4 never runs by itself and never by approval. */
export type Tier = 0 | 1 | 2 | 3 | 4;

export interface Risk {
  readonly tier: Tier;
  /** Why, one sentence each, most serious first. */
  readonly reasons: readonly string[];
}

/** Putting declared values back is tier 0, taking live objects away at least tier 1. */
export function assess(plan: Plan, findings: readonly Finding[]): Risk {
  const reasons: { tier: Tier; reason: string }[] = [
    { tier: 0, reason: "puts declared values back" },
  ];
  const deletes = plan.steps.reduce((sum, step) => sum + removedBy(step), 0);
  if (deletes > 0)
    reasons.push({
      tier: 1,
      reason: `takes ${deletes} undeclared ${deletes === 1 ? "resource" : "resources"} away`,
    });
  for (const { severity, type } of findings) {
    const person = type === "deletes_data" ? 3 : 2;
    reasons.push({ tier: severity === "block" ? 4 : person, reason: type });
  }
  const ordered = reasons.toSorted((a, b) => b.tier - a.tier);
  return { tier: ordered[0]?.tier ?? 4, reasons: ordered.map(({ reason }) => reason) };
}

/** How many different people must approve before a release; null: nobody can. */
export function approvalsNeeded(tier: Tier): number | null {
  switch (tier) {
    case 0:
    case 1:
      return 0;
    case 2:
      return 1;
    case 3:
      return 2;
    case 4:
      return null;
  }
}
