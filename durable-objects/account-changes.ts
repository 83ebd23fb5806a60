/** What the accounts' own audit logs say was changed: the other side of the record's completeness. */
import type { Period } from "../src/core/evidence/change.ts";
import type { AccountChange } from "../src/core/evidence/completeness.ts";
import { providerOf } from "../src/core/provider.ts";
import type { Level } from "../src/core/resource.ts";
import { FEED_MAX, readFeed } from "../src/edge/cloudflare/audit-feed.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import { vaultOf } from "./bindings.ts";
import { pacedApi } from "./paced-api.ts";

interface AccountChanges {
  readonly changes: readonly AccountChange[];
  /** Why this is not all of it; null: it is. */
  readonly why: string | null;
}

const isAws = ({ level }: { readonly level: Level }): boolean => providerOf(level) === "aws";

/** Of every account that has a scope here. One that cannot be read makes the whole unassessable, never smaller (I8). */
export async function accountChanges(env: Env, { from, to }: Period): Promise<AccountChanges> {
  const scopes = await new SharedRecord(env.DB).scopes();
  const ours = scopes.filter((row) => !isAws(row));
  const accounts = [...new Set(ours.map(({ account_id }) => account_id))];
  const changes: AccountChange[] = [];
  for (const accountId of accounts) {
    const read = await changesOf(env, accountId, { since: from, before: to });
    if (typeof read === "string") return { changes, why: read };
    changes.push(...read);
  }
  // What is declared there may have been changed by others, and nobody has read that trail.
  if (scopes.some((row) => isAws(row) && row.generation > 0))
    return { changes, why: "changes in an account of AWS are not read" };
  return { changes, why: accounts.length === 0 ? "no account is managed" : null };
}

async function changesOf(
  env: Env,
  accountId: string,
  period: Pick<Parameters<typeof readFeed>[1], "since" | "before">,
): Promise<readonly AccountChange[] | string> {
  const own = await vaultOf(env).tokenIds(accountId);
  if (own.length === 0) return "the vault's token cannot be told apart from others";
  const api = pacedApi(env, { accountId, urgency: "look" });
  const all = await readFeed(api, { accountId, ...period, exceptTokenIds: [] });
  const others = await readFeed(api, { accountId, ...period, exceptTokenIds: own });
  if (!all.ok || !others.ok) return `the audit log of account ${accountId} could not be read`;
  if (all.value.length >= FEED_MAX)
    return `account ${accountId} has ${FEED_MAX} changes or more: choose a shorter period`;
  const foreign = new Set(others.value.map(({ id }) => id));
  return all.value.map(({ id, at, action, resourceId, resourceType, request, actor }) => ({
    ...request,
    resourceType,
    id,
    at,
    action,
    actor: actor.email ?? actor.tokenName ?? actor.type,
    channel: actor.context,
    resourceId,
    isOurs: !foreign.has(id),
  }));
}
