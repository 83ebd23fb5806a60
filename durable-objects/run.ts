import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import { APPROVAL_TTL_MS, type SignedApproval } from "../src/core/approval.ts";
import { backoffMs } from "../src/core/backoff.ts";
import type { Motion } from "../src/core/ballot.ts";
import { sameJson } from "../src/core/canonical.ts";
import { isInForce } from "../src/core/guardrails/guardrail.ts";
import { warrantOf } from "../src/core/guardrails/overlay.ts";
import { covers, imagesOf } from "../src/core/hold.ts";
import { type Instant, instantOf } from "../src/core/ids.ts";
import { counted, learn } from "../src/core/lesson.ts";
import {
  approvalEntry,
  ballotEntry,
  endEntries,
  verificationEntry,
} from "../src/core/log/run-entries.ts";
import { seatsOf } from "../src/core/orchestration.ts";
import { permitterOf, type SignedPermit } from "../src/core/permit.ts";
import type { RunPort, RunStart } from "../src/core/ports.ts";
import { ok, type Result, unreachable } from "../src/core/result.ts";
import {
  effectOf,
  isFinished,
  type Run as RunState,
  type RunEvent,
  type RunRefusal,
} from "../src/core/run.ts";
import { viewOf } from "../src/core/run-view.ts";
import { unpredicted } from "../src/core/verification.ts";
import { readTouched } from "./site-reader.ts";
import { checkBallots } from "../src/edge/signing/ballots.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import {
  lessonBookOf,
  logOf,
  reconcilerOf,
  registerOf,
  vaultOf,
  voterOf,
  policiesOf,
  watchOf,
} from "./bindings.ts";
import { Driver } from "./driver.ts";
import { ORCHESTRATION } from "./orchestration.ts";
import { pacedSiteApi } from "./paced-api.ts";
import { type Journalled, RunJournal } from "./run-journal.ts";

const clock = (offsetMs = 0): Instant => instantOf(new Date(Date.now() + offsetMs).toISOString());

/** The effect has been performed; its outcome is journalled. Or: not now, again in so many ms. */
type Performed = "done" | { readonly againInMs: number };

/**
 * Hosts one run. Owns: the run, its plan and what it still has to tell others (outbox), changed in one transaction.
 * Order (I10, I11): state and outbox are committed → the outbox reaches the log → the next effect begins. A crash
 * anywhere repeats the step that was under way; every receiver knows it by its name.
 */
export class Run extends DurableObject<Env> implements RunPort {
  readonly #driver = new Driver("run", () => this.#drive());
  readonly lifecycle = Lifecycle.install(this).use(this.#driver);
  readonly #journal = new RunJournal(this.ctx.storage);
  readonly #record = new SharedRecord(this.env.DB);

  async begin(start: RunStart): Promise<void> {
    await this.lifecycle.start();
    this.#journal.begin(start, clock());
    // Before it does anything: whoever plans elsewhere counts it. A crash before this leaves a run that is begun again.
    await watchOf(this.env, start.accountId).runBegan(start.motion.scope, start.id);
    await this.#driver.request();
  }

  async poke(): Promise<RunState["phase"] | null> {
    await this.lifecycle.start();
    const journalled = this.#journal.load();
    if (!journalled) return null;
    // People are not a fault to be kept away from: look again at once.
    if (journalled.run.phase === "awaiting_approval") this.#journal.holdUntil(0);
    await this.#driver.request();
    return journalled.run.phase;
  }

  async overtake(): Promise<void> {
    await this.lifecycle.start();
    if (this.#journal.load()?.run.phase !== "awaiting_approval") return;
    this.#journal.advance({ type: "overtaken", at: clock() });
    await this.#driver.request();
  }

  async approve(signed: SignedApproval): Promise<Result<RunState["phase"], RunRefusal>> {
    await this.lifecycle.start();
    const before = this.#journal.load();
    if (!before) throw new Error("there is no such run");
    if (before.run.phase === "awaiting_approval" && (await this.#outdated())) {
      this.#journal.advance({ type: "overtaken", at: clock() });
      await this.#driver.request();
    }
    const run = this.#journal.advance(
      { type: "approval_given", signed, at: clock() },
      { entries: [approvalEntry(before.run, signed)] },
    );
    if (!run.ok) {
      if (run.error.reason === "no_such_run") throw new Error("there is no such run");
      return { ok: false, error: run.error };
    }
    // Before anything that can be waited for: until now the next heartbeat may have been an hour away (I11).
    await this.#driver.request();
    // Whoever approves is told so when the record has it, and not before (I10).
    await this.#tell();
    await this.#record.saveApproval(run.value.id, signed);
    return ok(run.value.phase);
  }

  /** One effect after the other until the run waits for somebody or is finished. */
  async #drive(): Promise<number | null> {
    for (;;) {
      await this.#tell();
      // Loaded after the last await: an approval may have come in meanwhile.
      const journalled = this.#journal.load();
      if (!journalled) return null;
      if (journalled.notBefore > Date.now()) return journalled.notBefore;
      if (isFinished(journalled.run)) return this.#conclude(journalled);
      const performed = await this.#perform(journalled);
      if (performed !== "done") this.#journal.holdUntil(Date.now() + performed.againInMs);
    }
  }

  /** The log first: if it cannot record, this throws and nothing goes on (I10). Then the shared copy. */
  async #tell(): Promise<void> {
    const told = this.#journal.outbox();
    const last = told.at(-1);
    if (last) {
      await logOf(this.env).append(told.map(({ entry }) => entry));
      this.#journal.sent(last.seq);
    }
    const journalled = this.#journal.load();
    if (journalled)
      await this.#record.saveRun(
        journalled.run,
        viewOf(journalled.run, this.#journal.plan(), journalled.assessed),
        clock(),
      );
  }

  #perform(journalled: Journalled): Promise<Performed> | Performed {
    const effect = effectOf(journalled.run);
    switch (effect) {
      case "collect_ballots":
        return this.#collectBallots(journalled);
      case "await_people":
        return this.#awaitPeople();
      case "execute":
        return this.#execute(journalled);
      case "verify":
        return this.#verify(journalled);
      case "revert":
        return this.#revert(journalled);
      case "conclude":
        return "done";
      default:
        return unreachable(effect);
    }
  }

  /** All at once, and none sees what another says. Whoever has only a veto is not waited for when it is gone. */
  async #collectBallots({ run }: Journalled): Promise<Performed> {
    const seats = seatsOf(ORCHESTRATION, run.scope);
    const answers = await Promise.allSettled(
      seats.map(({ id }) => voterOf(this.env, id).vote(run.motion)),
    );
    const cast = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
    const silent = seats.filter(
      ({ power }, index) => power === "vote" && answers[index]?.status === "rejected",
    );
    // Ballots of those who answered stay valid: asked again, a voter gives the same ballot.
    if (silent.length > 0) return this.#again({ type: "voters_unreachable", at: clock() });
    const electorate = await registerOf(this.env).hear(run.scope, cast);
    // A veto in quarantine is not heard; a vote in quarantine is missed, and certifying says so.
    const deaf = new Set<string>(
      electorate.voters
        .filter(({ power, quarantined }) => power === "veto" && quarantined)
        .map(({ id }) => id),
    );
    const heard = cast.filter(({ ballot }) => !deaf.has(ballot.voter));
    const ballots = await checkBallots(heard, electorate);
    // Before they are shown, and before they count (I10). A crash after it: asked again, each gives the same ballot.
    await logOf(this.env).append(heard.map((signed) => ballotEntry(run, signed)));
    await this.#record.saveBallots(run.id, heard);
    return this.#done({
      type: "ballots_collected",
      ballots,
      electorate,
      at: clock(),
      approvalExpiresAt: clock(APPROVAL_TTL_MS),
    });
  }

  /** What was approved must still be what is declared, and nobody may have put it on hold since. */
  async #outdated(): Promise<boolean> {
    const { scope, site, proposal, steps } = this.#journal.plan();
    const reconciler = reconcilerOf(this.env, scope);
    if ((await reconciler.generation()) !== proposal.goldenGeneration) return true;
    const decidedBy = this.#journal.load()?.run.motion.policyDigest;
    if ((await policiesOf(this.env).active()).digest !== decidedBy) return true;
    const { guardrails } = await reconciler.guardrails();
    const at = { now: clock(), nowMs: Date.now() };
    const running = guardrails.filter((one) => isInForce(one, at)).map(warrantOf);
    if (!sameJson(running, proposal.guardrails ?? [])) return true;
    const holds = await reconciler.holds();
    return steps.some((step) => holds.some((hold) => covers(hold, imagesOf(step), site)));
  }

  async #awaitPeople(): Promise<Performed> {
    if (await this.#outdated()) return this.#done({ type: "overtaken", at: clock() });
    const run = this.#journal.advance({ type: "clock", at: clock() });
    if (!run.ok || run.value.phase !== "awaiting_approval") return "done";
    return { againInMs: Math.max(1_000, Date.parse(run.value.expiresAt) - Date.now()) };
  }

  async #execute({ run }: Journalled): Promise<Performed> {
    if (run.phase !== "executing") return "done";
    const {
      motion,
      certificate: { ballots },
      approvals,
    } = run;
    const report = await vaultOf(this.env).release({
      plan: this.#journal.plan(),
      motion,
      ballots,
      approvals,
      permit: await this.#permit(motion),
    });
    const event: RunEvent = { type: "executed", report, at: clock() };
    return report.outcome === "unavailable"
      ? this.#again(event, report.retryAfterMs)
      : this.#done(event);
  }

  /** Of an auditor that is gone for the moment: none. The vault knows whether the plan can do without. */
  async #permit(motion: Motion): Promise<SignedPermit | null> {
    try {
      return await voterOf(this.env, permitterOf(motion.scope)).permit(motion);
    } catch (fault) {
      console.error(
        JSON.stringify({ event: "permit_failed", scope: motion.scope, fault: String(fault) }),
      );
      return null;
    }
  }

  async #verify({ run, accountId }: Journalled): Promise<Performed> {
    const { site, steps } = this.#journal.plan();
    const api = pacedSiteApi(this.env, site, { accountId, urgency: "heal" });
    const observed = await readTouched({ api, site }, steps);
    if (!observed.ok)
      return this.#again({ type: "unreadable", at: clock() }, observed.error.retryAfterMs);
    const mismatches = unpredicted(
      steps.map((step, index) => [index, step]),
      observed.value,
    );
    const at = clock();
    const touched = observed.value.map(({ id, kind, identity }) => ({ id, kind, identity }));
    return this.#done(
      { type: "read_back", mismatches, at },
      { touched, entries: [verificationEntry(run, mismatches, at)] },
    );
  }

  async #revert({ run }: Journalled): Promise<Performed> {
    const report = await vaultOf(this.env).revert(run.scope, run.motion.planDigest);
    const event: RunEvent = { type: "inverses_run", report, at: clock() };
    return report.outcome === "unavailable"
      ? this.#again(event, report.retryAfterMs)
      : this.#done(event);
  }

  /** An event that no longer fits changes nothing: the loop loads what is true now. */
  #done(...of: Parameters<RunJournal["advance"]>): Performed {
    this.#journal.advance(...of);
    return "done";
  }

  /** The attempt is counted in the run itself, so that the delay survives a crash (I12). */
  #again(event: RunEvent, atLeastMs: number | null = null): Performed {
    const run = this.#journal.advance(event);
    return run.ok && "attempt" in run.value && run.value.attempt > 0
      ? { againInMs: backoffMs(run.value.attempt, atLeastMs) }
      : "done";
  }

  /** Tells everybody how it ended. Repeated whole after a crash; each receiver takes it once. */
  async #conclude({
    run,
    cause,
    paths = [],
    touched,
    assessed,
    accountId,
  }: Journalled): Promise<null> {
    const plan = this.#journal.plan();
    const occasion = { cause, paths };
    const lesson = learn(run, plan, occasion);
    await logOf(this.env).append(endEntries(run, viewOf(run, plan, assessed), lesson));
    if (run.phase === "verified") await vaultOf(this.env).close(run.scope, run.motion.planDigest);
    await this.#record.saveLesson(lesson);
    await watchOf(this.env, accountId).runEnded(run.scope, run.id);
    await reconcilerOf(this.env, run.scope).runFinished(run, touched);
    // Last: nobody waits for what is learned. A crash before it tells everybody again.
    const statistics = counted(run, plan, occasion);
    if (statistics.length > 0)
      await lessonBookOf(this.env).learn({ id: run.id, statistics, at: lesson.at });
    return null;
  }
}
