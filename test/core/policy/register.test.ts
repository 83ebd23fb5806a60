import { expect, it } from "vitest";
import type { Attestation } from "../../../src/core/attestation.ts";
import { digestOf } from "../../../src/core/canonical.ts";
import { instantOf } from "../../../src/core/ids.ts";
import { NO_TEAM_POLICIES } from "../../../src/core/policy/bundle.ts";
import { consented, type PolicyVersion } from "../../../src/core/policy/register.ts";
import { NOW } from "../harbor.ts";

const DIGEST = digestOf("bundle");
const LATER = instantOf("2099-01-01T00:00:00Z");
const version: PolicyVersion = {
  version: 3,
  digest: DIGEST,
  at: NOW,
  team: NO_TEAM_POLICIES,
  table: { entities: [], rows: [] },
  reason: "fewer surprises",
  by: "olga",
  consents: [],
  activatedAt: null,
};

const passkey = (credentialId: string): Attestation => ({
  type: "passkey",
  credentialId,
  authenticatorData: "",
  clientDataJson: "",
  signature: "",
});

function said(
  of: PolicyVersion,
  by: string,
  { device = by, verified = true, more = {}, active = 2, digest = DIGEST } = {},
) {
  const consent = {
    version: 3,
    digest: DIGEST,
    by,
    at: NOW,
    expiresAt: LATER,
    nonce: "00",
    ...more,
  };
  const signed = { consent, attestation: passkey(device) };
  return consented(of, { active }, { signed, verified, digest, now: NOW });
}

const agreed = (result: ReturnType<typeof said>): PolicyVersion => {
  if (!result.ok) throw new Error(result.error.reason);
  return result.value;
};
const reason = (result: ReturnType<typeof said>) => (result.ok ? null : result.error.reason);

it("is in force when a second person has agreed, and no sooner", () => {
  const one = agreed(said(version, "ana"));
  expect(one.activatedAt).toBeNull();
  expect(agreed(said(one, "ana", { device: "her other one" }))).toBe(one);
  expect(agreed(said(one, "bo")).activatedAt).not.toBeNull();
});

it("is not put in force by two names with one authenticator", () => {
  const one = agreed(said(version, "ana", { device: "k1" }));
  expect(reason(said(one, "ana.the.second", { device: "k1" }))).toBe("one_authenticator");
});

it.each([
  ["its author", said(version, "olga"), "own_proposal"],
  ["a word that is not signed", said(version, "ana", { verified: false }), "not_signed"],
  [
    "a word about another version",
    said(version, "ana", { more: { version: 2 } }),
    "another_digest",
  ],
  [
    "a word about another text",
    said(version, "ana", { more: { digest: digestOf("other") } }),
    "another_digest",
  ],
  [
    "a build that makes another bundle of it",
    said(version, "ana", { digest: digestOf("other") }),
    "another_digest",
  ],
  [
    "a word that has run out",
    said(version, "ana", { more: { expiresAt: NOW } }),
    "consent_expired",
  ],
  [
    "a word without an end",
    said(version, "ana", { more: { expiresAt: undefined as never } }),
    "consent_expired",
  ],
  ["anybody when a later one is in force", said(version, "ana", { active: 4 }), "overtaken"],
])("is not put in force by %s", (_, result, expected) => {
  expect(reason(result)).toBe(expected);
});
