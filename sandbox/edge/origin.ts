/**
 * The servers behind a zone, as a queue: so much work a second, and whoever waits too long is sent away. Enough to show what a
 * flood does to everybody else, and that it ends when the flood does.
 */
import type { Cell, Store } from "../store.ts";
import type { StoredRecord } from "../dns/record.ts";
import type { Page } from "./shop.ts";

/** A server sends 503 to whoever would wait longer. */
const PATIENCE_MS = 8_000;
/** The clock of a simulation may lie behind the one of the visits from outside. */
const CLOCK_BACK_MS = 60_000;
const LATENCY_MS = 35;

export interface OriginAnswer {
  /** 0: nobody answered. */
  readonly status: number;
  readonly ms: number;
}

export class Origin {
  /** Until then the servers are busy with what they have. */
  #busyUntilMs = 0;
  #lastMs = 0;

  /** `capacity`: pages of cost 1 that are made in a second. */
  serve(page: Pick<Page, "status" | "cost">, atMs: number, capacity: number): OriginAnswer {
    if (atMs < this.#lastMs - CLOCK_BACK_MS) this.#busyUntilMs = 0;
    this.#lastMs = Math.max(this.#lastMs, atMs);
    const wait = Math.max(0, this.#busyUntilMs - atMs);
    if (wait > PATIENCE_MS) return { status: 503, ms: LATENCY_MS };
    const work = (page.cost * 1_000) / capacity;
    this.#busyUntilMs = Math.max(this.#busyUntilMs, atMs) + work;
    return { status: page.status, ms: Math.round(LATENCY_MS + wait + work) };
  }

  /** How long the newest request would wait. */
  waitMs(atMs: number): number {
    return Math.max(0, Math.round(this.#busyUntilMs - atMs));
  }
}

type Places = Readonly<Record<string, readonly string[]>>;

/**
 * Where the servers of a zone stand: where its records led when its first visit came. A record that leads elsewhere leads to
 * nobody, which is what a bad deploy of DNS looks like: 522.
 */
export class Premises {
  readonly #places: Cell<Places>;

  constructor(store: Store) {
    this.#places = store.cell<Places>("edge_origins", {});
  }

  answers(record: StoredRecord, records: () => readonly StoredRecord[]): boolean {
    const { name, content } = record;
    const zone = this.#places.get()[name];
    if (zone !== undefined) return zone.includes(content);
    const there = records().map((one) => one.content);
    this.#places.set({ ...this.#places.get(), [name]: there });
    return there.includes(content);
  }

  clear(): void {
    this.#places.set({});
  }
}
