/** The secrets that senders share with us. Compared by their SHA-256 in constant time: neither length nor content leaks. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

export interface SharedSecrets {
  /** During a rotation both are good: the one in force and the next one. */
  readonly accepted: readonly string[];
}

/** Shorter ones can be guessed; an empty variable is no secret at all. */
const LENGTH_MIN = 16;
const DEV_SECRET = "dev-webhook-secret";

export function secretsOf(env: {
  readonly sandbox: boolean;
  readonly current: string | undefined;
  readonly next: string | undefined;
}): SharedSecrets {
  const set = [env.current, env.next].filter(
    (one) => one !== undefined && one.length >= LENGTH_MIN,
  );
  // The development secret exists only where the account does: in a sandbox.
  const accepted = env.sandbox ? [...set, DEV_SECRET] : set.filter((one) => one !== DEV_SECRET);
  return { accepted: accepted.filter((one) => one !== undefined) };
}

const digest = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();
/** No header is longer. */
const GIVEN_MAX = 512;

export function knowsSecret({ accepted }: SharedSecrets, given: string | null): boolean {
  const hash = digest((given ?? "").slice(0, GIVEN_MAX));
  let known = false;
  for (const secret of accepted) if (timingSafeEqual(digest(secret), hash)) known = true;
  return known && given !== null;
}

/** GitHub signs the bytes of the body: `x-hub-signature-256: sha256=<hex>`. */
export function isSigned(
  { accepted }: SharedSecrets,
  body: Uint8Array,
  signature: string | null,
): boolean {
  const hex = /^sha256=([0-9a-f]{64})$/.exec(signature ?? "")?.[1];
  if (hex === undefined) return false;
  const given = Buffer.from(hex, "hex");
  let signed = false;
  for (const secret of accepted)
    if (timingSafeEqual(createHmac("sha256", secret).update(body).digest(), given)) signed = true;
  return signed;
}

/** Where Cloudflare, Logpush (`header_…` of the destination) and Alertmanager put it. */
export const givenSecret = (headers: Headers): string | null =>
  headers.get("cf-webhook-auth") ??
  /^bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1] ??
  null;
