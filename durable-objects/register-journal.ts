import type { Ballot, SignedBallot } from "../src/core/ballot.ts";
import type { ScopeId } from "../src/core/ids.ts";
import { isChain, type SignedEntry } from "../src/core/voter-register.ts";
import type { Seeds } from "../src/edge/signing/key-pair.ts";

/** Rounds of which a voter's ballot is remembered. The vault refuses epochs that have passed, and this is far behind it. */
const EPOCHS_KEPT = 200;

/** What the register must not forget. Synchronous, one row a fact. */
export class RegisterJournal {
  readonly #sql: SqlStorage;
  /** The lists that have been read; this object is their only writer. */
  readonly #read = new Map<ScopeId, readonly SignedEntry[]>();

  constructor({ sql }: DurableObjectStorage) {
    this.#sql = sql;
    sql.exec(
      "create table if not exists root (one integer primary key check (one = 1), seeds text not null)",
    );
    sql.exec(
      "create table if not exists entry (scope text not null, idx integer not null, signed text not null, evidence text, primary key (scope, idx))",
    );
    sql.exec(
      "create table if not exists heard (voter text not null, epoch integer not null, signed text not null, primary key (voter, epoch))",
    );
  }

  seeds(): Seeds | null {
    const [row] = this.#sql.exec<{ seeds: string }>("select seeds from root").toArray();
    return row ? (JSON.parse(row.seeds) as Seeds) : null;
  }

  keepSeeds(seeds: Seeds): void {
    this.#sql.exec("insert into root values (1, ?)", JSON.stringify(seeds));
  }

  /** Oldest first. A list that is no chain is not used at all: nobody votes until somebody has looked. */
  entries(scope: ScopeId): readonly SignedEntry[] {
    const known = this.#read.get(scope);
    if (known) return known;
    const entries = this.#sql
      .exec<{ signed: string }>("select signed from entry where scope = ? order by idx", scope)
      .toArray()
      .map(({ signed }) => JSON.parse(signed) as SignedEntry);
    if (!isChain(entries.map(({ entry }) => entry)))
      throw new Error(`the register of \`${scope}\` has been tampered with`);
    this.#read.set(scope, entries);
    return entries;
  }

  add(signed: SignedEntry, evidence: unknown): void {
    const { scope, index } = signed.entry;
    const before = this.entries(scope);
    this.#sql.exec(
      "insert into entry values (?, ?, ?, ?)",
      scope,
      index,
      JSON.stringify(signed),
      evidence === null ? null : JSON.stringify(evidence),
    );
    this.#read.set(scope, [...before, signed]);
  }

  /** What this voter has said in this epoch before. */
  heard({ voter, epoch }: Ballot): SignedBallot | null {
    const [row] = this.#sql
      .exec<{ signed: string }>(
        "select signed from heard where voter = ? and epoch = ?",
        voter,
        epoch,
      )
      .toArray();
    return row ? (JSON.parse(row.signed) as SignedBallot) : null;
  }

  hear(signed: SignedBallot): void {
    const { voter, epoch } = signed.ballot;
    this.#sql.exec("insert into heard values (?, ?, ?)", voter, epoch, JSON.stringify(signed));
    this.#sql.exec("delete from heard where voter = ? and epoch <= ?", voter, epoch - EPOCHS_KEPT);
  }
}
