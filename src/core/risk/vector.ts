/** What the risk of one change is worked out from. Total: whatever comes in, a vector comes out, at worst the worst. */
import {
  type Direction,
  DIRECTIONS,
  type Provenance,
  PROVENANCES,
  type Reversal,
  REVERSALS,
  type Timing,
  TIMINGS,
} from "./tables.ts";

export interface RiskVector {
  /** Share of the names or of the traffic, whichever is more, in millionths. */
  readonly blastPpm: number;
  /** 0 sandbox, 1 internal, 2 a site, 3 production, 4 regulated. */
  readonly criticality: number;
  readonly reversal: Reversal;
  readonly direction: Direction;
  /** Of changes of the same shape. */
  readonly history: { readonly recentFailures: number; readonly successes: number };
  /** Where the written values come from. */
  readonly provenance: Provenance;
  readonly timing: Timing;
  /** Other changes under way next to this one. */
  readonly inFlight: number;
  readonly burnX10: number;
  readonly canary: boolean;
  /** Puts back what a person declared: see `MANDATE` in `score.ts`. */
  readonly restores: boolean;
  /** How many changes the plan has. */
  readonly actions: number;
  readonly protectedResource: boolean;
  /** Policy, audit, credentials or the agents themselves. */
  readonly touchesGuardrails: boolean;
}

/** A vector from somewhere, where nothing is certain. */
export type RawVector = { readonly [factor in keyof RiskVector]?: unknown };

export const BLAST_MAX = 1_000_000;
const WORST = { criticality: 4, inFlight: 3, burnX10: 144, actions: 1_000 } as const;
const FAILURES_WORST = 99;

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const countOr = (value: unknown, worst: number): number => (isCount(value) ? value : worst);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** The value itself where it is one of `values`, else the last of them, which is the worst. */
const oneOf = <T extends string>(values: readonly [T, ...T[]], value: unknown): T =>
  values.find((one) => one === value) ?? values.at(-1) ?? values[0];

/**
 * Missing, unheard of, fractional or negative is the worst value of its factor (I13). Only a plain `true` is a canary or
 * a restoration, only a plain `false` says that nothing protected is touched.
 */
export function normalise(raw: unknown): RiskVector {
  const given: RawVector = isObject(raw) ? raw : {};
  const history = isObject(given.history) ? given.history : {};
  const direction = oneOf(DIRECTIONS, given.direction);
  return {
    blastPpm: countOr(given.blastPpm, BLAST_MAX),
    criticality: countOr(given.criticality, WORST.criticality),
    reversal: oneOf(REVERSALS, given.reversal),
    direction,
    history: {
      recentFailures: countOr(history["recentFailures"], FAILURES_WORST),
      successes: countOr(history["successes"], 0),
    },
    provenance: oneOf(PROVENANCES, given.provenance),
    // Protection is not put off by the clock.
    timing: direction === "tighten" ? "window" : oneOf(TIMINGS, given.timing),
    inFlight: countOr(given.inFlight, WORST.inFlight),
    burnX10: countOr(given.burnX10, WORST.burnX10),
    canary: given.canary === true,
    restores: given.restores === true,
    actions: countOr(given.actions, WORST.actions),
    protectedResource: given.protectedResource !== false,
    touchesGuardrails: given.touchesGuardrails !== false,
  };
}

const worseOf = <T extends string>(values: readonly T[], a: T, b: T): T =>
  values.indexOf(a) > values.indexOf(b) ? a : b;

/** The worse of the two, factor by factor. */
export const worst = (a: RiskVector, b: RiskVector): RiskVector => ({
  blastPpm: Math.max(a.blastPpm, b.blastPpm),
  criticality: Math.max(a.criticality, b.criticality),
  reversal: worseOf(REVERSALS, a.reversal, b.reversal),
  direction: worseOf(DIRECTIONS, a.direction, b.direction),
  history: {
    recentFailures: Math.max(a.history.recentFailures, b.history.recentFailures),
    successes: Math.min(a.history.successes, b.history.successes),
  },
  provenance: worseOf(PROVENANCES, a.provenance, b.provenance),
  timing: worseOf(TIMINGS, a.timing, b.timing),
  inFlight: Math.max(a.inFlight, b.inFlight),
  burnX10: Math.max(a.burnX10, b.burnX10),
  canary: a.canary && b.canary,
  restores: a.restores && b.restores,
  actions: Math.max(a.actions, b.actions),
  protectedResource: a.protectedResource || b.protectedResource,
  touchesGuardrails: a.touchesGuardrails || b.touchesGuardrails,
});
