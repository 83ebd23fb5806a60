import { DurableObject } from "cloudflare:workers";
import type { ScopeId } from "../src/core/ids.ts";
import { admit, zonesMax } from "../src/core/guardrails/reach.ts";
import type { WatchPort } from "../src/core/ports.ts";

/**
 * One per account. Owns: which scopes got a guardrail within the last hour. Stored before it is answered (the output gate
 * holds the answer), so a crash forgets nobody.
 */
export class Watch extends DurableObject<Env> implements WatchPort {
  readonly #sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql.exec(
      "create table if not exists reached (scope text primary key, at_ms integer not null)",
    );
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
