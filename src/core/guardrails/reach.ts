/** How far guardrails may reach: a mistake in a rule or in its reason must not become an outage of every zone. Pure. */
import type { ScopeId } from "../ids.ts";
import { err, ok, type Result } from "../result.ts";

const WINDOW_MS = 60 * 60_000;
/** Zones an hour, unless the operator says otherwise. */
const ZONES_DEFAULT = 20;
/** An account of that many zones is declared in a golden state, not guarded one by one (I12). */
const ZONES_CEILING = 1_000;

export interface TooFar {
  readonly max: number;
  readonly retryAfterMs: number;
}

/** The setting GUARDRAIL_ZONES_PER_HOUR; what is no number of zones counts as not said. */
export function zonesMax(setting: string | undefined): number {
  const said = /^\d{1,4}$/.test(setting ?? "") ? Number(setting) : ZONES_DEFAULT;
  return Math.min(said, ZONES_CEILING);
}

/** `reached`: when each scope last got a guardrail. One that got one within the hour may have another. */
export function admit(
  reached: ReadonlyMap<ScopeId, number>,
  scope: ScopeId,
  { nowMs, max }: { readonly nowMs: number; readonly max: number },
): Result<{ readonly forgotten: readonly ScopeId[] }, TooFar> {
  // A time ahead of now comes from a clock that was set back; it counts, so the limit errs on the careful side.
  const recent = [...reached].filter(([, atMs]) => nowMs - atMs < WINDOW_MS);
  const forgotten = [...reached.keys()].filter((one) => !recent.some(([kept]) => kept === one));
  if (recent.some(([one]) => one === scope) || recent.length < max) return ok({ forgotten });
  const oldestMs = Math.min(...recent.map(([, atMs]) => atMs));
  return err({ max, retryAfterMs: Math.max(1_000, oldestMs + WINDOW_MS - nowMs) });
}
