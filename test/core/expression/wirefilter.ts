/** The edge's own engine, as `@arcjet/analyze-wasm` carries it, with the fields that it has in common with ours. */
import { initializeWasm } from "@arcjet/analyze-wasm";
import { bytesOfText } from "../../../src/core/expression/bytes.ts";
import type { FunctionSpec, Scheme } from "../../../src/core/expression/scheme.ts";
import { parseAddress } from "../../../src/core/expression/ip.ts";
import { mapOf, type Type } from "../../../src/core/expression/type.ts";
import type { Facts, Found, Value } from "../../../src/core/expression/value.ts";

export interface SharedRequest {
  readonly ip: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** With its question mark. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: string;
  readonly local: Readonly<Record<string, string>>;
}

const text = (name: string): [string, FunctionSpec] => [
  name,
  {
    name,
    parameters: [{ takes: ["String"], form: "any" }],
    optional: 0,
    returns: "String",
    where: "everywhere",
  },
];

const fields: readonly [string, Type][] = [
  ["http.host", "String"],
  ["http.request.method", "String"],
  ["http.request.uri.path", "String"],
  ["http.request.headers", mapOf("String")],
  ["http.request.cookie", mapOf("String")],
  ["http.request.uri.args", mapOf("String")],
  ["local", mapOf("String")],
  ["ip.src", "IP address"],
];

export const SHARED: Scheme = {
  fields: new Map(fields),
  functions: new Map<string, FunctionSpec>([
    text("lower"),
    text("upper"),
    [
      "len",
      {
        name: "len",
        parameters: [{ takes: ["String", "array"], form: "any" }],
        optional: 0,
        returns: "Integer",
        where: "everywhere",
      },
    ],
  ]),
  constants: false,
  lists: [],
  missingIsNotEqual: true,
};

const bytesMap = (members: Readonly<Record<string, string>>): ReadonlyMap<string, Value> =>
  new Map(Object.entries(members).map(([name, value]) => [bytesOfText(name), bytesOfText(value)]));

const argumentsOf = (query: string): Readonly<Record<string, string>> =>
  Object.fromEntries(new URLSearchParams(query));

export function sharedFacts(request: SharedRequest): Facts {
  const values: Readonly<Record<string, Found>> = {
    "http.host": bytesOfText(request.host),
    "http.request.method": bytesOfText(request.method),
    "http.request.uri.path": bytesOfText(request.path),
    "http.request.headers": bytesMap(request.headers),
    "http.request.uri.args": bytesMap(argumentsOf(request.query)),
    local: bytesMap(request.local),
    "ip.src": parseAddress(request.ip) ?? undefined,
  };
  return { valueOf: (field) => values[field], isListed: () => false };
}

export type Verdict = boolean | "refused" | "undetermined";

/** What the engine says of an expression and a request. */
export async function wirefilter(): Promise<
  (expression: string, request: SharedRequest) => Verdict
> {
  const engine = await initializeWasm({
    "arcjet:js-req/bot-identifier": { detect: () => [] },
    "arcjet:js-req/email-validator-overrides": {
      isFreeEmail: () => "unknown",
      isDisposableEmail: () => "unknown",
      hasMxRecords: () => "unknown",
      hasGravatar: () => "unknown",
    },
    "arcjet:js-req/filter-overrides": { ipLookup: () => undefined },
    "arcjet:js-req/sensitive-information-identifier": { detect: () => [] },
    "arcjet:js-req/verify-bot": { verify: () => "unverifiable" },
  });
  if (engine === undefined) throw new Error("the engine cannot be loaded here");
  return (expression, { local, ...request }) => {
    try {
      const answer = engine.matchFilters(
        JSON.stringify({ ...request, protocol: "http:", extra: {} }),
        JSON.stringify(local),
        [expression],
        true,
      );
      return answer.undeterminedExpressions.length > 0 ? "undetermined" : answer.allowed;
    } catch {
      return "refused";
    }
  };
}
