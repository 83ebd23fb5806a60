/** The fixed automations as the API shows tokens: to be read by their id, and revoked. They are on no list. */
import { ACCOUNT_ID, IDENTITIES, type Identity } from "../identities.ts";
import type { Shelves } from "../store.ts";
import type { StoredPolicy } from "./grants.ts";
import { PERMISSION_GROUPS, type Scope } from "./permission-groups.ts";
import { REVOKED, type StoredToken } from "./token.ts";

/** Before anything in the sandbox happened. */
const ISSUED = "2026-01-05T08:00:00Z";

export function fixedToken(shelves: Shelves, id: string): StoredToken | undefined {
  const identity = IDENTITIES.find(
    ({ tokenId, actor }) => tokenId === id && actor.type === "account",
  );
  if (identity === undefined || shelves.shelf(REVOKED, ACCOUNT_ID).get(id) !== undefined)
    return undefined;
  return {
    id,
    owner: "account",
    name: identity.name,
    secret_digest: `fixed ${id}`,
    status: "active",
    policies: [
      policyOf(identity, "com.cloudflare.api.account", `com.cloudflare.api.account.${ACCOUNT_ID}`),
      policyOf(identity, "com.cloudflare.api.account.zone", "com.cloudflare.api.account.zone.*"),
    ].filter(({ permission_groups: groups }) => groups.length > 0),
    issued_on: ISSUED,
    modified_on: ISSUED,
    ip_address: identity.actor.ip_address,
  };
}

/** Every group of the scope that opens nothing but what the identity may. */
function policyOf({ rights, tokenId }: Identity, scope: Scope, resource: string): StoredPolicy {
  const has = (right: string): boolean =>
    rights.includes(right) || rights.includes(`*${right.slice(right.lastIndexOf(":"))}`);
  const groups = PERMISSION_GROUPS.filter(
    (group) => group.scopes[0] === scope && group.rights.length > 0 && group.rights.every(has),
  );
  return {
    id: tokenId.slice(0, 16) + scope.length.toString(16).padStart(16, "0"),
    effect: "allow",
    resources: { [resource]: "*" },
    permission_groups: groups.map(({ id }) => ({ id })),
  };
}
