/**
 * One pass: from what was read to what is to be done, or to the reason why nothing is. Takes no instruction from
 * whatever woke it. Pure.
 */
import { check, type Finding, lifts, STEPS_MAX } from "./check.ts";
import { alone, changeDigest, diff, type Drift, subjectOf, takesAway } from "./diff.ts";
import { type AuditEntry, trailOf } from "./diagnosis/out-of-band-change.ts";
import type { GoldenState } from "./golden.ts";
import { type At, isInForce } from "./guardrails/guardrail.ts";
import {
  isGuarded,
  leasedSettings,
  type Leases,
  overlay,
  warrantOf,
} from "./guardrails/overlay.ts";
import { type HeldBack, type Hold, type Keeper, keptByHold, partition } from "./hold.ts";
import { canonicalise, digestOf } from "./canonical.ts";
import type { Digest, IncidentId, Instant, RunId, ScopeId, VoterId } from "./ids.ts";
import { incidentId, keptByIncident, type OpenIncident } from "./incident.ts";
import { kindOf } from "./kinds/registry.ts";
import type { Lineage, Observation } from "./observation.ts";
import { plan, type SealedPlan } from "./plan.ts";
import { type Heal as PastHeal, judge, type LeftOut, leftOut, subjectKey } from "./recurrence.ts";
import type { Change, Site } from "./resource.ts";
import { keptByRouting } from "./routing.ts";
import { approvalsNeeded, assess, type RiskAssessment } from "./risk.ts";
import type { PastRun } from "./risk/history.ts";

export interface ReconcileInput {
  readonly scope: ScopeId;
  readonly site: Site;
  readonly golden: GoldenState;
  readonly generation: number;
  /** Who declared that generation. */
  readonly declaredBy: string;
  /** What is laid over the golden state, as far as the leases run. */
  readonly leases: Leases;
  /** Incidents of another cause than drift that are open: what changes meanwhile may well be somebody's answer to them. */
  readonly open: readonly OpenIncident[];
  readonly observation: Observation;
  readonly lineage: Lineage;
  readonly holds: readonly Hold[];
  /** What the audit log has about the scope, where routing rules ask for it; null: nobody has asked, or it did not answer. */
  readonly entries: readonly AuditEntry[] | null;
  /** What routing rules have kept back before: the audit log forgets who did it long before somebody decides. */
  readonly routed: ReadonlyMap<Digest, Keeper>;
  /** Changes that a person wants reverted whoever made them. */
  readonly rulings: ReadonlySet<Digest>;
  readonly heals: readonly PastHeal[];
  /** How earlier runs of the scope ended. */
  readonly past: readonly PastRun[];
  /** What was learned everywhere: shapes of plans that a person looks at. */
  readonly cautions: readonly Digest[];
  /** Runs of other scopes of the account that are under way; null: nobody could say. */
  readonly inFlight: number | null;
  /** Change sets that were turned down and are not to be asked for again yet, and how that came. */
  readonly turnedDown: ReadonlyMap<Digest, string>;
  /** Changes of a plan that was voted down or refused: one of them is to blame, so each is tried by itself. */
  readonly suspects: ReadonlySet<Digest>;
  /** The epoch that a plan of this pass would have. */
  readonly epoch: number;
  readonly parent: RunId | null;
  readonly now: Instant;
  readonly nowMs: number;
}

export type HeldReason =
  | { readonly reason: "quarantined" }
  | { readonly reason: "turned_down"; readonly detail: string }
  /** By holds or by routing rules: see `heldBack`. */
  | { readonly reason: "on_hold" }
  /** Nothing can be decided: these voters' keys wait for people. Found out when a plan is put to the vote. */
  | { readonly reason: "voters_not_confirmed"; readonly voters: readonly VoterId[] }
  /** Declared and different, but not ours to write: see `drift.reported`. */
  | { readonly reason: "not_ours" };

export type Decision = {
  readonly drift: Drift;
  readonly quarantined: readonly Change[];
  /** Drifted and kept back, in no plan. */
  readonly heldBack: readonly HeldBack[];
} & (
  | { readonly type: "in_sync" }
  /** There is drift and it is left alone, for a reason that is named. */
  | { readonly type: "held"; readonly why: HeldReason; readonly incident: IncidentId }
  | Heal
);

export interface Heal {
  readonly type: "heal";
  readonly changes: readonly Change[];
  /** Drifted and deliberately not in this plan. */
  readonly held: readonly LeftOut[];
  /** How many changes are left for the next plan, because one plan carries no more. */
  readonly postponed: number;
  /** Whether a part of it could be asked for where all of it was refused. Not so of a whole with its parts. */
  readonly divisible: boolean;
  readonly plan: SealedPlan;
  readonly findings: readonly Finding[];
  readonly risk: RiskAssessment;
  readonly incident: IncidentId;
}

export function reconcile(given: ReconcileInput): Decision {
  const desired = overlay(given.golden, given.leases, given);
  const input = { ...given, golden: desired.golden };
  const { golden, observation, lineage, site, now } = input;
  const drift = diff({ golden, observed: observation.resources, lineage, site, now });
  const { free, held: heldBack } = partition(drift.changes, keeper(input, desired.guarded), site);
  const { allowed: willing, quarantined } = judge(free, input.heals, input.nowMs);
  // What is kept back keeps its parts back.
  const allowed = willing.filter((change) => alone(change, willing) === null);
  const stranded = willing.filter((change) => !allowed.includes(change));
  const reported = drift.reported.map(({ change }) => change);
  if (drift.changes.length + reported.length === 0)
    return { type: "in_sync", drift, quarantined, heldBack };
  const incident = incidentId(input.scope, input.epoch, [...drift.changes, ...reported]);
  const found = { drift, quarantined, heldBack };
  const held = (why: HeldReason): Decision => ({ type: "held", why, ...found, incident });
  if (drift.changes.length === 0) return held({ reason: "not_ours" });
  if (allowed.length === 0 && heldBack.length > 0) return held({ reason: "on_hold" });
  if (allowed.length === 0) return held({ reason: "quarantined" });
  const kept = heldBack.map(({ change }) => change);
  const left = [...quarantined, ...reported, ...kept, ...stranded];
  const part = notTurnedDown(allowed, input);
  if (!part) {
    return held({
      reason: "turned_down",
      detail: [...new Set(input.turnedDown.values())].join("; "),
    });
  }
  const others = allowed.filter((change) => !part.includes(change));
  const healed = healNow(input, drift, { allowed: part, left: [...left, ...others], incident });
  return { ...found, ...healed, postponed: healed.postponed + others.length };
}

/**
 * What may be asked for now: everything that is above suspicion together, then one suspect after the other, so that a
 * single change that cannot be agreed on never stops the others. Null: all that is left was turned down.
 */
function notTurnedDown(
  allowed: readonly Change[],
  { turnedDown, suspects, generation }: ReconcileInput,
): readonly Change[] | null {
  const units = unitsOf(allowed);
  const isSuspect = (unit: readonly Change[]): boolean =>
    unit.some((change) => suspects.has(changeDigest(change)));
  const clear = units.filter((unit) => !isSuspect(unit));
  const part = [clear, ...units.filter(isSuspect).map((unit) => [unit])].find(
    (some) => some.length > 0 && !turnedDown.has(changeSetDigest(some.flat(), generation)),
  );
  return part ? inOrder(part, allowed) : null;
}

/** What cannot be parted: a whole that is made or taken away, and its parts. A part alone would go into what is not there. */
function unitsOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const wholes = new Set(changes.map(wholeOf));
  // Twins share their names: what has no parts is a unit by itself.
  const unitOf = (change: Change): string | Change =>
    wholeOf(change) ?? (wholes.has(nameOf(change)) ? nameOf(change) : change);
  return [...Map.groupBy(changes, unitOf).values()];
}

function wholeOf(change: Change): string | null {
  const subject = subjectOf(change);
  const whole = change.op === "update" ? null : (kindOf(subject.kind).whole?.(subject) ?? null);
  return whole === null ? null : canonicalise([change.op, subject.kind, whole]);
}

const nameOf = (change: Change): string =>
  canonicalise([change.op, subjectOf(change).kind, subjectOf(change).identity]);

/** `units` in the order that their changes have among all: auditors plan again and expect the same. */
const inOrder = (
  units: readonly (readonly Change[])[],
  changes: readonly Change[],
): readonly Change[] => {
  const wanted = new Set(units.flat());
  return changes.filter((change) => wanted.has(change));
};

/** As many as one plan carries, and none without its parts or its whole. */
function firstOf(changes: readonly Change[]): readonly Change[] {
  if (changes.length <= STEPS_MAX) return changes;
  const units = unitsOf(changes);
  let count = 0;
  const fitting = units.findIndex((unit) => (count += unit.length) > STEPS_MAX);
  return inOrder(units.slice(0, fitting), changes);
}

/** Holds first: they are a person's word about this drift, a routing rule is one about drift to come. */
function keeper(
  input: ReconcileInput,
  guarded: ReadonlySet<string>,
): (change: Change) => Keeper | null {
  const { golden, holds, entries, routed, rulings, lineage, site, open, nowMs } = input;
  const trail = trailOf(entries ?? [], lineage);
  return (change) => {
    const kept = keptByHold(change, holds, input);
    const digest = changeDigest(change);
    if (kept || rulings.has(digest)) return kept;
    const during = isGuarded(change, guarded) ? null : keptByIncident(open, nowMs);
    if (during) return during;
    const known = trail(change);
    return known.author === null
      ? (routed.get(digest) ?? null)
      : keptByRouting(change, { golden, trail: known, site });
  };
}

/** What waits for a person must not hold up what does not: the harmless part goes first, the rest is the next plan. */
function healNow(input: ReconcileInput, drift: Drift, todo: Todo): Heal {
  const whole = heal(input, drift, todo);
  if (approvalsNeeded(whole.risk.tier) === 0) return whole;
  const named = subjectsOf(whole.findings);
  const isNamed = (change: Change): boolean => named.has(subjectKey(change));
  // What a finding is about waits; if the rest still needs somebody, so does all that takes something away.
  for (const stays of [isNamed, (change: Change) => isNamed(change) || waits(change)]) {
    const units = unitsOf(todo.allowed);
    const rest = units.filter((unit) => unit.some(stays)).flat();
    const harmless = inOrder(
      units.filter((unit) => !unit.some(stays)),
      todo.allowed,
    );
    if (harmless.length === 0 || rest.length === 0) continue;
    const part = heal(input, drift, { ...todo, allowed: harmless, left: [...todo.left, ...rest] });
    if (approvalsNeeded(part.risk.tier) === 0)
      return { ...part, postponed: part.postponed + rest.length };
  }
  return whole;
}

/** `kind identity` of what a person is asked about by itself. */
const subjectsOf = (findings: readonly Finding[]): ReadonlySet<string> =>
  new Set(
    findings.flatMap((finding) =>
      finding.severity === "person" && finding.type === "invariant"
        ? [`${finding.kind} ${finding.identity}`]
        : [],
    ),
  );

/** What may need a person by itself, whatever else is in the plan. */
function waits(change: Change): boolean {
  const { kind } = subjectOf(change);
  const before = change.op === "create" ? null : change.observed.fields;
  const after = kindOf(kind).predict(change);
  return takesAway(change) || lifts({ op: change.op, kind, before, after }) !== null;
}

interface Todo {
  readonly allowed: readonly Change[];
  readonly left: readonly Change[];
  readonly incident: IncidentId;
}

function heal(input: ReconcileInput, drift: Drift, { allowed, left, incident }: Todo): Heal {
  const { scope, site, golden, epoch, parent, generation, declaredBy } = input;
  const changes = firstOf(allowed);
  const carried = new Set(changes);
  const guardrails = inForce(input).map(warrantOf);
  const proposal = {
    type: "revert",
    goldenGeneration: generation,
    goldenDigest: golden.digest,
    requestedBy: declaredBy,
    ...(guardrails.length === 0 ? {} : { guardrails }),
  } as const;
  const sealed = plan({ scope, site, epoch, parent, proposal, changes });
  const { resources: observed, kinds } = input.observation;
  const leased = leasedSettings(input.leases);
  const seen = { golden, observed, leased };
  const findings = check(sealed.plan, { ...seen, managed: drift.managed, kinds });
  const { past, cautions, inFlight, now } = input;
  return {
    type: "heal",
    changes,
    held: [...left, ...allowed.filter((change) => !carried.has(change))].map(leftOut),
    postponed: allowed.length - changes.length,
    divisible: unitsOf(changes).length > 1,
    plan: sealed,
    findings,
    risk: assess(sealed.plan, { ...seen, findings, past, cautions, inFlight, now }),
    incident,
  };
}

const inForce = ({ leases, ...at }: At & Pick<ReconcileInput, "leases">) =>
  leases.guardrails.filter((one) => isInForce(one, at));

/** Names what would be done under one golden generation: a new generation is a new question. */
export const changeSetDigest = (changes: readonly Change[], generation: number): Digest =>
  digestOf([generation, changes.map(changeDigest).toSorted()]);

/** The observation as lineage: what the next pass will know about ids. */
export const lineageOf = ({ resources }: Observation): Lineage =>
  new Map(resources.map(({ id, kind, identity }) => [id, { kind, identity }]));
