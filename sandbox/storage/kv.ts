/** KV namespaces and what is in them. */
import type { Kind } from "../store.ts";

export interface StoredNamespace {
  readonly id: string;
  readonly title: string;
  readonly jurisdiction?: "eu" | "fedramp" | "us";
}

export const KV_NAMESPACE: Kind<StoredNamespace> = {
  name: "kv_namespace",
  key: (namespace) => namespace.title,
};

export interface StoredValue {
  /** The key. */
  readonly id: string;
  /** Base64: values are bytes. */
  readonly value: string;
  readonly metadata?: unknown;
  /** Seconds since 1970; from then on the key does not exist. */
  readonly expiration?: number;
}

export const KV_VALUE: Kind<StoredValue> = { name: "kv_value" };

export const isAlive = ({ expiration }: StoredValue, now: number): boolean =>
  expiration === undefined || expiration * 1000 > now;

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
