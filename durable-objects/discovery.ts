/** Which zones the read token sees: each becomes a scope with a reconciler, and their accounts are watched. */
import { type Instant, isScopeId, mint, type ScopeId } from "../src/core/ids.ts";
import type { Unknown } from "../src/core/observation.ts";
import { ok, type Result } from "../src/core/result.ts";
import { connect } from "../src/edge/cloudflare/connect.ts";
import { listZones, type VisibleZone } from "../src/edge/cloudflare/zone-reader.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import { reconcilerOf } from "./bindings.ts";

/** Reconcilers that are told at the same time. */
const AT_ONCE = 20;

/** Idempotent. A zone that is no longer seen keeps its scope: not seeing is no reason to forget (I8). */
export async function discover(
  env: Env,
  now: Instant,
): Promise<Result<readonly ScopeId[], Unknown>> {
  const zones = await listZones(connect(env));
  if (!zones.ok) return zones;
  const scopes: ScopeId[] = [];
  for (let from = 0; from < zones.value.length; from += AT_ONCE) {
    scopes.push(
      ...(await Promise.all(
        zones.value.slice(from, from + AT_ONCE).map((zone) => adopt(env, zone, now)),
      )),
    );
  }
  for (const [accountId, group] of Map.groupBy(zones.value, (zone) => zone.accountId)) {
    const watched = group.map(({ id, name }) => ({ id, scope: scopeOf(name) }));
    await env.CHANGE_FEED.getByName(accountId).watch({ accountId, zones: watched });
  }
  return ok(scopes);
}

const scopeOf = (zoneName: string): ScopeId => mint(isScopeId, `zone:${zoneName}`);

async function adopt(
  env: Env,
  { id, name, accountId }: VisibleZone,
  now: Instant,
): Promise<ScopeId> {
  const scope = scopeOf(name);
  await new SharedRecord(env.DB).saveScope({
    scope,
    zone_id: id,
    zone_name: name,
    account_id: accountId,
    seen_at: now,
  });
  await reconcilerOf(env, scope).adopt(scope, { id, name }, accountId);
  return scope;
}
