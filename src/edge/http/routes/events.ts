import { z } from "zod";
import { err, ok, type Result } from "../../../core/result.ts";
import { eventStream } from "../event-stream.ts";
import { limit, scopeFilter } from "../paging.ts";
import { pointerTo, type Problem } from "../problem.ts";
import { isPosition, latestOf, positionIn, positionText, readRecord } from "../record-reading.ts";
import { defineRoute } from "../route.ts";

const NOT_A_POSITION = "must be `latest` or the index of an entry";

const entry = z
  .object({
    index: z.int(),
    shard: z.int().optional(),
    id: z.string(),
    type: z.string(),
    scope: z.string(),
    at: z.string(),
    actor: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Entry" });

const after = z
  .string()
  .refine((text) => text === "latest" || isPosition(text), NOT_A_POSITION)
  .optional()
  .meta({ description: "entries after this index; -1: from the first; `latest`: only new ones" });

/**
 * What a reconnecting client has seen stands in its header and outweighs the address it was given
 * at first.
 */
function positionOf(asked: string | undefined, request: Request): Result<string | null, Problem> {
  const last = request.headers.get("last-event-id");
  if (last === null || last === "") return ok(asked ?? null);
  if (isPosition(last)) return ok(last);
  return notAPosition();
}

function notAPosition(): Result<never, Problem> {
  const detail = "the position is not one of this record";
  return err({ slug: "bad-query", errors: [{ pointer: pointerTo("?", ["after"]), detail }] });
}

/** Pages are for programs that ask for JSON and nothing else; everybody else gets the stream. */
function wantsPage(request: Request): boolean {
  const accept = request.headers.get("accept") ?? "";
  return accept.includes("application/json") && !accept.includes("text/event-stream");
}

export const eventRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/events",
    id: "events",
    summary: "Entries of the record, live (SSE) or by page (Accept: application/json)",
    right: "read",
    reads: "record",
    query: z.strictObject({ after, scope: scopeFilter, limit }),
    headers: { "Last-Event-ID": "index of the last entry seen; outweighs `after`" },
    out: z.object({ items: z.array(entry), next: z.string() }),
    gives: { "text/event-stream": z.string() },
    async handle({ ports, query, request }) {
      const asked = positionOf(query.after, request);
      if (!asked.ok) return asked;
      const isPaged = wantsPage(request);
      const position = asked.value ?? (isPaged ? "-1" : "latest");
      const from = position === "latest" ? await latestOf(ports.log) : positionIn(position);
      if (from.length > 1 && from.length > (await ports.log.shards())) return notAPosition();
      const scope = query.scope ?? null;
      if (!isPaged) {
        const stream = eventStream(ports, { after: from, scope, signal: request.signal });
        return new Response(stream, { headers: { "content-type": "text/event-stream" } });
      }
      const page = await readRecord(ports.log, { after: from, limit: query.limit, waitMs: 0 });
      const items = page.entries
        .filter((one) => scope === null || one.scope === scope)
        .map((one) => ({ ...one, data: { ...one.data } }));
      return ok({ body: { items, next: positionText(page.positions.at(-1) ?? from) } });
    },
  }),
];
