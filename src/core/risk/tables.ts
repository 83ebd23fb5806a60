/** The weights of the risk score: integers, and nothing but tables. Changed by a reviewed commit only, never at run time. */

/** `[from, points]`, ascending: the points of the last row that is not above the value. */
export type Steps = readonly (readonly [from: number, points: number])[];

/** From the best value to the worst. What is missing or unheard of counts as the last one. */
export const REVERSALS = ["exact", "delayed", "lossy", "none"] as const;
export const DIRECTIONS = ["tighten", "neutral", "loosen"] as const;
export const PROVENANCES = ["golden", "human", "catalog", "trusted", "untrusted"] as const;
export const TIMINGS = ["window", "offwindow", "peak", "incident"] as const;

export type Reversal = (typeof REVERSALS)[number];
export type Direction = (typeof DIRECTIONS)[number];
export type Provenance = (typeof PROVENANCES)[number];
export type Timing = (typeof TIMINGS)[number];

export const BLAST_PPM: Steps = [
  [0, 0],
  [1, 4],
  [100, 8],
  [1_000, 14],
  [10_000, 20],
  [100_000, 26],
  [500_000, 30],
];
export const CRITICALITY: Steps = [
  [0, 0],
  [1, 4],
  [2, 8],
  [3, 14],
  [4, 20],
];
export const REVERSAL: Readonly<Record<Reversal, number>> = {
  exact: 0,
  delayed: 6,
  lossy: 16,
  none: 30,
};
export const DIRECTION: Readonly<Record<Direction, number>> = {
  tighten: 0,
  neutral: 4,
  loosen: 12,
};
export const RECENT_FAILURES: Steps = [
  [0, 0],
  [1, 6],
  [2, 10],
];
/** Inexperience: few verified runs of this shape are points, many are none. */
export const SUCCESSES: Steps = [
  [0, 8],
  [3, 3],
  [20, 0],
];
export const PROVENANCE: Readonly<Record<Provenance, number>> = {
  golden: 0,
  human: 0,
  catalog: 2,
  trusted: 5,
  untrusted: 14,
};
export const TIMING: Readonly<Record<Timing, number>> = {
  window: 0,
  offwindow: 3,
  peak: 6,
  incident: 8,
};
export const IN_FLIGHT: Steps = [
  [0, 0],
  [1, 3],
  [2, 6],
  [3, 10],
];
/** How many times faster than allowed the error budget is used up, times ten. */
export const BURN_X10: Steps = [
  [0, 0],
  [10, 3],
  [20, 6],
  [60, 9],
  [144, 12],
];
/** A canary is worth a third of what it holds small, and never more than this. */
export const CANARY_DISCOUNT_MAX = 6;

export const SCORE_MAX = 100;
/** `[from score, tier]`. */
export const TIERS = [
  [0, 0],
  [12, 1],
  [35, 2],
  [60, 3],
  [90, 4],
] as const;

export const pointsAt = (steps: Steps, value: number): number =>
  steps.findLast(([from]) => value >= from)?.[1] ?? 0;
