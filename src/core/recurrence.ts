/**
 * The loop detector (I14). Differences that come straight back after a verified write are not drift but a
 * normalisation mistake or another controller. Writing again would never end, so they are held and reported.
 */
import { changeDigest, subjectOf } from "./diff.ts";
import type { Digest } from "./ids.ts";
import type { Change } from "./resource.ts";

/** A verified write, remembered. */
export interface Heal {
  readonly change: Digest;
  /** `kind identity`. */
  readonly subject: string;
  readonly atMs: number;
}

/** "Straight back" means within this window of the last verified write. It slides: one success clears nothing (B3, B4). */
export const WINDOW_MS = 10 * 60_000;
/** The same diff is written twice; the third time it is held. */
const SAME_DIFF_MAX = 2;
/** However the values differ, one resource is not written more often than this in one window (I12). */
const SAME_SUBJECT_MAX = 60;

export interface Judged {
  readonly allowed: readonly Change[];
  readonly quarantined: readonly Change[];
}

export function judge(changes: readonly Change[], heals: readonly Heal[], nowMs: number): Judged {
  const recent = heals.filter(({ atMs }) => nowMs - atMs < WINDOW_MS);
  const byDiff = Map.groupBy(recent, ({ change }) => change);
  const bySubject = Map.groupBy(recent, ({ subject }) => subject);
  const looping = (change: Change): boolean =>
    (byDiff.get(changeDigest(change))?.length ?? 0) >= SAME_DIFF_MAX ||
    (bySubject.get(subjectKey(change))?.length ?? 0) >= SAME_SUBJECT_MAX;
  return {
    allowed: changes.filter((change) => !looping(change)),
    quarantined: changes.filter(looping),
  };
}

export const subjectKey = (change: Change): string =>
  `${subjectOf(change).kind} ${subjectOf(change).identity}`;

export const healOf = (change: Change, atMs: number): Heal => ({
  change: changeDigest(change),
  subject: subjectKey(change),
  atMs,
});

/** A change that is deliberately left out of a plan: which one (of twins only one may be), and what it is about. */
export interface LeftOut {
  readonly change: Digest;
  readonly subject: string;
}

export const leftOut = (change: Change): LeftOut => ({
  change: changeDigest(change),
  subject: subjectKey(change),
});
