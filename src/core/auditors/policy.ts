/**
 * May these resources be changed at all, this way, at this risk? Everything is worked out again from the raw readings
 * and the golden state; what the dossier says about itself only has to agree.
 */
import { canonicalise, digestOf, sameJson } from "../canonical.ts";
import { check } from "../check.ts";
import { changeDigest, diff, type Drift } from "../diff.ts";
import { type OwnershipRule, ruleFor } from "../golden.ts";
import { leasedSettings } from "../guardrails/overlay.ts";
import { covers } from "../hold.ts";
import { type Digest, type Instant } from "../ids.ts";
import { KINDS } from "../kinds/registry.ts";
import { observe } from "../observation.ts";
import { plan, type Step } from "../plan.ts";
import { decidePlan, type PolicyDecision } from "../policy/decision.ts";
import { basePath, type ObservedResource, type Resource, scopeOf } from "../resource.ts";
import { assess } from "../risk.ts";
import { higher } from "../risk/score.ts";
import { normalise, worst } from "../risk/vector.ts";
import { type AuditInput, lineageOf, type Verdict, verdictOf } from "./audit.ts";

/** Older evidence says nothing about now. */
const EVIDENCE_AGE_MAX_MINUTES = 10;

export function policy(input: AuditInput): Verdict {
  const {
    dossier: { plan: proposed, evidence, ...dossier },
    golden,
    now,
  } = input;
  const observation = observe(evidence.readings, proposed.site, evidence.observedAt);
  if (!observation.ok) return verdictOf([`unreadable_evidence: ${observation.error.reason}`], 4);
  const observed = observation.value.resources;
  const drift = diff({
    golden,
    observed,
    lineage: lineageOf(input.dossier),
    site: proposed.site,
    now,
  });
  const { kinds } = observation.value;
  const leased = leasedSettings(input.leases);
  const seen = { golden, observed, leased };
  const findings = check(proposed, { ...seen, managed: drift.managed, kinds });
  // At the time of the evidence: the planner's clock and this one may stand on two sides of an hour.
  const risk = assess(proposed, { ...input, ...seen, findings, now: evidence.observedAt });
  if (!input.policies) return verdictOf(["no_policies"], 4);
  const decided = decidePlan({ plan: proposed, risk, findings, ...input.policies });
  const known = knownOf(input, observed);
  const listed = new Set(dossier.findings.map((finding) => canonicalise(finding)));
  return verdictOf(
    [
      ...(proposed.scope === golden.scope && golden.scope === scopeOf(proposed.site)
        ? []
        : ["another_scope"]),
      ...(minutesBetween(evidence.observedAt, now) > EVIDENCE_AGE_MAX_MINUTES
        ? ["stale_evidence"]
        : []),
      ...findings
        .filter(({ severity }) => severity === "block")
        .map(({ type }) => `finding: ${type}`),
      ...findings
        .filter((finding) => !listed.has(canonicalise(finding)))
        .map(({ type }) => `finding_left_out: ${type}`),
      // The other way round, a tier that is missing would pass.
      ...(dossier.risk.tier >= risk.tier
        ? []
        : [`risk_understated: ${dossier.risk.tier} instead of ${risk.tier}`]),
      ...disputed(dossier.policy, decided),
      // Nor may any factor look better than it is: it is signed, and policies read it.
      ...(sameJson(worst(normalise(dossier.risk.vector), risk.vector), dossier.risk.vector)
        ? []
        : ["risk_vector_understated"]),
      ...proposed.calls.flatMap(({ request }) =>
        request.path.startsWith(`${basePath(proposed.site)}/`)
          ? []
          : [`outside_the_site: ${request.path}`],
      ),
      ...proposed.steps.flatMap((step) => forbidden(step, known)),
      ...(replanned(input, drift) === digestOf(proposed) ? [] : ["not_the_plan_for_this_drift"]),
    ],
    higher(risk.tier, decided.tier),
  );
}

/** A `forbid` ends the run whatever the others say; and the dossier must not have made less of the policies than they are. */
function disputed(claimed: PolicyDecision, own: PolicyDecision): readonly string[] {
  const { decision, determining, errors } = own;
  const by = determining.join(", ") || (errors[0]?.error ?? "nothing permits it");
  return [
    ...(decision === "allow" ? [] : [`policy_forbids: ${by}`]),
    ...(claimed.bundleDigest === own.bundleDigest ? [] : ["other_policies"]),
    // The other way round, a tier that is missing would pass.
    ...(claimed.tier >= own.tier
      ? []
      : [`policy_understated: ${claimed.tier} instead of ${own.tier}`]),
  ];
}

/**
 * The plan that this evidence leads to, as the digest of all of it. What no auditor reads (a member that no kind knows, the sentence
 * that people see, a basis) has to be as the planner makes it, too.
 */
function replanned({ dossier }: AuditInput, drift: Drift): Digest {
  const { scope, site, epoch, parent, proposal } = dossier.plan;
  const held = new Set(dossier.held.map(({ change }) => change));
  const changes = drift.changes.filter((change) => !held.has(changeDigest(change)));
  return plan({ scope, site, epoch, parent, proposal, changes }).stateDigest;
}

interface Known {
  readonly input: AuditInput;
  readonly declared: ReadonlyMap<string, Resource>;
  /** By kind and id. */
  readonly observed: ReadonlyMap<string, ObservedResource>;
  /** What had which identity, by kind and id. */
  readonly was: ReadonlyMap<string, string>;
  /** Who else owns it, by kind and id. */
  readonly foreign: ReadonlyMap<string, string>;
}

/** Looked up once: a plan has thousands of steps, and so has a zone. */
const knownOf = (input: AuditInput, observed: readonly ObservedResource[]): Known => ({
  input,
  declared: new Map(
    input.golden.resources.map((resource) => [`${resource.kind} ${resource.identity}`, resource]),
  ),
  observed: new Map(observed.map((resource) => [`${resource.kind} ${resource.id}`, resource])),
  was: new Map(
    input.dossier.evidence.lineage.map(({ kind, id, identity }) => [`${kind} ${id}`, identity]),
  ),
  foreign: new Map(
    [...KINDS.values()].flatMap((kind) =>
      [...kind.foreign(observed.filter((resource) => resource.kind === kind.name))].map(
        ([id, reason]) => [`${kind.name} ${id}`, reason] as const,
      ),
    ),
  ),
});

/** Why this step may not touch what it touches (I9). */
function forbidden(step: Step, known: Known): string[] {
  const key = `${step.kind} ${step.before?.id}`;
  const live = known.observed.get(key);
  if (step.before && !live) return [`not_observed: ${step.identity}`];
  const ours = isOurs(step, live, known);
  return [
    ...(live?.system ? [`system: ${step.identity}`] : []),
    ...rulesOver(step, ours ? undefined : live, known).map(
      (rule) => `${rule.class}: ${step.identity}`,
    ),
    ...(isHeld(step, live, known) ? [`on_hold: ${step.identity}`] : []),
    ...(known.foreign.has(key) && !ours ? [`foreign: ${step.identity}`] : []),
  ];
}

/** A hold, expired or not, is a person's word that nothing is written; only its end is another one. */
function isHeld(step: Step, live: ObservedResource | undefined, known: Known): boolean {
  const { holds, dossier } = known.input;
  const sides = [live, declaredAs(step, known)].filter((side) => side !== undefined);
  return holds.some((hold) => covers(hold, sides, dossier.plan.site));
}

const declaredAs = (step: Step, { declared }: Known): Resource | undefined =>
  step.op === "delete" ? undefined : declared.get(`${step.kind} ${step.identity}`);

/** A marker or a rule protects what nobody declared; a declared resource stays declared whatever is made of it. */
function isOurs(step: Step, live: ObservedResource | undefined, known: Known): boolean {
  if (declaredAs(step, known) === undefined) return false;
  return (
    !live ||
    live.identity === step.identity ||
    known.was.get(`${live.kind} ${live.id}`) === step.identity
  );
}

function rulesOver(
  step: Step,
  stranger: ObservedResource | undefined,
  known: Known,
): readonly OwnershipRule[] {
  const { dossier, golden, now } = known.input;
  const subjects = [stranger, declaredAs(step, known)].filter((subject) => subject !== undefined);
  return subjects.flatMap(
    (subject) => ruleFor(golden, subject, { site: dossier.plan.site, now }) ?? [],
  );
}

/** Both are RFC 3339 in UTC; what is not lies far away from everything. */
const minutesBetween = (from: Instant, to: Instant): number =>
  Math.abs(minuteNumber(to) - minuteNumber(from));

function minuteNumber(instant: Instant): number {
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0] =
    /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(instant)?.map(Number) ?? [];
  return (dayNumber({ year, month, day }) * 24 + hour) * 60 + minute;
}

/** Days since some day long ago. The year begins in March here, so that the leap day is its last. */
function dayNumber({ year, month, day }: { year: number; month: number; day: number }): number {
  const years = month > 2 ? year : year - 1;
  const months = (month + 9) % 12;
  const leaps = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  return years * 365 + leaps + Math.floor((153 * months + 2) / 5) + day;
}
