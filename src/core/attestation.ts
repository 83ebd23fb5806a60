/**
 * How a person signs. What is signed is never a session or a click but the digest of what was read: a passkey signs it
 * as its challenge, a key of the sandbox signs the bytes themselves. Whoever depends on it verifies it anew.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { Digest, Instant } from "./ids.ts";
import { type Purpose, type Signature, signedBytes } from "./signing.ts";

/** A WebAuthn assertion (all base64url, as browsers give it). */
export interface PasskeyAssertion {
  readonly type: "passkey";
  readonly credentialId: string;
  readonly authenticatorData: string;
  readonly clientDataJson: string;
  readonly signature: string;
}

/** A signature by a key of the sandbox's development people. */
export interface KeySignature {
  readonly type: "key";
  readonly key: Digest;
  readonly signature: Signature;
}

export type Attestation = PasskeyAssertion | KeySignature;

/** What it was signed with: two people do not share one. */
export const deviceOf = (attestation: Attestation): string =>
  attestation.type === "passkey" ? attestation.credentialId : attestation.key;

/** A person decides something about the swarm itself. Plans have approvals instead. */
export interface Ruling {
  readonly version: 1;
  readonly what: "reinstate_voter" | "confirm_keys" | "confirm_passkey";
  /** What it is about, by name, and as it was seen. */
  readonly subject: string;
  readonly digest: Digest;
  readonly by: string;
  readonly at: Instant;
  readonly expiresAt: Instant;
  /** 32 hex digits. */
  readonly nonce: string;
}

export interface SignedRuling {
  readonly ruling: Ruling;
  readonly attestation: Attestation;
}

/** SHA-256 of what is signed, base64url: the challenge that an authenticator signs. */
export const challengeOf = (purpose: Purpose, content: unknown): string =>
  base64url(sha256(signedBytes(purpose, content)));

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function base64url(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += 3) {
    const [a = 0, b, c] = bytes.subarray(from, from + 3);
    const group = a * 65_536 + (b ?? 0) * 256 + (c ?? 0);
    const digits = [18, 12, 6, 0].map((shift) => ALPHABET[Math.floor(group / 2 ** shift) % 64]);
    text += digits.slice(0, c === undefined ? (b === undefined ? 2 : 3) : 4).join("");
  }
  return text;
}
