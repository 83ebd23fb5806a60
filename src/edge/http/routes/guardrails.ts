import { z } from "zod";
import {
  type Guardrail,
  type GuardrailRequest,
  REASON_MAX,
} from "../../../core/guardrails/guardrail.ts";
import { TEMPLATES } from "../../../core/guardrails/registry.ts";
import { MODES } from "../../../core/guardrails/template.ts";
import { instantOf, isGuardrailId, isScopeId, type ScopeId } from "../../../core/ids.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { instant } from "../drift-json.ts";
import { byTime, pageByTime, pageOf } from "../paging.ts";
import { notFound, ofGuardrailRefusal, type Problem } from "../problem.ts";
import { NO_SCOPE, defineRoute, type RawCall } from "../route.ts";

const facts = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const guardrail = z
  .object({
    id: z.string(),
    scope: z.string(),
    template: z.string(),
    parameters: z.record(z.string(), z.unknown()),
    mode: z.enum(MODES),
    status: z.enum(["in_force", "expired", "ended"]),
    reason: z.string(),
    evidence: z.array(z.object({ what: z.string(), facts })),
    incident: z.string().nullable(),
    owner: z.object({ type: z.enum(["person", "agent"]), name: z.string() }),
    placed_at: instant,
    expires_at: instant,
    steps: z
      .array(z.object({ mode: z.enum(MODES), at: instant, by: z.string(), why: z.string() }))
      .meta({ description: "the rungs of the ladder that were taken, and why" }),
    ended: z.object({ at: instant, by: z.string(), how: z.string() }).nullable(),
  })
  .meta({ id: "Guardrail" });

const statusOf = ({ ended, expiresAt }: Guardrail, now: string) => {
  if (ended) return ended.how === "expired" ? ("expired" as const) : ("ended" as const);
  return expiresAt <= now ? ("expired" as const) : ("in_force" as const);
};

const guardrailJson = (one: Guardrail, now: string): z.input<typeof guardrail> => ({
  id: one.id,
  scope: one.scope,
  template: one.template,
  parameters: one.parameters,
  mode: one.mode,
  status: statusOf(one, now),
  reason: one.reason,
  evidence: one.evidence.map(({ what, facts: of }) => ({ what, facts: of })),
  incident: one.incident,
  owner: one.owner,
  placed_at: one.placedAt,
  expires_at: one.expiresAt,
  steps: one.rungs.map(({ mode, at, by, why }) => ({ mode, at, by, why })),
  ended: one.ended,
});

const future = z.iso
  .datetime()
  .transform((text) => instantOf(new Date(text).toISOString()))
  .meta({ format: "date-time" });

/** The guardrail that the path names, from the shared record: it says which reconciler keeps it. */
async function found({ ports, param }: RawCall): Promise<Result<Guardrail, Problem>> {
  const id = param("id");
  const one = isGuardrailId(id) ? await ports.guardrail(id) : null;
  return one ? ok(one) : err(notFound("there is no such guardrail"));
}

const reason = z.string().trim().min(3).max(REASON_MAX);

export const guardrailRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/guardrails",
    id: "listGuardrails",
    summary: "Guardrails, newest first, those that have ended too",
    right: "read",
    query: byTime,
    out: pageOf(guardrail),
    async handle({ ports, query }) {
      const page = await pageByTime(query, {
        isId: isGuardrailId,
        rows: (of) => ports.guardrails(of),
        timeOf: ({ placedAt }) => placedAt,
      });
      if (!page.ok) return page;
      const { items, next } = page.value;
      return ok({ body: { items: items.map((one) => guardrailJson(one, ports.now())), next } });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/guardrails",
    id: "placeGuardrail",
    summary: "Lays a guardrail over a scope's golden state until its lease runs out",
    right: "operate",
    status: 201,
    body: z.strictObject({
      scope: z
        .string()
        .refine(isScopeId, "must be a scope, such as `zone:example.com`")
        .transform((text): ScopeId => text),
      template: z.enum([...TEMPLATES.keys()]),
      parameters: z
        .record(z.string(), z.json())
        .meta({ description: "the template's own: see `docs/api.md`" }),
      mode: z.enum(MODES),
      reason,
      expires_at: future,
    }),
    out: guardrail,
    async handle({ ports, body, principal }) {
      const { scope, template, parameters, mode, expires_at: expiresAt } = body;
      if (!(await ports.scope(scope))) return err(notFound(NO_SCOPE));
      const request: GuardrailRequest = {
        template,
        parameters,
        mode,
        reason: body.reason,
        expiresAt,
        evidence: [],
        incident: null,
        owner: { type: "person", name: principal.name },
      };
      const placed = await ports.reconciler(scope).guard({ do: "place", request });
      if (!placed.ok) return err(ofGuardrailRefusal(placed.error));
      const shown = guardrailJson(placed.value, ports.now());
      return ok({ body: shown, headers: { location: `/api/v1/guardrails/${shown.id}` } });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/guardrails/{id}",
    id: "getGuardrail",
    summary: "One guardrail",
    right: "read",
    out: guardrail,
    async handle(call) {
      const one = await found(call);
      return one.ok ? ok({ body: guardrailJson(one.value, call.ports.now()) }) : one;
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/guardrails/{id}/renewal",
    id: "renewGuardrail",
    summary: "Moves the end of a lease; what has ended cannot be renewed",
    right: "operate",
    body: z.strictObject({ expires_at: future }),
    out: guardrail,
    async handle(call) {
      const { ports, body, principal } = call;
      const one = await found(call);
      if (!one.ok) return one;
      const { id, scope } = one.value;
      const to = { expiresAt: body.expires_at, by: principal.name };
      const longer = await ports.reconciler(scope).guard({ do: "renew", id, ...to });
      if (!longer.ok) return err(ofGuardrailRefusal(longer.error));
      return ok({ body: guardrailJson(longer.value, ports.now()) });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/guardrails/{id}/step",
    id: "stepGuardrail",
    summary: "Moves a guardrail to another rung of the ladder: log, challenge, block",
    right: "operate",
    body: z.strictObject({ mode: z.enum(MODES), reason }),
    out: guardrail,
    async handle(call) {
      const { ports, body, principal } = call;
      const one = await found(call);
      if (!one.ok) return one;
      const { id, scope } = one.value;
      const rung = { mode: body.mode, why: body.reason, by: principal.name };
      const stepped = await ports.reconciler(scope).guard({ do: "step", id, rung });
      if (!stepped.ok) return err(ofGuardrailRefusal(stepped.error));
      return ok({ body: guardrailJson(stepped.value, ports.now()) });
    },
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/v1/guardrails/{id}",
    id: "endGuardrail",
    summary: "Ends a guardrail before its time; the drift loop takes it away",
    right: "operate",
    out: guardrail,
    async handle(call) {
      const { ports, principal } = call;
      const one = await found(call);
      if (!one.ok) return one;
      const { id, scope } = one.value;
      const end = { how: "ended", by: principal.name } as const;
      const ended = await ports.reconciler(scope).guard({ do: "end", id, ...end });
      if (!ended.ok) return err(ofGuardrailRefusal(ended.error));
      return ok({ body: guardrailJson(ended.value, ports.now()) });
    },
  }),
];
