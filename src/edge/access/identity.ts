/**
 * Who calls, as Cloudflare Access says: the assertion that it puts on every request it lets through. What is believed is
 * the signature by the team's keys, for this application, now; the role follows from the configuration, never from the
 * assertion itself.
 */
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import { type Instant, instantOf } from "../../core/ids.ts";

export interface AccessSettings {
  /** ACCESS_TEAM: `https://<team>.cloudflareaccess.com`; empty: Access is not used. */
  readonly team: string | undefined;
  /** ACCESS_AUDIENCES: the application's audience tags, comma-separated. */
  readonly audiences: string | undefined;
  /** ACCESS_ROLES: a JSON list of `{group | email | common_name, role}`. The first that fits counts. */
  readonly roles: string | undefined;
}

export interface Identity {
  readonly name: string;
  readonly role: "viewer" | "operator" | "approver";
  /** When Access issued the assertion: requests with the same one are one session. */
  readonly since: Instant;
}

/** Null: the assertion is not one, or nobody gave its bearer a role. Throws, retryably, when the keys cannot be had. */
export type Identify = (assertion: string) => Promise<Identity | null>;

const TEAM = /^https:\/\/[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\.cloudflareaccess\.com$/;
const AUDIENCE = /^[0-9a-f]{64}$/;
const COMMON_NAME = /^[0-9a-f]{32}\.access$/;
const EMAIL = /^[^\s:@]{1,64}@[a-z0-9.-]{1,190}$/;
const ROLES_MAX = 200;
/** Assertions have about 1 KiB; groups make them longer. */
const ASSERTION_LENGTH_MAX = 16_384;
const GROUPS_MAX = 500;
const KEYS_BYTES_MAX = 65_536;
/** Two clocks that are kept. */
const CLOCK_TOLERANCE_S = 30;
/** A session of Access lasts a month at most. */
const AGE_MAX = "31 days";
const KEYS_AGE_MAX_MS = 10 * 60_000;
const KEYS_TIMEOUT_MS = 5_000;
/** However many unknown key ids come, the team is asked for its keys once in this time. */
const KEYS_PAUSE_MS = 30_000;
const KEYS_RETRY_MS = 5_000;

const role = z.enum(["viewer", "operator", "approver"]);
const rules = z
  .array(
    z.union([
      z.strictObject({ group: z.string().min(1).max(200), role }),
      z.strictObject({ email: z.string().toLowerCase().regex(EMAIL), role }),
      // A program is no person: it cannot approve.
      z.strictObject({
        common_name: z.string().regex(COMMON_NAME),
        role: z.enum(["viewer", "operator"]),
      }),
    ]),
  )
  .max(ROLES_MAX);
type Rules = z.output<typeof rules>;

const claims = z.looseObject({
  iat: z.int().min(0).max(253_402_300_799), // the last second that an instant can say
  email: z.string().toLowerCase().regex(EMAIL).optional(),
  common_name: z.string().regex(COMMON_NAME).optional(),
  custom: z.looseObject({ groups: z.array(z.string()).max(GROUPS_MAX).optional() }).optional(),
  groups: z.array(z.string()).max(GROUPS_MAX).optional(),
});

/** The keys of the team cannot be had now; whoever asks may come again. */
class KeysUnavailable extends Error {
  readonly retryable = true;
}

/**
 * Null: Access is not configured. Throws when it is configured by half or wrongly: starting then would lock people out,
 * or let them in.
 */
export function accessIdentity(
  { team, audiences, roles }: AccessSettings,
  send: typeof fetch = (...of) => fetch(...of),
): Identify | null {
  if (!team) return null;
  if (!TEAM.test(team))
    throw new Error("`ACCESS_TEAM` must be `https://<team>.cloudflareaccess.com`");
  const audience = (audiences ?? "").split(",").map((tag) => tag.trim());
  if (!audience.every((tag) => AUDIENCE.test(tag)))
    throw new Error("`ACCESS_AUDIENCES` must be the application's audience tags of 64 hex digits");
  const mapping = parseRules(roles);
  const keys = createRemoteJWKSet(new URL(`${team}/cdn-cgi/access/certs`), {
    cacheMaxAge: KEYS_AGE_MAX_MS,
    cooldownDuration: KEYS_PAUSE_MS,
    timeoutDuration: KEYS_TIMEOUT_MS,
    [customFetch]: keysReader(send),
  });
  const expected = {
    issuer: team,
    audience,
    algorithms: ["RS256"],
    clockTolerance: CLOCK_TOLERANCE_S,
    maxTokenAge: AGE_MAX,
    requiredClaims: ["exp", "iat", "aud"],
  };
  return async (assertion) => {
    if (assertion.length > ASSERTION_LENGTH_MAX) return null;
    try {
      const { payload } = await jwtVerify(assertion, keys, expected);
      return identityOf(payload, mapping);
    } catch (error) {
      if (error instanceof KeysUnavailable) throw error;
      if (error instanceof errors.JWKSTimeout)
        throw new KeysUnavailable("the team's keys: timeout");
      // Every other fault is one of the assertion: it is not accepted, and says nothing about why.
      return null;
    }
  };
}

type ReadKeys = (
  url: string,
  init: { readonly signal: AbortSignal; readonly headers: Headers },
) => Promise<Response>;

/** After a failure the team is left alone for a while, too: the library pauses only after a success. */
function keysReader(send: typeof fetch): ReadKeys {
  let notBeforeMs = 0;
  return async (url, init) => {
    if (Date.now() < notBeforeMs) throw new KeysUnavailable("the team's keys: tried just now");
    notBeforeMs = Date.now() + KEYS_RETRY_MS;
    const keys = await readKeys(send, url, init);
    notBeforeMs = 0;
    return keys;
  };
}

async function readKeys(
  send: typeof fetch,
  ...[url, init]: Parameters<ReadKeys>
): Promise<Response> {
  const response = await send(url, { ...init, method: "GET", redirect: "manual" }).catch(() => {
    throw new KeysUnavailable("the team's keys cannot be reached");
  });
  if (response.status !== 200) throw new KeysUnavailable(`the team's keys: ${response.status}`);
  const text = await response.text();
  if (text.length > KEYS_BYTES_MAX) throw new KeysUnavailable("the team's keys are too long");
  return new Response(text, { headers: { "content-type": "application/json" } });
}

function parseRules(text: string | undefined): Rules {
  let value: unknown;
  try {
    value = JSON.parse(text?.trim() ? text : "[]");
  } catch {
    throw new Error("`ACCESS_ROLES` is not JSON");
  }
  const parsed = rules.safeParse(value);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.map((key) => `[${JSON.stringify(key)}]`).join("");
  throw new Error(
    `\`ACCESS_ROLES\`${place ?? ""} must be \`{"group" | "email" | "common_name": …, "role": "viewer" | "operator" | "approver"}\`, and no program an approver`,
  );
}

/** A person by email, a service token by its common name. One that is both or neither is nobody. */
function identityOf(payload: JWTPayload, mapping: Rules): Identity | null {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) return null;
  const { iat, email, common_name: program, custom, groups } = parsed.data;
  if ((email === undefined) === (program === undefined)) return null;
  const memberOf = email === undefined ? [] : [...(custom?.groups ?? []), ...(groups ?? [])];
  const rule = mapping.find((one) => {
    if ("group" in one) return memberOf.includes(one.group);
    return "email" in one ? one.email === email : one.common_name === program;
  });
  const name = email ?? program;
  const since = instantOf(new Date(iat * 1_000).toISOString());
  return rule && name !== undefined ? { name, role: rule.role, since } : null;
}
