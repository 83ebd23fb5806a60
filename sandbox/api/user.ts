/** The person behind a user token. */
import { ApiError, DEFAULT_FORBIDDEN, type Answer } from "../envelope.ts";
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

export const USER: readonly Operation[] = [
  { method: "GET", path: "/user", needs: "token", handle: user },
];
