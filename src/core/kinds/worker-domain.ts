import { z } from "zod";
import { idOf, isObject, type Json, textOf } from "../canonical.ts";
import type { HclResource, Unprinted } from "../hcl.ts";
import { isObjectId } from "../ids.ts";
import {
  type ApiRequest,
  basePath,
  type Change,
  type Kind,
  type Live,
  type ObservedResource,
  type Resource,
  type Site,
} from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { declareEach, sameOrDefault } from "./declaration.ts";
import { mergedFields } from "./object-calls.ts";
import { publishEach } from "./publication.ts";

const NAME = "worker_domain";
const COLLECTION = "workers/domains";
const ENVIRONMENT = "production";

const hostname = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/, "must be a hostname");
const domain = z
  .strictObject({ hostname, service: z.string().min(1).max(63), zone: hostname })
  .refine(({ hostname: host, zone }) => host === zone || host.endsWith(`.${zone}`), {
    path: ["hostname"],
    message: "must be in its zone",
  });
const schema = z.array(domain).max(1000);

const resourceOf = (fields: Resource["fields"]): Resource => {
  const identity = textOf(fields["hostname"]);
  return { kind: NAME, group: identity, identity, fields };
};

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a worker domain is not an object");
  const { id, hostname: host, service, zone_name: zone, environment } = raw;
  if (typeof id !== "string" || !isObjectId(id)) return err("a worker domain has no usable `id`");
  if (typeof host !== "string" || host === "")
    return err(`worker domain \`${id}\` has no \`hostname\``);
  const resource = resourceOf({
    hostname: host.toLowerCase(),
    service: textOf(service),
    zone: textOf(zone).toLowerCase(),
    environment: textOf(environment) || ENVIRONMENT,
  });
  return ok({ ...resource, id, system: null });
}

/** The API takes a domain by its hostname: PUT on the collection makes it or moves it. */
function requestFor(change: Change, site: Site): ApiRequest {
  const path = `${basePath(site)}/${COLLECTION}`;
  if (change.op === "delete")
    return { method: "DELETE", path: `${path}/${change.observed.id}`, body: null };
  const fields = mergedFields(change) ?? {};
  const { hostname: host = "", service = "", zone = "", environment = ENVIRONMENT } = fields;
  return { method: "PUT", path, body: { hostname: host, service, zone_name: zone, environment } };
}

function apply(
  objects: readonly Json[],
  { method, path, body }: ApiRequest,
  site: Site,
): Result<readonly Json[], string> {
  const collection = `${basePath(site)}/${COLLECTION}`;
  const domains = objects.filter(isObject);
  if (method === "DELETE") {
    const left = domains.filter((object) => `${collection}/${idOf(object)}` !== path);
    return left.length < domains.length ? ok(left) : err("there is no such domain");
  }
  if (method !== "PUT" || path !== collection || !isObject(body)) return err("is not understood");
  const old = domains.find((object) => object["hostname"] === body["hostname"]);
  const others = domains.filter((object) => object !== old);
  return ok([...others, { ...old, ...body, id: old === undefined ? "" : idOf(old) }]);
}

/** Another environment than this one is not told to the provider any more. */
function domainHcl(
  { identity, fields, id }: ObservedResource,
  { site }: Live,
): HclResource | Unprinted {
  const { hostname: host = "", service = "", zone = "", environment } = fields;
  if (environment !== ENVIRONMENT)
    return { unprinted: `the provider no longer knows the environment \`${textOf(environment)}\`` };
  return {
    type: "cloudflare_workers_custom_domain",
    name: identity,
    attributes: { account_id: site.id, hostname: host, service, zone_name: zone },
    importId: `${site.id}/${id}`,
  };
}

/** Hostnames that a Worker answers by itself; the DNS record and the certificate come with them. */
export const workerDomain: Kind = {
  name: NAME,
  level: "account",
  collection: COLLECTION,
  schema,
  declare: declareEach(schema, (declared) => ok(resourceOf(declared))),
  observe,
  same: sameOrDefault({ environment: ENVIRONMENT }),
  matchable: ["hostname", "service", "zone"],
  removable: true,
  needs: ({ fields }) => ({ kind: "worker", identity: textOf(fields["service"]) }),
  foreign: () => new Map(),
  calls: (changes, site) =>
    changes.map((change, position) => ({
      request: requestFor(change, site),
      changes: [position],
    })),
  predict: mergedFields,
  apply,
  publish: publishEach("hostname", "service", "zone"),
  hcl: domainHcl,
  describe: (resource) => `domain ${resource.identity}`,
};
