/**
 * Whose signature counts. The register of a scope is a list of entries, each signed by the vault's root key and chained
 * to the one before; who votes with which keys follows from the list and from nothing else. The vault keeps it and reads
 * it from its own storage: what the swarm says about keys is a request.
 *
 * A voter's first keys are introduced by the root key alone, against proof that the voter holds them. After that only
 * keys in force can introduce their successors (rotation: both count for a while), or a person who signs for it.
 */
import type { SignedBallot } from "./ballot.ts";
import { digestOf } from "./canonical.ts";
import type { Digest, Instant, ScopeId, VoterId } from "./ids.ts";
import { type Orchestration, type Seat, seatsOf } from "./orchestration.ts";
import type { Elector, Electorate } from "./quorum.ts";
import { err, ok, type Result } from "./result.ts";
import { areKeys, keyIdOf, type PublicKeys, type Signature } from "./signing.ts";

export type Registration =
  | {
      readonly type: "introduced";
      readonly voter: VoterId;
      readonly keys: PublicKeys;
      /** The keys that vouched for these, a person, or the root key alone. */
      readonly by: string;
    }
  | {
      readonly type: "retired";
      readonly voter: VoterId;
      readonly key: Digest;
      readonly from: Instant;
    }
  | {
      readonly type: "quarantined";
      readonly voter: VoterId;
      readonly epoch: number;
      /** Of the two ballots, which prove it to everybody. */
      readonly ballots: readonly [Digest, Digest];
    }
  | { readonly type: "reinstated"; readonly voter: VoterId; readonly by: string };

export interface RegisterEntry {
  readonly version: 1;
  readonly scope: ScopeId;
  /** From 0, without gaps. */
  readonly index: number;
  /** Digest of the entry before; null for the first. */
  readonly previous: Digest | null;
  readonly at: Instant;
  readonly registration: Registration;
}

export interface SignedEntry {
  readonly entry: RegisterEntry;
  /** By the root key. */
  readonly signature: Signature;
}

/** A voter asks for keys of its own to count. */
export interface Introduction {
  readonly version: 1;
  readonly scope: ScopeId;
  readonly voter: VoterId;
  readonly keys: PublicKeys;
  readonly at: Instant;
}

export interface SignedIntroduction {
  readonly introduction: Introduction;
  /** By the new keys: the voter holds them. */
  readonly proof: Signature;
  /** By keys that are in force; null for a voter's first keys. */
  readonly vouching: { readonly key: Digest; readonly signature: Signature } | null;
}

export interface RegisteredKey {
  readonly id: Digest;
  readonly keys: PublicKeys;
  readonly introducedAt: Instant;
  readonly introducedBy: string;
  /** From then on it no longer counts; null: it has no successor. */
  readonly retiredFrom: Instant | null;
}

export interface RegisteredVoter extends Seat {
  readonly keys: readonly RegisteredKey[];
  /** The epoch in which it said two things; null: it is in good standing. */
  readonly quarantinedSince: Instant | null;
}

export type RegisterRefusal =
  | { readonly reason: "no_such_voter" }
  | { readonly reason: "keys_malformed" }
  | { readonly reason: "keys_not_held" }
  | { readonly reason: "keys_known_before" }
  | { readonly reason: "nobody_vouches" }
  | { readonly reason: "voter_in_quarantine" }
  | { readonly reason: "rotation_under_way"; readonly until: Instant }
  | { readonly reason: "not_in_quarantine" }
  | { readonly reason: "ruling_not_signed" };

/** Where everybody on the list stands. Entries about whoever has no seat (any more) change nothing. */
export function rollOf(
  entries: readonly RegisterEntry[],
  orchestration: Orchestration,
  scope: ScopeId,
): readonly RegisteredVoter[] {
  return seatsOf(orchestration, scope).map((seat) =>
    entries
      .filter(({ registration }) => registration.voter === seat.id)
      .reduce<RegisteredVoter>(applied, { ...seat, keys: [], quarantinedSince: null }),
  );
}

function applied(voter: RegisteredVoter, { registration, at }: RegisterEntry): RegisteredVoter {
  switch (registration.type) {
    case "introduced": {
      const { keys, by } = registration;
      const introduced: RegisteredKey = {
        id: keyIdOf(keys),
        keys,
        introducedAt: at,
        introducedBy: by,
        retiredFrom: null,
      };
      return { ...voter, keys: [...voter.keys, introduced] };
    }
    case "retired": {
      const { key, from } = registration;
      const keys = voter.keys.map((one) => (one.id === key ? { ...one, retiredFrom: from } : one));
      return { ...voter, keys };
    }
    case "quarantined":
      return { ...voter, quarantinedSince: at };
    case "reinstated":
      return { ...voter, quarantinedSince: null };
  }
}

const inForce = ({ retiredFrom }: RegisteredKey, now: Instant): boolean =>
  retiredFrom === null || now < retiredFrom;

/** The electorate as it is at this moment. */
export const electorateOf = (
  roll: readonly RegisteredVoter[],
  { strategy, floor }: Orchestration,
  { scope, now }: { readonly scope: ScopeId; readonly now: Instant },
): Electorate => ({
  scope,
  strategy,
  floor,
  voters: roll.map(({ id, power, keys, quarantinedSince }): Elector => ({
    id,
    power,
    quarantined: quarantinedSince !== null,
    keys: keys.filter((key) => inForce(key, now)).map((key) => ({ id: key.id, keys: key.keys })),
  })),
});

export interface IntroduceInput {
  readonly signed: SignedIntroduction;
  readonly roll: readonly RegisteredVoter[];
  /** Whether the new keys signed the introduction. */
  readonly isHeld: boolean;
  /** Whether the vouching signature holds under the keys that it names. */
  readonly isVouchedFor: boolean;
  /** A person who signed for it, which a voter needs that has lost its keys. */
  readonly person: string | null;
  readonly now: Instant;
  /** When the keys before stop to count: as long after `now` as a ballot lives. */
  readonly overlapUntil: Instant;
}

/** What has to be entered; nothing, when the keys are in force already. */
export function introduce(input: IntroduceInput): Result<readonly Registration[], RegisterRefusal> {
  const { signed, roll, now, overlapUntil, person } = input;
  const { voter: id, keys } = signed.introduction;
  const voter = roll.find((one) => one.id === id);
  if (!voter) return err({ reason: "no_such_voter" });
  if (!areKeys(keys)) return err({ reason: "keys_malformed" });
  if (!input.isHeld) return err({ reason: "keys_not_held" });
  const known = voter.keys.find((one) => one.id === keyIdOf(keys));
  if (known) return inForce(known, now) ? ok([]) : err({ reason: "keys_known_before" });
  const introduced = (by: string): Registration => ({ type: "introduced", voter: id, keys, by });
  if (voter.keys.length === 0) return ok([introduced("root")]);
  if (voter.quarantinedSince !== null) return err({ reason: "voter_in_quarantine" });
  const current = voter.keys.filter((one) => inForce(one, now));
  const retire = (from: Instant): Registration[] =>
    current
      .filter(({ retiredFrom }) => retiredFrom === null)
      .map((one) => ({ type: "retired", voter: id, key: one.id, from }));
  // Keys that are lost vouch for nobody; what a person signs for takes effect at once.
  if (person !== null) return ok([introduced(person), ...retire(now)]);
  const vouching = current.find((one) => one.id === signed.vouching?.key);
  if (!vouching || !input.isVouchedFor) return err({ reason: "nobody_vouches" });
  // Whoever is on the way out has named a successor already.
  if (vouching.retiredFrom !== null)
    return err({ reason: "rotation_under_way", until: vouching.retiredFrom });
  return ok([introduced(vouching.id), ...retire(overlapUntil)]);
}

/** Two valid ballots of one voter for one epoch that differ: the proof needs nobody's word. */
export function equivocation(
  before: SignedBallot,
  now: SignedBallot,
): Extract<Registration, { type: "quarantined" }> | null {
  const [a, b] = [before.ballot, now.ballot];
  const sameSeat = a.voter === b.voter && a.scope === b.scope && a.epoch === b.epoch;
  const digests = [digestOf(a), digestOf(b)] as const;
  return sameSeat && digests[0] !== digests[1]
    ? { type: "quarantined", voter: b.voter, epoch: b.epoch, ballots: digests }
    : null;
}

export function reinstate(
  roll: readonly RegisteredVoter[],
  voter: string,
  by: string,
): Result<Registration, RegisterRefusal> {
  const found = roll.find((one) => one.id === voter);
  if (!found) return err({ reason: "no_such_voter" });
  return found.quarantinedSince === null
    ? err({ reason: "not_in_quarantine" })
    : ok({ type: "reinstated", voter: found.id, by });
}

/** Whether the list is one chain without gaps. Signatures are for the edge. */
export const isChain = (entries: readonly RegisterEntry[]): boolean =>
  entries.every(
    ({ index, previous }, position) =>
      index === position && previous === (position === 0 ? null : digestOf(entries[position - 1])),
  );
