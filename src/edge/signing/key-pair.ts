/**
 * Keys that sign with both algorithms of the suite. A private key exists as two 32-byte seeds in the storage of the one
 * object that owns it, and as non-extractable keys in its memory; it never leaves that object.
 */
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";
import { type PublicKeys, type Signature, SUITE } from "../../core/signing.ts";

const ED25519 = { name: "Ed25519" } as const;
const ML_DSA = { name: "ML-DSA-44" } as const;
/** PKCS#8 header before a raw Ed25519 seed (RFC 8410). */
const ED25519_PKCS8 = hexToBytes("302e020100300506032b657004220420");

/** What has to be kept to have the same keys again: two seeds, hex. */
export interface Seeds {
  readonly ed25519: string;
  readonly mlDsa44: string;
}

export interface KeyPair {
  readonly publicKeys: PublicKeys;
  sign(bytes: Uint8Array): Promise<Signature>;
}

export function newSeeds(): Seeds {
  return {
    ed25519: bytesToHex(crypto.getRandomValues(new Uint8Array(32))),
    mlDsa44: bytesToHex(crypto.getRandomValues(new Uint8Array(32))),
  };
}

export async function openKeyPair(seeds: Seeds): Promise<KeyPair> {
  const pkcs8 = new Uint8Array([...ED25519_PKCS8, ...hexToBytes(seeds.ed25519)]);
  const exportable = await crypto.subtle.importKey("pkcs8", pkcs8, ED25519, true, ["sign"]);
  const { x = "" } = (await crypto.subtle.exportKey("jwk", exportable)) as JsonWebKey;
  const classical = await crypto.subtle.importKey("pkcs8", pkcs8, ED25519, false, ["sign"]);
  const lattice = ml_dsa44.keygen(hexToBytes(seeds.mlDsa44));
  const native = hasNativeMlDsa()
    ? await crypto.subtle.importKey("raw-seed", hexToBytes(seeds.mlDsa44), ML_DSA, false, ["sign"])
    : null;
  return {
    publicKeys: {
      suite: SUITE,
      ed25519: Buffer.from(x, "base64url").toString("hex"),
      mlDsa44: bytesToHex(lattice.publicKey),
    },
    async sign(bytes) {
      const [first, second] = await Promise.all([
        crypto.subtle.sign(ED25519, classical, bytes),
        native
          ? crypto.subtle.sign(ML_DSA, native, bytes)
          : ml_dsa44.sign(bytes, lattice.secretKey),
      ]);
      return {
        suite: SUITE,
        ed25519: bytesToHex(new Uint8Array(first)),
        mlDsa44: bytesToHex(new Uint8Array(second)),
      };
    },
  };
}

/** Both signatures must hold. Malformed keys or signatures are simply not valid. */
export async function verify(
  bytes: Uint8Array,
  signature: Signature,
  keys: PublicKeys,
): Promise<boolean> {
  if (signature.suite !== SUITE || keys.suite !== SUITE) return false;
  try {
    const results = await Promise.all([
      verifyEd25519(bytes, signature, keys),
      verifyMlDsa(bytes, signature, keys),
    ]);
    return results.every(Boolean);
  } catch {
    return false;
  }
}

async function verifyEd25519(
  bytes: Uint8Array,
  signature: Signature,
  keys: PublicKeys,
): Promise<boolean> {
  const key = await crypto.subtle.importKey("raw", hexToBytes(keys.ed25519), ED25519, false, [
    "verify",
  ]);
  return crypto.subtle.verify(ED25519, key, hexToBytes(signature.ed25519), bytes);
}

async function verifyMlDsa(
  bytes: Uint8Array,
  signature: Signature,
  keys: PublicKeys,
): Promise<boolean> {
  const publicKey = hexToBytes(keys.mlDsa44);
  const signed = hexToBytes(signature.mlDsa44);
  if (!hasNativeMlDsa()) return ml_dsa44.verify(signed, bytes, publicKey);
  const key = await crypto.subtle.importKey("raw-public", publicKey, ML_DSA, false, ["verify"]);
  return crypto.subtle.verify(ML_DSA, key, signed, bytes);
}

/** A runtime without ML-DSA in WebCrypto uses the library; signatures verify both ways. */
function hasNativeMlDsa(): boolean {
  const subtle = SubtleCrypto as unknown as {
    supports?: (operation: string, algorithm: string) => boolean;
  };
  return subtle.supports?.("sign", "ML-DSA-44") ?? false;
}
