/**
 * Traffic of zones that send no logs: asked of Cloudflare's analytics by cron, and told to their sentinels as a log would
 * be. What cannot be read is not told, and asked for again with the next tick (I8).
 */
import { ANALYTICS_QUERY, analyticsBatch } from "../src/core/traffic/analytics.ts";
import type { CloudflareApi } from "../src/edge/cloudflare/client.ts";
import type { ScopeRow } from "../src/edge/store/shared-record.ts";
import { sentinelOf } from "./bindings.ts";
import { pacedApi } from "./paced-api.ts";

/** A tick: the analytics allow some 300 questions in five minutes, and others ask them, too (I12). */
const ZONES_MAX = 50;

/** Those whose turn it is, if there are more than one tick may ask about. */
export function zonesInTurn(zones: readonly ScopeRow[], tick: number): readonly ScopeRow[] {
  const turns = Math.max(1, Math.ceil(zones.length / ZONES_MAX));
  return zones.filter((_, index) => index % turns === tick % turns);
}

/** Returns of how many zones something was told. */
export async function tellUnlogged(
  env: Env,
  zones: readonly ScopeRow[],
  nowMs: number,
): Promise<number> {
  // One for each account: calls are bought in pairs, and half of them would be lost otherwise.
  const apis = new Map<string, CloudflareApi>();
  let told = 0;
  for (const { scope, zone_id: zoneId, account_id: accountId } of zones) {
    const sentinel = sentinelOf(env, scope);
    const period = await sentinel.unlogged(nowMs);
    if (period === null) continue;
    const api = apis.get(accountId) ?? pacedApi(env, { accountId, urgency: "sweep" });
    apis.set(accountId, api);
    const answer = await api.ask(ANALYTICS_QUERY, {
      zone: zoneId,
      from: new Date(period.fromMs).toISOString(),
      to: new Date(period.toMs).toISOString(),
    });
    // Not granted, refused, or unreadable: these minutes stay untold, and the next tick asks for them.
    if (answer.type !== "ok") continue;
    const batch = analyticsBatch(answer.result, (text) => Date.parse(text));
    if (!batch.ok) continue;
    await sentinel.counted(batch.value, period.toMs);
    told += 1;
  }
  return told;
}
