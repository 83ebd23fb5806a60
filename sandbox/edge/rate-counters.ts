/**
 * Counters of rate limiting rules. They are kept in memory, as a data centre keeps them: a restart forgets them, and who was
 * kept out comes in again.
 */

interface Counter {
  /** Which period `count` is of. */
  window: number;
  count: number;
  /** Of the period before. */
  before: number;
  /** Kept out until then. */
  untilMs: number;
}

/** Of all rules together; beyond that the oldest are forgotten (a flood comes from many addresses). */
const COUNTERS_MAX = 100_000;

export interface Limit {
  readonly ruleId: string;
  readonly key: string;
  readonly periodMs: number;
  readonly requests: number;
  readonly timeoutMs: number;
}

export class RateCounters {
  readonly #counters = new Map<string, Counter>();

  /** Counts one request. */
  count(limit: Limit, atMs: number): void {
    const counter = this.#counterOf(limit, atMs);
    counter.count += 1;
    if (rateOf(counter, limit, atMs) > limit.requests && counter.untilMs <= atMs)
      counter.untilMs = atMs + limit.timeoutMs;
  }

  /** Whether the action applies: too many were counted, or the time for which one stays out is not over. */
  isOver(limit: Limit, atMs: number): boolean {
    const counter = this.#counterOf(limit, atMs);
    return counter.untilMs > atMs || rateOf(counter, limit, atMs) > limit.requests;
  }

  retryAfterSeconds(limit: Limit, atMs: number): number {
    const { untilMs } = this.#counterOf(limit, atMs);
    return Math.max(1, Math.ceil(Math.max(untilMs - atMs, limit.periodMs / 10) / 1_000));
  }

  clear(): void {
    this.#counters.clear();
  }

  #counterOf({ ruleId, key, periodMs }: Limit, atMs: number): Counter {
    const name = `${ruleId} ${key}`;
    const window = Math.floor(atMs / periodMs);
    const known = this.#counters.get(name);
    if (known === undefined) {
      const made: Counter = { window, count: 0, before: 0, untilMs: 0 };
      this.#counters.set(name, made);
      if (this.#counters.size > COUNTERS_MAX) this.#forgetOldest();
      return made;
    }
    if (known.window !== window) {
      known.before = known.window === window - 1 ? known.count : 0;
      known.count = 0;
      known.window = window;
    }
    return known;
  }

  #forgetOldest(): void {
    const [oldest] = this.#counters.keys();
    if (oldest !== undefined) this.#counters.delete(oldest);
  }
}

/** A sliding window out of two fixed ones, as Cloudflare described its own counters. */
function rateOf({ count, before }: Counter, { periodMs }: Limit, atMs: number): number {
  const passed = (atMs % periodMs) / periodMs;
  return before * (1 - passed) + count;
}
