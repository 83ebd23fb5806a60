/**
 * Another token in the place of the standing one: with the same policies, proven before the old one is revoked. `roll` of
 * the API is not used: it ends the old value with the call that makes the new one, before anybody has seen it work.
 *
 *   making ─► proving ─► revoking ─► done
 *
 * Each stage is stored before its call, and a crash goes on from it (I11). Until the new one is proven, the old one is used.
 */
import type { Json } from "../src/core/canonical.ts";
import { type DescribedToken, verifiedToken } from "../src/edge/cloudflare/account-tokens.ts";
import { nonce, seconds, type TokenKeeper } from "./token-keeper.ts";
import type { Rotation } from "./token-ledger.ts";

const DAY_MS = 24 * 60 * 60_000;
/** After a failure. */
const RETRY_MS = 60 * 60_000;
/** A forgotten token ends by itself, after as many intervals; never sooner than in a day. */
const EXPIRES_AFTER_INTERVALS = 3;

const intervalMs = (keeper: TokenKeeper): number | null => {
  const days = Number(keeper.input.env.TOKEN_ROTATE_DAYS ?? "0");
  return Number.isFinite(days) && days > 0 ? days * DAY_MS : null;
};

/** Goes as far as it can. Returns when to come back, or null: it is not asked for. */
export async function rotate(keeper: TokenKeeper): Promise<number | null> {
  const { ledger } = keeper;
  const every = intervalMs(keeper);
  const now = keeper.input.nowMs();
  const waitUntil = ledger.get("rotateAfterMs") ?? 0;
  if (waitUntil > now) return waitUntil;
  if (ledger.get("rotation") === null) {
    if (every === null) return null;
    const due = keeper.standing().sinceMs + every;
    if (due > now) return due;
    const begun = await begin(keeper);
    if (begun !== null) return failed(keeper, "begin", begun);
  }
  // At most three stages, each leads to the next.
  for (let rotation = ledger.get("rotation"); rotation; rotation = ledger.get("rotation")) {
    const problem = await advance(keeper, rotation);
    if (problem !== null) return failed(keeper, rotation.stage, problem);
  }
  return every === null ? null : keeper.standing().sinceMs + every;
}

async function failed(keeper: TokenKeeper, stage: string, problem: string): Promise<number> {
  const at = keeper.input.nowMs() + RETRY_MS;
  await keeper.note("rotation_failed", `${stage} ${seconds(keeper.input.nowMs())}`, {
    stage,
    problem,
  });
  keeper.ledger.set("rotateAfterMs", at);
  return at;
}

/** What stands in the way, or null. */
async function begin(keeper: TokenKeeper): Promise<string | null> {
  const accountId = keeper.ledger.get("accountId");
  if (accountId === null) return "no account is known yet";
  if (keeper.tokens(accountId) === null) return "there is no token that may make tokens";
  const oldId = await keeper.standingId(accountId);
  if (oldId === null) return "the token in use cannot be verified";
  const name = `rotation ${nonce()}`;
  keeper.ledger.set("rotation", { stage: "making", name, oldId, accountId });
  return null;
}

function advance(keeper: TokenKeeper, rotation: Rotation): Promise<string | null> {
  switch (rotation.stage) {
    case "making":
      return make(keeper, rotation);
    case "proving":
      return prove(keeper, rotation);
    case "revoking":
      return revoke(keeper, rotation);
  }
}

type Making = Extract<Rotation, { stage: "making" }>;
type Made = Extract<Rotation, { newId: string }>;

/** A crash during the call leaves one that is named after this rotation: it is deleted, and another one made. */
async function make(keeper: TokenKeeper, rotation: Making): Promise<string | null> {
  const { name, oldId, accountId } = rotation;
  const tokens = keeper.tokens(accountId);
  if (tokens === null) return "there is no token that may make tokens";
  const old = await tokens.describe(oldId);
  if (!old.ok) return `the token in use cannot be read: ${old.error.detail}`;
  const title = titleOf(old.value.name, name);
  const stray = await tokens.named(title);
  if (!stray.ok) return `tokens cannot be listed: ${stray.error.detail}`;
  for (const id of stray.value) if (!(await tokens.remove(id)).ok) return "a stray stays";
  await keeper.note("rotating", name, { old: oldId });
  const created = await tokens.create({ name: title, ...copied(old.value, keeper) });
  if (!created.ok) return `no token was made: ${created.error.detail}`;
  const { id, value } = created.value;
  const sealed = await keeper.sealed(value, id);
  keeper.ledger.set("rotation", { stage: "proving", oldId, accountId, newId: id, value: sealed });
  return null;
}

/** The same rights from the same places, and an end, should it be forgotten. */
function copied({ policies, condition }: DescribedToken, keeper: TokenKeeper) {
  const every = intervalMs(keeper) ?? DAY_MS;
  const lifeMs = Math.max(DAY_MS, EXPIRES_AFTER_INTERVALS * every);
  return {
    policies: policies.map(({ effect, resources, permission_groups: groups }): Json => ({
      effect,
      resources,
      permission_groups: groups.map(({ id }) => ({ id })),
    })),
    expiresOn: seconds(keeper.input.nowMs() + lifeMs),
    ...(condition ? { condition } : {}),
  };
}

/** The old name and this rotation's: the one who reads the account's tokens sees which is which. */
const titleOf = (old: string, name: string): string =>
  `${old.replace(/ \(rotation [0-9a-f]{8}\)$/, "").slice(0, 80)} (${name})`;

/** Verified, and a harmless reading answers as it does to the old one. */
async function prove(keeper: TokenKeeper, rotation: Made): Promise<string | null> {
  const { ledger } = keeper;
  const { newId, accountId, value } = rotation;
  const api = keeper.api(await keeper.opened(value, newId));
  const found = await verifiedToken(api, accountId);
  if (found?.id !== newId) return "the new token is not accepted";
  const reading = await api.get("/zones", { per_page: "5" });
  if (reading.type !== "ok") return `the new token cannot read: ${reading.type}`;
  await keeper.note("proven", newId, { old: rotation.oldId });
  // From here on it is the one in use; a crash between the two leaves it in use and the old one to be revoked.
  ledger.set("rotation", { ...rotation, stage: "revoking" });
  ledger.set("standing", {
    ...keeper.standing(),
    tokenId: newId,
    value,
    sinceMs: keeper.input.nowMs(),
  });
  return null;
}

async function revoke(keeper: TokenKeeper, rotation: Made): Promise<string | null> {
  const { ledger } = keeper;
  // Stored in two steps: should the first alone have survived, the second is made good here.
  const { newId, value, oldId, accountId } = rotation;
  if (keeper.standing().tokenId !== newId)
    ledger.set("standing", { ...keeper.standing(), tokenId: newId, value });
  const removed = await keeper.tokens(accountId)?.remove(oldId);
  if (!removed?.ok) return `the old token is not revoked: ${removed?.error.detail ?? ""}`;
  await keeper.note("rotated", newId, { old: oldId });
  ledger.set("rotation", null);
  return null;
}
