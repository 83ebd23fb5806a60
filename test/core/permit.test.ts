import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/canonical.ts";
import { instantOf } from "../../src/core/ids.ts";
import { voterIdOf } from "../../src/core/orchestration.ts";
import {
  type CheckedPermit,
  notPermitted,
  type Permit,
  permitterOf,
  type ReleaseNow,
} from "../../src/core/permit.ts";
import { SUITE } from "../../src/core/signing.ts";
import { NOW, SCOPE } from "./harbor.ts";

const LATER = instantOf("2099-01-01T00:00:00Z");
const [planDigest, stateDigest, inForce] = [
  digestOf("plan"),
  digestOf("state"),
  digestOf("bundle"),
];
const release: ReleaseNow = { scope: SCOPE, planDigest, stateDigest, inForce, people: 1, now: NOW };
const checked = (more: Partial<Permit> = {}, verified = true): CheckedPermit => ({
  signed: {
    permit: {
      version: 1,
      voter: permitterOf(SCOPE),
      suite: SUITE,
      key: digestOf("key"),
      scope: SCOPE,
      planDigest,
      stateDigest,
      policyDigest: inForce,
      decision: "allow",
      tier: 2,
      by: ["p-revert"],
      at: NOW,
      expiresAt: LATER,
      ...more,
    },
    signature: { suite: SUITE, signatures: {} },
  },
  verified,
});

describe("the policies' answer at the time of release", () => {
  it("lets a plan go that the bundle in force permits with the people who have approved", () => {
    expect(notPermitted(checked(), release)).toBeNull();
    expect(notPermitted(checked({ tier: 1 }), { ...release, people: 0 })).toBeNull();
  });

  it.each<[string, CheckedPermit | null, object]>([
    ["none at all", null, { reason: "permit_invalid", detail: "missing" }],
    ["another plan's", checked({ planDigest: digestOf("x") }), { detail: "another_plan" }],
    ["one over another basis", checked({ stateDigest: digestOf("x") }), { detail: "another_plan" }],
    [
      "another voter's",
      checked({ voter: voterIdOf("simulation", SCOPE) }),
      { detail: "another_voter" },
    ],
    ["another scope's", checked({ scope: "zone:x.example" as never }), { detail: "another_voter" }],
    ["one that nobody signed", checked({}, false), { detail: "not_signed" }],
    ["one that has run out", checked({ expiresAt: NOW }), { detail: "expired" }],
    [
      "one of other policies",
      checked({ policyDigest: digestOf("old") }),
      { reason: "other_policies", inForce },
    ],
    [
      "a no",
      checked({ decision: "forbid", tier: 4, by: ["f-frozen"] }),
      { reason: "policy_forbids", by: ["f-frozen"] },
    ],
    ["a word that is neither", checked({ decision: "" as never }), { reason: "policy_forbids" }],
    [
      "a yes with more people",
      checked({ tier: 3 }),
      { reason: "policy_asks_for_more", tier: 3, given: 1 },
    ],
    ["a yes at a tier that never runs", checked({ tier: 4 }), { reason: "policy_asks_for_more" }],
  ])("refuses %s, with a reason of its own", (_, permit, reason) => {
    expect(notPermitted(permit, release)).toMatchObject(reason);
  });
});
