import { DurableObject } from "cloudflare:workers";
import type { Digest, Instant } from "../src/core/ids.ts";
import { instantOf } from "../src/core/ids.ts";
import { policyEntry } from "../src/core/log/policy-entries.ts";
import { bundleOf, NO_TEAM_POLICIES, type TeamPolicies } from "../src/core/policy/bundle.ts";
import {
  consented,
  type PolicyProposal,
  type PolicyRefusal,
  type PolicyVersion,
  proposed,
  type RegisterState,
  type SignedConsent,
} from "../src/core/policy/register.ts";
import type { ActivePolicies, PolicyRegisterPort, VersionQuery } from "../src/core/ports.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import { SHIPPED } from "../src/edge/cedar/shipped.ts";
import type { VaultEnv } from "./audit-log.ts";
import { record } from "./record.ts";
import type { Register } from "./register.ts";

const clock = (): Instant => instantOf(new Date().toISOString());

/**
 * Which policies are in force, and how it came to that. One for the whole system, in the vault Worker: the vault compares
 * its digest with the one that a release was decided by, so the swarm cannot put other policies in their place. It has no
 * policy engine: what it keeps are texts, numbers and signatures.
 *
 * Invariant: the active version is the highest one that was ever activated. Order: the record first (I10; a crash leaves an
 * entry about a version that nobody was promised, and the same request makes the same entry), then one transaction.
 */
export class PolicyRegister extends DurableObject<VaultEnv> implements PolicyRegisterPort {
  readonly #sql = this.ctx.storage.sql;
  #inForce: { readonly version: number; readonly digest: Digest } | null = null;

  constructor(ctx: DurableObjectState, env: VaultEnv) {
    super(ctx, env);
    this.#sql.exec(
      "create table if not exists version (version integer primary key, stored text not null, activated integer not null)",
    );
  }

  async active(): Promise<ActivePolicies> {
    const { active } = this.#state();
    const version = active === 0 ? null : this.#find(active);
    const activatedAt = version?.activatedAt ?? null;
    return { version: active, digest: this.#digestInForce(active), activatedAt };
  }

  async version(number: number): Promise<PolicyVersion | null> {
    return this.#find(number);
  }

  async versions({ before, limit }: VersionQuery): Promise<readonly PolicyVersion[]> {
    return this.#sql
      .exec<{ stored: string }>(
        "select stored from version where version < ? order by version desc limit ?",
        before ?? Number.MAX_SAFE_INTEGER,
        limit,
      )
      .toArray()
      .map(({ stored }) => JSON.parse(stored) as PolicyVersion);
  }

  async propose(
    proposal: PolicyProposal,
    seen: Digest,
  ): Promise<Result<PolicyVersion, PolicyRefusal>> {
    const digest = this.#digestOf(proposal.team);
    if (digest !== seen) return err({ reason: "another_digest", expected: digest ?? seen });
    const made = proposed(this.#state(), { proposal, digest, at: clock() });
    if (!made.ok) return made;
    return this.#keep(made.value, "proposed", proposal.by);
  }

  /** The signature is checked by who keeps people's passkeys: the swarm's word that somebody agreed is worth nothing. */
  async consent(signed: SignedConsent): Promise<Result<PolicyVersion, PolicyRefusal>> {
    const { consent, attestation } = signed;
    const version = this.#find(consent.version);
    if (!version) return err({ reason: "no_such_version" });
    const digest = this.#digestOf(version.team);
    if (!digest) return err({ reason: "another_digest", expected: version.digest });
    const people = this.env.REGISTER.getByName("register") as unknown as Register;
    const verified = await people.attests("policy/v1", consent, attestation);
    // Read again: verifying has left this object's thread.
    const current = this.#find(consent.version) ?? version;
    const agreed = consented(current, this.#state(), {
      signed,
      verified,
      digest,
      now: clock(),
    });
    if (!agreed.ok || agreed.value === current) return agreed;
    const what = agreed.value.activatedAt === null ? "consented" : "activated";
    return this.#keep(agreed.value, what, consent.by);
  }

  async #keep(
    version: PolicyVersion,
    what: "proposed" | "consented" | "activated",
    by: string,
  ): Promise<Result<PolicyVersion, PolicyRefusal>> {
    const before = this.#find(version.version);
    await record(this.env, [policyEntry(version, { what, by, at: clock() })], "vault");
    // Somebody else was quicker while the record wrote: what is there now has to be looked at anew.
    if (JSON.stringify(this.#find(version.version)) !== JSON.stringify(before))
      throw Object.assign(new Error("the version has moved"), { code: "retryable" });
    this.#sql.exec(
      "insert or replace into version values (?, ?, ?)",
      version.version,
      JSON.stringify(version),
      version.activatedAt === null ? 0 : 1,
    );
    return ok(version);
  }

  #state(): RegisterState {
    const one = (query: string): number => this.#sql.exec<{ n: number }>(query).one().n;
    const active = one("select coalesce(max(version), 0) as n from version where activated = 1");
    return {
      active,
      latest: one("select coalesce(max(version), 0) as n from version"),
      open: one(
        `select count(*) as n from version where activated = 0 and version > (select coalesce(max(version), 0) from version where activated = 1)`,
      ),
    };
  }

  #find(number: number): PolicyVersion | null {
    const [row] = this.#sql
      .exec<{ stored: string }>("select stored from version where version = ?", number)
      .toArray();
    return row ? (JSON.parse(row.stored) as PolicyVersion) : null;
  }

  /** Null: text that does not even come apart, or that this build's shipped policies leave no room for. */
  #digestOf(team: TeamPolicies): Digest | null {
    const bundle = bundleOf(SHIPPED, team);
    return bundle.ok ? bundle.value.digest : null;
  }

  /** Versions never change and neither does a build: worked out once, for it is asked with every plan and release. */
  #digestInForce(version: number): Digest {
    if (this.#inForce?.version !== version) {
      const { team } = (version === 0 ? null : this.#find(version)) ?? { team: NO_TEAM_POLICIES };
      const digest = this.#digestOf(team);
      if (!digest) throw new Error("the policies in force do not fit this build");
      this.#inForce = { version, digest };
    }
    return this.#inForce.digest;
  }
}
