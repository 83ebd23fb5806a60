/** A run as people and clients see it: everything but the bulk of signatures. */
import type { Plan, Step } from "./plan.ts";
import type { RejectReason, RevertReason, Run, RunPhase } from "./run.ts";

export interface RunView {
  readonly id: string;
  readonly scope: string;
  readonly incident: string;
  readonly epoch: number;
  readonly phase: RunPhase;
  readonly planDigest: string;
  readonly stateDigest: string;
  readonly dossierDigest: string;
  readonly goldenGeneration: number;
  readonly tier: number | null;
  readonly approvalsNeeded: number | null;
  readonly approvals: readonly string[];
  readonly expiresAt: string | null;
  readonly because:
    | RejectReason
    | RevertReason
    | { readonly reason: string; readonly [more: string]: unknown }
    | null;
  readonly timeline: Run["timeline"];
  readonly steps: readonly Pick<
    Step,
    "op" | "kind" | "identity" | "summary" | "before" | "after"
  >[];
  readonly calls: number;
}

/** More steps than a page can show are in the dossier. */
const STEPS_SHOWN = 200;

export function viewOf(run: Run, plan: Plan): RunView {
  return {
    id: run.id,
    scope: run.scope,
    incident: run.incident,
    epoch: run.motion.epoch,
    phase: run.phase,
    planDigest: run.motion.planDigest,
    stateDigest: run.motion.stateDigest,
    dossierDigest: run.motion.dossierDigest,
    goldenGeneration: plan.proposal.goldenGeneration,
    tier: run.tier,
    approvalsNeeded: run.phase === "awaiting_approval" ? run.needed : null,
    approvals: run.approvers,
    expiresAt: run.phase === "awaiting_approval" ? run.expiresAt : null,
    because: becauseOf(run),
    timeline: run.timeline,
    steps: plan.steps
      .slice(0, STEPS_SHOWN)
      .map(({ op, kind, identity, summary, before, after }) => ({
        op,
        kind,
        identity,
        summary,
        before,
        after,
      })),
    calls: plan.calls.length,
  };
}

function becauseOf(run: Run): RunView["because"] {
  if ("because" in run) return run.because;
  if (run.phase === "superseded") return { reason: "basis_moved", mismatches: run.mismatches };
  return run.phase === "stuck" ? { reason: "stuck", detail: run.detail } : null;
}
