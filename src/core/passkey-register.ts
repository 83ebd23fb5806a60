/**
 * Whose passkeys count. A person registers one while signed in; it counts once somebody else has confirmed that it is that
 * person's: by a signature, as soon as there is anybody whose signature counts.
 */
import type { Digest, Instant } from "./ids.ts";
import { err, ok, type Result } from "./result.ts";

/** What the authenticator signs when it is registered, as its challenge. */
export interface PasskeyRequest {
  readonly version: 1;
  readonly by: string;
  readonly at: Instant;
  readonly expiresAt: Instant;
  /** 32 hex digits. */
  readonly nonce: string;
}

/** What a browser gives for a new passkey, base64url. */
export interface PasskeyResponse {
  readonly id: string;
  readonly attestationObject: string;
  readonly clientDataJson: string;
}

export interface Passkey {
  readonly id: string;
  readonly person: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  /** How often it has signed, as it says itself; 0 for those that do not count. */
  readonly counter: number;
  /** Whether it can be copied to other devices of the person. */
  readonly synced: boolean;
  readonly registeredAt: Instant;
  /** Null: it does not count yet. */
  readonly confirmedBy: string | null;
}

/** More than anybody carries about. */
export const PASSKEYS_MAX_PER_PERSON = 10;
export const PASSKEYS_MAX = 1_000;

export type PasskeyRefusal =
  | { readonly reason: "too_many_passkeys"; readonly max: number }
  | { readonly reason: "passkey_known" }
  | { readonly reason: "passkey_not_valid" }
  | { readonly reason: "no_such_passkey" }
  | { readonly reason: "confirms_itself" }
  | { readonly reason: "confirmation_not_signed" };

export function register(
  known: readonly Passkey[],
  passkey: Passkey,
): Result<Passkey, PasskeyRefusal> {
  if (known.some(({ id }) => id === passkey.id)) return err({ reason: "passkey_known" });
  const own = known.filter(({ person }) => person === passkey.person);
  if (own.length >= PASSKEYS_MAX_PER_PERSON)
    return err({ reason: "too_many_passkeys", max: PASSKEYS_MAX_PER_PERSON });
  return known.length < PASSKEYS_MAX
    ? ok({ ...passkey, confirmedBy: null })
    : err({ reason: "too_many_passkeys", max: PASSKEYS_MAX });
}

export interface ConfirmInput {
  readonly known: readonly Passkey[];
  readonly id: string;
  readonly by: string;
  /** Whether `by` signed for it with a passkey that counts, or with a key of the sandbox. */
  readonly isSigned: boolean;
  /** Whether a passkey has ever counted, be it gone by now. */
  readonly hasBegun: boolean;
}

/**
 * The first passkey of all is confirmed by the word of a second person alone: there is nobody yet who could sign. It does not
 * become the first one again because all others were taken away, which needs no signature.
 */
export function confirm({
  known,
  id,
  by,
  isSigned,
  hasBegun,
}: ConfirmInput): Result<Passkey, PasskeyRefusal> {
  const passkey = known.find((one) => one.id === id);
  if (!passkey) return err({ reason: "no_such_passkey" });
  if (passkey.person === by) return err({ reason: "confirms_itself" });
  const isFirst = !hasBegun && known.every(({ confirmedBy }) => confirmedBy === null);
  if (!isSigned && !isFirst) return err({ reason: "confirmation_not_signed" });
  return ok(passkey.confirmedBy === null ? { ...passkey, confirmedBy: by } : passkey);
}

/** What was signed with a passkey before: the same statement again is no second use. */
export interface PasskeyUse {
  readonly statement: Digest;
  readonly counter: number;
}

/**
 * Whether a counter can come from the one authenticator: it has moved on, or never counts. One that stands still or goes
 * back is a copy's.
 */
export const countsOn = (passkey: Passkey, use: PasskeyUse, before: PasskeyUse | null): boolean =>
  before !== null
    ? before.statement === use.statement && before.counter === use.counter
    : use.counter > passkey.counter || (use.counter === 0 && passkey.counter === 0);
