/** One voter's signed word on one plan. One per (voter, scope, epoch), persisted by the voter before it is sent. */
import type { Verdict } from "./auditors/audit.ts";
import type { Digest, Instant, ScopeId, VoterId } from "./ids.ts";
import type { PublicKeys, Signature } from "./signing.ts";

export interface Ballot extends Verdict {
  readonly version: 1;
  readonly voter: VoterId;
  readonly scope: ScopeId;
  readonly epoch: number;
  readonly planDigest: Digest;
  readonly dossierDigest: Digest;
  readonly castAt: Instant;
  readonly expiresAt: Instant;
}

export interface SignedBallot {
  readonly ballot: Ballot;
  readonly signature: Signature;
}

/** A voter and the key that its ballots verify under. */
export interface Voter {
  readonly id: VoterId;
  readonly keys: PublicKeys;
}

/** How long a ballot counts. A plan that waits for a person is voted on again by being planned again. */
export const BALLOT_TTL_MS = 60 * 60_000;
