/** Series of the kinds that public collections have: seasonal or not, smooth or bursty, with and without something odd. */
import type { Point } from "../../../src/core/detection/detector.ts";

/** Deterministic noise (mulberry32). */
export function noise(seed: number): {
  uniform(): number;
  normal(): number;
  poisson(mean: number): number;
} {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const poisson = (mean: number): number => {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    let [product, count] = [uniform(), 0];
    const floor = Math.exp(-mean);
    while (product > floor) {
      product *= uniform();
      count += 1;
    }
    return count;
  };
  return { uniform, normal, poisson };
}

export type Kind = (typeof KINDS)[number];
export const KINDS = [
  "flat",
  "daily",
  "weekly",
  "counts",
  "sparse",
  "walk",
  "autocorrelated",
  "trend",
  "heavy",
  "lognormal",
  "sawtooth",
  "steps",
] as const;

const START = 1_767_225_600_000;
const DAY = 86_400_000;

/** Values of an ordinary time. `minutes` lie between them; some points are missing. */
export function ordinary(
  kind: Kind,
  { seed, length, minutes }: { seed: number; length: number; minutes: number },
): Point[] {
  const random = noise(seed);
  let state = 0;
  const points: Point[] = [];
  for (let index = 0; index < length; index += 1) {
    const atMs = START + index * minutes * 60_000;
    const day = (2 * Math.PI * (atMs % DAY)) / DAY;
    const isWeekend = Math.floor(atMs / DAY) % 7 >= 5;
    const curve = 1 + 0.6 * Math.sin(day - 2) + 0.2 * Math.sin(2 * day);
    const values: Record<Kind, () => number> = {
      flat: () => 50 + 2 * random.normal(),
      daily: () => 100 * curve + 4 * random.normal(),
      weekly: () => 100 * curve * (isWeekend ? 0.5 : 1) + 4 * random.normal(),
      counts: () => random.poisson(120 * curve * (isWeekend ? 0.7 : 1)),
      sparse: () => random.poisson(0.3 * curve),
      walk: () => (state += random.normal()),
      autocorrelated: () => 20 + (state = 0.9 * state + random.normal()),
      trend: () => 0.02 * index + 3 * random.normal() + 10 * curve,
      heavy: () =>
        40 +
        (3 * random.normal()) /
          Math.sqrt(
            (random.normal() ** 2 +
              random.normal() ** 2 +
              random.normal() ** 2 +
              random.normal() ** 2) /
              4,
          ),
      lognormal: () => Math.exp(3 + 0.4 * random.normal()) * curve,
      sawtooth: () => ((index % 48) / 48) * 30 + random.normal(),
      steps: () => (Math.floor(atMs / (DAY / 4)) % 2 === 0 ? 10 : 60) + random.normal(),
    };
    const value = values[kind]();
    // A hundredth is missing, and now and then an hour.
    const isMissing = random.uniform() < 0.01 || Math.floor(index / 12) % 150 === 149;
    if (!isMissing) points.push({ atMs, value });
  }
  return points;
}
