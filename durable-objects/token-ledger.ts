import type { Grant } from "../src/core/token-grant.ts";
import type { SealedValue } from "../src/edge/signing/sealed-value.ts";
import { NamedValues } from "./named-values.ts";

/** `minting` is written before the call that makes a token: after a crash it means "one of this name may exist". */
export type MintedState = "minting" | "out" | "closing" | "deleted";

export interface Minted {
  readonly name: string;
  readonly lease: string;
  readonly accountId: string;
  readonly state: MintedState;
  readonly tokenId: string | null;
  readonly value: SealedValue | null;
  readonly expiresAtMs: number;
  readonly changedAtMs: number;
}

/** The token that reads, and writes where none is minted. */
export interface Standing {
  readonly tokenId: string | null;
  /** Null: the one of the environment. */
  readonly value: SealedValue | null;
  /** Where it was made, and the only place where it goes. */
  readonly origin: string;
  /** Of the environment's token: another one there is a person's word that it is the one to use now. */
  readonly envDigest: string;
  readonly sinceMs: number;
}

/** A rotation under way. Each stage is stored before the next call goes out. */
export type Rotation =
  | {
      readonly stage: "making";
      readonly name: string;
      readonly oldId: string;
      readonly accountId: string;
    }
  | {
      readonly stage: "proving" | "revoking";
      readonly oldId: string;
      readonly accountId: string;
      readonly newId: string;
      readonly value: SealedValue;
    };

interface Values {
  readonly standing: Standing;
  readonly rotation: Rotation;
  /** When a rotation that failed may be tried again. */
  readonly rotateAfterMs: number;
  /** The account that tokens were last asked about. */
  readonly accountId: string;
  /** Names of permission groups → ids, and since when that is known. */
  readonly groups: {
    readonly accountId: string;
    readonly atMs: number;
    readonly ids: readonly (readonly [string, string])[];
  };
}

interface Row extends Record<string, SqlStorageValue> {
  readonly name: string;
  readonly lease: string;
  readonly account_id: string;
  readonly state: string;
  readonly token_id: string | null;
  readonly value: string | null;
  readonly expires_at: number;
  readonly changed_at: number;
}

const mintedOf = (row: Row): Minted => ({
  name: row.name,
  lease: row.lease,
  accountId: row.account_id,
  state: row.state as MintedState,
  tokenId: row.token_id,
  value: row.value === null ? null : (JSON.parse(row.value) as SealedValue),
  expiresAtMs: row.expires_at,
  changedAtMs: row.changed_at,
});

/** What the safe must not forget. Synchronous; what is written here is there before the next call goes out. */
export class TokenLedger {
  readonly #sql: SqlStorage;
  readonly #values: NamedValues<Values>;

  constructor({ sql }: DurableObjectStorage) {
    this.#sql = sql;
    sql.exec(
      "create table if not exists lease (id text primary key, scope text not null, expires_at integer not null)",
    );
    sql.exec(
      "create table if not exists minted (name text primary key, lease text not null, account_id text not null, state text not null, token_id text, value text, expires_at integer not null, changed_at integer not null)",
    );
    this.#values = new NamedValues(sql);
  }

  get<Name extends keyof Values>(name: Name): Values[Name] | null {
    return this.#values.get(name) ?? null;
  }

  set<Name extends keyof Values>(name: Name, value: Values[Name] | null): void {
    if (value === null) this.#values.drop(name);
    else this.#values.set({ [name]: value });
  }

  open(id: string, grant: Grant, expiresAtMs: number): void {
    this.#sql.exec(
      "insert or replace into lease values (?, ?, ?)",
      id,
      JSON.stringify(grant),
      expiresAtMs,
    );
  }

  lease(id: string, nowMs: number): Grant | null {
    const [row] = this.#sql
      .exec<{ scope: string }>("select scope from lease where id = ? and expires_at > ?", id, nowMs)
      .toArray();
    return row ? (JSON.parse(row.scope) as Grant) : null;
  }

  /** No write goes out under the lease any more; its tokens are to go. */
  end(id: string, nowMs: number): void {
    this.#sql.exec("delete from lease where id = ?", id);
    this.#sql.exec(
      "update minted set state = 'closing', value = null, changed_at = ? where lease = ? and state in ('minting', 'out')",
      nowMs,
      id,
    );
  }

  /** Tokens that may exist at Cloudflare. */
  outstanding(): number {
    return this.#sql
      .exec<{ n: number }>("select count(*) as n from minted where state <> 'deleted'")
      .one().n;
  }

  minting(
    {
      name,
      lease,
      accountId,
      expiresAtMs,
    }: Pick<Minted, "name" | "lease" | "accountId" | "expiresAtMs">,
    nowMs: number,
  ): void {
    this.#sql.exec(
      "insert into minted values (?, ?, ?, 'minting', null, null, ?, ?)",
      name,
      lease,
      accountId,
      expiresAtMs,
      nowMs,
    );
  }

  out(
    name: string,
    { tokenId, value }: { tokenId: string; value: SealedValue },
    nowMs: number,
  ): void {
    this.#sql.exec(
      "update minted set state = 'out', token_id = ?, value = ?, changed_at = ? where name = ? and state = 'minting'",
      tokenId,
      JSON.stringify(value),
      nowMs,
      name,
    );
  }

  /** The value goes with the state: what is to be deleted is not to be used. */
  closing(name: string, nowMs: number): void {
    this.#sql.exec(
      "update minted set state = 'closing', value = null, changed_at = ? where name = ? and state <> 'deleted'",
      nowMs,
      name,
    );
  }

  deleted(name: string, nowMs: number): void {
    this.#sql.exec(
      "update minted set state = 'deleted', value = null, changed_at = ? where name = ?",
      nowMs,
      name,
    );
  }

  /** The id of a token that is known by its name only. */
  found(name: string, tokenId: string): void {
    this.#sql.exec("update minted set token_id = ? where name = ?", tokenId, name);
  }

  of(lease: string): Minted | null {
    const [row] = this.#sql
      .exec<Row>("select * from minted where lease = ? and state in ('minting', 'out')", lease)
      .toArray();
    return row ? mintedOf(row) : null;
  }

  /** Those that have to go: given back, expired, or begun so long ago that whoever began is gone. */
  due(nowMs: number, abandonedBeforeMs: number): readonly Minted[] {
    return this.#sql
      .exec<Row>(
        "select * from minted where state = 'closing' or (state = 'out' and expires_at <= ?) or (state = 'minting' and changed_at <= ?) order by changed_at limit 100",
        nowMs,
        abandonedBeforeMs,
      )
      .toArray()
      .map(mintedOf);
  }

  /** When the next token expires or counts as abandoned; null: none is out. */
  nextDueMs(abandonedAfterMs: number): number | null {
    const [row] = this.#sql
      .exec<{ at: number | null }>(
        "select min(case state when 'minting' then changed_at + ?1 when 'closing' then changed_at else expires_at end) as at from minted where state <> 'deleted'",
        abandonedAfterMs,
      )
      .toArray();
    return row?.at ?? null;
  }

  /** Ids of the tokens that wrote since `sinceMs`, newest first. */
  ids(sinceMs: number, max: number): readonly string[] {
    return this.#sql
      .exec<{ token_id: string }>(
        "select token_id from minted where token_id is not null and (state <> 'deleted' or changed_at >= ?) order by changed_at desc limit ?",
        sinceMs,
        max,
      )
      .toArray()
      .map((row) => row.token_id);
  }

  forget(beforeMs: number): void {
    this.#sql.exec("delete from minted where state = 'deleted' and changed_at < ?", beforeMs);
    this.#sql.exec("delete from lease where expires_at < ?", beforeMs);
  }
}
