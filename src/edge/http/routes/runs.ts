import { z } from "zod";
import { type Approval, APPROVAL_TTL_MS } from "../../../core/approval.ts";
import { isDigest, isRunId, isScopeId, mint } from "../../../core/ids.ts";
import { err, ok } from "../../../core/result.ts";
import type { RunView } from "../../../core/run-view.ts";
import type { BallotRow } from "../api-ports.ts";
import { afterOf, cursorOf } from "../cursor.ts";
import { instant } from "../drift-json.ts";
import { cursor, cut, DETAIL_MAX, limit, pageOf, scopeFilter } from "../paging.ts";
import { notFound, ofRunRefusal } from "../problem.ts";
import { defineRoute } from "../route.ts";

const image = z.object({ id: z.string().nullable(), fields: z.record(z.string(), z.unknown()) });

const run = z
  .object({
    id: z.string(),
    scope: z.string(),
    incident: z.string(),
    epoch: z.int(),
    phase: z.string(),
    plan_digest: z.string(),
    state_digest: z.string(),
    dossier_digest: z.string(),
    golden_generation: z.int(),
    tier: z.int().nullable(),
    approvals_needed: z.int().nullable(),
    approvals: z.array(z.string()),
    expires_at: instant.nullable(),
    because: z.looseObject({ reason: z.string() }).nullable(),
    timeline: z.array(z.object({ phase: z.string(), at: instant })),
    steps: z.array(
      z.object({
        op: z.enum(["create", "update", "delete"]),
        kind: z.string(),
        identity: z.string(),
        summary: z.string(),
        before: image.nullable(),
        after: image.nullable(),
      }),
    ),
    calls: z.int(),
  })
  .meta({ id: "Run" });

const ballot = z
  .object({
    voter: z.string(),
    vote: z.string(),
    tier: z.int(),
    reasons: z.array(z.string()),
    cast_at: instant,
  })
  .meta({ id: "Ballot" });

const snake = (name: string): string => name.replace(/[A-Z]/g, (one) => `_${one.toLowerCase()}`);

/** Member names of our own types; never for values that name resources or fields of Cloudflare. */
function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [snake(name), snakeCased(member)]),
  );
}

const becauseJson = (because: NonNullable<RunView["because"]>) => ({
  ...(snakeCased(because) as Record<string, unknown>),
  reason: because.reason,
});

const runJson = (view: RunView, stepsMax: number) => ({
  id: view.id,
  scope: view.scope,
  incident: view.incident,
  epoch: view.epoch,
  phase: view.phase,
  plan_digest: view.planDigest,
  state_digest: view.stateDigest,
  dossier_digest: view.dossierDigest,
  golden_generation: view.goldenGeneration,
  tier: view.tier,
  approvals_needed: view.approvalsNeeded,
  approvals: [...view.approvals],
  expires_at: view.expiresAt,
  because: view.because && becauseJson(view.because),
  timeline: view.timeline.map(({ phase, at }) => ({ phase, at })),
  steps: view.steps.slice(0, stepsMax).map(({ op, kind, identity, summary, before, after }) => ({
    op,
    kind,
    identity,
    summary,
    before,
    after,
  })),
  calls: view.calls,
});

const ballotJson = ({ voter, vote, tier, reasons, cast_at }: BallotRow) => ({
  voter,
  vote,
  tier,
  reasons: [...reasons],
  cast_at,
});

export const runRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/runs",
    id: "listRuns",
    summary: "Runs, newest first, with the first steps of each",
    right: "read",
    query: z.strictObject({ scope: scopeFilter, limit, cursor }),
    out: pageOf(run),
    async handle({ ports, query }) {
      const after = afterOf(query.cursor, isRunId);
      if (!after.ok) return after;
      const { scope = null, limit: size } = query;
      const rows = await ports.runs({ scope, after: after.value, limit: size + 1 });
      const page = cut(rows, size, ({ timeline, id }) => cursorOf(timeline[0]?.at ?? "", id));
      return ok({
        body: { items: page.items.map((view) => runJson(view, DETAIL_MAX)), next: page.next },
      });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/runs/{id}",
    id: "getRun",
    summary: "One run with its steps and ballots",
    right: "read",
    out: run.extend({ ballots: z.array(ballot) }),
    async handle({ ports, param }) {
      const id = param("id");
      const view = isRunId(id) ? await ports.runView(id) : null;
      if (!isRunId(id) || !view) return err(notFound("there is no such run"));
      const ballots = (await ports.ballots(id)).map(ballotJson);
      return ok({ body: { ...runJson(view, view.steps.length), ballots } });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/runs/{id}/approvals",
    id: "approveRun",
    summary: "A person's yes or no to the plan with this digest",
    right: "approve",
    body: z.strictObject({
      digest: z.string().refine(isDigest, "must be `sha256:` and 64 hex digits"),
      verdict: z.enum(["approve", "deny"]),
    }),
    out: z.object({ run: z.string(), phase: z.string() }),
    async handle({ ports, param, body, principal }) {
      const id = param("id");
      const view = isRunId(id) ? await ports.runView(id) : null;
      if (!isRunId(id) || !view) return err(notFound("there is no such run"));
      const approval: Approval = {
        version: 1,
        scope: mint(isScopeId, view.scope),
        planDigest: body.digest,
        stateDigest: mint(isDigest, view.stateDigest),
        verdict: body.verdict,
        by: principal.name,
        at: ports.now(),
        expiresAt: ports.now(APPROVAL_TTL_MS),
        nonce: ports.nonce(),
      };
      const attestation = await ports.signFor(principal.name, "approval/v1", approval);
      if (!attestation) return err({ slug: "signature-needed" });
      const phase = await ports.run(id).approve({ approval, attestation });
      return phase.ok
        ? ok({ body: { run: id, phase: phase.value } })
        : err(ofRunRefusal(phase.error));
    },
  }),
];
