// Gives a new swarm its golden states: every examples/*.yaml is declared once, and what is stored
// wins later.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { importInstalled } from "./bundle.mjs";
import { StartError } from "./start-error.mjs";

const PUT_MS_MAX = 10_000;

/** Resolves to the scopes of the examples, in the order of their files. */
export async function declareExamples({ root, workers }) {
  const { parse } = await importInstalled("yaml");
  const scopes = [];
  for (const { file, text } of readExamples(root)) {
    const scope = scopeOf({ file, text, parse });
    const refusal = await declare({ scope, text, workers }).catch((error) => error.message);
    if (refusal !== undefined) throw new StartError(`${file} was refused: ${refusal}`);
    scopes.push(scope);
  }
  return scopes;
}

function readExamples(root) {
  const directory = join(root, "examples");
  if (!existsSync(directory)) throw new StartError("the folder examples/ is missing");
  const names = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name));
  return names.toSorted().map((name) => ({
    file: `examples/${name}`,
    text: readFileSync(join(directory, name), "utf8"),
  }));
}

function scopeOf({ file, text, parse }) {
  let scope;
  try {
    scope = parse(text)?.metadata?.scope;
  } catch (error) {
    throw new StartError(`${file} is not YAML: ${error.message.split("\n")[0]}`);
  }
  if (typeof scope !== "string") throw new StartError(`${file} has no metadata.scope`);
  return scope;
}

/** Resolves to the reason of a refusal. */
async function declare({ scope, text, workers }) {
  const response = await workers.fetch(`/api/v1/scopes/${encodeURIComponent(scope)}/golden`, {
    method: "PUT",
    headers: {
      authorization: "Bearer dev-operator",
      "content-type": "application/yaml",
      "if-none-match": "*", // never over a golden state that somebody has since changed
    },
    body: text,
    signal: AbortSignal.timeout(PUT_MS_MAX),
  });
  const body = await response.text();
  const isDeclared = response.ok || response.status === 412;
  return isDeclared ? undefined : problemText(response.status, body);
}

/**
 * A problem+json document (RFC 9457) for people: what is wrong first, then each error with its
 * place.
 */
function problemText(status, body) {
  let problem;
  try {
    problem = JSON.parse(body);
  } catch {
    return `HTTP ${status} ${body.slice(0, 200)}`;
  }
  const summary = [problem.title, problem.detail].filter(Boolean).join(": ");
  const errors = (Array.isArray(problem.errors) ? problem.errors : []).map(errorText);
  return [`HTTP ${status} ${summary}`, ...errors].join("\n  ");
}

function errorText(error) {
  if (typeof error === "string") return error;
  const place = error.pointer ?? error.path ?? error.code;
  const text = error.detail ?? error.message ?? error.reason ?? JSON.stringify(error);
  return place === undefined ? text : `${Array.isArray(place) ? place.join(".") : place}: ${text}`;
}
