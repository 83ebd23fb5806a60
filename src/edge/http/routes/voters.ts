/** Who may vote on a scope: voters show the keys that they ask with, and people sign that these are theirs. */
import { z } from "zod";
import type { Ruling } from "../../../core/attestation.ts";
import { isDigest, isInstant, isVoterId, mint, type ScopeId } from "../../../core/ids.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { keyIdOf } from "../../../core/signing.ts";
import {
  hasNoVoice,
  PEOPLE_FOR,
  type RegisteredVoter,
  type Seating,
  seatingDigest,
  type SignedIntroduction,
} from "../../../core/voter-register.ts";
import { ofRegisterRefusal, type Problem } from "../problem.ts";
import { defineRoute, type RawCall, scopeOf } from "../route.ts";
import { attest, challenge, challengeFor, signed, type Stamp, stampOf } from "../signing-form.ts";

/** Long enough to compare the digests with what the voters show. */
const CEREMONY_MS = 10 * 60_000;
/** A scope has four seats. */
const SEATINGS_MAX = 16;

const seating = z.strictObject({
  voter: z.string().refine(isVoterId, "must be `<check>@<scope>`"),
  key: z.string().refine(isDigest, "must be `sha256:` and 64 hex digits"),
});
const seatings = z.strictObject({ keys: z.array(seating).min(1).max(SEATINGS_MAX) });

const shown = z.object({
  voter: z.string(),
  power: z.enum(["vote", "veto"]),
  key: z.string().meta({ description: "the one that the voter itself signs with" }),
  standing: z.enum(["in_force", "waiting", "refused"]).meta({
    description:
      "waiting: no ballot that is signed with it counts; refused: the register has not taken it",
  }),
  confirmed_by: z.array(z.string()),
  people_needed: z.int().meta({ description: "who have to sign that it is the voter's" }),
  has_voice: z.boolean().meta({ description: "whether any key of this voter counts" }),
});
const list = z.object({ scope: z.string(), items: z.array(shown) });

interface Asked {
  readonly voter: RegisteredVoter;
  readonly introduction: SignedIntroduction;
}

/** Every voter of the scope, made to ask for its seat. The roll is read afterwards. */
async function enrolled({ ports }: RawCall, scope: ScopeId): Promise<readonly Asked[]> {
  const seats = await ports.register.roll(scope);
  const asked = await Promise.all(seats.map(({ id }) => ports.voter(id).enrol()));
  const roll = await ports.register.roll(scope);
  return roll.flatMap((voter) => {
    const introduction = asked.find((one) => one.introduction.voter === voter.id);
    return introduction ? [{ voter, introduction }] : [];
  });
}

function shownOf({ voter, introduction }: Asked, now: string): z.input<typeof shown> {
  const id = keyIdOf(introduction.introduction.keys);
  const key = voter.keys.find((one) => one.id === id);
  const at = mint(isInstant, now);
  return {
    voter: voter.id,
    power: voter.power,
    key: id,
    standing: key ? (key.countsSince === null ? "waiting" : "in_force") : "refused",
    confirmed_by: [...(key?.confirmedBy ?? [])],
    people_needed: PEOPLE_FOR[voter.power],
    has_voice: !hasNoVoice(voter, at),
  };
}

const rulingOn = (
  scope: ScopeId,
  of: readonly Seating[],
  stamped: Stamp & Pick<Ruling, "by">,
): Ruling => ({
  version: 1,
  what: "confirm_keys",
  subject: scope,
  digest: seatingDigest(of),
  ...stamped,
});

/** What the person has seen has to be what the voters show now: whoever signs, signs for nothing else. */
async function asSeen(
  call: RawCall,
  scope: ScopeId,
  seen: readonly Seating[],
): Promise<Result<readonly SignedIntroduction[], Problem>> {
  const asked = await enrolled(call, scope);
  const found = seen.map(({ voter, key }) =>
    asked.find(
      (one) => one.voter.id === voter && keyIdOf(one.introduction.introduction.keys) === key,
    ),
  );
  const missing = seen.find((_, index) => found[index] === undefined);
  if (missing)
    return err({
      slug: "register-refused",
      detail: `\`${missing.voter}\` does not sign with that key: list the voters of the scope again`,
      facts: { reason: "another_key", voter: missing.voter },
    });
  return ok(found.flatMap((one) => (one ? [one.introduction] : [])));
}

export const voterRoutes = [
  defineRoute({
    method: "POST",
    path: "/api/v1/scopes/{scope}/voters",
    id: "enrolVoters",
    summary:
      "Makes each voter of the scope ask for its seat, and shows the keys that they ask with",
    right: "confirm",
    out: list,
    async handle(call) {
      const row = await scopeOf(call);
      if (!row.ok) return row;
      const { scope } = row.value;
      const now = call.ports.now();
      const items = (await enrolled(call, scope)).map((one) => shownOf(one, now));
      return ok({ body: { scope, items } });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/scopes/{scope}/voters/confirmation/challenge",
    id: "challengeKeys",
    summary: "What a person's authenticator has to sign so that voters' keys count",
    right: "approve",
    body: seatings,
    out: challenge,
    async handle(call) {
      const row = await scopeOf(call);
      if (!row.ok) return row;
      const { ports, principal, body } = call;
      const { name: by } = principal;
      const asked = await challengeFor(ports, { by, ttlMs: CEREMONY_MS }, (of) => ({
        purpose: "ruling/v1",
        content: rulingOn(row.value.scope, body.keys, { by, ...of }),
      }));
      return ok({ body: asked });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/scopes/{scope}/voters/confirmation",
    id: "confirmKeys",
    summary:
      "A person's word that these keys are these voters'; with the last one needed they count",
    right: "approve",
    body: seatings.extend({ signed: signed.optional() }),
    out: list,
    async handle(call) {
      const row = await scopeOf(call);
      if (!row.ok) return row;
      const { scope } = row.value;
      const { ports, principal, body } = call;
      const introductions = await asSeen(call, scope, body.keys);
      if (!introductions.ok) return introductions;
      const of = stampOf(ports, body.signed?.statement, CEREMONY_MS);
      if (!of.ok) return of;
      const ruling = rulingOn(scope, body.keys, { by: principal.name, ...of.value });
      const asked = { purpose: "ruling/v1", content: ruling } as const;
      const attestation = await attest(ports, asked, body.signed);
      if (!attestation.ok) return attestation;
      const word = { ruling, attestation: attestation.value };
      const confirmed = await ports.register.confirmKeys(scope, introductions.value, word);
      if (!confirmed.ok) return err(ofRegisterRefusal(confirmed.error));
      // What waited for voters may go on; a wake carries nothing.
      await ports
        .reconciler(scope)
        .wake({ source: "request", at: ports.now(), by: principal.name });
      const items = (await enrolled(call, scope)).map((one) => shownOf(one, ports.now()));
      return ok({ body: { scope, items } });
    },
  }),
];
