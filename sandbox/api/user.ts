/** The person behind a user token. */
import { ApiError, DEFAULT_FORBIDDEN, type Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import type { Call, Operation } from "../product.ts";

function user({ identity }: Call): Answer {
  if (identity?.actor.type !== "user") throw new ApiError(403, DEFAULT_FORBIDDEN);
  const { id, email } = identity.actor;
  const result = {
    id,
    email,
    suspended: false,
    two_factor_authentication_enabled: true,
    has_pro_zones: false,
    has_business_zones: false,
    has_enterprise_zones: false,
  };
  return { result };
}

/** Which accounts the person is in. */
function memberships({ identity, query }: Call): Answer {
  if (identity?.actor.type !== "user") throw new ApiError(403, DEFAULT_FORBIDDEN);
  const membership = {
    id: identity.actor.id,
    status: "accepted",
    account: ACCOUNT,
    roles: ["Super Administrator - All Privileges"],
    permissions: {},
  };
  return query.page([membership], { min: 5, max: 50, initial: 20 });
}

export const USER: readonly Operation[] = [
  { method: "GET", path: "/user", needs: "token", handle: user },
  { method: "GET", path: "/memberships", needs: "token", handle: memberships },
];
