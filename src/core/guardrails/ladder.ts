/** The ladder: log → challenge → block. Each step is justified by what was measured since the last one. Pure. */
import { type Guardrail, isHarder, rungFrom } from "./guardrail.ts";
import { TEMPLATES } from "./registry.ts";
import type { Mode } from "./template.ts";

export interface Effect {
  /** Requests that the guardrail is about and that still got through, of all that it is about. */
  readonly passedShare: number;
  /** How many of those were counted. */
  readonly counted: number;
  /** Share of normal requests that it hits, at worst; null: not known. */
  readonly collateral: number | null;
  /** How long it has stood on this rung. */
  readonly sinceMs: number;
}

/** A rung has to be given the time to work, and enough requests to be judged by. */
const SINCE_MIN_MS = 30_000;
const COUNTED_MIN = 50;
const COUNTED_PRECISE_MIN = 2;
const PASSED_MAX = 0.2;
const COLLATERAL_MAX = 0.001;

export interface Step {
  readonly mode: Mode;
  readonly why: string;
}

const countedMin = ({ template }: Guardrail): number =>
  TEMPLATES.get(template)?.isPrecise ? COUNTED_PRECISE_MIN : COUNTED_MIN;

/** Whether it came down before. Then only a person sends it up again: what goes up and down is not understood. */
const cameDown = ({ rungs }: Guardrail): boolean =>
  rungs.some(({ mode }, index) => {
    const before = rungs[index - 1];
    return before !== undefined && isHarder(before.mode, mode);
  });

/** The next rung, or null: it stays where it is. Down comes first: who hits the wrong ones stops, whatever gets through. */
export function nextRung(guardrail: Guardrail, effect: Effect): Step | null {
  const { passedShare, counted, collateral, sinceMs } = effect;
  const down = rungFrom(guardrail, "down");
  if (down !== null && collateral !== null && collateral > COLLATERAL_MAX)
    return { mode: down, why: `it hits ${(collateral * 100).toFixed(2)} % of normal requests` };
  const up = rungFrom(guardrail, "up");
  if (
    up === null ||
    cameDown(guardrail) ||
    sinceMs < SINCE_MIN_MS ||
    counted < countedMin(guardrail)
  )
    return null;
  // Who hits the wrong ones, or nobody knows whom, does not do so harder.
  if (collateral === null || collateral > COLLATERAL_MAX) return null;
  return passedShare > PASSED_MAX
    ? { mode: up, why: `${Math.round(passedShare * 100)} % of it still gets through` }
    : null;
}
