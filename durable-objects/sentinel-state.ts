import type { Announcement } from "../src/core/diagnosis/announcement.ts";
import type { Span } from "../src/core/diagnosis/trouble.ts";
import type { Watch } from "../src/core/detection/watch.ts";
import type { Hint } from "../src/core/intake/hint.ts";
import { PERIOD_MS, sortOf } from "../src/core/intake/pace.ts";
import type { Incident } from "../src/core/incident.ts";
import type { GuardrailId } from "../src/core/ids.ts";
import type { GatewayHit, TrafficBatch } from "../src/core/traffic/batch.ts";
import type { Counted } from "../src/core/traffic/intervals.ts";
import type { SeenRequest } from "../src/core/traffic/seen-request.ts";
import { NamedValues } from "./named-values.ts";

export interface OpenCase {
  readonly incident: Incident;
  readonly guardrail: GuardrailId | null;
  /** When it was last found to go on (epoch ms). */
  readonly seenAtMs: number;
  /** Of what was announced and waits for a person: which. It is not over because nobody tries it for some minutes. */
  readonly cves?: readonly string[];
}

interface Values {
  /** Messages that nobody has looked at yet; at most one of each sort. */
  hints: readonly Hint[];
  /** How many there were. */
  heard: number;
  /** A look that senders were told of: what they say until then is not brought here. */
  owed: { readonly atMs: number; readonly hints: readonly Hint[] } | null;
  /** At most one of each cause, and of each vulnerability that is tried. */
  open: readonly OpenCase[];
  /** Vulnerabilities that were announced. */
  announced: readonly Announcement[];
  /** When incidents of each cause began (epoch ms), of the last hour. */
  begun: Readonly<Record<string, readonly number[]>>;
  /** Traffic by interval: what is being counted, and what is known of it. */
  counted: Counted;
  /** When requests were not what they usually are, of the last hour. */
  troubled: readonly Span[];
  watch: Watch;
  /** When a log of requests came last, and up to when analytics were told of (epoch ms). */
  loggedAtMs: number;
  toldToMs: number;
}

/** Half an hour of batches of one zone at the usual interval; each has at most 400 requests (I12). */
const BATCHES_MAX = 40;
const BATCH_AGE_MS = 60 * 60_000;
const HINTS_MAX = 50;
/** Longer than a message is taken for one of now, twice over. */
const SEEN_MS = 2 * 60 * 60_000;
const SEEN_MAX = 500;
/** The oldest keys are looked for this seldom, so there are some more than that at times. */
const TRIM_EVERY = 100;

/** The sentinel's tables. Synchronous. */
export class SentinelState {
  readonly #sql: SqlStorage;
  readonly #values: NamedValues<Values>;
  /** Keys since the oldest were dropped. After a start they are dropped with the first one. */
  #untrimmed = TRIM_EVERY;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    this.#values = new NamedValues(this.#sql);
    this.#sql.exec(
      "create table if not exists seen (key text primary key, at_ms integer not null)",
    );
    this.#sql.exec(
      "create table if not exists batch (seq integer primary key autoincrement, at_ms integer not null, batch text not null)",
    );
  }

  get<Name extends keyof Values>(name: Name): Values[Name] | undefined {
    return this.#values.get(name);
  }

  set(values: Partial<Values>): void {
    this.#values.set(values);
  }

  /** What is new in them: the same message by another way, or again, changes nothing; one more of a sort that waits is counted. */
  hear(given: readonly Hint[], nowMs: number): "nothing" | "more" | "something" {
    const hints = given.filter(({ key }) => this.#isNew(key, nowMs));
    if (hints.length === 0) return "nothing";
    const waiting = new Map((this.get("hints") ?? []).map((one) => [sortOf(one), one]));
    const before = waiting.size;
    for (const one of hints)
      if (waiting.size < HINTS_MAX && !waiting.has(sortOf(one))) waiting.set(sortOf(one), one);
    this.set({ heard: (this.get("heard") ?? 0) + hints.length });
    if (waiting.size === before) return "more";
    this.set({ hints: [...waiting.values()] });
    return "something";
  }

  /** `count` of those that were heard are dealt with. Returns how many came meanwhile; their sorts go on waiting. */
  dealtWith(count: number): number {
    const left = (this.get("heard") ?? 0) - count;
    this.set(left > 0 ? { heard: left } : { heard: 0, hints: [] });
    return left;
  }

  /** The look that was promised. One further ahead than any promise is from a clock that was set back: it is due. */
  owedAt(nowMs: number): Values["owed"] {
    const owed = this.get("owed") ?? null;
    return owed !== null && owed.atMs > nowMs + PERIOD_MS ? { ...owed, atMs: nowMs } : owed;
  }

  /** There was a look that began at `nowMs`. Returns when another one is still owed. */
  paid(nowMs: number): number | null {
    const owed = this.owedAt(nowMs);
    if (owed === null) return null;
    if (owed.atMs > nowMs) return owed.atMs;
    this.set({ owed: null });
    return null;
  }

  #isNew(key: string, nowMs: number): boolean {
    const { rowsWritten } = this.#sql.exec("insert or ignore into seen values (?, ?)", key, nowMs);
    if (rowsWritten === 0) return false;
    this.#untrimmed += 1;
    if (this.#untrimmed < TRIM_EVERY) return true;
    this.#untrimmed = 0;
    this.#sql.exec("delete from seen where at_ms < ?", nowMs - SEEN_MS);
    this.#sql.exec(
      "delete from seen where rowid not in (select rowid from seen order by at_ms desc, rowid desc limit ?)",
      SEEN_MAX,
    );
    return true;
  }

  keep(batch: TrafficBatch, nowMs: number): void {
    this.#sql.exec("insert into batch (at_ms, batch) values (?, ?)", nowMs, JSON.stringify(batch));
    this.#sql.exec("delete from batch where at_ms < ?", nowMs - BATCH_AGE_MS);
    this.#sql.exec("delete from batch where seq <= (select max(seq) from batch) - ?", BATCHES_MAX);
  }

  recorded(): {
    readonly requests: readonly SeenRequest[];
    readonly gateway: readonly GatewayHit[];
  } {
    const batches = this.#sql
      .exec<{ batch: string }>("select batch from batch order by seq")
      .toArray()
      .map(({ batch }) => JSON.parse(batch) as TrafficBatch);
    const counts = new Map<string, number>();
    for (const { gateway } of batches)
      for (const { policyId, count } of gateway)
        counts.set(policyId, (counts.get(policyId) ?? 0) + count);
    return {
      // The two datasets tell of the same requests; the one that has all of them counts.
      requests: batches
        .filter(({ dataset }) => dataset === "http_requests")
        .flatMap(({ requests }) => requests),
      gateway: [...counts].map(([policyId, count]) => ({ policyId, count })),
    };
  }
}
