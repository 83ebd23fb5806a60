/** The quota per token: above it every call of the token is refused until the block is over. */
import { ApiError, failure, type Reply } from "./envelope.ts";
import type { Options } from "./options.ts";
import type { Cell, Store } from "./store.ts";

interface Usage {
  readonly windowStart: number;
  readonly used: number;
  readonly blockedUntil: number;
}

export type RateLimitState = Readonly<Record<string, Usage>>;

export interface Allowance {
  readonly headers: Readonly<Record<string, string>>;
  /** Set when the call is refused. */
  readonly refusal?: Reply;
}

export class RateLimit {
  readonly #state: Cell<RateLimitState>;

  constructor(store: Store) {
    this.#state = store.cell<RateLimitState>("rate-limit", {});
  }

  take(token: string, limits: Options["ratelimit"], now: number): Allowance {
    const usage = this.#count(token, limits, now);
    const blockedMs = usage.blockedUntil - now;
    const windowEnd = usage.windowStart + limits.window_s * 1000;
    const resetAt = blockedMs > 0 ? usage.blockedUntil : windowEnd;
    const remaining = blockedMs > 0 ? 0 : limits.quota - usage.used;
    const headers = {
      ratelimit: `"default";r=${remaining};t=${Math.max(0, Math.ceil((resetAt - now) / 1000))}`,
      "ratelimit-policy": `"default";q=${limits.quota};w=${limits.window_s}`,
    };
    if (blockedMs <= 0) return { headers };
    const message =
      `More than ${limits.quota} requests per ${limits.window_s} seconds reached. ` +
      "Please wait and consider throttling your request speed";
    const error = new ApiError(429, { code: 971, message });
    const retryAfter = String(Math.max(1, Math.ceil(blockedMs / 1000)));
    return { headers, refusal: failure(error, { "retry-after": retryAfter }) };
  }

  /** Blocks a token at once, whatever it used. */
  block(token: string, until: number): void {
    const usage = this.#state.get()[token] ?? { windowStart: until, used: 0, blockedUntil: 0 };
    this.#state.set({ ...this.#state.get(), [token]: { ...usage, blockedUntil: until } });
  }

  state(): RateLimitState {
    return this.#state.get();
  }

  clear(): void {
    this.#state.set({});
  }

  #count(token: string, limits: Options["ratelimit"], now: number): Usage {
    const before = this.#state.get()[token] ?? { windowStart: now, used: 0, blockedUntil: 0 };
    if (before.blockedUntil > now) return before;
    const isOver = now >= before.windowStart + limits.window_s * 1000 || before.blockedUntil > 0;
    const current = isOver ? { windowStart: now, used: 0, blockedUntil: 0 } : before;
    const used = current.used + 1;
    const blockedUntil = used > limits.quota ? now + limits.block_s * 1000 : 0;
    const usage = { ...current, used: Math.min(used, limits.quota), blockedUntil };
    this.#state.set({ ...this.#state.get(), [token]: usage });
    return usage;
  }
}
