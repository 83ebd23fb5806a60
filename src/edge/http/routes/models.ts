import { z } from "zod";
import { ok } from "../../../core/result.ts";
import { defineRoute } from "../route.ts";

const provider = z.object({
  name: z.string(),
  place: z.enum(["local", "account", "external"]),
  models: z.array(z.string()).nullable().meta({ description: "null: it does not say" }),
  has: z.boolean().nullable().meta({ description: "whether the role's model is there" }),
  why: z.string().nullable().meta({ description: "why it does not say" }),
});
const role = z
  .object({
    role: z.enum(["architect", "reviewer", "sentinel"]),
    model: z.string(),
    providers: z.array(provider),
    problem: z.string().nullable().meta({
      description: "what is wrong with the configuration, so that nobody is asked",
    }),
  })
  .meta({ id: "RoleModels" });

export const modelRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/models",
    id: "listModels",
    summary: "The model of each role, and which models its providers have now",
    // It asks others, so it is not for everybody who may look.
    right: "operate",
    out: z.object({ items: z.array(role) }),
    async handle({ ports }) {
      const items = (await ports.models()).map(({ providers, ...one }) => ({
        ...one,
        providers: providers.map(({ models, ...of }) => ({ ...of, models: models && [...models] })),
      }));
      return ok({ body: { items } });
    },
  }),
];
