/** Routes of a zone: which Worker answers which URLs. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import { ApiError, type Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import { hexId } from "../model/identifiers.ts";
import { ZONE, zoneOf, type StoredZone } from "../model/zone.ts";
import type { Call, Operation } from "../product.ts";
import { findWorker } from "../workers/account-worker.ts";
import { acceptPattern, WORKER_ROUTE, type StoredRoute } from "../workers/route.ts";
import { WORKER } from "../workers/script.ts";

const Input = z.object({ pattern: z.string().min(1).max(1000), script: z.string().nullish() });

function find(call: Call): StoredRoute {
  const route = call.shelf(WORKER_ROUTE, zoneOf(call).id).get(call.param("route_id"));
  if (route !== undefined) return route;
  throw new ApiError(404, { code: 10009, message: "Route does not exist." });
}

function accept(call: Call, zone: StoredZone, id: string): StoredRoute {
  return acceptRoute(call, zone, { id, ...call.json(Input) });
}

function acceptRoute(
  call: Call,
  zone: StoredZone,
  { id, pattern: given, script }: z.infer<typeof Input> & { readonly id: string },
): StoredRoute {
  const pattern = acceptPattern(given, zone.name);
  const twins = call.shelf(WORKER_ROUTE, zone.id).withKey(pattern);
  if (twins.some((route) => route.id !== id)) {
    const message = "A route with the same pattern already exists.";
    throw new ApiError(409, { code: 10020, message });
  }
  if (script === null || script === undefined || script === "") return { id, pattern };
  if (call.shelf(WORKER, ACCOUNT.id).get(script) === undefined) {
    const message =
      "Cannot configure a route for a Worker which does not exist. " +
      "Please ensure this Worker exists and try again.";
    throw new ApiError(400, { code: 10019, message });
  }
  return { id, pattern, script };
}

function changed(
  call: Call,
  action: "create" | "update" | "delete",
  { zone, route, request }: { zone: StoredZone; route: StoredRoute; request: unknown },
): void {
  call.changed({
    action,
    resource: { id: route.id, type: "worker_route", product: "workers", scope: "zones" },
    zone: { id: zone.id, name: zone.name },
    request,
    response: action === "delete" ? null : route,
  });
}

function store(call: Call, before: StoredRoute | undefined): Answer {
  const zone = zoneOf(call);
  const route = accept(call, zone, before?.id ?? hexId());
  call.shelf(WORKER_ROUTE, zone.id).put(route);
  const action = before === undefined ? "create" : "update";
  changed(call, action, { zone, route, request: jsonBody(call.body) });
  return { result: route };
}

const All = z.array(
  z.union([
    z.string().transform((pattern) => ({ pattern, zone_id: undefined, zone_name: undefined })),
    z.object({
      pattern: z.string(),
      zone_id: z.string().optional(),
      zone_name: z.string().optional(),
    }),
  ]),
);

/** The zone that is named, or the longest one that the pattern's host is in. */
function zoneFor(call: Call, given: z.infer<typeof All>[number]): StoredZone {
  const host =
    given.pattern
      .replace(/^[a-z]+:\/\//i, "")
      .split("/")[0]
      ?.toLowerCase() ?? "";
  const named = given.zone_name?.toLowerCase();
  const [zone] = call
    .shelf(ZONE, ACCOUNT.id)
    .list()
    .filter(({ id, name }) => (given.zone_id ?? id) === id && (named ?? name) === name)
    .filter(({ name }) => host.endsWith(name))
    .toSorted((a, b) => b.name.length - a.name.length);
  if (zone !== undefined) return zone;
  const message = `Could not find zone for \`${given.pattern}\`.`;
  throw new ApiError(400, { code: 10082, message });
}

/** All routes of one Worker in all zones: those that are not named go, the others keep their ids. */
function replaceAll(call: Call): Answer {
  const { id: script } = findWorker(call);
  const wanted = call.json(All).map((given) => ({ ...given, zone: zoneFor(call, given) }));
  const kept = new Set<string>();
  const routes = wanted.map(({ pattern, zone }) => {
    const shelf = call.shelf(WORKER_ROUTE, zone.id);
    const known = shelf.withKey(acceptPattern(pattern, zone.name))[0];
    const id = known?.script === script ? known.id : hexId();
    const route = acceptRoute(call, zone, { id, pattern, script });
    kept.add(route.id);
    if (known?.id === route.id) return route;
    shelf.put(route);
    changed(call, "create", { zone, route, request: { pattern, script } });
    return route;
  });
  drop(call, (route) => route.script === script && !kept.has(route.id));
  return { result: routes };
}

const ofScript = (call: Call): Answer => ({ result: routesTo(call, findWorker(call).id) });

const create = (call: Call): Answer => store(call, undefined);
const replace = (call: Call): Answer => store(call, find(call));
const one = (call: Call): Answer => ({ result: find(call) });
const list = (call: Call): Answer => ({ result: call.shelf(WORKER_ROUTE, zoneOf(call).id).list() });

function remove(call: Call): Answer {
  const zone = zoneOf(call);
  const route = find(call);
  call.shelf(WORKER_ROUTE, zone.id).delete(route.id);
  changed(call, "delete", { zone, route, request: null });
  return { result: { id: route.id } };
}

/** In every zone of the account. */
export function routesTo(call: Call, script: string): StoredRoute[] {
  return call
    .shelf(ZONE, ACCOUNT.id)
    .list()
    .flatMap(({ id }) => call.shelf(WORKER_ROUTE, id).list())
    .filter((route) => route.script === script);
}

function drop(call: Call, goes: (route: StoredRoute) => boolean): void {
  for (const zone of call.shelf(ZONE, ACCOUNT.id).list()) {
    const shelf = call.shelf(WORKER_ROUTE, zone.id);
    for (const route of shelf.list().filter(goes)) {
      shelf.delete(route.id);
      changed(call, "delete", { zone, route, request: null });
    }
  }
}

/** The routes of a Worker go with it. */
export const dropRoutes = (call: Call, script: string): void =>
  drop(call, (route) => route.script === script);

const ROUTES = "/zones/:zone_id/workers/routes";
const ROUTE = `${ROUTES}/:route_id`;
const OF_SCRIPT = "/accounts/:account_id/workers/scripts/:script_name/routes";

export const WORKERS_ROUTES: readonly Operation[] = [
  { method: "GET", path: ROUTES, needs: "workers:read", handle: list },
  { method: "POST", path: ROUTES, needs: "workers:write", handle: create },
  { method: "GET", path: ROUTE, needs: "workers:read", handle: one },
  { method: "PUT", path: ROUTE, needs: "workers:write", handle: replace },
  { method: "DELETE", path: ROUTE, needs: "workers:write", handle: remove },
  { method: "GET", path: OF_SCRIPT, needs: "workers:read", handle: ofScript },
  { method: "PUT", path: OF_SCRIPT, needs: "workers:write", handle: replaceAll },
];
