/** Where a plan is put to the policies in force. The planner and the policy auditor each come here by themselves. */
import {
  type Bundle,
  bundleOf,
  frameworksOf,
  NO_TEAM_POLICIES,
} from "../src/core/policy/bundle.ts";
import type { PolicyFacts } from "../src/core/policy/question.ts";
import type { Decide } from "../src/core/policy/request.ts";
import type { ScopeFacts } from "../src/core/ports.ts";
import type { ScopeId } from "../src/core/ids.ts";
import { decideWith } from "../src/edge/cedar/isolate.ts";
import { SHIPPED } from "../src/edge/cedar/shipped.ts";
import type { Hold } from "../src/core/hold.ts";
import type { ReconcilerState } from "./reconciler-state.ts";

/** What the policies in force say, and what they are told about the scope. */
export interface PolicyDesk {
  readonly decide: Decide;
  readonly bundleDigest: Bundle["digest"];
  readonly facts: PolicyFacts;
}

export async function openDesk(scope: ScopeId, known: ScopeFacts): Promise<PolicyDesk> {
  const bundle = shippedBundle();
  return {
    decide: await decideWith(bundle),
    bundleDigest: bundle.digest,
    facts: {
      accountId: known.accountId,
      frameworks: frameworksOf(bundle.frameworks, scope),
      frozen: known.frozen,
      recentRuns: known.recentRuns,
    },
  };
}

let shipped: Bundle | null = null;

function shippedBundle(): Bundle {
  if (shipped !== null) return shipped;
  const bundle = bundleOf(SHIPPED, NO_TEAM_POLICIES);
  if (!bundle.ok)
    throw new Error(`the shipped policies are malformed: ${bundle.error[0]?.problem}`);
  shipped = bundle.value;
  return shipped;
}

/** What the scope's own storage says to policies. */
export const scopeFacts = (
  state: ReconcilerState,
  holds: readonly Hold[],
  nowMs: number,
): ScopeFacts => ({
  accountId: state.get("identity")?.accountId ?? "",
  recentRuns:
    new Set(state.heals(nowMs).map(({ atMs }) => atMs)).size + (state.get("active") ? 1 : 0),
  frozen: holds.some(({ selector }) => selector === null),
});
