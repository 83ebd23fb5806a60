/** Every call that reached the API, faulted ones included: the tests' witness of what happened. */

/** Older entries go first. */
const ENTRIES_MAX = 50_000;
/** Deleting in strides keeps the bound from costing a statement per call. */
const PRUNE_EVERY = 500;
const BODY_CHARS_MAX = 200_000;

export interface JournalEntry {
  readonly time: string;
  /** Null for a missing or unknown token, which is never stored. */
  readonly token_name: string | null;
  readonly method: string;
  /** Below `/client/v4`. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  readonly body: unknown;
  readonly status: number | null;
  /** `ok`, `error`, `ratelimited` or `fault:<id>`. */
  readonly outcome: string;
  /** Whether the call changed the account. */
  readonly applied: boolean;
  /** How many objects it changed: for a batch, its operations. */
  readonly ops: number;
}

export interface JournalFilter {
  readonly after: number;
  readonly limit: number;
  readonly token?: string | undefined;
  readonly method?: string | undefined;
  readonly writes?: boolean | undefined;
}

export class Journal {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS journal (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT, method TEXT NOT NULL, entry TEXT NOT NULL
    )`);
  }

  append(entry: JournalEntry): void {
    const text = JSON.stringify(entry);
    const bounded =
      text.length <= BODY_CHARS_MAX ? text : JSON.stringify({ ...entry, body: "(too large)" });
    const { seq } = this.#sql
      .exec<{ seq: number }>(
        "INSERT INTO journal (token, method, entry) VALUES (?, ?, ?) RETURNING seq",
        entry.token_name,
        entry.method,
        bounded,
      )
      .one();
    if (seq % PRUNE_EVERY !== 0) return;
    this.#sql.exec("DELETE FROM journal WHERE seq <= ?", seq - ENTRIES_MAX);
  }

  read(filter: JournalFilter): (JournalEntry & { seq: number })[] {
    // A question to the analytics is a POST, and changes nothing.
    const rows = this.#sql.exec<{ seq: number; entry: string }>(
      `SELECT seq, entry FROM journal
       WHERE seq > ?1 AND (?2 IS NULL OR token = ?2) AND (?3 IS NULL OR method = ?3)
         AND (?4 = 0 OR (method NOT IN ('GET', 'HEAD', 'OPTIONS')
           AND json_extract(entry, '$.path') NOT LIKE '%/graphql'))
       ORDER BY seq LIMIT ?5`,
      filter.after,
      filter.token ?? null,
      filter.method ?? null,
      filter.writes === true ? 1 : 0,
      filter.limit,
    );
    return rows
      .toArray()
      .map(({ seq, entry }) => ({ seq, ...(JSON.parse(entry) as JournalEntry) }));
  }

  last(): number {
    const row = this.#sql
      .exec<{ last: number | null }>("SELECT max(seq) AS last FROM journal")
      .one();
    return row.last ?? 0;
  }

  clear(): void {
    this.#sql.exec("DELETE FROM journal");
  }
}
