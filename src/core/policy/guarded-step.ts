/**
 * Which part of a step carries guardrails out. A phase may have drifted beside the rule that a guardrail puts into it: then
 * the step is both, and policies are asked about both.
 */
import { type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import type { Warrant } from "../guardrails/guardrail.ts";
import { isGuardrailRef } from "../kinds/guardrail-ref.ts";
import type { Plan, Step } from "../plan.ts";
import type { Fields } from "../resource.ts";

export interface GuardedPart {
  /** The guardrails that the step carries out; none: it puts declared values back, and nothing else. */
  readonly warrants: readonly Warrant[];
  /** Nothing else is in it. */
  readonly alone: boolean;
}

const NONE: GuardedPart = { warrants: [], alone: false };

/** A guardrail whose lease is over is in no warrant: its end is the golden state, put back. */
export function guardedPart(step: Step, warrants: readonly Warrant[]): GuardedPart {
  const named = warrants.filter(({ covers }) => covers.includes(`${step.kind} ${step.identity}`));
  if (named.length === 0) return NONE;
  const [before, after] = [step.before?.fields ?? {}, step.after?.fields ?? {}];
  if (isPhase(before) || isPhase(after)) {
    const [was, is] = [splitPhase(before), splitPhase(after)];
    if (Object.entries(is.own).every(([ref, rule]) => sameJson(was.own[ref] ?? null, rule)))
      return NONE;
    const ended = Object.keys(was.own).some((ref) => is.own[ref] === undefined);
    return { warrants: named, alone: !ended && sameJson(was.rest, is.rest) };
  }
  // Which items of a list somebody else has changed cannot be told from its texts: then it is both. A setting and a route
  // have one value, which the guardrail says.
  return { warrants: named, alone: step.kind !== "gateway_list" };
}

/** People whose guardrails the plan carries out. They have asked for it, and so cannot approve it. */
export const guardedBy = ({ proposal, steps }: Plan): readonly string[] => [
  ...new Set(
    steps
      .flatMap((step) => guardedPart(step, proposal.guardrails ?? []).warrants)
      .flatMap(({ owner }) => (owner.type === "person" ? [owner.name] : [])),
  ),
];

const RULE = "rule:";

const isPhase = (fields: Fields): boolean =>
  Object.keys(fields).some((name) => name.startsWith(RULE));

const isOwn = ([name]: readonly [string, Json]): boolean => isGuardrailRef(name.slice(RULE.length));

/** The rules of guardrails, and everything else: the other rules in their order. */
function splitPhase(fields: Fields): { readonly own: JsonObject; readonly rest: JsonObject } {
  const rules = Object.entries(fields).filter(([name]) => name.startsWith(RULE));
  const { refs } = fields;
  const order = Array.isArray(refs) ? refs.filter((ref: Json) => !isGuardrailRef(textOf(ref))) : [];
  return {
    own: Object.fromEntries(rules.filter(isOwn)),
    rest: { ...Object.fromEntries(rules.filter((one) => !isOwn(one))), order },
  };
}
