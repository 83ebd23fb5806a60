/** The registry as an OpenAPI 3.1 document. */
import { z } from "zod";
import { PROBLEMS } from "./problem.ts";
import type { Route } from "./route.ts";

type Schema = Record<string, unknown>;

const problem = z
  .object({
    type: z.string().meta({ format: "uri" }),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string().optional(),
    errors: z
      .array(
        z.object({
          pointer: z.string(),
          detail: z.string(),
          line: z.int().optional(),
          column: z.int().optional(),
        }),
      )
      .optional(),
    errors_omitted: z.int().optional(),
  })
  .meta({ id: "Problem", description: `types: ${Object.keys(PROBLEMS).join(", ")}` });

export function openApi(routes: readonly Route[], version: string): Schema {
  const components = new Map<string, unknown>();
  const paths: Record<string, Schema> = {};
  for (const route of routes) {
    const operations = (paths[route.path] ??= {});
    operations[route.method.toLowerCase()] = operationOf(route, components);
  }
  return {
    openapi: "3.1.1",
    info: { title: "Driftless", version },
    paths,
    components: {
      schemas: Object.fromEntries(components),
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
  };
}

function operationOf(route: Route, components: Map<string, unknown>): Schema {
  const schema = (of: z.ZodType): Schema => schemaOf(of, components);
  const content = (types: Readonly<Record<string, z.ZodType>>): Schema =>
    Object.fromEntries(Object.entries(types).map(([type, of]) => [type, { schema: schema(of) }]));
  const body = route.body ? { "application/json": route.body } : route.takes;
  return {
    operationId: route.id,
    summary: route.summary,
    "x-right": route.right,
    security: route.right === "public" ? [] : [{ bearer: [] }],
    parameters: parametersOf(route, schema),
    ...(body ? { requestBody: { required: isNeeded(route), content: content(body) } } : {}),
    responses: {
      [route.status ?? 200]: {
        description: "done",
        content: content({ "application/json": route.out, ...route.gives }),
      },
      default: {
        description: "refused",
        content: content({ "application/problem+json": problem }),
      },
    },
  };
}

const isNeeded = ({ body }: Route): boolean => !body?.safeParse(undefined).success;

function parametersOf(route: Route, schema: (of: z.ZodType) => Schema): readonly Schema[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery = Object.entries(schema(route.query)["properties"] ?? {}).map(([name, of]) => ({
    name,
    in: "query",
    required: false,
    schema: of,
  }));
  const inHeader = Object.entries(route.headers ?? {}).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));
  return [...inPath, ...inQuery, ...inHeader];
}

/**
 * Schemas with an id become components. `io: "input"` leaves objects open: members may be added to
 * answers.
 */
function schemaOf(of: z.ZodType, components: Map<string, unknown>): Schema {
  const made: Schema = z.toJSONSchema(of, { io: "input", unrepresentable: "any" });
  const { $schema: _, $defs, id, ...rest } = made as Schema & { $defs?: Record<string, Schema> };
  for (const [name, definition] of Object.entries($defs ?? {})) {
    const { id: _id, ...bare } = definition;
    components.set(name, pointed(bare));
  }
  if (typeof id !== "string") return pointed(rest);
  components.set(id, pointed(rest));
  return { $ref: `#/components/schemas/${id}` };
}

const pointed = (schema: Schema): Schema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Schema;
