/** Audit log v2: one entry for every changed object, readable after an optional delay. */

/** Older entries go first; the real retention is 18 months. */
const ENTRIES_MAX = 200_000;
const PRUNE_EVERY = 1000;

/** What a product says about a change it made; the pipeline adds who and how. */
export interface Change {
  readonly action: "create" | "update" | "delete";
  readonly resource: {
    readonly id: string;
    readonly type: string;
    readonly product: string;
    readonly scope: "accounts" | "zones" | "user";
  };
  readonly zone?: { readonly id: string; readonly name: string };
  readonly request: unknown;
  readonly response: unknown;
}

export interface AuditEntry {
  readonly id: string;
  readonly account: { readonly id: string; readonly name: string };
  readonly action: {
    readonly description: string;
    readonly result: string;
    readonly time: string;
    readonly type: Change["action"];
  };
  readonly actor: {
    readonly id: string;
    readonly type: string;
    readonly context: string;
    readonly email?: string;
    readonly ip_address: string;
    readonly token_id: string;
    readonly token_name?: string;
  };
  readonly raw: {
    readonly cf_ray_id: string;
    readonly method: string;
    readonly status_code: number;
    readonly uri: string;
    readonly user_agent: string;
  };
  readonly resource: Change["resource"] & {
    readonly request: unknown;
    readonly response: unknown;
  };
  readonly zone?: { readonly id: string; readonly name: string };
}

/** A place in the log; entries of one millisecond are told apart by their sequence number. */
export interface Position {
  readonly time: number;
  readonly seq: number;
}

export interface Range {
  /** Inclusive. */
  readonly since: number;
  /** Exclusive. */
  readonly before: number;
  readonly direction: "asc" | "desc";
  readonly from?: Position | undefined;
  readonly now: number;
}

export interface Located {
  readonly position: Position;
  readonly entry: AuditEntry;
}

export class AuditTrail {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS audit (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,
        time INTEGER NOT NULL, visible_at INTEGER NOT NULL, entry TEXT NOT NULL
      );
      CREATE INDEX IF NOT EXISTS audit_time ON audit (time, seq);
    `);
  }

  append(entry: AuditEntry, delayMs: number): void {
    const time = Date.parse(entry.action.time);
    const { seq } = this.#sql
      .exec<{ seq: number }>(
        "INSERT INTO audit (id, time, visible_at, entry) VALUES (?, ?, ?, ?) RETURNING seq",
        entry.id,
        time,
        time + delayMs,
        JSON.stringify(entry),
      )
      .one();
    if (seq % PRUNE_EVERY !== 0) return;
    this.#sql.exec("DELETE FROM audit WHERE seq <= ?", seq - ENTRIES_MAX);
  }

  /** Lazily, so that a page of a long log reads no more rows than it needs. */
  *read(range: Range): Generator<Located> {
    const isDescending = range.direction === "desc";
    const from = range.from ?? { time: isDescending ? range.before : range.since, seq: 0 };
    const beyond = isDescending ? "(time, seq) < (?4, ?5)" : "(time, seq) > (?4, ?5)";
    const order = isDescending ? "time DESC, seq DESC" : "time, seq";
    const rows = this.#sql.exec<{ seq: number; time: number; entry: string }>(
      `SELECT seq, time, entry FROM audit
       WHERE time >= ?1 AND time < ?2 AND visible_at <= ?3 AND ${beyond} ORDER BY ${order}`,
      range.since,
      range.before,
      range.now,
      from.time,
      from.seq,
    );
    for (const { seq, time, entry } of rows) {
      yield { position: { time, seq }, entry: JSON.parse(entry) as AuditEntry };
    }
  }

  find(id: string, now: number): AuditEntry | undefined {
    const row = this.#sql
      .exec<{ entry: string }>("SELECT entry FROM audit WHERE id = ? AND visible_at <= ?", id, now)
      .toArray()[0];
    return row === undefined ? undefined : (JSON.parse(row.entry) as AuditEntry);
  }

  clear(): void {
    this.#sql.exec("DELETE FROM audit");
  }
}
