import type { Passkey, PasskeyUse } from "../src/core/passkey-register.ts";

/** Statements live an hour at most; uses are forgotten after two. */
const USES_KEPT_MS = 2 * 60 * 60_000;

/** Passkeys and what was signed with them. Synchronous. */
export class PasskeyJournal {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    const { sql } = storage;
    this.#sql = sql;
    // Those that were taken away count for nothing; what they signed before stays verifiable by them.
    sql.exec(
      "create table if not exists former_passkey (id text not null, registered_at text not null, passkey text not null, primary key (id, registered_at))",
    );
    sql.exec("create table if not exists passkey (id text primary key, passkey text not null)");
    sql.exec("create table if not exists passkey_past (one integer primary key check (one = 1))");
    sql.exec(
      "create table if not exists passkey_use (statement text primary key, counter integer not null, used_ms integer not null)",
    );
  }

  all(): readonly Passkey[] {
    return this.#sql
      .exec<{ passkey: string }>("select passkey from passkey order by id")
      .toArray()
      .map(({ passkey }) => JSON.parse(passkey) as Passkey);
  }

  save(passkey: Passkey): void {
    this.#sql.exec(
      "insert or replace into passkey values (?, ?)",
      passkey.id,
      JSON.stringify(passkey),
    );
  }

  remove(passkey: Passkey): void {
    const { id, registeredAt, confirmedBy } = passkey;
    this.#storage.transactionSync(() => {
      this.#sql.exec("delete from passkey where id = ?", id);
      // One that never counted has signed nothing that anybody verifies.
      if (confirmedBy === null) return;
      this.#sql.exec("insert or ignore into passkey_past values (1)");
      this.#sql.exec(
        "insert or ignore into former_passkey values (?, ?, ?)",
        id,
        registeredAt,
        JSON.stringify(passkey),
      );
    });
  }

  former(): readonly Passkey[] {
    return this.#sql
      .exec<{ passkey: string }>("select passkey from former_passkey order by id, registered_at")
      .toArray()
      .map(({ passkey }) => JSON.parse(passkey) as Passkey);
  }

  /** Whether one that counted was ever taken away. */
  hasPast(): boolean {
    return this.#sql.exec("select one from passkey_past").toArray().length > 0;
  }

  use(statement: string): PasskeyUse | null {
    const [row] = this.#sql
      .exec<{ statement: PasskeyUse["statement"]; counter: number }>(
        "select statement, counter from passkey_use where statement = ?",
        statement,
      )
      .toArray();
    return row ?? null;
  }

  used({ statement, counter }: PasskeyUse, nowMs: number): void {
    this.#sql.exec("delete from passkey_use where used_ms < ?", nowMs - USES_KEPT_MS);
    this.#sql.exec("insert or ignore into passkey_use values (?, ?, ?)", statement, counter, nowMs);
  }
}
