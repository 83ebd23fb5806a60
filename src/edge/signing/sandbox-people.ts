/**
 * The keys of the sandbox's development people. Everybody can work them out, as everybody knows their tokens: whoever
 * believes them has to know that the account behind it is a sandbox. They let an approval be signed by a curl command,
 * and go the way of every other signature from there.
 */
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { KeySignature } from "../../core/attestation.ts";
import { keyIdOf, type Purpose, SUITE, signedBytes, SUITES } from "../../core/signing.ts";
import { type KeyPair, openKeyPair, verify } from "./key-pair.ts";

/** Who exists in a sandbox; their tokens are called the same. */
export const SANDBOX_PEOPLE = ["dev-viewer", "dev-operator", "dev-approver-1", "dev-approver-2"];

const opened = new Map<string, Promise<KeyPair>>();

function keyPairOf(name: string): Promise<KeyPair> {
  const known = opened.get(name) ?? openKeyPair(seedsOf(name));
  opened.set(name, known);
  return known;
}

const seedsOf = (name: string) => ({
  suite: SUITE,
  seeds: Object.fromEntries(
    SUITES[SUITE].algorithms.map((id) => [
      id,
      bytesToHex(sha256(utf8ToBytes(`driftless sandbox person ${name} ${id}`))),
    ]),
  ),
});

/** Throws for whoever is not one of the sandbox's people. */
export async function signAsSandboxPerson(
  name: string,
  purpose: Purpose,
  content: unknown,
): Promise<KeySignature> {
  if (!SANDBOX_PEOPLE.includes(name)) throw new Error(`\`${name}\` is nobody of the sandbox`);
  const keys = await keyPairOf(name);
  return {
    type: "key",
    key: keyIdOf(keys.publicKeys),
    signature: await keys.sign(signedBytes(purpose, content)),
  };
}

/** Whether the person whom `content` names signed it with the key that this person has in a sandbox. */
export async function isBySandboxPerson(
  purpose: Purpose,
  content: { readonly by: string },
  { key, signature }: KeySignature,
): Promise<boolean> {
  if (!SANDBOX_PEOPLE.includes(content.by)) return false;
  const { publicKeys } = await keyPairOf(content.by);
  return (
    key === keyIdOf(publicKeys) &&
    (await verify(signedBytes(purpose, content), signature, publicKeys))
  );
}
