/**
 * From vectors to a score and a tier: normalise, add up, clamp, look up the tier, raise it to the floors. Nothing here
 * can lower what something else has raised (I13), and no input is an error.
 */
import {
  BLAST_PPM,
  BURN_X10,
  CANARY_DISCOUNT_MAX,
  CRITICALITY,
  DIRECTION,
  IN_FLIGHT,
  pointsAt,
  PROVENANCE,
  RECENT_FAILURES,
  REVERSAL,
  SCORE_MAX,
  SUCCESSES,
  TIERS,
  TIMING,
} from "./tables.ts";
import { BLAST_MAX, normalise, type RiskVector } from "./vector.ts";

/** 0-1 runs by itself, 2 needs one person, 3 two, 4 never runs by itself and never by approval. */
export type Tier = 0 | 1 | 2 | 3 | 4;

export interface Points {
  readonly blast: number;
  readonly criticality: number;
  readonly reversal: number;
  readonly direction: number;
  readonly history: number;
  readonly provenance: number;
  readonly timing: number;
  readonly inFlight: number;
  readonly burn: number;
  /** Zero or less. */
  readonly canary: number;
}

export interface Scored {
  readonly score: number;
  readonly tier: Tier;
  readonly points: Points;
  readonly floors: readonly Floor[];
}

export type Floor =
  | "irreversible"
  | "data_loss_on_reversal"
  | "protected_resource"
  | "untrusted_input_decides"
  | "removes_protection"
  | "half_of_the_traffic"
  | "touches_guardrails"
  | "more_than_20_changes";

/**
 * The mandate of the golden state. A change that puts back, bit by bit, what people declared has been decided by them,
 * and an attacker must not be able to make healing wait by drifting more: how many names it reaches, how dear they are and
 * how many changes there are do not ask for another person. They are counted and shown all the same. The floors of what
 * takes protection or data away and of what cannot be undone stay where they are, and a value that is not the golden
 * state's has no mandate at all.
 */
const MANDATE: { readonly tierMax: Tier; readonly lifts: ReadonlySet<Floor> } = {
  tierMax: 1,
  lifts: new Set(["protected_resource", "half_of_the_traffic", "more_than_20_changes"]),
};

export const isMandated = ({ restores, provenance }: RiskVector): boolean =>
  restores && provenance === "golden";

const HALF_PPM = 500_000;
const ACTIONS_MAX = 20;

const FLOORS: readonly (readonly [Floor, Tier, (vector: RiskVector) => boolean])[] = [
  ["irreversible", 3, ({ reversal }) => reversal === "none"],
  ["data_loss_on_reversal", 2, ({ reversal }) => reversal === "lossy"],
  ["protected_resource", 3, ({ protectedResource }) => protectedResource],
  [
    "untrusted_input_decides",
    4,
    ({ direction, provenance }) => direction !== "tighten" && provenance === "untrusted",
  ],
  ["removes_protection", 2, ({ direction }) => direction === "loosen"],
  ["half_of_the_traffic", 3, ({ blastPpm, canary }) => blastPpm >= HALF_PPM && !canary],
  ["touches_guardrails", 4, ({ touchesGuardrails }) => touchesGuardrails],
  ["more_than_20_changes", 3, ({ actions }) => actions > ACTIONS_MAX],
];

export function score(raw: unknown): Scored {
  const vector = normalise(raw);
  const points = pointsOf(vector);
  const sum = Object.values(points).reduce((total, one) => total + one, 0);
  const total = Math.max(0, Math.min(SCORE_MAX, sum));
  const mandated = isMandated(vector);
  const hit = FLOORS.filter(
    ([name, , applies]) => applies(vector) && !(mandated && MANDATE.lifts.has(name)),
  );
  const byScore = tierAt(total);
  const base = mandated ? lower(byScore, MANDATE.tierMax) : byScore;
  return {
    score: total,
    tier: hit.reduce<Tier>((tier, [, floor]) => higher(tier, floor), base),
    points,
    floors: hit.map(([name]) => name),
  };
}

function pointsOf(vector: RiskVector): Points {
  const blast = pointsAt(BLAST_PPM, vector.blastPpm);
  const { recentFailures, successes } = vector.history;
  return {
    blast,
    criticality: pointsAt(CRITICALITY, vector.criticality),
    reversal: REVERSAL[vector.reversal],
    direction: DIRECTION[vector.direction],
    history: pointsAt(RECENT_FAILURES, recentFailures) + pointsAt(SUCCESSES, successes),
    provenance: PROVENANCE[vector.provenance],
    timing: TIMING[vector.timing],
    inFlight: pointsAt(IN_FLIGHT, vector.inFlight),
    burn: pointsAt(BURN_X10, vector.burnX10),
    canary: vector.canary ? 0 - Math.min(CANARY_DISCOUNT_MAX, Math.floor(blast / 3)) : 0,
  };
}

const tierAt = (total: number): Tier => TIERS.findLast(([from]) => total >= from)?.[1] ?? 4;

export const higher = (a: Tier, b: Tier): Tier => (a > b ? a : b);
const lower = (a: Tier, b: Tier): Tier => (a < b ? a : b);

export interface ScoredPlan {
  readonly score: number;
  readonly tier: Tier;
  /** Each change with the plan's blast and number of changes. */
  readonly changes: readonly Scored[];
}

/** Every change carries the blast of all of them and their number; the plan is as risky as its riskiest change. */
export function scorePlan(raw: unknown): ScoredPlan {
  const changes = Array.isArray(raw) ? raw.map(normalise) : [];
  // A plan that says nothing about itself is one that nothing is known of.
  if (changes.length === 0) return { score: SCORE_MAX, tier: 4, changes: [] };
  const scored = planned(changes).map(score);
  return {
    score: Math.max(...scored.map((one) => one.score)),
    tier: scored.reduce<Tier>((tier, one) => higher(tier, one.tier), 0),
    changes: scored,
  };
}

/** The vectors of a plan's changes, each with what only the whole plan knows. */
export function planned(changes: readonly RiskVector[]): readonly RiskVector[] {
  const blast = changes.reduce((sum, { blastPpm }) => sum + blastPpm, 0);
  return changes.map((change) => ({
    ...change,
    blastPpm: Math.min(BLAST_MAX, blast),
    actions: changes.length,
  }));
}
