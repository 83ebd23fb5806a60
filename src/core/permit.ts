/**
 * The policies' answer at the time of release. The policy auditor asks the bundle in force again, about what is true by
 * then, and signs what came out; the vault, which has no engine, judges what was signed.
 */
import type { SignedBallot } from "./ballot.ts";
import type { Digest, Instant, ScopeId, VoterId } from "./ids.ts";
import { voterIdOf } from "./orchestration.ts";
import { approvalsNeeded, type Tier } from "./risk.ts";
import type { PublicKeys, Signature } from "./signing.ts";

export interface Permit {
  readonly version: 1;
  readonly voter: VoterId;
  readonly suite: PublicKeys["suite"];
  readonly key: Digest;
  readonly scope: ScopeId;
  readonly planDigest: Digest;
  readonly stateDigest: Digest;
  /** Of the bundle that was asked. */
  readonly policyDigest: Digest;
  readonly decision: "allow" | "forbid";
  /** The lowest at which it is permitted. */
  readonly tier: Tier;
  /** The policies that decided. */
  readonly by: readonly string[];
  readonly at: Instant;
  readonly expiresAt: Instant;
}

export interface SignedPermit {
  readonly permit: Permit;
  readonly signature: Signature;
}

/** Asked for right before the release; more than the way to the vault takes, with a process that was down. */
export const PERMIT_TTL_MS = 2 * 60_000;

/** The one voter that reads policies. */
export const permitterOf = (scope: ScopeId): VoterId => voterIdOf("policy", scope);

/** A permit, and whether its signature holds under the permitter's key: the edge verifies, core judges. */
export interface CheckedPermit {
  readonly signed: SignedPermit;
  readonly verified: boolean;
}

export type PermitRefusal =
  /** None, or one of another plan, of another voter, not signed, or run out. */
  | { readonly reason: "permit_invalid"; readonly detail: string }
  | { readonly reason: "other_policies"; readonly inForce: Digest }
  /** They permitted it when it was voted for, and do not any more. */
  | { readonly reason: "policy_forbids"; readonly by: readonly string[] }
  /** They permit it with more people than have approved. */
  | { readonly reason: "policy_asks_for_more"; readonly tier: Tier; readonly given: number };

export interface ReleaseNow {
  readonly scope: ScopeId;
  readonly planDigest: Digest;
  readonly stateDigest: Digest;
  readonly inForce: Digest;
  /** How many people have approved. */
  readonly people: number;
  readonly now: Instant;
}

/** Why the policies do not let it go now; null: they do. */
export function notPermitted(
  checked: CheckedPermit | null,
  { inForce, people, ...release }: ReleaseNow,
): PermitRefusal | null {
  const detail = flawOf(checked, release);
  if (checked === null || detail !== null)
    return { reason: "permit_invalid", detail: detail ?? "missing" };
  const { policyDigest, decision, tier, by } = checked.signed.permit;
  if (policyDigest !== inForce) return { reason: "other_policies", inForce };
  // They come over RPC, where types are promises: whatever is not an "allow" is a "no".
  if (decision !== "allow") return { reason: "policy_forbids", by };
  const needed = approvalsNeeded(tier);
  return needed !== null && needed <= people
    ? null
    : { reason: "policy_asks_for_more", tier, given: people };
}

function flawOf(
  checked: CheckedPermit | null,
  { scope, planDigest, stateDigest, now }: Omit<ReleaseNow, "inForce" | "people">,
): string | null {
  if (checked === null) return "missing";
  const { permit } = checked.signed;
  if (permit.voter !== permitterOf(scope) || permit.scope !== scope) return "another_voter";
  if (permit.planDigest !== planDigest || permit.stateDigest !== stateDigest) return "another_plan";
  if (!checked.verified) return "not_signed";
  return now < permit.expiresAt ? null : "expired";
}

/** What a permit and a ballot have in common: who signed, with which key. */
export type Signer = Pick<SignedBallot["ballot"], "voter" | "suite" | "key">;
