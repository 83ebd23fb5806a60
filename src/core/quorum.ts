/** The rule that turns ballots into permission. */
import { type Motion, sameMotion, type SignedBallot, type Voter } from "./ballot.ts";
import type { Instant, ScopeId, VoterId } from "./ids.ts";
import { err, ok, type Result } from "./result.ts";
import type { Tier } from "./risk.ts";

/** Who votes on a scope, and how many have to say yes. */
export interface Electorate {
  readonly scope: ScopeId;
  readonly voters: readonly Voter[];
  readonly required: number;
}

/** A ballot and whether its signature holds under the voter's key: the edge verifies, core judges. */
export interface CheckedBallot {
  readonly signed: SignedBallot;
  readonly verified: boolean;
}

declare const certified: unique symbol;

/** Proof that the rule was met. Made only by `certify`; whoever receives one over RPC certifies again. */
export interface QuorumCertificate {
  readonly [certified]: true;
  readonly motion: Motion;
  readonly ballots: readonly SignedBallot[];
  /** The highest risk that any voter saw (I13). */
  readonly tier: Tier;
}

export type QuorumRefusal =
  | { readonly reason: "another_electorate"; readonly scope: ScopeId }
  | { readonly reason: "unknown_voter"; readonly voter: VoterId }
  | { readonly reason: "bad_signature"; readonly voter: VoterId }
  | { readonly reason: "another_motion"; readonly voter: VoterId }
  | { readonly reason: "voted_twice"; readonly voter: VoterId }
  | { readonly reason: "ballot_expired"; readonly voter: VoterId; readonly expiresAt: Instant }
  | {
      readonly reason: "voted_down";
      readonly by: readonly { readonly voter: VoterId; readonly reasons: readonly string[] }[];
    }
  | { readonly reason: "quorum_missed"; readonly yes: number; readonly required: number };

export interface CertifyInput {
  readonly motion: Motion;
  readonly electorate: Electorate;
  readonly ballots: readonly CheckedBallot[];
  readonly now: Instant;
}

/** A "no" outweighs any count: it ends the run, and another try is another plan. */
export function certify({
  motion,
  electorate,
  ballots,
  now,
}: CertifyInput): Result<QuorumCertificate, QuorumRefusal> {
  if (electorate.scope !== motion.scope)
    return err({ reason: "another_electorate", scope: electorate.scope });
  const voters = new Set(electorate.voters.map(({ id }) => id));
  const seen = new Set<VoterId>();
  for (const checked of ballots) {
    const refusal = refuse(checked, { motion, voters, seen, now });
    if (refusal) return err(refusal);
    seen.add(checked.signed.ballot.voter);
  }
  const cast = ballots.map(({ signed }) => signed.ballot);
  // Ballots come over RPC, where types are promises: whatever is not a "yes" is a "no".
  const against = cast.filter(({ vote }) => vote !== "yes");
  if (against.length > 0)
    return err({
      reason: "voted_down",
      by: against.map(({ voter, reasons }) => ({ voter, reasons })),
    });
  // The other way round, a count that is no number would certify; and nobody's yes is no quorum.
  if (!(cast.length >= Math.max(1, electorate.required)))
    return err({ reason: "quorum_missed", yes: cast.length, required: electorate.required });
  const tier = TIERS.findLast((one) => cast.some((ballot) => tierOf(ballot) === one)) ?? 4;
  const certificate: Omit<QuorumCertificate, typeof certified> = {
    motion,
    ballots: ballots.map(({ signed }) => signed),
    tier,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- constructor of a proof type
  return ok(certificate as QuorumCertificate);
}

const TIERS = [0, 1, 2, 3, 4] as const;

/** A risk that is missing or unheard of is the worst (I13). */
const tierOf = ({ tier }: { readonly tier: Tier }): Tier => TIERS.find((one) => one === tier) ?? 4;

interface Booth {
  readonly motion: Motion;
  readonly voters: ReadonlySet<VoterId>;
  readonly seen: ReadonlySet<VoterId>;
  readonly now: Instant;
}

function refuse(
  { signed: { ballot }, verified }: CheckedBallot,
  { motion, voters, seen, now }: Booth,
): QuorumRefusal | null {
  const { voter } = ballot;
  if (!voters.has(voter)) return { reason: "unknown_voter", voter };
  if (!verified) return { reason: "bad_signature", voter };
  if (!sameMotion(ballot, motion)) return { reason: "another_motion", voter };
  if (seen.has(voter)) return { reason: "voted_twice", voter };
  return ballot.expiresAt <= now
    ? { reason: "ballot_expired", voter, expiresAt: ballot.expiresAt }
    : null;
}
