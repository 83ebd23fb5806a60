/** One voter's signed word on one plan. One per (voter, scope, epoch), persisted by the voter before it is sent. */
import { digestOf, sameJson } from "./canonical.ts";
import type { Dossier } from "./dossier.ts";
import type { Digest, Instant, ScopeId, VoterId } from "./ids.ts";
import { partsOf, type PlanParts } from "./plan-parts.ts";
import type { Tier } from "./risk.ts";
import { err, ok, type Result } from "./result.ts";
import type { Signature, SuiteId } from "./signing.ts";

/** What the ballots of one round are about. Every voter works it out from the dossier that it read. */
export interface Motion {
  readonly scope: ScopeId;
  readonly epoch: number;
  readonly planDigest: Digest;
  readonly dossierDigest: Digest;
  /** Every byte of the plan: the state that it was computed from and leads to, its calls and its inverses. */
  readonly stateDigest: Digest;
  /** The same by its parts. */
  readonly parts: PlanParts;
  /** The policies that decided; null: there are none. */
  readonly policyDigest: Digest | null;
  /** The risk with all its parts. */
  readonly riskDigest: Digest;
}

export const motionOf = (dossier: Dossier, dossierDigest: Digest): Motion => ({
  scope: dossier.plan.scope,
  epoch: dossier.plan.epoch,
  planDigest: dossier.planDigest,
  dossierDigest,
  stateDigest: digestOf(dossier.plan),
  parts: partsOf(dossier.plan),
  policyDigest: dossier.policy.bundleDigest,
  riskDigest: digestOf(dossier.risk),
});

export const sameMotion = (a: Motion, b: Motion): boolean =>
  MOTION.every((member) => sameJson(a[member], b[member]));

const MOTION = [
  "scope",
  "epoch",
  "planDigest",
  "dossierDigest",
  "stateDigest",
  "parts",
  "policyDigest",
  "riskDigest",
] as const satisfies readonly (keyof Motion)[];

export interface Ballot extends Motion {
  readonly version: 2;
  readonly voter: VoterId;
  /** The algorithms that it is signed with, inside what is signed. */
  readonly suite: SuiteId;
  /** The keys that it is signed with (`keyIdOf`). */
  readonly key: Digest;
  /** Only a "yes" counts towards a quorum, a "no" ends the run, an abstention does neither. */
  readonly vote: "yes" | "no" | "abstain";
  readonly reasons: readonly string[];
  /** The risk as this voter sees it. The certificate carries the highest (I13). */
  readonly tier: Tier;
  readonly castAt: Instant;
  readonly expiresAt: Instant;
}

export interface SignedBallot {
  readonly ballot: Ballot;
  readonly signature: Signature;
}

/**
 * The voter's own rule, with what it has said in this epoch before: the same motion gets the same ballot again, any other
 * gets none.
 */
export function said(
  before: SignedBallot | null,
  motion: Motion,
): Result<SignedBallot | null, "voted"> {
  if (before === null) return ok(null);
  return sameMotion(before.ballot, motion) ? ok(before) : err("voted");
}

/** How long a ballot counts. A plan that waits for a person is voted on again by being planned again. */
export const BALLOT_TTL_MS = 60 * 60_000;
