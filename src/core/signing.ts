/** The bytes that are signed, and what a key is. Core makes bytes and judges verdicts; the edge signs and verifies. */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalise } from "./canonical.ts";

/** A named set of algorithms that sign together; a signature holds only if all of them do. */
export const SUITE = "ed25519+ml-dsa-44";

export interface PublicKeys {
  readonly suite: typeof SUITE;
  /** 32 bytes, hex. */
  readonly ed25519: string;
  /** 1,312 bytes, hex. */
  readonly mlDsa44: string;
}

export interface Signature {
  readonly suite: typeof SUITE;
  readonly ed25519: string;
  readonly mlDsa44: string;
}

/** Domain separation: a signature for one purpose is worth nothing for another. */
export type Purpose = "ballot/v1" | "approval/v1";

export const signedBytes = (purpose: Purpose, content: unknown): Uint8Array =>
  utf8ToBytes(`driftless:${purpose}\n${canonicalise(content)}`);
