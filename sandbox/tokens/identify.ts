/** Who stands behind a bearer token: a fixed identity, or a token made through the API. */
import { ApiError, DEFAULT_FORBIDDEN } from "../envelope.ts";
import {
  ACCOUNT_ID,
  bearer,
  CLIENT_IP_HEADER,
  DASHBOARD,
  fixedIdentity,
  type Identity,
} from "../identities.ts";
import { contains, parseNetwork } from "../model/network.ts";
import type { World } from "../world.ts";
import { policiesPermit, rightsSomewhere } from "./grants.ts";
import {
  API_TOKEN,
  isTooEarly,
  REVOKED,
  secretDigest,
  statusAt,
  TOKEN_SCOPES,
  type StoredToken,
} from "./token.ts";

/** `last_used_on` is kept this coarse, so that reading does not write every time. */
const USE_STEP_MS = 60_000;

export function identify(headers: Headers, world: World): Identity | undefined {
  const secret = bearer(headers);
  if (secret === undefined) return undefined;
  const fixed = fixedIdentity(secret, headers);
  if (fixed === undefined) return madeIdentity(secret, headers, world);
  const revoked = world.store.shelf(REVOKED, ACCOUNT_ID).get(fixed.tokenId);
  return revoked === undefined ? fixed : undefined;
}

function madeIdentity(secret: string, headers: Headers, world: World): Identity | undefined {
  const digest = secretDigest(secret);
  const shelves = [TOKEN_SCOPES.account, TOKEN_SCOPES.user].map((scope) =>
    world.store.shelf(API_TOKEN, scope),
  );
  const token = shelves.flatMap((shelf) => shelf.withKey(digest))[0];
  if (token === undefined) return undefined;
  const now = world.now();
  const ip = headers.get(CLIENT_IP_HEADER) ?? token.ip_address;
  const refusal = refusalOf(token, now, ip);
  if (refusal === undefined) noteUse(token, now, world);
  return {
    secret,
    name: token.name,
    tokenId: token.id,
    rights: rightsSomewhere(token.policies),
    permits: (right, target) => policiesPermit(token.policies, right, target),
    quota: token.owner === "user" ? DASHBOARD.name : token.id,
    actor: actorOf(token, ip),
    ...(refusal === undefined ? {} : { refusal }),
  };
}

function actorOf({ owner }: StoredToken, ip: string): Identity["actor"] {
  const common = { context: "api_token", ip_address: ip } as const;
  if (owner === "account") return { id: ACCOUNT_ID, type: "account", ...common };
  return { ...DASHBOARD.actor, ...common };
}

function refusalOf(token: StoredToken, now: number, ip: string): ApiError | undefined {
  if (statusAt(token, now) !== "active" || isTooEarly(token, now)) {
    return new ApiError(403, DEFAULT_FORBIDDEN);
  }
  if (isAllowedFrom(token, ip)) return undefined;
  const message = `Cannot use the access token from location: ${ip}`;
  return new ApiError(403, { code: 9109, message });
}

function isAllowedFrom({ condition }: StoredToken, ip: string): boolean {
  const rule = condition?.["request.ip"];
  const caller = parseNetwork(ip);
  if (rule === undefined) return true;
  const isIn = (list: readonly string[]): boolean =>
    caller !== undefined &&
    list.some((text) => {
      const network = parseNetwork(text);
      return network !== undefined && contains(network, caller);
    });
  return (rule.in === undefined || isIn(rule.in)) && !isIn(rule.not_in ?? []);
}

function noteUse(token: StoredToken, now: number, world: World): void {
  const moment = new Date(now - (now % USE_STEP_MS)).toISOString();
  const used = moment.replace(/\.\d+Z$/, "Z");
  if (token.last_used_on === used) return;
  world.store.shelf(API_TOKEN, TOKEN_SCOPES[token.owner]).put({ ...token, last_used_on: used });
}
