/** Where a plan is put to the policies in force. The planner and the policy auditor each come here by themselves. */
import type { Hold } from "../src/core/hold.ts";
import type { Digest, ScopeId } from "../src/core/ids.ts";
import { frameworksOf } from "../src/core/policy/bundle.ts";
import type { PolicyFacts } from "../src/core/policy/question.ts";
import type { Decide } from "../src/core/policy/request.ts";
import type { ScopeFacts } from "../src/core/ports.ts";
import { decideWith } from "../src/edge/cedar/isolate.ts";
import { policiesInForce } from "./policies-in-force.ts";
import type { ReconcilerState } from "./reconciler-state.ts";

/** What the policies in force say, and what they are told about the scope. */
export interface PolicyDesk {
  readonly decide: Decide;
  readonly bundleDigest: Digest;
  readonly facts: PolicyFacts;
}

export async function openDesk(env: Env, scope: ScopeId, known: ScopeFacts): Promise<PolicyDesk> {
  const bundle = await policiesInForce(env);
  return {
    decide: await decideWith(bundle),
    bundleDigest: bundle.digest,
    facts: { ...known, frameworks: frameworksOf(bundle.frameworks, scope) },
  };
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
  past: state.get("past") ?? [],
  cautions: state.get("cautions") ?? [],
  inFlight: state.get("inFlight") ?? null,
});
