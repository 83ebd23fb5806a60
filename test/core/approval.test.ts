import { describe, expect, it } from "vitest";
import {
  type Approval,
  approvedBy,
  type CheckedApproval,
  partiesTo,
  type PeopleInput,
  peopleOf,
} from "../../src/core/approval.ts";
import type { Attestation } from "../../src/core/attestation.ts";
import type { SignedBallot } from "../../src/core/ballot.ts";
import { digestOf } from "../../src/core/canonical.ts";
import { instantOf, isScopeId, mint } from "../../src/core/ids.ts";
import { SUITE } from "../../src/core/signing.ts";
import { NOW, SCOPE } from "./harbor.ts";

const planDigest = digestOf("plan");
const stateDigest = digestOf("state");
const LATER = instantOf("2026-03-01T13:00:00Z");
const FOR_EVER = instantOf("9999-12-31T23:59:59Z");

const key = (owner: string): Attestation => ({
  type: "key",
  key: digestOf(owner),
  signature: { suite: SUITE, signatures: {} },
});
const passkey = (credentialId: string): Attestation => ({
  type: "passkey",
  credentialId,
  authenticatorData: "",
  clientDataJson: "",
  signature: "",
});

function given(
  by: string,
  more: Partial<Approval> = {},
  { attestation = key(by), verified = true } = {},
): CheckedApproval {
  const approval: Approval = {
    version: 1,
    scope: SCOPE,
    planDigest,
    stateDigest,
    verdict: "approve",
    by,
    at: NOW,
    expiresAt: LATER,
    nonce: "0".repeat(32),
    ...more,
  };
  return { signed: { approval, attestation }, verified };
}

const voted = { ballot: { voter: `policy@${SCOPE}` } } as unknown as SignedBallot;
const people = (approvals: readonly CheckedApproval[], more: Partial<PeopleInput> = {}) => {
  const parties = partiesTo(["olga", "kim"], [voted]);
  const found = peopleOf({
    approvals,
    scope: SCOPE,
    planDigest,
    stateDigest,
    parties,
    now: NOW,
    latest: LATER,
    ...more,
  });
  return found.ok ? found.value : found.error.reason;
};

describe("whom a plan was approved by", () => {
  it("is each person who signed for it, once", () => {
    expect(people([])).toEqual([]);
    expect(people([given("ana"), given("bo")])).toEqual(["ana", "bo"]);
    expect(people([given("ana"), given("ana")])).toEqual(["ana"]);
  });

  it.each<[string, CheckedApproval, string]>([
    ["of another plan", given("bo", { planDigest: digestOf("x") }), "approval_of_another_plan"],
    [
      "of the same plan on another basis",
      given("bo", { stateDigest: digestOf("x") }),
      "approval_of_another_state",
    ],
    [
      "of another scope",
      given("bo", { scope: mint(isScopeId, "zone:other.example") }),
      "approval_of_another_plan",
    ],
    ["without a signature that holds", given("bo", {}, { verified: false }), "approval_not_signed"],
    ["that has expired", given("bo", { expiresAt: NOW }), "approval_expired"],
    ["that is good for ever", given("bo", { expiresAt: FOR_EVER }), "approval_too_long"],
    ["that is a no", given("bo", { verdict: "deny" }), "plan_denied"],
    ["that is neither yes nor no", given("bo", { verdict: "maybe" as "approve" }), "plan_denied"],
    ["by whoever asked for it", given("olga"), "not_distinct"],
    ["by the owner of a guardrail in it", given("kim"), "not_distinct"],
    ["by a voter", given(`policy@${SCOPE}`), "not_distinct"],
    ["by the executor", given("vault"), "not_distinct"],
    ["by a planner", given("reconciler"), "not_distinct"],
    [
      "by a second name on the same authenticator",
      given("bo", {}, { attestation: key("ana") }),
      "one_authenticator",
    ],
  ])("is nobody at all with an approval %s", (_, bad, reason) => {
    expect(people([given("ana"), bad])).toBe(reason);
    // In the other order the second of the two authenticators is the odd one; either way none counts.
    expect(people([bad, given("ana")])).toBe(reason);
  });

  it("tells passkeys apart by their credential", () => {
    const held = (by: string, id: string) => given(by, {}, { attestation: passkey(id) });
    expect(people([held("ana", "one"), held("bo", "two")])).toEqual(["ana", "bo"]);
    expect(people([held("ana", "one"), held("bo", "one")])).toBe("one_authenticator");
    expect(people([held("ana", "one"), held("ana", "two")])).toEqual(["ana"]);
  });
});

describe("what a run shows of its approvals", () => {
  const signed = (by: string, more: Partial<Approval> = {}) => given(by, more).signed;

  it("counts people, not clicks", () => {
    expect(approvedBy([signed("ana"), signed("ana"), signed("bo")], planDigest)).toEqual([
      "ana",
      "bo",
    ]);
  });

  it("counts only a yes to this plan", () => {
    const others = [
      signed("ana", { planDigest: digestOf("another") }),
      signed("bo", { verdict: "deny" }),
    ];
    expect(approvedBy(others, planDigest)).toEqual([]);
  });
});
