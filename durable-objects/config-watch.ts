import { digestOfText } from "../src/core/canonical.ts";
import type { Digest, Instant } from "../src/core/ids.ts";
import { configEntry } from "../src/core/log/access-entries.ts";
import type { Entry, Source } from "../src/core/log/entry.ts";

/** Settings by name, as text; nothing secret. */
export type Settings = Readonly<Record<string, string>>;

type Digests = Readonly<Record<string, Digest>>;

/**
 * What a Worker was built and set up with. A change is an entry by the first thing that asks under it. A crash between the
 * entry and its row tells the same entry again.
 */
export class ConfigWatch {
  readonly #sql: SqlStorage;
  readonly #worker: Source;

  constructor(storage: DurableObjectStorage, worker: Source) {
    this.#sql = storage.sql;
    this.#worker = worker;
    this.#sql.exec(
      "create table if not exists config (one integer primary key check (one = 1), digests text not null, changes integer not null)",
    );
  }

  /** `record` throws when it cannot record: then the change is not taken for told. */
  async tell(
    settings: Settings,
    { at, record }: { at: Instant; record: (entries: readonly Entry[]) => Promise<unknown> },
  ): Promise<void> {
    const [row] = this.#sql
      .exec<{ digests: string; changes: number }>("select digests, changes from config")
      .toArray();
    const before: Digests = row === undefined ? {} : (JSON.parse(row.digests) as Digests);
    const now: Digests = Object.fromEntries(
      Object.entries(settings).map(([name, text]) => [name, digestOfText(text)]),
    );
    const names = new Set([...Object.keys(before), ...Object.keys(now)]);
    const changed = [...names].filter((name) => before[name] !== now[name]).toSorted();
    if (changed.length === 0) return;
    const changes = (row?.changes ?? 0) + 1;
    await record([configEntry({ worker: this.#worker, changes, changed, before, now }, at)]);
    this.#sql.exec("insert or replace into config values (1, ?, ?)", JSON.stringify(now), changes);
  }
}
