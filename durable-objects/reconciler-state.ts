import type { Incident } from "../src/core/incident.ts";
import type { Digest, Instant, ObjectId, RunId, ScopeId } from "../src/core/ids.ts";
import type { Lineage, LineageEntry } from "../src/core/observation.ts";
import type { RunStart, StoredGolden } from "../src/core/ports.ts";
import { type Heal, WINDOW_MS } from "../src/core/recurrence.ts";
import type { Site } from "../src/core/resource.ts";
import type { ScopeView } from "../src/core/scope-view.ts";
import type { Signal } from "../src/core/signal.ts";

export interface ScopeIdentity {
  readonly scope: ScopeId;
  readonly site: Site;
  readonly accountId: string;
}

/** The run under way and what has to be remembered when it ends. */
export interface ActiveRun {
  readonly start: RunStart;
  readonly incident: Incident;
  readonly heals: readonly Omit<Heal, "atMs">[];
  readonly changeSet: Digest;
  /** Changes that did not fit into its plan. */
  readonly postponed: number;
}

/** Single values, by name. */
interface Values {
  identity: ScopeIdentity;
  view: ScopeView;
  epoch: number;
  active: ActiveRun | null;
  /** How many passes or runs in a row came to nothing; sets the delay of the next try. */
  attempts: number;
  /** The run whose end the next plan answers. */
  parent: RunId | null;
  /** When to try again by itself (epoch ms); null: only when woken. */
  retryAt: number | null;
  /** When the blackboard was last written (epoch ms). */
  postedAt: number;
  /** How often it was woken, and how many of those wakes a pass has answered. */
  wanted: number;
  looked: number;
  /** Since when the audit log has to be asked about new drift. */
  inSyncAt: Instant;
  /** The incident that is open without a run (quarantined or turned down). */
  standing: Incident | null;
}

/** Signals kept until a pass has dealt with them; more of them change nothing (I7). */
const SIGNALS_MAX = 50;
/** A change set that was turned down is not asked for again for so long. */
export const TURNED_DOWN_MS = 60 * 60_000;

/** The reconciler's tables. Synchronous; every method is one statement or one transaction. */
export class ReconcilerState {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#sql.exec("create table if not exists value (name text primary key, value text not null)");
    this.#sql.exec(
      "create table if not exists golden (generation integer primary key, stored text not null)",
    );
    this.#sql.exec(
      "create table if not exists lineage (id text primary key, kind text not null, identity text not null)",
    );
    this.#sql.exec(
      "create table if not exists heal (change text not null, subject text not null, at_ms integer not null)",
    );
    this.#sql.exec(
      "create table if not exists turned_down (change_set text primary key, why text not null, until_ms integer not null)",
    );
    this.#sql.exec(
      "create table if not exists signal (seq integer primary key autoincrement, signal text not null)",
    );
  }

  get<Name extends keyof Values>(name: Name): Values[Name] | undefined {
    const [row] = this.#sql
      .exec<{ value: string }>("select value from value where name = ?", name)
      .toArray();
    return row ? (JSON.parse(row.value) as Values[Name]) : undefined;
  }

  /** All of them or none. */
  set(values: Partial<Values>): void {
    this.#storage.transactionSync(() => {
      for (const [name, value] of Object.entries(values))
        this.#sql.exec("insert or replace into value values (?, ?)", name, JSON.stringify(value));
    });
  }

  golden(): StoredGolden | null {
    const [row] = this.#sql
      .exec<{ stored: string }>("select stored from golden order by generation desc limit 1")
      .toArray();
    return row ? (JSON.parse(row.stored) as StoredGolden) : null;
  }

  /** A new generation clears what earlier refusals and failures had put off (B2). */
  addGolden(golden: StoredGolden): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec("insert into golden values (?, ?)", golden.generation, JSON.stringify(golden));
      // Older generations are in R2; here only the current one is needed.
      this.#sql.exec("delete from golden where generation < ?", golden.generation);
      this.#sql.exec("delete from turned_down");
      this.#sql.exec("delete from heal");
      this.set({ attempts: 0, retryAt: null });
    });
  }

  lineage(): Lineage {
    const rows = this.#sql
      .exec<{ id: ObjectId; kind: string; identity: string }>(
        "select id, kind, identity from lineage",
      )
      .toArray();
    return new Map(rows.map(({ id, kind, identity }) => [id, { kind, identity }]));
  }

  /** Writes only what differs: a zone of 10,000 records at rest costs nothing. */
  saveLineage(before: Lineage, after: Lineage): void {
    this.#storage.transactionSync(() => {
      for (const id of before.keys())
        if (!after.has(id)) this.#sql.exec("delete from lineage where id = ?", id);
      for (const [id, { kind, identity }] of after) {
        if (before.get(id)?.identity !== identity)
          this.#sql.exec("insert or replace into lineage values (?, ?, ?)", id, kind, identity);
      }
    });
  }

  addLineage(entries: readonly LineageEntry[]): void {
    for (const { id, kind, identity } of entries)
      this.#sql.exec("insert or replace into lineage values (?, ?, ?)", id, kind, identity);
  }

  heals(nowMs: number): readonly Heal[] {
    this.#sql.exec("delete from heal where at_ms < ?", nowMs - WINDOW_MS);
    return this.#sql
      .exec<{ change: Digest; subject: string; at_ms: number }>(
        "select change, subject, at_ms from heal",
      )
      .toArray()
      .map(({ change, subject, at_ms }) => ({ change, subject, atMs: at_ms }));
  }

  addHeals(heals: readonly Heal[]): void {
    for (const { change, subject, atMs } of heals)
      this.#sql.exec("insert into heal values (?, ?, ?)", change, subject, atMs);
  }

  /** Change sets not to be asked for again yet, and how that came. */
  turnedDown(nowMs: number): ReadonlyMap<Digest, string> {
    this.#sql.exec("delete from turned_down where until_ms < ?", nowMs);
    const rows = this.#sql
      .exec<{ change_set: Digest; why: string }>("select change_set, why from turned_down")
      .toArray();
    return new Map(rows.map(({ change_set, why }) => [change_set, why]));
  }

  turnDown(changeSet: Digest, why: string, nowMs: number): void {
    this.#sql.exec(
      "insert or replace into turned_down values (?, ?, ?)",
      changeSet,
      why,
      nowMs + TURNED_DOWN_MS,
    );
  }

  addSignal(signal: Signal): void {
    this.#sql.exec("insert into signal (signal) values (?)", JSON.stringify(signal));
    this.#sql.exec(
      "delete from signal where seq <= (select max(seq) from signal) - ?",
      SIGNALS_MAX,
    );
  }

  signals(): readonly Signal[] {
    return this.#sql
      .exec<{ signal: string }>("select signal from signal order by seq")
      .toArray()
      .map(({ signal }) => JSON.parse(signal) as Signal);
  }

  clearSignals(): void {
    this.#sql.exec("delete from signal");
  }
}
