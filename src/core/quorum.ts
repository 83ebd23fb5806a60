/** The rule that turns ballots into permission. */
import { type Motion, sameMotion, type SignedBallot } from "./ballot.ts";
import type { Digest, Instant, ScopeId, VoterId } from "./ids.ts";
import type { Seat, Strategy } from "./orchestration.ts";
import { err, ok, type Result } from "./result.ts";
import type { Tier } from "./risk.ts";
import type { PublicKeys } from "./signing.ts";

/** Keys of a voter that its ballots may be signed with now. */
export interface KeyInForce {
  readonly id: Digest;
  readonly keys: PublicKeys;
}

export interface Elector extends Seat {
  readonly keys: readonly KeyInForce[];
  /** Keys that nobody has signed for yet: they show that it has no voice, and give it none. */
  readonly waiting: readonly Digest[];
  /** It has said two things at once. Nothing it says counts until a person reinstates it. */
  readonly quarantined: boolean;
}

/** Who votes on a scope, and what it takes. */
export interface Electorate {
  readonly scope: ScopeId;
  readonly strategy: Strategy;
  readonly voters: readonly Elector[];
  /** The least risk that any plan is treated with. */
  readonly floor: Tier;
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
  | { readonly reason: "voter_quarantined"; readonly voter: VoterId }
  | { readonly reason: "key_not_in_force"; readonly voter: VoterId; readonly key: Digest }
  /** No person has signed that this key is the voter's. */
  | { readonly reason: "key_not_confirmed"; readonly voter: VoterId; readonly key: Digest }
  | { readonly reason: "bad_signature"; readonly voter: VoterId }
  | { readonly reason: "another_motion"; readonly voter: VoterId }
  | { readonly reason: "voted_twice"; readonly voter: VoterId }
  | { readonly reason: "ballot_expired"; readonly voter: VoterId; readonly expiresAt: Instant }
  | {
      readonly reason: "voted_down";
      readonly by: readonly { readonly voter: VoterId; readonly reasons: readonly string[] }[];
    }
  | { readonly reason: "quorum_missed"; readonly missing: readonly VoterId[] };

export interface CertifyInput {
  readonly motion: Motion;
  readonly electorate: Electorate;
  readonly ballots: readonly CheckedBallot[];
  readonly now: Instant;
}

/**
 * A "no" outweighs any count: it ends the run, and another try is another plan. A yes of every voter with a vote is
 * needed: two certificates of one epoch then share all of them, so one that is faulty cannot make two (I2). Whoever has
 * a veto only is heard, and is needed where the strategy is `unanimous`.
 */
export function certify({
  motion,
  electorate,
  ballots,
  now,
}: CertifyInput): Result<QuorumCertificate, QuorumRefusal> {
  if (electorate.scope !== motion.scope)
    return err({ reason: "another_electorate", scope: electorate.scope });
  const voters = new Map(electorate.voters.map((elector) => [elector.id, elector]));
  const seen = new Set<VoterId>();
  for (const checked of ballots) {
    const refusal = refuse(checked, { motion, voters, seen, now });
    if (refusal) return err(refusal);
    seen.add(checked.signed.ballot.voter);
  }
  const cast = ballots.map(({ signed }) => signed.ballot);
  // Ballots come over RPC, where types are promises: whatever is neither a "yes" nor a permitted abstention is a "no".
  const against = cast.filter(({ vote, voter }) => {
    const mayAbstain = voters.get(voter)?.power === "veto";
    return vote !== "yes" && !(vote === "abstain" && mayAbstain);
  });
  if (against.length > 0)
    return err({
      reason: "voted_down",
      by: against.map(({ voter, reasons }) => ({ voter, reasons })),
    });
  const yes = new Set(cast.filter(({ vote }) => vote === "yes").map(({ voter }) => voter));
  const needed = electorate.voters.filter(
    ({ power }) => power !== "veto" || electorate.strategy !== "consensus_voting",
  );
  const missing = needed.map(({ id }) => id).filter((id) => !yes.has(id));
  // Nobody's yes is no quorum.
  if (missing.length > 0 || !needed.some(({ power }) => power === "vote"))
    return err({ reason: "quorum_missed", missing });
  const risks = [electorate.floor, ...cast.map(({ tier }) => tier)].map(tierOf);
  const tier = TIERS.findLast((one) => risks.includes(one)) ?? 4;
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
const tierOf = (tier: Tier): Tier => TIERS.find((one) => one === tier) ?? 4;

interface Booth {
  readonly motion: Motion;
  readonly voters: ReadonlyMap<VoterId, Elector>;
  readonly seen: ReadonlySet<VoterId>;
  readonly now: Instant;
}

function refuse(
  { signed: { ballot }, verified }: CheckedBallot,
  { motion, voters, seen, now }: Booth,
): QuorumRefusal | null {
  const { voter } = ballot;
  const elector = voters.get(voter);
  if (!elector) return { reason: "unknown_voter", voter };
  if (elector.quarantined) return { reason: "voter_quarantined", voter };
  if (!elector.keys.some(({ id }) => id === ballot.key)) {
    const isWaiting = elector.waiting.includes(ballot.key);
    const reason = isWaiting ? "key_not_confirmed" : "key_not_in_force";
    return { reason, voter, key: ballot.key };
  }
  if (!verified) return { reason: "bad_signature", voter };
  if (!sameMotion(ballot, motion)) return { reason: "another_motion", voter };
  if (seen.has(voter)) return { reason: "voted_twice", voter };
  return ballot.expiresAt <= now
    ? { reason: "ballot_expired", voter, expiresAt: ballot.expiresAt }
    : null;
}
