/** Policies are put in force by two people's passkeys, over the version and the digest of the bundle that it makes. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { policiesOf } from "../../durable-objects/bindings.ts";
import { challengeOf } from "../../src/core/attestation.ts";
import { instantOf, isDigest, mint } from "../../src/core/ids.ts";
import type { PolicyConsent, SignedConsent } from "../../src/core/policy/register.ts";
import type { Authenticator } from "../support/authenticator.ts";
import { type Asked, json, post, registered, slug } from "../support/people.ts";
import { apiJson, control } from "../support/world.ts";

interface Version {
  readonly version: number;
  readonly digest: string;
  readonly status: string;
  readonly consents: readonly { readonly by: string }[];
}

let ana: Authenticator;
let bo: Authenticator;

const proposed = (frameworks: object): Promise<Version> =>
  json(post("/api/v1/policies", "dev-operator", { frameworks, reason: "an audit is due" }));
const inForce = async (): Promise<number> =>
  (await apiJson<{ active: { version: number } }>("/api/v1/policies")).active.version;
const activations = ({ version }: Version): string => `/api/v1/policies/${version}/activations`;
const asked = ({ digest, ...version }: Version, person: string): Promise<Asked> =>
  json(post(`${activations({ digest, ...version })}/challenge`, person, { digest }));

/** What a person's authenticator says to this version, for the vault itself. */
async function consentOf(
  { version, digest }: Pick<Version, "version" | "digest">,
  { by, key, ahead = 60_000 }: { by: string; key: Authenticator; ahead?: number },
): Promise<SignedConsent> {
  const consent: PolicyConsent = {
    version,
    digest: mint(isDigest, digest),
    by,
    at: instantOf(new Date().toISOString()),
    expiresAt: instantOf(new Date(Date.now() + ahead).toISOString()),
    nonce: crypto.randomUUID().replaceAll("-", ""),
  };
  const { id, response } = await key.sign({ challenge: challengeOf("policy/v1", consent) });
  return {
    consent,
    attestation: {
      type: "passkey",
      credentialId: id,
      authenticatorData: response.authenticatorData,
      clientDataJson: response.clientDataJSON,
      signature: response.signature,
    },
  };
}

beforeAll(async () => {
  await control("POST", "/reset", {});
  ana = await registered("dev-approver-1");
  bo = await registered("dev-approver-2");
  await json(post(`/api/v1/passkeys/${ana.id}/confirmation`, "dev-operator"));
  await json(post(`/api/v1/passkeys/${bo.id}/confirmation`, "dev-approver-1"));
});

describe("a version of policies", () => {
  it("is in force with the passkeys of two people, and not with one", async () => {
    const made = await proposed({ soc2: ["*"] });
    for (const [person, key, status] of [
      ["dev-approver-1", ana, "proposed"],
      ["dev-approver-2", bo, "active"],
    ] as const) {
      const { statement, public_key } = await asked(made, person);
      expect(public_key.allowCredentials).toEqual([{ type: "public-key", id: key.id }]);
      const assertion = await key.sign({ challenge: public_key.challenge });
      const body = { digest: made.digest, signed: { statement, assertion } };
      const now = await json<Version>(post(activations(made), person, body));
      expect(now.status).toBe(status);
    }
    expect(await inForce()).toBe(made.version);
  });

  it("is not agreed to by a signature over another version, by somebody else's, or by one that was not verified", async () => {
    const [made, other] = [await proposed({ "pci-dss": ["*"] }), await proposed({})];
    const { statement, public_key } = await asked(made, "dev-approver-1");
    const { challenge } = public_key;
    const give = (to: Version, assertion: object, person = "dev-approver-1") =>
      slug(post(activations(to), person, { digest: to.digest, signed: { statement, assertion } }));
    expect(await give(other, await ana.sign({ challenge }))).toBe("signature-invalid");
    expect(await give(made, await bo.sign({ challenge }))).toBe("signature-invalid");
    expect(await give(made, await ana.sign({ challenge }), "dev-approver-2")).toBe(
      "signature-invalid",
    );
    expect(await give(made, await ana.sign({ challenge, verified: false }))).toBe(
      "signature-invalid",
    );
  });

  it("is refused by the vault itself: a replay for another bundle, the same person twice, a challenge that has run out", async () => {
    const register = policiesOf(env);
    const before = await inForce();
    const [made, other] = [await proposed({ soc2: [] }), await proposed({ "pci-dss": [] })];
    const good = await consentOf(made, { by: "dev-approver-1", key: ana });
    // Signed for one bundle, shown for another: neither its number nor its digest can be exchanged.
    const moved = (change: Partial<PolicyConsent>) =>
      register.consent({ ...good, consent: { ...good.consent, ...change } });
    expect(await moved({ version: other.version })).toMatchObject({
      error: { reason: "another_digest" },
    });
    expect(
      await moved({ version: other.version, digest: mint(isDigest, other.digest) }),
    ).toMatchObject({ error: { reason: "not_signed" } });
    const late = await consentOf(made, { by: "dev-approver-1", key: ana, ahead: -1 });
    expect(await register.consent(late)).toMatchObject({ error: { reason: "consent_expired" } });
    const renewed = { ...late.consent, expiresAt: good.consent.expiresAt };
    expect(await register.consent({ ...late, consent: renewed })).toMatchObject({
      error: { reason: "not_signed" },
    });
    const named = await consentOf(made, { by: "dev-approver-2", key: ana });
    expect(await register.consent(named)).toMatchObject({ error: { reason: "not_signed" } });
    for (const signed of [good, good, await consentOf(made, { by: "dev-approver-1", key: ana })])
      expect(await register.consent(signed)).toMatchObject({
        ok: true,
        value: { activatedAt: null, consents: [{ consent: { by: "dev-approver-1" } }] },
      });
    expect(await inForce()).toBe(before);
    const second = await consentOf(made, { by: "dev-approver-2", key: bo });
    expect(await register.consent(second)).toMatchObject({ ok: true });
    expect(await inForce()).toBe(made.version);
  });

  it("is not agreed to by a passkey that nobody has confirmed", async () => {
    const made = await proposed({ soc2: ["*"], "pci-dss": ["*"] });
    const fresh = await registered("dev-approver-1");
    const signed = await consentOf(made, { by: "dev-approver-1", key: fresh });
    expect(await policiesOf(env).consent(signed)).toMatchObject({
      error: { reason: "not_signed" },
    });
  });
});
