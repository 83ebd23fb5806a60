/**
 * How rare a residual is, from those before it. Above a high quantile the tail is taken for a generalised Pareto
 * distribution whose shape is kept by moments (peaks over threshold), so that the bound for a wanted rate of false alarms
 * follows from the series itself, whatever its noise looks like. Constant size; one point costs the same as any other.
 */

export interface Tail {
  /** Residuals that were counted. */
  readonly count: number;
  /** The quantile above which the tail begins, followed by small steps. */
  readonly threshold: number;
  /** Of the excesses over it: weight, mean, mean of squares. */
  readonly peaks: number;
  readonly mean: number;
  readonly square: number;
  /** The three largest lately, fading: what came three times is not out of the ordinary. */
  readonly largest: readonly [number, number, number];
}

/** Share of residuals that belong to the tail. */
const TAIL_SHARE = 0.02;
/** With fewer excesses the shape is a guess; then a normal distribution's bound is used, whichever is wider. */
const PEAKS_MIN = 12;
/** Excesses are forgotten slowly, so that a series may change its noise. */
const PEAKS_MAX = 400;
/** A heavier tail than this has no use for a bound. */
const SHAPE_MAX = 0.5;
const SHAPE_MIN = -0.4;

/** How the largest fade, at each point: half in some 7,000. */
const FADING = 0.9999;
/** A bound lies so much beyond what is known to come again. */
const MARGIN = 1.1;

export const newTail = (): Tail => ({
  count: 0,
  threshold: 2.3,
  peaks: 0,
  mean: 0,
  square: 0,
  largest: [0, 0, 0],
});

function withLargest([a, b, c]: Tail["largest"], residual: number): Tail["largest"] {
  const [first, second, third] = [a * FADING, b * FADING, c * FADING];
  if (residual > first) return [residual, first, second];
  if (residual > second) return [first, residual, second];
  return [first, second, Math.max(third, residual)];
}

export function withResidual(tail: Tail, residual: number): Tail {
  const count = tail.count + 1;
  // A step up is as much larger than a step down as the tail is smaller than the rest.
  const step = Math.max(0.002, 0.6 / Math.sqrt(count)) * Math.max(0.5, tail.threshold) * 0.25;
  const largest = withLargest(tail.largest, residual);
  const isPeak = residual > tail.threshold;
  const moved = tail.threshold + (isPeak ? step * (1 - TAIL_SHARE) : -step * TAIL_SHARE);
  const threshold = Math.max(0.3, moved);
  if (!isPeak) return { ...tail, count, threshold, largest };
  const excess = residual - tail.threshold;
  const peaks = Math.min(tail.peaks + 1, PEAKS_MAX);
  return {
    count,
    threshold,
    largest,
    peaks,
    mean: tail.mean + (excess - tail.mean) / peaks,
    square: tail.square + (excess * excess - tail.square) / peaks,
  };
}

interface Shape {
  readonly shape: number;
  readonly scale: number;
}

/** By moments. */
function shapeOf({ mean, square, peaks }: Tail): Shape | null {
  const variance = square - mean * mean;
  if (peaks < PEAKS_MIN || mean <= 0 || variance <= 0) return null;
  const ratio = (mean * mean) / variance;
  const shape = Math.min(SHAPE_MAX, Math.max(SHAPE_MIN, 0.5 * (1 - ratio)));
  return { shape, scale: Math.max(1e-6, mean * (1 - shape)) };
}

/** Of a normal distribution, on one side: no tail is taken for lighter. */
function normalBound(rate: number): number {
  const twice = -2 * Math.log(rate * Math.sqrt(2 * Math.PI));
  return Math.sqrt(Math.max(1, twice - Math.log(Math.max(1, twice))));
}

/** What a residual exceeds with the probability `rate`. */
export function boundAt(tail: Tail, rate: number): number {
  const found = shapeOf(tail);
  const known = tail.largest[2] * MARGIN;
  const normal = Math.max(normalBound(rate), known);
  if (found === null) return Math.max(normalBound(rate) * 1.5, known);
  const times = rate / TAIL_SHARE;
  const { shape, scale } = found;
  const beyond =
    Math.abs(shape) < 1e-3 ? -scale * Math.log(times) : (scale / shape) * (times ** -shape - 1);
  return Math.max(tail.threshold + beyond, normal);
}

/** The probability of a residual at least as large, from the same tail. */
export function rarityOf(tail: Tail, residual: number): number {
  const found = shapeOf(tail);
  if (residual <= 0) return 1;
  const normal = Math.min(1, Math.exp((-residual * residual) / 2));
  // Nothing that came three times is rare.
  if (residual <= tail.largest[2] * MARGIN) return Math.max(normal, 3 / Math.max(3, tail.count));
  if (found === null) return Math.min(1, Math.exp((-residual * residual) / 4.5));
  if (residual <= tail.threshold) return Math.max(TAIL_SHARE, normal);
  const { shape, scale } = found;
  const excess = (residual - tail.threshold) / scale;
  const within =
    Math.abs(shape) < 1e-3 ? Math.exp(-excess) : Math.max(0, 1 + shape * excess) ** (-1 / shape);
  return Math.max(TAIL_SHARE * within, normal);
}
