/** Lints any plan, whoever made it. One documented variant a violation; an empty list is a clean plan. */
import { textOf } from "./canonical.ts";
import { removals } from "./diff.ts";
import type { GoldenState, Limits } from "./golden.ts";
import { isOpenToAll } from "./kinds/access-policy.ts";
import { objectsOf } from "./kinds/declaration.ts";
import { isGuardrailRef } from "./kinds/guardrail-ref.ts";
import { KINDS, kindOf } from "./kinds/registry.ts";
import { compared, type Effect as Loss, type States } from "./invariants/invariant.ts";
import { INVARIANTS } from "./invariants/registry.ts";
import type { Plan, Step } from "./plan.ts";
import { predicted } from "./prediction.ts";
import type { Fields, ObservedResource } from "./resource.ts";

/** `block`: must never run. `person`: runs only when a person says so. `note`: told, and asks nobody. */
export type Finding =
  /** More managed resources would go than the golden state's limits allow without a person (B9). */
  | {
      readonly severity: "person";
      readonly type: "too_many_deletes";
      readonly kind: string;
      readonly count: number;
      readonly managed: number;
      readonly limits: Limits;
    }
  /** A wiped scope is restored by hand, after somebody looked at why. */
  | {
      readonly severity: "person";
      readonly type: "too_many_creates";
      readonly count: number;
      readonly limits: Limits;
    }
  /** Nothing of the kind would be left. */
  | { readonly severity: "person"; readonly type: "empties_managed_set"; readonly kind: string }
  /** The zone's own delegation. */
  | { readonly severity: "person"; readonly type: "apex_ns_change"; readonly identity: string }
  /** Stored data would go, for good. */
  | {
      readonly severity: "person";
      readonly type: "deletes_data";
      readonly kind: string;
      readonly identity: string;
    }
  /** Code that somebody runs, and that nobody declared. */
  | { readonly severity: "person"; readonly type: "worker_delete"; readonly identity: string }
  /** A phase that has rules would have none, or a list with items none: what they held back comes through. */
  | { readonly severity: "person"; readonly type: "empties"; readonly identity: string }
  /** An Access application would go, or let everybody in who was not let in before. */
  | { readonly severity: "person"; readonly type: "opens_access"; readonly identity: string }
  /** Something that has to hold in every state (`invariants/`) would not hold in the predicted one. */
  | {
      readonly severity: "person" | "doubt" | "note";
      readonly type: "invariant";
      readonly invariant: string;
      readonly effect: Loss;
      readonly kind: string;
      readonly identity: string;
      readonly explanation: string;
    }
  /** The plan is larger than one run can watch over. */
  | {
      readonly severity: "block";
      readonly type: "too_large";
      readonly steps: number;
      readonly max: number;
    }
  /** A step for something the golden state neither declares nor removes (I9). */
  | { readonly severity: "block"; readonly type: "not_managed"; readonly identity: string }
  /** Two steps for one resource: the second would overwrite the first. */
  | { readonly severity: "block"; readonly type: "step_repeated"; readonly identity: string };

/** Twice the largest zone plan that a Workers isolate handles comfortably is not needed in one run (I12). */
export const STEPS_MAX = 5_000;

export interface CheckInput {
  readonly golden: GoldenState;
  /** How many live resources are in our care, by kind. */
  readonly managed: Readonly<Record<string, number>>;
  /** What was read, whole: the plan is laid over a copy of it. */
  readonly observed: readonly ObservedResource[];
  /** The kinds that were read. */
  readonly kinds: readonly string[];
  /** `kind identity` of what guardrails set for a time. */
  readonly leased: ReadonlySet<string>;
}

export function check(plan: Plan, input: CheckInput): readonly Finding[] {
  const { golden, managed } = input;
  return [
    ...broken(plan, input),
    ...[...KINDS.keys()].flatMap((kind) => deletions(kind, plan, { golden, managed })),
    ...creations(plan, golden.limits),
    ...delegation(plan),
    ...deletedWorkers(plan),
    ...deletedData(plan),
    ...liftedProtection(plan),
    ...(plan.steps.length > STEPS_MAX
      ? [
          {
            severity: "block",
            type: "too_large",
            steps: plan.steps.length,
            max: STEPS_MAX,
          } as const,
        ]
      : []),
    ...ownership(plan, golden),
    ...repetition(plan.steps),
  ];
}

/** What the plan would break, by what it predicts. The simulation auditor asks the same of what it plays through. */
function broken({ site, steps }: Plan, { golden, observed, kinds, leased }: CheckInput): Finding[] {
  const after = predicted(observed, steps);
  return violationsIn({
    site,
    before: observed,
    after,
    kinds: new Set(kinds),
    leased,
    ...golden.risk,
  });
}

export function violationsIn(given: Omit<States, "turns">): Finding[] {
  const states = compared(given);
  return INVARIANTS.flatMap((invariant) =>
    invariant
      .violations(states)
      .map((found): Finding => ({ type: "invariant", invariant: invariant.name, ...found })),
  );
}

/** What a finding is called where there is no room for more. */
export const codeOf = (finding: Finding): string =>
  finding.type === "invariant" ? finding.invariant : finding.type;

function deletions(
  kind: string,
  plan: Plan,
  { golden, managed }: Pick<CheckInput, "golden" | "managed">,
): Finding[] {
  const { limits } = golden;
  const count = plan.steps.reduce(
    (sum, step) => (step.kind === kind ? sum + removedBy(step) : sum),
    0,
  );
  const created = plan.steps.filter((step) => step.kind === kind && step.op === "create").length;
  if (count === 0) return [];
  const total = managed[kind] ?? 0;
  const findings: Finding[] = [];
  if (count > limits.deletesMax || count * 100 > total * limits.deletePercentMax) {
    findings.push({
      severity: "person",
      type: "too_many_deletes",
      kind,
      count,
      managed: total,
      limits,
    });
  }
  if (count >= total && created === 0)
    findings.push({ severity: "person", type: "empties_managed_set", kind });
  return findings;
}

/** How many things a step takes away: the resource itself, or parts of it. */
export const removedBy = ({ kind, before, after }: Step): number =>
  removals(kindOf(kind), { before: before?.fields ?? null, after: after?.fields ?? null });

function creations(plan: Plan, limits: Limits): Finding[] {
  const count = plan.steps.filter(({ op }) => op === "create").length;
  return count > limits.createsMax
    ? [{ severity: "person", type: "too_many_creates", count, limits }]
    : [];
}

function delegation(plan: Plan): Finding[] {
  return plan.steps
    .filter(({ group }) => group === `NS ${plan.site.name}`)
    .map(({ identity }) => ({ severity: "person", type: "apex_ns_change", identity }));
}

function deletedData(plan: Plan): Finding[] {
  return plan.steps
    .filter(({ op, kind }) => op === "delete" && kindOf(kind).holdsData)
    .map(({ kind, identity }) => ({ severity: "person", type: "deletes_data", kind, identity }));
}

function deletedWorkers(plan: Plan): Finding[] {
  return plan.steps
    .filter(({ op, kind }) => op === "delete" && kind === "worker")
    .map(({ identity }) => ({ severity: "person", type: "worker_delete", identity }));
}

/** What a change is about, and what it makes of it. */
interface Effect {
  readonly op: Step["op"];
  readonly kind: string;
  readonly before: Fields | null;
  readonly after: Fields | null;
}

/** Rules of a phase stand in `order`, entries of a list in `items`. What has a lease was never meant to stay. */
const heldBy = (fields: Fields | null): number =>
  [fields?.["order"], fields?.["items"]].reduce<number>(
    (sum, list) =>
      sum + (Array.isArray(list) ? list.filter((one) => !isGuardrailRef(textOf(one))).length : 0),
    0,
  );

const letsEverybodyIn = (fields: Fields | null): boolean =>
  objectsOf(fields?.["policies"]).some(isOpenToAll);

/** How a change lets through what was held back, or null. */
export function lifts({ op, kind, before, after }: Effect): "empties" | "opens_access" | null {
  if (op === "update" && heldBy(before) > 0 && heldBy(after) === 0) return "empties";
  const opens = op === "delete" || (letsEverybodyIn(after) && !letsEverybodyIn(before));
  return kind === "access_application" && opens ? "opens_access" : null;
}

const liftedProtection = (plan: Plan): Finding[] =>
  plan.steps.flatMap(({ op, kind, identity, before, after }): Finding[] => {
    const images = { before: before?.fields ?? null, after: after?.fields ?? null };
    const type = lifts({ op, kind, ...images });
    return type === null ? [] : [{ severity: "person", type, identity }];
  });

function ownership(plan: Plan, golden: GoldenState): Finding[] {
  const declared = new Set(golden.resources.map(({ kind, identity }) => `${kind} ${identity}`));
  // A delete may also be of a surplus twin of a declared record, so only the policy counts there.
  return plan.steps
    .filter(({ op, kind, identity }) =>
      op === "delete" ? golden.unmanaged[kind] !== "remove" : !declared.has(`${kind} ${identity}`),
    )
    .map(({ identity }) => ({ severity: "block", type: "not_managed", identity }));
}

/** One object twice, or two steps that end as the same resource. */
function repetition(steps: readonly Step[]): Finding[] {
  const seen = new Set<string>();
  return steps.flatMap(({ op, kind, identity, before }) => {
    const subjects = [
      ...(before ? [`${kind} id ${before.id}`] : []),
      ...(op === "delete" ? [] : [`${kind} ${identity}`]),
    ];
    const repeated = subjects.some((subject) => seen.has(subject));
    for (const subject of subjects) seen.add(subject);
    return repeated ? [{ severity: "block", type: "step_repeated", identity } as const] : [];
  });
}

/** One line for people. */
export const describeFinding = (finding: Finding): string =>
  finding.type === "invariant"
    ? `${finding.kind} \`${finding.identity}\`: ${finding.explanation}`
    : describe(finding);

function describe(finding: Exclude<Finding, { type: "invariant" }>): string {
  switch (finding.type) {
    case "too_many_deletes":
      return `${finding.count} of ${finding.managed} managed ${finding.kind} resources would be deleted (limits: ${finding.limits.deletesMax} and ${finding.limits.deletePercentMax} %)`;
    case "too_many_creates":
      return `${finding.count} resources would be created at once (limit: ${finding.limits.createsMax})`;
    case "empties_managed_set":
      return `no managed ${finding.kind} resource would be left`;
    case "apex_ns_change":
      return `changes the zone's own delegation: ${finding.identity}`;
    case "deletes_data":
      return `deletes data: ${finding.kind} ${finding.identity}`;
    case "worker_delete":
      return `deletes the Worker ${finding.identity}`;
    case "empties":
      return `leaves nothing of ${finding.identity}`;
    case "opens_access":
      return `opens what is behind Access: ${finding.identity}`;
    case "too_large":
      return `${finding.steps} steps are more than one run may have (${finding.max})`;
    case "not_managed":
      return `\`${finding.identity}\` is not managed`;
    case "step_repeated":
      return `\`${finding.identity}\` would be changed twice`;
  }
}
