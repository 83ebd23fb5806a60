/** An approval that a person signed with a passkey, as whoever has the bundle alone verifies it. */
import { beforeAll, describe, expect, it } from "vitest";
import { sealsIn } from "../cli/evidence-seals.ts";
import type { Approval } from "../src/core/approval.ts";
import { challengeOf, type PasskeyAssertion } from "../src/core/attestation.ts";
import { canonicalise, digestOf } from "../src/core/canonical.ts";
import type { EvidenceKeys } from "../src/core/evidence/keys.ts";
import { instantOf, isScopeId, mint } from "../src/core/ids.ts";
import { approvalEnvelope, ENVELOPE_TYPE } from "../src/core/log/envelope.ts";
import { attachmentText } from "../src/core/log/leaf.ts";
import type { Passkey, PasskeyRequest } from "../src/core/passkey-register.ts";
import { madePasskey } from "../src/edge/passkey/webauthn.ts";
import { Authenticator, type Ceremony } from "./support/authenticator.ts";

const PARTY = { id: "localhost", origins: ["http://localhost:8787"] };
const NOW = instantOf("2026-03-01T12:00:00Z");
const LATER = instantOf("2026-03-01T13:00:00Z");
const approval: Approval = {
  version: 1,
  scope: mint(isScopeId, "zone:example.com"),
  planDigest: digestOf("plan"),
  stateDigest: digestOf("state"),
  verdict: "approve",
  by: "ana",
  at: NOW,
  expiresAt: LATER,
  nonce: "1".repeat(32),
};
const FILE = "evidence/approval.json";
let authenticator: Authenticator;
let passkey: Passkey;

const keysOf = (people: readonly Passkey[], party = PARTY): EvidenceKeys => ({
  notaries: [],
  register_root: { suite: "ed25519+ml-dsa-44", keys: {} },
  voters: [],
  people,
  relying_party: party,
});

async function signed(ceremony: Partial<Ceremony> = {}): Promise<PasskeyAssertion> {
  const challenge = challengeOf("approval/v1", approval);
  const { id, response } = await authenticator.sign({ challenge, ...ceremony });
  const { authenticatorData, clientDataJSON: clientDataJson, signature } = response;
  return { type: "passkey", credentialId: id, authenticatorData, clientDataJson, signature };
}

/** What the verifier says of one kept envelope. */
async function judged(envelope: object, keys: EvidenceKeys = keysOf([passkey])) {
  const problems: string[] = [];
  const content = { mediaType: ENVELOPE_TYPE, text: JSON.stringify(envelope) };
  const seals = await sealsIn(
    {
      files: new Set([FILE]),
      text: () => Promise.resolve(attachmentText(content, "00")),
      note: (file, problem) => problems.push(`${file} ${problem}`),
    },
    keys,
  );
  return { approvals: seals.approvals, sandbox: seals.sandbox, problems };
}

const withPayload = (envelope: ReturnType<typeof approvalEnvelope>, of: object) => ({
  ...envelope,
  payload: Buffer.from(canonicalise({ ...approval, ...of })).toString("base64"),
});

beforeAll(async () => {
  authenticator = await Authenticator.make();
  const request: PasskeyRequest = {
    version: 1,
    by: "ana",
    at: NOW,
    expiresAt: LATER,
    nonce: "0".repeat(32),
  };
  const { id, response } = await authenticator.register({
    challenge: challengeOf("passkey/v1", request),
  });
  const { attestationObject, clientDataJSON: clientDataJson } = response;
  const made = await madePasskey(request, { id, attestationObject, clientDataJson }, PARTY);
  if (!made) throw new Error("is not a passkey");
  passkey = { ...made, person: "ana", registeredAt: NOW, confirmedBy: "bo" };
});

describe("an approval by passkey", () => {
  it("holds by the person's key alone, and counts as a person's", async () => {
    const envelope = approvalEnvelope({ approval, attestation: await signed() });
    expect(await judged(envelope)).toEqual({ approvals: 1, sandbox: 0, problems: [] });
  });

  it.each<[string, Partial<Ceremony>]>([
    [
      "over another statement",
      { challenge: challengeOf("approval/v1", { ...approval, by: "bo" }) },
    ],
    ["for another purpose", { challenge: challengeOf("passkey/v1", approval) }],
    ["on another page", { origin: "https://elsewhere.example" }],
    ["for another site", { rpId: "elsewhere.example" }],
    ["without the person verified", { verified: false }],
    ["as a registration", { type: "webauthn.create" }],
  ])("does not hold %s", async (_, ceremony) => {
    const envelope = approvalEnvelope({ approval, attestation: await signed(ceremony) });
    expect(await judged(envelope)).toEqual({
      approvals: 0,
      sandbox: 0,
      problems: [`${FILE} has a passkey's signature that does not hold`],
    });
  });

  it("does not hold when what was approved, or who did, is put otherwise", async () => {
    const envelope = approvalEnvelope({ approval, attestation: await signed() });
    for (const change of [{ verdict: "deny" }, { planDigest: digestOf("other") }, { nonce: "2" }])
      expect((await judged(withPayload(envelope, change))).problems).toEqual([
        `${FILE} has a passkey's signature that does not hold`,
      ]);
    const strange = `${FILE} is signed with a passkey that keys.json does not have of`;
    const byBo = withPayload(envelope, { by: "bo" });
    expect((await judged(byBo)).problems).toEqual([`${strange} bo`]);
    expect((await judged(envelope, keysOf([]))).problems).toEqual([`${strange} ana`]);
    const others = keysOf([passkey], { id: "localhost", origins: ["http://localhost:1"] });
    expect((await judged(envelope, others)).problems).toHaveLength(1);
  });

  it("does not hold when the assertion is cut, or no envelope at all", async () => {
    const envelope = approvalEnvelope({ approval, attestation: await signed() });
    const [first] = envelope.signatures;
    const cut = { ...envelope, signatures: [{ ...first, sig: first?.sig.slice(8) ?? "" }] };
    expect((await judged(cut)).problems).toHaveLength(1);
    expect((await judged({ payload: "" })).problems).toEqual([`${FILE} is not an envelope`]);
    const nothing = { ...envelope, payload: Buffer.from("null").toString("base64") };
    expect((await judged(nothing)).problems).toEqual([`${FILE} is no approval of anybody`]);
  });
});
