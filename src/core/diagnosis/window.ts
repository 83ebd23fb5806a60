/** From recorded batches to what is recent and what is normal. Pure. */
import { weightOf } from "../traffic/sample.ts";
import type { SeenRequest } from "../traffic/seen-request.ts";
import type { Facts } from "./facts.ts";
import { isTroubled, type Span, troubledMs } from "./trouble.ts";

const RECENT_MS = 60_000;
/** A log that is older than this says nothing about now; Logpush takes up to five minutes. */
const OLD_MS = 10 * 60_000;
/** A burst of a second is not sixty seconds of it. */
const SPAN_MIN_MS = 10_000;

export function windowOf(
  requests: readonly SeenRequest[],
  nowMs: number,
  troubled: readonly Span[] = [],
): Pick<Facts, "recent" | "recentPerSecond" | "normal" | "normalPerSecond"> {
  // From a clock that goes ahead: it would push everything else out of the window.
  const known = requests.filter(({ atMs }) => atMs <= nowMs + RECENT_MS);
  const latestMs = latestOf(known);
  const from = latestMs - RECENT_MS;
  const isOld = nowMs - latestMs > OLD_MS;
  const recent = isOld ? [] : known.filter(({ atMs }) => atMs > from);
  const normal = known.filter(({ atMs }) => (isOld || atMs <= from) && !isTroubled(troubled, atMs));
  return {
    recent,
    recentPerSecond: (weightOf(recent) * 1_000) / spanOf(recent, []),
    normal,
    normalPerSecond:
      normal.length === 0 ? null : (weightOf(normal) * 1_000) / spanOf(normal, troubled),
  };
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
