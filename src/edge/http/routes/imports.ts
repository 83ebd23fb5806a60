import { z } from "zod";
import { mint, isObjectId } from "../../../core/ids.ts";
import { printHcl } from "../../../core/hcl.ts";
import { KINDS, kindOf } from "../../../core/kinds/registry.ts";
import { type LiveSite, publish, terraformOf } from "../../../core/publish.ts";
import type { Site } from "../../../core/resource.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { ScopeRow } from "../api-ports.ts";
import { goldenYaml, leftOutComments } from "../golden-yaml.ts";
import { ofUnknown, type Problem } from "../problem.ts";
import { defineRoute, type RawCall, scopeOf } from "../route.ts";
import { SCHEMA_PATH } from "./schemas.ts";

const kinds = z
  .string()
  .max(2000)
  .transform((text) => [...new Set(text.split(","))])
  .refine((names) => names.every((name) => KINDS.has(name)), {
    error: `must be one or more of \`${[...KINDS.keys()].join("`, `")}\`, with commas between`,
  })
  .optional()
  .meta({ description: "only these kinds, with commas between; all when left out" });

const siteOf = ({ level, zone_id, zone_name }: ScopeRow): Site => ({
  level,
  id: mint(isObjectId, zone_id),
  name: zone_name,
});

interface Found {
  readonly site: Site;
  readonly live: LiveSite;
}

async function liveOf(
  call: RawCall,
  wanted: readonly string[] | undefined,
): Promise<Result<Found, Problem>> {
  const row = await scopeOf(call);
  if (!row.ok) return row;
  const site = siteOf(row.value);
  const elsewhere = wanted?.filter((name) => kindOf(name).level !== site.level) ?? [];
  if (elsewhere.length > 0) {
    const detail = `not in a scope of this level: \`${elsewhere.join("`, `")}\``;
    return err({ slug: "bad-query", errors: [{ pointer: "?/kinds", detail }] });
  }
  const live = await call.ports.reconciler(row.value.scope).live(wanted ?? null);
  return live.ok ? ok({ site, live: live.value }) : err(ofUnknown(live.error));
}

const wantsJson = (request: Request): boolean =>
  /\bapplication\/json\b/.test(request.headers.get("accept") ?? "");

const textResponse = (text: string, type: string, name: string): Response =>
  new Response(text, {
    headers: {
      "content-type": type,
      "content-disposition": `attachment; filename="${name.replaceAll(/[^\w.-]/g, "_")}"`,
      vary: "accept",
    },
  });

export const importRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/scopes/{scope}/import",
    id: "importGolden",
    exports: "import",
    summary: "What is live as a golden state: declared as it stands, it changes nothing",
    right: "operate",
    query: z.strictObject({ kinds }),
    out: z.record(z.string(), z.unknown()).meta({ description: "the document" }),
    gives: { "application/yaml": z.string().meta({ description: "the document, with comments" }) },
    async handle(call) {
      const found = await liveOf(call, call.query.kinds);
      if (!found.ok) return found;
      const { site, live } = found.value;
      const publication = publish(live);
      if (wantsJson(call.request))
        return ok({ body: { ...publication.document }, headers: { vary: "accept" } });
      const schemaUrl = new URL(SCHEMA_PATH, call.request.url).href;
      const text = goldenYaml(publication, { site, at: live.observation.observedAt, schemaUrl });
      return textResponse(text, "application/yaml", `${site.name}.yaml`);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/scopes/{scope}/export",
    id: "exportScope",
    exports: "hcl",
    summary: "What is live in another tool's language, with what it takes to adopt it there",
    right: "read",
    query: z.strictObject({
      format: z.literal("hcl").default("hcl").meta({ description: "Terraform, provider 5" }),
      kinds,
    }),
    out: z.object({
      resources: z.array(
        z.object({
          type: z.string(),
          name: z.string(),
          attributes: z.record(z.string(), z.unknown()),
          import_id: z.string(),
        }),
      ),
    }),
    gives: { "text/plain": z.string().meta({ description: "HCL" }) },
    async handle(call) {
      const found = await liveOf(call, call.query.kinds);
      if (!found.ok) return found;
      const { site, live } = found.value;
      const { resources, kinds: parts } = terraformOf(live);
      if (wantsJson(call.request)) {
        const body = {
          resources: resources.map(({ importId, attributes, ...rest }) => ({
            ...rest,
            attributes: { ...attributes },
            import_id: importId,
          })),
        };
        return ok({ body, headers: { vary: "accept" } });
      }
      const head = `${site.name} as it was found at ${live.observation.observedAt}`;
      const text = printHcl(resources, [head, ...leftOutComments(parts)]);
      return textResponse(text, "text/plain; charset=utf-8", `${site.name}.tf`);
    },
  }),
];
