/**
 * Whose signature counts. The register of a scope is a list of entries, each signed by the vault's root key and chained
 * to the one before; who votes with which keys follows from the list and from nothing else. The vault keeps it and reads
 * it from its own storage: what the swarm says about keys is a request.
 *
 * A voter's first keys wait: whoever asks has shown that it holds them and nothing else, so they count once people have
 * signed for them. After that keys that count introduce their successors (rotation: both count for a while). A voter that
 * has lost its keys asks as for its first ones, and waits for people in the same way.
 */
import type { Ruling } from "./attestation.ts";
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
      /** The keys that vouched for these, or `root`: nobody did, and they wait for people. */
      readonly by: string;
    }
  | {
      /** A person's word that keys which wait are the voter's. */
      readonly type: "confirmed";
      readonly voter: VoterId;
      readonly key: Digest;
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
  /** By keys that are in force; null for a voter's first keys, and for one that has lost them. */
  readonly vouching: { readonly key: Digest; readonly signature: Signature } | null;
}

export interface RegisteredKey {
  readonly id: Digest;
  readonly keys: PublicKeys;
  readonly introducedAt: Instant;
  readonly introducedBy: string;
  /** Who signed that they are the voter's; empty where other keys vouched. */
  readonly confirmedBy: readonly string[];
  /** Null: they wait for people. */
  readonly countsSince: Instant | null;
  /** From then on it no longer counts; null: it has no successor. */
  readonly retiredFrom: Instant | null;
}

export interface RegisteredVoter extends Seat {
  readonly keys: readonly RegisteredKey[];
  /** The epoch in which it said two things; null: it is in good standing. */
  readonly quarantinedSince: Instant | null;
}

/** What people sign for: these keys, in these seats. */
export interface Seating {
  readonly voter: VoterId;
  readonly key: Digest;
}

/** In one order, so that whoever signs for the same keys signs the same digest. */
export const seatingDigest = (seatings: readonly Seating[]): Digest =>
  digestOf(
    seatings
      .map(({ voter, key }) => ({ voter, key }))
      .toSorted((one, other) => (one.voter < other.voter ? -1 : 1)),
  );

export const seatingsOf = (introductions: readonly SignedIntroduction[]): readonly Seating[] =>
  introductions.map(({ introduction: { voter, keys } }) => ({ voter, key: keyIdOf(keys) }));

/** Whether what a person signed is about these very keys, one for each seat. */
export const isWordFor = (ruling: Ruling, scope: ScopeId, seatings: readonly Seating[]): boolean =>
  ruling.what === "confirm_keys" &&
  ruling.subject === scope &&
  ruling.digest === seatingDigest(seatings) &&
  seatings.length > 0 &&
  new Set(seatings.map(({ voter }) => voter)).size === seatings.length;

export type KeyStanding = "in_force" | "waiting";

/** A vote is a share in every certificate, so two people answer for who has it; a veto can only stop. */
export const PEOPLE_FOR: Readonly<Record<Seat["power"], number>> = { vote: 2, veto: 1 };

/** Whoever can reach the register can ask for any seat (I12). Keys that people sign for are taken beyond it. */
export const WAITING_MAX = 4;

export type RegisterRefusal =
  | { readonly reason: "no_such_voter" }
  | { readonly reason: "keys_malformed" }
  | { readonly reason: "keys_not_held" }
  | { readonly reason: "keys_known_before" }
  | { readonly reason: "nobody_vouches" }
  | { readonly reason: "voter_in_quarantine" }
  | { readonly reason: "rotation_under_way"; readonly until: Instant }
  | { readonly reason: "not_in_quarantine" }
  | { readonly reason: "too_many_waiting"; readonly max: number }
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
        confirmedBy: [],
        countsSince: by === NOBODY ? null : at,
        retiredFrom: null,
      };
      return { ...voter, keys: [...voter.keys, introduced] };
    }
    case "confirmed": {
      const { key, by } = registration;
      const keys = voter.keys.map((one) =>
        one.id === key ? confirmed(one, { by, at, needed: PEOPLE_FOR[voter.power] }) : one,
      );
      return { ...voter, keys };
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

/** Of an entry that nobody vouched for. */
const NOBODY = "root";

function confirmed(
  key: RegisteredKey,
  { by, at, needed }: { readonly by: string; readonly at: Instant; readonly needed: number },
): RegisteredKey {
  const confirmedBy = [...new Set([...key.confirmedBy, by])];
  return {
    ...key,
    confirmedBy,
    countsSince: key.countsSince ?? (confirmedBy.length >= needed ? at : null),
  };
}

const notRetired = ({ retiredFrom }: RegisteredKey, now: Instant): boolean =>
  retiredFrom === null || now < retiredFrom;

const inForce = (key: RegisteredKey, now: Instant): boolean =>
  key.countsSince !== null && notRetired(key, now);

/** What people have not signed for yet, or not all who are needed. */
export const isWaiting = (key: RegisteredKey, now: Instant): boolean =>
  key.countsSince === null && notRetired(key, now);

/** Without a key that counts a voter has no voice, and nothing that needs it is decided. */
export const hasNoVoice = ({ keys }: RegisteredVoter, now: Instant): boolean =>
  !keys.some((key) => inForce(key, now));

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
    waiting: keys.filter((key) => isWaiting(key, now)).map((key) => key.id),
  })),
});

export interface IntroduceInput {
  readonly signed: SignedIntroduction;
  readonly roll: readonly RegisteredVoter[];
  /** Whether the new keys signed the introduction. */
  readonly isHeld: boolean;
  /** Whether the vouching signature holds under the keys that it names. */
  readonly isVouchedFor: boolean;
  /** Whether a person signed for these very keys: then they wait however many others do. */
  readonly isSignedFor: boolean;
  readonly now: Instant;
  /** When the keys before stop to count: as long after `now` as a ballot lives. */
  readonly overlapUntil: Instant;
}

/** What has to be entered; nothing, when the keys are in force or wait already. */
export function introduce(input: IntroduceInput): Result<readonly Registration[], RegisterRefusal> {
  const { signed, roll, now } = input;
  const { voter: id, keys } = signed.introduction;
  const voter = roll.find((one) => one.id === id);
  if (!voter) return err({ reason: "no_such_voter" });
  if (!areKeys(keys)) return err({ reason: "keys_malformed" });
  if (!input.isHeld) return err({ reason: "keys_not_held" });
  const known = voter.keys.find((one) => one.id === keyIdOf(keys));
  if (known) return notRetired(known, now) ? ok([]) : err({ reason: "keys_known_before" });
  if (voter.quarantinedSince !== null) return err({ reason: "voter_in_quarantine" });
  return signed.vouching === null ? waiting(voter, input) : successor(voter, input);
}

/** Keys that nobody vouches for. */
function waiting(
  voter: RegisteredVoter,
  { signed, isSignedFor, now }: IntroduceInput,
): Result<readonly Registration[], RegisterRefusal> {
  const { keys } = signed.introduction;
  return isSignedFor || voter.keys.filter((one) => isWaiting(one, now)).length < WAITING_MAX
    ? ok([{ type: "introduced", voter: voter.id, keys, by: NOBODY }])
    : err({ reason: "too_many_waiting", max: WAITING_MAX });
}

function successor(
  voter: RegisteredVoter,
  { signed, isVouchedFor, now, overlapUntil }: IntroduceInput,
): Result<readonly Registration[], RegisterRefusal> {
  const { keys } = signed.introduction;
  const vouching = voter.keys.find((one) => one.id === signed.vouching?.key && inForce(one, now));
  if (!vouching || !isVouchedFor) return err({ reason: "nobody_vouches" });
  // Whoever is on the way out has named a successor already.
  if (vouching.retiredFrom !== null)
    return err({ reason: "rotation_under_way", until: vouching.retiredFrom });
  return ok([
    { type: "introduced", voter: voter.id, keys, by: vouching.id },
    ...retirements(voter, { from: overlapUntil, now }),
  ]);
}

/** What the voter has, from then on. What is on the way out earlier stays so. */
const retirements = (
  { id, keys }: Pick<RegisteredVoter, "id" | "keys">,
  { from, now }: { readonly from: Instant; readonly now: Instant },
): Registration[] =>
  keys
    .filter((one) => notRetired(one, now))
    .filter(({ retiredFrom }) => retiredFrom === null || retiredFrom > from)
    .map((one) => ({ type: "retired", voter: id, key: one.id, from }));

/**
 * A person's word on keys that wait. With the last one that is needed they count, and whatever the voter had before, or
 * somebody else asked for in its name, ends at once: keys that are lost vouch for nobody.
 */
export function confirmKey(
  roll: readonly RegisteredVoter[],
  { voter: id, key }: Seating,
  { by, now }: { readonly by: string; readonly now: Instant },
): Result<readonly Registration[], RegisterRefusal> {
  const voter = roll.find((one) => one.id === id);
  const known = voter?.keys.find((one) => one.id === key);
  if (!voter || !known) return err({ reason: "no_such_voter" });
  if (!notRetired(known, now)) return err({ reason: "keys_known_before" });
  if (known.countsSince !== null || known.confirmedBy.includes(by)) return ok([]);
  const needed = PEOPLE_FOR[voter.power];
  const counts = confirmed(known, { by, at: now, needed }).countsSince !== null;
  return ok([
    { type: "confirmed", voter: id, key, by },
    ...(counts
      ? retirements({ id, keys: voter.keys.filter((one) => one !== known) }, { from: now, now })
      : []),
  ]);
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
