import { z } from "zod";
import type { Ruling } from "../../../core/attestation.ts";
import { digestOf } from "../../../core/canonical.ts";
import {
  type Instant,
  isInstant,
  isScopeId,
  isVoterId,
  type ScopeId,
  type VoterId,
} from "../../../core/ids.ts";
import { checkOf, type Orchestration } from "../../../core/orchestration.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { keyIdOf } from "../../../core/signing.ts";
import {
  hasNoVoice,
  type RegisteredKey,
  type RegisteredVoter,
} from "../../../core/voter-register.ts";
import { cursorOf, scopeAfterOf } from "../cursor.ts";
import { instant } from "../drift-json.ts";
import { cursor, cut, limit, pageOf, scopeFilter } from "../paging.ts";
import { notFound, ofRegisterRefusal, type Problem } from "../problem.ts";
import { defineRoute, type RawCall } from "../route.ts";
import { attest, challenge, challengeFor, signed, stampOf } from "../signing-form.ts";

const RULING_TTL_MS = 10 * 60_000;

const key = z.object({
  id: z.string(),
  suite: z.string(),
  status: z.enum(["waiting", "in_force", "retiring", "retired"]).meta({
    description: "waiting: no ballot that is signed with it counts, people have to confirm it",
  }),
  introduced_at: instant,
  introduced_by: z.string().meta({ description: "root: nobody vouched" }),
  confirmed_by: z.array(z.string()),
  retired_from: instant.nullable(),
});

const agent = z
  .object({
    scope: z.string(),
    role: z.string(),
    voter: z.string().nullable().meta({ description: "null: it does not vote" }),
    power: z.enum(["vote", "veto"]).nullable(),
    model: z.string().nullable().meta({ description: "null: it decides without one" }),
    standing: z.enum(["good", "not_enrolled", "waiting", "quarantined"]).nullable(),
    quarantined_since: instant.nullable(),
    keys: z.array(key),
  })
  .meta({ id: "Agent" });
type Agent = z.input<typeof agent>;

function keyJson({ id, keys, ...of }: RegisteredKey, now: Instant) {
  const retiring = of.retiredFrom !== null;
  const standing = of.countsSince === null ? ("waiting" as const) : ("in_force" as const);
  const gone = retiring && (of.retiredFrom ?? "") <= now;
  return {
    id,
    suite: keys.suite,
    status: gone ? ("retired" as const) : retiring ? ("retiring" as const) : standing,
    introduced_at: of.introducedAt,
    introduced_by: of.introducedBy,
    confirmed_by: [...of.confirmedBy],
    retired_from: of.retiredFrom,
  };
}

/** Two agents of a scope vote on nothing, and write and sign nothing either. */
const silent = (scope: string, role: string, model: string | null): Agent => ({
  scope,
  role,
  voter: null,
  power: null,
  model,
  standing: null,
  quarantined_since: null,
  keys: [],
});

function agentsOf(
  scope: string,
  { models }: Orchestration,
  { roll, now }: { readonly roll: readonly RegisteredVoter[]; readonly now: Instant },
): readonly Agent[] {
  const voters = roll.map((voter): Agent => {
    const isReviewer = checkOf(voter.id) === "reviewer";
    const enrolled = hasNoVoice(voter, now) ? "waiting" : "good";
    return {
      scope,
      role: isReviewer ? "reviewer" : "auditor",
      voter: voter.id,
      power: voter.power,
      model: isReviewer ? models.reviewer : null,
      standing:
        voter.quarantinedSince !== null
          ? "quarantined"
          : voter.keys.length > 0
            ? enrolled
            : "not_enrolled",
      quarantined_since: voter.quarantinedSince,
      keys: voter.keys.map((one) => keyJson(one, now)),
    };
  });
  return [
    silent(scope, "sentinel", models.sentinel),
    silent(scope, "architect", models.architect),
    ...voters,
    silent(scope, "executor", null),
  ];
}

const quarantine = z.strictObject({
  quarantined_since: z.string().refine(isInstant, "must be the instant that the list shows"),
});

const reinstating = (
  { voter, since, by }: { readonly voter: string; readonly since: string; readonly by: string },
  of: Pick<Ruling, "at" | "expiresAt" | "nonce">,
): Ruling => ({
  version: 1,
  what: "reinstate_voter",
  subject: voter,
  digest: digestOf(since),
  by,
  ...of,
});

/** The voter that the path names, and its scope. */
async function voterOf(
  call: RawCall,
): Promise<Result<{ voter: VoterId; scope: ScopeId }, Problem>> {
  const name = call.param("voter");
  const scope = name.slice(checkOf(name).length + 1);
  const known = isVoterId(name) && isScopeId(scope) && (await call.ports.scope(scope)) !== null;
  const seat = known && (await call.ports.register.roll(scope)).find(({ id }) => id === name);
  return seat ? ok({ voter: seat.id, scope }) : err(notFound("there is no such voter"));
}

export const agentRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/agents",
    id: "listAgents",
    summary: "The agents of each scope, with their models, keys and standing",
    right: "read",
    query: z.strictObject({ scope: scopeFilter, limit, cursor }),
    out: pageOf(agent).extend({
      strategy: z.string(),
      root_key: z.string().meta({ description: "signs the register of voters; its digest" }),
    }),
    async handle({ ports, query }) {
      const after = scopeAfterOf(query.cursor);
      if (!after.ok) return after;
      const rows = (await ports.scopes())
        .map(({ scope }) => scope)
        .filter((scope) => query.scope === undefined || scope === query.scope)
        .filter((scope) => after.value === null || scope > after.value);
      // A page is of whole scopes.
      const page = cut(rows, query.limit, (scope) => cursorOf(scope));
      const now = ports.now();
      const agents = await Promise.all(
        page.items.map(async (scope) => {
          const roll = await ports.register.roll(scope);
          return agentsOf(scope, ports.orchestration, { roll, now });
        }),
      );
      const root = keyIdOf(await ports.register.rootKeys());
      const { strategy } = ports.orchestration;
      return ok({ body: { items: agents.flat(), next: page.next, strategy, root_key: root } });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/agents/register",
    id: "getRegister",
    summary: "A scope's register of voters: every signed entry, for whoever verifies it",
    right: "read",
    query: z.strictObject({ scope: scopeFilter }),
    out: z.object({
      root_keys: z.object({ suite: z.string(), keys: z.record(z.string(), z.string()) }),
      entries: z.array(
        z.object({
          entry: z.looseObject({ index: z.int(), scope: z.string() }),
          signature: z.object({ suite: z.string(), signatures: z.record(z.string(), z.string()) }),
        }),
      ),
    }),
    async handle({ ports, query }) {
      const scope = query.scope ?? null;
      if (scope === null || !(await ports.scope(scope)))
        return err(notFound("name a `scope` that exists"));
      const [root, entries] = await Promise.all([
        ports.register.rootKeys(),
        ports.register.entries(scope),
      ]);
      return ok({
        body: {
          root_keys: { suite: root.suite, keys: { ...root.keys } },
          entries: entries.map(({ entry, signature }) => ({
            entry: { ...entry },
            signature: { suite: signature.suite, signatures: { ...signature.signatures } },
          })),
        },
      });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/agents/{voter}/rotation",
    id: "rotateVoter",
    summary: "New keys for a voter; the old ones count until its last ballots have run out",
    right: "operate",
    out: z.object({ voter: z.string(), key: z.string() }),
    async handle(call) {
      const found = await voterOf(call);
      if (!found.ok) return found;
      const { voter } = found.value;
      const rotated = await call.ports.voter(voter).rotate();
      return rotated.ok
        ? ok({ body: { voter, key: rotated.value.key } })
        : err(ofRegisterRefusal(rotated.error));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/agents/{voter}/reinstatement/challenge",
    id: "challengeReinstatement",
    summary: "What a person's authenticator has to sign to reinstate a voter",
    right: "approve",
    body: quarantine,
    out: challenge,
    async handle(call) {
      const found = await voterOf(call);
      if (!found.ok) return found;
      const { ports, principal, body } = call;
      const { name: by } = principal;
      const { voter } = found.value;
      const asked = await challengeFor(ports, { by, ttlMs: RULING_TTL_MS }, (of) => ({
        purpose: "ruling/v1",
        content: reinstating({ voter, since: body.quarantined_since, by }, of),
      }));
      return ok({ body: asked });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/agents/{voter}/reinstatement",
    id: "reinstateVoter",
    summary: "Lets a voter count again that was caught saying two things",
    right: "approve",
    body: quarantine.extend({ signed: signed.optional() }),
    out: z.object({ voter: z.string() }),
    async handle(call) {
      const found = await voterOf(call);
      if (!found.ok) return found;
      const { ports, principal, body } = call;
      const { voter, scope } = found.value;
      const of = stampOf(ports, body.signed?.statement, RULING_TTL_MS);
      if (!of.ok) return of;
      const { name: by } = principal;
      const ruling = reinstating({ voter, since: body.quarantined_since, by }, of.value);
      const asked = { purpose: "ruling/v1", content: ruling } as const;
      const attestation = await attest(ports, asked, body.signed);
      if (!attestation.ok) return attestation;
      const signedRuling = { ruling, attestation: attestation.value };
      const back = await ports.register.reinstate(scope, signedRuling);
      return back.ok ? ok({ body: back.value }) : err(ofRegisterRefusal(back.error));
    },
  }),
];
