/**
 * The catalogue as one signed value. It is opened before it is used: digest and signature are checked against the key
 * below, so that an entry that was changed without being signed again is noticed (in a fork, a build, or a delivery).
 */
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";
import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { digestOf } from "../canonical.ts";
import type { Digest } from "../ids.ts";
import { err, ok, type Result } from "../result.ts";
import type { CveEntry } from "./entry.ts";
import { ENTRIES, VERSION } from "./registry.ts";
import { PUBLIC_KEY, SIGNATURE, SIGNED_DIGEST } from "./signature.ts";

/** What is signed. */
export interface CatalogueContent {
  readonly version: number;
  readonly entries: readonly CveEntry[];
}

export interface SignedCatalogue extends CatalogueContent {
  readonly digest: string;
  /** ML-DSA-44 over `signedCatalogueBytes`, hex. */
  readonly signature: string;
}

export interface Catalogue extends CatalogueContent {
  readonly digest: Digest;
}

export type CatalogueFault = "another_digest" | "bad_signature";

export const BUILT_IN: SignedCatalogue = {
  version: VERSION,
  entries: ENTRIES,
  digest: SIGNED_DIGEST,
  signature: SIGNATURE,
};

/** Domain separation: a signature of something else is worth nothing here. */
export const signedCatalogueBytes = (digest: string): Uint8Array =>
  utf8ToBytes(`driftless:cve-catalogue/v1\n${digest}`);

export const catalogueDigest = ({ version, entries }: CatalogueContent): Digest =>
  digestOf({ version, entries });

/** The catalogue if it is what the holder of the key signed. */
export function openCatalogue(
  signed: SignedCatalogue,
  publicKey: string = PUBLIC_KEY,
): Result<Catalogue, CatalogueFault> {
  const digest = catalogueDigest(signed);
  if (digest !== signed.digest) return err("another_digest");
  const isSigned = ml_dsa44.verify(
    hexToBytes(signed.signature),
    signedCatalogueBytes(digest),
    hexToBytes(publicKey),
  );
  if (!isSigned) return err("bad_signature");
  return ok({ version: signed.version, entries: signed.entries, digest });
}
