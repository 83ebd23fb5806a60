import { DurableObject } from "cloudflare:workers";
import { swapped } from "../src/core/admission.ts";
import {
  APPROVAL_TTL_MS,
  type CheckedApproval,
  partiesTo,
  peopleOf,
  type SignedApproval,
} from "../src/core/approval.ts";
import type { Motion } from "../src/core/ballot.ts";
import { isObject, type JsonObject } from "../src/core/canonical.ts";
import type { ExecutionReport, ReleaseRefusal, RevertReport } from "../src/core/execution.ts";
import { covers, imagesOf } from "../src/core/hold.ts";
import { type Digest, type Instant, instantOf } from "../src/core/ids.ts";
import type { HeededHold } from "../src/core/log/hold-entries.ts";
import { notPermitted, type PermitRefusal } from "../src/core/permit.ts";
import { guardedBy } from "../src/core/policy/guarded-step.ts";
import { openPlan, type Plan, type SealedPlan } from "../src/core/plan.ts";
import type { ReleaseRequest } from "../src/core/ports.ts";
import { leaseOver, prohibited, type Prohibition } from "../src/core/prohibitions.ts";
import { type Level, scopeOf, type Site } from "../src/core/resource.ts";
import { certify, type Electorate } from "../src/core/quorum.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import { approvalsNeeded } from "../src/core/risk.ts";
import { grantOf, type GrantPurpose } from "../src/core/token-grant.ts";
import { checkBallots, checkPermit } from "../src/edge/signing/ballots.ts";
import { activePolicyDigest } from "./active-policy.ts";
import type { VaultEnv } from "./audit-log.ts";
import { record } from "./record.ts";
import { Execution } from "./execution.ts";
import { ExecutionJournal } from "./execution-journal.ts";
import { lentApi, safeOf } from "./lent-api.ts";
import { worldProblem } from "./providers.ts";
import type { Register } from "./register.ts";

const ANOTHER_SITE: Prohibition = {
  rule: "outside_site",
  detail: "the plan's site is not the scope's",
};

/** Longer than a run's attempts at verifying and taking back take together (about ten minutes), with a process that was down. */
const REVERT_WINDOW_MS = 60 * 60_000;

/** Nobody could be asked about the policies: that is no refusal, and the same release may be asked again. */
const notReleased = (refusal: ReleaseRefusal): ExecutionReport =>
  refusal.reason === "permit_invalid" && refusal.detail === "missing"
    ? {
        outcome: "unavailable",
        call: 0,
        written: 0,
        detail: "nobody has asked the policies in force",
        retryAfterMs: null,
      }
    : { outcome: "refused", refusal };

const clock = (aheadMs = 0): Instant => instantOf(new Date(Date.now() + aheadMs).toISOString());

/**
 * The vault of one scope. Holds the journal of every release; the tokens are in the safe, which lends one for each
 * release, the voters' keys in the register. It believes nobody: certificate, approvals, epoch and basis are checked
 * here again, from public keys and the plan's own bytes.
 *
 * One release or revert at a time; both may be asked for again after any crash and go on where the journal stands.
 */
export class Vault extends DurableObject<VaultEnv> {
  readonly #journal = new ExecutionJournal(this.ctx.storage);
  #busy: Promise<unknown> = Promise.resolve();

  release(request: ReleaseRequest): Promise<ExecutionReport> {
    return this.#alone(() => this.#release(request));
  }

  revert(planDigest: Digest): Promise<RevertReport> {
    return this.#alone(async () => {
      const plan = this.#journal.plan(planDigest);
      // Nothing was ever released under this digest, so nothing is there to be undone.
      return plan ? this.#revert(plan) : { outcome: "reverted", steps: 0 };
    });
  }

  /** Taking back needs no certificate, so it is for a plan that came out otherwise or stopped halfway, and for a while. */
  async #revert(plan: SealedPlan): Promise<RevertReport> {
    const { revertUntil } = this.#journal.terms(plan.digest);
    if (revertUntil === null || revertUntil <= clock())
      return { outcome: "refused", reason: "window_closed" };
    const asPredicted = await this.#execution(plan, null).isAsPredicted();
    if (asPredicted === null)
      return { outcome: "unavailable", detail: "the result cannot be read", retryAfterMs: null };
    if (asPredicted) return { outcome: "refused", reason: "as_predicted" };
    const report = await this.#lent(plan, "revert", (execution) => execution.revert());
    return report.ok ? report.value : { outcome: "unavailable", ...report.error };
  }

  /** Work under a lease of its own, which ends with it. A crash in between: the safe ends it by itself. */
  async #lent<T>(
    plan: SealedPlan,
    purpose: GrantPurpose,
    work: (execution: Execution) => Promise<T>,
  ): Promise<Result<T, { readonly detail: string; readonly retryAfterMs: null }>> {
    const safe = safeOf(this.env);
    const lease = `${plan.digest.replace(/^\w+:/, "")}.${purpose}`;
    const lent = await safe.lend(lease, grantOf(plan.plan, purpose));
    if (!lent.ok) return err({ detail: `no token: ${lent.error.detail}`, retryAfterMs: null });
    try {
      return ok(await work(this.#execution(plan, lease)));
    } finally {
      await safe.giveBack(lease);
    }
  }

  /** The swarm has verified the run. Only takes something away, so it is believed. */
  async close(planDigest: Digest): Promise<void> {
    this.#journal.close(planDigest);
  }

  /** A person placed or ended a hold: told by the record before the swarm acts on it. */
  async heed(hold: HeededHold): Promise<void> {
    this.#journal.heed(hold);
  }

  /** Runs after whatever was asked before, whether that went well or not. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(work, work);
    this.#busy = turn.catch(() => undefined);
    return turn;
  }

  async #release(request: ReleaseRequest): Promise<ExecutionReport> {
    const other = swapped(request);
    if (other) return { outcome: "refused", refusal: other };
    const plan = openPlan(request.plan, request.motion);
    if (!plan.ok) return { outcome: "refused", refusal: plan.error };
    const { scope } = plan.value.plan;
    const admitted = this.#journal.plan(plan.value.digest);
    // Under one name there is one plan: what was certified, not what is handed in now.
    if (admitted && admitted.stateDigest !== plan.value.stateDigest)
      return { outcome: "refused", refusal: { reason: "plan_digest_mismatch" } };
    // Also of a release that was granted long ago and is asked for again: the world has moved on, and the next plan is without it.
    if (leaseOver(plan.value.plan, clock())) {
      const written = this.#journal.callsDone(plan.value.digest);
      if (written < plan.value.plan.calls.length)
        return { outcome: "basis_moved", call: written, written, mismatches: [] };
    }
    if (!admitted) {
      const granted = await this.#grant(request, plan.value);
      if (!granted.ok) return notReleased(granted.error);
      // The entry precedes the effect; if it cannot be written this throws and nothing is executed (I10).
      await record(
        this.env,
        [
          {
            id: `${plan.value.digest}/release`,
            type: "release",
            scope,
            at: clock(),
            actor: "vault",
            data: {
              plan_digest: plan.value.digest,
              epoch: plan.value.plan.epoch,
              voters: request.ballots.map(({ ballot }) => ballot.voter),
              approvals: granted.value,
            },
          },
        ],
        "vault",
      );
      this.#journal.admit(plan.value, {
        people: granted.value.length,
        revertUntil: clock(REVERT_WINDOW_MS),
      });
    } else if (this.#journal.callsDone(plan.value.digest) === 0) {
      const refusal = await this.#movedOn(request, plan.value);
      if (refusal) return notReleased(refusal);
    }
    const report = await this.#lent(plan.value, "release", (execution) => execution.run());
    if (report.ok) return report.value;
    const written = this.#journal.callsDone(plan.value.digest);
    return { outcome: "unavailable", call: written, written, ...report.error };
  }

  /** Without a lease it can only read. */
  #execution(plan: SealedPlan, lease: string | null): Execution {
    return new Execution({
      scope: plan.plan.scope,
      plan,
      api: lentApi(this.env, plan.plan.site.level, lease),
      journal: this.#journal,
      people: this.#journal.terms(plan.digest).people,
      record: (entries) => record(this.env, entries, "vault"),
      clock,
    });
  }

  /** In this Worker: no word of the swarm's comes between. */
  #register(): Register {
    return this.env.REGISTER.getByName("register") as unknown as Register;
  }

  /** Every check, in order of cost. Returns who approved. */
  async #grant(
    request: ReleaseRequest,
    { plan, digest, stateDigest }: SealedPlan,
  ): Promise<Result<readonly string[], ReleaseRefusal>> {
    const origin = worldProblem(plan.site.level, this.env);
    if (origin) return err({ reason: "origin_mismatch", detail: origin });
    const last = this.#journal.lastEpoch();
    if (plan.epoch <= last) return err({ reason: "epoch_passed", epoch: plan.epoch, last });
    const electorate = await this.#register().hear(plan.scope, request.ballots);
    const ballots = await checkBallots(request.ballots, electorate);
    // What follows from the plan is taken from the plan.
    const motion = {
      ...request.motion,
      scope: plan.scope,
      epoch: plan.epoch,
      planDigest: digest,
      stateDigest,
    };
    const certificate = certify({
      motion,
      electorate,
      ballots,
      now: clock(),
    });
    if (!certificate.ok)
      return err({ reason: "certificate_invalid", detail: certificate.error.reason });
    const others = await this.#otherPolicies(motion);
    if (others) return err(others);
    const needed = approvalsNeeded(certificate.value.tier);
    if (needed === null) return err({ reason: "never_automatic" });
    const people = peopleOf({
      approvals: await this.#checked(request.approvals),
      scope: plan.scope,
      planDigest: digest,
      stateDigest,
      parties: partiesTo([plan.proposal.requestedBy, ...guardedBy(plan)], request.ballots),
      now: clock(),
      latest: clock(APPROVAL_TTL_MS),
    });
    if (!people.ok) return people;
    if (people.value.length < needed)
      return err({ reason: "approval_missing", needed, given: people.value.length });
    const held = this.#held(plan);
    if (held) return err(held);
    const barred = await this.#barred(
      request,
      { plan, digest, stateDigest },
      { people: people.value.length, electorate },
    );
    if (barred) return err(barred);
    const prohibition = prohibited(plan, people.value.length) ?? (await this.#anotherSite(plan));
    return prohibition ? err({ reason: "prohibited", ...prohibition }) : people;
  }

  /** Begun and not yet at work: a hold that came meanwhile still holds it, and so do policies that say something else by now. */
  async #movedOn(request: ReleaseRequest, sealed: SealedPlan): Promise<ReleaseRefusal | null> {
    const held = this.#held(sealed.plan);
    if (held) return held;
    return this.#barred(request, sealed, {
      people: this.#journal.terms(sealed.digest).people,
      electorate: await this.#register().hear(sealed.plan.scope, []),
    });
  }

  /** What the policies in force say at this moment, by the signed answer that comes along. */
  async #barred(
    { permit, motion }: ReleaseRequest,
    { plan: { scope }, digest, stateDigest }: Pick<SealedPlan, "plan" | "digest" | "stateDigest">,
    { people, electorate }: { readonly people: number; readonly electorate: Electorate },
  ): Promise<PermitRefusal | null> {
    const others = await this.#otherPolicies(motion);
    if (others) return others;
    const checked = permit && (await checkPermit(permit, electorate));
    const inForce = await activePolicyDigest(this.env);
    const at = { scope, planDigest: digest, stateDigest, inForce, people, now: clock() };
    return notPermitted(checked, at);
  }

  async #otherPolicies({ policyDigest }: Motion): Promise<PermitRefusal | null> {
    const inForce = await activePolicyDigest(this.env);
    return policyDigest === inForce ? null : { reason: "other_policies", inForce };
  }

  /** The swarm's word that somebody approved is worth nothing: the signature is. */
  #checked(approvals: readonly SignedApproval[]): Promise<readonly CheckedApproval[]> {
    return Promise.all(
      approvals.map(async (signed) => ({
        signed,
        verified: await this.#register().attests(
          "approval/v1",
          signed.approval,
          signed.attestation,
        ),
      })),
    );
  }

  #held({ steps, site }: Plan): ReleaseRefusal | null {
    const hold = this.#journal
      .holds()
      .find((one) => steps.some((step) => covers(one, imagesOf(step), site)));
    return hold ? { reason: "on_hold", hold: hold.id } : null;
  }

  /**
   * The scope names a zone, the plan its id. Which id belongs to the name is asked of Cloudflare, once: taken from the
   * plan, a certificate for one zone could be spent on another. An account of AWS has to be the credential's own.
   */
  async #anotherSite({ scope, site }: Plan): Promise<Prohibition | null> {
    if (scopeOf(site) !== scope) return ANOTHER_SITE;
    if (site.level === "account") return null;
    // Asked every time: another credential in the environment may be another account's.
    if (site.level === "aws_account") return (await this.#isAwsAccount(site)) ? null : ANOTHER_SITE;
    const known = this.#journal.zoneId();
    if (known !== null) return known === site.id ? null : ANOTHER_SITE;
    if (!(await this.#isZone(site))) return ANOTHER_SITE;
    this.#journal.keepZoneId(site.id);
    return null;
  }

  async #isZone({ id, name }: Site): Promise<boolean> {
    const zone = await this.#told("zone", `/zones/${id}`);
    return zone !== null && zone["name"] === name;
  }

  /** Whose the credential is says AWS, too: it writes there whatever the plan's account is. */
  async #isAwsAccount({ id }: Site): Promise<boolean> {
    const told = await this.#told("aws_account", `/aws/${id}/sts/identity`);
    const identity = told?.["GetCallerIdentityResult"] ?? null;
    return isObject(identity) && identity["Account"] === id;
  }

  /** Null: it refuses. A fault is not a refusal: nothing has been released, and the run asks again. */
  async #told(level: Level, path: string): Promise<JsonObject | null> {
    const answer = await lentApi(this.env, level, null).get(path);
    if (answer.type === "unavailable")
      throw new Error(`the site cannot be looked up: ${answer.detail}`);
    return answer.type === "ok" && isObject(answer.result) ? answer.result : null;
  }
}
