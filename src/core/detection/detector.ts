/**
 * Finds what is out of the ordinary in one series, point by point, without looking back and without an alert from
 * elsewhere. Deterministic, of bounded memory, the same work for every point; its state is plain JSON.
 *
 * A point is judged by how far it is from its prediction, measured in the usual error of that hour, and by how far the
 * last few were off in the same direction. For both the bound follows from the tail of the series' own residuals, so
 * that a wanted share of ordinary points (`falseAlarmRate`) is beyond it.
 */
import {
  gridFor,
  isSeason,
  newPrediction,
  predicted,
  type Prediction,
  withValue,
} from "./prediction.ts";
import { boundAt, newTail, rarityOf, type Tail, withResidual } from "./tail.ts";

export interface Point {
  readonly atMs: number;
  readonly value: number;
}

export interface Settings {
  /** Share of ordinary points that may raise an alarm. */
  readonly falseAlarmRate: number;
}

/** One in ten thousand: of a value a minute, about one a week. */
export const DEFAULTS: Settings = { falseAlarmRate: 1e-4 };

export interface Judgement {
  /** 0: ordinary, 1: unheard of. A tenth for each power of ten of rarity. */
  readonly score: number;
  readonly isAnomaly: boolean;
  /** The first of a row of anomalies: what somebody should be told. */
  readonly isAlert: boolean;
  readonly expected: number;
  /** Values inside were ordinary. */
  readonly low: number;
  readonly high: number;
  /** `spike`: this value; `drift`: the last ones together; null: ordinary, or not judged yet. */
  readonly kind: "spike" | "drift" | null;
}

export interface Detector {
  /** Points before the interval between them is known. */
  readonly first: readonly Point[];
  readonly model: Model | null;
}

interface Model {
  readonly lastAtMs: number;
  readonly intervalMs: number;
  readonly points: number;
  readonly prediction: Prediction;
  /** Usual errors: of all, and by the hour of the day. */
  readonly error: number;
  readonly hours: readonly number[];
  readonly hourPoints: readonly number[];
  /** Usual distance from the slow level. */
  readonly spread: number;
  readonly isWhole: boolean;
  readonly up: Tail;
  readonly down: Tail;
  readonly drift: Tail;
  /** Leans of the last points: the tail learns of one when nothing followed from it. */
  readonly leans: readonly number[];
  /** Running mean of signed residuals. */
  readonly lean: number;
  /** Anomalies lately, less the ordinary points since. */
  readonly streak: number;
  /** Ordinary points since the last anomaly. */
  readonly quiet: number;
}

/** So many points tell the interval. */
const FIRST = 8;
/** Points before anything is called an anomaly: the tail has to have a shape, and a day of five-minute values its first repetition. */
const WARM_UP = 120;
const WARM_UP_MAX = 288;
const DAY_MS = 86_400_000;
/** Nearer than that to its prediction, a value needs no season to be ordinary. In usual errors. */
const SEASON_MIN = 3;
const ERROR_RATE = 0.005;
const HOUR_RATE = 0.05;
const HOUR_POINTS_MIN = 12;
/** Of a normal distribution: standard deviation by mean absolute error. */
const SIGMA = 1.2533;
const LEAN = 0.12;
/** So that one spike alone is no drift. */
const LEAN_CLIP = 3.5;
const LEAN_SIGMA = Math.sqrt(LEAN / (2 - LEAN));
/** Drifts are known as such within so many points. */
const LEANS = 24;
/** What a model learns of one anomaly at most, in usual errors. */
const TAMED = 3;
/** After so many anomalies the new is the ordinary: everything is learned again. */
const STREAK_MAX = 12;
/** An alert is over after so many ordinary points. */
const QUIET_MIN = 10;
/** A gap of so many intervals: what was before it says little of today. */
const GAP = 6;
const HOUR_MS = 3_600_000;

export const newDetector = (): Detector => ({ first: [], model: null });

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Judges a point and learns from it. A point that is not newer than the last is not judged: null. */
export function observe(
  { first, model }: Detector,
  point: Point,
  { falseAlarmRate }: Settings = DEFAULTS,
): { readonly detector: Detector; readonly judgement: Judgement | null } {
  const last = model?.lastAtMs ?? first.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  const isUsable = Number.isFinite(point.value) && point.atMs > last;
  if (!isUsable) return { detector: { first, model }, judgement: null };
  if (model === null) return { detector: begin([...first, point]), judgement: null };
  const told = judge(model, point, falseAlarmRate);
  return { detector: { first: [], model: learn(model, point, told) }, judgement: told.judgement };
}

function begin(points: readonly Point[]): Detector {
  const [start] = points;
  if (points.length < FIRST || start === undefined) return { first: points, model: null };
  const gaps = points.slice(1).map(({ atMs }, index) => atMs - (points[index]?.atMs ?? atMs));
  const intervalMs = Math.max(1, median(gaps));
  const values = points.map(({ value }) => value);
  const centre = median(values);
  const spread = median(values.map((value) => Math.abs(value - centre)));
  let model: Model = {
    lastAtMs: start.atMs - intervalMs,
    intervalMs,
    points: 0,
    prediction: newPrediction(gridFor(intervalMs), centre),
    error: Math.max(spread, 1e-9),
    hours: Array<number>(24).fill(0),
    hourPoints: Array<number>(24).fill(0),
    spread,
    isWhole: true,
    up: newTail(),
    down: newTail(),
    drift: newTail(),
    leans: [],
    lean: 0,
    streak: 0,
    quiet: QUIET_MIN,
  };
  for (const point of points) model = learn(model, point, judge(model, point, 1e-4));
  return { first: [], model };
}

interface Told {
  readonly judgement: Judgement;
  readonly residual: number;
  readonly scale: number;
  readonly lean: number;
  readonly bound: number;
}

const warmUpOf = ({ intervalMs }: Model): number =>
  Math.max(WARM_UP, Math.min(WARM_UP_MAX, DAY_MS / intervalMs));

const hourOf = (atMs: number): number => ((Math.floor(atMs / HOUR_MS) % 24) + 24) % 24;

/** The usual error now; never less than what the resolution of the values allows to tell. */
function scaleAt(model: Model, atMs: number): number {
  const hour = hourOf(atMs);
  const isKnown = (model.hourPoints[hour] ?? 0) >= HOUR_POINTS_MIN;
  const usual = isKnown ? (model.error + (model.hours[hour] ?? 0)) / 2 : model.error;
  const level = Math.abs(model.prediction.slow);
  // Counts vary by their root even when nothing happens.
  const counted = model.isWhole ? 0.5 * Math.sqrt(Math.max(1, level)) : 0;
  return Math.max(SIGMA * usual, 0.25 * model.spread, 1e-6 * level, counted, 1e-9);
}

function judge(model: Model, { atMs, value }: Point, rate: number): Told {
  const steps = Math.round((atMs - model.lastAtMs) / model.intervalMs);
  const isAfterGap = steps >= GAP;
  const expected = predicted(isAfterGap ? forgotten(model.prediction) : model.prediction, atMs);
  // The longer nothing was seen, the less is known.
  const scale = scaleAt(model, atMs) * (steps > 1 ? Math.min(4, Math.sqrt(steps)) : 1);
  const residual = residualOf(model, { atMs, value }, { expected, scale });
  const before = isAfterGap ? 0 : model.lean;
  const lean = before + LEAN * (Math.max(-LEAN_CLIP, Math.min(LEAN_CLIP, residual)) - before);
  const leaning = Math.abs(lean) / LEAN_SIGMA;
  // Three ways to be odd share the rate.
  const [high, low] = [boundAt(model.up, rate / 6), boundAt(model.down, rate / 6)];
  const bound = residual > 0 ? high : low;
  const isSpike = Math.abs(residual) > bound;
  const isDrift = leaning > boundAt(model.drift, rate / 6);
  const isWarm = model.points >= warmUpOf(model);
  const isAnomaly = isWarm && (isSpike || isDrift);
  const rarity = Math.min(
    rarityOf(residual > 0 ? model.up : model.down, Math.abs(residual)),
    rarityOf(model.drift, leaning),
  );
  return {
    judgement: {
      score: isWarm ? Math.min(1, -Math.log10(Math.max(rarity, 1e-10)) / 10) : 0,
      isAnomaly,
      isAlert: isAnomaly && model.quiet >= QUIET_MIN,
      expected,
      low: expected - low * scale,
      high: expected + high * scale,
      kind: !isAnomaly ? null : isSpike ? "spike" : "drift",
    },
    residual,
    scale,
    lean,
    bound,
  };
}

/** What is far from its prediction and yet where it was at this time before is a season that nobody has smoothed. */
function residualOf(
  { prediction }: Model,
  point: Point,
  { expected, scale }: { expected: number; scale: number },
): number {
  const residual = (point.value - expected) / scale;
  return Math.abs(residual) > SEASON_MIN && isSeason(prediction, point) ? 0 : residual;
}

/** Behind a gap, how the day began says nothing. */
const forgotten = (prediction: Prediction): Prediction => ({
  ...prediction,
  offsets: [null, null],
});

function learn(model: Model, point: Point, told: Told): Model {
  const { isAnomaly, expected } = told.judgement;
  const streak = isAnomaly
    ? Math.min(STREAK_MAX * 2, model.streak + 1)
    : Math.max(0, model.streak - 1);
  const isNewOrdinary = streak >= STREAK_MAX;
  const limit = isAnomaly && !isNewOrdinary ? TAMED : Math.max(TAMED * 2, told.bound);
  const tamed = expected + Math.max(-limit, Math.min(limit, told.residual)) * told.scale;
  // The first of a row teaches too, within bounds: leaving all of them out would make every tail too light.
  const isTaught = model.points >= FIRST && (streak <= 1 || !isAnomaly || isNewOrdinary);
  return {
    ...model,
    ...errorsAfter(model, point, { tamed, most: limit * told.scale, expected }),
    ...(isTaught ? tailsAfter(model, told) : {}),
    ...leansAfter(model, told),
    lastAtMs: point.atMs,
    points: model.points + 1,
    prediction: withValue(model.prediction, { ...point, tamed, clip: 6 * told.scale }),
    isWhole: model.isWhole && Number.isInteger(point.value),
    lean: isNewOrdinary ? 0 : told.lean,
    streak: streak >= STREAK_MAX * 2 ? 0 : streak,
    quiet: isAnomaly ? 0 : model.quiet + 1,
  };
}

function errorsAfter(
  model: Model,
  { atMs, value }: Point,
  { tamed, most, expected }: { tamed: number; most: number; expected: number },
): Pick<Model, "error" | "hours" | "hourPoints" | "spread"> {
  const error = Math.min(Math.abs(value - expected), most);
  const hour = hourOf(atMs);
  const usual = model.hours[hour] ?? 0;
  const hourPoints = (model.hourPoints[hour] ?? 0) + 1;
  const rate = Math.max(ERROR_RATE, 1 / (model.points + 2));
  return {
    error: model.error + rate * (error - model.error),
    hours: model.hours.with(hour, usual + Math.max(HOUR_RATE, 1 / hourPoints) * (error - usual)),
    hourPoints: model.hourPoints.with(hour, hourPoints),
    spread: model.spread + rate * (Math.abs(tamed - model.prediction.slow) - model.spread),
  };
}

function tailsAfter({ up, down }: Model, { residual, bound }: Told): Pick<Model, "up" | "down"> {
  const most = bound * 1.5;
  return {
    up: withResidual(up, Math.min(Math.max(0, residual), most)),
    down: withResidual(down, Math.min(Math.max(0, -residual), most)),
  };
}

/** A lean teaches when nothing followed from it. */
function leansAfter(model: Model, { lean, judgement }: Told): Pick<Model, "drift" | "leans"> {
  const leans = [...model.leans, Math.abs(lean) / LEAN_SIGMA];
  const oldest = leans.length > LEANS ? leans[0] : undefined;
  return {
    drift: oldest === undefined ? model.drift : withResidual(model.drift, oldest),
    leans: judgement.isAnomaly ? [] : leans.slice(-LEANS),
  };
}
