/** The GraphQL analytics: the one question that monitoring asks, answered from what the control plane was told. */
import { z } from "zod";
import type { Answer } from "../envelope.ts";
import type { Call, Operation } from "../product.ts";
import type { Kind } from "../store.ts";

export const TrafficGroup = z.strictObject({
  count: z.number().int().min(1),
  dimensions: z.looseObject({ datetimeMinute: z.iso.datetime() }),
});
export type TrafficGroup = z.infer<typeof TrafficGroup>;

export const TRAFFIC_GROUP: Kind<TrafficGroup & { readonly id: string }> = {
  name: "traffic_group",
};

const Question = z.object({
  query: z.string().max(10_000),
  variables: z.object({ zone: z.string(), from: z.iso.datetime(), to: z.iso.datetime() }),
});

const LIMIT_MAX = 10_000;

/** Without the envelope of v4; errors come with status 200. */
const said = (data: unknown, errors: readonly string[] = []): Answer => ({
  raw: {
    type: "application/json",
    body: JSON.stringify({
      data,
      errors: errors.length === 0 ? null : errors.map((message) => ({ message, path: null })),
    }),
  },
});

function asked(call: Call): Answer {
  const { query, variables } = call.json(Question);
  if (!query.includes("httpRequestsAdaptiveGroups")) return said(null, ["unknown field"]);
  const { zone, from, to } = variables;
  if (Date.parse(from) >= Date.parse(to)) return said(null, ["the time range is empty"]);
  const limit = Math.min(LIMIT_MAX, Number(/limit:\s*(\d+)/.exec(query)?.[1] ?? LIMIT_MAX));
  const groups = call
    .shelf(TRAFFIC_GROUP, zone)
    .list()
    .filter(({ dimensions: { datetimeMinute: at } }) => {
      const ms = Date.parse(at);
      return ms >= Date.parse(from) && ms < Date.parse(to);
    })
    .toSorted((a, b) => b.count - a.count)
    .slice(0, limit)
    .map(({ count, dimensions }) => ({ count, dimensions }));
  return said({ viewer: { zones: [{ httpRequestsAdaptiveGroups: groups }] } });
}

export const ANALYTICS: readonly Operation[] = [
  { method: "POST", path: "/graphql", needs: "analytics:read", handle: asked },
];
