import { z } from "zod";
import { ok } from "../../../core/result.ts";
import { instant } from "../drift-json.ts";
import { limit, pageOf } from "../paging.ts";
import { defineRoute } from "../route.ts";

const lesson = z
  .object({
    run: z.string(),
    scope: z.string(),
    cause: z.string(),
    shape: z.string(),
    shape_digest: z.string(),
    outcome: z.string(),
    calls: z.int(),
    at: instant,
  })
  .meta({ id: "Lesson" });

export const lessonRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/lessons",
    id: "listLessons",
    summary: "What finished runs taught, newest first; one page",
    right: "read",
    query: z.strictObject({ limit }),
    out: pageOf(lesson),
    async handle({ ports, query }) {
      const items = (await ports.lessons(query.limit)).map(({ shapeDigest, ...rest }) => ({
        run: rest.run,
        scope: rest.scope,
        cause: rest.cause,
        shape: rest.shape,
        shape_digest: shapeDigest,
        outcome: rest.outcome,
        calls: rest.calls,
        at: rest.at,
      }));
      return ok({ body: { items, next: null } });
    },
  }),
];
