/**
 * Requests of logs that come in pieces, counted by interval. An interval is closed when the log is well past it: the last
 * pieces of it have come by then, and what comes later still is left out.
 */
import type { SeenRequest } from "./seen-request.ts";
import type { TrafficCounts } from "../detection/watch.ts";

/** Long enough for counts that say something, short enough to say it soon. */
export const INTERVAL_MS = 5 * 60_000;
/** Logpush delivers within five minutes. */
const LATE_MS = 5 * 60_000;
/** Intervals that are open at once; a log does not tell of more (I12). */
const OPEN_MAX = 6;
/** Different rules and networks of one interval. */
const NAMES_MAX = 500;

export interface Counted {
  readonly open: readonly TrafficCounts[];
  /** Up to here everything was judged. */
  readonly closedMs: number;
}

export const nothingCounted = (): Counted => ({ open: [], closedMs: 0 });

/** The counts with these requests in them, and the intervals that are over, oldest first. */
export function countedWith(
  counted: Counted,
  requests: readonly SeenRequest[],
  nowMs: number,
): { readonly counted: Counted; readonly over: readonly TrafficCounts[] } {
  const byStart = new Map(counted.open.map((one) => [one.atMs, one]));
  for (const seen of requests) {
    const start = Math.floor(seen.atMs / INTERVAL_MS) * INTERVAL_MS;
    const isUsable = start > counted.closedMs && seen.atMs <= nowMs + INTERVAL_MS;
    if (isUsable) byStart.set(start, withRequest(byStart.get(start) ?? emptyAt(start), seen));
  }
  const all = [...byStart.values()].toSorted((a, b) => a.atMs - b.atMs);
  const over = all.filter(
    ({ atMs }, index) => atMs + INTERVAL_MS + LATE_MS <= nowMs || index < all.length - OPEN_MAX,
  );
  const closedMs = over.at(-1)?.atMs ?? counted.closedMs;
  return { counted: { open: all.slice(over.length), closedMs }, over };
}

const emptyAt = (atMs: number): TrafficCounts => ({
  atMs,
  requests: 0,
  errors: 0,
  matches: {},
  asns: {},
});

function withRequest(
  counts: TrafficCounts,
  { status, ref, request, weight }: SeenRequest,
): TrafficCounts {
  const isError = status >= 500;
  return {
    atMs: counts.atMs,
    requests: counts.requests + weight,
    errors: (counts.errors ?? 0) + (isError ? weight : 0),
    matches: ref === "" ? counts.matches : added(counts.matches ?? {}, ref, weight),
    asns:
      request.asn === undefined ? counts.asns : added(counts.asns ?? {}, `${request.asn}`, weight),
  };
}

function added(
  counts: Readonly<Record<string, number>>,
  name: string,
  weight: number,
): Readonly<Record<string, number>> {
  const before = counts[name];
  if (before === undefined && Object.keys(counts).length >= NAMES_MAX) return counts;
  return { ...counts, [name]: (before ?? 0) + weight };
}
