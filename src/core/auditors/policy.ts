/**
 * May these resources be changed at all, this way, at this risk? Everything is worked out again from the raw readings
 * and the golden state; what the dossier says about itself only has to agree.
 */
import { check } from "../check.ts";
import { diff } from "../diff.ts";
import { ruleFor } from "../golden.ts";
import type { Instant } from "../ids.ts";
import { kindOf } from "../kinds/registry.ts";
import { observe } from "../observation.ts";
import type { Step } from "../plan.ts";
import type { ObservedResource } from "../resource.ts";
import { assess } from "../risk.ts";
import { type AuditInput, lineageOf, type Verdict, verdictOf } from "./audit.ts";

/** Older evidence says nothing about now. */
const EVIDENCE_AGE_MAX_MINUTES = 10;

export function policy(input: AuditInput): Verdict {
  const { dossier: { plan, evidence, ...dossier }, golden, now } = input;
  const observation = observe(evidence.readings, plan.zone, evidence.observedAt);
  if (!observation.ok) return verdictOf([`unreadable_evidence: ${observation.error.reason}`], 4);
  const observed = observation.value.resources;
  const { managed } = diff({ golden, observed, lineage: lineageOf(input.dossier), zone: plan.zone, now });
  const findings = check(plan, { golden, managed });
  const risk = assess(plan, findings);
  return verdictOf([
    ...(plan.scope === golden.scope ? [] : ["another_scope"]),
    ...(minutesBetween(evidence.observedAt, now) > EVIDENCE_AGE_MAX_MINUTES ? ["stale_evidence"] : []),
    ...findings.filter(({ severity }) => severity === "block").map(({ type }) => `finding: ${type}`),
    ...(dossier.risk.tier < risk.tier ? [`risk_understated: ${dossier.risk.tier} instead of ${risk.tier}`] : []),
    ...plan.calls.flatMap(({ request }) => (request.path.startsWith(`/zones/${plan.zone.id}/`) ? [] : [`outside_the_zone: ${request.path}`])),
    ...plan.steps.flatMap((step) => forbidden(step, input, observed)),
  ], risk.tier);
}

/** Why this step may not touch what it touches (I9). */
function forbidden(step: Step, { dossier, golden, now }: AuditInput, observed: readonly ObservedResource[]): string[] {
  const live = observed.find(({ kind, id }) => kind === step.kind && id === step.before?.id);
  if (step.before && !live) return [`not_observed: ${step.identity}`];
  const subject = live ?? { kind: step.kind, group: step.group, identity: step.identity, fields: step.after?.fields ?? {} };
  const rule = ruleFor(golden, subject, { zone: dossier.plan.zone, now });
  const declared = golden.resources.some(({ kind, identity }) => kind === step.kind && identity === step.identity);
  const was = dossier.evidence.lineage.find(({ kind, id }) => kind === step.kind && id === live?.id)?.identity;
  const foreign = live && kindOf(step.kind).foreign(observed.filter(({ kind }) => kind === step.kind)).get(live.id);
  return [
    ...(live?.system ? [`system: ${step.identity}`] : []),
    ...(rule ? [`${rule.class}: ${step.identity}`] : []),
    // A marker protects what nobody declared; a declared record stays declared whoever plants a marker beside it.
    ...(foreign && !(declared && (live.identity === step.identity || was === step.identity)) ? [`foreign: ${step.identity}`] : []),
  ];
}

/** Both are RFC 3339 in UTC. Coarse on purpose: days are 24 h, months 31 days, so a month's turn only makes it stricter. */
function minutesBetween(from: Instant, to: Instant): number {
  const minutes = (instant: Instant): number => {
    const [, year, month, day, hour, minute] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(instant)?.map(Number) ?? [];
    return ((((year ?? 0) * 12 + (month ?? 0)) * 31 + (day ?? 0)) * 24 + (hour ?? 0)) * 60 + (minute ?? 0);
  };
  return Math.abs(minutes(to) - minutes(from));
}
