/** API tokens of the account and of the user: made, changed, rolled, revoked, verified. */
import { z } from "zod";
import { ApiError, noRoute, type Answer } from "../envelope.ts";
import { ACCOUNT_ID, type Identity } from "../identities.ts";
import { hexId } from "../model/identifiers.ts";
import type { Call, Operation } from "../product.ts";
import type { Shelf } from "../store.ts";
import { fixedToken } from "../tokens/fixed.ts";
import { acceptPolicies, PolicyInput } from "../tokens/policies.ts";
import { permissionGroup, PERMISSION_GROUPS } from "../tokens/permission-groups.ts";
import {
  API_TOKEN,
  newSecret,
  REVOKED,
  secretDigest,
  statusAt,
  TOKEN_SCOPES,
  type Condition,
  type Owner,
  type StoredToken,
} from "../tokens/token.ts";
import { invalidToken } from "../tokens/refusal.ts";
import { parseNetwork } from "../model/network.ts";
import { ownAccount } from "./accounts.ts";

const TOKENS_MAX: Readonly<Record<Owner, number>> = { account: 500, user: 50 };
const PER_PAGE = { min: 5, max: 50, initial: 20 };

const Networks = z.array(z.string()).max(100).nullish();

/** Other keys are dropped in silence, `request_ip` of the typed clients among them. */
const ConditionInput = z
  .object({ "request.ip": z.object({ in: Networks, not_in: Networks }).nullish() })
  .nullish();

const TokenInput = z.object({
  name: z.string().min(1).max(120),
  policies: z.array(PolicyInput).min(1).max(50),
  condition: ConditionInput,
  not_before: z.string().nullish(),
  expires_on: z.string().nullish(),
  status: z.enum(["active", "disabled", "expired"]).nullish(),
});
type TokenInput = z.infer<typeof TokenInput>;

/** The tokens that the route is about. The user's are only for the user. */
class Tokens {
  readonly owner: Owner;
  readonly shelf: Shelf<StoredToken>;
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
    this.owner = call.request.path.startsWith("/user") ? "user" : "account";
    if (this.owner === "account") ownAccount(call);
    else refuseAccountTokens(call);
    this.shelf = call.shelf(API_TOKEN, TOKEN_SCOPES[this.owner]);
  }

  find(): StoredToken {
    const token = this.shelf.get(this.#call.param("token_id"));
    if (token === undefined) throw noRoute(this.#call.request.path);
    return token;
  }

  /** The fixed ones, too. */
  findAny(): StoredToken {
    const id = this.#call.param("token_id");
    return (this.owner === "account" ? fixedToken(this.#call, id) : undefined) ?? this.find();
  }

  put(token: StoredToken, action: "create" | "update"): void {
    this.shelf.put(token);
    this.changed(token, action);
  }

  changed(token: StoredToken, action: "create" | "update" | "delete"): void {
    const { body, now } = this.#call;
    this.#call.changed({
      action,
      resource: {
        id: token.id,
        type: "api_token",
        product: "api_tokens",
        scope: this.owner === "account" ? "accounts" : "user",
      },
      request: body.type === "json" ? body.value : null,
      response: action === "delete" ? null : shown(token, now),
    });
  }
}

function refuseAccountTokens({ identity }: Call): void {
  if (identity?.actor.type === "user") return;
  const message = "Valid user-level authentication not found";
  throw new ApiError(403, { code: 9109, message });
}

function shown(token: StoredToken, now: number): Record<string, unknown> {
  const { owner: _owner, secret_digest: _digest, ip_address: _ip, policies, ...rest } = token;
  return {
    ...rest,
    status: statusAt(token, now),
    policies: policies.map((policy) => ({
      ...policy,
      permission_groups: policy.permission_groups.map(({ id }) => ({
        id,
        name: permissionGroup(id)?.name ?? "",
      })),
    })),
  };
}

/** `2018-07-01T05:20:00Z`: whole seconds in UTC, as the API writes them. */
function moment(name: string, text: string | null | undefined): string | undefined {
  if (text === null || text === undefined) return undefined;
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const time = isTime ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time)) return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
  throw invalidToken(`\`${name}\` must be a time such as 2018-07-01T05:20:00Z`);
}

function period(input: TokenInput, now: number): Pick<StoredToken, "not_before" | "expires_on"> {
  const start = moment("not_before", input.not_before);
  const end = moment("expires_on", input.expires_on);
  if (end !== undefined && Date.parse(end) <= now) {
    throw invalidToken("`expires_on` must be in the future");
  }
  if (start !== undefined && end !== undefined && Date.parse(end) <= Date.parse(start)) {
    throw invalidToken("`expires_on` must be after `not_before`");
  }
  return {
    ...(start === undefined ? {} : { not_before: start }),
    ...(end === undefined ? {} : { expires_on: end }),
  };
}

function acceptCondition(input: TokenInput["condition"]): { condition?: Condition } {
  const rule = input?.["request.ip"];
  if (rule === null || rule === undefined) return {};
  for (const text of [...(rule.in ?? []), ...(rule.not_in ?? [])]) {
    if (parseNetwork(text) !== undefined) continue;
    throw invalidToken(`\`${text}\` in \`condition\` is neither an address nor a network`);
  }
  const allowed = rule.in?.length ? { in: rule.in } : {};
  const refused = rule.not_in?.length ? { not_in: rule.not_in } : {};
  return { condition: { "request.ip": { ...allowed, ...refused } } };
}

function create(call: Call): Answer {
  const tokens = new Tokens(call);
  const { owner, shelf } = tokens;
  const input = call.json(TokenInput);
  if (shelf.size >= TOKENS_MAX[owner]) {
    throw invalidToken(`the limit of ${TOKENS_MAX[owner]} tokens is reached`);
  }
  const value = newSecret(owner);
  const id = hexId();
  const { actor } = call.identity as Identity;
  const issued = call.timestamp.replace(/\.\d+Z$/, "Z");
  const token: StoredToken = {
    id,
    owner,
    name: input.name,
    secret_digest: secretDigest(value),
    status: "active",
    policies: acceptPolicies(call, id, input.policies),
    ...acceptCondition(input.condition),
    issued_on: issued,
    modified_on: issued,
    ...period(input, call.now),
    ...(actor.email === undefined ? {} : { creator_email_at_creation: actor.email }),
    ip_address: actor.ip_address,
  };
  tokens.put(token, "create");
  return { result: { ...shown(token, call.now), value } };
}

function replace(call: Call): Answer {
  const tokens = new Tokens(call);
  const before = tokens.find();
  const input = call.json(TokenInput);
  const { condition: _condition, not_before: _start, expires_on: _end, ...kept } = before;
  const token: StoredToken = {
    ...kept,
    name: input.name,
    status: input.status === "disabled" ? "disabled" : "active",
    policies: acceptPolicies(call, before.id, input.policies),
    ...acceptCondition(input.condition),
    ...period(input, call.now),
    modified_on: call.timestamp.replace(/\.\d+Z$/, "Z"),
  };
  tokens.put(token, "update");
  return { result: shown(token, call.now) };
}

/** The old value is worth nothing from the next call on. */
function roll(call: Call): Answer {
  const tokens = new Tokens(call);
  const before = tokens.find();
  const value = newSecret(tokens.owner);
  const modified = call.timestamp.replace(/\.\d+Z$/, "Z");
  tokens.put({ ...before, secret_digest: secretDigest(value), modified_on: modified }, "update");
  return { result: value };
}

function remove(call: Call): Answer {
  const tokens = new Tokens(call);
  const token = tokens.findAny();
  const isMade = tokens.shelf.get(token.id) !== undefined;
  if (isMade) tokens.shelf.delete(token.id);
  else call.shelf(REVOKED, ACCOUNT_ID).put({ id: token.id });
  tokens.changed(token, "delete");
  return { result: { id: token.id } };
}

const one = (call: Call): Answer => ({ result: shown(new Tokens(call).findAny(), call.now) });

function list(call: Call): Answer {
  const withExpired = call.query.flag("include_expired") === true;
  const isDescending = call.query.oneOf("direction", ["asc", "desc"]) === "desc";
  const found = new Tokens(call).shelf
    .list()
    .filter((token) => withExpired || statusAt(token, call.now) !== "expired");
  const { result, info } = call.query.page(isDescending ? found.toReversed() : found, PER_PAGE);
  return { result: result.map((token) => shown(token, call.now)), info };
}

function permissionGroups(call: Call): Answer {
  const { owner } = new Tokens(call);
  const name = call.query.text("name");
  const scope = call.query.text("scope");
  const found = PERMISSION_GROUPS.filter(
    (group) =>
      (owner === "user" || group.scopes[0] !== "com.cloudflare.api.user") &&
      (name === undefined || group.name === name) &&
      (scope === undefined || group.scopes[0] === scope),
  );
  const result = found.map(({ id, name: title, category, scopes }) => {
    return { id, name: title, category, scopes, is_selectable: true };
  });
  return { result };
}

function caller(call: Call, owner: Identity["actor"]["type"]): Identity {
  const { identity } = call;
  if (identity !== undefined && identity.actor.type === owner) return identity;
  throw new ApiError(401, { code: 1000, message: "Invalid API Token" });
}

/** Fixed tokens never end; one that is used from a wrong place is not told what it is. */
function verified(call: Call, owner: Owner): Answer {
  const { tokenId: id, refusal } = caller(call, owner);
  const token = call.shelf(API_TOKEN, TOKEN_SCOPES[owner]).get(id);
  if (token === undefined) return { result: { id, status: "active" } };
  if (refusal?.errors[0]?.code === 9109) throw refusal;
  const { not_before: start, expires_on: end } = token;
  const limits = {
    ...(start === undefined ? {} : { not_before: start }),
    ...(end === undefined ? {} : { expires_on: end }),
  };
  return { result: { id, status: statusAt(token, call.now), ...limits } };
}

/** The user route knows user tokens only, the account route account tokens only. */
const verifyUserToken = (call: Call): Answer => verified(call, "user");

function verifyAccountToken(call: Call): Answer {
  ownAccount(call);
  return verified(call, "account");
}

function routes(root: string, verify: Operation["handle"]): Operation[] {
  const token = `${root}/:token_id`;
  return [
    { method: "GET", path: root, needs: "tokens:read", handle: list },
    { method: "POST", path: root, needs: "tokens:write", handle: create },
    {
      method: "GET",
      path: `${root}/permission_groups`,
      needs: "tokens:read",
      handle: permissionGroups,
    },
    { method: "GET", path: `${root}/verify`, needs: "token", admitsSpent: true, handle: verify },
    { method: "GET", path: token, needs: "tokens:read", handle: one },
    { method: "PUT", path: token, needs: "tokens:write", handle: replace },
    { method: "DELETE", path: token, needs: "tokens:write", handle: remove },
    { method: "PUT", path: `${token}/value`, needs: "tokens:write", handle: roll },
  ];
}

export const TOKENS: readonly Operation[] = [
  ...routes("/accounts/:account_id/tokens", verifyAccountToken),
  ...routes("/user/tokens", verifyUserToken),
];
