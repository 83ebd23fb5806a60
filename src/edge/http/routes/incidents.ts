import { z } from "zod";
import { type Incident } from "../../../core/incident.ts";
import { isIncidentId } from "../../../core/ids.ts";
import { err, ok } from "../../../core/result.ts";
import { amend } from "../amendment.ts";
import { driftedResource, driftJson, instant } from "../drift-json.ts";
import { byTime, DETAIL_MAX, pageByTime, pageOf } from "../paging.ts";
import { notFound, ofUnknown, type Problem } from "../problem.ts";
import { defineRoute } from "../route.ts";

const incident = z
  .object({
    id: z.string(),
    scope: z.string(),
    status: z.enum(["open", "healing", "waiting", "held", "resolved", "superseded", "failed"]),
    opened_at: instant,
    closed_at: instant.nullable(),
    cause: z.string(),
    drifted: z.int().meta({ description: "how many resources; lists show the first of them only" }),
    drift: z.array(driftedResource),
    facts: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: "of another cause than drift: what was counted, and what is done" }),
    run: z.string().nullable(),
  })
  .meta({ id: "Incident" });

const incidentJson = (one: Incident, detailMax: number) => ({
  id: one.id,
  scope: one.scope,
  status: one.status,
  opened_at: one.openedAt,
  closed_at: one.closedAt,
  cause: one.cause,
  drifted: one.drift.length,
  drift: one.drift.slice(0, detailMax).map(driftJson),
  facts: one.facts ?? null,
  run: one.run,
});

export const incidentRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/incidents",
    id: "listIncidents",
    summary: "Incidents, newest first",
    right: "read",
    query: byTime,
    out: pageOf(incident),
    async handle({ ports, query }) {
      const page = await pageByTime(query, {
        isId: isIncidentId,
        rows: (of) => ports.incidents(of),
        timeOf: ({ openedAt }) => openedAt,
      });
      if (!page.ok) return page;
      const { items, next } = page.value;
      return ok({ body: { items: items.map((one) => incidentJson(one, DETAIL_MAX)), next } });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/incidents/{id}",
    id: "getIncident",
    summary: "One incident with all of its drift",
    right: "read",
    out: incident,
    async handle({ ports, param }) {
      const id = param("id");
      const found = isIncidentId(id) ? await ports.incident(id) : null;
      if (!found) return err(notFound("there is no such incident"));
      return ok({ body: incidentJson(found, found.drift.length) });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/incidents/{id}/resolution",
    id: "resolveIncident",
    summary: "Decides about drift that a routing rule keeps from being reverted: revert or adopt",
    right: "operate",
    headers: { "If-Match": "to adopt: ETag of the preview of this incident" },
    body: z.strictObject({ decision: z.enum(["revert", "adopt"]) }),
    out: z.object({
      incident: z.string(),
      decision: z.string(),
      generation: z.int().nullable().meta({ description: "that an adoption has led to" }),
      changes: z.int(),
    }),
    async handle(call) {
      const { ports, param, body, principal } = call;
      const id = param("id");
      const found = isIncidentId(id) ? await ports.incident(id) : null;
      if (!found) return err(notFound("there is no such incident"));
      const { scope, drift } = found;
      if (body.decision === "adopt") {
        const applied = await amend(call, scope, { of: "routed", subjects: drift });
        if (!applied.ok) return applied;
        const { generation, changes } = applied.value;
        const done = { decision: body.decision, generation, changes: changes.length };
        return ok({ body: { incident: found.id, ...done } });
      }
      const reverted = await ports.reconciler(scope).revertRouted(drift, principal.name);
      if (!reverted.ok) return err(ofUnknown(reverted.error));
      const changes = reverted.value.reverted;
      if (changes === 0) return err<Problem>({ slug: "not-waiting" });
      const done = { decision: body.decision, generation: null, changes };
      return ok({ body: { incident: found.id, ...done } });
    },
  }),
];
