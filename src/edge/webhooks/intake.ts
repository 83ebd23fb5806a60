/**
 * Between requests and the one that watches a scope: what comes while a delivery is under way goes with the next one, and
 * the same message again not at all. Nor does one more of a sort that is still to be looked at: the look that waits is
 * durable, and comes after it. So a hundred thousand messages in a minute are some hundred deliveries (I7), and what
 * waits is bounded (I12).
 *
 * Requests share values here, never a promise: the runtime ends a request's work with the request, and one that waits for
 * another's work looks hung to it and is ended with a fault. Who waits looks again by a timer of its own, and one of
 * those who wait carries the next delivery.
 */
import type { ScopeId } from "../../core/ids.ts";
import type { Hint } from "../../core/intake/hint.ts";
import { sortOf } from "../../core/intake/pace.ts";

/** Messages that are known to have been taken. Each key is some 80 bytes. */
const SEEN_MAX = 10_000;
/** Sorts whose look is known to be still to come; they can be invented. */
const COVERED_MAX = 1_000;
/** A request's clock stands still while it computes: a message may be this much younger than it looks. */
const COVER_MARGIN_MS = 100;
/** Different hints that wait for one scope; a hint more than that says nothing that these do not. */
const WAITING_MAX = 50;
/** A delivery takes a few milliseconds; who waits longer looks less often. */
const PAUSE_MS = 4;
const PAUSE_MS_MAX = 50;
const PAUSE_GROWTH = 1.25;
/** A delivery that takes longer is carried again by another: its request may have been ended. Keys make it harmless. */
const CARRY_MS_MAX = 5_000;
/** Then the message is not taken. Below what the receiver waits. */
const TAKE_MS_MAX = 20_000;

type Batch = {
  readonly hints: Map<string, Hint>;
  state: "waiting" | "under_way" | "taken" | "failed";
  carriedAtMs: number;
};

/** Of one scope; both null: there is no lane. */
type Lane = { underWay: Batch | null; waiting: Batch | null };

export type Taken = "accepted" | "duplicate";

export interface IntakePorts {
  /** Durable when it returns: for how long (ms) one more of the same sorts changes nothing. */
  readonly deliver: (scope: ScopeId, hints: readonly Hint[]) => Promise<number>;
  readonly nowMs: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

export class Intake {
  readonly #ports: IntakePorts;
  readonly #seen = new Set<string>();
  readonly #lanes = new Map<ScopeId, Lane>();
  /** By scope and sort. */
  readonly #covered = new Map<string, { readonly fromMs: number; readonly untilMs: number }>();

  constructor(ports: IntakePorts) {
    this.#ports = ports;
  }

  /** Durable when it returns. `keep` outlives the request that happens to carry the delivery. */
  async take(scope: ScopeId, hint: Hint, keep: (work: Promise<unknown>) => void): Promise<Taken> {
    const key = `${scope} ${hint.key}`;
    if (this.#seen.has(key)) return "duplicate";
    if (this.#isCovered(scope, hint)) {
      this.#remember(key);
      return "accepted";
    }
    const batch = this.#join(scope, hint);
    const untilMs = this.#ports.nowMs() + TAKE_MS_MAX;
    for (let pauseMs = PAUSE_MS; batch.state !== "taken";) {
      if (batch.state === "failed" || this.#ports.nowMs() > untilMs)
        throw new Error("the delivery to the sentinel failed");
      if (this.#isFree(scope)) {
        const work = this.#carry(scope, batch);
        keep(work.catch(() => undefined));
        await work;
        break;
      }
      await this.#ports.pause(pauseMs);
      pauseMs = Math.min(pauseMs * PAUSE_GROWTH, PAUSE_MS_MAX);
    }
    this.#remember(key);
    return "accepted";
  }

  #join(scope: ScopeId, hint: Hint): Batch {
    const lane = this.#lanes.get(scope) ?? { underWay: null, waiting: null };
    this.#lanes.set(scope, lane);
    const batch = lane.waiting ?? { hints: new Map(), state: "waiting", carriedAtMs: 0 };
    lane.waiting = batch;
    const sort = sortOf(hint);
    if (batch.hints.size < WAITING_MAX || batch.hints.has(sort)) batch.hints.set(sort, hint);
    return batch;
  }

  #isFree(scope: ScopeId): boolean {
    const underWay = this.#lanes.get(scope)?.underWay ?? null;
    return underWay === null || this.#ports.nowMs() - underWay.carriedAtMs > CARRY_MS_MAX;
  }

  async #carry(scope: ScopeId, batch: Batch): Promise<void> {
    const lane = this.#lanes.get(scope) ?? { underWay: null, waiting: null };
    this.#lanes.set(scope, lane);
    if (lane.waiting === batch) lane.waiting = null;
    lane.underWay = batch;
    batch.state = "under_way";
    batch.carriedAtMs = this.#ports.nowMs();
    try {
      const coverMs = await this.#ports.deliver(scope, [...batch.hints.values()]);
      this.#cover(scope, batch, coverMs);
      batch.state = "taken";
    } catch (fault) {
      batch.state = "failed";
      throw fault;
    } finally {
      if (lane.underWay === batch) lane.underWay = null;
      if (lane.underWay === null && lane.waiting === null && this.#lanes.get(scope) === lane)
        this.#lanes.delete(scope);
    }
  }

  /** A clock that was set back covers nothing. */
  #isCovered(scope: ScopeId, hint: Hint): boolean {
    const cover = this.#covered.get(`${scope} ${sortOf(hint)}`);
    const nowMs = this.#ports.nowMs();
    return cover !== undefined && nowMs >= cover.fromMs && nowMs < cover.untilMs;
  }

  /** Counted from when the delivery began: the answer was given later, so no two clocks are compared. */
  #cover(scope: ScopeId, { hints, carriedAtMs }: Batch, coverMs: number): void {
    const untilMs = carriedAtMs + coverMs - COVER_MARGIN_MS;
    if (untilMs <= this.#ports.nowMs()) return;
    for (const sort of hints.keys()) {
      this.#covered.delete(`${scope} ${sort}`);
      this.#covered.set(`${scope} ${sort}`, { fromMs: carriedAtMs, untilMs });
    }
    for (const [oldest] of this.#covered) {
      if (this.#covered.size <= COVERED_MAX) break;
      this.#covered.delete(oldest);
    }
  }

  #remember(key: string): void {
    this.#seen.add(key);
    if (this.#seen.size <= SEEN_MAX) return;
    const [oldest] = this.#seen;
    if (oldest !== undefined) this.#seen.delete(oldest);
  }
}
