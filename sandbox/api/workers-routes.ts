/** Routes of a zone: which Worker answers which URLs. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import { ApiError, type Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import { hexId } from "../model/identifiers.ts";
import { ZONE, zoneOf, type StoredZone } from "../model/zone.ts";
import type { Call, Operation } from "../product.ts";
import { acceptPattern, WORKER_ROUTE, type StoredRoute } from "../workers/route.ts";
import { WORKER } from "../workers/script.ts";

const Input = z.object({ pattern: z.string().min(1).max(1000), script: z.string().nullish() });

function find(call: Call): StoredRoute {
  const route = call.shelf(WORKER_ROUTE, zoneOf(call).id).get(call.param("route_id"));
  if (route !== undefined) return route;
  throw new ApiError(404, { code: 10009, message: "Route does not exist." });
}

function accept(call: Call, zone: StoredZone, id: string): StoredRoute {
  const { pattern: given, script } = call.json(Input);
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

/** The routes of a Worker go with it. */
export function dropRoutes(call: Call, script: string): void {
  for (const zone of call.shelf(ZONE, ACCOUNT.id).list()) {
    const shelf = call.shelf(WORKER_ROUTE, zone.id);
    for (const route of shelf.list().filter((candidate) => candidate.script === script)) {
      shelf.delete(route.id);
      changed(call, "delete", { zone, route, request: null });
    }
  }
}

const ROUTES = "/zones/:zone_id/workers/routes";
const ROUTE = `${ROUTES}/:route_id`;

export const WORKERS_ROUTES: readonly Operation[] = [
  { method: "GET", path: ROUTES, needs: "workers:read", handle: list },
  { method: "POST", path: ROUTES, needs: "workers:write", handle: create },
  { method: "GET", path: ROUTE, needs: "workers:read", handle: one },
  { method: "PUT", path: ROUTE, needs: "workers:write", handle: replace },
  { method: "DELETE", path: ROUTE, needs: "workers:write", handle: remove },
];
