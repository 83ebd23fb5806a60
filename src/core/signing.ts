/** The bytes that are signed, and what a key is. Core makes bytes and judges verdicts; the edge signs and verifies. */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalise, digestOf } from "./canonical.ts";
import type { Digest } from "./ids.ts";

/** Signature algorithms by the ids that stand in ballots, keys and signatures. */
export type AlgorithmId = "ed25519" | "ml-dsa-44" | "ml-dsa-65";

/** `signs`: new keys are made with it. `verifies`: old keys still count. `withdrawn`: nothing of it counts. */
export type AlgorithmStatus = "signs" | "verifies" | "withdrawn";

/** Sizes of raw keys and signatures: whatever has another length is refused before any arithmetic. */
interface Algorithm {
  readonly publicKeyBytes: number;
  readonly signatureBytes: number;
}

export const ALGORITHMS: Readonly<Record<AlgorithmId, Algorithm>> = {
  ed25519: { publicKeyBytes: 32, signatureBytes: 64 },
  "ml-dsa-44": { publicKeyBytes: 1_312, signatureBytes: 2_420 },
  "ml-dsa-65": { publicKeyBytes: 1_952, signatureBytes: 3_309 },
};

/**
 * Named sets of algorithms that sign together; a signature holds only if all of them do. To change algorithms: add a
 * suite that `verifies`, deploy, make it the one that `signs`, rotate the voters' keys, withdraw the old one.
 */
export const SUITES = {
  "ed25519+ml-dsa-44": { algorithms: ["ed25519", "ml-dsa-44"], status: "signs" },
  "ed25519+ml-dsa-65": { algorithms: ["ed25519", "ml-dsa-65"], status: "verifies" },
} as const satisfies Readonly<Record<string, SuiteOf>>;

interface SuiteOf {
  readonly algorithms: readonly AlgorithmId[];
  readonly status: AlgorithmStatus;
}

export type SuiteId = keyof typeof SUITES;

/** What new keys are made for. */
export const SUITE: SuiteId = "ed25519+ml-dsa-44";

/** Null: nobody knows the suite, or nothing signed with it counts any more. */
export function suiteOf(id: string): SuiteOf | null {
  const suite: SuiteOf | undefined = isSuite(id) ? SUITES[id] : undefined;
  return suite === undefined || suite.status === "withdrawn" ? null : suite;
}

const isSuite = (id: string): id is SuiteId => Object.hasOwn(SUITES, id);

export interface PublicKeys {
  readonly suite: SuiteId;
  /** Raw, hex, by algorithm. */
  readonly keys: Readonly<Partial<Record<AlgorithmId, string>>>;
}

export interface Signature {
  readonly suite: SuiteId;
  /** Raw, hex, by algorithm. */
  readonly signatures: Readonly<Partial<Record<AlgorithmId, string>>>;
}

/** What a set of keys is called: the digest of all of them. */
export const keyIdOf = ({ suite, keys }: PublicKeys): Digest => digestOf({ suite, keys });

/** Whether these are keys of a suite that counts, each of its length, and nothing more. */
export function areKeys({ suite, keys }: PublicKeys): boolean {
  const algorithms = suiteOf(suite)?.algorithms ?? [];
  return (
    algorithms.length > 0 &&
    Object.keys(keys).length === algorithms.length &&
    algorithms.every((id) => isHex(keys[id], ALGORITHMS[id].publicKeyBytes))
  );
}

/** Whether `signature` has the form that `keys` ask for: the same suite, one part of each algorithm, nothing more. */
export function fits(signature: Signature, keys: PublicKeys): boolean {
  const algorithms = suiteOf(signature.suite)?.algorithms ?? [];
  return (
    algorithms.length > 0 &&
    signature.suite === keys.suite &&
    Object.keys(signature.signatures).length === algorithms.length &&
    algorithms.every((id) => isHex(signature.signatures[id], ALGORITHMS[id].signatureBytes)) &&
    areKeys(keys)
  );
}

const isHex = (text: string | undefined, bytes: number): boolean =>
  text !== undefined && text.length === bytes * 2 && /^[0-9a-f]*$/.test(text);

/** Domain separation: a signature for one purpose is worth nothing for another. */
export type Purpose =
  | "ballot/v2"
  | "permit/v1"
  | "approval/v1"
  | "policy/v1"
  | "introduction/v1"
  | "register/v1"
  | "ruling/v1"
  | "passkey/v1"
  | "lessons/v1";

/** The payload's type in the DSSE envelope of what was signed: `ballot/v1` is `application/vnd.driftless.ballot.v1+json`. */
export const payloadTypeOf = (purpose: Purpose): string =>
  `application/vnd.driftless.${purpose.replace("/", ".")}+json`;

/** Pre-authentication encoding of DSSE: what is signed of an envelope. */
export const preAuthEncoding = (payloadType: string, payload: string): Uint8Array =>
  utf8ToBytes(`DSSEv1 ${lengthOf(payloadType)} ${payloadType} ${lengthOf(payload)} ${payload}`);

const lengthOf = (text: string): number => utf8ToBytes(text).length;

/** Signatures are those of a DSSE envelope, so that ballots and approvals verify with foreign tools too. */
export const signedBytes = (purpose: Purpose, content: unknown): Uint8Array =>
  preAuthEncoding(payloadTypeOf(purpose), canonicalise(content));
