/** DSSE envelopes: a payload and who signed it, in a form that foreign tools verify. */
import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { SignedApproval } from "../approval.ts";
import type { SignedBallot } from "../ballot.ts";
import { canonicalise } from "../canonical.ts";
import { payloadTypeOf, type Signature } from "../signing.ts";
import { toBase64 } from "./base64.ts";

/** How an envelope is kept. */
export const ENVELOPE_TYPE = "application/vnd.dsse.envelope.v1+json";

export interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

const envelope = (
  payloadType: string,
  payload: string,
  signatures: Envelope["signatures"],
): Envelope => ({ payload: toBase64(utf8ToBytes(payload)), payloadType, signatures });

/** A signature has a part of each algorithm of its suite, and so has the envelope; all have to hold. */
const parts = (keyid: string, { signatures }: Signature): Envelope["signatures"] =>
  Object.entries(signatures).map(([algorithm, hex]) => ({
    keyid: `${keyid}/${algorithm}`,
    sig: toBase64(hexToBytes(hex)),
  }));

/** The voter's own signatures, over exactly these bytes. */
export const ballotEnvelope = ({ ballot, signature }: SignedBallot): Envelope =>
  envelope(payloadTypeOf("ballot/v2"), canonicalise(ballot), parts(ballot.key, signature));

/**
 * A person's signature over exactly these bytes. A passkey signs the digest of the same bytes as its challenge, so its
 * whole assertion stands in the place of the signature.
 */
export const approvalEnvelope = ({ approval, attestation }: SignedApproval): Envelope =>
  envelope(
    payloadTypeOf("approval/v1"),
    canonicalise(approval),
    attestation.type === "key"
      ? parts(attestation.key, attestation.signature)
      : [
          {
            keyid: `passkey/${attestation.credentialId}`,
            sig: toBase64(utf8ToBytes(canonicalise(attestation))),
          },
        ],
  );

/** What the record's notary has taken in: it signs for what was said to it, not for its truth. */
export const sealedEnvelope = (
  payloadType: string,
  payload: string,
  signature: Signature,
): Envelope => envelope(payloadType, payload, parts("notary", signature));
