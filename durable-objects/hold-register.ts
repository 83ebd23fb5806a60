import { type Hold, isExpired, nextExpiry } from "../src/core/hold.ts";
import type { HoldId, Instant } from "../src/core/ids.ts";
import { type Ended, holdEndedEntry, holdEntry } from "../src/core/log/hold-entries.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import { logOf } from "./bindings.ts";

/**
 * The holds of one scope, inside its reconciler. Invariant: what stands here is what holds; log and D1 tell of it.
 * Order: the record first (I10; a crash leaves an entry about a hold that nobody was promised), then one transaction,
 * then the copy in D1, which the next change or the same request again makes good.
 */
export class HoldRegister {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #env: Env;

  constructor(storage: DurableObjectStorage, env: Env) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#env = env;
    this.#sql.exec(
      "create table if not exists hold (id text primary key, hold text not null, asked integer not null)",
    );
  }

  all(): readonly Hold[] {
    return this.#sql
      .exec<{ hold: string }>("select hold from hold order by id")
      .toArray()
      .map(({ hold }) => JSON.parse(hold) as Hold);
  }

  find(id: HoldId): Hold | null {
    return this.all().find((hold) => hold.id === id) ?? null;
  }

  /** Placed or extended. `also` is done in the same transaction. */
  async put(hold: Hold, { by, at }: { by: string; at: Instant }, also: () => void): Promise<void> {
    await logOf(this.#env).append([holdEntry(hold, { by, at })]);
    this.#storage.transactionSync(() => {
      this.#sql.exec("insert or replace into hold values (?, ?, 0)", hold.id, JSON.stringify(hold));
      also();
    });
    await new SharedRecord(this.#env.DB).saveHold(hold, null);
  }

  async end(hold: Hold, ended: Ended, also: () => void): Promise<void> {
    await logOf(this.#env).append([holdEndedEntry(hold, ended)]);
    this.#storage.transactionSync(() => {
      this.#sql.exec("delete from hold where id = ?", hold.id);
      also();
    });
    await new SharedRecord(this.#env.DB).saveHold(hold, ended);
  }

  /** Whether a hold has expired since this was last asked: then the scope has to be looked at. */
  claimExpired(now: Instant): boolean {
    const waiting = this.#sql
      .exec<{ hold: string }>("select hold from hold where asked = 0")
      .toArray()
      .map(({ hold }) => JSON.parse(hold) as Hold)
      .filter((hold) => isExpired(hold, now));
    for (const { id } of waiting) this.#sql.exec("update hold set asked = 1 where id = ?", id);
    return waiting.length > 0;
  }

  /** When the next one expires (epoch ms). */
  nextExpiryMs(now: Instant): number | null {
    const next = nextExpiry(this.all(), now);
    return next === null ? null : Date.parse(next);
  }
}
