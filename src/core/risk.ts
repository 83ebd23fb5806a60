/** How much care a plan needs. Integers with floors; a missing value counts as the worst case; nothing lowers it (I13). */
import { type Finding, removedBy } from "./check.ts";
import { kindOf } from "./kinds/registry.ts";
import type { Plan, Step } from "./plan.ts";
import {
  type Floor,
  higher,
  isMandated,
  type Points,
  planned,
  score,
  type Tier,
} from "./risk/score.ts";
import type { Reversal } from "./risk/tables.ts";
import { normalise, type RiskVector, worst } from "./risk/vector.ts";

export type { Tier } from "./risk/score.ts";

/** A plan's risk with everything it was worked out from. Part of the dossier, so of what every voter signs. */
export interface RiskAssessment {
  readonly tier: Tier;
  /** 0 to 100. */
  readonly score: number;
  /** The worst of each factor over the plan's changes. */
  readonly vector: RiskVector;
  /** What each factor adds to the score of the riskiest change. */
  readonly points: Points;
  /** What raises the tier above the score's, over all changes. */
  readonly floors: readonly Floor[];
  /** Why, one line each, most serious first. */
  readonly reasons: readonly string[];
}

export function assess(plan: Plan, findings: readonly Finding[]): RiskAssessment {
  const vectors = planned(plan.steps.map((step) => vectorOf(step, plan)));
  const scored = vectors.map((vector) => score(vector));
  // Nobody knows what a plan without steps would do.
  const nothing = score(null);
  const riskiest = scored.reduce((a, b) => (b.score > a.score ? b : a), scored[0] ?? nothing);
  const floors = [...new Set(scored.flatMap((one) => one.floors))];
  const raised = findings.map((finding) => ({ tier: tierOf(finding), reason: finding.type }));
  const base = scored.reduce<Tier>((tier, one) => higher(tier, one.tier), scored[0]?.tier ?? 4);
  const reasons = [
    ...raised,
    ...deletions(plan),
    {
      tier: base,
      reason: vectors.every(isMandated) ? "puts declared values back" : "changes what is declared",
    },
    ...floors.map((floor) => ({ tier: base, reason: floor })),
  ];
  return {
    tier: reasons.reduce<Tier>((tier, one) => higher(tier, one.tier), 0),
    score: riskiest.score,
    vector: vectors.reduce(worst, vectors[0] ?? normalise(null)),
    points: riskiest.points,
    floors,
    reasons: reasons.toSorted((a, b) => b.tier - a.tier).map(({ reason }) => reason),
  };
}

/** Taking live objects away is at least tier 1. */
function deletions({ steps }: Plan): { readonly tier: Tier; readonly reason: string }[] {
  const count = steps.reduce((sum, step) => sum + removedBy(step), 0);
  if (count === 0) return [];
  const what = count === 1 ? "resource" : "resources";
  return [{ tier: 1, reason: `takes ${count} undeclared ${what} away` }];
}

function tierOf({ severity, type }: Finding): Tier {
  if (severity === "block") return 4;
  return type === "deletes_data" ? 3 : 2;
}

function vectorOf(step: Step, { proposal }: Plan): RiskVector {
  return normalise({
    reversal: reversalOf(step),
    direction: "neutral",
    // No name leads to what only stores; of everything else the share is not known here.
    ...(kindOf(step.kind).holdsData ? { blastPpm: 0 } : {}),
    provenance: proposal.type === "revert" ? "golden" : "untrusted",
    // Neither freezes nor a spent error budget hold up what puts declared values back.
    ...(proposal.type === "revert" ? { restores: true, timing: "window", burnX10: 0 } : {}),
    // A scope has one run at a time.
    inFlight: 0,
    touchesGuardrails: false,
  });
}

/** How long a resolver may keep the old answer after the inverse has run. */
const TTL_DELAYED_SECONDS = 300;

/** What its inverse brings back. A Worker's code comes back, its versions and bindings to secrets do not. */
function reversalOf({ op, kind, before, after }: Step): Reversal {
  if (op === "delete" && kindOf(kind).holdsData) return "none";
  if (op === "delete" && kind === "worker") return "lossy";
  const ttls = [before, after].map((image) => Number(image?.fields["ttl"] ?? 0));
  return ttls.some((ttl) => ttl > TTL_DELAYED_SECONDS) ? "delayed" : "exact";
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
