/** What the policies of a token allow: explicit deny, then explicit allow, then implicit deny. */
import { ACCOUNT_ID, type Target } from "../identities.ts";
import { permissionGroup, type Scope } from "./permission-groups.ts";

export type Resources = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

export interface StoredPolicy {
  readonly id: string;
  readonly effect: "allow" | "deny";
  readonly resources: Resources;
  readonly permission_groups: readonly { readonly id: string }[];
}

const SCOPE_OF = {
  zone: "com.cloudflare.api.account.zone",
  account: "com.cloudflare.api.account",
  user: "com.cloudflare.api.user",
} as const satisfies Readonly<Record<Target["type"], Scope>>;

const ZONE = "com.cloudflare.api.account.zone.";
const ACCOUNT = "com.cloudflare.api.account.";
const USER = "com.cloudflare.api.user.";

/** The keys of `resources`; those below another account reach nothing here. */
export function resourceKeys(resources: Resources): string[] {
  return Object.entries(resources).flatMap(([key, value]) => {
    if (typeof value === "string") return [key];
    return key === `${ACCOUNT}*` || key === `${ACCOUNT}${ACCOUNT_ID}` ? Object.keys(value) : [];
  });
}

function reaches(key: string, target: Target): boolean {
  switch (target.type) {
    case "zone":
      return key === `${ZONE}*` || key === `${ZONE}${target.id}`;
    case "account":
      return key === `${ACCOUNT}*` || key === `${ACCOUNT}${ACCOUNT_ID}`;
    case "user":
      return key.startsWith(USER);
  }
}

function speaksOf(policy: StoredPolicy, right: string, target: Target): boolean {
  return (
    policy.permission_groups.some(({ id }) => {
      const group = permissionGroup(id);
      return group?.scopes[0] === SCOPE_OF[target.type] && group.rights.includes(right);
    }) && resourceKeys(policy.resources).some((key) => reaches(key, target))
  );
}

export function policiesPermit(
  policies: readonly StoredPolicy[],
  right: string,
  target: Target,
): boolean {
  const speaking = policies.filter((policy) => speaksOf(policy, right, target));
  if (speaking.some(({ effect }) => effect === "deny")) return false;
  return speaking.length > 0;
}

/** Rights that some allow policy gives somewhere: enough to list what one may see of. */
export function rightsSomewhere(policies: readonly StoredPolicy[]): string[] {
  const groups = policies
    .filter(({ effect }) => effect === "allow")
    .flatMap((policy) => policy.permission_groups);
  return [...new Set(groups.flatMap(({ id }) => permissionGroup(id)?.rights ?? []))];
}
