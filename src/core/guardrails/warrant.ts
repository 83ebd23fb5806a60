/**
 * The auditors' side: a plan names the guardrails that it rests on, and whoever judges it asks their owner. What the plan
 * says of a lease counts for nothing. Pure.
 */
import { sameJson } from "../canonical.ts";
import type { GoldenState } from "../golden.ts";
import type { Instant } from "../ids.ts";
import { err, ok, type Result } from "../result.ts";
import {
  type At,
  type Guardrail,
  IN_FORCE_MAX,
  isInForce,
  isTooLong,
  type Warrant,
} from "./guardrail.ts";
import { type Leases, overlay, warrantOf } from "./overlay.ts";
import { TEMPLATES } from "./registry.ts";

export interface Claim {
  readonly warrants: readonly Warrant[];
  /** When what the plan rests on was read. */
  readonly observedAt: Instant;
}

/** The desired state that the plan may rest on, as the owner's leases make it; or why it may not. */
export function warranted(
  golden: GoldenState,
  leases: Leases,
  { claim: { warrants, observedAt }, at }: { readonly claim: Claim; readonly at: At },
): Result<GoldenState, readonly string[]> {
  const known = new Map(leases.guardrails.map((one) => [one.id, one]));
  const running = leases.guardrails.filter((one) => isInForce(one, at));
  const problems = [
    ...warrants.flatMap((warrant) => {
      const owned = known.get(warrant.id);
      return owned && isInForce(owned, at) && sameJson(warrantOf(owned), warrant)
        ? []
        : [`no_such_guardrail_in_force: ${warrant.id}`];
    }),
    // One that was placed after the look is for the next plan.
    ...running
      .filter(
        ({ id, placedAt }) => placedAt <= observedAt && !warrants.some((one) => one.id === id),
      )
      .map(({ id }) => `guardrail_left_out: ${id}`),
    ...running.flatMap(outOfBounds),
    ...(running.length > IN_FORCE_MAX ? [`too_many_guardrails: ${running.length}`] : []),
  ];
  if (problems.length > 0) return err(problems);
  const named = new Set(warrants.map(({ id }) => id));
  const over = leases.guardrails.filter((one) => !isInForce(one, at));
  const guardrails = [...running.filter(({ id }) => named.has(id)), ...over];
  return ok(overlay(golden, { ...leases, guardrails }, at).golden);
}

/** The owner is not believed either: parameters, mode and length are what the template allows. */
function outOfBounds(guardrail: Guardrail): string[] {
  const { id, parameters, mode } = guardrail;
  const template = TEMPLATES.get(guardrail.template);
  if (!template) return [`guardrail_of_unknown_template: ${id}`];
  const parsed = template.parse(parameters);
  return [
    ...(parsed.ok && sameJson(parsed.value, parameters) ? [] : [`guardrail_out_of_bounds: ${id}`]),
    ...(template.modes.includes(mode) ? [] : [`guardrail_mode: ${id}`]),
    ...(isTooLong(guardrail, template) ? [`guardrail_lease_too_long: ${id}`] : []),
  ];
}
