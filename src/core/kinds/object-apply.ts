import { idOf, isObject, type Json, type JsonObject } from "../canonical.ts";
import { type ApiRequest, type Kind, objectIn, type Site } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";

interface Replaced {
  readonly collection: string;
  /** What becomes of `old` when `body` is PUT on it; the id stays. */
  readonly becomes: (old: JsonObject, body: JsonObject) => JsonObject;
}

/**
 * A collection whose PUT keeps some of the old object, and that knows neither PATCH nor batches: what the API makes of a
 * request, from the request alone.
 */
export const objectApply =
  ({ collection, becomes }: Replaced): NonNullable<Kind["apply"]> =>
  (
    objects: readonly Json[],
    { method, path, body }: ApiRequest,
    site: Site,
  ): Result<readonly Json[], string> => {
    const id = objectIn(path, collection, site);
    if (method === "POST" && id === "" && body) return ok([...objects, { ...body, id: "" }]);
    const all = objects.filter(isObject);
    const old = all.find((object) => idOf(object) === id);
    if (old === undefined) return err(`object \`${id}\` does not exist`);
    const others = all.filter((object) => idOf(object) !== id);
    if (method === "DELETE") return ok(others);
    if (method !== "PUT" || body === null) return err("not a call that is understood");
    return ok([...others, { ...becomes(old, body), id: idOf(old) }]);
  };
