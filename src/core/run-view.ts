/** A run as people and clients see it: everything but the bulk of signatures. */
import { codeOf, describeFinding, type Finding } from "./check.ts";
import type { Plan, Step } from "./plan.ts";
import type { RiskAssessment } from "./risk.ts";
import type { RejectReason, RevertReason, Run, RunPhase } from "./run.ts";

/** Why the plan needs the care that it needs, as it was worked out when it was made. */
export interface Assessed {
  readonly risk: RiskAssessment;
  readonly findings: readonly Finding[];
}

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
  /** Null for runs from before risk was a score. */
  readonly risk: RiskAssessment | null;
  readonly findings: readonly {
    readonly severity: Finding["severity"];
    readonly code: string;
    readonly explanation: string;
  }[];
  readonly steps: readonly Pick<
    Step,
    "op" | "kind" | "identity" | "summary" | "before" | "after"
  >[];
  readonly calls: number;
}

/** More steps than a page can show are in the dossier. */
const STEPS_SHOWN = 200;
/** A plan of 5,000 steps may have as many findings. */
const FINDINGS_SHOWN = 100;

export function viewOf(run: Run, plan: Plan, assessed: Assessed | null): RunView {
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
    risk: assessed?.risk ?? null,
    findings: (assessed?.findings ?? []).slice(0, FINDINGS_SHOWN).map((finding) => ({
      severity: finding.severity,
      code: codeOf(finding),
      explanation: describeFinding(finding),
    })),
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
  if (run.phase === "superseded")
    return run.refusal ?? { reason: "basis_moved", mismatches: run.mismatches };
  return run.phase === "stuck" ? { reason: "stuck", detail: run.detail } : null;
}
