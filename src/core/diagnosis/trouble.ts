/** When the requests of a scope were not what they usually are. What is normal is asked of all other time. Pure. */
import type { Diagnosis, Facts } from "./facts.ts";

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether it goes on, as far as the last look could see. */
  readonly isOpen: boolean;
}

/** Causes that are told by what the requests of a time are like. Certificates and single attempts leave the rest as it is. */
const OF_REQUESTS: ReadonlySet<string> = new Set([
  "l7_flood",
  "credential_stuffing",
  "scanner",
  "origin_errors",
  "bad_deploy",
]);

/** More come and go only where nobody can say what is normal (I12). */
const SPANS_MAX = 40;

/** `surgeFromMs`: when it began, if the last minute is not the first one of it. */
export function troubledAfter(
  spans: readonly Span[],
  cause: Diagnosis["cause"],
  { recent, surgeFromMs }: Pick<Facts, "recent" | "surgeFromMs">,
): readonly Span[] {
  if (recent.length === 0) return spans;
  const times = recent.map(({ atMs }) => atMs);
  const [fromMs, toMs] = [surgeFromMs ?? Math.min(...times), Math.max(...times)];
  const last = spans.at(-1);
  const before = spans.slice(0, -1);
  if (!OF_REQUESTS.has(cause)) {
    // A look at what was looked at before closes nothing.
    return last?.isOpen && toMs > last.toMs ? [...before, { ...last, isOpen: false }] : spans;
  }
  // Between two looks that found it there was no peace, however long a delivery took.
  if (last?.isOpen) return [...before, { ...last, toMs: Math.max(last.toMs, toMs) }];
  return [...spans, { fromMs, toMs, isOpen: true }].slice(-SPANS_MAX);
}

export const isTroubled = (spans: readonly Span[], atMs: number): boolean =>
  spans.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs);

/** How much of the time between two instants was troubled. */
export const troubledMs = (
  spans: readonly Span[],
  { fromMs, toMs }: Pick<Span, "fromMs" | "toMs">,
): number =>
  spans.reduce(
    (sum, span) => sum + Math.max(0, Math.min(toMs, span.toMs) - Math.max(fromMs, span.fromMs)),
    0,
  );
