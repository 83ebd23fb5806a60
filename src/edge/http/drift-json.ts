/** Drifted resources as the API shows them. */
import { z } from "zod";
import type { DriftedResource } from "../../core/incident.ts";

/** An instant: RFC 3339, UTC, milliseconds. */
export const instant = z.string().meta({ format: "date-time" });

export const driftedResource = z
  .object({
    kind: z.string(),
    identity: z.string(),
    summary: z.string(),
    fields: z.array(z.object({ field: z.string(), desired: z.unknown(), observed: z.unknown() })),
    by: z
      .object({
        actor: z.string(),
        channel: z.string(),
        token_name: z.string().nullable(),
        at: instant,
        audit_id: z.string(),
      })
      .nullable()
      .meta({ description: "who made the change; null: the audit log does not say (yet)" }),
  })
  .meta({ id: "DriftedResource" });

export const driftJson = ({ kind, identity, summary, fields, by }: DriftedResource) => ({
  kind,
  identity,
  summary,
  fields: fields.map(({ field, desired, observed }) => ({
    field,
    desired: desired ?? null,
    observed: observed ?? null,
  })),
  by: by && {
    actor: by.actor,
    channel: by.channel,
    token_name: by.tokenName,
    at: by.at,
    audit_id: by.auditId,
  },
});
