/** Whether every seat of a scope has somebody whose voice counts. Before that nothing is put to the vote. */
import type { Ruling, SignedRuling } from "../src/core/attestation.ts";
import { type Instant, instantOf, type ScopeId } from "../src/core/ids.ts";
import {
  hasNoVoice,
  type RegisteredVoter,
  seatingDigest,
  seatingsOf,
  type SignedIntroduction,
} from "../src/core/voter-register.ts";
import { isSandboxOrigin } from "../src/edge/http/sandbox-origin.ts";
import { signAsSandboxPerson } from "../src/edge/signing/sandbox-people.ts";
import { registerOf, voterOf } from "./bindings.ts";

/** A word that is given at once needs no longer life. */
const WORD_MS = 60_000;

const clock = (aheadMs = 0): Instant => instantOf(new Date(Date.now() + aheadMs).toISOString());

/**
 * Those who have no voice, after each of them was made to ask for its seat. In a sandbox whose set-up says so, its
 * development people sign for what the voters themselves show; the vault believes such people in a sandbox only.
 */
export async function withoutVoice(env: Env, scope: ScopeId): Promise<readonly RegisteredVoter[]> {
  const register = registerOf(env);
  const silent = (await register.roll(scope)).filter((one) => hasNoVoice(one, clock()));
  if (silent.length === 0) return [];
  const asked = await Promise.all(silent.map(({ id }) => voterOf(env, id).enrol()));
  for (const person of sandboxPeople(env)) {
    const word = await wordOf(person, scope, asked);
    const confirmed = await register.confirmKeys(scope, asked, word);
    if (!confirmed.ok) break;
  }
  return (await register.roll(scope)).filter((one) => hasNoVoice(one, clock()));
}

const sandboxPeople = ({ CF_API_BASE, SANDBOX_KEYS_CONFIRMED_BY }: Env): readonly string[] =>
  isSandboxOrigin(CF_API_BASE)
    ? SANDBOX_KEYS_CONFIRMED_BY.split(",").flatMap((name) => name.trim() || [])
    : [];

async function wordOf(
  by: string,
  scope: ScopeId,
  asked: readonly SignedIntroduction[],
): Promise<SignedRuling> {
  const ruling: Ruling = {
    version: 1,
    what: "confirm_keys",
    subject: scope,
    digest: seatingDigest(seatingsOf(asked)),
    by,
    at: clock(),
    expiresAt: clock(WORD_MS),
    nonce: crypto.randomUUID().replaceAll("-", ""),
  };
  return { ruling, attestation: await signAsSandboxPerson(by, "ruling/v1", ruling) };
}
