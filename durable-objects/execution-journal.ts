import type { Match } from "../src/core/golden.ts";
import { type Digest, type Instant, instantOf } from "../src/core/ids.ts";
import type { Entry } from "../src/core/log/entry.ts";
import type { HeededHold } from "../src/core/log/hold-entries.ts";
import { type Plan, seal, type SealedPlan } from "../src/core/plan.ts";
import type { ApiRequest } from "../src/core/resource.ts";

/** `intended` is written before the call goes out: after a crash it means "may have happened, look". */
export type CallState = "intended" | "done";

/** What a release was granted on. */
export interface Terms {
  /** How many people approved. */
  readonly people: number;
  /** Until when the inverses may be run; null: no longer. */
  readonly revertUntil: Instant | null;
}

/** What the vault must not forget: releases, calls, inverses, holds, results that the record has to be told. Synchronous, one row a fact. */
export class ExecutionJournal {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#sql.exec(
      "create table if not exists release (plan_digest text primary key, epoch integer not null, plan text not null)",
    );
    // Beside `release`, whose rows are older than these facts: how many people approved, until when it may be taken back.
    this.#sql.exec(
      "create table if not exists term (plan_digest text primary key, people integer not null, revert_until text not null)",
    );
    this.#sql.exec(
      "create table if not exists hold (id text primary key, selector text not null, at text not null, ended integer not null)",
    );
    this.#sql.exec(
      "create table if not exists call (plan_digest text not null, call integer not null, state text not null, primary key (plan_digest, call))",
    );
    this.#sql.exec(
      "create table if not exists inverse (plan_digest text not null, step integer not null, request text not null, created_id text, state text not null, primary key (plan_digest, step))",
    );
    // What came of a call, from the transaction that stores it until the record has it.
    this.#sql.exec(
      "create table if not exists owed (seq integer primary key autoincrement, plan_digest text not null, entry text not null)",
    );
    this.#sql.exec(
      "create table if not exists zone (one integer primary key check (one = 1), id text not null)",
    );
  }

  lastEpoch(): number {
    return this.#sql
      .exec<{ last: number }>("select coalesce(max(epoch), 0) as last from release")
      .one().last;
  }

  admit({ plan, digest }: SealedPlan, { people, revertUntil }: Terms): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec(
        "insert or ignore into release values (?, ?, ?)",
        digest,
        plan.epoch,
        JSON.stringify(plan),
      );
      this.#sql.exec(
        "insert or ignore into term values (?, ?, ?)",
        digest,
        people,
        revertUntil ?? "",
      );
    });
  }

  /** On which terms a plan was released. One without any is from before there were terms: nobody, and not to be taken back. */
  terms(planDigest: Digest): Terms {
    const [row] = this.#sql
      .exec<{ people: number; revert_until: string }>(
        "select people, revert_until from term where plan_digest = ?",
        planDigest,
      )
      .toArray();
    return {
      people: row?.people ?? 0,
      revertUntil: row?.revert_until ? instantOf(row.revert_until) : null,
    };
  }

  /** What was verified stays: its inverses are no longer anybody's to run. */
  close(planDigest: Digest): void {
    this.#sql.exec("update term set revert_until = '' where plan_digest = ?", planDigest);
  }

  /** A hold as the record has it. An entry that comes late or twice never undoes a newer one. */
  heed({ id, selector, at, ended }: HeededHold): void {
    this.#sql.exec(
      "insert into hold values (?1, ?2, ?3, ?4) on conflict (id) do update set selector = ?2, at = ?3, ended = ?4 where ?3 >= at",
      id,
      JSON.stringify(selector),
      at,
      ended ? 1 : 0,
    );
  }

  /** What holds now. An expired hold holds until somebody ends it. */
  holds(): readonly { readonly id: string; readonly selector: Match | null }[] {
    return this.#sql
      .exec<{ id: string; selector: string }>("select id, selector from hold where ended = 0")
      .toArray()
      .map(({ id, selector }) => ({ id, selector: JSON.parse(selector) as Match | null }));
  }

  plan(planDigest: Digest): SealedPlan | null {
    const [row] = this.#sql
      .exec<{ plan: string }>("select plan from release where plan_digest = ?", planDigest)
      .toArray();
    const plan = row && seal(JSON.parse(row.plan) as Plan);
    return plan?.digest === planDigest ? plan : null;
  }

  state(planDigest: Digest, call: number): CallState | null {
    const [row] = this.#sql
      .exec<{ state: CallState }>(
        "select state from call where plan_digest = ? and call = ?",
        planDigest,
        call,
      )
      .toArray();
    return row?.state ?? null;
  }

  /** The call and the inverses of its steps in one transaction: from here on it can be undone (I3). */
  intend({ plan, digest }: SealedPlan, call: number): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec("insert or ignore into call values (?, ?, 'intended')", digest, call);
      for (const step of plan.calls[call]?.steps ?? []) {
        this.#sql.exec(
          "insert or ignore into inverse values (?, ?, ?, null, 'ready')",
          digest,
          step,
          JSON.stringify(plan.steps[step]?.inverse ?? null),
        );
      }
    });
  }

  /** `created`: ids that Cloudflare gave, by step. */
  done(
    planDigest: Digest,
    call: number,
    { created, entry }: { readonly created: ReadonlyMap<number, string>; readonly entry: Entry },
  ): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec(
        "update call set state = 'done' where plan_digest = ? and call = ?",
        planDigest,
        call,
      );
      this.owe(planDigest, entry);
      for (const [step, id] of created)
        this.#sql.exec(
          "update inverse set created_id = ? where plan_digest = ? and step = ?",
          id,
          planDigest,
          step,
        );
    });
  }

  callsDone(planDigest: Digest): number {
    return this.#sql
      .exec<{ done: number }>(
        "select count(*) as done from call where plan_digest = ? and state = 'done'",
        planDigest,
      )
      .one().done;
  }

  /** Inverses still to be run, last step first. */
  inverses(planDigest: Digest): readonly {
    readonly step: number;
    readonly request: ApiRequest;
    readonly createdId: string | null;
  }[] {
    return this.#sql
      .exec<{ step: number; request: string; created_id: string | null }>(
        "select step, request, created_id from inverse where plan_digest = ? and state = 'ready' order by step desc",
        planDigest,
      )
      .toArray()
      .map(({ step, request, created_id }) => ({
        step,
        request: JSON.parse(request) as ApiRequest,
        createdId: created_id,
      }));
  }

  /** Ids of the objects that steps made, or that their inverses made again. */
  ids(planDigest: Digest): Map<number, string> {
    const rows = this.#sql
      .exec<{ step: number; created_id: string }>(
        "select step, created_id from inverse where plan_digest = ? and created_id is not null",
        planDigest,
      )
      .toArray();
    return new Map(rows.map(({ step, created_id: id }) => [step, id]));
  }

  /** `createdId`: what Cloudflare calls the object that was made again, or null. */
  undone(
    planDigest: Digest,
    step: number,
    { createdId, entry }: { readonly createdId: string | null; readonly entry: Entry },
  ): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec(
        "update inverse set state = 'undone', created_id = coalesce(?, created_id) where plan_digest = ? and step = ?",
        createdId,
        planDigest,
        step,
      );
      this.owe(planDigest, entry);
    });
  }

  /** The record has to be told before anything else is done for this plan (I10). */
  owe(planDigest: Digest, entry: Entry): void {
    this.#sql.exec(
      "insert into owed (plan_digest, entry) values (?, ?)",
      planDigest,
      JSON.stringify(entry),
    );
  }

  owed(planDigest: Digest): readonly { readonly seq: number; readonly entry: Entry }[] {
    return this.#sql
      .exec<{ seq: number; entry: string }>(
        "select seq, entry from owed where plan_digest = ? order by seq",
        planDigest,
      )
      .toArray()
      .map(({ seq, entry }) => ({ seq, entry: JSON.parse(entry) as Entry }));
  }

  /** The record has them, up to this one. */
  told(planDigest: Digest, seq: number): void {
    this.#sql.exec("delete from owed where plan_digest = ? and seq <= ?", planDigest, seq);
  }

  /** The id of the scope's zone, once it has been established. */
  zoneId(): string | null {
    return this.#sql.exec<{ id: string }>("select id from zone").toArray()[0]?.id ?? null;
  }

  keepZoneId(id: string): void {
    this.#sql.exec("insert or ignore into zone values (1, ?)", id);
  }
}
