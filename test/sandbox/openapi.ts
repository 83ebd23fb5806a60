/** Holds every exchange of the sandbox's tests against Cloudflare's API description. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
// Types only; where they come from and under which licence stands in its `info`.
import description from "./openapi-subset.json?raw";

interface Media {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

interface Operation {
  readonly parameters?: readonly { name: string; in: string; required?: boolean }[];
  readonly requestBody?: Media;
  readonly responses: Readonly<Record<string, Media>>;
}

const DOCUMENT = JSON.parse(description) as {
  paths: Record<string, Record<string, Operation>>;
};

// The description carries descriptions and formats that ajv's strict mode does not know.
const ajv = new Ajv2020({ strict: false, validateFormats: false, addUsedSchema: false });
ajv.addSchema(DOCUMENT, "openapi");

const compiled = new Map<string, ValidateFunction>();

function validator(...pointer: readonly string[]): ValidateFunction {
  const path = pointer.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1"));
  const $ref = `openapi#/${path.map(encodeURIComponent).join("/")}`;
  const known = compiled.get($ref) ?? ajv.compile({ $ref });
  compiled.set($ref, known);
  return known;
}

/** Operations that were seen answering with success, as `GET /zones`. */
export const covered = new Set<string>();

export interface Exchange {
  readonly method: string;
  /** Below `/client/v4`, with the query. */
  readonly path: string;
  readonly body: unknown;
  readonly status: number;
  readonly contentType: string;
  readonly answer: unknown;
}

/** Throws when request or answer is not what the description says; unknown paths pass. */
export function checkExchange(exchange: Exchange): void {
  const url = new URL(exchange.path, "http://sandbox");
  const template = templateOf(url.pathname);
  const method = exchange.method.toLowerCase();
  const operation = template === undefined ? undefined : DOCUMENT.paths[template]?.[method];
  if (template === undefined || operation === undefined) return;
  const name = `${exchange.method} ${template}`;
  if (exchange.status < 400) {
    covered.add(name);
    checkQuery(name, operation, url.searchParams);
    checkRequest(name, ["paths", template, method, "requestBody"], exchange);
  }
  checkAnswer({ template, method, operation }, exchange);
}

const LITERAL_FIRST = Object.keys(DOCUMENT.paths).toSorted(
  (a, b) => a.split("{").length - b.split("{").length,
);

function templateOf(path: string): string | undefined {
  return LITERAL_FIRST.find((template) =>
    new RegExp(`^${template.replace(/\{[^}]+\}/g, "[^/]+")}$`).test(path),
  );
}

function checkQuery(name: string, operation: Operation, query: URLSearchParams): void {
  const known = (operation.parameters ?? []).filter((parameter) => parameter.in === "query");
  const sent = new Set([...query.keys()].map((key) => key.split(".")[0]));
  for (const key of sent) {
    if (!known.some((parameter) => parameter.name === key)) {
      throw new Error(`${name}: the description has no query parameter \`${key}\``);
    }
  }
  for (const { name: wanted, required } of known) {
    if (required === true && !sent.has(wanted)) {
      throw new Error(`${name}: answered without the required \`${wanted}\``);
    }
  }
}

/** The package types a PATCH as a whole record; the real API takes any part of it. */
function checkRequest(name: string, pointer: readonly string[], exchange: Exchange): void {
  const { method, body: sent } = exchange;
  const hasSchema =
    ["POST", "PUT"].includes(method) && isObject(sent) && !(sent instanceof FormData);
  if (!hasSchema) return;
  const { patches: _, ...fields } = exchange.body as Record<string, unknown>;
  const body = Array.isArray(sent) ? sent : fields;
  check(`${name} request`, validator(...pointer, "content", "application/json", "schema"), body);
}

interface Described {
  readonly template: string;
  readonly method: string;
  readonly operation: Operation;
}

function checkAnswer({ template, method, operation }: Described, exchange: Exchange): void {
  if (exchange.status >= 500) return;
  const name = `${exchange.method} ${template}`;
  const code = exchange.status < 400 ? "200" : "4XX";
  const pointer = ["paths", template, method, "responses"];
  const [expected = ""] = Object.keys(operation.responses[code]?.content ?? {});
  if (!exchange.contentType.startsWith(expected)) {
    throw new Error(`${name}: answered ${exchange.contentType}, described is ${expected}`);
  }
  const schema = validator(...pointer, code, "content", expected, "schema");
  check(`${name} ${exchange.status}`, schema, exchange.answer);
}

function check(what: string, validate: ValidateFunction, value: unknown): void {
  if (validate(value)) return;
  const reasons = (validate.errors ?? []).map(
    (error) => `${error.instancePath} ${error.message ?? ""} ${JSON.stringify(error.params)}`,
  );
  throw new Error(
    `${what} is not as described:\n${reasons.slice(-8).join("\n")}\n${JSON.stringify(value)}`,
  );
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
