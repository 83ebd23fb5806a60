/** What others changed in a scope just before: ids, enums and times from the audit log. */
import type { RecentChange } from "../src/core/diagnosis/facts.ts";
import { readFeed } from "../src/edge/cloudflare/audit-feed.ts";
import type { ScopeRow } from "../src/edge/store/shared-record.ts";
import { vaultOf } from "./bindings.ts";
import { pacedApi } from "./paced-api.ts";
import { instant } from "./sentinel-cases.ts";

/** How far back a change can have made it. */
const CHANGES_MS = 15 * 60_000;

/** Change first. Null: the audit log does not answer, and then no change is blamed (I8). */
export async function recentChanges(
  env: Env,
  row: ScopeRow,
  nowMs: number,
): Promise<readonly RecentChange[] | null> {
  const api = pacedApi(env, { accountId: row.account_id, urgency: "look" });
  // Our own writes are no change that anybody has to answer for. Without knowing which those are, nobody is blamed.
  const own = await vaultOf(env)
    .tokenIds(row.account_id)
    .catch(() => null);
  if (own === null) return null;
  const feed = await readFeed(api, {
    accountId: row.account_id,
    ...(row.level === "zone" ? { zoneId: row.zone_id } : {}),
    since: instant(nowMs - CHANGES_MS),
    before: instant(nowMs + 1_000),
    exceptTokenIds: own,
  });
  return feed.ok
    ? feed.value.map(({ id, at, resourceId, resourceType }) => {
        return { id, atMs: Date.parse(at), resourceId, resourceType };
      })
    : null;
}
