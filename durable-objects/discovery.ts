/** Which zones the read token sees: each becomes a scope with a reconciler, and their accounts are watched. */
import {
  type Instant,
  isObjectId,
  isScopeId,
  mint,
  type ObjectId,
  type ScopeId,
} from "../src/core/ids.ts";
import type { ZonePlan } from "../src/core/golden-paths/zone-plan.ts";
import type { Unknown } from "../src/core/observation.ts";
import { scopeOf, type Site } from "../src/core/resource.ts";
import { ok, type Result } from "../src/core/result.ts";
import { connect } from "../src/edge/cloudflare/connect.ts";
import { listZones } from "../src/edge/cloudflare/zones.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import { reconcilerOf } from "./bindings.ts";
import { pacedApi } from "./paced-api.ts";
import { worldProblem } from "./providers.ts";

/** Reconcilers that are told at the same time. */
const AT_ONCE = 20;

/** Idempotent. A site that is no longer seen keeps its scope: not seeing is no reason to forget (I8). */
export async function discover(
  env: Env,
  now: Instant,
): Promise<Result<readonly ScopeId[], Unknown>> {
  const record = new SharedRecord(env.DB);
  const known = await record.firstAccount();
  // The very first search is not counted: no account is known yet whose governor could be asked.
  const api = known === null ? connect(env) : pacedApi(env, { accountId: known, urgency: "sweep" });
  const zones = await listZones(api);
  if (!zones.ok) return zones;
  const byAccount = Map.groupBy(zones.value, ({ account }) => account.id);
  const sites = [
    ...zones.value.map((zone) => ({
      site: siteOf(zone),
      accountId: zone.account.id,
      plan: zone.plan,
    })),
    ...[...byAccount.values()].flatMap(([zone]) =>
      zone ? [{ site: zone.account, accountId: zone.account.id, plan: null }] : [],
    ),
  ];
  const scopes: ScopeId[] = [];
  for (let from = 0; from < sites.length; from += AT_ONCE) {
    const some = sites.slice(from, from + AT_ONCE);
    scopes.push(...(await Promise.all(some.map((each) => adopt(env, each, now)))));
  }
  for (const [accountId, group] of byAccount) {
    const watched = group.map((zone) => ({ id: zone.id, scope: scopeOf(zone) }));
    await env.CHANGE_FEED.getByName(accountId).watch({
      accountId,
      scope: mint(isScopeId, `account:${accountId}`),
      zones: watched,
    });
  }
  const aws = awsSiteOf(env);
  // No feed: AWS's trail is not read. Its scope is looked at when it is its turn, or when somebody asks.
  if (aws) scopes.push(await adopt(env, { site: aws, accountId: aws.id, plan: null }, now));
  return ok(scopes);
}

/** The account of AWS that is managed, as it is configured; the vault asks AWS whether the credential is of it. */
function awsSiteOf(env: Env): Site | null {
  const problem = worldProblem("aws_account", env);
  const [account, name]: readonly string[] = [env.AWS_ACCOUNT_ID, env.AWS_ACCOUNT_NAME];
  if (account === undefined) return null;
  if (account !== "" && problem !== null)
    console.error(JSON.stringify({ event: "aws_not_managed", problem }));
  if (problem !== null) return null;
  return { level: "aws_account", id: mint(isObjectId, account), name: name || account };
}

const siteOf = ({ level, id, name }: Site): Site => ({ level, id, name });

interface Adopted {
  readonly site: Site;
  readonly accountId: ObjectId;
  readonly plan: ZonePlan | null;
}

async function adopt(env: Env, { site, accountId, plan }: Adopted, now: Instant): Promise<ScopeId> {
  const scope = scopeOf(site);
  await new SharedRecord(env.DB).saveScope({
    scope,
    level: site.level,
    zone_id: site.id,
    zone_name: site.name,
    account_id: accountId,
    seen_at: now,
  });
  await reconcilerOf(env, scope).adopt(scope, site, { accountId, plan });
  return scope;
}
