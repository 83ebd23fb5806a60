import { DurableObject } from "cloudflare:workers";
import {
  ask,
  type Ask,
  type Budget,
  type Grant,
  tell,
  type Told,
  UNUSED,
} from "../src/core/budget.ts";

/**
 * One per account: grants calls of the read token, so that sweeps, looks and heals together never exceed its quota and a
 * sweep never keeps a heal waiting. Owns: what has been granted in the last five minutes. A crash forgets nothing that
 * was granted: the grant is stored before it is answered (the output gate holds the answer).
 */
export class Governor extends DurableObject<Env> {
  #budget: Budget;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.ctx.storage.sql.exec(
      "create table if not exists budget (one integer primary key check (one = 1), budget text not null)",
    );
    const [row] = this.ctx.storage.sql
      .exec<{ budget: string }>("select budget from budget")
      .toArray();
    this.#budget = row ? (JSON.parse(row.budget) as Budget) : UNUSED;
  }

  /** `told`: what Cloudflare said last, so that one call carries both ways. */
  async acquire(wish: Ask, told: Told | null): Promise<Grant> {
    const now = Date.now();
    const { budget, grant } = ask(told ? tell(this.#budget, told, now) : this.#budget, wish, now);
    this.#keep(budget);
    return grant;
  }

  #keep(budget: Budget): void {
    this.#budget = budget;
    this.ctx.storage.sql.exec(
      "insert or replace into budget values (1, ?)",
      JSON.stringify(budget),
    );
  }
}
