/**
 * The API budget of one token: 1,200 calls in any 5 minutes, and whoever exceeds it is shut out for 5 more. So it is
 * never exceeded: what is granted is counted before it is spent, in a window that slides, and the urgent keeps a reserve
 * that the rest cannot touch. Pure: the clock is passed in.
 */

/** Most urgent first. A heal may use what a sweep may not. */
export type Urgency = "heal" | "look" | "feed" | "sweep";

export const QUOTA = 1_200;
export const WINDOW_MS = 300_000;

/** What a whole look at a scope costs at the most, settings aside: bought in one piece when it is a sweep. */
export const SWEEP_CALLS = 8;

/** The share of the quota up to which each may fill the window. What is above is the reserve of the more urgent. */
const SHARE: Readonly<Record<Urgency, number>> = { heal: 0.95, look: 0.8, feed: 0.7, sweep: 0.5 };

/** Grants are counted in slices, so that the state stays small whatever is asked (I12). */
const SLICE_MS = 5_000;

export interface Budget {
  /** Calls granted by slice: [start of the slice in epoch ms, calls]. Oldest first, within one window. */
  readonly granted: readonly (readonly [number, number])[];
  /** Cloudflare asked to be left alone until then (epoch ms); 0: it did not. */
  readonly blockedUntil: number;
  /** Calls that Cloudflare said remain, less what was granted since; it counts until `until` (epoch ms). */
  readonly told: { readonly remaining: number; readonly until: number } | null;
}

export const UNUSED: Budget = { granted: [], blockedUntil: 0, told: null };

export type Grant =
  | { readonly granted: true }
  /** Ask again after so many ms: then some of the window has passed. */
  | { readonly granted: false; readonly waitMs: number };

export interface Ask {
  readonly urgency: Urgency;
  readonly calls: number;
}

export function ask(
  budget: Budget,
  { urgency, calls }: Ask,
  nowMs: number,
): { budget: Budget; grant: Grant } {
  const current = forget(budget, nowMs);
  if (nowMs < current.blockedUntil)
    return { budget: current, grant: { granted: false, waitMs: current.blockedUntil - nowMs } };
  const room = roomFor(current, urgency);
  if (calls > room) {
    const waitMs = whenRoom(current.granted, calls - room, nowMs);
    return { budget: current, grant: { granted: false, waitMs } };
  }
  const { told } = current;
  const granted = add(current.granted, calls, nowMs);
  const left = told && { ...told, remaining: told.remaining - calls };
  return { budget: { ...current, granted, told: left }, grant: { granted: true } };
}

/**
 * By our own count, or by Cloudflare's where that leaves more: it knows its limit for this account, we only know the one
 * that is documented.
 */
function roomFor({ granted, told }: Budget, urgency: Urgency): number {
  const used = granted.reduce((sum, [, count]) => sum + count, 0);
  const ours = Math.floor(QUOTA * SHARE[urgency]) - used;
  return told ? Math.max(ours, Math.floor(told.remaining * SHARE[urgency])) : ours;
}

/** A slice leaves the window as a whole, after its last moment has: on the safe side of the quota. */
const forget = ({ granted, blockedUntil, told }: Budget, nowMs: number): Budget => ({
  granted: granted.filter(([start]) => start + SLICE_MS + WINDOW_MS > nowMs),
  blockedUntil,
  told: told && told.until > nowMs ? told : null,
});

/** What Cloudflare says of itself in an answer, where it says something. */
export interface Told {
  /** `Retry-After` of a 429, in ms. */
  readonly retryAfterMs: number | null;
  /** `Ratelimit`: calls that remain, and for how long. */
  readonly remaining: number | null;
  readonly resetMs: number | null;
}

/** Below this nothing is left for whoever else may use the same token. */
const REMAINING_MIN = 20;

export function tell(
  budget: Budget,
  { retryAfterMs, remaining, resetMs }: Told,
  nowMs: number,
): Budget {
  const scarceMs = remaining !== null && remaining < REMAINING_MIN ? (resetMs ?? 0) : 0;
  const blockMs = Math.min(Math.max(retryAfterMs ?? 0, scarceMs), WINDOW_MS);
  return {
    ...budget,
    blockedUntil:
      blockMs > 0 ? Math.max(budget.blockedUntil, nowMs + blockMs) : budget.blockedUntil,
    told:
      remaining === null || resetMs === null
        ? budget.told
        : { remaining, until: nowMs + Math.min(resetMs, WINDOW_MS) },
  };
}

function add(granted: Budget["granted"], calls: number, nowMs: number): Budget["granted"] {
  const slice = Math.floor(nowMs / SLICE_MS) * SLICE_MS;
  const last = granted.at(-1);
  return last?.[0] === slice
    ? [...granted.slice(0, -1), [slice, last[1] + calls]]
    : [...granted, [slice, calls]];
}

function whenRoom(granted: Budget["granted"], missing: number, nowMs: number): number {
  let freed = 0;
  for (const [start, count] of granted) {
    freed += count;
    if (freed >= missing) return start + SLICE_MS + WINDOW_MS - nowMs;
  }
  // More than the window ever holds: never at once. Whoever asks for so much has to ask for less.
  return WINDOW_MS;
}

/**
 * How often every scope is swept, so that all sweeps together take half of their share: never more often than `atLeastMs`,
 * and the more scopes the more rarely.
 */
export function sweepEveryMs(scopes: number, atLeastMs: number): number {
  const perWindow = Math.floor((QUOTA * SHARE.sweep) / 2 / SWEEP_CALLS);
  return Math.max(atLeastMs, Math.ceil(scopes / perWindow) * WINDOW_MS);
}
