import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Ballot, Motion } from "../../src/core/ballot.ts";
import { digestOf } from "../../src/core/canonical.ts";
import { instantOf, isScopeId, isVoterId, mint, type VoterId } from "../../src/core/ids.ts";
import {
  certify,
  type CheckedBallot,
  type Elector,
  type Electorate,
} from "../../src/core/quorum.ts";
import type { Tier } from "../../src/core/risk.ts";
import { SUITE } from "../../src/core/signing.ts";
import { NOW, PARTS, SCOPE } from "./harbor.ts";

const motion: Motion = {
  scope: SCOPE,
  epoch: 7,
  planDigest: digestOf("plan"),
  dossierDigest: digestOf("dossier"),
  stateDigest: digestOf("state"),
  parts: PARTS,
  policyDigest: digestOf("policy"),
  riskDigest: digestOf("risk"),
};
const voterOf = (check: string): VoterId => mint(isVoterId, `${check}@${SCOPE}`);
const signature = { suite: SUITE, signatures: {} } as const;
const elector = (check: string, power: Elector["power"] = "vote"): Elector => ({
  id: voterOf(check),
  power,
  quarantined: false,
  waiting: [],
  keys: [{ id: digestOf("key"), keys: { suite: SUITE, keys: {} } }],
});
const voters: Elector[] = [
  ...["simulation", "policy", "conformance"].map((check) => elector(check)),
  elector("reviewer", "veto"),
];
const electorate: Electorate = { scope: SCOPE, strategy: "consensus_voting", voters, floor: 0 };

function ballot(check: string, more: Partial<Ballot> = {}, verified = true): CheckedBallot {
  const content: Ballot = {
    version: 2,
    suite: SUITE,
    key: digestOf("key"),
    voter: voterOf(check),
    ...motion,
    vote: "yes",
    reasons: [],
    tier: 0,
    castAt: NOW,
    expiresAt: instantOf("2026-03-01T13:00:00Z"),
    ...more,
  };
  return { signed: { ballot: content, signature }, verified };
}

const all = (more: Partial<Ballot> = {}) => [
  ballot("simulation"),
  ballot("policy", more),
  ballot("conformance"),
];
const outcome = (ballots: readonly CheckedBallot[], more: Partial<Electorate> = {}, now = NOW) => {
  const certificate = certify({ motion, electorate: { ...electorate, ...more }, ballots, now });
  return certificate.ok ? "certified" : certificate.error.reason;
};

it("a quorum certificate is made when all who have to say yes say it, with the highest risk that any saw (I13)", () => {
  const certificate = certify({ motion, electorate, ballots: all({ tier: 2 }), now: NOW });
  expect(certificate).toMatchObject({ ok: true, value: { motion, tier: 2 } });
  expect(certificate.ok && certificate.value.ballots).toHaveLength(3);
});

it.each<[string, readonly CheckedBallot[], string]>([
  ["a stranger votes", [...all(), ballot("stranger")], "unknown_voter"],
  [
    "a voter of another scope votes",
    [ballot("simulation", { voter: mint(isVoterId, "policy@zone:other.example") })],
    "unknown_voter",
  ],
  [
    "a signature does not hold",
    [ballot("simulation", {}, false), ...all().slice(1)],
    "bad_signature",
  ],
  ["a ballot is for another plan", all({ planDigest: digestOf("another") }), "another_motion"],
  ["a ballot is for another state", all({ stateDigest: digestOf("another") }), "another_motion"],
  ["a ballot is for other policies", all({ policyDigest: digestOf("another") }), "another_motion"],
  ["a ballot is for no policies", all({ policyDigest: null }), "another_motion"],
  ["a ballot is for another risk", all({ riskDigest: digestOf("another") }), "another_motion"],
  [
    "a ballot is for another dossier",
    all({ dossierDigest: digestOf("another") }),
    "another_motion",
  ],
  ["a ballot is for another epoch", all({ epoch: 8 }), "another_motion"],
  [
    "a ballot is for another scope",
    all({ scope: mint(isScopeId, "zone:other.example") }),
    "another_motion",
  ],
  ["a ballot is signed with keys of yesterday", all({ key: digestOf("old") }), "key_not_in_force"],
  ["an auditor abstains", all({ vote: "abstain" }), "voted_down"],
  ["the reviewer objects", [...all(), ballot("reviewer", { vote: "no" })], "voted_down"],
  ["a veto stands in for a vote", [...all().slice(1), ballot("reviewer")], "quorum_missed"],
  ["a voter votes twice", [...all(), ballot("policy")], "voted_twice"],
  ["a voter says yes and no", [...all(), ballot("policy", { vote: "no" })], "voted_twice"],
  ["a ballot has expired", all({ expiresAt: NOW }), "ballot_expired"],
  ["one says no, whatever the count", all({ vote: "no", reasons: ["because"] }), "voted_down"],
  ["a vote is neither yes nor no", all({ vote: "maybe" as "yes" }), "voted_down"],
  ["too few vote", all().slice(1), "quorum_missed"],
  ["nobody votes", [], "quorum_missed"],
])("nothing is certified when %s", (_, ballots, reason) => expect(outcome(ballots)).toBe(reason));

it("certifying says who voted it down, and why", () => {
  const refused = certify({
    motion,
    electorate,
    ballots: all({ vote: "no", reasons: ["finding: not_managed"] }),
    now: NOW,
  });
  expect(refused).toEqual({
    ok: false,
    error: {
      reason: "voted_down",
      by: [{ voter: voterOf("policy"), reasons: ["finding: not_managed"] }],
    },
  });
});

it("a quorum certificate needs nothing of the reviewer, and takes the risk that it sees (I13)", () => {
  expect(outcome([...all(), ballot("reviewer", { vote: "abstain" })])).toBe("certified");
  const worried = ballot("reviewer", { vote: "yes", tier: 3 });
  const certificate = certify({ motion, electorate, ballots: [...all(), worried], now: NOW });
  expect(certificate).toMatchObject({ ok: true, value: { tier: 3 } });
});

it("a quorum certificate has at least the risk that every plan is treated with", () => {
  const certificate = certify({
    motion,
    electorate: { ...electorate, floor: 2 },
    ballots: all(),
    now: NOW,
  });
  expect(certificate).toMatchObject({ ok: true, value: { tier: 2 } });
});

it("unanimity needs the reviewer's yes, and an abstention is none", () => {
  const unanimous = { strategy: "unanimous" } as const;
  expect(outcome(all(), unanimous)).toBe("quorum_missed");
  expect(outcome([...all(), ballot("reviewer", { vote: "abstain" })], unanimous)).toBe(
    "quorum_missed",
  );
  expect(outcome([...all(), ballot("reviewer")], unanimous)).toBe("certified");
  // A strategy that nobody knows is taken for the stricter one.
  expect(outcome(all(), { strategy: "any" as "unanimous" })).toBe("quorum_missed");
});

it("nothing is certified with a ballot of a voter in quarantine, nor without it", () => {
  const caught = voters.map((one) => ({ ...one, quarantined: one.id === voterOf("policy") }));
  expect(outcome(all(), { voters: caught })).toBe("voter_quarantined");
  expect(outcome([ballot("simulation"), ballot("conformance")], { voters: caught })).toBe(
    "quorum_missed",
  );
});

it("nothing is certified by an electorate in which nobody has a vote", () => {
  expect(outcome([], { voters: [] })).toBe("quorum_missed");
  expect(outcome([ballot("reviewer")], { voters: [elector("reviewer", "veto")] })).toBe(
    "quorum_missed",
  );
});

it("nothing is certified with the electorate of another scope", () => {
  expect(outcome(all(), { scope: mint(isScopeId, "zone:other.example") })).not.toBe("certified");
});

it("certifying takes a risk that is missing or unheard of for the worst (I13)", () => {
  for (const tier of [undefined, null, NaN, -1, 5, "0"]) {
    const certificate = certify({
      motion,
      electorate,
      ballots: all({ tier: tier as Tier }),
      now: NOW,
    });
    expect(certificate.ok && certificate.value.tier, String(tier)).toBe(4);
  }
});

it("certifying does not depend on the order of the ballots", () => {
  const any = fc.record({
    check: fc.constantFrom("simulation", "policy", "conformance", "reviewer"),
    more: fc.constantFrom<Partial<Ballot>>(
      {},
      {},
      {},
      { vote: "no" },
      { epoch: 8 },
      { tier: 2 },
      { tier: 1 },
      { expiresAt: NOW },
    ),
    verified: fc.constantFrom(true, true, true, false),
  });
  const drawn = fc.array(any, { maxLength: 5 });
  fc.assert(
    fc.property(
      drawn.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
      ),
      fc.constantFrom("consensus_voting", "unanimous"),
      ([list, turned], strategy) => {
        const of = (ballots: typeof list) =>
          certify({
            motion,
            electorate: { ...electorate, strategy },
            ballots: ballots.map(({ check, more, verified }) => ballot(check, more, verified)),
            now: NOW,
          });
        const [a, b] = [of(list), of(turned)];
        expect(b.ok).toBe(a.ok);
        if (a.ok && b.ok) expect(b.value.tier).toBe(a.value.tier);
      },
    ),
    { numRuns: 500 },
  );
});
