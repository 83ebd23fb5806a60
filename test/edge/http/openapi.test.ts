import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { PROBLEMS } from "../../../src/edge/http/problem.ts";
import { ROUTES } from "../../../src/edge/http/routes/registry.ts";
import { FakeSwarm } from "./fake-swarm.ts";

type Schema = Record<string, unknown>;
interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { name: string; in: string; schema: Schema }[];
  readonly requestBody?: { required: boolean; content: Record<string, { schema: Schema }> };
  readonly responses: Record<string, { content: Record<string, { schema: Schema }> }>;
  readonly security: readonly unknown[];
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

const response = await new FakeSwarm().ask("/api/v1/openapi.json", { token: null });
const document = (await response.json()) as Document;
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

const of = (id: string): Operation | undefined => operations.find((one) => one.operationId === id);

describe("the OpenAPI document", () => {
  it("is public and has every route", () => {
    expect(response.status).toBe(200);
    expect(document.openapi).toBe("3.1.1");
    for (const { method, path, id, right } of ROUTES) {
      const operation = document.paths[path]?.[method.toLowerCase()];
      expect(operation?.operationId).toBe(id);
      expect(operation?.security).toEqual(right === "public" ? [] : [{ bearer: [] }]);
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = operation?.parameters.filter((one) => one.in === "path") ?? [];
      expect(declared.map(({ name }) => name)).toEqual(names);
    }
    expect(operations).toHaveLength(ROUTES.length);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(ROUTES.length);
  });

  it("has only schemas that compile, with references that lead somewhere", () => {
    const ajv = new Ajv2020({
      strict: true,
      allowUnionTypes: true,
      formats: { "date-time": true, uri: true },
    });
    const bare = JSON.stringify(document).replaceAll("#/components/schemas/", "defs#/$defs/");
    const resolved = JSON.parse(bare) as Document;
    ajv.addSchema({ $id: "defs", $defs: resolved.components.schemas });
    const all = Object.values(resolved.paths).flatMap((methods) => Object.values(methods));
    for (const { parameters, requestBody, responses } of all) {
      for (const { schema } of parameters) ajv.compile(schema);
      for (const content of [requestBody, ...Object.values(responses)]) {
        for (const { schema } of Object.values(content?.content ?? {})) ajv.compile(schema);
      }
    }
    for (const name of Object.keys(resolved.components.schemas)) {
      ajv.compile({ $ref: `defs#/$defs/${name}` });
    }
    expect(Object.keys(document.components.schemas)).toContain("DriftReport");
  });

  it("shows what is needed and what is not", () => {
    expect(of("reconcile")?.requestBody?.required).toBe(false);
    expect(of("approveRun")?.requestBody?.required).toBe(true);
    expect(Object.keys(of("putGolden")?.requestBody?.content ?? {})).toEqual([
      "application/yaml",
      "text/yaml",
      "application/json",
    ]);
    const limit = of("listRuns")?.parameters.find(({ name }) => name === "limit");
    expect(limit?.schema).toMatchObject({ type: "integer", minimum: 1, maximum: 200, default: 50 });
  });
});

describe("docs/api.md", () => {
  const text = readFileSync(join(import.meta.dirname, "../../../docs/api.md"), "utf8");

  it("has every route and every problem, and no others", () => {
    const headings = [...text.matchAll(/^### `(\w+ \/\S+)`$/gm)].map(([, heading]) => heading);
    const routes = ROUTES.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(headings)).toEqual(new Set(routes));
    expect(headings).toHaveLength(routes.length);
    const listed = [...text.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \|/gm)].map(([, slug, status]) => [
      slug,
      Number(status),
    ]);
    expect(listed).toEqual(Object.entries(PROBLEMS).map(([slug, { status }]) => [slug, status]));
  });
});
