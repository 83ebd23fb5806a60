import { describe, expect, it } from "vitest";
import { type Ballot, said, type SignedBallot } from "../../src/core/ballot.ts";
import { digestOf } from "../../src/core/canonical.ts";
import { type Instant, instantOf } from "../../src/core/ids.ts";
import { type Orchestration, voterIdOf } from "../../src/core/orchestration.ts";
import { areKeys, fits, keyIdOf, type PublicKeys, SUITE, suiteOf } from "../../src/core/signing.ts";
import {
  confirmKey,
  electorateOf,
  equivocation,
  hasNoVoice,
  introduce,
  type IntroduceInput,
  isChain,
  type RegisterEntry,
  type Registration,
  reinstate,
  rollOf,
  seatingDigest,
  WAITING_MAX,
} from "../../src/core/voter-register.ts";
import { NOW, PARTS, SCOPE } from "./harbor.ts";

const ORCHESTRATION: Orchestration = {
  strategy: "consensus_voting",
  models: { sentinel: "rules", architect: "rules", reviewer: "rules" },
  hasReviewer: true,
  floor: 0,
};
const LATER = instantOf("2026-03-01T13:00:00Z");
const voter = voterIdOf("policy", SCOPE);
const keysOf = (digit: string): PublicKeys => ({
  suite: SUITE,
  keys: { ed25519: digit.repeat(64), "ml-dsa-44": digit.repeat(2_624) },
});
const [FIRST, SECOND, THIRD] = [keysOf("1"), keysOf("2"), keysOf("3")];

/** A register that grows. */
class Book {
  readonly entries: RegisterEntry[] = [];

  add(registrations: readonly Registration[], at: Instant = NOW): this {
    for (const registration of registrations) {
      const last = this.entries.at(-1);
      this.entries.push({
        version: 1,
        scope: SCOPE,
        index: this.entries.length,
        previous: last ? digestOf(last) : null,
        at,
        registration,
      });
    }
    return this;
  }

  roll = () => rollOf(this.entries, ORCHESTRATION, SCOPE);

  find(of = voter) {
    const found = this.roll().find(({ id }) => id === of);
    if (!found) throw new Error("has no seat");
    return found;
  }

  keysAt(now: Instant): readonly string[] {
    const { voters } = electorateOf(this.roll(), ORCHESTRATION, { scope: SCOPE, now });
    return voters.find(({ id }) => id === voter)?.keys.map(({ id }) => id) ?? [];
  }

  ask(keys: PublicKeys, more: Partial<IntroduceInput> & { vouching?: PublicKeys } = {}) {
    const { vouching, ...rest } = more;
    const none = { suite: SUITE, signatures: {} };
    return introduce({
      signed: {
        introduction: { version: 1, scope: SCOPE, voter, keys, at: NOW },
        proof: none,
        vouching: vouching ? { key: keyIdOf(vouching), signature: none } : null,
      },
      roll: this.roll(),
      isHeld: true,
      isVouchedFor: vouching !== undefined,
      isSignedFor: false,
      now: NOW,
      overlapUntil: LATER,
      ...rest,
    });
  }

  /** Asks and enters. */
  enter(...asked: Parameters<Book["ask"]>): this {
    const found = this.ask(...asked);
    if (!found.ok) throw new Error(found.error.reason);
    return this.add(found.value);
  }

  /** Somebody signs that `keys` are the voter's. */
  word(keys: PublicKeys, by: string, of = voter): this {
    const found = confirmKey(this.roll(), { voter: of, key: keyIdOf(keys) }, { by, now: NOW });
    if (!found.ok) throw new Error(found.error.reason);
    return this.add(found.value);
  }

  /** First keys that two people have signed for. */
  seat(keys: PublicKeys): this {
    return this.enter(keys).word(keys, "ana").word(keys, "ben");
  }
}

const refusal = (found: ReturnType<Book["ask"]>): string =>
  found.ok ? "entered" : found.error.reason;

describe("the register of voters", () => {
  it("counts a voter's first keys once two people have signed for them, and asking again changes nothing", () => {
    const book = new Book().enter(FIRST);
    expect(book.ask(FIRST)).toEqual({ ok: true, value: [] });
    expect(book.keysAt(NOW)).toEqual([]);
    book.word(FIRST, "ana").word(FIRST, "ana");
    expect(book.keysAt(NOW)).toEqual([]);
    expect(hasNoVoice(book.find(), NOW)).toBe(true);
    book.word(FIRST, "ben");
    expect(book.keysAt(NOW)).toEqual([keyIdOf(FIRST)]);
    expect(hasNoVoice(book.find(), NOW)).toBe(false);
    expect(book.find().keys[0]).toMatchObject({ confirmedBy: ["ana", "ben"], countsSince: NOW });
    const before = book.entries.length;
    expect(book.word(FIRST, "cleo").entries).toHaveLength(before);
  });

  it("asks one person for whoever can only stop", () => {
    const reviewer = voterIdOf("reviewer", SCOPE);
    const book = new Book().add([{ type: "introduced", voter: reviewer, keys: FIRST, by: "root" }]);
    book.word(FIRST, "ana", reviewer);
    expect(hasNoVoice(book.find(reviewer), NOW)).toBe(false);
  });

  it("gives the seat to the keys that people sign for, not to those that asked first; these end", () => {
    const book = new Book().enter(SECOND).enter(FIRST);
    book.word(FIRST, "ana").word(FIRST, "ben");
    expect(book.keysAt(NOW)).toEqual([keyIdOf(FIRST)]);
    expect(refusal(book.ask(SECOND))).toBe("keys_known_before");
    expect(() => book.word(SECOND, "ana")).toThrow("keys_known_before");
  });

  it("lets no more than a few wait for one seat, and people's word past them", () => {
    const book = new Book();
    const strangers = ["3", "4", "5", "6"].map(keysOf);
    for (const keys of strangers) book.enter(keys);
    expect(strangers).toHaveLength(WAITING_MAX);
    expect(book.ask(FIRST)).toEqual({
      ok: false,
      error: { reason: "too_many_waiting", max: WAITING_MAX },
    });
    book.enter(FIRST, { isSignedFor: true }).word(FIRST, "ana").word(FIRST, "ben");
    expect(book.keysAt(NOW)).toEqual([keyIdOf(FIRST)]);
    // Whoever waited is gone, so that others may ask again.
    expect(book.ask(SECOND).ok).toBe(true);
  });

  it("signs for one list of keys, in whatever order it is given", () => {
    const [one, other] = [FIRST, SECOND].map((keys, index) => ({
      voter: voterIdOf(["policy", "simulation"][index] ?? "", SCOPE),
      key: keyIdOf(keys),
    }));
    if (!one || !other) throw new Error("two seats");
    expect(seatingDigest([one, other])).toBe(seatingDigest([other, one]));
    expect(seatingDigest([one, other])).not.toBe(seatingDigest([one]));
    expect(seatingDigest([one])).not.toBe(seatingDigest([{ ...one, key: other.key }]));
  });

  it("lets keys in force introduce their successors, and both count until the old ones have run out", () => {
    const book = new Book().seat(FIRST).enter(SECOND, { vouching: FIRST });
    expect(book.keysAt(NOW)).toEqual([keyIdOf(FIRST), keyIdOf(SECOND)]);
    expect(book.keysAt(LATER)).toEqual([keyIdOf(SECOND)]);
    expect(refusal(book.ask(FIRST, { now: LATER }))).toBe("keys_known_before");
  });

  it.each<[string, (book: Book) => ReturnType<Book["ask"]>, string]>([
    ["by a voter that has no seat", (book) => book.ask(SECOND, { roll: [] }), "no_such_voter"],
    [
      "that the voter does not hold",
      (book) => book.ask(SECOND, { isHeld: false }),
      "keys_not_held",
    ],
    [
      "of another length",
      (book) => book.ask({ suite: SUITE, keys: { ed25519: "11" } }),
      "keys_malformed",
    ],
    [
      "without one of the algorithms",
      (book) => book.ask({ suite: SUITE, keys: { ed25519: "1".repeat(64) } }),
      "keys_malformed",
    ],
    [
      "of a suite that nobody knows",
      (book) => book.ask({ ...SECOND, suite: "rot13" as typeof SUITE }),
      "keys_malformed",
    ],
    [
      "vouched for by a signature that does not hold",
      (book) => book.ask(SECOND, { vouching: FIRST, isVouchedFor: false }),
      "nobody_vouches",
    ],
    [
      "vouched for by keys of nobody",
      (book) => book.ask(SECOND, { vouching: THIRD }),
      "nobody_vouches",
    ],
    [
      "vouched for by keys that are on the way out",
      (book) => book.enter(SECOND, { vouching: FIRST }).ask(THIRD, { vouching: FIRST }),
      "rotation_under_way",
    ],
    [
      "vouched for by keys that have run out",
      (book) => book.enter(SECOND, { vouching: FIRST }).ask(THIRD, { vouching: FIRST, now: LATER }),
      "nobody_vouches",
    ],
    [
      "of a voter in quarantine",
      (book) =>
        book
          .add([{ type: "quarantined", voter, epoch: 7, ballots: [digestOf(1), digestOf(2)] }])
          .ask(SECOND, { vouching: FIRST }),
      "voter_in_quarantine",
    ],
  ])("refuses keys %s", (_, ask, reason) => {
    expect(refusal(ask(new Book().seat(FIRST)))).toBe(reason);
  });

  it("lets people put new keys in the place of lost ones, which end at once, and not before", () => {
    const book = new Book().seat(FIRST).enter(SECOND).word(SECOND, "ana");
    expect(book.keysAt(NOW)).toEqual([keyIdOf(FIRST)]);
    book.word(SECOND, "ben");
    expect(book.keysAt(NOW)).toEqual([keyIdOf(SECOND)]);
    expect(book.find().keys.at(-1)?.confirmedBy).toEqual(["ana", "ben"]);
  });

  it("lets keys that wait vouch for nobody", () => {
    const book = new Book().enter(FIRST);
    expect(refusal(book.ask(SECOND, { vouching: FIRST }))).toBe("nobody_vouches");
  });

  it("is a chain: a list with an entry changed, left out, added or moved is none", () => {
    const { entries } = new Book().seat(FIRST).enter(SECOND, { vouching: FIRST });
    expect(isChain(entries)).toBe(true);
    const [a, b, c] = entries.slice(0, 3);
    if (!a || !b || !c) throw new Error("three entries");
    expect(isChain([a, c])).toBe(false);
    expect(isChain([b, c])).toBe(false);
    expect(isChain([a, c, b])).toBe(false);
    expect(isChain([{ ...a, at: LATER }, b, c])).toBe(false);
    expect(isChain([a, b, c, { ...c, index: 3 }])).toBe(false);
  });
});

describe("a voter that says two things in one epoch", () => {
  const ballotOf = (more: Partial<Ballot> = {}): SignedBallot => ({
    ballot: {
      version: 2,
      voter,
      suite: SUITE,
      key: keyIdOf(FIRST),
      scope: SCOPE,
      epoch: 7,
      planDigest: digestOf("plan"),
      dossierDigest: digestOf("dossier"),
      stateDigest: digestOf("state"),
      parts: PARTS,
      policyDigest: null,
      riskDigest: digestOf("risk"),
      vote: "yes",
      reasons: [],
      tier: 0,
      castAt: NOW,
      expiresAt: LATER,
      ...more,
    },
    signature: { suite: SUITE, signatures: {} },
  });

  it("is proved by the two ballots alone", () => {
    const [one, other] = [ballotOf(), ballotOf({ planDigest: digestOf("another") })];
    expect(equivocation(one, other)).toEqual({
      type: "quarantined",
      voter,
      epoch: 7,
      ballots: [digestOf(one.ballot), digestOf(other.ballot)],
    });
    expect(equivocation(one, ballotOf({ vote: "no" }))).not.toBeNull();
    expect(equivocation(one, ballotOf())).toBeNull();
    expect(equivocation(one, ballotOf({ epoch: 8 }))).toBeNull();
    expect(equivocation(one, ballotOf({ voter: voterIdOf("simulation", SCOPE) }))).toBeNull();
  });

  it("does not count until a person reinstates it, and can be caught again", () => {
    const caught: Registration = {
      type: "quarantined",
      voter,
      epoch: 7,
      ballots: [digestOf(1), digestOf(2)],
    };
    const book = new Book().enter(FIRST).add([caught]);
    const isOut = () =>
      electorateOf(book.roll(), ORCHESTRATION, { scope: SCOPE, now: NOW }).voters.find(
        ({ id }) => id === voter,
      )?.quarantined;
    expect(isOut()).toBe(true);
    const back = reinstate(book.roll(), voter, "ana");
    expect(back.ok && book.add([back.value]) && isOut()).toBe(false);
    expect(reinstate(book.roll(), voter, "ana")).toMatchObject({
      error: { reason: "not_in_quarantine" },
    });
    expect(reinstate(book.roll(), "nobody", "ana")).toMatchObject({
      error: { reason: "no_such_voter" },
    });
    book.add([caught]);
    expect(isOut()).toBe(true);
  });

  it("is not made by the voter's own rule: the same motion gets the same ballot, another gets none", () => {
    const cast = ballotOf();
    const { ballot: motion } = cast;
    expect(said(null, motion)).toEqual({ ok: true, value: null });
    expect(said(cast, motion)).toEqual({ ok: true, value: cast });
    for (const more of [
      { planDigest: digestOf("x") },
      { dossierDigest: digestOf("x") },
      { stateDigest: digestOf("x") },
      { policyDigest: digestOf("x") },
      { riskDigest: digestOf("x") },
    ])
      expect(said(cast, { ...motion, ...more })).toEqual({ ok: false, error: "voted" });
  });
});

describe("algorithms", () => {
  it("are known by suites, of which one makes new keys and others still count", () => {
    expect(suiteOf(SUITE)).toMatchObject({ algorithms: ["ed25519", "ml-dsa-44"], status: "signs" });
    expect(suiteOf("ed25519+ml-dsa-65")).toMatchObject({ status: "verifies" });
    expect(suiteOf("ed25519")).toBeNull();
    expect(suiteOf("toString")).toBeNull();
  });

  it("all have to be there, each with its length, and no other", () => {
    const signature = {
      suite: SUITE,
      signatures: { ed25519: "0".repeat(128), "ml-dsa-44": "0".repeat(4_840) },
    };
    expect(areKeys(FIRST)).toBe(true);
    expect(fits(signature, FIRST)).toBe(true);
    const { ed25519 } = signature.signatures;
    expect(fits({ suite: SUITE, signatures: { ed25519 } }, FIRST)).toBe(false);
    expect(fits({ ...signature, suite: "ed25519+ml-dsa-65" }, FIRST)).toBe(false);
    expect(
      fits({ suite: SUITE, signatures: { ...signature.signatures, "ml-dsa-65": "" } }, FIRST),
    ).toBe(false);
    expect(areKeys({ suite: SUITE, keys: { ...FIRST.keys, ed25519: "G".repeat(64) } })).toBe(false);
  });
});
