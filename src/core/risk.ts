/** How much care a plan needs. Integers with floors; a missing value counts as the worst case; nothing lowers it (I13). */
import { textOf } from "./canonical.ts";
import { codeOf, type Finding, removedBy } from "./check.ts";
import type { GoldenState } from "./golden.ts";
import type { Digest, Instant } from "./ids.ts";
import { isOwn } from "./invariants/own-workers.ts";
import { directionOf } from "./invariants/weakened-protection.ts";
import { kindOf } from "./kinds/registry.ts";
import type { Plan, Step } from "./plan.ts";
import type { ObservedResource } from "./resource.ts";
import { namesIn, type Reach, reachIn } from "./risk/blast.ts";
import { burnX10, historyOf, type PastRun, shapeOf } from "./risk/history.ts";
import {
  type Floor,
  higher,
  isMandated,
  type Points,
  planned,
  score,
  type Tier,
} from "./risk/score.ts";
import type { Reversal } from "./risk/tables.ts";
import { freezeAt, timingAt } from "./risk/timing.ts";
import { normalise, type RiskVector, worst } from "./risk/vector.ts";

export type { Tier } from "./risk/score.ts";

/** A plan's risk with everything it was worked out from. Part of the dossier, so of what every voter signs. */
export interface RiskAssessment {
  readonly tier: Tier;
  /** 0 to 100. */
  readonly score: number;
  /** The worst of each factor over the plan's changes. */
  readonly vector: RiskVector;
  /** What each factor adds to the score of the riskiest change. */
  readonly points: Points;
  /** What raises the tier above the score's, over all changes. */
  readonly floors: readonly Floor[];
  /** Why, one line each, most serious first. */
  readonly reasons: readonly string[];
}

export interface RiskInput {
  readonly findings: readonly Finding[];
  readonly golden: Pick<GoldenState, "risk">;
  /** What was read, whole: names are counted in it. */
  readonly observed: readonly ObservedResource[];
  /** `kind identity` of what guardrails set for a time: its end loosens nothing. */
  readonly leased: ReadonlySet<string>;
  /** How earlier runs of the scope ended. */
  readonly past: readonly PastRun[];
  /** Shapes of plans that have gone badly, in whatever scope: a person looks at the next one, until a person says otherwise. */
  readonly cautions: readonly Digest[];
  /** Runs of other scopes of the account that are under way; null: nobody could say, which is the worst (I13). */
  readonly inFlight: number | null;
  readonly now: Instant;
}

export function assess(plan: Plan, input: RiskInput): RiskAssessment {
  const around = aroundOf(plan, input);
  const vectors = planned(plan.steps.map((step) => vectorOf(step, around)));
  const scored = vectors.map((vector) => score(vector));
  // Nobody knows what a plan without steps would do.
  const nothing = score(null);
  const riskiest = scored.reduce((a, b) => (b.score > a.score ? b : a), scored[0] ?? nothing);
  const base = scored.reduce<Tier>((tier, one) => higher(tier, one.tier), scored[0]?.tier ?? 4);
  const floors = [...new Set(scored.flatMap((one) => one.floors))];
  const reasons = [
    ...input.findings.flatMap(raised),
    ...deletions(plan),
    ...frozen(plan, input),
    ...cautioned(plan, input),
    ...floors.map((floor) => ({ tier: base, reason: floor })),
    {
      tier: base,
      reason: vectors.every(isMandated) ? "puts declared values back" : "changes what is declared",
    },
  ];
  return {
    tier: reasons.reduce<Tier>((tier, one) => higher(tier, one.tier), 0),
    score: riskiest.score,
    vector: vectors.reduce(worst, vectors[0] ?? normalise(null)),
    points: riskiest.points,
    floors,
    reasons: [...new Set(reasons.toSorted((a, b) => b.tier - a.tier).map(({ reason }) => reason))],
  };
}

interface Raised {
  readonly tier: Tier;
  readonly reason: string;
}

/** What each finding asks for, whatever the score is. A note asks for nothing. */
function raised(finding: Finding): readonly Raised[] {
  const reason = codeOf(finding);
  switch (finding.severity) {
    case "block":
      return [{ tier: 4, reason }];
    case "person":
      return [{ tier: finding.type === "deletes_data" ? 3 : 2, reason }];
    case "doubt":
      return [{ tier: 1, reason }];
    case "note":
      return [];
  }
}

/** Taking live objects away is at least tier 1. */
function deletions({ steps }: Plan): readonly Raised[] {
  const count = steps.reduce((sum, step) => sum + removedBy(step), 0);
  if (count === 0) return [];
  const what = count === 1 ? "resource" : "resources";
  return [{ tier: 1, reason: `takes ${count} undeclared ${what} away` }];
}

/** Repairs and protection are not kept waiting by a freeze; whatever else is not for one person to let through. */
function frozen({ proposal, steps }: Plan, { golden, now }: RiskInput): readonly Raised[] {
  const freeze = freezeAt(golden.risk, now);
  const exempt =
    proposal.type === "revert" ||
    steps.every((step) => directionOf(turnOf(step), "loosen") === "tighten");
  return freeze === null || exempt ? [] : [{ tier: 3, reason: "frozen" }];
}

/** What was learned raises, and lowers nothing (I13). Protection is not kept waiting by it. */
function cautioned(plan: Plan, { cautions }: RiskInput): readonly Raised[] {
  const exempt = plan.steps.every((step) => directionOf(turnOf(step), "neutral") === "tighten");
  return exempt || !cautions.includes(shapeOf(plan))
    ? []
    : [{ tier: 2, reason: "plans of this shape have gone badly" }];
}

/** What is the same for all steps of a plan. */
interface Around {
  readonly plan: Plan;
  readonly reach: Reach;
  readonly isMeasured: boolean;
  /** `kind identity` of what a finding says would lock somebody out. */
  readonly lockouts: ReadonlySet<string>;
  readonly leased: ReadonlySet<string>;
  readonly same: Partial<RiskVector>;
}

function aroundOf(plan: Plan, input: RiskInput): Around {
  const { golden, observed, past, inFlight, findings, leased, now } = input;
  const { criticality, traffic } = golden.risk;
  const isRevert = plan.proposal.type === "revert";
  const timing = isRevert ? "window" : timingAt(golden.risk, now);
  const burn = isRevert ? 0 : burnX10(past, golden.risk, now);
  return {
    plan,
    reach: reachIn(observed, traffic),
    isMeasured: Object.keys(traffic).length > 0,
    leased,
    lockouts: new Set(
      findings.flatMap((finding) =>
        finding.type === "invariant" && finding.effect === "locks_out"
          ? [`${finding.kind} ${finding.identity}`]
          : [],
      ),
    ),
    same: {
      // Left out where nobody has said: the worst.
      ...(criticality === null ? {} : { criticality }),
      ...(timing === null ? {} : { timing }),
      ...(burn === null ? {} : { burnX10: burn }),
      ...(isRevert ? { provenance: "golden", restores: true } : {}),
      history: historyOf(past, { shape: shapeOf(plan), now }),
      ...(inFlight === null ? {} : { inFlight }),
    },
  };
}

function vectorOf(step: Step, around: Around): RiskVector {
  const { plan, reach, isMeasured, lockouts, leased, same } = around;
  const subject = `${step.kind} ${step.identity}`;
  const isRevert = plan.proposal.type === "revert";
  return normalise({
    ...same,
    blastPpm: reach.of(namesIn(step, { site: plan.site, isMeasured })),
    reversal: reversalOf(step),
    direction: leased.has(subject)
      ? "neutral"
      : directionOf(turnOf(step), isRevert ? "neutral" : "loosen"),
    protectedResource: isProtected(step, plan) || lockouts.has(subject),
    touchesGuardrails: isOwn(step),
  });
}

const turnOf = ({ kind, identity, before, after }: Step) => ({
  kind,
  identity,
  before: before?.fields ?? null,
  after: after?.fields ?? null,
});

/** Records that a whole zone hangs on. */
const PROTECTED = new Set(["NS", "MX", "DS", "CAA"]);

function isProtected({ kind, before, after }: Step, { site }: Plan): boolean {
  if (kind !== "dns_record") return false;
  return [before, after].some(
    (image) =>
      PROTECTED.has(textOf(image?.fields["type"])) ||
      image?.fields["name"] === site.name ||
      image?.fields["name"] === `www.${site.name}`,
  );
}

/** How long a resolver may keep the old answer after the inverse has run. */
const TTL_DELAYED_SECONDS = 300;

/** What its inverse brings back. A Worker's code comes back, its versions and bindings to secrets do not. */
function reversalOf({ op, kind, before, after }: Step): Reversal {
  if (op === "delete" && kindOf(kind).holdsData) return "none";
  if (op === "delete" && kind === "worker") return "lossy";
  const ttls = [before, after].map((image) => Number(image?.fields["ttl"] ?? 0));
  return ttls.some((ttl) => ttl > TTL_DELAYED_SECONDS) ? "delayed" : "exact";
}

/** How many different people must approve before a release; null: nobody can. */
export function approvalsNeeded(tier: Tier): number | null {
  switch (tier) {
    case 0:
    case 1:
      return 0;
    case 2:
      return 1;
    case 3:
      return 2;
    case 4:
      return null;
  }
}
