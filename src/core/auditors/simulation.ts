/**
 * Plays the plan's calls against the raw readings and looks at the result: is it the desired state, is everything else
 * untouched, and do the inverses lead back? Knows nothing of how the plan came about.
 */
import { canonicalise, sameJson } from "../canonical.ts";
import { type Finding, violationsIn } from "../check.ts";
import { changeDigest, describeChange, diff } from "../diff.ts";
import { leasedSettings } from "../guardrails/overlay.ts";
import { KINDS } from "../kinds/registry.ts";
import { observe } from "../observation.ts";
import type { ObservedResource, Resource, Site } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { inverseCalls, simulate } from "../simulate.ts";
import { unpredicted } from "../verification.ts";
import { type AuditInput, lineageOf, type Verdict, verdictOf } from "./audit.ts";

export function simulation(input: AuditInput): Verdict {
  const states = play(input);
  if (!states.ok) return verdictOf([states.error], 4);
  const { before, after, restored } = states.value;
  const broken = brokenIn(input, states.value);
  return verdictOf(
    [
      ...concealed(input, broken),
      ...unresolved(input, after),
      ...unpredicted(
        input.dossier.plan.steps.map((step, index) => [index, step]),
        after,
      ).map(({ identity }) => `not_as_predicted: ${identity}`),
      ...collateral(input, before, after),
      ...contradictory(input.dossier.plan.site, before, after),
      ...notRestored(before, restored),
    ],
    broken.length === 0 ? 0 : 2,
  );
}

/** What would no longer hold in the state that the calls really lead to. */
const brokenIn = (
  { dossier: { plan, evidence }, golden, leases }: AuditInput,
  { before, after }: States,
): readonly Finding[] =>
  violationsIn({
    site: plan.site,
    before,
    after,
    kinds: new Set(evidence.readings.map(({ kind }) => kind)),
    leased: leasedSettings(leases),
    ...golden.risk,
  }).filter(({ severity }) => severity === "person");

/** The planner predicted it otherwise, or does not say so. */
function concealed({ dossier }: AuditInput, broken: readonly Finding[]): string[] {
  const told = new Set(dossier.findings.map(subjectOf));
  return broken.map(subjectOf).filter((subject) => !told.has(subject));
}

const subjectOf = (finding: Finding): string =>
  finding.type === "invariant"
    ? `${finding.invariant}: ${finding.kind} ${finding.identity}`
    : finding.type;

interface States {
  readonly before: readonly ObservedResource[];
  readonly after: readonly ObservedResource[];
  readonly restored: readonly ObservedResource[];
}

function play({ dossier: { plan, evidence } }: AuditInput): Result<States, string> {
  const before = observe(evidence.readings, plan.site, evidence.observedAt);
  if (!before.ok) return err(`unreadable_evidence: ${before.error.reason}`);
  const calls = simulate(evidence.readings, plan.site, plan.calls);
  if (!calls.ok) return err(`not_understood: ${calls.error}`);
  const undone = simulate(calls.value, plan.site, inverseCalls(plan.steps));
  if (!undone.ok) return err(`inverse_not_understood: ${undone.error}`);
  const after = observe(calls.value, plan.site, evidence.observedAt);
  const restored = observe(undone.value, plan.site, evidence.observedAt);
  if (!after.ok || !restored.ok) return err("unreadable_result");
  return ok({
    before: before.value.resources,
    after: after.value.resources,
    restored: restored.value.resources,
  });
}

/** A second plan after the heal is empty, but for what was left out on purpose. */
function unresolved(
  { dossier, golden, now }: AuditInput,
  after: readonly ObservedResource[],
): string[] {
  const { changes } = diff({
    golden,
    observed: after,
    lineage: lineageOf(dossier),
    site: dossier.plan.site,
    now,
  });
  const held = new Set(dossier.held.map(({ change }) => change));
  return changes
    .filter((change) => !held.has(changeDigest(change)))
    .map((change) => `still_drifted: ${describeChange(change)}`);
}

function collateral(
  { dossier: { plan } }: AuditInput,
  before: readonly ObservedResource[],
  after: readonly ObservedResource[],
): string[] {
  const touched = new Set(plan.steps.map(({ kind, before: image }) => `${kind} ${image?.id}`));
  const now = new Map(after.map((resource) => [`${resource.kind} ${resource.id}`, resource]));
  return before
    .filter((resource) => !touched.has(`${resource.kind} ${resource.id}`))
    .filter(
      (resource) => !sameJson(resource.fields, now.get(`${resource.kind} ${resource.id}`)?.fields),
    )
    .map(({ identity }) => `touches_another: ${identity}`);
}

/** Contradictions that were there before (live twins, say) are not this plan's doing. */
function contradictory(
  site: Site,
  before: readonly ObservedResource[],
  after: readonly ObservedResource[],
): string[] {
  const problems = (resources: readonly ObservedResource[]): string[] =>
    [...KINDS.values()].flatMap((kind) =>
      (
        kind.contradictions?.(
          resources.filter((resource) => resource.kind === kind.name),
          site,
        ) ?? []
      ).map(({ problem }) => problem),
    );
  const known = new Set(problems(before));
  return problems(after)
    .filter((problem) => !known.has(problem))
    .map((problem) => `contradiction: ${problem}`);
}

/** Ids of recreated objects differ, so states are compared as sets of values. */
const notRestored = (before: readonly Resource[], restored: readonly Resource[]): string[] =>
  sameJson(valuesOf(before), valuesOf(restored)) ? [] : ["inverses_do_not_restore"];

const valuesOf = (resources: readonly Resource[]): readonly string[] =>
  resources.map(({ kind, fields }) => canonicalise([kind, fields])).toSorted();
