import { z } from "zod";
import { type HoldId, type IncidentId, isHoldId, isIncidentId } from "../../../core/ids.ts";
import type { Amended } from "../../../core/proposal.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { amend, type Choice, propose } from "../amendment.ts";
import { notFound, type Problem } from "../problem.ts";
import { defineRoute, type RawCall, scopeOf } from "../route.ts";

/** As many as one amendment takes. */
const SUBJECTS_MAX = 500;

const subjects = z
  .array(z.strictObject({ kind: z.string().max(100), identity: z.string().min(1).max(40_000) }))
  .min(1)
  .max(SUBJECTS_MAX);

export const amended = z.object({
  op: z.enum(["add", "change", "remove"]),
  kind: z.string(),
  identity: z.string(),
});

export const amendedJson = ({ op, kind, identity }: Amended) => ({ op, kind, identity });

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const query = z.strictObject({
  subjects: z
    .string()
    .refine(
      (text) => subjects.safeParse(parsedJson(text)).success,
      "must be a JSON list of subjects",
    )
    .optional()
    .meta({ description: "a JSON list of `{kind, identity}`, as in the body of the adoption" }),
  hold: z
    .string()
    .refine(isHoldId, "must be the id of a hold")
    .transform((id): HoldId => id)
    .optional()
    .meta({ description: "what this hold keeps from being written" }),
  incident: z
    .string()
    .refine(isIncidentId, "must be the id of an incident")
    .transform((id): IncidentId => id)
    .optional()
    .meta({ description: "what routing rules keep from being reverted in this incident" }),
});

async function choiceOf(
  { ports }: RawCall,
  asked: z.output<typeof query>,
): Promise<Result<Choice, Problem>> {
  if (Object.keys(asked).length > 1)
    return err({ slug: "bad-query", detail: "give one of `subjects`, `hold` and `incident`" });
  if (asked.hold !== undefined) return ok({ of: "hold", hold: asked.hold });
  if (asked.incident !== undefined) {
    const incident = await ports.incident(asked.incident);
    if (!incident) return err(notFound("there is no such incident"));
    return ok({ of: "routed", subjects: incident.drift });
  }
  const named = asked.subjects === undefined ? null : subjects.parse(parsedJson(asked.subjects));
  return ok(named === null ? { of: "all" } : { of: "subjects", subjects: named });
}

export const adoptionRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/scopes/{scope}/adoptions/preview",
    id: "previewAdoption",
    summary: "The golden state that would declare the drift as it is, with an ETag to adopt it",
    right: "read",
    query,
    out: z.object({
      scope: z.string(),
      generation: z.int().meta({ description: "of the golden state that would be amended" }),
      media_type: z.string(),
      text: z.string(),
      changes: z.array(amended),
      etag: z.string(),
    }),
    async handle(call) {
      const row = await scopeOf(call);
      if (!row.ok) return row;
      const choice = await choiceOf(call, call.query);
      if (!choice.ok) return choice;
      const { scope } = row.value;
      const proposed = await propose(call, scope, choice.value);
      if (!proposed.ok) return proposed;
      const { generation, mediaType, text, changes, etag } = proposed.value;
      const shown = { text, changes: changes.map(amendedJson), etag };
      const body = { scope, generation, media_type: mediaType, ...shown };
      return ok({ body, headers: { etag } });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/scopes/{scope}/adoptions",
    id: "adopt",
    summary: "Declares observed drift as the next golden state, as the preview showed it",
    right: "operate",
    headers: { "If-Match": "ETag of the preview of the same subjects" },
    body: z.strictObject({ subjects: subjects.optional() }).optional(),
    out: z.object({
      scope: z.string(),
      generation: z.int(),
      digest: z.string(),
      changes: z.array(amended),
    }),
    async handle(call) {
      const row = await scopeOf(call);
      if (!row.ok) return row;
      const named = call.body?.subjects;
      const choice: Choice = named ? { of: "subjects", subjects: named } : { of: "all" };
      const { scope } = row.value;
      const applied = await amend(call, scope, choice);
      if (!applied.ok) return applied;
      const { generation, digest, changes } = applied.value;
      const headers = { etag: `"${generation}"` };
      return ok({
        body: { scope, generation, digest, changes: changes.map(amendedJson) },
        headers,
      });
    },
  }),
];
