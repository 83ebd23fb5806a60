/** Tokens: verification of the one that calls. */
import { ApiError, type Answer } from "../envelope.ts";
import type { Identity } from "../identities.ts";
import type { Call, Operation } from "../product.ts";
import { ownAccount } from "./accounts.ts";

const active = (identity: Identity): Answer => ({
  result: { id: identity.tokenId, status: "active" },
});

function caller(call: Call, owner: Identity["actor"]["type"]): Identity {
  const { identity } = call;
  if (identity !== undefined && identity.actor.type === owner) return identity;
  throw new ApiError(401, { code: 1000, message: "Invalid API Token" });
}

/** The user route knows user tokens only, the account route account tokens only. */
const verifyUserToken = (call: Call): Answer => active(caller(call, "user"));

function verifyAccountToken(call: Call): Answer {
  ownAccount(call);
  return active(caller(call, "account"));
}

export const TOKENS: readonly Operation[] = [
  { method: "GET", path: "/user/tokens/verify", needs: "token", handle: verifyUserToken },
  {
    method: "GET",
    path: "/accounts/:account_id/tokens/verify",
    needs: "token",
    handle: verifyAccountToken,
  },
];
