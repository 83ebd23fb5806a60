import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import { APPROVAL_TTL_MS, type Approval } from "../src/core/approval.ts";
import { AUDITS } from "../src/core/auditors/registry.ts";
import { backoffMs } from "../src/core/backoff.ts";
import type { SignedBallot, Voter } from "../src/core/ballot.ts";
import { digestOf } from "../src/core/canonical.ts";
import { type Instant, instantOf, isVoterId, mint } from "../src/core/ids.ts";
import { learn } from "../src/core/lesson.ts";
import type { Entry, EntryType } from "../src/core/log/entry.ts";
import type { LineageEntry } from "../src/core/observation.ts";
import type { Plan } from "../src/core/plan.ts";
import type { RunPort, RunStart } from "../src/core/ports.ts";
import { ok, type Result, unreachable } from "../src/core/result.ts";
import { advance, effectOf, isFinished, type Run as RunState, type RunEvent, type RunRefusal, start } from "../src/core/run.ts";
import { viewOf } from "../src/core/run-view.ts";
import { signedBytes } from "../src/core/signing.ts";
import { unpredicted } from "../src/core/verification.ts";
import { connect } from "../src/edge/cloudflare/connect.ts";
import { readTouched } from "../src/edge/cloudflare/zone-reader.ts";
import { verify } from "../src/edge/signing/key-pair.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import { auditorOf, logOf, reconcilerOf, vaultOf } from "./bindings.ts";
import { Driver } from "./driver.ts";

interface Stored {
  readonly run: RunState;
  readonly cause: string;
  readonly voters: readonly Voter[];
  /** Ids that the touched resources had when they were read back. */
  readonly touched: readonly LineageEntry[];
  /** Every state change counts one; outbox entries are named by it. */
  readonly revision: number;
}

const clock = (offsetMs = 0): Instant => instantOf(new Date(Date.now() + offsetMs).toISOString());

/**
 * Hosts one run. Owns: the run, its plan and what it still has to tell others (outbox), all changed in one transaction.
 * Order (I10, I11): state and outbox are committed → the outbox reaches the log → the next effect begins. A crash
 * anywhere repeats the step that was under way; every receiver knows it by its name.
 */
export class Run extends DurableObject<Env> implements RunPort {
  readonly #driver = new Driver(() => this.#drive());
  readonly lifecycle = Lifecycle.install(this).use(this.#driver);
  readonly #sql = this.ctx.storage.sql;
  readonly #record = new SharedRecord(this.env.DB);

  onStart(): void {
    this.#sql.exec("create table if not exists run (one integer primary key check (one = 1), stored text not null)");
    this.#sql.exec("create table if not exists plan (one integer primary key check (one = 1), plan text not null)");
    this.#sql.exec("create table if not exists outbox (seq integer primary key autoincrement, entry text not null)");
  }

  async begin({ plan, cause, ...rest }: RunStart): Promise<void> {
    await this.lifecycle.start();
    if (!this.#load()) {
      const run = start({ ...rest, at: clock() });
      this.ctx.storage.transactionSync(() => {
        this.#sql.exec("insert into plan values (1, ?)", JSON.stringify(plan));
        this.#sql.exec("insert into run values (1, ?)", JSON.stringify({ run, cause, voters: [], touched: [], revision: 0 } satisfies Stored));
      });
    }
    await this.#driver.request();
  }

  async poke(): Promise<void> {
    await this.lifecycle.start();
    const stored = this.#load();
    if (stored) await this.#driver.request();
  }

  async approve(approval: Approval): Promise<Result<RunState["phase"], RunRefusal>> {
    await this.lifecycle.start();
    const stored = this.#load();
    if (!stored) throw new Error("there is no such run");
    const next = this.#apply(stored, { type: "approval_given", approval, at: clock() }, [
      this.#entry(stored, "approval", approval.by, { verdict: approval.verdict, plan_digest: approval.planDigest }, approval.by),
    ]);
    if (!next.ok) return next;
    await this.#record.saveApproval(stored.run.id, approval);
    await this.#driver.request();
    return ok(next.value.run.phase);
  }

  #load(): Stored | null {
    const [row] = this.#sql.exec<{ stored: string }>("select stored from run").toArray();
    return row ? (JSON.parse(row.stored) as Stored) : null;
  }

  #plan(): Plan {
    return JSON.parse(this.#sql.exec<{ plan: string }>("select plan from plan").one().plan) as Plan;
  }

  /** Advances and commits the new state together with what has to be told about it. */
  #apply(stored: Stored, event: RunEvent, entries: readonly Entry[], learned: Partial<Pick<Stored, "voters" | "touched">> = {}): Result<Stored, RunRefusal> {
    const run = advance(stored.run, event);
    if (!run.ok) return run;
    const next: Stored = { ...stored, ...learned, run: run.value, revision: stored.revision + 1 };
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec("update run set stored = ?", JSON.stringify(next));
      for (const entry of entries) this.#sql.exec("insert into outbox (entry) values (?)", JSON.stringify(entry));
    });
    return ok(next);
  }

  #entry(stored: Stored, type: EntryType, what: string, data: Entry["data"], actor = "run"): Entry {
    const { id, scope, incident } = stored.run;
    return { id: `${id}/${type}/${what}`, type, scope, at: clock(), actor, data: { run: id, incident, ...data } };
  }

  /** One effect after the other until the run waits for somebody or is finished. */
  async #drive(): Promise<number | null> {
    for (;;) {
      const stored = this.#load();
      if (!stored) return null;
      await this.#tell(stored);
      if (isFinished(stored.run)) return this.#conclude(stored);
      const waitMs = await this.#perform(stored);
      if (waitMs > 0) {
        await this.#tell(this.#load() ?? stored);
        return Date.now() + waitMs;
      }
    }
  }

  /** The log first: if it cannot record, this throws and nothing goes on (I10). Then the shared copy. */
  async #tell(stored: Stored): Promise<void> {
    const rows = this.#sql.exec<{ seq: number; entry: string }>("select seq, entry from outbox order by seq").toArray();
    const last = rows.at(-1);
    if (last) {
      await logOf(this.env).append(rows.map(({ entry }) => JSON.parse(entry) as Entry));
      this.#sql.exec("delete from outbox where seq <= ?", last.seq);
    }
    await this.#record.saveRun(stored.run, viewOf(stored.run, this.#plan()), clock());
  }

  /** Performs the phase's effect and commits its outcome. Returns how long to wait before the next, in ms. */
  async #perform(stored: Stored): Promise<number> {
    const effect = effectOf(stored.run);
    switch (effect) {
      case "collect_ballots":
        return this.#collectBallots(stored);
      case "await_people":
        return this.#awaitPeople(stored);
      case "execute":
        return this.#execute(stored);
      case "verify":
        return this.#verify(stored);
      case "revert":
        return this.#revert(stored);
      case "conclude":
        return 0;
      default:
        return unreachable(effect);
    }
  }

  async #collectBallots(stored: Stored): Promise<number> {
    const { motion, scope, id } = stored.run;
    const asked = [...AUDITS.keys()].map((check) => auditorOf(this.env, mint(isVoterId, `${check}@${scope}`)).vote(motion));
    const answers = await Promise.allSettled(asked);
    const cast = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
    // Ballots of those who answered stay valid: asked again, a voter gives the same ballot.
    if (cast.length < asked.length) return this.#retry(stored, { type: "voters_unreachable", at: clock() });
    const ballots = await Promise.all(cast.map(async ({ signed, voter }) => ({ signed, verified: await verify(signedBytes("ballot/v1", signed.ballot), signed.signature, voter.keys) })));
    const voters = cast.map(({ voter }) => voter);
    await this.#record.saveBallots(id, ballots.map(({ signed }) => signed));
    const event: RunEvent = { type: "ballots_collected", ballots, electorate: { scope, voters, required: AUDITS.size }, at: clock(), approvalExpiresAt: clock(APPROVAL_TTL_MS) };
    this.#apply(stored, event, ballots.map(({ signed: { ballot } }) => this.#entry(stored, "ballot", ballot.voter, {
      vote: ballot.vote, tier: ballot.tier, reasons: ballot.reasons, plan_digest: ballot.planDigest, ballot_digest: digestOf(ballot),
    }, ballot.voter)), { voters });
    return 0;
  }

  async #awaitPeople(stored: Stored): Promise<number> {
    const next = this.#apply(stored, { type: "clock", at: clock() }, []);
    if (!next.ok || next.value.run.phase !== "awaiting_approval") return 0;
    return Math.max(1_000, Date.parse(next.value.run.expiresAt) - Date.now());
  }

  async #execute(stored: Stored): Promise<number> {
    if (stored.run.phase !== "executing") return 0;
    const { motion, certificate, approvals } = stored.run;
    const report = await vaultOf(this.env).release({
      plan: this.#plan(), planDigest: motion.planDigest, dossierDigest: motion.dossierDigest,
      ballots: certificate.ballots, voters: stored.voters, approvals,
    });
    const event: RunEvent = { type: "executed", report, at: clock() };
    return report.outcome === "unavailable" ? this.#retry(stored, event, report.retryAfterMs) : this.#commit(stored, event);
  }

  async #verify(stored: Stored): Promise<number> {
    const plan = this.#plan();
    const observed = await readTouched({ api: connect(this.env), zone: plan.zone }, plan.steps);
    if (!observed.ok) return this.#retry(stored, { type: "unreadable", at: clock() }, observed.error.retryAfterMs);
    const mismatches = unpredicted(plan.steps.map((step, index) => [index, step]), observed.value);
    this.#apply(stored, { type: "read_back", mismatches, at: clock() }, [
      this.#entry(stored, "verification", String(stored.revision), { verified: mismatches.length === 0, mismatches: mismatches.slice(0, 20).map(({ identity, expected }) => `${expected}: ${identity}`) }),
    ], { touched: observed.value.map(({ id, kind, identity }) => ({ id, kind, identity })) });
    return 0;
  }

  async #revert(stored: Stored): Promise<number> {
    const report = await vaultOf(this.env).revert(stored.run.scope, stored.run.motion.planDigest);
    const event: RunEvent = { type: "inverses_run", report, at: clock() };
    return report.outcome === "unavailable" ? this.#retry(stored, event, report.retryAfterMs) : this.#commit(stored, event);
  }

  #commit(stored: Stored, event: RunEvent): number {
    this.#apply(stored, event, []);
    return 0;
  }

  /** The attempt is counted in the run itself, so that the delay survives a crash (I12). */
  #retry(stored: Stored, event: RunEvent, atLeastMs: number | null = null): number {
    const next = this.#apply(stored, event, []);
    if (!next.ok || next.value.run.phase !== stored.run.phase) return 0;
    return backoffMs("attempt" in next.value.run ? next.value.run.attempt : 1, atLeastMs);
  }

  /** Tells everybody how it ended. Repeated whole after a crash; each receiver takes it once. */
  async #conclude({ run, cause, touched }: Stored): Promise<null> {
    const plan = this.#plan();
    const lesson = learn(run, plan, cause);
    const view = viewOf(run, plan);
    await logOf(this.env).append([
      { id: `${run.id}/run/${run.phase}`, type: "run", scope: run.scope, at: lesson.at, actor: "run", data: { run: run.id, incident: run.incident, phase: run.phase, because: view.because === null ? null : view.because.reason } },
      { id: `${run.id}/lesson`, type: "lesson", scope: run.scope, at: lesson.at, actor: "run", data: { run: run.id, shape: lesson.shape, outcome: lesson.outcome } },
    ]);
    await this.#record.saveLesson(lesson);
    await reconcilerOf(this.env, run.scope).runFinished(run, touched);
    return null;
  }
}
