import { beforeAll, describe, expect, it } from "vitest";
import type { Approval } from "../../../src/core/approval.ts";
import { challengeOf, type PasskeyAssertion } from "../../../src/core/attestation.ts";
import { digestOf } from "../../../src/core/canonical.ts";
import { instantOf, isScopeId, mint } from "../../../src/core/ids.ts";
import type { Passkey, PasskeyRequest } from "../../../src/core/passkey-register.ts";
import { madePasskey, signedWith } from "../../../src/edge/passkey/webauthn.ts";
import { Authenticator, type Ceremony } from "../../support/authenticator.ts";

const PARTY = { id: "localhost", origins: ["http://localhost:8787"] };
const NOW = instantOf("2026-03-01T12:00:00Z");
const LATER = instantOf("2026-03-01T13:00:00Z");
const request: PasskeyRequest = {
  version: 1,
  by: "ana",
  at: NOW,
  expiresAt: LATER,
  nonce: "0".repeat(32),
};
const approval: Approval = {
  version: 1,
  scope: mint(isScopeId, "zone:harbor-books.example"),
  planDigest: digestOf("plan"),
  stateDigest: digestOf("state"),
  verdict: "approve",
  by: "ana",
  at: NOW,
  expiresAt: LATER,
  nonce: "1".repeat(32),
};
const REGISTER = challengeOf("passkey/v1", request);
const APPROVE = challengeOf("approval/v1", approval);

let authenticator: Authenticator;
let passkey: Passkey;

async function made(ceremony: Partial<Ceremony> = {}, of = request) {
  const { id, response } = await authenticator.register({ challenge: REGISTER, ...ceremony });
  const { attestationObject, clientDataJSON: clientDataJson } = response;
  return madePasskey(of, { id, attestationObject, clientDataJson }, PARTY);
}

async function assertion(ceremony: Partial<Ceremony> = {}): Promise<PasskeyAssertion> {
  const { id, response } = await authenticator.sign({ challenge: APPROVE, ...ceremony });
  const { authenticatorData, clientDataJSON: clientDataJson, signature } = response;
  return { type: "passkey", credentialId: id, authenticatorData, clientDataJson, signature };
}

const check = (given: PasskeyAssertion, content: unknown = approval, of: Partial<Passkey> = {}) =>
  signedWith(
    { ...passkey, ...of },
    { purpose: "approval/v1", content },
    { assertion: given, party: PARTY },
  );

beforeAll(async () => {
  authenticator = await Authenticator.make();
  const found = await made();
  if (!found) throw new Error("is not a passkey");
  passkey = { ...found, person: "ana", registeredAt: NOW, confirmedBy: "bo" };
});

describe("a new passkey", () => {
  it("is taken with its key and counter", () => {
    expect(passkey).toMatchObject({ id: authenticator.id, counter: 0, synced: false });
    expect(passkey.publicKey.length).toBeGreaterThan(80);
  });

  it.each<[string, Partial<Ceremony>]>([
    ["for another challenge", { challenge: APPROVE }],
    ["on another site", { origin: "https://evil.example" }],
    ["on a site whose name begins like ours", { origin: "http://localhost:87870" }],
    ["for another domain", { rpId: "evil.example" }],
    ["without the person being verified", { verified: false }],
    ["by signing instead of making", { type: "webauthn.get" }],
  ])("is not taken when it was made %s", async (_, ceremony) => {
    expect(await made(ceremony)).toBeNull();
  });

  it("is not taken for another person's request", async () => {
    expect(await made({}, { ...request, by: "bo" })).toBeNull();
  });
});

describe("a passkey's signature over an approval", () => {
  it("holds for this statement, and says how often the authenticator has signed", async () => {
    expect(await check(await assertion())).toBeGreaterThan(0);
  });

  it.each<[string, object]>([
    ["plan", { planDigest: digestOf("another") }],
    ["basis", { stateDigest: digestOf("another") }],
    ["scope", { scope: "zone:other.example" }],
    ["verdict", { verdict: "deny" }],
    ["person", { by: "bo" }],
    ["expiry", { expiresAt: instantOf("2027-03-01T13:00:00Z") }],
    ["nonce", { nonce: "2".repeat(32) }],
    ["version", { version: 2 }],
  ])("holds for no other %s", async (_, other) => {
    expect(await check(await assertion(), { ...approval, ...other })).toBeNull();
  });

  it.each<[string, Partial<Ceremony>]>([
    ["another challenge", { challenge: REGISTER }],
    ["another site", { origin: "https://evil.example" }],
    ["another domain", { rpId: "evil.example" }],
    ["a person who was not verified", { verified: false }],
    ["a ceremony that makes keys", { type: "webauthn.create" }],
  ])("does not hold with %s", async (_, ceremony) => {
    expect(await check(await assertion(ceremony))).toBeNull();
  });

  it("does not hold with one byte changed, anywhere", async () => {
    const good = await assertion();
    for (const member of ["authenticatorData", "clientDataJson", "signature"] as const) {
      const bytes = Buffer.from(good[member], "base64url");
      for (const index of [0, Math.floor(bytes.length / 2), bytes.length - 1]) {
        const bad = Buffer.from(bytes);
        bad[index] = (bad[index] ?? 0) ^ 1;
        const tampered = { ...good, [member]: bad.toString("base64url") };
        expect(await check(tampered), `${member} ${index}`).toBeNull();
      }
      expect(await check({ ...good, [member]: "" }), member).toBeNull();
      expect(await check({ ...good, [member]: "AAAA" }), member).toBeNull();
    }
  });

  it("does not hold under another authenticator's key, nor by its name", async () => {
    const given = await assertion();
    const other = await Authenticator.make();
    const { id, response } = await other.register({ challenge: REGISTER });
    const { attestationObject, clientDataJSON: clientDataJson } = response;
    const foreign = await madePasskey(request, { id, attestationObject, clientDataJson }, PARTY);
    expect(foreign).not.toBeNull();
    expect(await check(given, approval, { publicKey: foreign?.publicKey ?? "" })).toBeNull();
    expect(await check({ ...given, credentialId: other.id })).toBeNull();
  });

  it("holds for no other purpose", async () => {
    const given = await assertion();
    const of = { purpose: "ruling/v1", content: approval } as const;
    expect(await signedWith(passkey, of, { assertion: given, party: PARTY })).toBeNull();
  });
});
