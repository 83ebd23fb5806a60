/** WebAuthn: whether an authenticator made this key, and whether it signed this very statement, with the person verified. */
import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";
import { challengeOf, type PasskeyAssertion } from "../../core/attestation.ts";
import type { Passkey, PasskeyRequest, PasskeyResponse } from "../../core/passkey-register.ts";
import type { Purpose } from "../../core/signing.ts";

export interface RelyingParty {
  /** The domain that passkeys are bound to. */
  readonly id: string;
  /** Where pages may ask for them. */
  readonly origins: readonly string[];
}

/** ES256, EdDSA, RS256: what authenticators have. */
const ALGORITHMS = [-7, -8, -257];

/** The new passkey, or null: the answer is not one to this request, from this site, with the person verified. */
export async function madePasskey(
  request: PasskeyRequest,
  { id, attestationObject, clientDataJson }: PasskeyResponse,
  party: RelyingParty,
): Promise<Pick<Passkey, "id" | "publicKey" | "counter" | "synced"> | null> {
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        id,
        rawId: id,
        type: "public-key",
        response: { attestationObject, clientDataJSON: clientDataJson },
        clientExtensionResults: {},
      },
      expectedChallenge: challengeOf("passkey/v1", request),
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!verified || registrationInfo.credential.id !== id) return null;
    const { credential, credentialDeviceType } = registrationInfo;
    return {
      id,
      publicKey: Buffer.from(credential.publicKey).toString("base64url"),
      counter: credential.counter,
      synced: credentialDeviceType === "multiDevice",
    };
  } catch {
    // The library throws for every way in which an answer can be wrong: none of them is a passkey.
    return null;
  }
}

/** What the authenticator's counter says; null: it did not sign this statement, or not with this passkey. */
export async function signedWith(
  passkey: Passkey,
  { purpose, content }: { readonly purpose: Purpose; readonly content: unknown },
  { assertion, party }: { readonly assertion: PasskeyAssertion; readonly party: RelyingParty },
): Promise<number | null> {
  const { credentialId, authenticatorData, clientDataJson, signature } = assertion;
  if (credentialId !== passkey.id) return null;
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id: credentialId,
        rawId: credentialId,
        type: "public-key",
        response: { authenticatorData, clientDataJSON: clientDataJson, signature },
        clientExtensionResults: {},
      },
      expectedChallenge: challengeOf(purpose, content),
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      requireUserVerification: true,
      // Counters are judged by the register, which knows what it has seen before.
      credential: {
        id: passkey.id,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, "base64url")),
        counter: 0,
      },
    });
    return verified && authenticationInfo.userVerified ? authenticationInfo.newCounter : null;
  } catch {
    return null;
  }
}
