/**
 * What a team has decided about policies, version by version: who proposed it, who agreed, which one is in force. Two people
 * besides the author put a version in force, each by a signature over its number and digest; an older version never
 * comes back by itself. Pure.
 */
import { type Attestation, deviceOf } from "../attestation.ts";
import type { Digest, Instant } from "../ids.ts";
import { err, ok, type Result } from "../result.ts";
import type { TeamPolicies } from "./bundle.ts";
import type { TeamTable } from "./table.ts";

/** What a person signs to put a version in force. */
export interface PolicyConsent {
  readonly version: number;
  /** Of the bundle that it makes, shipped policies and all. */
  readonly digest: Digest;
  readonly by: string;
  readonly at: Instant;
  readonly expiresAt: Instant;
  /** 32 hex digits. */
  readonly nonce: string;
}

export interface SignedConsent {
  readonly consent: PolicyConsent;
  readonly attestation: Attestation;
}

export interface PolicyProposal {
  readonly team: TeamPolicies;
  readonly table: TeamTable;
  readonly reason: string;
  readonly by: string;
}

export interface PolicyVersion extends PolicyProposal {
  /** From 1; 0 stands for what is shipped alone. */
  readonly version: number;
  readonly digest: Digest;
  readonly at: Instant;
  readonly consents: readonly SignedConsent[];
  /** Null: it never was in force. */
  readonly activatedAt: Instant | null;
}

export type PolicyRefusal =
  | { readonly reason: "too_many_open"; readonly max: number }
  | { readonly reason: "no_such_version" }
  /** The text makes another bundle than the one that was seen: it was swapped, or another build is running by now. */
  | { readonly reason: "another_digest"; readonly expected: Digest }
  | { readonly reason: "not_signed" }
  | { readonly reason: "consent_expired"; readonly expiresAt: Instant }
  | { readonly reason: "own_proposal"; readonly by: string }
  /** Two names, one authenticator. */
  | { readonly reason: "one_authenticator"; readonly by: string }
  /** This version or a later one is in force already. */
  | { readonly reason: "overtaken"; readonly active: number }
  /** By the policies in force themselves. */
  | { readonly reason: "forbidden"; readonly by: readonly string[] };

/** What is wrong with a proposal, and where: in the policies (with a line), or in the table (with a row). */
export interface PolicyFlaw {
  readonly part: "policies" | "table";
  readonly line: number | null;
  readonly row: string | null;
  readonly problem: string;
}

/** How a proposal did on its table. */
export interface PolicyTrial {
  readonly rows: number;
  readonly mutants: number;
  /** Places where a policy could be wrong without a row noticing, as the wrong policy (null: it is gone). */
  readonly survivors: readonly { readonly mutant: string; readonly text: string | null }[];
}

/** Of whoever examines policies before the register sees them. */
export type OfficeRefusal =
  | PolicyRefusal
  | { readonly reason: "flawed"; readonly flaws: readonly PolicyFlaw[] };

export const CONSENTS_NEEDED = 2;
/** Versions that wait for people (I12). */
export const OPEN_MAX = 20;

export interface RegisterState {
  readonly active: number;
  /** The newest number that was given. */
  readonly latest: number;
  readonly open: number;
}

export interface Proposed {
  readonly proposal: PolicyProposal;
  /** As the register itself has worked it out. */
  readonly digest: Digest;
  readonly at: Instant;
}

export function proposed(
  { latest, open }: RegisterState,
  { proposal, digest, at }: Proposed,
): Result<PolicyVersion, PolicyRefusal> {
  if (open >= OPEN_MAX) return err({ reason: "too_many_open", max: OPEN_MAX });
  const { team, table, reason, by } = proposal;
  const content = { team, table, reason, by, digest, at };
  return ok({ version: latest + 1, ...content, consents: [], activatedAt: null });
}

export interface Consented {
  readonly signed: SignedConsent;
  /** Whether the attestation holds under a credential of that very person. */
  readonly verified: boolean;
  /** Of the version's bundle as this build makes it. */
  readonly digest: Digest;
  readonly now: Instant;
}

/** Why the word itself does not count for this version; null: it does. */
function flawOf(
  version: PolicyVersion,
  { signed: { consent }, verified, digest, now }: Consented,
): PolicyRefusal | null {
  if (consent.version !== version.version || consent.digest !== version.digest)
    return { reason: "another_digest", expected: version.digest };
  if (digest !== version.digest) return { reason: "another_digest", expected: digest };
  // They come over RPC, where types are promises: without a date it has run out.
  if (!(now < consent.expiresAt))
    return { reason: "consent_expired", expiresAt: consent.expiresAt };
  if (!verified) return { reason: "not_signed" };
  return consent.by === version.by ? { reason: "own_proposal", by: consent.by } : null;
}

/** The version with one more consent, in force with the last one that it needs. Saying it twice is saying it once. */
export function consented(
  version: PolicyVersion,
  { active }: Pick<RegisterState, "active">,
  given: Consented,
): Result<PolicyVersion, PolicyRefusal> {
  const { consent, attestation } = given.signed;
  if (version.version <= active && version.activatedAt === null)
    return err({ reason: "overtaken", active });
  const flaw = flawOf(version, given);
  if (flaw) return err(flaw);
  if (version.consents.some((one) => one.consent.by === consent.by)) return ok(version);
  if (version.activatedAt !== null) return err({ reason: "overtaken", active });
  const device = deviceOf(attestation);
  if (version.consents.some((one) => deviceOf(one.attestation) === device))
    return err({ reason: "one_authenticator", by: consent.by });
  const consents = [...version.consents, given.signed];
  const activatedAt = consents.length >= CONSENTS_NEEDED ? consent.at : null;
  return ok({ ...version, consents, activatedAt });
}

export type PolicyStatus = "proposed" | "active" | "superseded" | "overtaken";

/** `superseded`: it was in force. `overtaken`: it never will be. */
export function statusOf(version: PolicyVersion, active: number): PolicyStatus {
  if (version.version === active) return "active";
  if (version.activatedAt !== null) return "superseded";
  return version.version < active ? "overtaken" : "proposed";
}
