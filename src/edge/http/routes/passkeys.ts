import { z } from "zod";
import { challengeOf, type Ruling } from "../../../core/attestation.ts";
import { digestOf } from "../../../core/canonical.ts";
import type { Passkey, PasskeyRequest } from "../../../core/passkey-register.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { instant } from "../drift-json.ts";
import { notFound, ofPasskeyRefusal, type Problem } from "../problem.ts";
import { defineRoute, type RawCall } from "../route.ts";
import {
  attest,
  challenge,
  newStamp,
  optionsFor,
  signed,
  type Stamp,
  stamp,
  stampJson,
  stampOf,
} from "../signing-form.ts";

/** Long enough to find one's authenticator. */
const CEREMONY_MS = 10 * 60_000;
const TEXT_LENGTH_MAX = 32_768;
/** ES256, EdDSA, RS256. */
const ALGORITHMS = [-7, -8, -257];

const passkey = z
  .object({
    id: z.string(),
    person: z.string(),
    key_digest: z.string().meta({ description: "of its public key: what a confirmation is about" }),
    counter: z.int(),
    synced: z.boolean(),
    registered_at: instant,
    confirmed_by: z.string().nullable().meta({ description: "null: it does not count yet" }),
  })
  .meta({ id: "Passkey" });

const passkeyJson = (of: Passkey): z.input<typeof passkey> => ({
  id: of.id,
  person: of.person,
  key_digest: digestOf(of.publicKey),
  counter: of.counter,
  synced: of.synced,
  registered_at: of.registeredAt,
  confirmed_by: of.confirmedBy,
});

const base64url = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/, "must be base64url")
  .max(TEXT_LENGTH_MAX);

const requestOf = (by: string, { at, expiresAt, nonce }: Stamp): PasskeyRequest => ({
  version: 1,
  by,
  at,
  expiresAt,
  nonce,
});

/** What the second person signs. */
async function rulingOn(call: RawCall, of: Stamp): Promise<Result<Ruling, Problem>> {
  const id = call.param("id");
  const found = (await call.ports.register.passkeys()).find((one) => one.id === id);
  if (!found) return err(notFound("there is no such passkey"));
  return ok({
    version: 1,
    what: "confirm_passkey",
    subject: id,
    digest: digestOf(found.publicKey),
    by: call.principal.name,
    ...of,
  });
}

export const passkeyRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/passkeys",
    id: "listPasskeys",
    summary: "Whose passkeys there are, and which count",
    right: "read",
    out: z.object({ items: z.array(passkey) }),
    async handle({ ports }) {
      return ok({ body: { items: (await ports.register.passkeys()).map(passkeyJson) } });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/passkeys/challenge",
    id: "challengePasskey",
    summary: "What a browser needs to make a passkey for whoever asks",
    right: "approve",
    out: z.object({
      statement: stamp,
      public_key: z.object({
        challenge: z.string(),
        rp: z.object({ id: z.string(), name: z.string() }),
        user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
        pubKeyCredParams: z.array(z.object({ type: z.literal("public-key"), alg: z.int() })),
        authenticatorSelection: z.object({ userVerification: z.literal("required") }),
        attestation: z.literal("none"),
      }),
    }),
    async handle(call) {
      const { name } = call.principal;
      const of = newStamp(call.ports, CEREMONY_MS);
      const party = await call.ports.register.relyingParty();
      return ok({
        body: {
          statement: stampJson(of),
          public_key: {
            challenge: challengeOf("passkey/v1", requestOf(name, of)),
            rp: { id: party.id, name: "Driftless" },
            user: {
              id: Buffer.from(name, "utf8").toString("base64url"),
              name,
              displayName: name,
            },
            pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key" as const, alg })),
            authenticatorSelection: { userVerification: "required" as const },
            attestation: "none" as const,
          },
        },
      });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/passkeys",
    id: "registerPasskey",
    summary: "Registers the passkey that was made; it counts once somebody else has confirmed it",
    right: "approve",
    status: 201,
    body: z.strictObject({
      statement: stamp,
      credential: z.strictObject({
        id: base64url,
        response: z.strictObject({ attestationObject: base64url, clientDataJSON: base64url }),
      }),
    }),
    out: passkey,
    async handle({ ports, principal, body }) {
      const { id, response } = body.credential;
      const of = stampOf(ports, body.statement, CEREMONY_MS);
      if (!of.ok) return of;
      const registered = await ports.register.registerPasskey(requestOf(principal.name, of.value), {
        id,
        attestationObject: response.attestationObject,
        clientDataJson: response.clientDataJSON,
      });
      return registered.ok
        ? ok({ body: passkeyJson(registered.value) })
        : err(ofPasskeyRefusal(registered.error));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/passkeys/{id}/confirmation/challenge",
    id: "challengeConfirmation",
    summary: "What a second person's authenticator has to sign to confirm a passkey",
    right: "approve",
    out: challenge,
    async handle(call) {
      const of = newStamp(call.ports, CEREMONY_MS);
      const ruling = await rulingOn(call, of);
      if (!ruling.ok) return ruling;
      const asked = { purpose: "ruling/v1", content: ruling.value } as const;
      const options = await optionsFor(call.ports, call.principal.name, asked);
      return ok({ body: { statement: stampJson(of), public_key: options } });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/passkeys/{id}/confirmation",
    id: "confirmPasskey",
    summary: "A second person confirms that a passkey is whose it says",
    right: "confirm",
    body: z.strictObject({ signed: signed.optional() }).optional(),
    out: passkey,
    async handle(call) {
      const { ports, principal, body } = call;
      const given = body?.signed;
      const of = stampOf(ports, given?.statement, CEREMONY_MS);
      if (!of.ok) return of;
      const ruling = await rulingOn(call, of.value);
      if (!ruling.ok) return ruling;
      const asked = { purpose: "ruling/v1", content: ruling.value } as const;
      const attestation = await attest(ports, asked, given);
      // Whoever has nothing to sign with may only be the one who confirms the first passkey of all.
      if (!attestation.ok && attestation.error.slug !== "signature-needed") return attestation;
      const confirmed = await ports.register.confirmPasskey(ruling.value.subject, {
        ruling: { ...ruling.value, by: principal.name },
        attestation: attestation.ok ? attestation.value : null,
      });
      return confirmed.ok
        ? ok({ body: passkeyJson(confirmed.value) })
        : err(ofPasskeyRefusal(confirmed.error));
    },
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/v1/passkeys/{id}",
    id: "revokePasskey",
    summary: "A passkey that counts no more: lost, or somebody has left",
    right: "confirm",
    out: passkey,
    async handle({ ports, principal, param }) {
      const revoked = await ports.register.revokePasskey(param("id"), principal.name);
      return revoked.ok
        ? ok({ body: passkeyJson(revoked.value) })
        : err(ofPasskeyRefusal(revoked.error));
    },
  }),
];
