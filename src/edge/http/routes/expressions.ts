import { z } from "zod";
import { matchRate } from "../../../core/expression/match-rate.ts";
import { CHARS_MAX, parseExpression } from "../../../core/expression/parse.ts";
import { printExpression } from "../../../core/expression/print.ts";
import { printProblem } from "../../../core/expression/problem.ts";
import type { RecordedRequest } from "../../../core/expression/request.ts";
import { PLANS, requirementOf } from "../../../core/expression/requirements.ts";
import { err, ok } from "../../../core/result.ts";
import { defineRoute } from "../route.ts";

/** So many requests fit into a body that is read at once. */
const REQUESTS_MAX = 1_000;

const recorded = z
  .strictObject({
    method: z.string().max(40).default("GET"),
    host: z.string().max(255).default(""),
    uri: z.string().max(16_384).meta({ description: "path and query as they were sent" }),
    scheme: z.enum(["http", "https"]).optional(),
    version: z.string().max(20).optional(),
    headers: z
      .array(z.tuple([z.string(), z.string()]))
      .max(200)
      .optional(),
    body: z.string().optional(),
    ip: z.string().max(45).optional(),
    asn: z.int().min(0).max(4_294_967_295).optional(),
    country: z.string().max(2).optional(),
    fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  })
  .meta({ description: "one request; what is left out is not known, and never taken for missing" });

const hits = z.array(z.object({ value: z.string(), requests: z.int() }));

const match = z.object({
  requests: z.int(),
  matched: z.int(),
  not_assessable: z.int().meta({ description: "nobody can say: neither matched nor spared" }),
  reasons: hits,
  share: z.number().nullable().meta({ description: "matched among those that could be judged" }),
  share_max: z.number().nullable().meta({ description: "if all that could not be judged matched" }),
  hit: z.object({
    hosts: hits,
    paths: hits,
    countries: hits,
    networks: hits,
    user_agents: hits,
  }),
});

/** Members that are given; a record that says `undefined` is the same as one that says nothing. */
const given = (one: z.output<typeof recorded>): RecordedRequest => {
  const { method, host, uri, ...rest } = one;
  const known = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { method, host, uri, ...Object.fromEntries(known) };
};

export const expressionRoutes = [
  defineRoute({
    method: "POST",
    path: "/api/v1/expressions/assessments",
    id: "assessExpression",
    summary: "Checks an expression of the rules language, and plays it on recorded requests",
    right: "read",
    body: z.strictObject({
      expression: z.string().max(CHARS_MAX),
      requests: z.array(recorded).max(REQUESTS_MAX).default([]),
    }),
    out: z.object({
      canonical: z.string(),
      plan: z.object({ least: z.enum(PLANS), because: z.string() }),
      match: match.nullable(),
    }),
    async handle({ body: { expression, requests } }) {
      const parsed = parseExpression(expression);
      if (!parsed.ok) {
        const flaw = { pointer: "#/expression", detail: printProblem(expression, parsed.error) };
        return err({ slug: "invalid-body", errors: [flaw] });
      }
      const { plan, because } = requirementOf(parsed.value);
      const rate = requests.length === 0 ? null : matchRate(expression, requests.map(given));
      return ok({
        body: {
          canonical: printExpression(parsed.value),
          plan: { least: plan, because },
          match: rate?.ok === true ? rateJson(rate.value) : null,
        },
      });
    },
  }),
];

type Rate = Extract<ReturnType<typeof matchRate>, { ok: true }>["value"];

const rateJson = ({ hit, ...rate }: Rate): z.input<typeof match> => ({
  requests: rate.requests,
  matched: rate.matched,
  not_assessable: rate.notAssessable,
  reasons: [...rate.reasons],
  share: rate.share,
  share_max: rate.shareMax,
  hit: {
    hosts: [...hit.hosts],
    paths: [...hit.paths],
    countries: [...hit.countries],
    networks: [...hit.networks],
    user_agents: [...hit.userAgents],
  },
});
