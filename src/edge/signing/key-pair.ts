/**
 * Keys that sign with all algorithms of a suite. A private key exists as 32-byte seeds in the storage of the one object
 * that owns it, and as non-extractable keys in its memory; it never leaves that object.
 */
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { ml_dsa44, ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import {
  type AlgorithmId,
  fits,
  type PublicKeys,
  type Signature,
  SUITE,
  type SuiteId,
  SUITES,
  suiteOf,
} from "../../core/signing.ts";

/** What has to be kept to have the same keys again: a seed for each algorithm, hex. */
export interface Seeds {
  readonly suite: SuiteId;
  readonly seeds: Readonly<Partial<Record<AlgorithmId, string>>>;
}

export interface KeyPair {
  readonly publicKeys: PublicKeys;
  sign(bytes: Uint8Array): Promise<Signature>;
}

/** One algorithm: a seed becomes a key that signs, and a public key judges. */
interface Algorithm {
  open(seed: Uint8Array): Promise<{
    readonly publicKey: Uint8Array;
    sign(bytes: Uint8Array): Promise<Uint8Array>;
  }>;
  verify(bytes: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): Promise<boolean>;
}

const SEED_BYTES = 32;
const ED25519 = { name: "Ed25519" } as const;
/** PKCS#8 header before a raw Ed25519 seed (RFC 8410). */
const ED25519_PKCS8 = hexToBytes("302e020100300506032b657004220420");

const ed25519: Algorithm = {
  async open(seed) {
    const pkcs8 = new Uint8Array([...ED25519_PKCS8, ...seed]);
    const exportable = await crypto.subtle.importKey("pkcs8", pkcs8, ED25519, true, ["sign"]);
    const { x = "" } = (await crypto.subtle.exportKey("jwk", exportable)) as JsonWebKey;
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, ED25519, false, ["sign"]);
    return {
      publicKey: new Uint8Array(Buffer.from(x, "base64url")),
      sign: async (bytes) => new Uint8Array(await crypto.subtle.sign(ED25519, key, bytes)),
    };
  },
  async verify(bytes, signature, publicKey) {
    const key = await crypto.subtle.importKey("raw", publicKey, ED25519, false, ["verify"]);
    return crypto.subtle.verify(ED25519, key, signature, bytes);
  },
};

/** A runtime without ML-DSA in WebCrypto uses the library; signatures verify both ways. */
function mlDsa(name: "ML-DSA-44" | "ML-DSA-65", library: typeof ml_dsa44): Algorithm {
  return {
    async open(seed) {
      const { publicKey, secretKey } = library.keygen(seed);
      const native = isNative(name)
        ? await crypto.subtle.importKey("raw-seed", seed, { name }, false, ["sign"])
        : null;
      return {
        publicKey,
        sign: async (bytes) =>
          native
            ? new Uint8Array(await crypto.subtle.sign({ name }, native, bytes))
            : library.sign(bytes, secretKey),
      };
    },
    async verify(bytes, signature, publicKey) {
      if (!isNative(name)) return library.verify(signature, bytes, publicKey);
      const key = await crypto.subtle.importKey("raw-public", publicKey, { name }, false, [
        "verify",
      ]);
      return crypto.subtle.verify({ name }, key, signature, bytes);
    },
  };
}

export const IMPLEMENTED: Readonly<Record<AlgorithmId, Algorithm>> = {
  ed25519,
  "ml-dsa-44": mlDsa("ML-DSA-44", ml_dsa44),
  "ml-dsa-65": mlDsa("ML-DSA-65", ml_dsa65),
};

export const newSeeds = (suite: SuiteId = SUITE): Seeds => ({
  suite,
  seeds: Object.fromEntries(
    SUITES[suite].algorithms.map((id) => [
      id,
      bytesToHex(crypto.getRandomValues(new Uint8Array(SEED_BYTES))),
    ]),
  ),
});

export async function openKeyPair({ suite, seeds }: Seeds): Promise<KeyPair> {
  const opened = await Promise.all(
    SUITES[suite].algorithms.map(
      async (id) => [id, await IMPLEMENTED[id].open(hexToBytes(seeds[id] ?? ""))] as const,
    ),
  );
  return {
    publicKeys: {
      suite,
      keys: Object.fromEntries(opened.map(([id, { publicKey }]) => [id, bytesToHex(publicKey)])),
    },
    async sign(bytes) {
      const parts = await Promise.all(
        opened.map(async ([id, key]) => [id, bytesToHex(await key.sign(bytes))] as const),
      );
      return { suite, signatures: Object.fromEntries(parts) };
    },
  };
}

/** All signatures of the suite must hold. Malformed keys or signatures are simply not valid. */
export async function verify(
  bytes: Uint8Array,
  signature: Signature,
  keys: PublicKeys,
): Promise<boolean> {
  try {
    if (!fits(signature, keys)) return false;
    const results = await Promise.all(
      (suiteOf(signature.suite)?.algorithms ?? []).map((id) =>
        IMPLEMENTED[id].verify(
          bytes,
          hexToBytes(signature.signatures[id] ?? ""),
          hexToBytes(keys.keys[id] ?? ""),
        ),
      ),
    );
    return results.length > 0 && results.every(Boolean);
  } catch {
    return false;
  }
}

function isNative(name: string): boolean {
  const subtle = SubtleCrypto as unknown as {
    supports?: (operation: string, algorithm: string) => boolean;
  };
  return subtle.supports?.("sign", name) ?? false;
}
