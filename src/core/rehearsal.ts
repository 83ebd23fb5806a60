/** What a plan would be under a golden state that is only proposed: for people to read before they say yes. */
import type { ScopeId } from "./ids.ts";
import type { Rehearsal } from "./intents/intent.ts";
import type { Decision } from "./reconcile.ts";
import { approvalsNeeded } from "./risk.ts";

/** More steps than anybody reads (I12). */
const STEPS_SHOWN = 200;

export function rehearsalOf(scope: ScopeId, decision: Decision): Rehearsal {
  const { drift, heldBack, quarantined } = decision;
  const told = drift.reported.length + heldBack.length + quarantined.length;
  const nothing = {
    scope,
    planDigest: null,
    steps: [],
    calls: 0,
    tier: null,
    approvals: 0,
    left: told,
  };
  if (decision.type !== "heal") return { ...nothing, outcome: decision.type };
  const { plan, digest } = decision.plan;
  return {
    scope,
    outcome: "heal",
    planDigest: digest,
    steps: plan.steps.slice(0, STEPS_SHOWN).map(({ summary }) => summary),
    calls: plan.calls.length,
    tier: decision.risk.tier,
    approvals: approvalsNeeded(decision.risk.tier),
    left: decision.postponed + told,
  };
}
