/** A multipart upload, checked as a whole before anything of it is kept. */
import type { ApiRequest } from "../api-request.ts";
import { parseBody } from "../product.ts";
import { moduleOf, type Module } from "./code.ts";
import { invalidScript, refusedUpload } from "./refusal.ts";
import { Metadata } from "./script.ts";

export interface Upload {
  readonly metadata: Metadata;
  readonly modules: readonly Module[];
  readonly entry: string;
  readonly has_modules: boolean;
  readonly handlers: readonly string[];
  readonly classes: readonly string[];
}

/** Source maps travel along but are no code. */
const SOURCE_MAP = "application/source-map";

const HANDLERS = ["fetch", "scheduled", "queue", "email", "tail", "trace", "alarm"];

export function readUpload({ body, headers }: Pick<ApiRequest, "body" | "headers">): Upload {
  const isScript = /^(application|text)\/javascript/.test(headers.get("content-type") ?? "");
  if (isScript && body.type === "unreadable") return readScript(body.text);
  if (body.type !== "form") {
    throw refusedUpload(10026, "Could not parse request body: a multipart form is required.");
  }
  const metadata = readMetadata(body.fields["metadata"]);
  const parts = body.parts.filter(({ name }) => name !== "metadata");
  const modules = parts.map(moduleOf).filter(({ type }) => !type.startsWith(SOURCE_MAP));
  const entry = entryOf(metadata);
  const isNamed = modules.some(({ name }) => name === entry);
  const main = isNamed ? entry : parts.find(({ name }) => name === entry)?.filename;
  const code = modules.find(({ name }) => name === main);
  if (code === undefined) {
    throw invalidScript(`No such module "${entry}": it is not among the uploaded parts.`);
  }
  const has_modules = typeof metadata.main_module === "string";
  return { metadata, modules, entry: code.name, has_modules, ...exportsOf(code, has_modules) };
}

/**
 * A body that is the script itself. A form under this content type is read as code as well: so it
 * ends for `workers.scripts.update` of the `cloudflare` package 7.
 */
function readScript(text: string): Upload {
  if (text.startsWith("--")) {
    const reason = "Invalid left-hand side expression in prefix operation";
    throw invalidScript(`Uncaught SyntaxError: ${reason}\n  at worker.js:1:4\n`);
  }
  const type = "application/javascript";
  const code = { name: "worker.js", type, bytes: new TextEncoder().encode(text) };
  const metadata = { body_part: code.name };
  const common = { metadata, modules: [code], entry: code.name, has_modules: false };
  return { ...common, ...exportsOf(code, false) };
}

function readMetadata(text: string | undefined): Metadata {
  if (text === undefined) throw invalidScript("could not read content for part metadata");
  return parseBody(parsed(text), Metadata);
}

/** JSON of a part; what is not JSON is refused like a body that is not. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refusedUpload(10026, "Could not parse request body: a part is not JSON.");
  }
}

function entryOf({ main_module: main, body_part: part }: Metadata): string {
  const both = typeof main === "string" && typeof part === "string";
  const entry = main ?? part;
  if (!both && typeof entry === "string" && entry !== "") return entry;
  throw invalidScript("Metadata must have either `main_module` or `body_part`.");
}

/** What the code seems to offer; the sandbox reads it and never runs it. */
function exportsOf(code: Module, isModule: boolean): Pick<Upload, "handlers" | "classes"> {
  const text = new TextDecoder().decode(code.bytes);
  if (code.type.includes("python")) return { handlers: ["fetch"], classes: [] };
  const isEmpty = isModule ? !/\bexport\b/.test(text) : !/addEventListener\s*\(/.test(text);
  if (isEmpty) {
    const message = "The uploaded script has no registered event handlers.";
    throw refusedUpload(10068, message);
  }
  const classes = classesOf(text);
  const handlers = HANDLERS.filter((handler) =>
    new RegExp(`\\b${handler}\\b\\s*[(:,}"']`).test(text),
  );
  return { handlers, classes };
}

/** `class Boat`, and `Boat = class extends Base`, as bundlers write it. */
const CLASS = /\bclass\s+(?!extends\b)([A-Za-z_$][\w$]*)|([A-Za-z_$][\w$]*)\s*=\s*class\b/g;
/** `export { Boat_default as Boat }` */
const RENAMED = /\b([A-Za-z_$][\w$]*)\s+as\s+([A-Za-z_$][\w$]*)/g;

function classesOf(text: string): readonly string[] {
  const named = [...text.matchAll(CLASS)].map(([, one, other]) => one ?? other ?? "");
  const known = new Set(named);
  const exported = [...text.matchAll(/\bexport\s*\{([^}]*)\}/g)]
    .flatMap(([, list = ""]) => [...list.matchAll(RENAMED)])
    .flatMap(([, from = "", to = ""]) => (known.has(from) && to !== "default" ? [to] : []));
  return [...new Set([...named, ...exported])].toSorted();
}
