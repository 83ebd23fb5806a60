/** Whether what was found now should stand in the place of what was placed before. Pure. */
import { type Guardrail, subjectOf } from "../guardrails/guardrail.ts";
import type { Effect } from "../guardrails/ladder.ts";
import { TEMPLATES } from "../guardrails/registry.ts";
import { COLLATERAL_MAX } from "../traffic/trial.ts";
import type { Remedy } from "./facts.ts";

/** One that was placed when nobody knew who visits may be about the wrong ones. It goes when another one is known that is not. */
export function isBetter(
  remedy: Remedy,
  guardrail: Guardrail,
  { collateral }: Pick<Effect, "collateral">,
): boolean {
  if (remedy.type !== "guard" || collateral === null || collateral <= COLLATERAL_MAX) return false;
  const parameters = TEMPLATES.get(remedy.template)?.parse(remedy.parameters);
  const hits = remedy.trial?.collateral ?? null;
  if (!parameters?.ok || hits === null || hits > COLLATERAL_MAX) return false;
  const other = { template: remedy.template, parameters: parameters.value };
  return subjectOf(other) !== subjectOf(guardrail);
}
