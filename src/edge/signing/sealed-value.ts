/**
 * A secret as it is stored. With a key from the environment it is encrypted (AES-256-GCM), so a copy of the storage alone
 * gives nothing away. It does not protect from code of the same Worker, which has the key.
 */
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

export type SealedValue =
  | { readonly alg: "none"; readonly text: string }
  | { readonly alg: "a256gcm"; readonly iv: string; readonly data: string };

const IV_BYTES = 12;

/** 32 bytes in hex. Anything else is a configuration mistake, and must not look like encryption. */
async function keyOf(hex: string, usage: "encrypt" | "decrypt"): Promise<CryptoKey> {
  if (!/^[0-9a-f]{64}$/i.test(hex)) throw new Error("VAULT_SEAL_KEY must be 64 hex digits");
  const bytes = hexToBytes(hex);
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [usage]);
}

/** `about` names what it is the secret of: put beside another name, it does not open. */
export async function seal(
  text: string,
  { key, about }: { readonly key: string; readonly about: string },
): Promise<SealedValue> {
  if (key === "") return { alg: "none", text };
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const data = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: utf8ToBytes(about) },
    await keyOf(key, "encrypt"),
    utf8ToBytes(text),
  );
  return { alg: "a256gcm", iv: bytesToHex(iv), data: bytesToHex(new Uint8Array(data)) };
}

export async function unseal(
  value: SealedValue,
  { key, about }: { readonly key: string; readonly about: string },
): Promise<string> {
  if (value.alg === "none") return value.text;
  const data = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: hexToBytes(value.iv), additionalData: utf8ToBytes(about) },
    await keyOf(key, "decrypt"),
    hexToBytes(value.data),
  );
  return new TextDecoder().decode(data);
}
