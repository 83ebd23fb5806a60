import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import { backoffMs } from "../src/core/backoff.ts";
import { type Instant, instantOf, type ScopeId } from "../src/core/ids.ts";
import { type FeedEntry, readFeed } from "../src/edge/cloudflare/audit-feed.ts";
import { reconcilerOf, vaultOf } from "./bindings.ts";
import { Driver } from "./driver.ts";
import { NamedValues } from "./named-values.ts";
import { pacedApi } from "./paced-api.ts";

/** Entries become visible late and `since` is inclusive: windows overlap, and what was seen is dropped by id. */
const OVERLAP_MS = 120_000;
/** After a long sleep the sweep has the rest; the feed looks back no further. */
const REACH_MS = 60 * 60_000;

export interface Watched {
  readonly accountId: string;
  /** The account's own scope, for what belongs to no zone. */
  readonly scope: ScopeId;
  readonly zones: readonly { readonly id: string; readonly scope: ScopeId }[];
}

interface Values {
  watched: Watched;
  position: Position;
}

interface Position {
  readonly since: Instant;
  readonly failures: number;
}

/**
 * One per account: polls its audit log, and wakes the scopes that somebody else changed. One call a poll, whatever the
 * number of zones. Owns: how far it has read. What the entries say decides nothing but where to look (I5).
 */
export class ChangeFeed extends DurableObject<Env> {
  readonly #driver = new Driver("change-feed", () => this.#poll());
  readonly lifecycle = Lifecycle.install(this).use(this.#driver);
  readonly #sql = this.ctx.storage.sql;
  readonly #values = new NamedValues<Values>(this.#sql);

  onStart(): void {
    this.#sql.exec("create table if not exists seen (id text primary key, at text not null)");
  }

  /** Starts watching, or learns of new zones. */
  async watch(watched: Watched): Promise<void> {
    await this.lifecycle.start();
    this.#values.set({ watched });
    if (!this.#values.get("position"))
      this.#values.set({ position: { since: instant(Date.now()), failures: 0 } });
    await this.#driver.request();
  }

  async #poll(): Promise<number | null> {
    const watched = this.#values.get("watched");
    const position = this.#values.get("position");
    if (!watched || !position) return null;
    const now = Date.now();
    const own = await vaultOf(this.env).tokenIds(watched.accountId);
    const feed = await readFeed(
      pacedApi(this.env, { accountId: watched.accountId, urgency: "feed" }),
      {
        accountId: watched.accountId,
        since: instant(Math.max(Date.parse(position.since) - OVERLAP_MS, now - REACH_MS)),
        before: instant(now + OVERLAP_MS),
        exceptTokenIds: own,
      },
    );
    if (!feed.ok) {
      this.#values.set({ position: { ...position, failures: position.failures + 1 } });
      return now + backoffMs(position.failures + 1, feed.error.retryAfterMs);
    }
    const fresh = feed.value.filter(
      ({ id }) => this.#sql.exec("select 1 from seen where id = ?", id).toArray().length === 0,
    );
    await this.#wake(watched, fresh, now);
    // Only now: a crash before this line wakes the same scopes again, which does no harm.
    this.ctx.storage.transactionSync(() => {
      for (const { id, at } of fresh)
        this.#sql.exec("insert or ignore into seen values (?, ?)", id, at);
      this.#sql.exec("delete from seen where at < ?", instant(now - REACH_MS - OVERLAP_MS));
      this.#values.set({ position: { since: instant(now), failures: 0 } });
    });
    return Date.now() + pollMs(this.env.FEED_POLL_SECONDS);
  }

  async #wake(
    { zones, scope: account }: Watched,
    entries: readonly FeedEntry[],
    nowMs: number,
  ): Promise<void> {
    const scopes = new Map<string | null, ScopeId>(zones.map(({ id, scope }) => [id, scope]));
    scopes.set(null, account);
    const byScope = Map.groupBy(entries, ({ zoneId }) => scopes.get(zoneId));
    await Promise.all(
      [...byScope].flatMap(([scope, of]) =>
        scope === undefined
          ? []
          : [
              reconcilerOf(this.env, scope).wake({
                source: "change_feed",
                at: instant(nowMs),
                entries: of.length,
              }),
            ],
      ),
    );
  }
}

const instant = (ms: number): Instant => instantOf(new Date(ms).toISOString());

/** A quarter of a second to ten minutes; anything else is a configuration mistake and polls every 10 s. */
function pollMs(text: string): number {
  const seconds = Number(text);
  return seconds >= 0.25 && seconds <= 600 ? seconds * 1000 : 10_000;
}
