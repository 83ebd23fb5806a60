/** Chance that is the same for the same seed, wherever one begins. */

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

export class Chance {
  #state: number;

  /** Each name has a sequence of its own: another attack does not change who visits. */
  constructor(...names: readonly (string | number)[]) {
    this.#state = hashOf(names.join("\n"));
  }

  /** Mulberry32: from 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  is(probability: number): boolean {
    return this.next() < probability;
  }

  one<T>(of: readonly [T, ...T[]]): T;
  one<T>(of: readonly T[]): T | undefined;
  one<T>(of: readonly T[]): T | undefined {
    return of[this.below(of.length)];
  }

  /** By weight. */
  weighted<T>(of: readonly (readonly [weight: number, value: T])[]): T {
    const total = of.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.next() * total;
    for (const [weight, value] of of) {
      left -= weight;
      if (left < 0) return value;
    }
    const last = of.at(-1);
    if (last === undefined) throw new Error("there is nothing to choose from");
    return last[1];
  }

  /** How many come in a while in which `mean` come on average (Poisson; for many, the normal distribution beside it). */
  count(mean: number): number {
    if (mean > 50) {
      const around =
        Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
      return Math.max(0, Math.round(mean + Math.sqrt(mean) * around));
    }
    const limit = Math.exp(-mean);
    let product = this.next();
    let count = 0;
    while (product > limit) {
      count += 1;
      product *= this.next();
    }
    return count;
  }

  hex(length: number): string {
    let text = "";
    while (text.length < length) text += this.below(16).toString(16);
    return text;
  }
}
