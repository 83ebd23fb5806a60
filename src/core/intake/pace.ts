/**
 * How often hints are looked at. One that is new in kind is looked at at once, more of the same once a second: a flood of
 * messages is then a look a second, however many they are (I7, I12). Pure.
 */
import type { Hint } from "./hint.ts";

export interface Pace {
  readonly sinceMs: number;
  /** Sorts that were looked at since. */
  readonly sorts: ReadonlySet<string>;
  readonly looks: number;
}

export const PERIOD_MS = 1_000;
/** Sorts can be invented (vulnerabilities have numbers): so many looks in a period are at once. */
const LOOKS_MAX = 10;

/** What hints are alike in: a second one of a sort says nothing that the first does not. */
export const sortOf = ({ source, topic, event, cves }: Hint): string =>
  `${source} ${topic} ${event} ${cves.join()}`;

/** When hints may be looked at (epoch ms); null: now. */
export function dueAtMs(pace: Pace | null, hints: readonly Hint[], nowMs: number): number | null {
  if (pace === null || !isWithin(pace, nowMs)) return null;
  const isSame = hints.every((hint) => pace.sorts.has(sortOf(hint)));
  return isSame || pace.looks >= LOOKS_MAX ? pace.sinceMs + PERIOD_MS : null;
}

export function afterLook(pace: Pace | null, hints: readonly Hint[], nowMs: number): Pace {
  const sorts = hints.map(sortOf);
  return pace !== null && isWithin(pace, nowMs)
    ? { ...pace, sorts: new Set([...pace.sorts, ...sorts]), looks: pace.looks + 1 }
    : { sinceMs: nowMs, sorts: new Set(sorts), looks: 1 };
}

/** A clock that was set back does not hold anything up. */
const isWithin = ({ sinceMs }: Pace, nowMs: number): boolean =>
  nowMs >= sinceMs && nowMs < sinceMs + PERIOD_MS;
