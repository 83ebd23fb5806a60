/** How a passkey's signature comes over the API: the statement is given out with its challenge, and comes back signed. */
import { z } from "zod";
import { type Attestation, challengeOf } from "../../core/attestation.ts";
import { type Instant, isInstant, mint } from "../../core/ids.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Purpose } from "../../core/signing.ts";
import type { ApiPorts } from "./api-ports.ts";
import type { Problem } from "./problem.ts";

const TEXT_LENGTH_MAX = 8_192;

const base64url = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/, "must be base64url")
  .max(TEXT_LENGTH_MAX);
const at = z.string().refine(isInstant, "must be as it was given out");

/** The members of a statement that are not in the request otherwise. */
export const stamp = z.strictObject({
  at,
  expires_at: at,
  nonce: z.string().regex(/^[0-9a-f]{32}$/, "must be as it was given out"),
});

/** When a statement was made, until when it is good, and what makes it its own. */
export interface Stamp {
  readonly at: Instant;
  readonly expiresAt: Instant;
  readonly nonce: string;
}

export const newStamp = (ports: Pick<ApiPorts, "now" | "nonce">, ttlMs: number): Stamp => ({
  at: ports.now(),
  expiresAt: ports.now(ttlMs),
  nonce: ports.nonce(),
});

export const stampJson = ({ at: made, expiresAt, nonce }: Stamp): z.input<typeof stamp> => ({
  at: made,
  expires_at: expiresAt,
  nonce,
});

/** As it was given out and comes back signed; a new one, where the swarm signs for a person of a sandbox. */
export function stampOf(
  ports: Pick<ApiPorts, "now" | "nonce">,
  given: z.output<typeof stamp> | undefined,
  ttlMs: number,
): Result<Stamp, Problem> {
  if (given === undefined) return ok(newStamp(ports, ttlMs));
  const { at: made, expires_at, nonce } = given;
  const expiresAt = mint(isInstant, expires_at);
  // No word is good for longer than one that is given out.
  return expiresAt > ports.now(ttlMs)
    ? err({ slug: "signature-invalid" })
    : ok({ at: mint(isInstant, made), expiresAt, nonce });
}

/** A statement and an assertion over it, in the words of WebAuthn. */
export const signed = z.strictObject({
  statement: stamp,
  assertion: z.strictObject({
    id: base64url,
    response: z.strictObject({
      authenticatorData: base64url,
      clientDataJSON: base64url,
      signature: base64url,
    }),
  }),
});
export type Signed = z.output<typeof signed>;

export const attestationOf = ({ assertion: { id, response } }: Signed): Attestation => ({
  type: "passkey",
  credentialId: id,
  authenticatorData: response.authenticatorData,
  clientDataJson: response.clientDataJSON,
  signature: response.signature,
});

/** What `navigator.credentials.get` takes, with the binary members in base64url. */
export const publicKeyOptions = z.object({
  challenge: z.string(),
  rpId: z.string(),
  allowCredentials: z.array(z.object({ type: z.literal("public-key"), id: z.string() })),
  userVerification: z.literal("required"),
  timeout: z.int(),
});

/** A statement that waits for its signature. */
export const challenge = z.object({ statement: stamp, public_key: publicKeyOptions });

const TIMEOUT_MS = 5 * 60_000;

/** What `by` has to have signed by an authenticator. */
export async function optionsFor(
  ports: ApiPorts,
  by: string,
  { purpose, content }: { readonly purpose: Purpose; readonly content: unknown },
): Promise<z.input<typeof publicKeyOptions>> {
  const [party, passkeys] = await Promise.all([
    ports.register.relyingParty(),
    ports.register.passkeys(),
  ]);
  return {
    challenge: challengeOf(purpose, content),
    rpId: party.id,
    allowCredentials: passkeys
      .filter(({ person, confirmedBy }) => person === by && confirmedBy !== null)
      .map(({ id }) => ({ type: "public-key", id })),
    userVerification: "required",
    timeout: TIMEOUT_MS,
  };
}

/** A new statement of `by`, good for `ttlMs`, and what their authenticator has to sign of it. */
export async function challengeFor(
  ports: ApiPorts,
  { by, ttlMs }: { readonly by: string; readonly ttlMs: number },
  ask: (of: Stamp) => { readonly purpose: Purpose; readonly content: unknown },
): Promise<z.input<typeof challenge>> {
  const of = newStamp(ports, ttlMs);
  return { statement: stampJson(of), public_key: await optionsFor(ports, by, ask(of)) };
}

/**
 * The person's signature over `content`: the one that was handed in, or, for the people of a sandbox, the one that the
 * swarm makes for them. The register says whether it holds, before anything is told that somebody signed.
 */
export async function attest(
  ports: ApiPorts,
  {
    purpose,
    content,
  }: { purpose: Purpose; content: Parameters<ApiPorts["register"]["attests"]>[1] },
  given: Signed | undefined,
): Promise<Result<Attestation, Problem>> {
  const attestation = given
    ? attestationOf(given)
    : await ports.signFor(content.by, purpose, content);
  if (!attestation) return err({ slug: "signature-needed" });
  return (await ports.register.attests(purpose, content, attestation))
    ? ok(attestation)
    : err({ slug: "signature-invalid" });
}
