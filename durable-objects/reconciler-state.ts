import type { Json } from "../src/core/canonical.ts";
import { changeDigest } from "../src/core/diff.ts";
import type { HeldBack, Keeper } from "../src/core/hold.ts";
import { type Incident, INCIDENT_MAX_MS, type OpenIncident } from "../src/core/incident.ts";
import type { Digest, IncidentId, Instant, ObjectId, RunId, ScopeId } from "../src/core/ids.ts";
import type { ZonePlan } from "../src/core/golden-paths/zone-plan.ts";
import type { Lineage, LineageEntry } from "../src/core/observation.ts";
import type { RunStart, StoredGolden } from "../src/core/ports.ts";
import { type Heal, WINDOW_MS } from "../src/core/recurrence.ts";
import type { Site } from "../src/core/resource.ts";
import type { PastRun } from "../src/core/risk/history.ts";
import type { ScopeView } from "../src/core/scope-view.ts";
import type { Signal } from "../src/core/signal.ts";
import type { ReadCache } from "../src/core/reader.ts";
import { NamedValues } from "./named-values.ts";

export interface ScopeIdentity {
  readonly scope: ScopeId;
  readonly site: Site;
  readonly accountId: string;
  /** Absent where it was stored before plans were looked at. */
  readonly plan?: ZonePlan | null;
}

/** The run under way and what has to be remembered when it ends. */
export interface ActiveRun {
  readonly start: RunStart;
  readonly incident: Incident;
  readonly heals: readonly Omit<Heal, "atMs">[];
  readonly changeSet: Digest;
  /** Changes that did not fit into its plan. */
  readonly postponed: number;
  /** Whether its changes can be tried one by one. Asked for again and again, what cannot would never end (I14). */
  readonly divisible: boolean;
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
  /** When a whole reading last found everything in place: no run moves it, because a run reads only what it touched. */
  wholeAt: Instant;
  /** The incident that is open without a run (quarantined or turned down). */
  standing: Incident | null;
  /** Runs of other scopes of the account that were under way when the last plan was made; null: nobody could say. */
  inFlight: number | null;
  /** Whether every voter had a voice when that was last looked at; until then they are made to ask for it. */
  seated: boolean;
  /** How runs ended, oldest first. */
  past: readonly PastRun[];
  /** What was learned everywhere, as it was read last: kept while the copy cannot be read, so that care does not go with it. */
  cautions: readonly Digest[];
}

/** Signals kept until a pass has dealt with them; more of them change nothing (I7). */
const SIGNALS_MAX = 50;
/** A change set that was turned down is not asked for again for so long. */
export const TURNED_DOWN_MS = 60 * 60_000;

/** One of each cause and some to spare (I12). */
const OPEN_INCIDENTS_MAX = 50;

/** A key is a phase, and Cloudflare has 24. */
const CACHED_MAX = 32;
/** A row of 2 MB is the most that a Durable Object can store; a phase of 1,000 rules has some 500 kB. */
const CACHED_CHARS_MAX = 500_000;

/** Twenty of a shape are as good as more, and a scope has a handful of shapes (I12). */
const PAST_MAX = 200;

/** Longer than a plan can wait for people; then the question is put again. */
const RULING_MS = 24 * 60 * 60_000;

/** The reconciler's tables. Synchronous; every method is one statement or one transaction. */
export class ReconcilerState {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #values: NamedValues<Values>;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#values = new NamedValues(this.#sql);
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
      "create table if not exists suspect (change text primary key, until_ms integer not null)",
    );
    this.#sql.exec(
      "create table if not exists turned_down (change_set text primary key, why text not null, until_ms integer not null)",
    );
    this.#sql.exec(
      "create table if not exists read_cache (key text primary key, version text not null, value text not null)",
    );
    this.#sql.exec(
      "create table if not exists routed (change text primary key, keeper text not null)",
    );
    this.#sql.exec(
      "create table if not exists ruling (change text primary key, until_ms integer not null)",
    );
    this.#sql.exec(
      "create table if not exists open_incident (id text primary key, cause text not null, opened_at_ms integer not null)",
    );
    this.#sql.exec(
      "create table if not exists signal (seq integer primary key autoincrement, signal text not null)",
    );
  }

  get<Name extends keyof Values>(name: Name): Values[Name] | undefined {
    return this.#values.get(name);
  }

  /** All of them or none. */
  set(values: Partial<Values>): void {
    this.#storage.transactionSync(() => this.#values.set(values));
  }

  addPast(run: PastRun): void {
    this.set({ past: [...(this.get("past") ?? []), run].slice(-PAST_MAX) });
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
      this.#sql.exec("delete from suspect");
      this.#sql.exec("delete from heal");
      this.#sql.exec("delete from ruling");
      this.#sql.exec("delete from routed");
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

  /** What earlier passes read, as long as its version stands. Losing it costs a call, so nothing depends on it. */
  readonly readCache: ReadCache = {
    has: (key) =>
      this.#sql.exec("select 1 from read_cache where key = ?", key).toArray().length > 0,
    get: (key, version) => {
      const [row] = this.#sql
        .exec<{ value: string }>(
          "select value from read_cache where key = ? and version = ?",
          key,
          version,
        )
        .toArray();
      return row ? (JSON.parse(row.value) as Json) : undefined;
    },
    set: (key, version, value) => {
      const text = JSON.stringify(value);
      this.#sql.exec("delete from read_cache where key = ?", key);
      const { kept } = this.#sql
        .exec<{ kept: number }>("select count(*) as kept from read_cache")
        .one();
      if (kept >= CACHED_MAX || text.length > CACHED_CHARS_MAX) return;
      this.#sql.exec("insert into read_cache values (?, ?, ?)", key, version, text);
    },
  };

  /** Changes by digest that routing rules of the golden state in force have kept back. */
  routed(): ReadonlyMap<Digest, Keeper> {
    const rows = this.#sql
      .exec<{ change: Digest; keeper: string }>("select change, keeper from routed")
      .toArray();
    return new Map(rows.map(({ change, keeper }) => [change, JSON.parse(keeper) as Keeper]));
  }

  /** Those that are kept back now; the others are forgotten. */
  saveRouted(heldBack: readonly HeldBack[]): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec("delete from routed");
      for (const { change, ...keeper } of heldBack)
        if (keeper.by.type === "routing")
          this.#sql.exec(
            "insert or replace into routed values (?, ?)",
            changeDigest(change),
            JSON.stringify(keeper),
          );
    });
  }

  /** Changes by digest that a person wants reverted although a routing rule would keep them. */
  rulings(nowMs: number): ReadonlySet<Digest> {
    this.#sql.exec("delete from ruling where until_ms < ?", nowMs);
    const rows = this.#sql.exec<{ change: Digest }>("select change from ruling").toArray();
    return new Set(rows.map(({ change }) => change));
  }

  rule(changes: readonly Digest[], nowMs: number): void {
    this.#storage.transactionSync(() => {
      for (const change of changes)
        this.#sql.exec("insert or replace into ruling values (?, ?)", change, nowMs + RULING_MS);
      this.#sql.exec("delete from turned_down");
    });
  }

  /** A person has decided anew about what is held: what was turned down before is no answer any more. */
  forgetTurnedDown(): void {
    this.#sql.exec("delete from turned_down");
    this.set({ attempts: 0, retryAt: null });
  }

  /** Changes to be tried one by one. */
  suspects(nowMs: number): ReadonlySet<Digest> {
    this.#sql.exec("delete from suspect where until_ms < ?", nowMs);
    const rows = this.#sql.exec<{ change: Digest }>("select change from suspect").toArray();
    return new Set(rows.map(({ change }) => change));
  }

  suspect(changes: readonly Digest[], nowMs: number): void {
    for (const change of changes) {
      this.#sql.exec(
        "insert or replace into suspect values (?, ?)",
        change,
        nowMs + TURNED_DOWN_MS,
      );
    }
  }

  acquit(changes: readonly Digest[]): void {
    for (const change of changes) this.#sql.exec("delete from suspect where change = ?", change);
  }

  openIncident({ id, cause, openedAtMs }: OpenIncident): void {
    this.#sql.exec("insert or ignore into open_incident values (?, ?, ?)", id, cause, openedAtMs);
    this.#sql.exec(
      "delete from open_incident where id not in (select id from open_incident order by opened_at_ms desc limit ?)",
      OPEN_INCIDENTS_MAX,
    );
  }

  /** Whether it was open. */
  closeIncident(id: IncidentId): boolean {
    return (
      this.#sql.exec("delete from open_incident where id = ? returning id", id).toArray().length > 0
    );
  }

  openIncidents(nowMs: number): readonly OpenIncident[] {
    this.#sql.exec("delete from open_incident where opened_at_ms < ?", nowMs - INCIDENT_MAX_MS);
    return this.#sql
      .exec<{ id: IncidentId; cause: string; opened_at_ms: number }>(
        "select id, cause, opened_at_ms from open_incident",
      )
      .toArray()
      .map(({ id, cause, opened_at_ms }) => ({ id, cause, openedAtMs: opened_at_ms }));
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
