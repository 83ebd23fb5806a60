import { z } from "zod";
import { isObject, type Json, sameJson, textOf } from "../canonical.ts";
import { isObjectId } from "../ids.ts";
import type { Fault, Kind, ObservedResource, Resource, Site } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { declareEach } from "./declaration.ts";
import { mergedFields, objectCalls } from "./object-calls.ts";
import { hclOf } from "./publication.ts";

const NAME = "worker_route";
const COLLECTION = "workers/routes";

const route = z.strictObject({
  pattern: z.string().min(1).max(1000),
  /** Null: requests that match reach no Worker. */
  script: z.string().min(1).max(63).nullable(),
});
const schema = z.array(route).max(1000);

/** Scheme and host in lower case, as the API keeps them; the path as it is. */
function normalPattern(pattern: string): string {
  const [, scheme = "", host = "", path = ""] = /^([a-z]+:\/\/)?([^/]*)(.*)$/is.exec(pattern) ?? [];
  return `${scheme.toLowerCase()}${host.toLowerCase()}${path}`;
}

function resourceOf(pattern: string, script: string): Resource {
  return { kind: NAME, group: pattern, identity: pattern, fields: { pattern, script } };
}

function declareRoute(
  { pattern, script }: z.infer<typeof route>,
  site: Site,
): Result<Resource, readonly Fault[]> {
  const normal = normalPattern(pattern.trim());
  const host = (normal.replace(/^[a-z]+:\/\//, "").split("/")[0] ?? "").replace(/^\*\.?/, "");
  const inside = host === site.name || host.endsWith(`.${site.name}`);
  return inside
    ? ok(resourceOf(normal, script ?? ""))
    : err([{ path: ["pattern"], problem: `must be in the zone \`${site.name}\`` }]);
}

/** The same route, leading to no Worker. */
export const withoutWorker = (declared: Resource): Resource => ({
  ...declared,
  fields: { ...declared.fields, script: "" },
});

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a worker route is not an object");
  const { id, pattern, script } = raw;
  if (typeof id !== "string" || !isObjectId(id)) return err("a worker route has no usable `id`");
  if (typeof pattern !== "string" || pattern === "")
    return err(`worker route \`${id}\` has no \`pattern\``);
  return ok({ ...resourceOf(normalPattern(pattern), textOf(script)), id, system: null });
}

/** Which Worker answers which addresses of a zone. */
export const workerRoute: Kind = {
  name: NAME,
  level: "zone",
  collection: COLLECTION,
  schema,
  declare: declareEach(schema, declareRoute),
  observe,
  same: (_, desired, observed) => sameJson(desired, observed),
  matchable: ["pattern", "script"],
  removable: true,
  renames: true,
  foreign: () => new Map(),
  calls: objectCalls({
    collection: COLLECTION,
    bodyOf(change) {
      const { pattern = "", script = "" } = mergedFields(change) ?? {};
      return script === "" ? { pattern } : { pattern, script };
    },
  }),
  predict: mergedFields,
  publish: (observed) =>
    observed.map(({ fields: { pattern = "", script = "" } }) => ({
      pattern,
      script: script || null,
    })),
  hcl: hclOf("cloudflare_workers_route", "pattern", "script"),
  describe: (resource) => `route ${resource.identity}`,
};
