import {
  type At,
  type EndedHow,
  type Guardrail,
  isInForce,
} from "../src/core/guardrails/guardrail.ts";
import { type Leases, ruleKindsOf } from "../src/core/guardrails/overlay.ts";
import type { RuleKind } from "../src/core/guardrails/template.ts";
import type { GuardrailId, Instant } from "../src/core/ids.ts";
import { guardEndedEntry, guardEntry } from "../src/core/log/guardrail-entries.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import { logOf } from "./bindings.ts";

/** Ended guardrails that are remembered, for the count of flaps; more come only from something that flaps (I12). */
const REMEMBERED_MAX = 200;

type State = "live" | "over" | "cleared";

/**
 * The guardrails of one scope, inside its reconciler. Invariant: `live` → `over` → `cleared`, never back: a lease that
 * was once seen to be over stays over, whatever the clock says later. `over`: what it made may still be there. `cleared`: it
 * was seen gone.
 *
 * Order: the record first (I10; a crash leaves an entry about a guardrail that nobody was promised), then one transaction,
 * then the copy in D1. Only an expiry is stored before it is told: nothing may keep a lease from ending.
 */
export class GuardrailRegister {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #env: Env;

  constructor(storage: DurableObjectStorage, env: Env) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#env = env;
    this.#sql.exec(
      "create table if not exists guardrail (id text primary key, guardrail text not null, state text not null, told integer not null, placed_at text not null)",
    );
    this.#sql.exec("create table if not exists guarded_kind (kind text primary key)");
  }

  /** What is or may still be there. */
  leases(): Leases {
    return {
      guardrails: this.#where("state <> 'cleared'"),
      touched: this.#sql
        .exec<{ kind: RuleKind }>("select kind from guarded_kind order by kind")
        .toArray()
        .map(({ kind }) => kind),
    };
  }

  live(): readonly Guardrail[] {
    return this.#where("state = 'live'");
  }

  /** All that is remembered, newest last. */
  all(): readonly Guardrail[] {
    return this.#where("1 = 1");
  }

  find(id: GuardrailId): Guardrail | null {
    return this.all().find((one) => one.id === id) ?? null;
  }

  /** Placed, renewed or on another rung. `also` is done in the same transaction. False: it has ended meanwhile. */
  async put(
    guardrail: Guardrail,
    of: Parameters<typeof guardEntry>[1],
    also: () => void,
  ): Promise<boolean> {
    await logOf(this.#env).append([guardEntry(guardrail, of)]);
    const stored = this.#storage.transactionSync(() => {
      // Told while it ended: an end is for ever.
      if (of.what !== "add" && this.#stateOf(guardrail.id) !== "live") return false;
      this.#write(guardrail, "live", 1);
      for (const kind of ruleKindsOf(guardrail))
        this.#sql.exec("insert or ignore into guarded_kind values (?)", kind);
      also();
      return true;
    });
    if (stored) await new SharedRecord(this.#env.DB).saveGuardrail(guardrail);
    return stored;
  }

  async end(
    guardrail: Guardrail,
    ended: { readonly how: EndedHow; readonly by: string; readonly at: Instant },
    also: () => void,
  ): Promise<Guardrail> {
    const over = { ...guardrail, ended };
    await logOf(this.#env).append([guardEndedEntry(over)]);
    this.#storage.transactionSync(() => {
      if (this.#stateOf(guardrail.id) !== "live") return;
      this.#write(over, "over", 1);
      also();
    });
    await new SharedRecord(this.#env.DB).saveGuardrail(over);
    return over;
  }

  /** Ends what has run out, in the caller's transaction. Whether there was any: then the scope has to be looked at. */
  endExpired(at: At): boolean {
    const out = this.live().filter((one) => !isInForce(one, at));
    for (const one of out) {
      const ended = { at: at.now, by: "reconciler", how: "expired" } as const;
      this.#write({ ...one, ended }, "over", 0);
    }
    return out.length > 0;
  }

  /** Tells of expiries. Until it has worked it is repeated with every drive; each entry is one. */
  async tell(): Promise<void> {
    const untold = this.#where("told = 0");
    if (untold.length === 0) return;
    await logOf(this.#env).append(untold.map(guardEndedEntry));
    const record = new SharedRecord(this.#env.DB);
    for (const one of untold) await record.saveGuardrail(one);
    for (const { id } of untold) this.#sql.exec("update guardrail set told = 1 where id = ?", id);
  }

  /** A whole look found everything in place: what was over at its beginning is gone. */
  clear(seen: Leases, at: At): void {
    for (const one of seen.guardrails)
      if (!isInForce(one, at))
        this.#sql.exec(
          "update guardrail set state = 'cleared' where id = ? and state = 'over'",
          one.id,
        );
    this.#sql.exec(
      "delete from guardrail where state = 'cleared' and told = 1 and id not in (select id from guardrail order by placed_at desc limit ?)",
      REMEMBERED_MAX,
    );
  }

  /** When the next lease runs out (epoch ms). */
  nextExpiryMs(): number | null {
    const [next] = this.live()
      .map(({ expiresAt }) => expiresAt)
      .toSorted();
    return next === undefined ? null : Date.parse(next);
  }

  #where(
    condition: "state <> 'cleared'" | "state = 'live'" | "told = 0" | "1 = 1",
  ): readonly Guardrail[] {
    return this.#sql
      .exec<{ guardrail: string }>(
        `select guardrail from guardrail where ${condition} order by placed_at, id`,
      )
      .toArray()
      .map(({ guardrail }) => JSON.parse(guardrail) as Guardrail);
  }

  #stateOf(id: GuardrailId): State | null {
    const [row] = this.#sql
      .exec<{ state: State }>("select state from guardrail where id = ?", id)
      .toArray();
    return row?.state ?? null;
  }

  #write(guardrail: Guardrail, state: State, told: 0 | 1): void {
    this.#sql.exec(
      "insert or replace into guardrail values (?, ?, ?, ?, ?)",
      guardrail.id,
      JSON.stringify(guardrail),
      state,
      told,
      guardrail.placedAt,
    );
  }
}
