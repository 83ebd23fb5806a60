/** The second Worker: the trusted base. Reached only by RPC, from the swarm. */
import { WorkerEntrypoint } from "cloudflare:workers";
import { AuditLog, type VaultEnv } from "../durable-objects/audit-log.ts";
import { safeOf } from "../durable-objects/lent-api.ts";
import { registerOf } from "../durable-objects/active-policy.ts";
import { logAt, record } from "../durable-objects/record.ts";
import { PolicyRegister } from "../durable-objects/policy-register.ts";
import { TokenSafe } from "../durable-objects/token-safe.ts";
import { Register } from "../durable-objects/register.ts";
import { Vault } from "../durable-objects/vault.ts";
import type { SignedRuling } from "./core/attestation.ts";
import type { SignedBallot } from "./core/ballot.ts";
import type { ExecutionReport, RevertReport } from "./core/execution.ts";
import {
  type Digest,
  type Instant,
  isDigest,
  isObjectId,
  isScopeId,
  type ScopeId,
} from "./core/ids.ts";
import { type Entry, isVaultOnly } from "./core/log/entry.ts";
import { heededHold } from "./core/log/hold-entries.ts";
import { isEvidencePath } from "./core/log/leaf.ts";
import { objectAt, type Place, placeOf } from "./core/log/shards.ts";
import { parseTilePath } from "./core/log/tile.ts";
import type { PolicyProposal, SignedConsent } from "./core/policy/register.ts";
import type {
  Appended,
  LogPort,
  Notary,
  PolicyRegisterPort,
  RegisterPort,
  ReleaseRequest,
  VaultPort,
  VersionQuery,
} from "./core/ports.ts";
import type { Electorate } from "./core/quorum.ts";
import type { Result } from "./core/result.ts";
import type { PublicKeys } from "./core/signing.ts";
import type {
  RegisteredVoter,
  RegisterRefusal,
  SignedEntry,
  SignedIntroduction,
} from "./core/voter-register.ts";

export { AuditLog, PolicyRegister, Register, TokenSafe, Vault };

const vaultOf = (env: VaultEnv, scope: string): Vault =>
  env.VAULT.getByName(scope) as unknown as Vault;

/** What the swarm may ask of the vault. No method takes an API call, none returns a credential. */
export class VaultRpc extends WorkerEntrypoint<VaultEnv> implements VaultPort {
  async release(request: ReleaseRequest): Promise<ExecutionReport> {
    if (!isScopeId(request.plan.scope))
      return {
        outcome: "refused",
        refusal: { reason: "prohibited", rule: "outside_site", detail: "not a scope" },
      };
    return vaultOf(this.env, request.plan.scope).release(request);
  }

  async revert(scope: ScopeId, planDigest: Digest): Promise<RevertReport> {
    if (!isScopeId(scope) || !isDigest(planDigest))
      return { outcome: "stuck", detail: "not a scope or not a digest" };
    return vaultOf(this.env, scope).revert(planDigest);
  }

  async close(scope: ScopeId, planDigest: Digest): Promise<void> {
    if (isScopeId(scope) && isDigest(planDigest)) await vaultOf(this.env, scope).close(planDigest);
  }

  async tokenIds(accountId: string): Promise<readonly string[]> {
    return isObjectId(accountId) ? safeOf(this.env).tokenIds(accountId) : [];
  }
}

/** Which policies are in force, for the swarm: it may ask, propose, and hand on what people have signed. */
export class PolicyRpc extends WorkerEntrypoint<VaultEnv> implements PolicyRegisterPort {
  active() {
    return registerOf(this.env).active();
  }

  version(number: number) {
    return registerOf(this.env).version(number);
  }

  versions(query: VersionQuery) {
    return registerOf(this.env).versions({
      ...query,
      limit: Math.min(query.limit, VERSIONS_READ_MAX),
    });
  }

  propose(proposal: PolicyProposal, digest: Digest) {
    return registerOf(this.env).propose(proposal, digest);
  }

  consent(signed: SignedConsent) {
    return registerOf(this.env).consent(signed);
  }
}

/** A version has up to 100 KB. */
const VERSIONS_READ_MAX = 100;

/** The record, for the swarm: it may add and read, nothing else. Entries are marked as the swarm's. */
export class LogRpc extends WorkerEntrypoint<VaultEnv> implements LogPort {
  async append(entries: readonly Entry[]): Promise<Appended> {
    const forged = entries.find(({ type }) => isVaultOnly(type));
    if (forged) throw new Error(`only the vault records a \`${forged.type}\``);
    // The vault knows of a hold before whoever placed it is promised anything.
    for (const entry of entries) {
      const hold = heededHold(entry);
      if (hold) await vaultOf(this.env, entry.scope).heed(hold);
    }
    return record(this.env, entries, "swarm");
  }

  shards(): Promise<number> {
    return this.#log(0).shards();
  }

  latest(shard = 0): Promise<number> {
    return this.#log(shard).latest();
  }

  read({ shard = 0, ...query }: Parameters<LogPort["read"]>[0]) {
    return this.#log(shard).read(query);
  }

  proof({ place = 0, ...query }: Parameters<LogPort["proof"]>[0]) {
    return this.#log(place).proof(query);
  }

  anchored({ shard, ...query }: Parameters<LogPort["anchored"]>[0]) {
    return this.#log(shard).anchored(query);
  }

  keys(place: Place = 0): Promise<readonly string[]> {
    return this.#log(place).keys();
  }

  notary(place: Place = 0): Promise<Notary> {
    return this.#log(place).notary();
  }

  async erase(query: { digest: Digest; by: string; at: Instant }): Promise<void> {
    if (!isDigest(query.digest)) throw new Error("not a digest");
    await this.#log(0).erase(query, "swarm");
  }

  /** Checked here as well: no name but those of the log's own files leads anywhere. */
  async object(path: string, place: Place = 0): Promise<Uint8Array | null> {
    if (isEvidencePath(path)) return this.#log(0).object(path);
    const isOurs = path === "checkpoint" || parseTilePath(path) !== null;
    return isOurs ? this.#log(place).object(path) : null;
  }

  /** An object is made by being asked: only such as the record has, or may have, are. */
  #log(place: Place): AuditLog {
    if (placeOf(objectAt(place)) !== place) throw new Error("the record has no such log");
    return logAt(this.env, place);
  }
}

/**
 * The register, for the swarm: it may bring what voters and people have signed, and read. Everything it brings is
 * verified, and a scope that is none is nobody's.
 */
export class RegisterRpc extends WorkerEntrypoint<VaultEnv> implements RegisterPort {
  introduce(signed: SignedIntroduction): ReturnType<RegisterPort["introduce"]> {
    this.#check(signed.introduction.scope);
    return this.#register().introduce(signed);
  }

  confirmKeys(
    scope: ScopeId,
    introductions: readonly SignedIntroduction[],
    word: SignedRuling,
  ): ReturnType<RegisterPort["confirmKeys"]> {
    this.#check(scope);
    return this.#register().confirmKeys(scope, introductions, word);
  }

  hear(scope: ScopeId, ballots: readonly SignedBallot[]): Promise<Electorate> {
    this.#check(scope);
    return this.#register().hear(scope, ballots);
  }

  reinstate(
    scope: ScopeId,
    signed: SignedRuling,
  ): Promise<Result<{ readonly voter: string }, RegisterRefusal>> {
    this.#check(scope);
    return this.#register().reinstate(scope, signed);
  }

  roll(scope: ScopeId): Promise<readonly RegisteredVoter[]> {
    this.#check(scope);
    return this.#register().roll(scope);
  }

  entries(scope: ScopeId): Promise<readonly SignedEntry[]> {
    this.#check(scope);
    return this.#register().entries(scope);
  }

  rootKeys(): Promise<PublicKeys> {
    return this.#register().rootKeys();
  }

  attests(...of: Parameters<RegisterPort["attests"]>): Promise<boolean> {
    return this.#register().attests(...of);
  }

  relyingParty(): ReturnType<RegisterPort["relyingParty"]> {
    return this.#register().relyingParty();
  }

  passkeys(): ReturnType<RegisterPort["passkeys"]> {
    return this.#register().passkeys();
  }

  formerPasskeys(): ReturnType<RegisterPort["formerPasskeys"]> {
    return this.#register().formerPasskeys();
  }

  registerPasskey(
    ...of: Parameters<RegisterPort["registerPasskey"]>
  ): ReturnType<RegisterPort["registerPasskey"]> {
    return this.#register().registerPasskey(...of);
  }

  confirmPasskey(
    ...of: Parameters<RegisterPort["confirmPasskey"]>
  ): ReturnType<RegisterPort["confirmPasskey"]> {
    return this.#register().confirmPasskey(...of);
  }

  revokePasskey(
    ...of: Parameters<RegisterPort["revokePasskey"]>
  ): ReturnType<RegisterPort["revokePasskey"]> {
    return this.#register().revokePasskey(...of);
  }

  #check(scope: string): void {
    if (!isScopeId(scope)) throw new Error("not a scope");
  }

  #register(): Register {
    return this.env.REGISTER.getByName("register") as unknown as Register;
  }
}

export default {
  /** No address of its own: everything goes through the bindings. */
  fetch: (): Response => new Response("not found", { status: 404 }),
};
