/**
 * What policy says of a plan. A condition that asks for people does not forbid: it raises the tier until enough of them are
 * asked for. What no tier can permit is forbidden, and ends the run whatever the count of votes. No tier is ever lowered (I13).
 */
import type { Digest } from "../ids.ts";
import type { Finding } from "../check.ts";
import type { Plan } from "../plan.ts";
import { approvalsNeeded, type RiskAssessment, type Tier } from "../risk.ts";
import { type PolicyFacts, type Proof, questionsOf } from "./question.ts";
import type { Decide, PolicyAnswer, PolicyError } from "./request.ts";

export interface PolicyDecision {
  readonly bundleDigest: Digest;
  readonly decision: "allow" | "forbid";
  /** At which it is permitted; never below that of the risk. Forbidden: 4. */
  readonly tier: Tier;
  /** The policies that decided, in order: permits of an "allow", forbids of a "forbid" (none: nothing permits it). */
  readonly determining: readonly string[];
  /** The policies that asked for more people than the risk did. */
  readonly raisedBy: readonly string[];
  readonly errors: readonly PolicyError[];
}

export interface DecisionInput {
  readonly plan: Plan;
  readonly risk: RiskAssessment;
  readonly findings: readonly Finding[];
  readonly facts: PolicyFacts;
  readonly decide: Decide;
  /** Of the bundle that `decide` was loaded with. */
  readonly bundleDigest: Digest;
}

/** A decision is a line in a dossier, not a report (I12). */
const LISTED_MAX = 20;
const TIERS: readonly Tier[] = [0, 1, 2, 3];

/** Asked before there is a certificate: would it be permitted, if it gets the votes and people that its tier asks for? */
export function decidePlan(input: DecisionInput): PolicyDecision {
  const tiers = TIERS.filter((tier) => tier >= input.risk.tier);
  const raisedBy: string[] = [];
  // Beyond the last tier there is one more question: it names who forbids it.
  for (const tier of tiers.length === 0 ? ([4] as const) : tiers) {
    const asked = askAll(input, tier);
    if (asked.allow) return told(input, { ...asked, tier, raisedBy });
    if (tier === tiers.at(-1) || tiers.length === 0 || asked.errors.length > 0)
      return told(input, { ...asked, tier: 4, raisedBy: [] });
    raisedBy.push(...asked.reasons);
  }
  throw new Error("there is always a last tier");
}

/**
 * Three voters of different construction say yes, and as many people as the tier asks for, all of it bound and fresh. That
 * it is so, the vault makes sure of before it writes, without an engine.
 */
const assumedProof = (tier: Tier): Proof => ({
  quorum: { required: 3, yes: 3, no: 0, domains: 3, deterministicYes: 3, bound: true },
  approvals: {
    humans: approvalsNeeded(tier) ?? 0,
    selfApproved: false,
    maxAgeSec: 0,
    bound: true,
  },
  simulated: true,
  verified: true,
});

interface Asked {
  readonly allow: boolean;
  readonly reasons: readonly string[];
  readonly errors: readonly PolicyError[];
}

/** Every step of the plan is permitted, or the first thing that is not says why. */
function askAll({ plan, risk, findings, facts, decide }: DecisionInput, tier: Tier): Asked {
  const violations = findings.filter(({ severity }) => severity === "block").length;
  const proof = assumedProof(tier);
  const questions = questionsOf({ plan, tier, risk, violations, facts, proof });
  if (!questions.ok) return failed(JSON.stringify(questions.error));
  const reasons = new Set<string>();
  for (const question of questions.value) {
    const answer: PolicyAnswer = decide(question);
    if (!answer.allow) return { allow: false, reasons: answer.reasons, errors: answer.errors };
    for (const reason of answer.reasons) reasons.add(reason);
  }
  return { allow: true, reasons: [...reasons], errors: [] };
}

const failed = (error: string): Asked => ({
  allow: false,
  reasons: [],
  errors: [{ policyId: null, error }],
});

function told(
  { bundleDigest }: DecisionInput,
  { allow, reasons, errors, tier, raisedBy }: Asked & { tier: Tier; raisedBy: readonly string[] },
): PolicyDecision {
  const listed = (ids: readonly string[]): readonly string[] =>
    [...new Set(ids)].toSorted().slice(0, LISTED_MAX);
  return {
    bundleDigest,
    decision: allow ? "allow" : "forbid",
    tier,
    determining: listed(reasons),
    raisedBy: listed(raisedBy),
    errors: errors.slice(0, LISTED_MAX),
  };
}
