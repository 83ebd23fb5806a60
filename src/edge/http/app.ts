/**
 * The HTTP API: the registry behind authentication, with one form of error and no platform binding.
 */
import { Hono } from "hono";
import { isGuardrailId, isHoldId, isRunId, isScopeId } from "../../core/ids.ts";
import type { ApiPorts } from "./api-ports.ts";
import { assertionOf, bearerOf, may, type Principal, type Right } from "./auth.ts";
import { LogIns } from "./log-ins.ts";
import { openApi } from "./openapi.ts";
import { PEOPLE_PAGE, peoplePage } from "./page/people-page.ts";
import { ofFault, type Problem, problemResponse } from "./problem.ts";
import type { RawCall, Route } from "./route.ts";
import { ROUTES } from "./routes/registry.ts";

/** Answers are for programs: never a page (but for the one for people), never in a frame, not kept unless they say so. */
const HEADERS = {
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
} as const;

/** Who calls a public route. */
const NOBODY: Principal = { name: "nobody", role: "viewer" };

export function createApp(ports: ApiPorts): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS))
      if (!context.res.headers.has(name)) context.res.headers.set(name, value);
  });
  app.get(PEOPLE_PAGE, peoplePage);
  const logIns = new LogIns(ports);
  let document: Record<string, unknown> | undefined;
  const describe = (): Record<string, unknown> => (document ??= openApi(ROUTES, ports.version));
  for (const route of ROUTES) {
    app.on(route.method, patternOf(route), (context) =>
      answer(
        route,
        {
          ports,
          describe,
          request: context.req.raw,
          principal: NOBODY,
          param: (name) => context.req.param(name) ?? "",
        },
        logIns,
      ),
    );
  }
  for (const [pattern, allow] of methodsByPattern()) {
    app.all(pattern, () =>
      problemResponse({ slug: "method-not-allowed", headers: { allow } }, null),
    );
  }
  app.notFound(() => problemResponse({ slug: "not-found" }, null));
  app.onError((error, context) => {
    const { method, routePath: route } = context.req;
    console.error(logLine("request_failed", { method, route, message: error.message }));
    return problemResponse(ofFault(error), null);
  });
  return app;
}

/** One line, whatever a message has in it: nobody else begins a line of our log. */
const logLine = (event: string, facts: Readonly<Record<string, string>>): string =>
  JSON.stringify({ event, ...facts });

const patternOf = ({ path }: Route): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === "path" ? ":path{.+}" : `:${name}`));

const methodsOf = ({ method }: Route): string => (method === "GET" ? "GET, HEAD" : method);

function methodsByPattern(): ReadonlyMap<string, string> {
  const routes = Map.groupBy(ROUTES, patternOf);
  return new Map([...routes].map(([pattern, of]) => [pattern, of.map(methodsOf).join(", ")]));
}

/** What everybody may read where the operator allows it is the record's own files: where not, reading them is recorded. */
const readsRecord = ({ right, reads }: Route): boolean =>
  right === "published" || reads === "record";

async function answer(route: Route, call: RawCall, logIns: LogIns): Promise<Response> {
  const right = rightOf(route, call.ports);
  if (right === "public") return route.respond(call);
  const instance = new URL(call.request.url).pathname;
  const token = bearerOf(call.request);
  const assertion = assertionOf(call.request);
  const principal = await principalOf(call.ports, token, assertion);
  const method = token === null ? "access" : "bearer";
  if (principal === null) {
    const tried = token !== null || assertion !== null;
    if (tried) logIns.refuse(method, call.request);
    return problemResponse(unauthenticated(tried), instance);
  }
  await logIns.enter(principal, method, readsRecord(route) ? route.id : null);
  if (may(principal, right)) {
    if (route.exports !== undefined) await recordExport(route, { ...call, principal });
    return route.respond({ ...call, principal });
  }
  await recordDenial(route, { ...call, principal });
  return problemResponse({ slug: "forbidden" }, instance);
}

const rightOf = ({ right }: Route, { log }: ApiPorts): Right | "public" => {
  if (right !== "published") return right;
  return log.isPublic ? "public" : "read";
};

async function principalOf(
  ports: ApiPorts,
  token: string | null,
  assertion: string | null,
): Promise<Principal | null> {
  if (token !== null) return ports.authenticate(token);
  return assertion === null ? null : ports.identify(assertion);
}

const unauthenticated = (tried: boolean): Problem => ({
  slug: "unauthenticated",
  headers: {
    "www-authenticate": `Bearer realm="driftless"${tried ? ', error="invalid_token"' : ""}`,
  },
});

/** Throws when it cannot be recorded: then nothing is handed out. */
async function recordExport(route: Route, { ports, principal, param }: RawCall): Promise<void> {
  const asked = param("scope");
  const at = ports.now();
  const scope = isScopeId(asked) ? asked : "record";
  const data = { what: route.exports ?? "", operation: route.id };
  const id = `export/${route.id}/${principal.name}/${scope}/${at}`;
  await ports.log.append([{ id, type: "export", scope, at, actor: principal.name, data }]);
}

/** Who tried what, and when. Nothing of the token or the body. */
async function recordDenial(route: Route, { ports, principal, param }: RawCall): Promise<void> {
  try {
    const [scope, run] = [param("scope"), param("id")];
    const subject = isScopeId(scope)
      ? scope
      : isRunId(run) || isHoldId(run) || isGuardrailId(run)
        ? run
        : null;
    const view = isRunId(run) ? await ports.runView(run) : null;
    const at = ports.now();
    const data = { operation: route.id, role: principal.role, subject };
    const about = isScopeId(scope) ? scope : (view?.scope ?? "unknown");
    // The same again within a minute is one entry: whoever may not write must not be able to fill the record either.
    const minute = at.slice(0, "2026-01-01T00:00".length);
    const id = `denied/${principal.name}/${route.id}/${subject ?? "unknown"}/${minute}`;
    await ports.log.append([{ id, type: "denied", scope: about, at, actor: principal.name, data }]);
  } catch (error) {
    // The answer is "no" with or without the record; nothing has been done.
    const message = error instanceof Error ? error.message : "unknown fault";
    console.error(logLine("denial_not_recorded", { message }));
  }
}
