/**
 * A run: one plan's way through vote, approval, execution and verification.
 *
 *   voting ─► (awaiting_approval) ─► executing ─► verifying ─► verified
 *      │              │                  │            │
 *   rejected   rejected, expired   superseded,     reverting ─► reverted, stuck
 *                                  rejected, reverting
 *
 * I2  a plan is executed at most once, and only against its basis.
 * I4  after a run, observed state is the prediction or the revert's.
 * I11 a phase names its own effect (`effectOf`), so recovery is the forward path: read the run, perform its effect.
 *     Effects happen at least once; each is idempotent by the run's plan digest.
 * I12 every phase that waits for something outside counts its attempts.
 */
import { approvedBy, partiesTo, type SignedApproval } from "./approval.ts";
import type { Motion } from "./ballot.ts";
import type { ExecutionReport, ReleaseRefusal, RevertReport } from "./execution.ts";
import type { Digest, IncidentId, Instant, RunId, ScopeId } from "./ids.ts";
import {
  type CheckedBallot,
  certify,
  type Electorate,
  type QuorumCertificate,
  type QuorumRefusal,
} from "./quorum.ts";
import { err, ok, type Result, unreachable } from "./result.ts";
import { approvalsNeeded, type Tier } from "./risk.ts";
import type { PastRun } from "./risk/history.ts";
import type { Mismatch } from "./verification.ts";

interface RunHead {
  readonly id: RunId;
  readonly incident: IncidentId;
  readonly scope: ScopeId;
  readonly motion: Motion;
  /** Who asked for what the plan does. */
  readonly requestedBy: string;
  /** Whose guardrails it carries out; left out by runs from before there were any. */
  readonly guardedBy?: readonly string[];
  /** When each phase was entered, in order: what the time was spent on. */
  readonly timeline: readonly { readonly phase: RunPhase; readonly at: Instant }[];
  /** As certified; null before that. */
  readonly tier: Tier | null;
  /** Who has approved. */
  readonly approvers: readonly string[];
}

type Certified = {
  readonly certificate: QuorumCertificate;
  readonly approvals: readonly SignedApproval[];
};

type RunState =
  | { readonly phase: "voting"; readonly attempt: number }
  | ({
      readonly phase: "awaiting_approval";
      readonly needed: number;
      readonly expiresAt: Instant;
    } & Certified)
  | ({ readonly phase: "executing"; readonly attempt: number } & Certified)
  | ({ readonly phase: "verifying"; readonly attempt: number } & Certified)
  | ({
      readonly phase: "reverting";
      readonly attempt: number;
      readonly because: RevertReason;
    } & Certified)
  | { readonly phase: "verified" }
  | { readonly phase: "rejected"; readonly because: RejectReason }
  | { readonly phase: "expired" }
  /** Nothing was written, the world had moved on: the next pass plans anew. */
  | {
      readonly phase: "superseded";
      readonly mismatches: readonly Mismatch[];
      /** What the vault said, when it was not the basis that moved. */
      readonly refusal?: ReleaseRefusal;
    }
  | { readonly phase: "reverted"; readonly because: RevertReason }
  /** Neither forward nor back: a person has to look. */
  | { readonly phase: "stuck"; readonly detail: string };

export type Run = RunHead & RunState;
export type RunPhase = RunState["phase"];

export type RevertReason =
  | { readonly reason: "not_as_predicted"; readonly mismatches: readonly Mismatch[] }
  | { readonly reason: "stopped_halfway"; readonly report: ExecutionReport };

export type RejectReason =
  | QuorumRefusal
  | ReleaseRefusal
  | { readonly reason: "denied"; readonly by: string }
  | { readonly reason: "tier_never_runs"; readonly tier: Tier }
  | { readonly reason: "voters_unreachable" }
  | { readonly reason: "call_refused"; readonly report: ExecutionReport };

export type RunEvent =
  | {
      readonly type: "ballots_collected";
      readonly ballots: readonly CheckedBallot[];
      readonly electorate: Electorate;
      readonly at: Instant;
      readonly approvalExpiresAt: Instant;
    }
  | { readonly type: "voters_unreachable"; readonly at: Instant }
  | { readonly type: "approval_given"; readonly signed: SignedApproval; readonly at: Instant }
  | { readonly type: "clock"; readonly at: Instant }
  /** The plan waited, and what it was computed from or for is no longer so. */
  | { readonly type: "overtaken"; readonly at: Instant }
  | { readonly type: "executed"; readonly report: ExecutionReport; readonly at: Instant }
  | { readonly type: "read_back"; readonly mismatches: readonly Mismatch[]; readonly at: Instant }
  | { readonly type: "unreadable"; readonly at: Instant }
  | { readonly type: "inverses_run"; readonly report: RevertReport; readonly at: Instant };

export type RunRefusal =
  | { readonly reason: "run_finished"; readonly phase: RunPhase }
  | { readonly reason: "not_expected"; readonly phase: RunPhase; readonly event: RunEvent["type"] }
  | { readonly reason: "another_plan"; readonly expected: Digest }
  | { readonly reason: "approval_expired"; readonly expiresAt: Instant }
  /** Whoever asked, voted or executes does not approve. */
  | { readonly reason: "not_distinct"; readonly by: string };

export type RunEffect =
  | "collect_ballots"
  | "await_people"
  | "execute"
  | "verify"
  | "revert"
  | "conclude";

/** With the delays of `backoff` these stretch over about four minutes; then a person is told. */
const ATTEMPTS_MAX = 6;

export interface StartInput {
  readonly incident: IncidentId;
  readonly motion: Motion;
  readonly requestedBy: string;
  readonly guardedBy?: readonly string[];
  readonly id: RunId;
  readonly at: Instant;
}

export const start = ({
  incident,
  motion,
  requestedBy,
  guardedBy = [],
  id,
  at,
}: StartInput): Run => ({
  id,
  incident,
  scope: motion.scope,
  motion,
  requestedBy,
  guardedBy,
  timeline: [{ phase: "voting", at }],
  tier: null,
  approvers: [],
  phase: "voting",
  attempt: 0,
});

/** What has to be done in the run's phase. The whole of recovery. */
export function effectOf({ phase }: Run): RunEffect {
  switch (phase) {
    case "voting":
      return "collect_ballots";
    case "awaiting_approval":
      return "await_people";
    case "executing":
      return "execute";
    case "verifying":
      return "verify";
    case "reverting":
      return "revert";
    case "verified":
    case "rejected":
    case "expired":
    case "superseded":
    case "reverted":
    case "stuck":
      return "conclude";
  }
}

/** The only place a run changes phase. Pure: the caller persists the run, then performs its effect. */
export function advance(run: Run, event: RunEvent): Result<Run, RunRefusal> {
  switch (run.phase) {
    case "voting":
      return onVoting(run, event);
    case "awaiting_approval":
      return onAwaitingApproval(run, event);
    case "executing":
      return onExecuting(run, event);
    case "verifying":
      return onVerifying(run, event);
    case "reverting":
      return onReverting(run, event);
    case "verified":
    case "rejected":
    case "expired":
    case "superseded":
    case "reverted":
    case "stuck":
      return err({ reason: "run_finished", phase: run.phase });
  }
}

type In<P extends RunPhase> = Extract<Run, { phase: P }>;
type Step = Result<Run, RunRefusal>;

const notExpected = (run: Run, event: RunEvent): Step =>
  err({ reason: "not_expected", phase: run.phase, event: event.type });

function enter(run: Run, state: RunState, at: Instant): Step {
  const { id, incident, scope, motion, requestedBy, guardedBy = [] } = run;
  const tier = "certificate" in state ? state.certificate.tier : run.tier;
  const approvers =
    "approvals" in state ? approvedBy(state.approvals, motion.planDigest) : run.approvers;
  const timeline =
    run.phase === state.phase ? run.timeline : [...run.timeline, { phase: state.phase, at }];
  const head = { id, incident, scope, motion, requestedBy, guardedBy };
  return ok({ ...head, timeline, tier, approvers, ...state });
}

function onVoting(run: In<"voting">, event: RunEvent): Step {
  if (event.type === "voters_unreachable") {
    return run.attempt + 1 < ATTEMPTS_MAX
      ? enter(run, { phase: "voting", attempt: run.attempt + 1 }, event.at)
      : enter(run, { phase: "rejected", because: { reason: "voters_unreachable" } }, event.at);
  }
  if (event.type !== "ballots_collected") return notExpected(run, event);
  const { ballots, electorate, at } = event;
  const certificate = certify({ motion: run.motion, electorate, ballots, now: at });
  if (!certificate.ok) return enter(run, { phase: "rejected", because: certificate.error }, at);
  const { tier } = certificate.value;
  const needed = approvalsNeeded(tier);
  if (needed === null)
    return enter(run, { phase: "rejected", because: { reason: "tier_never_runs", tier } }, at);
  const proof = { certificate: certificate.value, approvals: [] };
  return needed === 0
    ? enter(run, { phase: "executing", attempt: 0, ...proof }, at)
    : enter(
        run,
        {
          phase: "awaiting_approval",
          needed,
          expiresAt: earliest(event.approvalExpiresAt, ballots),
          ...proof,
        },
        at,
      );
}

/** Nobody is asked to approve what the vault would refuse for a ballot that has expired. */
const earliest = (of: Instant, ballots: readonly CheckedBallot[]): Instant =>
  ballots.reduce(
    (first, { signed: { ballot } }) => (ballot.expiresAt < first ? ballot.expiresAt : first),
    of,
  );

function onAwaitingApproval(run: In<"awaiting_approval">, event: RunEvent): Step {
  const { certificate, needed, expiresAt } = run;
  if (event.type === "clock")
    return event.at < expiresAt ? ok(run) : enter(run, { phase: "expired" }, event.at);
  if (event.type === "overtaken")
    return enter(run, { phase: "superseded", mismatches: [] }, event.at);
  if (event.type !== "approval_given") return notExpected(run, event);
  const { signed, at } = event;
  const { approval } = signed;
  const { planDigest, stateDigest } = run.motion;
  if (approval.planDigest !== planDigest || approval.stateDigest !== stateDigest)
    return err({ reason: "another_plan", expected: run.motion.planDigest });
  if (at >= expiresAt) return err({ reason: "approval_expired", expiresAt });
  const askedBy = [run.requestedBy, ...(run.guardedBy ?? [])];
  if (partiesTo(askedBy, certificate.ballots).has(approval.by))
    return err({ reason: "not_distinct", by: approval.by });
  if (approval.verdict === "deny")
    return enter(run, { phase: "rejected", because: { reason: "denied", by: approval.by } }, at);
  const others = run.approvals.filter((one) => one.approval.by !== approval.by);
  const approvals = [...others, signed];
  return approvedBy(approvals, run.motion.planDigest).length >= needed
    ? enter(run, { phase: "executing", attempt: 0, certificate, approvals }, at)
    : enter(run, { ...stateOf(run), approvals }, at);
}

const stateOf = ({
  phase,
  needed,
  expiresAt,
  certificate,
  approvals,
}: In<"awaiting_approval">) => ({ phase, needed, expiresAt, certificate, approvals });

function onExecuting(run: In<"executing">, event: RunEvent): Step {
  if (event.type !== "executed") return notExpected(run, event);
  const { report, at } = event;
  const proof = { certificate: run.certificate, approvals: run.approvals };
  const halfway = (): Step =>
    enter(
      run,
      { phase: "reverting", attempt: 0, because: { reason: "stopped_halfway", report }, ...proof },
      at,
    );
  if ("written" in report && report.written > 0 && report.outcome !== "unavailable")
    return halfway();
  switch (report.outcome) {
    case "done":
      return enter(run, { phase: "verifying", attempt: 0, ...proof }, at);
    case "refused":
      return enter(run, refused(report.refusal), at);
    case "basis_moved":
      return enter(run, { phase: "superseded", mismatches: report.mismatches }, at);
    case "prohibited":
      return enter(
        run,
        { phase: "rejected", because: { reason: "prohibited", ...report.prohibition } },
        at,
      );
    case "call_refused":
      return enter(run, { phase: "rejected", because: { reason: "call_refused", report } }, at);
    case "unavailable":
      if (run.attempt + 1 < ATTEMPTS_MAX)
        return enter(run, { phase: "executing", attempt: run.attempt + 1, ...proof }, at);
      // The last call may have gone out without an answer: only the vault, which reads before it undoes, can tell (I4).
      return halfway();
    default:
      return unreachable(report);
  }
}

/** What came since the vote (a hold, other policies, or an answer of theirs that is another one now): no fault of the plan. */
const MOVED_ON: ReadonlySet<ReleaseRefusal["reason"]> = new Set([
  "on_hold",
  "other_policies",
  "policy_forbids",
  "policy_asks_for_more",
]);
const refused = (refusal: ReleaseRefusal): RunState =>
  MOVED_ON.has(refusal.reason)
    ? { phase: "superseded", mismatches: [], refusal }
    : { phase: "rejected", because: refusal };

function onVerifying(run: In<"verifying">, event: RunEvent): Step {
  const proof = { certificate: run.certificate, approvals: run.approvals };
  if (event.type === "unreadable") {
    // Not knowing is no reason to take a write back (I8).
    return run.attempt + 1 < ATTEMPTS_MAX
      ? enter(run, { phase: "verifying", attempt: run.attempt + 1, ...proof }, event.at)
      : enter(run, { phase: "stuck", detail: "written, but the result cannot be read" }, event.at);
  }
  if (event.type !== "read_back") return notExpected(run, event);
  const { mismatches, at } = event;
  return mismatches.length === 0
    ? enter(run, { phase: "verified" }, at)
    : enter(
        run,
        {
          phase: "reverting",
          attempt: 0,
          because: { reason: "not_as_predicted", mismatches },
          ...proof,
        },
        at,
      );
}

function onReverting(run: In<"reverting">, event: RunEvent): Step {
  if (event.type !== "inverses_run") return notExpected(run, event);
  const { report, at } = event;
  const { certificate, approvals, because } = run;
  switch (report.outcome) {
    case "reverted":
      return enter(run, { phase: "reverted", because }, at);
    case "refused":
      // The vault reads for itself: what it finds as predicted is (I4).
      return report.reason === "as_predicted"
        ? enter(run, { phase: "verified" }, at)
        : enter(run, { phase: "stuck", detail: "the time for taking it back is over" }, at);
    case "stuck":
      return enter(run, { phase: "stuck", detail: report.detail }, at);
    case "unavailable":
      return run.attempt + 1 < ATTEMPTS_MAX
        ? enter(
            run,
            { phase: "reverting", attempt: run.attempt + 1, because, certificate, approvals },
            at,
          )
        : enter(
            run,
            { phase: "stuck", detail: `the inverses could not be run: ${report.detail}` },
            at,
          );
    default:
      return unreachable(report);
  }
}

export const isFinished = (run: Run): boolean => effectOf(run) === "conclude";

/** What a run counts as when the risk of later ones is worked out. Null: nothing was written, or nothing can be learnt. */
export function outcomeOf({ phase }: Run): PastRun["ended"] | null {
  if (phase === "verified") return "well";
  return phase === "reverted" || phase === "stuck" ? "badly" : null;
}
