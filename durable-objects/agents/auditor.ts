import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import type { Verdict } from "../../src/core/auditors/audit.ts";
import { AUDITS, READS_POLICIES } from "../../src/core/auditors/registry.ts";
import { type Motion, motionOf, sameMotion, type SignedBallot } from "../../src/core/ballot.ts";
import type { Dossier } from "../../src/core/dossier.ts";
import { parseGolden } from "../../src/core/golden.ts";
import { type Digest, instantOf, isScopeId, mint } from "../../src/core/ids.ts";
import { checkOf } from "../../src/core/orchestration.ts";
import { PERMIT_TTL_MS, type SignedPermit } from "../../src/core/permit.ts";
import { decidePlan } from "../../src/core/policy/decision.ts";
import type { AuditorPort } from "../../src/core/ports.ts";
import type { Result } from "../../src/core/result.ts";
import type { RegisterRefusal, SignedIntroduction } from "../../src/core/voter-register.ts";
import { Evidence } from "../../src/edge/store/evidence.ts";
import { reconcilerOf, registerOf } from "../bindings.ts";
import { openDesk } from "../policy-desk.ts";
import { Booth } from "./booth.ts";

/**
 * A voter, named `<check>@<scope>`, that decides without a model. It reads the dossier and the golden state itself and
 * trusts neither the planner nor another voter. Keys and votes are its booth's.
 */
export class Auditor extends DurableObject<Env> implements AuditorPort {
  readonly lifecycle = Lifecycle.install(this);
  readonly #booth = new Booth(this.ctx.storage, registerOf(this.env));

  async vote(motion: Motion): Promise<SignedBallot> {
    await this.lifecycle.start();
    return this.#booth.vote(this.lifecycle.name, motion, (nowMs) => this.#audit(motion, nowMs));
  }

  async permit(motion: Motion): Promise<SignedPermit> {
    await this.lifecycle.start();
    const { name } = this.lifecycle;
    if (!READS_POLICIES.has(checkOf(name))) throw new Error(`\`${name}\` reads no policies`);
    const { plan, risk, findings } = await this.#sealed(motion);
    const facts = await reconcilerOf(this.env, motion.scope).facts();
    const desk = await openDesk(this.env, motion.scope, facts);
    const decided = decidePlan({ plan, risk, findings, ...desk });
    const now = Date.now();
    return this.#booth.permit(name, {
      scope: motion.scope,
      planDigest: motion.planDigest,
      stateDigest: motion.stateDigest,
      policyDigest: decided.bundleDigest,
      decision: decided.decision,
      tier: decided.tier,
      by: decided.determining,
      at: instantOf(new Date(now).toISOString()),
      expiresAt: instantOf(new Date(now + PERMIT_TTL_MS).toISOString()),
    });
  }

  /** The dossier that the motion names, which it voted on. */
  async #sealed(motion: Motion): Promise<Dossier> {
    const text = await new Evidence(this.env.EVIDENCE).dossier(motion.dossierDigest);
    if (text === null) throw new Error("the dossier is not there");
    const dossier = JSON.parse(text) as Dossier;
    if (!sameMotion(motionOf(dossier, motion.dossierDigest), motion))
      throw new Error("the dossier is of another motion");
    return dossier;
  }

  async rotate(): Promise<Result<{ readonly key: Digest }, RegisterRefusal>> {
    await this.lifecycle.start();
    const { name } = this.lifecycle;
    return this.#booth.rotate(name, mint(isScopeId, name.slice(checkOf(name).length + 1)));
  }

  async enrol(): Promise<SignedIntroduction> {
    await this.lifecycle.start();
    const { name } = this.lifecycle;
    return this.#booth.enrol(name, mint(isScopeId, name.slice(checkOf(name).length + 1)));
  }

  async #audit(motion: Motion, nowMs: number): Promise<Verdict> {
    const check = checkOf(this.lifecycle.name);
    const audit = AUDITS.get(check);
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
    const [holds, leases, facts] = await Promise.all([
      reconciler.holds(),
      reconciler.guardrails(),
      reconciler.facts(),
    ]);
    return audit({
      dossier,
      golden: golden.value,
      generation: stored?.generation ?? 0,
      declaredBy: stored?.by ?? "",
      policies: READS_POLICIES.has(check) ? await openDesk(this.env, motion.scope, facts) : null,
      past: facts.past,
      cautions: facts.cautions,
      inFlight: facts.inFlight,
      holds,
      leases,
      now: instantOf(new Date(nowMs).toISOString()),
    });
  }
}
