/** An upload carries code, settings and bindings at once: what it does not say is as in the beginning. */
import { idOf, isObject, type Json, type JsonObject, textOf } from "../canonical.ts";
import {
  type ApiRequest,
  basePath,
  type CallOf,
  type Change,
  type Fields,
  type Site,
} from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { objectOf, objectsOf, said, textsOf } from "./declaration.ts";
import { SECRET_TYPES } from "./worker-binding.ts";
import { codeParts } from "./worker-code.ts";

/** Where the API keeps the scripts, below the account. */
export const COLLECTION = "workers/scripts";
/** What the one part of a Worker without modules is called. */
export const SCRIPT_PART = "script";

const pathOf = (site: Site, name: string): string => `${basePath(site)}/${COLLECTION}/${name}`;

function uploadOf(fields: Fields): JsonObject {
  const { main_module: main, compatibility_date: date } = fields;
  const entry = textOf(main);
  const [body] = Object.values(codeParts(fields["content"]));
  return {
    metadata: said({
      ...objectOf(fields["carried"]),
      ...(entry === "" ? { body_part: SCRIPT_PART } : { main_module: entry }),
      compatibility_date: textOf(date) === "" ? undefined : date,
      compatibility_flags: fields["compatibility_flags"] ?? [],
      observability: fields["observability"],
      bindings: fields["bindings"] ?? [],
      // Secrets stay: their values are known to nobody here.
      keep_bindings: SECRET_TYPES,
    }),
    parts: entry === "" ? { [SCRIPT_PART]: body ?? {} } : codeParts(fields["content"]),
  };
}

export const workerCalls = (
  changes: readonly Change[],
  predict: (change: Change) => Fields | null,
  site: Site,
): readonly CallOf[] =>
  changes.map((change, position) => {
    const { identity } = change.op === "delete" ? change.observed : change.desired;
    const path = pathOf(site, identity);
    const fields = predict(change);
    const request: ApiRequest =
      fields === null
        ? { method: "DELETE", path, body: null }
        : { method: "PUT", path, encoding: "multipart", body: uploadOf(fields) };
    return { request, changes: [position] };
  });

/** The Worker as it would be read after the upload. */
function uploaded(
  id: string,
  { metadata, parts }: { readonly metadata: JsonObject; readonly parts: JsonObject },
  before: JsonObject | undefined,
): JsonObject {
  const { main_module: main, body_part: _, bindings, keep_bindings: keep, ...settings } = metadata;
  const named = objectsOf(bindings);
  const taken = new Set(named.map(({ name }) => name));
  const kept = objectsOf(objectOf(before?.["settings"])["bindings"]).filter(
    ({ name, type }) => textsOf(keep).includes(textOf(type)) && !taken.has(name),
  );
  const modules = Object.entries(parts).map(([name, part]) => ({ name, ...objectOf(part) }));
  return {
    id,
    settings: { ...settings, bindings: [...named, ...kept] },
    code: { entry: textOf(main), modules },
  };
}

/** What the API does to the scripts of the account: PUT makes or replaces one by its name. */
export function applyUpload(
  objects: readonly Json[],
  { method, path, body, encoding }: ApiRequest,
  site: Site,
): Result<readonly Json[], string> {
  const workers = objects.filter(isObject);
  const before = workers.find((object) => pathOf(site, idOf(object)) === path);
  const others = workers.filter((object) => object !== before);
  if (method === "DELETE") return before ? ok(others) : err("there is no such Worker");
  const { metadata, parts } = objectOf(body ?? null);
  if (method !== "PUT" || encoding !== "multipart" || !isObject(metadata) || !isObject(parts))
    return err("is not an upload");
  const entry = textOf(metadata["main_module"] ?? metadata["body_part"]);
  if (!isObject(parts[entry])) return err(`there is no module \`${entry}\``);
  const id = path.slice(pathOf(site, "").length);
  return ok([...others, uploaded(id, { metadata, parts }, before)]);
}
