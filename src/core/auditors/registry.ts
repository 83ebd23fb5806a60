import { warranted } from "../guardrails/warrant.ts";
import { millisOf } from "../instant.ts";
import { type Audit, verdictOf } from "./audit.ts";
import { conformance } from "./conformance.ts";
import { policy } from "./policy.ts";
import { simulation } from "./simulation.ts";

/** The deterministic voters: differently built, so that one mistake does not pass all of them. */
export const AUDITS: ReadonlyMap<string, Audit> = new Map([
  ["simulation", total(overGuardrails(simulation))],
  ["policy", total(overGuardrails(policy))],
  ["conformance", total(overGuardrails(conformance))],
]);

/** Checks that put the plan to the policies; the others say what they say without them. */
export const READS_POLICIES: ReadonlySet<string> = new Set(["policy"]);

/** Judged is against the golden state with the guardrails that their owner knows, at this auditor's own time. */
function overGuardrails(audit: Audit): Audit {
  return (input) => {
    const { dossier, golden, leases, now } = input;
    const claim = {
      warrants: dossier.plan.proposal.guardrails ?? [],
      observedAt: dossier.evidence.observedAt,
    };
    const desired = warranted(golden, leases, { claim, at: { now, nowMs: millisOf(now) } });
    return desired.ok ? audit({ ...input, golden: desired.value }) : verdictOf(desired.error, 4);
  };
}

/** Dossiers come over RPC, where types are promises: one of a shape that nobody expects gets a "no", not a crash. */
function total(audit: Audit): Audit {
  return (input) => {
    try {
      return audit(input);
    } catch {
      return verdictOf(["malformed_dossier"], 4);
    }
  };
}
