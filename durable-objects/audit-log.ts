import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import type { Entry, RecordedEntry, Source } from "../src/core/log/entry.ts";
import { RecordArchive } from "../src/edge/store/record-archive.ts";
import { Driver } from "./driver.ts";

/** What the vault's objects see of their Worker. */
export interface VaultEnv {
  readonly VAULT: DurableObjectNamespace;
  readonly AUDIT_LOG: DurableObjectNamespace;
  readonly RECORD: R2Bucket;
  readonly CF_API?: Fetcher;
  readonly CF_API_BASE: string;
  readonly CF_API_TOKEN: string;
}

/** Larger things belong into R2 under a digest. */
const ENTRY_BYTES_MAX = 65_535;
const APPEND_MAX = 1_000;
const READ_MAX = 500;
/** Entries archived in one object. */
const ARCHIVE_MAX = 2_000;

/**
 * The record, append-only. Invariant: indices have no gaps and an index never changes its entry. An entry is durable
 * when `append` returns (the output gate holds the answer until it is); the archive in R2 follows by itself.
 */
export class AuditLog extends DurableObject<VaultEnv> {
  readonly #driver = new Driver("audit-log", () => this.#archive());
  readonly lifecycle = Lifecycle.install(this).use(this.#driver);
  readonly #sql = this.ctx.storage.sql;
  readonly #archiveStore = new RecordArchive(this.env.RECORD);
  readonly #waiting = new Set<() => void>();

  onStart(): void {
    this.#sql.exec(
      "create table if not exists entry (idx integer primary key, id text not null unique, source text not null, body text not null)",
    );
    this.#sql.exec(
      "create table if not exists archived (one integer primary key check (one = 1), count integer not null)",
    );
    this.#sql.exec("insert or ignore into archived values (1, 0)");
  }

  /** `source` is the Worker that speaks: set by the entry point, never by the caller. */
  async append(entries: readonly Entry[], source: Source): Promise<{ last: number }> {
    await this.lifecycle.start();
    if (entries.length > APPEND_MAX)
      throw new Error(`${entries.length} entries at once, at most ${APPEND_MAX}`);
    const bodies = entries.map((entry) => JSON.stringify(entry));
    const long = bodies.findIndex((body) => body.length > ENTRY_BYTES_MAX);
    if (long >= 0)
      throw new Error(`entry \`${entries[long]?.id}\` is longer than ${ENTRY_BYTES_MAX} bytes`);
    this.ctx.storage.transactionSync(() => {
      let size = this.#size();
      for (const [position, { id }] of entries.entries()) {
        // The same fact again (its caller crashed before our answer came) keeps its first index.
        // Per source: what one Worker says can never stand in for what another one did.
        const name = `${source}/${id}`;
        if (this.#sql.exec("select 1 from entry where id = ?", name).toArray().length > 0) continue;
        this.#sql.exec(
          "insert into entry values (?, ?, ?, ?)",
          size,
          name,
          source,
          bodies[position] ?? "",
        );
        size += 1;
      }
    });
    for (const wake of this.#waiting) wake();
    await this.#driver.request();
    return { last: this.#size() - 1 };
  }

  async latest(): Promise<number> {
    await this.lifecycle.start();
    return this.#size() - 1;
  }

  async read({
    after,
    limit,
    waitMs,
  }: {
    after: number;
    limit: number;
    waitMs: number;
  }): Promise<readonly RecordedEntry[]> {
    await this.lifecycle.start();
    if (after >= this.#size() - 1 && waitMs > 0) await this.#appended(Math.min(waitMs, 10_000));
    return this.#rows(after, Math.min(limit, READ_MAX));
  }

  #size(): number {
    return this.#sql
      .exec<{ size: number }>("select coalesce(max(idx) + 1, 0) as size from entry")
      .one().size;
  }

  #rows(after: number, limit: number): RecordedEntry[] {
    return this.#sql
      .exec<{ idx: number; source: Source; body: string }>(
        "select idx, source, body from entry where idx > ? order by idx limit ?",
        after,
        limit,
      )
      .toArray()
      .map(({ idx, source, body }) => ({ ...(JSON.parse(body) as Entry), index: idx, source }));
  }

  #appended(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.#waiting.add(done);
    });
  }

  /** A crash after the put and before the count finds the object there and takes it as it is. */
  async #archive(): Promise<number | null> {
    for (;;) {
      const { count } = this.#sql.exec<{ count: number }>("select count from archived").one();
      const rows = this.#rows(count - 1, ARCHIVE_MAX);
      if (rows.length === 0) return null;
      const written = await this.#archiveStore.write(rows);
      this.#sql.exec("update archived set count = ?", count + written);
    }
  }
}
