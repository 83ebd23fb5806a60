/**
 * Between requests and the one that watches a scope: what comes while a delivery is under way goes with the next one, and
 * the same message again not at all. So ten thousand messages in a second are a handful of deliveries (I7), and what waits is bounded (I12).
 */
import type { Hint } from "../../core/intake/hint.ts";
import type { ScopeId } from "../../core/ids.ts";

/** Messages that are known to have been taken. Each key is some 80 bytes. */
const SEEN_MAX = 10_000;
/** Different hints that wait for one scope; a hint more than that says nothing that these do not. */
const WAITING_MAX = 50;

interface Waiting {
  readonly hints: Map<string, Hint>;
  readonly delivered: Promise<void>;
}

export type Taken = "accepted" | "duplicate";

export class Intake {
  readonly #deliver: (scope: ScopeId, hints: readonly Hint[]) => Promise<void>;
  readonly #seen = new Set<string>();
  readonly #busy = new Map<ScopeId, Promise<void>>();
  readonly #waiting = new Map<ScopeId, Waiting>();

  /** `deliver` is durable when it returns. */
  constructor(deliver: (scope: ScopeId, hints: readonly Hint[]) => Promise<void>) {
    this.#deliver = deliver;
  }

  /** Durable when it returns. `keep` outlives the request that happens to carry the delivery. */
  async take(scope: ScopeId, hint: Hint, keep: (work: Promise<unknown>) => void): Promise<Taken> {
    const key = `${scope} ${hint.key}`;
    if (this.#seen.has(key)) return "duplicate";
    await this.#join(scope, hint, keep);
    this.#remember(key);
    return "accepted";
  }

  #join(scope: ScopeId, hint: Hint, keep: (work: Promise<unknown>) => void): Promise<void> {
    const joined = this.#waiting.get(scope);
    const sort = `${hint.source} ${hint.topic} ${hint.event} ${hint.cves.join()}`;
    if (joined) {
      if (joined.hints.size < WAITING_MAX || joined.hints.has(sort)) joined.hints.set(sort, hint);
      return joined.delivered;
    }
    const hints = new Map([[sort, hint]]);
    const before = this.#busy.get(scope) ?? Promise.resolve();
    const delivered = before
      .catch(() => undefined)
      .then(() => {
        this.#waiting.delete(scope);
        const work = this.#deliver(scope, [...hints.values()]);
        this.#busy.set(scope, work);
        return work;
      });
    this.#waiting.set(scope, { hints, delivered });
    keep(delivered.catch(() => undefined));
    return delivered;
  }

  #remember(key: string): void {
    this.#seen.add(key);
    if (this.#seen.size <= SEEN_MAX) return;
    const [oldest] = this.#seen;
    if (oldest !== undefined) this.#seen.delete(oldest);
  }
}
