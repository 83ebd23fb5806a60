/**
 * What the next value should be. Several simple predictors run side by side (the last level, a slow one, the same time of
 * day, the same time of the week, and both of these moved by how today differs); the one that was least wrong lately
 * speaks. So a series without seasons is not forced into one, and one with seasons is not alarmed by every morning.
 */

import { type Envelope, isAsBefore, newEnvelope, withSeen } from "./envelope.ts";

export interface Prediction {
  readonly fast: number;
  readonly slow: number;
  /** By time of day and by time of the week: value, and how often it was seen. */
  readonly day: Profile;
  readonly week: Profile;
  /** Mean absolute error of each predictor; null: it has not spoken often enough. */
  readonly errors: readonly (number | null)[];
  readonly spoken: readonly number[];
  /** How the last value differed from each profile. */
  readonly offsets: readonly [day: number | null, week: number | null];
  /** Yesterday and a week ago, as they were. */
  readonly lastDay: Envelope;
  readonly lastWeek: Envelope;
}

export interface Profile {
  readonly values: readonly (number | null)[];
  readonly seen: readonly number[];
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** Bounds of memory: five minutes of a day, half hours of a week. */
const DAY_BINS_MAX = 288;
const WEEK_BINS_MAX = 336;

const FAST = 0.5;
const SLOW = 0.06;
const DAY_RATE = 0.25;
const WEEK_RATE = 0.4;
/** How much of today's difference from the profile is expected to last. */
const CARRY = 0.8;
const ERROR_RATE = 0.02;
/** A predictor is believed after it has spoken so often. */
const SPOKEN_MIN = 24;
const COUNT = 6;

export interface Grid {
  readonly dayBins: number;
  readonly weekBins: number;
}

export const gridFor = (intervalMs: number): Grid => ({
  dayBins: Math.max(1, Math.min(DAY_BINS_MAX, Math.round(DAY_MS / intervalMs))),
  weekBins: Math.max(1, Math.min(WEEK_BINS_MAX, Math.round(WEEK_MS / intervalMs))),
});

const emptyProfile = (bins: number): Profile => ({
  values: Array<null>(bins).fill(null),
  seen: Array<number>(bins).fill(0),
});

export const newPrediction = (grid: Grid, first: number): Prediction => ({
  fast: first,
  slow: first,
  day: emptyProfile(grid.dayBins),
  week: emptyProfile(grid.weekBins),
  errors: Array<null>(COUNT).fill(null),
  spoken: Array<number>(COUNT).fill(0),
  offsets: [null, null],
  lastDay: newEnvelope(grid.dayBins),
  lastWeek: newEnvelope(grid.weekBins),
});

const binAt = (atMs: number, bins: number, periodMs: number): number =>
  Math.floor((((atMs % periodMs) + periodMs) % periodMs) / (periodMs / bins)) % bins;

const dayBin = (state: Prediction, atMs: number): number =>
  binAt(atMs, state.day.values.length, DAY_MS);
const weekBin = (state: Prediction, atMs: number): number =>
  binAt(atMs, state.week.values.length, WEEK_MS);

/** What each predictor says; null: nothing. */
function opinions(state: Prediction, atMs: number): readonly (number | null)[] {
  const day = state.day.values[dayBin(state, atMs)] ?? null;
  const week = state.week.values[weekBin(state, atMs)] ?? null;
  const [dayOffset, weekOffset] = state.offsets;
  return [
    state.fast,
    state.slow,
    day,
    week,
    day === null || dayOffset === null ? null : day + CARRY * dayOffset,
    week === null || weekOffset === null ? null : week + CARRY * weekOffset,
  ];
}

/** The word of the predictor that was least wrong. */
export function predicted(state: Prediction, atMs: number): number {
  const said = opinions(state, atMs);
  let [best, least] = [state.fast, Number.POSITIVE_INFINITY];
  for (const [index, opinion] of said.entries()) {
    const error = state.errors[index] ?? null;
    if (opinion === null || error === null || (state.spoken[index] ?? 0) < SPOKEN_MIN) continue;
    if (error < least) [best, least] = [opinion, error];
  }
  return best;
}

/** Whether the series was there at this time yesterday, or a week ago. */
export const isSeason = (
  state: Prediction,
  { atMs, value }: { atMs: number; value: number },
): boolean =>
  isAsBefore(state.lastDay, dayBin(state, atMs), value) ||
  isAsBefore(state.lastWeek, weekBin(state, atMs), value);

/**
 * The state after a value. `tamed`: the value without what was out of the ordinary in it, for what should not learn from
 * an anomaly; `clip`: errors count up to this.
 */
export function withValue(
  state: Prediction,
  { atMs, value, tamed, clip }: { atMs: number; value: number; tamed: number; clip: number },
): Prediction {
  const said = opinions(state, atMs);
  const errors = said.map((opinion, index) => {
    const before = state.errors[index] ?? null;
    if (opinion === null) return before;
    const error = Math.min(Math.abs(value - opinion), clip);
    if (before === null) return error;
    const rate = Math.max(ERROR_RATE, 1 / ((state.spoken[index] ?? 0) + 1));
    return before + rate * (error - before);
  });
  const spoken = said.map(
    (opinion, index) => (state.spoken[index] ?? 0) + (opinion === null ? 0 : 1),
  );
  const [day, week] = [
    state.day.values[dayBin(state, atMs)] ?? null,
    state.week.values[weekBin(state, atMs)] ?? null,
  ];
  return {
    fast: state.fast + FAST * (value - state.fast),
    slow: state.slow + SLOW * (tamed - state.slow),
    day: learned(state.day, dayBin(state, atMs), { value: tamed, rate: DAY_RATE }),
    week: learned(state.week, weekBin(state, atMs), { value: tamed, rate: WEEK_RATE }),
    errors,
    spoken,
    offsets: [day === null ? null : value - day, week === null ? null : value - week],
    lastDay: withSeen(state.lastDay, dayBin(state, atMs), value),
    lastWeek: withSeen(state.lastWeek, weekBin(state, atMs), value),
  };
}

function learned(
  profile: Profile,
  bin: number,
  { value, rate }: { value: number; rate: number },
): Profile {
  const before = profile.values[bin] ?? null;
  const seen = (profile.seen[bin] ?? 0) + 1;
  const next = before === null ? value : before + Math.max(rate, 1 / seen) * (value - before);
  return { values: profile.values.with(bin, next), seen: profile.seen.with(bin, seen) };
}
