import type { Entry } from "../src/core/log/entry.ts";
import type { LineageEntry } from "../src/core/observation.ts";
import type { Plan } from "../src/core/plan.ts";
import { guardedBy } from "../src/core/policy/guarded-step.ts";
import type { RunStart } from "../src/core/ports.ts";
import { err, type Result } from "../src/core/result.ts";
import { advance, type Run, type RunEvent, type RunRefusal, start } from "../src/core/run.ts";
import type { Instant } from "../src/core/ids.ts";
import type { Assessed } from "../src/core/run-view.ts";

export interface Journalled {
  readonly run: Run;
  readonly cause: string;
  /** Absent in a run that began before paths were told. */
  readonly paths?: readonly string[];
  readonly assessed: Assessed;
  readonly accountId: string;
  /** Ids that the touched resources had when they were read back. */
  readonly touched: readonly LineageEntry[];
  /** The phase's effect is not repeated before this (epoch ms), however often the run is shaken awake (I12). */
  readonly notBefore: number;
}

/** What changes together with the run's phase. */
export interface Learned extends Partial<Pick<Journalled, "touched">> {
  readonly entries?: readonly Entry[];
}

export type AdvanceRefusal = RunRefusal | { readonly reason: "no_such_run" };

/** The run, its plan and its outbox. Synchronous; `advance` is one transaction. */
export class RunJournal {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#sql.exec(
      "create table if not exists run (one integer primary key check (one = 1), journalled text not null, plan text not null)",
    );
    this.#sql.exec(
      "create table if not exists outbox (seq integer primary key autoincrement, entry text not null)",
    );
  }

  /** Does nothing when the run has begun already. */
  begin({ plan, cause, paths, assessed, accountId, ...rest }: RunStart, at: Instant): void {
    const begun: Journalled = {
      run: start({
        ...rest,
        requestedBy: plan.proposal.requestedBy,
        guardedBy: guardedBy(plan),
        at,
      }),
      cause,
      paths,
      assessed,
      accountId,
      touched: [],
      notBefore: 0,
    };
    this.#sql.exec(
      "insert or ignore into run values (1, ?, ?)",
      JSON.stringify(begun),
      JSON.stringify(plan),
    );
  }

  load(): Journalled | null {
    const [row] = this.#sql.exec<{ journalled: string }>("select journalled from run").toArray();
    return row ? (JSON.parse(row.journalled) as Journalled) : null;
  }

  plan(): Plan {
    return JSON.parse(this.#sql.exec<{ plan: string }>("select plan from run").one().plan) as Plan;
  }

  /**
   * Commits the run's next state together with what has to be told about it. Reads the state itself: what a caller loaded
   * before an await may be old, and an event that no longer fits is refused.
   */
  advance(
    event: RunEvent,
    { entries = [], ...learned }: Learned = {},
  ): Result<Run, AdvanceRefusal> {
    const journalled = this.load();
    if (!journalled) return err({ reason: "no_such_run" });
    const run = advance(journalled.run, event);
    if (!run.ok) return run;
    this.#storage.transactionSync(() => {
      this.#save({ ...journalled, ...learned, run: run.value, notBefore: 0 });
      for (const entry of entries)
        this.#sql.exec("insert into outbox (entry) values (?)", JSON.stringify(entry));
    });
    return run;
  }

  holdUntil(notBefore: number): void {
    const journalled = this.load();
    if (journalled) this.#save({ ...journalled, notBefore });
  }

  outbox(): readonly { readonly seq: number; readonly entry: Entry }[] {
    return this.#sql
      .exec<{ seq: number; entry: string }>("select seq, entry from outbox order by seq")
      .toArray()
      .map(({ seq, entry }) => ({ seq, entry: JSON.parse(entry) as Entry }));
  }

  sent(seq: number): void {
    this.#sql.exec("delete from outbox where seq <= ?", seq);
  }

  #save(journalled: Journalled): void {
    this.#sql.exec("update run set journalled = ?", JSON.stringify(journalled));
  }
}
