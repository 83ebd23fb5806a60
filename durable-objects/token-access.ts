import { AccountTokens, verifiedToken } from "../src/edge/cloudflare/account-tokens.ts";
import type { CloudflareApi } from "../src/edge/cloudflare/client.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import { pacedApi } from "./paced-api.ts";

/** What the swarm's own token may do. `unknown`: it may not be asked about, or Cloudflare does not answer. */
export type TokenAccess = "read_only" | "can_write" | "unknown";

const AGE_MS = 10 * 60_000;
/** Whoever asks whether we are alive does not wait for Cloudflare. */
const WAIT_MS = 1_500;

/** Per isolate: nothing is decided by it, so a stale one does no harm. */
let known: { readonly access: Promise<TokenAccess>; readonly atMs: number } | null = null;

/** The swarm needs no write permission; a token that has one is a mistake, which is shown to whoever operates it. */
export async function tokenAccess(env: Env, nowMs: number): Promise<TokenAccess> {
  if (known === null || known.atMs < nowMs - AGE_MS) {
    known = { access: look(env).catch(() => "unknown" as const), atMs: nowMs };
    // What is not known is asked again at once.
    void known.access.then((access) => {
      if (access === "unknown") known = null;
    });
  }
  const late = scheduler.wait(WAIT_MS).then(() => "unknown" as const);
  return Promise.race([known.access, late]);
}

async function look(env: Env): Promise<TokenAccess> {
  const accountId = await new SharedRecord(env.DB).firstAccount();
  if (accountId === null) return "unknown";
  return accessOf(pacedApi(env, { accountId, urgency: "sweep" }), accountId);
}

/** By the permission groups that it has: whatever is not for reading is for more. */
export async function accessOf(api: CloudflareApi, accountId: string): Promise<TokenAccess> {
  const own = await verifiedToken(api, accountId);
  if (own?.owner !== "account") return "unknown";
  const token = await new AccountTokens(api, accountId).describe(own.id);
  if (!token.ok) return "unknown";
  const names = token.value.policies
    .filter(({ effect }) => effect === "allow")
    .flatMap(({ permission_groups: groups }) => groups.map(({ name }) => name));
  return names.every((name) => name.endsWith(" Read")) ? "read_only" : "can_write";
}
