/**
 * The API budget of one token: 1,200 calls in any 5 minutes where Cloudflare names no other quota, and whoever exceeds it
 * is shut out for 5 more. So it is never exceeded: what is granted is counted before it is spent, in a window that slides,
 * and the urgent keeps a reserve that the rest cannot touch. Pure: the clock is passed in.
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
  /** Calls that Cloudflare said remain of a window of `of`, less what was granted since; counts until `until` (epoch ms). */
  readonly told: {
    readonly remaining: number;
    readonly of: number;
    readonly until: number;
  } | null;
  /** The quota of five minutes that Cloudflare named last; null: the documented one. */
  readonly quota: number | null;
}

export const UNUSED: Budget = { granted: [], blockedUntil: 0, told: null, quota: null };

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
  const waitMs = waitFor(current, { urgency, calls }, nowMs);
  if (waitMs > 0) return { budget: current, grant: { granted: false, waitMs } };
  const { told } = current;
  const granted = add(current.granted, calls, nowMs);
  const left = told && { ...told, remaining: told.remaining - calls };
  return { budget: { ...current, granted, told: left }, grant: { granted: true } };
}

/**
 * By our own count, and by Cloudflare's where that leaves less: somebody else may use the same token. Never by Cloudflare's
 * where it leaves more: its windows begin anew at once, and a full one beside what we just spent is twice the quota. Of
 * either window the same share is kept for the more urgent.
 */
function waitFor({ granted, told, quota }: Budget, { urgency, calls }: Ask, nowMs: number): number {
  const used = granted.reduce((sum, [, count]) => sum + count, 0);
  const missing = used + calls - Math.floor((quota ?? QUOTA) * SHARE[urgency]);
  const ours = missing > 0 ? whenRoom(granted, missing, nowMs) : 0;
  if (!told) return ours;
  const reserve = told.of - Math.floor(told.of * SHARE[urgency]);
  const theirs = calls > told.remaining - reserve ? told.until - nowMs : 0;
  return Math.max(ours, theirs);
}

/** A slice leaves the window as a whole, after its last moment has: on the safe side of the quota. */
const forget = (budget: Budget, nowMs: number): Budget => ({
  ...budget,
  granted: budget.granted.filter(([start]) => start + SLICE_MS + WINDOW_MS > nowMs),
  told: budget.told && budget.told.until > nowMs ? budget.told : null,
});

/** What Cloudflare says of itself in an answer, where it says something. */
export interface Told {
  /** `Retry-After` of a 429, in ms. */
  readonly retryAfterMs: number | null;
  /** `Ratelimit`: calls that remain, and for how long. */
  readonly remaining: number | null;
  readonly resetMs: number | null;
  /** `Ratelimit-Policy`: so many calls in so long a window. */
  readonly policy: { readonly quota: number; readonly windowMs: number } | null;
}

/** Below this nothing is left for whoever else may use the same token. */
const REMAINING_MIN = 20;

export function tell(budget: Budget, said: Told, nowMs: number): Budget {
  const { retryAfterMs, remaining, resetMs, policy } = said;
  const scarceMs = remaining !== null && remaining < REMAINING_MIN ? (resetMs ?? 0) : 0;
  const blockMs = Math.min(Math.max(retryAfterMs ?? 0, scarceMs), WINDOW_MS);
  // A policy of a shorter window is one more limit beside that of five minutes; `told` follows it.
  const isWhole = policy !== null && policy.windowMs >= WINDOW_MS;
  return {
    ...budget,
    quota: isWhole ? Math.floor((policy.quota * WINDOW_MS) / policy.windowMs) : budget.quota,
    blockedUntil:
      blockMs > 0 ? Math.max(budget.blockedUntil, nowMs + blockMs) : budget.blockedUntil,
    told: toldOf(budget.told, said, nowMs),
  };
}

/** Answers overtake each other: while one counts, another can lower what remains and bring its end nearer, no more. */
function toldOf(before: Budget["told"], said: Told, nowMs: number): Budget["told"] {
  const { remaining, resetMs, policy } = said;
  if (remaining === null || resetMs === null) return before;
  const now = {
    remaining,
    of: policy?.quota ?? QUOTA,
    until: nowMs + Math.min(resetMs, WINDOW_MS),
  };
  if (!before || before.until <= nowMs) return now;
  return {
    ...before,
    remaining: Math.min(before.remaining, now.remaining),
    until: Math.min(before.until, now.until),
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
