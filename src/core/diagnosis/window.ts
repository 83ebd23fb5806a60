/** From recorded batches to what is recent and what is normal. Pure. */
import { weightOf } from "../traffic/sample.ts";
import type { SeenRequest } from "../traffic/seen-request.ts";
import { type Facts, SURGE_MIN } from "./facts.ts";
import { isTroubled, type Span, troubledMs } from "./trouble.ts";

const RECENT_MS = 60_000;
/** A log that is older than this says nothing about now; Logpush takes up to five minutes. */
const OLD_MS = 10 * 60_000;
/** A burst of a second is not sixty seconds of it. */
const SPAN_MIN_MS = 10_000;

export function windowOf(
  requests: readonly SeenRequest[],
  nowMs: number,
  looked: readonly Span[] = [],
): Pick<Facts, "recent" | "recentPerSecond" | "surgeFromMs" | "normal" | "normalPerSecond"> {
  // From a clock that goes ahead: it would push everything else out of the window.
  const known = requests.filter(({ atMs }) => atMs <= nowMs + RECENT_MS);
  const latestMs = latestOf(known);
  const from = latestMs - RECENT_MS;
  const isOld = nowMs - latestMs > OLD_MS;
  const surge = isOld ? null : runUp(known, latestMs, looked.at(-1)?.toMs);
  const troubled = surge ? [...looked, surge] : looked;
  const recent = isOld ? [] : known.filter(({ atMs }) => atMs > from);
  const normal = known.filter(({ atMs }) => (isOld || atMs <= from) && !isTroubled(troubled, atMs));
  return {
    recent,
    recentPerSecond: (weightOf(recent) * 1_000) / spanOf(recent, []),
    surgeFromMs: surge?.fromMs ?? null,
    normal,
    normalPerSecond:
      normal.length === 0 ? null : (weightOf(normal) * 1_000) / spanOf(normal, troubled),
  };
}

/** Minutes that are counted: an hour, as long as batches are kept (I12). */
const HISTORY_MAX = 60;
/** A delivery brings five minutes at the most; what is older was looked at when it came. */
const RUN_UP_MAX = 5;
/** Up to so many times the usual a minute is an ordinary one. */
const ORDINARY_MAX = 2;

/** The minutes before the last one that a surge had begun in already: they came with it, and nobody has looked at them yet. */
function runUp(known: readonly SeenRequest[], latestMs: number, lookedToMs = 0): Span | null {
  const counts: number[] = [];
  for (const { atMs, weight } of known) {
    const ago = Math.floor((latestMs - atMs) / RECENT_MS);
    if (ago < HISTORY_MAX) counts[ago] = (counts[ago] ?? 0) + weight;
  }
  const minutes = Array.from(counts, (count) => count ?? 0);
  const [last = 0, ...before] = minutes;
  const usual = before.toSorted((a, b) => a - b)[Math.floor(before.length / 2)] ?? 0;
  if (last < SURGE_MIN * usual) return null;
  const quiet = before.findIndex((count) => count <= ORDINARY_MAX * usual);
  if (quiet < 1 || quiet > RUN_UP_MAX) return null;
  const fromMs = Math.max(latestMs - (quiet + 1) * RECENT_MS, lookedToMs) + 1;
  return fromMs < latestMs ? { fromMs, toMs: latestMs, isOpen: true } : null;
}

/** Epoch ms; 0: of none. */
const latestOf = (requests: readonly SeenRequest[]): number =>
  requests.reduce((latest, { atMs }) => Math.max(latest, atMs), 0);

function spanOf(requests: readonly SeenRequest[], troubled: readonly Span[]): number {
  const times = requests.map(({ atMs }) => atMs);
  const [first, last] = times.reduce(
    ([low, high], one) => [Math.min(low, one), Math.max(high, one)],
    [Infinity, 0],
  );
  const without = troubledMs(troubled, { fromMs: first, toMs: last });
  return Math.max(SPAN_MIN_MS, last - first - without);
}
