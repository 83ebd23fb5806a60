import { NEW_STANDING, type Standing } from "../src/core/inference/provider.ts";
import type { Allowance, Memory } from "../src/edge/inference/router.ts";

/** Of one scope and day. Above it the built-in rules go on alone, and people are asked more. */
const TOKENS_A_DAY = 500_000;
const MICROS_A_DAY = 5_000_000;
const DAY_MS = 86_400_000;

/** What an agent remembers of its models: how they stand, and what they have cost today. Survives the object. */
export class InferenceLedger implements Memory {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    this.#sql.exec(
      "create table if not exists provider (name text primary key, standing text not null)",
    );
    this.#sql.exec(
      "create table if not exists spent (day integer primary key, tokens integer not null, micros integer not null)",
    );
  }

  standing(provider: string): Standing {
    const [row] = this.#sql
      .exec<{ standing: string }>("select standing from provider where name = ?", provider)
      .toArray();
    return row ? (JSON.parse(row.standing) as Standing) : NEW_STANDING;
  }

  keep(provider: string, standing: Standing): void {
    this.#sql.exec(
      "insert or replace into provider values (?, ?)",
      provider,
      JSON.stringify(standing),
    );
  }

  left(nowMs: number): Allowance {
    const [row] = this.#sql
      .exec<Record<"tokens" | "micros", number>>(
        "select tokens, micros from spent where day = ?",
        Math.floor(nowMs / DAY_MS),
      )
      .toArray();
    return {
      tokens: TOKENS_A_DAY - (row?.tokens ?? 0),
      micros: MICROS_A_DAY - (row?.micros ?? 0),
    };
  }

  spend(nowMs: number, { tokens, micros }: Allowance): void {
    const day = Math.floor(nowMs / DAY_MS);
    this.#sql.exec("delete from spent where day < ?", day);
    this.#sql.exec(
      "insert into spent values (?, ?, ?) on conflict (day) do update set tokens = tokens + excluded.tokens, micros = micros + excluded.micros",
      day,
      tokens,
      micros,
    );
  }
}
