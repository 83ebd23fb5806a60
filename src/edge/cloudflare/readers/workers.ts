/** Workers: a list of names, and of those that somebody declared settings and code. */
import { bytesToHex } from "@noble/hashes/utils.js";
import { idOf, isObject, type JsonObject } from "../../../core/canonical.ts";
import { CODE_CHARS_MAX } from "../../../core/kinds/worker-code.ts";
import type { GoldenState } from "../../../core/golden.ts";
import type { Reading, Unknown } from "../../../core/observation.ts";
import { basePath } from "../../../core/resource.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { unknownFrom } from "../../../core/provider-api.ts";
import type { ReadContext, Reader } from "../../../core/reader.ts";
import type { CloudflareApi } from "../client.ts";
import { readList } from "./object-list.ts";

const KIND = "worker";
/** Two calls each, and six connections are all a Worker may hold open at once. */
const AT_ONCE = 3;

/** Code comes without an envelope, so the client is asked for more than what all providers have. */
type Context = ReadContext<CloudflareApi>;

const scriptPath = ({ site }: Context, name: string): string =>
  `${basePath(site)}/workers/scripts/${name}`;

export const workers: Reader<CloudflareApi> = {
  kind: KIND,
  /** A declared Worker is asked for by its name: a list that lost it does not make it missing. */
  readAll: (context, golden) => readWorkers(context, golden, golden.unmanaged[KIND] === "remove"),
  async readWhole(context, golden) {
    const reading = await readWorkers(context, golden, true);
    return reading.ok ? ok({ reading: reading.value, unasked: [] }) : reading;
  },
  readSome: (context, subjects) =>
    readByName(
      context,
      subjects.map(({ id, group }) => id ?? group),
    ),
};

/** `all`: with settings and code of those, too, that nobody declared; what is to be removed has to be known whole. */
async function readWorkers(
  context: Context,
  golden: GoldenState,
  all: boolean,
): Promise<Result<Reading, Unknown>> {
  const list = await readList(context, { kind: KIND, perPage: null });
  if (!list.ok) return list;
  const { objects: rows, claimedTotal } = list.value;
  const declared = golden.resources.flatMap(({ kind, group }) => (kind === KIND ? [group] : []));
  const listed = rows.map((row) => (isObject(row) ? idOf(row) : ""));
  const names = new Set(all ? [...declared, ...listed] : declared);
  const found = await readByName(context, [...names]);
  if (!found.ok) return found;
  const others = listed.filter((name) => !names.has(name)).map((id) => ({ id }));
  const objects = [...found.value, ...others];
  const isShort = claimedTotal !== null && claimedTotal !== rows.length;
  return ok({ kind: KIND, objects, claimedTotal: isShort ? claimedTotal : null });
}

async function readByName(
  context: Context,
  names: readonly string[],
): Promise<Result<readonly JsonObject[], Unknown>> {
  const objects: JsonObject[] = [];
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const batch = names.slice(from, from + AT_ONCE);
    for (const one of await Promise.all(batch.map((name) => readWorker(context, name)))) {
      if (!one.ok) return one;
      if (one.value !== null) objects.push(one.value);
    }
  }
  return ok(objects);
}

async function readWorker(
  context: Context,
  name: string,
): Promise<Result<JsonObject | null, Unknown>> {
  const path = scriptPath(context, name);
  const [settings, code] = await Promise.all([
    context.api.get(`${path}/settings`),
    context.api.download(`${path}/content/v2`),
  ]);
  if (settings.type === "refused" && settings.status === 404) return ok(null);
  if (settings.type !== "ok") return err(unknownFrom(settings, "worker settings"));
  if (code.type !== "ok") return err(unknownFrom(code, "worker code"));
  const modules = await modulesIn(code.content, code.headers.get("content-type") ?? "");
  if (modules === null)
    return err({ reason: "malformed", detail: `worker code: \`${name}\``, retryAfterMs: null });
  const entry = isForm(code.headers) ? (code.headers.get("cf-entrypoint") ?? "") : "";
  return ok({ id: name, settings: settings.result, code: { entry, modules } });
}

const isForm = (headers: Headers): boolean =>
  (headers.get("content-type") ?? "").startsWith("multipart/form-data");

/** Modules come as a form, a script without modules as JavaScript. Null: neither. */
async function modulesIn(
  content: ArrayBuffer,
  type: string,
): Promise<readonly JsonObject[] | null> {
  if (/^(?:application|text)\/javascript/.test(type))
    return [await moduleOf({ name: "script", type: "application/javascript", content })];
  const form = await new Response(content, { headers: { "content-type": type } })
    .formData()
    .catch(() => null);
  if (form === null) return null;
  const modules: JsonObject[] = [];
  for (const [name, part] of form) {
    const file: File | string = part;
    modules.push(
      typeof file === "string"
        ? { name, type: "", text: file }
        : await moduleOf({ name, type: file.type, content: await file.arrayBuffer() }),
    );
  }
  return modules;
}

interface Module {
  readonly name: string;
  readonly type: string;
  readonly content: ArrayBuffer;
}

/** Text as text; what is not text, or too long to be written again, by its digest. */
async function moduleOf({ name, type, content }: Module): Promise<JsonObject> {
  const text = textIn(content);
  if (text !== null && text.length <= CODE_CHARS_MAX) return { name, type, text };
  const digest = await crypto.subtle.digest("SHA-256", content);
  return { name, type, sha256: `sha256:${bytesToHex(new Uint8Array(digest))}` };
}

function textIn(content: ArrayBuffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return null;
  }
}
