import { z } from "zod";
import {
  lessonBundle,
  parseBundle,
  publicKeys,
  type TrustedKey,
} from "../../../core/experience/bundle.ts";
import type { Learned } from "../../../core/experience/experience.ts";
import { meanPpm } from "../../../core/experience/statistic.ts";
import { type Digest, isDigest } from "../../../core/ids.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { keyIdOf, type PublicKeys } from "../../../core/signing.ts";
import { instant } from "../drift-json.ts";
import { limit, pageOf } from "../paging.ts";
import { notFound, ofBookRefusal, type Problem } from "../problem.ts";
import { defineRoute, type RawCall } from "../route.ts";

const lesson = z
  .object({
    run: z.string(),
    scope: z.string(),
    cause: z.string(),
    paths: z.array(z.string()).meta({ description: "golden paths that the run brought about" }),
    shape: z.string(),
    shape_digest: z.string(),
    outcome: z.string(),
    calls: z.int(),
    at: instant,
  })
  .meta({ id: "Lesson" });

/** As many statistics as a bundle may have, with room. */
const BUNDLE_BYTES_MAX = 1024 * 1024;

const counts = z.object({ well: z.int(), badly: z.int() });
const statistic = z
  .object({
    cause: z.string(),
    about: z.record(z.string(), z.json()),
    own: counts,
    imported: counts.meta({
      description: "of all trusted organisations; counts little, and bounded",
    }),
    mean_ppm: z.int().meta({ description: "mean of the Beta posterior, in millionths" }),
  })
  .meta({ id: "LessonStatistic" });
const experience = z
  .object({
    statistics: z.array(statistic),
    cautions: z.array(z.string()).meta({
      description: "shapes of plans that a person looks at, until a person says otherwise",
    }),
  })
  .meta({ id: "Experience" });

const key = z
  .object({
    id: z.string(),
    public_keys: publicKeys,
    label: z.string(),
    by: z.string(),
    at: instant,
    bundle: z
      .object({ version: z.int(), digest: z.string(), statistics: z.int(), at: instant })
      .nullable()
      .meta({ description: "the newest bundle that was taken of it" }),
  })
  .meta({ id: "LessonKey" });
const keys = z
  .object({
    own: z.object({ id: z.string(), public_keys: publicKeys }),
    trusted: z.array(key),
  })
  .meta({ id: "LessonKeys" });

const trust = z.strictObject({
  public_keys: publicKeys,
  label: z.string().trim().min(1).max(100),
});

const statisticJson = ({ cause, about, own, imported }: Learned): z.input<typeof statistic> => ({
  cause,
  about: about.of === "shape" ? { of: about.of, changes: [...about.changes] } : { ...about },
  own: { ...own },
  imported: { ...imported },
  mean_ppm: meanPpm({ own, imported }),
});

/** The schema's own type: what the register keeps has the same members. */
const keysJson = (of: PublicKeys): z.input<typeof publicKeys> => publicKeys.parse(of);

const keyJson = ({ id, keys: of, label, by, at, bundle }: TrustedKey): z.input<typeof key> => ({
  id,
  public_keys: keysJson(of),
  label,
  by,
  at,
  bundle: bundle && { ...bundle },
});

/** A malformed digest names nothing, so it is not there either. */
function digestIn({ param }: RawCall, name: string, what: string): Result<Digest, Problem> {
  const given = param(name);
  return isDigest(given) ? ok(given) : err(notFound(what));
}

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
        paths: [...rest.paths],
        shape: rest.shape,
        shape_digest: shapeDigest,
        outcome: rest.outcome,
        calls: rest.calls,
        at: rest.at,
      }));
      return ok({ body: { items, next: null } });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/lessons/experience",
    id: "getExperience",
    summary:
      "What was learned: counts by cause, path, rung and shape, and which shapes ask for care",
    right: "read",
    out: experience,
    async handle({ ports }) {
      const { statistics, cautions } = await ports.lessonBook().experience();
      return ok({
        body: { statistics: statistics.map(statisticJson), cautions: [...cautions] },
      });
    },
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/v1/lessons/cautions/{shape}",
    id: "liftCaution",
    summary: "A person's word that plans of this shape need no more care than others",
    right: "approve",
    out: z.object({ shape: z.string() }),
    async handle(call) {
      const shape = digestIn(call, "shape", "nothing asks for care of this shape");
      if (!shape.ok) return shape;
      const lifted = await call.ports.lessonBook().lift(shape.value, call.principal.name);
      return lifted.ok ? ok({ body: { ...lifted.value } }) : err(ofBookRefusal(lifted.error));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/lessons/exports",
    id: "exportLessons",
    exports: "lessons",
    summary: "A signed bundle of what was counted here: no name, no scope, no time of a run",
    right: "operate",
    status: 201,
    out: lessonBundle,
    async handle({ ports, principal }) {
      const { content, signature } = await ports.lessonBook().exported(principal.name);
      return ok({
        body: lessonBundle.parse({ content, signature }),
        headers: { "cache-control": "no-store" },
      });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/lessons/imports",
    id: "importLessons",
    summary: "Takes a bundle of another organisation whose key is trusted",
    right: "approve",
    status: 201,
    body: lessonBundle,
    bytesMax: BUNDLE_BYTES_MAX,
    out: z.object({
      key: z.string(),
      version: z.int(),
      taken: z.int(),
      left_out: z.int().meta({ description: "about things that do not exist here" }),
    }),
    async handle({ ports, principal, body }) {
      const bundle = parseBundle(body);
      const taken = await ports.lessonBook().take(bundle, principal.name);
      if (!taken.ok) return err(ofBookRefusal(taken.error));
      const { key: of, version } = bundle.content;
      return ok({
        body: { key: of, version, taken: taken.value.taken, left_out: taken.value.leftOut },
      });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/lessons/keys",
    id: "listLessonKeys",
    summary: "The key that bundles are signed with here, and those whose bundles are taken",
    right: "read",
    out: keys,
    async handle({ ports }) {
      const { own, trusted } = await ports.lessonBook().keys();
      return ok({
        body: {
          own: { id: keyIdOf(own), public_keys: keysJson(own) },
          trusted: trusted.map(keyJson),
        },
      });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/lessons/keys",
    id: "trustLessonKey",
    summary: "From now on bundles that this key signs are taken",
    right: "approve",
    status: 201,
    body: trust,
    out: key,
    async handle({ ports, principal, body }) {
      const trusted = await ports.lessonBook().trust({
        keys: body.public_keys,
        label: body.label,
        by: principal.name,
      });
      return trusted.ok ? ok({ body: keyJson(trusted.value) }) : err(ofBookRefusal(trusted.error));
    },
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/v1/lessons/keys/{key}",
    id: "distrustLessonKey",
    summary: "Its bundles are taken no more, and what was taken of it counts no more",
    right: "approve",
    out: key,
    async handle(call) {
      const id = digestIn(call, "key", "there is no such key");
      if (!id.ok) return id;
      const gone = await call.ports.lessonBook().distrust(id.value, call.principal.name);
      return gone.ok ? ok({ body: keyJson(gone.value) }) : err(ofBookRefusal(gone.error));
    },
  }),
];
