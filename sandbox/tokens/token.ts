/** A token made through the API: what is stored of it, and what it is worth at a moment. */
import { createHash } from "node:crypto";
import { ACCOUNT_ID } from "../identities.ts";
import type { Kind } from "../store.ts";
import type { StoredPolicy } from "./grants.ts";

/** Who owns it: account tokens outlive the people, user tokens share their quota. */
export type Owner = "account" | "user";

export interface Condition {
  readonly "request.ip"?: {
    readonly in?: readonly string[];
    readonly not_in?: readonly string[];
  };
}

export interface StoredToken {
  readonly id: string;
  readonly owner: Owner;
  readonly name: string;
  /** The value itself is told once and kept nowhere. */
  readonly secret_digest: string;
  readonly status: "active" | "disabled";
  readonly policies: readonly StoredPolicy[];
  readonly condition?: Condition;
  readonly issued_on: string;
  readonly modified_on: string;
  readonly last_used_on?: string;
  readonly not_before?: string;
  readonly expires_on?: string;
  readonly creator_email_at_creation?: string;
  /** Where its maker called from: the address of callers that do not say theirs. */
  readonly ip_address: string;
}

export const API_TOKEN: Kind<StoredToken> = {
  name: "api_token",
  key: (token) => token.secret_digest,
};

/** Fixed tokens that were revoked, until the account is made anew. */
export const REVOKED: Kind<{ readonly id: string }> = { name: "revoked_token" };

/** Account tokens and user tokens stand on two shelves. */
export const TOKEN_SCOPES: Readonly<Record<Owner, string>> = {
  account: ACCOUNT_ID,
  user: "user",
};

export const secretDigest = (secret: string): string =>
  createHash("sha256").update(secret).digest("hex");

/** The prefix says what leaked, the end lets scanners tell a token from other text. */
const PREFIX: Readonly<Record<Owner, string>> = { account: "cfat_", user: "cfut_" };
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const SECRET_CHARS = 40;

export function newSecret(owner: Owner): string {
  const random = crypto.getRandomValues(new Uint32Array(SECRET_CHARS));
  const body = [...random].map((number) => ALPHABET[number % ALPHABET.length]).join("");
  return `${PREFIX[owner]}${body}${secretDigest(body).slice(0, 8)}`;
}

export function statusAt(token: StoredToken, now: number): "active" | "disabled" | "expired" {
  const isExpired = token.expires_on !== undefined && Date.parse(token.expires_on) <= now;
  return isExpired ? "expired" : token.status;
}

export const isTooEarly = ({ not_before: start }: StoredToken, now: number): boolean =>
  start !== undefined && now < Date.parse(start);
