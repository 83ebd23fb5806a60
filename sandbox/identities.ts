/** Who calls: what each token may do, and how the audit log names it. Here stand the fixed ones. */
import { ApiError, DEFAULT_FORBIDDEN } from "./envelope.ts";

/** `<area>:read`, `<area>:write`; a product chooses its area. */
export type Right = `${string}:read` | `${string}:write`;

/** What an operation is about: a zone, the account, or the user who calls. */
export type Target =
  | { readonly type: "zone"; readonly id: string }
  | { readonly type: "account" }
  | { readonly type: "user" };

export interface Identity {
  readonly secret: string;
  /** How journal, faults and rate limits call it; for automations also `actor.token_name`. */
  readonly name: string;
  readonly tokenId: string;
  readonly rights: readonly string[];
  /** Tokens made through the API: what their policies say of one zone or account. */
  readonly permits?: (right: Right, target: Target) => boolean;
  /** Whose quota it uses, if not its own: a user's tokens share that of the dashboard. */
  readonly quota?: string;
  /** Why it may do nothing at the moment: expired, or used from a wrong place. */
  readonly refusal?: ApiError;
  readonly actor: {
    readonly id: string;
    readonly type: "user" | "account";
    readonly context: "dash" | "api_token";
    readonly email?: string;
    readonly ip_address: string;
  };
}

export const ACCOUNT_ID = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
export const ACCOUNT_NAME = "Harbor Books (sandbox)";

const EVERYTHING = ["*:read", "*:write"];

const automation = (ip: string) =>
  ({ id: ACCOUNT_ID, type: "account", context: "api_token", ip_address: ip }) as const;

const VAULT_AREAS = [
  "zone",
  "dns",
  "zone_settings",
  "gateway",
  "access",
  "workers",
  "notifications",
  "rulesets",
  "lists",
  "kv",
  "d1",
  "r2",
];

export const DASHBOARD: Identity = {
  secret: "sandbox-dashboard",
  name: "dashboard",
  tokenId: "d0c1a7b2e3f4450697a8b9c0d1e2f301",
  rights: EVERYTHING,
  actor: {
    id: "f6b5b1b60b0f4a3ea9b41a5ce7f0c9d2",
    type: "user",
    context: "dash",
    email: "dashboard@sandbox.example",
    ip_address: "203.0.113.21",
  },
};

export const IDENTITIES: readonly Identity[] = [
  DASHBOARD,
  {
    secret: "sandbox-terraform",
    name: "terraform",
    tokenId: "7e11af0b5d9c4c3f8a26b0e4d7c95a02",
    rights: EVERYTHING,
    actor: automation("203.0.113.57"),
  },
  {
    secret: "sandbox-swarm-read",
    name: "driftless-swarm-read",
    tokenId: "5a4ead0c1f6b4e0d9b37c8a2e6d14f03",
    rights: ["*:read"],
    actor: automation("198.51.100.10"),
  },
  {
    secret: "sandbox-vault-write",
    name: "driftless-vault-write",
    tokenId: "bead04d2c7a84b19a5e0f6137d8c2904",
    rights: [...VAULT_AREAS.flatMap((area) => [`${area}:read`, `${area}:write`]), "tokens:read"],
    actor: automation("198.51.100.11"),
  },
  {
    secret: "sandbox-vault-mint",
    name: "driftless-vault-mint",
    tokenId: "31c7e5b9f20d4c68b7d2a9e1450f8c05",
    rights: ["tokens:read", "tokens:write"],
    actor: automation("198.51.100.12"),
  },
];

/** The bearer token of a request. */
export const bearer = (headers: Headers): string | undefined =>
  /^Bearer\s+(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];

/** Callers may say where they call from; the sandbox sees no addresses of its own. */
export const CLIENT_IP_HEADER = "sandbox-client-ip";

/** The fixed identity behind a bearer token. */
export function fixedIdentity(secret: string, headers: Headers): Identity | undefined {
  const identity = IDENTITIES.find((fixed) => fixed.secret === secret);
  const ip = headers.get(CLIENT_IP_HEADER);
  if (identity === undefined || ip === null) return identity;
  return { ...identity, actor: { ...identity.actor, ip_address: ip } };
}

export const identityNamed = (nameOrSecret: string): Identity | undefined =>
  IDENTITIES.find(({ name, secret }) => name === nameOrSecret || secret === nameOrSecret);

/** Why nobody was identified. */
export function unauthenticated(headers: Headers): ApiError {
  const authorization = headers.get("authorization");
  if (authorization === null && headers.get("x-auth-key") === null) {
    const message = "Authentication failed: missing Authorization header";
    return new ApiError(400, { code: 9106, message });
  }
  if (authorization !== null && !/^Bearer\s+\S+$/i.test(authorization)) {
    const chain = [{ code: 6111, message: "Invalid format for Authorization header" }];
    const message = "Invalid request headers";
    return new ApiError(400, { code: 6003, message, error_chain: chain });
  }
  return new ApiError(403, DEFAULT_FORBIDDEN);
}

/** Without a target: whether there is anything that the right could be used on. */
export function grants(identity: Identity, right: Right, target?: Target): boolean {
  if (identity.permits !== undefined && target !== undefined) {
    return identity.permits(right, target);
  }
  const verb = right.slice(right.lastIndexOf(":") + 1);
  return identity.rights.includes(right) || identity.rights.includes(`*:${verb}`);
}
