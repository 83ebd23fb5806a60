import { z } from "zod";
import { goldenSchema } from "../../../core/golden-schema.ts";
import { defineRoute } from "../route.ts";

export const SCHEMA_PATH = "/api/v1/schemas/golden-state.json";

/** Made once: it depends on the code alone. */
let text: string | undefined;

export const schemaRoutes = [
  defineRoute({
    method: "GET",
    path: SCHEMA_PATH,
    id: "goldenSchema",
    summary: "The JSON Schema (draft-07) of a golden state, for editors",
    right: "public",
    out: z.record(z.string(), z.unknown()).meta({ description: "a JSON Schema" }),
    async handle() {
      text ??= JSON.stringify(goldenSchema());
      // Editors in a browser ask from another origin; there is nothing to protect.
      const headers = { "content-type": "application/json", "access-control-allow-origin": "*" };
      return new Response(text, { headers });
    },
  }),
];
