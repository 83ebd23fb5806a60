/** A plan's risk as the API shows it: the tier with everything that it was worked out from. */
import { z } from "zod";
import type { RiskAssessment } from "../../core/risk.ts";
import { DIRECTIONS, PROVENANCES, REVERSALS, TIMINGS } from "../../core/risk/tables.ts";

const count = z.int().min(0);
const added = z.int();

export const risk = z
  .object({
    tier: z.int(),
    score: count,
    vector: z.object({
      blast_ppm: count,
      criticality: count,
      reversal: z.enum(REVERSALS),
      direction: z.enum(DIRECTIONS),
      recent_failures: count,
      successes: count,
      provenance: z.enum(PROVENANCES),
      timing: z.enum(TIMINGS),
      in_flight: count,
      burn_x10: count,
      canary: z.boolean(),
      restores: z.boolean(),
      actions: count,
      protected_resource: z.boolean(),
      touches_guardrails: z.boolean(),
    }),
    points: z.object({
      blast: added,
      criticality: added,
      reversal: added,
      direction: added,
      history: added,
      provenance: added,
      timing: added,
      in_flight: added,
      burn: added,
      canary: added,
    }),
    floors: z.array(z.string()),
    reasons: z.array(z.string()),
  })
  .meta({ id: "Risk" });

export const riskJson = ({ tier, score, vector, points, floors, reasons }: RiskAssessment) => ({
  tier,
  score,
  vector: {
    blast_ppm: vector.blastPpm,
    criticality: vector.criticality,
    reversal: vector.reversal,
    direction: vector.direction,
    recent_failures: vector.history.recentFailures,
    successes: vector.history.successes,
    provenance: vector.provenance,
    timing: vector.timing,
    in_flight: vector.inFlight,
    burn_x10: vector.burnX10,
    canary: vector.canary,
    restores: vector.restores,
    actions: vector.actions,
    protected_resource: vector.protectedResource,
    touches_guardrails: vector.touchesGuardrails,
  },
  points: {
    blast: points.blast,
    criticality: points.criticality,
    reversal: points.reversal,
    direction: points.direction,
    history: points.history,
    provenance: points.provenance,
    timing: points.timing,
    in_flight: points.inFlight,
    burn: points.burn,
    canary: points.canary,
  },
  floors: [...floors],
  reasons: [...reasons],
});
