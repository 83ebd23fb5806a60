import { z } from "zod";
import { PATHS_MAX } from "../../../core/golden-paths/amendment.ts";
import { type IncidentId, isIncidentId, isObjectId, isScopeId, mint } from "../../../core/ids.ts";
import {
  doubtOf,
  type Grounds,
  incidentStatusOf,
  type Intent,
  isOver,
} from "../../../core/intents/intent.ts";
import { TEXT_CHARS_MAX } from "../../../core/intents/interpretation.ts";
import type { Site } from "../../../core/resource.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { ScopeRow } from "../api-ports.ts";
import { may } from "../auth.ts";
import { instant } from "../drift-json.ts";
import { wordsOf } from "../intent-words.ts";
import { byTime, pageByTime, pageOf } from "../paging.ts";
import { notFound, ofIntentRefusal, type Problem } from "../problem.ts";
import { NO_SCOPE, defineRoute, type RawCall } from "../route.ts";

const use = z.object({
  path: z.string(),
  version: z.int(),
  parameters: z.record(z.string(), z.unknown()),
});
const change = z.object({
  op: z.enum(["add", "change", "remove"]),
  kind: z.string(),
  identity: z.string(),
  before: z.unknown(),
  after: z.unknown(),
});
const rehearsal = z.object({
  scope: z.string(),
  outcome: z.enum(["in_sync", "held", "heal"]),
  plan_digest: z.string().nullable(),
  steps: z.array(z.string()),
  calls: z.int(),
  tier: z.int().nullable(),
  approvals: z.int().nullable().meta({ description: "null: the tier never runs" }),
  left: z.int().meta({ description: "what a later plan has to do, or nobody may" }),
});

const intent = z
  .object({
    id: z.string().meta({ description: "of its incident, too" }),
    scope: z.string(),
    status: z.enum(["open", "healing", "waiting", "held", "resolved", "superseded", "failed"]),
    opened_at: instant,
    closed_at: instant.nullable(),
    cause: z.literal("intent"),
    phase: z.enum([
      "reading",
      "asking",
      "proposed",
      "amending",
      "amended",
      "cannot",
      "withdrawn",
      "failed",
    ]),
    text: z.string(),
    plan_only: z.boolean(),
    by: z.string(),
    model: z.string().nullable().meta({ description: "who has read it: `rules`, or a model" }),
    confidence: z.int().nullable().meta({ description: "percent; only of a clear choice" }),
    reasons: z.array(z.string()),
    question: z
      .object({ about: z.string(), en: z.string(), ko: z.string() })
      .nullable()
      .meta({ description: "why nothing is amended, or not yet" }),
    draft: z
      .object({
        digest: z.string(),
        paths: z.array(use),
        parts: z.array(
          z.object({ scope: z.string(), generation: z.int(), changes: z.array(change) }),
        ),
        notes: z.array(z.string()),
      })
      .nullable(),
    plans: z.array(rehearsal.nullable()).meta({
      description: "with `plan_only`: what the plans would be; null where nothing could be read",
    }),
    amended: z.array(z.object({ scope: z.string(), generation: z.int(), digest: z.string() })),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })),
  })
  .meta({ id: "Intent" });

function intentJson(one: Intent): z.input<typeof intent> {
  const { interpretation, draft } = one;
  const doubt = doubtOf(one);
  return {
    id: one.id,
    scope: one.scope,
    status: incidentStatusOf(one),
    opened_at: one.at,
    closed_at: isOver(one) ? one.updatedAt : null,
    cause: "intent",
    phase: one.phase,
    text: one.text,
    plan_only: one.planOnly,
    by: one.by,
    model: one.model,
    confidence: interpretation?.type === "choice" ? interpretation.confidence : null,
    reasons: [...(interpretation?.reasons ?? [])],
    question: doubt && { about: doubt.about, ...wordsOf(doubt) },
    draft: draft && {
      digest: draft.digest,
      paths: draft.requests.map(({ path, version, parameters }) => ({
        path,
        version,
        parameters: { ...parameters },
      })),
      parts: draft.parts.map(({ scope, generation, changes }) => ({
        scope,
        generation,
        changes: changes.map((each) => ({ ...each })),
      })),
      notes: [...draft.notes],
    },
    plans: one.rehearsals.map(
      (each) =>
        each && {
          scope: each.scope,
          outcome: each.outcome,
          plan_digest: each.planDigest,
          steps: [...each.steps],
          calls: each.calls,
          tier: each.tier,
          approvals: each.approvals,
          left: each.left,
        },
    ),
    amended: one.done.map((each) => ({ ...each })),
    errors: one.faults.map(({ path, problem }) => ({
      pointer: `#/${path.join("/")}`,
      detail: problem,
    })),
  };
}

/** The zone with the account around it, or the account alone. */
async function groundsOf({ ports }: RawCall, row: ScopeRow): Promise<Grounds> {
  // One is all that there can be: it is configured, not found.
  const aws = (await ports.scopes()).find(({ level }) => level === "aws_account");
  const id = mint(isObjectId, row.account_id);
  const scope = mint(isScopeId, `account:${row.account_id}`);
  const known = row.level === "account" ? row : await ports.scope(scope);
  const site = { level: "account", id, name: known?.zone_name ?? row.account_id } as const;
  const zone = { level: "zone", id: mint(isObjectId, row.zone_id), name: row.zone_name } as const;
  return {
    zone: row.level === "zone" ? { scope: row.scope, site: zone } : null,
    account: { scope, site, managed: known !== null },
    aws_account: aws ? { scope: aws.scope, site: awsSiteOf(aws) } : null,
  };
}

const awsSiteOf = ({ zone_id: id, zone_name: name }: ScopeRow): Site => ({
  level: "aws_account",
  id: mint(isObjectId, id),
  name,
});

const KEY = /^[\x21-\x7e]{1,255}$/;

function keyOf(request: Request): Result<string | null, Problem> {
  const key = request.headers.get("idempotency-key");
  return key === null || KEY.test(key)
    ? ok(key)
    : err({ slug: "bad-request", detail: "`Idempotency-Key` is 1 to 255 visible characters" });
}

async function found({ ports, param }: RawCall): Promise<Result<Intent, Problem>> {
  const id = param("id");
  const one = isIncidentId(id) ? await ports.intent(id) : null;
  if (!one) return err(notFound("there is no such intent"));
  // The copy says whose it is; what it has come to, the architect knows.
  return ok((await ports.architect(one.scope).intent(one.id)) ?? one);
}

const location = (id: IncidentId) => ({ location: `/api/v1/intents/${id}` });

const ask = defineRoute({
  method: "POST",
  path: "/api/v1/intents",
  id: "askIntent",
  summary: "Says in words what should be the case; with plan_only, nothing is amended",
  // Only what amends needs more: see below.
  right: "read",
  status: 202,
  headers: { "Idempotency-Key": "the same key again is the same intent" },
  body: z
    .strictObject({
      scope: z.string().refine(isScopeId, "must be the id of a scope"),
      text: z.string().trim().max(TEXT_CHARS_MAX).default(""),
      upgrade: z
        .literal(true)
        .optional()
        .meta({ description: "in place of `text`: uses of golden paths to their newest versions" }),
      plan_only: z.boolean().default(false),
    })
    .refine(({ text, upgrade }) => (text === "") === (upgrade === true), {
      path: ["text"],
      message: "must say something, unless `upgrade` stands in its place",
    }),
  out: intent,
  async handle(call) {
    const { ports, body, principal, request } = call;
    // An intent can do what its author may do by hand: amending is declaring a golden state.
    if (!body.plan_only && !may(principal, "operate"))
      return err<Problem>({
        slug: "forbidden",
        detail: "this role may ask with `plan_only` only",
      });
    const key = keyOf(request);
    if (!key.ok) return key;
    const row = isScopeId(body.scope) ? await ports.scope(body.scope) : null;
    if (!row) return err(notFound(NO_SCOPE));
    if (row.level === "aws_account")
      return err<Problem>({
        slug: "bad-request",
        detail:
          "ask in the scope of a zone: what it needs of AWS is put into this one's golden state",
      });
    const asked = await ports.architect(row.scope).ask({
      scope: row.scope,
      text: body.text,
      ...(body.upgrade ? { upgrade: body.upgrade } : {}),
      planOnly: body.plan_only,
      key: key.value,
      by: principal.name,
      at: ports.now(),
      grounds: await groundsOf(call, row),
    });
    if (!asked.ok) return err(ofIntentRefusal(asked.error));
    return ok({ body: intentJson(asked.value), headers: location(asked.value.id) });
  },
});

const decide = defineRoute({
  method: "POST",
  path: "/api/v1/intents/{id}/decision",
  id: "decideIntent",
  summary: "Applies what an intent has shown, chooses in its place, or withdraws it",
  right: "operate",
  body: z.discriminatedUnion("decision", [
    z.strictObject({
      decision: z.literal("apply"),
      draft_digest: z.string().meta({ description: "of the draft that was read" }),
    }),
    z.strictObject({
      decision: z.literal("choose"),
      paths: z
        .array(
          z.strictObject({
            path: z.string().max(64),
            parameters: z.record(z.string(), z.json()).default({}),
          }),
        )
        .min(1)
        .max(PATHS_MAX),
    }),
    z.strictObject({ decision: z.literal("withdraw") }),
  ]),
  out: intent,
  async handle(call) {
    const { body, principal, ports } = call;
    const one = await found(call);
    if (!one.ok) return one;
    const by = principal.name;
    const architect = ports.architect(one.value.scope);
    const decided = await architect.decide(
      one.value.id,
      body.decision === "apply"
        ? { decision: "apply", digest: body.draft_digest, by }
        : body.decision === "choose"
          ? { decision: "choose", chosen: body.paths, by }
          : { decision: "withdraw", by },
    );
    return decided.ok
      ? ok({ body: intentJson(decided.value) })
      : err(ofIntentRefusal(decided.error));
  },
});

export const intentRoutes = [
  ask,
  defineRoute({
    method: "GET",
    path: "/api/v1/intents",
    id: "listIntents",
    summary: "Intents, newest first",
    right: "read",
    query: byTime,
    out: pageOf(intent),
    async handle({ ports, query }) {
      const page = await pageByTime(query, {
        isId: isIncidentId,
        rows: (of) => ports.intents(of),
        timeOf: ({ at }) => at,
      });
      if (!page.ok) return page;
      const { items, next } = page.value;
      return ok({ body: { items: items.map(intentJson), next } });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/intents/{id}",
    id: "getIntent",
    summary: "One intent: what it was taken for, the diff, and what came of it",
    right: "read",
    out: intent,
    async handle(call) {
      const one = await found(call);
      return one.ok ? ok({ body: intentJson(one.value) }) : one;
    },
  }),
  decide,
];
