/**
 * What a route is. One registry entry serves requests, the OpenAPI document, and later the MCP
 * tools and the CLI.
 */
import { z } from "zod";
import { isScopeId } from "../../core/ids.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { ApiPorts, ScopeRow } from "./api-ports.ts";
import type { Principal, Right } from "./auth.ts";
import { readJson } from "./body.ts";
import {
  type Flaw,
  notFound,
  pointerTo,
  type Problem,
  problemResponse,
  sentence,
} from "./problem.ts";

/** What every handler gets, whatever its schemas. */
export interface RawCall {
  readonly ports: ApiPorts;
  readonly request: Request;
  /** Who calls. On public routes: nobody in particular. */
  readonly principal: Principal;
  /** A parameter of the path, percent-decoded, otherwise as it came. */
  readonly param: (name: string) => string;
  /** The OpenAPI document of the registry. */
  readonly describe: () => Record<string, unknown>;
}

export interface Call<Query, Body> extends RawCall {
  readonly query: Query;
  readonly body: Body;
}

export interface Answer<Out> {
  readonly body: Out;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A `Response` is for what is not JSON. */
export type Outcome<Out> = Result<Answer<Out>, Problem> | Response;

/** The outside of a route: everything that the document says about it. */
export interface RouteHead {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Parameters stand as `{name}`. */
  readonly path: `/${string}`;
  /** The operation's name for the document, tools and commands. */
  readonly id: string;
  readonly summary: string;
  /** `published`: for everybody where the operator allows it, else for who may read. */
  readonly right: Right | "public" | "published";
  readonly status?: 200 | 201 | 202;
  /** Of the JSON body, where the usual limit is too small for it. */
  readonly bytesMax?: number;
  /** Request bodies that are not JSON, by media type; the handler reads them itself. */
  readonly takes?: Readonly<Record<string, z.ZodType>>;
  /** Answers that are not JSON, by media type. */
  readonly gives?: Readonly<Record<string, z.ZodType>>;
  /** Request headers with a meaning of their own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What is taken away with the answer: who takes it is recorded first (I10), or gets nothing. */
  readonly exports?: "import" | "hcl" | "policies" | "lessons";
  /** It shows the record itself: who reads that is recorded, once a session and day. */
  readonly reads?: "record";
}

interface RouteSpec<
  Q extends z.ZodObject,
  B extends z.ZodType,
  O extends z.ZodType,
> extends RouteHead {
  readonly query?: Q;
  /** JSON body. `undefined` stands for an empty one. */
  readonly body?: B;
  readonly out: O;
  readonly handle: (call: Call<z.output<Q>, z.output<B>>) => Promise<Outcome<z.input<O>>>;
}

export interface Route extends RouteHead {
  readonly query: z.ZodObject;
  readonly body: z.ZodType | null;
  readonly out: z.ZodType;
  respond(call: RawCall): Promise<Response>;
}

const NO_QUERY = z.strictObject({});

/** Closes over the types of one route, so that the registry can hold them all. */
export function defineRoute<O extends z.ZodType, Q extends z.ZodObject, B extends z.ZodType>(
  spec: RouteSpec<Q, B, O>,
): Route {
  const { query: querySchema, body: bodySchema, out, handle, ...head } = spec;
  const query: z.ZodObject = querySchema ?? NO_QUERY;
  return {
    ...head,
    query,
    body: bodySchema ?? null,
    out,
    async respond(call) {
      const instance = new URL(call.request.url).pathname;
      const asked = parseQuery(query, call.request);
      if (!asked.ok) return problemResponse(asked.error, instance);
      const sent = bodySchema
        ? await parseBody(bodySchema, call.request, head.bytesMax)
        : ok(undefined);
      if (!sent.ok) return problemResponse(sent.error, instance);
      // The two values come from the schemas that gave the parameters of `Call` their types.
      const typed = { query: asked.value as z.output<Q>, body: sent.value as z.output<B> };
      const outcome = await handle({ ...call, ...typed });
      if (outcome instanceof Response) return outcome;
      if (!outcome.ok) return problemResponse(outcome.error, instance);
      const { body, headers } = outcome.value;
      return Response.json(body, { status: head.status ?? 200, headers: { ...headers } });
    },
  };
}

function parseQuery(schema: z.ZodObject, request: Request): Result<unknown, Problem> {
  const parameters = new URL(request.url).searchParams;
  const given = [...parameters];
  if (new Set(parameters.keys()).size < given.length) {
    return err({ slug: "bad-query", detail: "a parameter is given twice" });
  }
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return ok(parsed.data);
  return err({ slug: "bad-query", errors: flawsOf(parsed.error, "?") });
}

async function parseBody(
  schema: z.ZodType,
  request: Request,
  bytesMax?: number,
): Promise<Result<unknown, Problem>> {
  const json = await readJson(request, bytesMax);
  if (!json.ok) return json;
  const parsed = schema.safeParse(json.value);
  if (parsed.success) return ok(parsed.data);
  return err({ slug: "invalid-body", errors: flawsOf(parsed.error, "#") });
}

const flawsOf = (error: z.ZodError, root: "#" | "?"): readonly Flaw[] =>
  error.issues.map(({ path, message }) => ({
    pointer: pointerTo(root, path),
    detail: sentence(message),
  }));

/** Scopes are found by looking at the account: a new zone is one after the next look. */
export const NO_SCOPE =
  "there is no such scope; `GET /api/v1/scopes` lists them, as `zone:<name>` and `account:<id>`";

/** The scope that the path names. A malformed id names nothing, so it is not there either. */
export async function scopeOf(call: RawCall): Promise<Result<ScopeRow, Problem>> {
  const scope = call.param("scope");
  const row = isScopeId(scope) ? await call.ports.scope(scope) : null;
  return row ? ok(row) : err(notFound(NO_SCOPE));
}
