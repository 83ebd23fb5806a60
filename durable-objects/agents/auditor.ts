import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import { AUDITS } from "../../src/core/auditors/registry.ts";
import {
  type Ballot,
  BALLOT_TTL_MS,
  type Motion,
  motionOf,
  sameMotion,
  type SignedBallot,
  type Voter,
} from "../../src/core/ballot.ts";
import type { Dossier } from "../../src/core/dossier.ts";
import { parseGolden } from "../../src/core/golden.ts";
import { type Instant, instantOf, isVoterId, mint } from "../../src/core/ids.ts";
import type { AuditorPort } from "../../src/core/ports.ts";
import { keyIdOf, signedBytes } from "../../src/core/signing.ts";
import type { Verdict } from "../../src/core/auditors/audit.ts";
import {
  type KeyPair,
  newSeeds,
  openKeyPair,
  type Seeds,
} from "../../src/edge/signing/key-pair.ts";
import { Evidence } from "../../src/edge/store/evidence.ts";
import { reconcilerOf } from "../bindings.ts";
import { openDesk } from "../policy-desk.ts";

const instant = (ms: number): Instant => instantOf(new Date(ms).toISOString());

/**
 * A voter, named `<check>@<scope>`. Owns: its key pair, made here and never given out, and the votes it has cast. It
 * reads the dossier and the golden state itself and trusts neither the planner nor another voter.
 *
 * One ballot per scope and epoch: the first is stored before it is sent, and asked again about the same motion the same
 * ballot comes back. Another plan for the same epoch gets no ballot at all.
 */
export class Auditor extends DurableObject<Env> implements AuditorPort {
  readonly lifecycle = Lifecycle.install(this);
  readonly #sql = this.ctx.storage.sql;
  #keys: Promise<KeyPair> | null = null;

  onStart(): void {
    this.#sql.exec(
      "create table if not exists seeds (one integer primary key check (one = 1), seeds text not null)",
    );
    this.#sql.exec(
      "create table if not exists vote (epoch integer primary key, plan_digest text not null, signed text not null)",
    );
  }

  async vote(motion: Motion): Promise<{ signed: SignedBallot; voter: Voter }> {
    await this.lifecycle.start();
    const keys = await this.#keyPair();
    const voter: Voter = { id: mint(isVoterId, this.lifecycle.name), keys: keys.publicKeys };
    const before = this.#cast(motion);
    if (before) return { signed: before, voter };
    const now = Date.now();
    const verdict = await this.#audit(motion, now);
    const ballot: Ballot = {
      version: 2,
      voter: voter.id,
      suite: voter.keys.suite,
      key: keyIdOf(voter.keys),
      ...motion,
      ...verdict,
      castAt: instant(now),
      expiresAt: instant(now + BALLOT_TTL_MS),
    };
    const signed: SignedBallot = {
      ballot,
      signature: await keys.sign(signedBytes("ballot/v2", ballot)),
    };
    // Signing left this object's thread: another request may have voted meanwhile, and then that ballot stands.
    const meanwhile = this.#cast(motion);
    if (meanwhile) return { signed: meanwhile, voter };
    this.#sql.exec(
      "insert into vote values (?, ?, ?)",
      motion.epoch,
      motion.planDigest,
      JSON.stringify(signed),
    );
    return { signed, voter };
  }

  #cast({ epoch, planDigest }: Motion): SignedBallot | null {
    const [row] = this.#sql
      .exec<{ plan_digest: string; signed: string }>(
        "select plan_digest, signed from vote where epoch = ?",
        epoch,
      )
      .toArray();
    if (row && row.plan_digest !== planDigest)
      throw new Error(`has voted on another plan in epoch ${epoch}`);
    return row ? (JSON.parse(row.signed) as SignedBallot) : null;
  }

  async #audit(motion: Motion, now: number): Promise<Verdict> {
    const audit = AUDITS.get(this.lifecycle.name.split("@")[0] ?? "");
    if (!audit) throw new Error(`there is no check called \`${this.lifecycle.name}\``);
    const evidence = new Evidence(this.env.EVIDENCE);
    const text = await evidence.dossier(motion.dossierDigest);
    if (text === null) throw new Error("the dossier is not there");
    const dossier = JSON.parse(text) as Dossier;
    // Worked out from what was read, so that nobody signs digests that it was only told.
    if (!sameMotion(motionOf(dossier, motion.dossierDigest), motion))
      return { vote: "no", reasons: ["dossier_of_another_motion"], tier: 4 };
    const stored = await evidence.golden(motion.scope, {
      generation: dossier.plan.proposal.goldenGeneration,
      digest: dossier.plan.proposal.goldenDigest,
    });
    const golden = stored && parseGolden(stored.document, motion.scope, dossier.plan.site);
    if (!golden?.ok) return { vote: "no", reasons: ["golden_state_unreadable"], tier: 4 };
    const reconciler = reconcilerOf(this.env, motion.scope);
    return audit({
      dossier,
      golden: golden.value,
      generation: stored?.generation ?? 0,
      declaredBy: stored?.by ?? "",
      holds: await reconciler.holds(),
      policies: await openDesk(motion.scope, await reconciler.facts()),
      now: instant(now),
    });
  }

  #keyPair(): Promise<KeyPair> {
    this.#keys ??= openKeyPair(this.#seeds());
    return this.#keys;
  }

  #seeds(): Seeds {
    const [row] = this.#sql.exec<{ seeds: string }>("select seeds from seeds").toArray();
    if (row) return JSON.parse(row.seeds) as Seeds;
    const seeds = newSeeds();
    this.#sql.exec("insert into seeds values (1, ?)", JSON.stringify(seeds));
    return seeds;
  }
}
