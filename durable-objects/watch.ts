import { DurableObject } from "cloudflare:workers";
import type { RunId, ScopeId } from "../src/core/ids.ts";
import { admit, zonesMax } from "../src/core/guardrails/reach.ts";
import type { WatchPort } from "../src/core/ports.ts";

/** Longer than a run waits for people and tries again: one whose end was never told is forgotten. */
const RUN_MS_MAX = 3 * 60 * 60_000;

/**
 * One per account. Owns: which scopes got a guardrail within the last hour, and which have a run under way. Stored before it is answered (the output gate
 * holds the answer), so a crash forgets nobody.
 */
export class Watch extends DurableObject<Env> implements WatchPort {
  readonly #sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql.exec(
      "create table if not exists reached (scope text primary key, at_ms integer not null)",
    );
    // A scope has one run at a time.
    this.#sql.exec(
      "create table if not exists under_way (scope text primary key, run text not null, at_ms integer not null)",
    );
  }

  async runBegan(scope: ScopeId, run: RunId): Promise<void> {
    this.#sql.exec("insert or replace into under_way values (?, ?, ?)", scope, run, Date.now());
  }

  /** The end of another run than the one that is known says nothing about this one. */
  async runEnded(scope: ScopeId, run: RunId): Promise<void> {
    this.#sql.exec("delete from under_way where scope = ? and run = ?", scope, run);
  }

  async inFlight(but: ScopeId): Promise<number> {
    this.#sql.exec("delete from under_way where at_ms < ?", Date.now() - RUN_MS_MAX);
    return this.#sql
      .exec<{ n: number }>("select count(*) as n from under_way where scope <> ?", but)
      .one().n;
  }

  async admit(scope: ScopeId): ReturnType<WatchPort["admit"]> {
    const rows = this.#sql
      .exec<{ scope: ScopeId; at_ms: number }>("select scope, at_ms from reached")
      .toArray();
    const reached = new Map(rows.map((row) => [row.scope, row.at_ms]));
    const answer = admit(reached, scope, {
      nowMs: Date.now(),
      max: zonesMax(this.env.GUARDRAIL_ZONES_PER_HOUR),
    });
    if (!answer.ok) return answer;
    for (const gone of answer.value.forgotten)
      this.#sql.exec("delete from reached where scope = ?", gone);
    this.#sql.exec("insert or replace into reached values (?, ?)", scope, Date.now());
    return { ok: true, value: null };
  }
}
