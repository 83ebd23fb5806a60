/** Everything that is known about a plan, sealed by its digest, sent once and the same to every voter. */
import type { Finding } from "./check.ts";
import type { Guardrail } from "./guardrails/guardrail.ts";
import type { Digest, IncidentId, Instant } from "./ids.ts";
import type { LineageEntry, Reading } from "./observation.ts";
import type { Plan } from "./plan.ts";
import type { PolicyDecision } from "./policy/decision.ts";
import type { LeftOut } from "./recurrence.ts";
import type { RiskAssessment } from "./risk.ts";

export interface Dossier {
  readonly version: 1;
  readonly incident: IncidentId;
  readonly plan: Plan;
  readonly planDigest: Digest;
  /** Raw answers of the API, as read: voters normalise and compare for themselves. */
  readonly evidence: {
    readonly observedAt: Instant;
    readonly readings: readonly Reading[];
    readonly lineage: readonly LineageEntry[];
  };
  /** Drifted, but deliberately not in the plan: quarantined (I14), held, not ours, or for a later plan. */
  readonly held: readonly LeftOut[];
  readonly findings: readonly Finding[];
  readonly risk: RiskAssessment;
  /** What the policies in force say, and which those were. */
  readonly policy: PolicyDecision;
  /** Of the guardrails that the plan rests on: what they were placed for, and what was measured before. */
  readonly guardrails?: readonly Pick<
    Guardrail,
    "id" | "template" | "mode" | "evidence" | "incident"
  >[];
}
