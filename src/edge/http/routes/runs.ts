import { z } from "zod";
import { type Approval, APPROVAL_TTL_MS } from "../../../core/approval.ts";
import { type Digest, isDigest, isRunId, isScopeId, mint } from "../../../core/ids.ts";
import { err, ok } from "../../../core/result.ts";
import type { RunView } from "../../../core/run-view.ts";
import type { BallotRow } from "../api-ports.ts";
import { instant } from "../drift-json.ts";
import { byTime, DETAIL_MAX, pageByTime, pageOf } from "../paging.ts";
import { notFound, ofRunRefusal } from "../problem.ts";
import { risk, riskJson } from "../risk-json.ts";
import { defineRoute } from "../route.ts";
import { attest, challenge, challengeFor, signed, stampOf } from "../signing-form.ts";

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
    risk: risk.nullable(),
    findings: z.array(
      z.object({
        severity: z.enum(["block", "person", "doubt", "note"]),
        code: z.string(),
        explanation: z.string(),
      }),
    ),
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
  // Views of older runs have none.
  risk: view.risk ? riskJson(view.risk) : null,
  findings: (view.findings ?? []).map(({ severity, code, explanation }) => ({
    severity,
    code,
    explanation,
  })),
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

const planDigest = z.string().refine(isDigest, "must be `sha256:` and 64 hex digits");
const verdict = z.enum(["approve", "deny"]);

/** What is signed is worked out here, so that a signature over anything else does not hold. */
const approvalOf = (
  view: RunView,
  word: { readonly digest: Digest; readonly verdict: Approval["verdict"] },
  of: Pick<Approval, "by" | "at" | "expiresAt" | "nonce">,
): Approval => ({
  version: 1,
  scope: mint(isScopeId, view.scope),
  planDigest: word.digest,
  stateDigest: mint(isDigest, view.stateDigest),
  verdict: word.verdict,
  ...of,
});

export const runRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/runs",
    id: "listRuns",
    summary: "Runs, newest first, with the first steps of each",
    right: "read",
    query: byTime,
    out: pageOf(run),
    async handle({ ports, query }) {
      const page = await pageByTime(query, {
        isId: isRunId,
        rows: (of) => ports.runs(of),
        timeOf: ({ timeline }) => timeline[0]?.at ?? "",
      });
      if (!page.ok) return page;
      const { items, next } = page.value;
      return ok({ body: { items: items.map((one) => runJson(one, DETAIL_MAX)), next } });
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
    path: "/api/v1/runs/{id}/approvals/challenge",
    id: "challengeApproval",
    summary: "What a person's authenticator has to sign to approve or deny the plan",
    right: "approve",
    body: z.strictObject({ digest: planDigest, verdict }),
    out: challenge,
    async handle({ ports, param, body, principal }) {
      const id = param("id");
      const view = isRunId(id) ? await ports.runView(id) : null;
      if (!view) return err(notFound("there is no such run"));
      const { name: by } = principal;
      const asked = await challengeFor(ports, { by, ttlMs: APPROVAL_TTL_MS }, (of) => ({
        purpose: "approval/v1",
        content: approvalOf(view, body, { by, ...of }),
      }));
      return ok({ body: asked });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/runs/{id}/approvals",
    id: "approveRun",
    summary: "A person's yes or no to the plan with this digest",
    right: "approve",
    body: z.strictObject({
      digest: planDigest,
      verdict,
      signed: signed.optional().meta({ description: "not needed of a sandbox's people" }),
    }),
    out: z.object({ run: z.string(), phase: z.string() }),
    async handle({ ports, param, body, principal }) {
      const id = param("id");
      const view = isRunId(id) ? await ports.runView(id) : null;
      if (!isRunId(id) || !view) return err(notFound("there is no such run"));
      const of = stampOf(ports, body.signed?.statement, APPROVAL_TTL_MS);
      if (!of.ok) return of;
      const approval = approvalOf(view, body, { by: principal.name, ...of.value });
      const asked = { purpose: "approval/v1", content: approval } as const;
      const attestation = await attest(ports, asked, body.signed);
      if (!attestation.ok) return attestation;
      const phase = await ports.run(id).approve({ approval, attestation: attestation.value });
      return phase.ok
        ? ok({ body: { run: id, phase: phase.value } })
        : err(ofRunRefusal(phase.error));
    },
  }),
];
