import { DurableObject } from "cloudflare:workers";
import type { SignedRuling } from "../src/core/attestation.ts";
import type { SignedBallot } from "../src/core/ballot.ts";
import { digestOf } from "../src/core/canonical.ts";
import { type Instant, instantOf, type ScopeId } from "../src/core/ids.ts";
import { registrationEntry } from "../src/core/log/register-entries.ts";
import { BALLOT_TTL_MS } from "../src/core/ballot.ts";
import type { RegisterPort } from "../src/core/ports.ts";
import type { Passkey } from "../src/core/passkey-register.ts";
import type { Electorate } from "../src/core/quorum.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import { keyIdOf, type PublicKeys, signedBytes } from "../src/core/signing.ts";
import {
  confirmKey,
  electorateOf,
  equivocation,
  introduce,
  isWaiting,
  isWordFor,
  type KeyStanding,
  type RegisteredVoter,
  type RegisterEntry,
  type RegisterRefusal,
  type Registration,
  reinstate,
  rollOf,
  type Seating,
  seatingsOf,
  type SignedEntry,
  type SignedIntroduction,
} from "../src/core/voter-register.ts";
import { checkBallots } from "../src/edge/signing/ballots.ts";
import {
  type KeyPair,
  newSeeds,
  openKeyPair,
  type Seeds,
  verify,
} from "../src/edge/signing/key-pair.ts";
import type { VaultEnv } from "./audit-log.ts";
import { record } from "./record.ts";
import { ORCHESTRATION } from "./orchestration.ts";
import { PasskeyDesk } from "./passkey-desk.ts";
import { RegisterJournal } from "./register-journal.ts";

const clock = (offsetMs = 0): Instant => instantOf(new Date(Date.now() + offsetMs).toISOString());

/** A round has four ballots; nobody has more to bring at once. */
const BALLOTS_MAX = 16;
/** Of one scope, which has four seats. */
const SEATINGS_MAX = 16;

type Introduced = Result<Seating & { readonly standing: KeyStanding }, RegisterRefusal>;

/**
 * Who votes, with which keys; one for the whole system, in the vault's Worker. Owns: the root key, made here and never
 * given out, the signed list of every scope, and the last ballots that were heard of each voter.
 *
 * One change at a time. An entry is in the record before it is in the list (I10): a crash between the two leaves an entry
 * in the record about something that nobody was promised, and asking again makes the same.
 */
export class Register extends DurableObject<VaultEnv> implements RegisterPort {
  readonly #journal = new RegisterJournal(this.ctx.storage);
  readonly #desk = new PasskeyDesk(this.ctx.storage, this.env, (entry) =>
    record(this.env, [entry], "vault"),
  );
  #root: Promise<KeyPair> | null = null;
  #busy: Promise<unknown> = Promise.resolve();

  introduce(signed: SignedIntroduction): Promise<Introduced> {
    return this.#alone(() => this.#introduce(signed));
  }

  confirmKeys(
    scope: ScopeId,
    introductions: readonly SignedIntroduction[],
    word: SignedRuling,
  ): Promise<Result<readonly RegisteredVoter[], RegisterRefusal>> {
    return this.#alone(() => this.#confirmKeys(scope, introductions, word));
  }

  hear(scope: ScopeId, ballots: readonly SignedBallot[]): Promise<Electorate> {
    return this.#alone(() => this.#hear(scope, ballots));
  }

  reinstate(
    scope: ScopeId,
    signed: SignedRuling,
  ): Promise<Result<{ voter: string }, RegisterRefusal>> {
    return this.#alone(() => this.#reinstate(scope, signed));
  }

  async roll(scope: ScopeId): Promise<readonly RegisteredVoter[]> {
    return this.#roll(scope);
  }

  async entries(scope: ScopeId): Promise<readonly SignedEntry[]> {
    return this.#journal.entries(scope);
  }

  async rootKeys(): Promise<PublicKeys> {
    return (await this.#rootKey()).publicKeys;
  }

  attests(...of: Parameters<PasskeyDesk["attests"]>): Promise<boolean> {
    return this.#alone(() => this.#desk.attests(...of));
  }

  async relyingParty(): Promise<ReturnType<PasskeyDesk["party"]>> {
    return this.#desk.party();
  }

  async passkeys(): Promise<readonly Passkey[]> {
    return this.#desk.all();
  }

  async formerPasskeys(): Promise<readonly Passkey[]> {
    return this.#desk.former();
  }

  registerPasskey(...of: Parameters<PasskeyDesk["register"]>): ReturnType<PasskeyDesk["register"]> {
    return this.#alone(() => this.#desk.register(...of));
  }

  confirmPasskey(...of: Parameters<PasskeyDesk["confirm"]>): ReturnType<PasskeyDesk["confirm"]> {
    return this.#alone(() => this.#desk.confirm(...of));
  }

  revokePasskey(...of: Parameters<PasskeyDesk["revoke"]>): ReturnType<PasskeyDesk["revoke"]> {
    return this.#alone(() => this.#desk.revoke(...of));
  }

  async #introduce(signed: SignedIntroduction): Promise<Introduced> {
    const registrations = await this.#judged(signed, false);
    if (!registrations.ok) return registrations;
    const { scope, voter, keys } = signed.introduction;
    await this.#enter(scope, registrations.value);
    const key = keyIdOf(keys);
    const known = this.#roll(scope).find(({ id }) => id === voter);
    const waits = known?.keys.some((one) => one.id === key && isWaiting(one, clock())) ?? true;
    return ok({ voter, key, standing: waits ? "waiting" : "in_force" });
  }

  async #judged(
    signed: SignedIntroduction,
    isSignedFor: boolean,
  ): Promise<Result<readonly Registration[], RegisterRefusal>> {
    const { introduction, proof, vouching } = signed;
    const { scope, keys } = introduction;
    const bytes = signedBytes("introduction/v1", introduction);
    const roll = this.#roll(scope);
    const voucher = roll
      .find(({ id }) => id === introduction.voter)
      ?.keys.find(({ id }) => id === vouching?.key);
    return introduce({
      signed,
      roll,
      isHeld: await verify(bytes, proof, keys),
      isVouchedFor:
        vouching !== null &&
        voucher !== undefined &&
        (await verify(bytes, vouching.signature, voucher.keys)),
      isSignedFor,
      now: clock(),
      overlapUntil: clock(BALLOT_TTL_MS),
    });
  }

  /** The keys come with the word for them, so that nobody who asks in a voter's name can keep the voter itself out. */
  async #confirmKeys(
    scope: ScopeId,
    introductions: readonly SignedIntroduction[],
    { ruling, attestation }: SignedRuling,
  ): Promise<Result<readonly RegisteredVoter[], RegisterRefusal>> {
    const seatings = seatingsOf(introductions);
    const isMeant =
      introductions.length <= SEATINGS_MAX &&
      introductions.every(({ introduction }) => introduction.scope === scope) &&
      isWordFor(ruling, scope, seatings);
    if (!isMeant || !(await this.#desk.attests("ruling/v1", ruling, attestation)))
      return err({ reason: "ruling_not_signed" });
    const first = introductions.map((signed) => ({ ...signed, vouching: null }));
    const judged = await Promise.all(first.map((signed) => this.#judged(signed, true)));
    for (const one of judged) if (!one.ok) return one;
    for (const one of judged) if (one.ok) await this.#enter(scope, one.value);
    for (const seating of seatings) {
      const word = { by: ruling.by, now: clock() };
      const confirmed = confirmKey(this.#roll(scope), seating, word);
      if (!confirmed.ok) return confirmed;
      await this.#enter(scope, confirmed.value);
    }
    return ok(this.#roll(scope));
  }

  async #hear(scope: ScopeId, ballots: readonly SignedBallot[]): Promise<Electorate> {
    if (ballots.length > BALLOTS_MAX)
      throw new Error(`${ballots.length} ballots at once, at most ${BALLOTS_MAX}`);
    const electorate = this.#electorate(scope);
    const own = ballots.filter(({ ballot }) => ballot.scope === scope);
    // What is not signed says nothing about the voter.
    const heard = (await checkBallots(own, electorate)).filter(({ verified }) => verified);
    for (const { signed } of heard) {
      const before = this.#journal.heard(signed.ballot);
      const proof = before && equivocation(before, signed);
      if (!before) this.#journal.hear(signed);
      const isFree = proof && !this.#isQuarantined(scope, proof.voter);
      if (isFree) await this.#enter(scope, [proof], { before, signed });
    }
    return this.#electorate(scope);
  }

  async #reinstate(
    scope: ScopeId,
    { ruling, attestation }: SignedRuling,
  ): Promise<Result<{ voter: string }, RegisterRefusal>> {
    const roll = this.#roll(scope);
    const voter = roll.find(({ id }) => id === ruling.subject);
    // Bound to what it answers: signed once, it does not reinstate a voter that is caught again.
    const isMeant =
      ruling.what === "reinstate_voter" &&
      ruling.digest === digestOf(voter?.quarantinedSince ?? null);
    const isSigned = isMeant && (await this.#desk.attests("ruling/v1", ruling, attestation));
    if (!isSigned) return err({ reason: "ruling_not_signed" });
    const registration = reinstate(roll, ruling.subject, ruling.by);
    if (!registration.ok) return registration;
    await this.#enter(scope, [registration.value]);
    return ok({ voter: ruling.subject });
  }

  #roll(scope: ScopeId): readonly RegisteredVoter[] {
    const entries = this.#journal.entries(scope).map(({ entry }) => entry);
    return rollOf(entries, ORCHESTRATION, scope);
  }

  #electorate(scope: ScopeId): Electorate {
    return electorateOf(this.#roll(scope), ORCHESTRATION, { scope, now: clock() });
  }

  #isQuarantined(scope: ScopeId, voter: string): boolean {
    return this.#roll(scope).some(
      ({ id, quarantinedSince }) => id === voter && quarantinedSince !== null,
    );
  }

  /** `evidence`: the ballots that prove it, kept with the entry. */
  async #enter(
    scope: ScopeId,
    registrations: readonly Registration[],
    evidence: unknown = null,
  ): Promise<void> {
    const root = await this.#rootKey();
    for (const registration of registrations) {
      const last = this.#journal.entries(scope).at(-1)?.entry;
      const entry: RegisterEntry = {
        version: 1,
        scope,
        index: last ? last.index + 1 : 0,
        previous: last ? digestOf(last) : null,
        at: clock(),
        registration,
      };
      const signature = await root.sign(signedBytes("register/v1", entry));
      await record(this.env, [registrationEntry(entry)], "vault");
      this.#journal.add({ entry, signature }, evidence);
    }
  }

  #rootKey(): Promise<KeyPair> {
    this.#root ??= openKeyPair(this.#seeds());
    return this.#root;
  }

  #seeds(): Seeds {
    const known = this.#journal.seeds();
    if (known) return known;
    const seeds = newSeeds();
    this.#journal.keepSeeds(seeds);
    return seeds;
  }

  /** Runs after whatever was asked before, whether that went well or not. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(work, work);
    this.#busy = turn.catch(() => undefined);
    return turn;
  }
}
