import { z } from "zod";
import { ok } from "../../../core/result.ts";
import type { Listed, ScopeView } from "../../../core/scope-view.ts";
import type { Posture, ScopeRow } from "../api-ports.ts";
import { cursorOf, scopeAfterOf } from "../cursor.ts";
import { driftedResource, driftJson, instant } from "../drift-json.ts";
import { cursor, cut, limit, pageOf } from "../paging.ts";
import { defineRoute, scopeOf } from "../route.ts";

const status = z.enum(["in_sync", "drifted", "unknown", "held"]).meta({ id: "DriftStatus" });

const scopeItem = z
  .object({
    scope: z.string(),
    level: z.enum(["zone", "account", "aws_account"]),
    zone_name: z.string(),
    zone_id: z.string(),
    generation: z.int().meta({ description: "of the golden state; 0: there is none yet" }),
    status,
    since: instant.nullable(),
    drifted: z.int().nullable(),
    observed_at: instant.nullable(),
  })
  .meta({ id: "ScopeItem" });

const listed = z.object({ kind: z.string(), identity: z.string(), reason: z.string() });

const driftReport = z
  .object({
    scope: z.string(),
    zone_name: z.string(),
    generation: z.int(),
    status,
    why: z.string(),
    since: instant,
    observed_at: instant.nullable(),
    drift: z.array(driftedResource),
    quarantined: z.array(listed),
    held: z.array(
      listed.extend({
        hold: z.string().nullable().meta({ description: "null: held by a routing rule" }),
        asks: z.boolean().meta({ description: "whether a person has to decide: revert or adopt" }),
      }),
    ),
    reported: z.array(listed),
    unmanaged: z.array(listed),
    not_ours: z.array(listed.extend({ class: z.string() })),
    managed: z.record(z.string(), z.int()),
    not_checked: z.array(z.string()),
    notes: z.array(z.string()),
    run: z.string().nullable(),
    unknown: z
      .object({ reason: z.string(), detail: z.string(), retry_after_ms: z.number().nullable() })
      .nullable(),
  })
  .meta({ id: "DriftReport" });

/** Without a posture nothing is known yet, which is never the same as being in sync (I8). */
const itemOf = (row: ScopeRow, posture: Posture | null) => ({
  scope: row.scope,
  level: row.level,
  zone_name: row.zone_name,
  zone_id: row.zone_id,
  generation: Math.max(row.generation, posture?.generation ?? 0),
  status: posture?.status ?? ("unknown" as const),
  since: posture?.since ?? null,
  drifted: posture?.drifted ?? null,
  observed_at: posture?.observed_at ?? null,
});

const listedJson = ({ kind, identity, reason }: Listed) => ({ kind, identity, reason });

const reportOf = (view: ScopeView) => ({
  scope: view.scope,
  zone_name: view.zoneName,
  generation: view.generation,
  status: view.status,
  why: view.why,
  since: view.since,
  observed_at: view.observedAt,
  drift: view.drift.map(driftJson),
  quarantined: view.quarantined.map(listedJson),
  held: view.held.map((one) => ({ ...listedJson(one), hold: one.hold, asks: one.asks })),
  reported: view.reported.map(listedJson),
  unmanaged: view.unmanaged.map(listedJson),
  not_ours: view.notOurs.map((one) => ({ ...listedJson(one), class: one.class })),
  managed: { ...view.managed },
  not_checked: [...view.notChecked],
  notes: [...view.notes],
  run: view.run,
  unknown: view.unknown && {
    reason: view.unknown.reason,
    detail: view.unknown.detail,
    retry_after_ms: view.unknown.retryAfterMs,
  },
});

export const scopeRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/scopes",
    id: "listScopes",
    summary: "All managed scopes, with a posture that may be some seconds old",
    right: "read",
    query: z.strictObject({ limit, cursor }),
    out: pageOf(scopeItem),
    async handle({ ports, query }) {
      const after = scopeAfterOf(query.cursor);
      if (!after.ok) return after;
      const from = after.value ?? "";
      const rest = (await ports.scopes()).filter(({ scope }) => scope > from);
      const page = cut(rest, query.limit, ({ scope }) => cursorOf(scope));
      const items = await Promise.all(
        page.items.map(async (row) => itemOf(row, await ports.posture(row.scope))),
      );
      return ok({ body: { items, next: page.next } });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/scopes/{scope}",
    id: "getScope",
    summary: "One scope, asked of its reconciler",
    right: "read",
    out: scopeItem.extend({
      account_id: z.string(),
      why: z.string(),
      managed: z.record(z.string(), z.int()),
      run: z.string().nullable(),
    }),
    async handle(call) {
      const row = await scopeOf(call);
      if (!row.ok) return row;
      const view = await call.ports.reconciler(row.value.scope).view();
      const { why, managed, run, ...report } = reportOf(view);
      const { status: now, since, observed_at, generation } = report;
      const posture = { status: now, since, observed_at, generation, drifted: report.drift.length };
      const item = { ...itemOf(row.value, posture), generation };
      return ok({ body: { ...item, account_id: row.value.account_id, why, managed, run } });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/scopes/{scope}/drift",
    id: "getDrift",
    summary: "Whether the scope is drifted, why, since when and by whom",
    right: "read",
    out: driftReport,
    async handle(call) {
      const row = await scopeOf(call);
      if (!row.ok) return row;
      return ok({ body: reportOf(await call.ports.reconciler(row.value.scope).view()) });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/scopes/{scope}/reconcile",
    id: "reconcile",
    summary: "Wakes the reconciler, which reads everything again; there is nothing to instruct",
    right: "operate",
    status: 202,
    body: z.strictObject({}).optional(),
    out: z.object({ scope: z.string(), accepted: z.literal(true) }),
    async handle(call) {
      const row = await scopeOf(call);
      if (!row.ok) return row;
      const { scope } = row.value;
      const { ports, principal } = call;
      const signal = { source: "request", at: ports.now(), by: principal.name } as const;
      await ports.reconciler(scope).wake(signal);
      const headers = { location: `/api/v1/scopes/${scope}/drift` };
      return ok({ body: { scope, accepted: true as const }, headers });
    },
  }),
];
