import { z } from "zod";
import type { GoldenPath } from "../../../core/golden-paths/golden-path.ts";
import { GOLDEN_PATHS } from "../../../core/golden-paths/registry.ts";
import { err, ok } from "../../../core/result.ts";
import { pageOf } from "../paging.ts";
import { notFound, type Problem } from "../problem.ts";
import { defineRoute } from "../route.ts";

const text = z.object({ en: z.string(), ko: z.string() });

const summary = z
  .object({
    name: z.string(),
    version: z.int(),
    title: text,
    summary: text,
    level: z
      .enum(["zone", "account", "aws_account"])
      .meta({ description: "of the scope that it is asked in" }),
  })
  .meta({ id: "GoldenPathSummary" });

const whole = summary
  .extend({
    parameters: z
      .record(z.string(), z.unknown())
      .meta({ description: "a JSON Schema (draft 2020-12) of the parameters" }),
    invariants: z.array(z.string()).meta({ description: "what holds of every expansion" }),
    cost: z.array(z.string()),
    risk: z.array(z.string()),
    upgrades_from: z.array(z.int()),
  })
  .meta({ id: "GoldenPath" });

const summaryJson = ({ name, version, title, summary: about, needs }: GoldenPath) => ({
  name,
  version,
  title: { ...title },
  summary: { ...about },
  level: needs,
});

const wholeJson = (path: GoldenPath): z.input<typeof whole> => ({
  ...summaryJson(path),
  parameters: { ...z.toJSONSchema(path.parameters, { io: "input" }) },
  invariants: [...path.invariants],
  cost: [...path.cost],
  risk: [...path.risk],
  upgrades_from: [...(path.earlier?.keys() ?? [])],
});

export const goldenPathRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/golden-paths",
    id: "listGoldenPaths",
    summary: "The golden paths that an intent may choose",
    right: "read",
    out: pageOf(summary),
    // A dozen of them, written by people: they are one page.
    handle: () =>
      Promise.resolve(
        ok({ body: { items: [...GOLDEN_PATHS.values()].map(summaryJson), next: null } }),
      ),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/golden-paths/{name}",
    id: "getGoldenPath",
    summary: "One golden path: its parameters as JSON Schema, what it promises, costs and risks",
    right: "read",
    out: whole,
    handle({ param }) {
      const path = GOLDEN_PATHS.get(param("name"));
      return Promise.resolve(
        path
          ? ok({ body: wholeJson(path) })
          : err<Problem>(notFound("there is no such golden path")),
      );
    },
  }),
];
