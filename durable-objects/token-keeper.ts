import { digestOfText, isObject, textOf } from "../src/core/canonical.ts";
import { type Instant, instantOf } from "../src/core/ids.ts";
import type { Entry } from "../src/core/log/entry.ts";
import { providerOf } from "../src/core/provider.ts";
import type { Site } from "../src/core/resource.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import {
  allows,
  type Grant,
  lifetimeMs,
  permissionsFor,
  resourceOf,
} from "../src/core/token-grant.ts";
import { AccountTokens, verifiedToken } from "../src/edge/cloudflare/account-tokens.ts";
import { CloudflareApi } from "../src/edge/cloudflare/client.ts";
import { UNSIGNED_ORIGIN } from "../src/edge/aws/client.ts";
import { refused, sendSigned } from "../src/edge/aws/connect.ts";
import { connect, originProblem, REAL_ORIGIN } from "../src/edge/cloudflare/connect.ts";
import { seal, unseal } from "../src/edge/signing/sealed-value.ts";
import { awsWorldOf, type ProviderBinding, worldProblem } from "./providers.ts";
import { type Minted, type Standing, TokenLedger } from "./token-ledger.ts";

export interface KeeperEnv extends ProviderBinding {
  /** A token that may make and delete account tokens. With it, each plan is written with a token of its own. */
  readonly CF_MINT_TOKEN?: string;
  /** 64 hex digits: what is stored of tokens is encrypted with it. */
  readonly VAULT_SEAL_KEY?: string;
  /** How many days the standing token is used before another one takes its place; 0 or none: for ever. */
  readonly TOKEN_ROTATE_DAYS?: string;
}

export interface KeeperInput {
  readonly env: KeeperEnv;
  readonly storage: DurableObjectStorage;
  readonly record: (entries: readonly Entry[]) => Promise<unknown>;
  readonly nowMs: () => number;
  /** Asks to be woken (`tend`) then, or earlier. */
  readonly wake: (atMs: number) => Promise<void>;
}

/** Of 500 that an account may have: a fault of ours must not use them up. One plan of a scope is written at a time. */
export const OUTSTANDING_MAX = 20;
/** A call that makes a token is answered or given up within 20 s. */
export const ABANDONED_MS = 2 * 60_000;
/** A token with less left than this is not begun with. */
const MARGIN_MS = 5 * 60_000;
/** Attribution looks back 24 hours; what wrote in that time has to be known as ours. */
const KNOWN_MS = 25 * 60 * 60_000;
const KNOWN_MAX = 2_000;
const GROUPS_AGE_MS = 24 * 60 * 60_000;
/** A new token is not always known everywhere at once. */
const PROOFS = 4;
const PROOF_PAUSE_MS = 250;
const RETRY_MS = 60_000;

export interface Lent {
  readonly detail: string;
}

/** Whole seconds, as the API writes them. */
export const seconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

/**
 * The only holder of Cloudflare tokens' values. It lends: whoever writes gets a lease, sends requests under the lease's
 * name, and the value is put in here. No method returns one. Invariant: a token that was made here is in the ledger before
 * it exists, and is deleted, whatever crashes: what is due is looked for on every waking (I11).
 */
export class TokenKeeper {
  readonly input: KeeperInput;
  readonly ledger: TokenLedger;

  constructor(input: KeeperInput) {
    this.input = input;
    this.ledger = new TokenLedger(input.storage);
  }

  /** A lease for the writes of `grant`, under a name that the caller chooses. Asked again, it goes on. */
  async lend(id: string, grant: Grant): Promise<Result<null, Lent>> {
    const { nowMs } = this.input;
    const expiresAtMs = nowMs() + lifetimeMs(grant);
    const mints = providerOf(grant.site.level) === "cloudflare" && this.#mintToken() !== null;
    const minted = mints ? await this.#mint(id, grant) : ok(null);
    if (!minted.ok) return minted;
    this.ledger.open(id, grant, expiresAtMs);
    return ok(null);
  }

  /** Ends a lease. The deletion of its token follows by itself. */
  async giveBack(id: string): Promise<void> {
    this.ledger.end(id, this.input.nowMs());
    if (this.ledger.outstanding() > 0) await this.input.wake(this.input.nowMs());
  }

  /** Carries out one call under the lease that stands where the token will. */
  async send(request: Request): Promise<Response> {
    const { env } = this.input;
    const lease =
      /^Bearer lease:(\S+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
    if (new URL(request.url).origin === UNSIGNED_ORIGIN) return this.#sendAws(request, lease);
    const problem = this.#against(request, lease);
    if (problem !== null) return refusal(problem);
    const token = request.method === "GET" ? await this.#standing() : await this.#writing(lease);
    if (token === null) return refusal("the token is gone");
    const sent = new Request(request, { redirect: "manual" });
    sent.headers.set("authorization", `Bearer ${token}`);
    return sandboxOf(env)?.fetch(sent) ?? fetch(sent);
  }

  /** The same for AWS, where nothing stands in a header but a signature, over an address that is made when signing. */
  async #sendAws(request: Request, lease: string): Promise<Response> {
    const { env, nowMs } = this.input;
    const problem = worldProblem("aws_account", env);
    if (problem !== null) return refused(problem);
    const { pathname, search } = new URL(request.url);
    const grant = request.method === "GET" ? null : this.ledger.lease(lease, nowMs());
    const lent = grant !== null && allows(grant, request.method, pathname + search);
    if (request.method !== "GET" && !lent) return refused("not lent for this call");
    return sendSigned(awsWorldOf(env), request);
  }

  /** Why a call is not made: it leads elsewhere, or is a write that the lease is not for. */
  #against({ url, method }: Request, lease: string): string | null {
    const { env, nowMs } = this.input;
    const { origin, pathname: root } = new URL(env.CF_API_BASE);
    const target = new URL(url);
    const problem = originProblem(env);
    if (problem !== null) return problem;
    if (target.origin !== origin || !target.pathname.startsWith(`${root}/`))
      return "not an address that a token goes to";
    if (method === "GET") return null;
    const grant = this.ledger.lease(lease, nowMs());
    const path = target.pathname.slice(root.length) + target.search;
    return grant && allows(grant, method, path) ? null : "not lent for this call";
  }

  /** Ids of the tokens that write for us: the standing one first, then those of the last day. */
  async tokenIds(accountId: string): Promise<readonly string[]> {
    const standing = await this.standingId(accountId);
    const ids = this.ledger.ids(this.input.nowMs() - KNOWN_MS, KNOWN_MAX);
    return [...(standing === null ? [] : [standing]), ...ids];
  }

  /** Everything that is due: tokens to be deleted. Returns when to come back, or null. */
  async sweep(): Promise<number | null> {
    const now = this.input.nowMs();
    this.ledger.forget(now - KNOWN_MS);
    let failed = false;
    for (const minted of this.ledger.due(now, now - ABANDONED_MS))
      failed = !(await this.#delete(minted)) || failed;
    if (failed) return now + RETRY_MS;
    return this.ledger.nextDueMs(ABANDONED_MS);
  }

  /** By id, or by name where a crash left no id. Whether nothing of it is left. */
  async #delete({ name, tokenId, accountId, lease }: Minted): Promise<boolean> {
    const tokens = this.tokens(accountId);
    if (tokens === null) return false;
    const ids = tokenId === null ? await tokens.named(name) : ok([tokenId]);
    if (!ids.ok) return false;
    for (const id of ids.value) {
      // Known before it goes: the audit log names whoever wrote by it.
      if (tokenId === null) this.ledger.found(name, id);
      const removed = await tokens.remove(id);
      if (!removed.ok) return false;
    }
    await this.note("deleted", name, { lease, tokens: [...ids.value] });
    this.ledger.deleted(name, this.input.nowMs());
    return true;
  }

  async #mint(lease: string, grant: Grant): Promise<Result<null, Lent>> {
    const { nowMs } = this.input;
    const existing = this.ledger.of(lease);
    if (existing?.state === "out" && existing.expiresAtMs > nowMs() + MARGIN_MS) return ok(null);
    if (existing) this.ledger.closing(existing.name, nowMs());
    const wanted = permissionsFor(grant);
    if (wanted === null) return err({ detail: "no permission group is known for a write" });
    const accountId = await this.#accountOf(grant.site);
    if (accountId === null) return err({ detail: "the account cannot be looked up" });
    const groups = await this.#groupIds(accountId);
    if (groups === null) return err({ detail: "the permission groups cannot be read" });
    const ids = wanted.map((name) => groups.get(name));
    if (ids.includes(undefined)) return err({ detail: `no group for ${wanted.join(", ")}` });
    if (this.ledger.outstanding() >= OUTSTANDING_MAX) {
      await this.input.wake(nowMs());
      return err({ detail: `${OUTSTANDING_MAX} tokens are out already` });
    }
    const expiresAtMs = nowMs() + lifetimeMs(grant);
    const name = `driftless-vault-write ${lease.slice(0, 24)} ${nonce()}`;
    this.ledger.minting({ name, lease, accountId, expiresAtMs }, nowMs());
    await this.note("minting", name, {
      lease,
      permissions: [...wanted],
      expires_at: seconds(expiresAtMs),
    });
    await this.input.wake(nowMs() + ABANDONED_MS);
    return this.#made({ name, accountId, expiresAtMs, groups: ids as string[], site: grant.site });
  }

  /** A crash from here on leaves a token that has a name in the ledger: the sweep finds it. */
  async #made({ name, accountId, expiresAtMs, groups, site }: Making): Promise<Result<null, Lent>> {
    const { nowMs } = this.input;
    const created = await this.tokens(accountId)?.create({
      name,
      policies: [
        {
          effect: "allow",
          resources: { [resourceOf(site)]: "*" },
          permission_groups: groups.map((id) => ({ id })),
        },
      ],
      notBefore: seconds(nowMs()),
      expiresOn: seconds(expiresAtMs),
    });
    if (!created?.ok) {
      this.ledger.closing(name, nowMs());
      await this.input.wake(nowMs());
      return err({ detail: `no token was made: ${created?.error.detail ?? "not configured"}` });
    }
    const { id, value } = created.value;
    const sealed = await seal(value, { key: this.#sealKey(), about: name });
    this.ledger.out(name, { tokenId: id, value: sealed }, nowMs());
    if (await this.proven(value, accountId)) return ok(null);
    this.ledger.closing(name, nowMs());
    await this.input.wake(nowMs());
    return err({ detail: "the new token is not accepted" });
  }

  /** Active by the API's own word. */
  async proven(value: string, accountId: string): Promise<boolean> {
    for (let attempt = 0; attempt < PROOFS; attempt += 1) {
      if (attempt > 0) await scheduler.wait(PROOF_PAUSE_MS);
      if ((await verifiedToken(this.api(value), accountId)) !== null) return true;
    }
    return false;
  }

  /** The id of the standing token, asked once and then known. */
  async standingId(accountId: string): Promise<string | null> {
    const standing = this.standing();
    this.ledger.set("accountId", accountId);
    if (standing.tokenId !== null) return standing.tokenId;
    const found = await verifiedToken(this.api(await this.#valueOf(standing)), accountId);
    if (found) this.ledger.set("standing", { ...standing, tokenId: found.id });
    return found?.id ?? null;
  }

  /** Another token in the environment is a person's word that it is the one to use from now on. */
  standing(): Standing {
    const { env, nowMs } = this.input;
    const envDigest = digestOfText(env.CF_API_TOKEN);
    const known = this.ledger.get("standing");
    if (known?.envDigest === envDigest) return known;
    const { origin } = new URL(env.CF_API_BASE);
    const standing = { tokenId: null, value: null, origin, envDigest, sinceMs: nowMs() };
    this.ledger.set("standing", standing);
    this.ledger.set("rotation", null);
    return standing;
  }

  async sealed(value: string, about: string) {
    return seal(value, { key: this.#sealKey(), about });
  }

  async opened(value: NonNullable<Standing["value"]>, about: string): Promise<string> {
    return unseal(value, { key: this.#sealKey(), about });
  }

  /** The API with a value that never leaves this object. */
  api(token: string): CloudflareApi {
    const { env } = this.input;
    // What was made here has no prefix that says for whom; it is bound to the origin where it was made (`#valueOf`).
    const isOwn = token !== env.CF_API_TOKEN && token !== env.CF_MINT_TOKEN;
    if (!isOwn) return connect({ ...env, CF_API_TOKEN: token });
    return new CloudflareApi({
      base: env.CF_API_BASE,
      token,
      fetch: (request) => sandboxOf(env)?.fetch(request) ?? fetch(request),
    });
  }

  /** With the token that makes tokens; null: there is none. */
  tokens(accountId: string): AccountTokens | null {
    const mint = this.#mintToken();
    return mint === null ? null : new AccountTokens(this.api(mint), accountId);
  }

  /** The evidence: what was made, proven and deleted, never a value. Before its effect where it has one (I10). */
  async note(what: string, name: string, data: Entry["data"] = {}): Promise<void> {
    const at: Instant = instantOf(new Date(this.input.nowMs()).toISOString());
    await this.input.record([
      {
        id: `token/${name}/${what}`,
        type: "token",
        scope: `account:${this.ledger.get("accountId") ?? ""}`,
        at,
        actor: "vault",
        data: { what, name, ...data },
      },
    ]);
  }

  async #standing(): Promise<string | null> {
    return this.#valueOf(this.standing());
  }

  async #valueOf({ value, origin, tokenId }: Standing): Promise<string> {
    const { env } = this.input;
    if (value === null) return env.CF_API_TOKEN;
    if (origin !== new URL(env.CF_API_BASE).origin)
      throw new Error("the token was made for another origin");
    return this.opened(value, tokenId ?? "");
  }

  async #writing(lease: string): Promise<string | null> {
    if (this.#mintToken() === null) return this.#standing();
    const minted = this.ledger.of(lease);
    if (minted?.state !== "out" || minted.value === null) return null;
    return this.opened(minted.value, minted.name);
  }

  async #accountOf(site: Site): Promise<string | null> {
    if (site.level === "account") return this.#remember(site.id);
    const answer = await this.api((await this.#standing()) ?? "").get(`/zones/${site.id}`);
    const zone = answer.type === "ok" && isObject(answer.result) ? answer.result : {};
    const id = isObject(zone["account"]) ? textOf(zone["account"]["id"]) : "";
    return id === "" ? null : this.#remember(id);
  }

  #remember(accountId: string): string {
    this.ledger.set("accountId", accountId);
    return accountId;
  }

  async #groupIds(accountId: string): Promise<ReadonlyMap<string, string> | null> {
    const known = this.ledger.get("groups");
    const now = this.input.nowMs();
    if (known?.accountId === accountId && known.atMs > now - GROUPS_AGE_MS)
      return new Map(known.ids);
    const groups = await this.tokens(accountId)?.groups();
    if (!groups?.ok) return null;
    this.ledger.set("groups", { accountId, atMs: now, ids: [...groups.value] });
    return groups.value;
  }

  #mintToken(): string | null {
    return this.input.env.CF_MINT_TOKEN || null;
  }

  #sealKey(): string {
    return this.input.env.VAULT_SEAL_KEY ?? "";
  }
}

/** The sandbox, where the API is one. */
const sandboxOf = (env: KeeperEnv): Fetcher | undefined =>
  new URL(env.CF_API_BASE).origin === REAL_ORIGIN ? undefined : env.CF_API;

interface Making {
  readonly name: string;
  readonly accountId: string;
  readonly expiresAtMs: number;
  readonly groups: readonly string[];
  readonly site: Site;
}

export const nonce = (): string =>
  [...crypto.getRandomValues(new Uint8Array(4))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

/** In Cloudflare's own form, so that whoever called takes it for a refusal. */
const refusal = (message: string): Response =>
  Response.json(
    { success: false, errors: [{ code: 10_000, message }], messages: [], result: null },
    { status: 403 },
  );
