/**
 * What the API will do with a plan's calls, worked out from the request bodies alone. It shares no code with the
 * planner's prediction, on purpose: where the two disagree, one of them is wrong and the plan must not run.
 */
import { idOf, isObject, type Json, type JsonObject } from "./canonical.ts";
import { kindOf } from "./kinds/registry.ts";
import type { Reading } from "./observation.ts";
import { type Call, createdId, type Step } from "./plan.ts";
import { basePath, type Kind, objectIn, type Site } from "./resource.ts";
import { err, ok, type Result } from "./result.ts";

/** The readings as they would be after `calls`, or the first call that the API would not understand. */
export function simulate(
  readings: readonly Reading[],
  site: Site,
  calls: readonly Call[],
): Result<readonly Reading[], string> {
  const collections = readings.map(({ kind, objects }): Collection => {
    const of = kindOf(kind);
    return { of, path: `${basePath(site)}/${of.collection}`, objects };
  });
  for (const call of calls) {
    const problem = carryOut(collections, call, site);
    if (problem) return err(`${call.request.method} ${call.request.path}: ${problem}`);
  }
  return ok(collections.map(({ of, objects }) => ({ kind: of.name, objects, claimedTotal: null })));
}

interface Collection {
  readonly of: Kind;
  readonly path: string;
  objects: readonly Json[];
}

function carryOut(collections: readonly Collection[], call: Call, site: Site): string | null {
  const { path } = call.request;
  const collection = collections.find(({ of }) => {
    const id = objectIn(path, of.collection, site);
    return id !== null && (of.owns?.(id) ?? true);
  });
  if (!collection) return "no such collection was read";
  const objects = collection.of.apply?.(collection.objects, call.request, site);
  if (!objects) return byDefault(collection, call);
  if (!objects.ok) return objects.error;
  collection.objects = named(objects.value, call.steps);
  return null;
}

/** What a kind's own simulation made and could not name: the same names that the steps' inverses use. */
function named(objects: readonly Json[], steps: readonly number[]): readonly Json[] {
  const names = steps.map(createdId);
  return objects.map((object) =>
    isObject(object) && object["id"] === "" ? { ...object, id: names.shift() ?? "" } : object,
  );
}

function byDefault(collection: Collection, call: Call): string | null {
  const objects = byId(collection.objects);
  const problem = rest(objects, call.request.path.slice(collection.path.length + 1), call);
  collection.objects = [...objects.values()];
  return problem;
}

/** The calls that would undo a plan: the inverse of each step, last step first. */
export const inverseCalls = (steps: readonly Step[]): readonly Call[] =>
  steps.map(({ inverse }, index) => ({ request: inverse, steps: [index] })).toReversed();

type Objects = Map<string, JsonObject>;

const byId = (objects: readonly Json[]): Objects =>
  new Map(objects.filter(isObject).map((object) => [idOf(object), object]));

/** The shape that Cloudflare's collections share: POST creates, PATCH merges, PUT replaces, DELETE removes, `batch` does all. */
function rest(
  objects: Objects,
  id: string,
  { request: { method, body }, steps }: Call,
): string | null {
  if (method === "POST" && id === "") return insert(objects, body, steps[0]);
  if (method === "POST" && id === "batch") return batch(objects, body, steps);
  if (id === "" || id.includes("/") || method === "POST") return "not a call that is understood";
  return change(objects, method, { ...body, id });
}

/** A created object goes by the name that its own inverse uses for it. */
function insert(objects: Objects, body: Json | undefined, step: number | undefined): string | null {
  if (!isObject(body) || step === undefined) return "the body is not an object";
  objects.set(createdId(step), { ...body, id: createdId(step) });
  return null;
}

/** One transaction; its parts are carried out in this order whatever the order in the body. */
const BATCH = [
  ["deletes", "DELETE"],
  ["patches", "PATCH"],
  ["puts", "PUT"],
  ["posts", "POST"],
] as const;

function batch(objects: Objects, body: JsonObject | null, steps: readonly number[]): string | null {
  let position = 0;
  for (const [member, method] of BATCH) {
    const operations = body?.[member] ?? [];
    if (!Array.isArray(operations)) return `\`${member}\` is not a list`;
    for (const operation of operations) {
      const problem =
        method === "POST"
          ? insert(objects, operation, steps[position])
          : change(objects, method, operation);
      if (problem) return problem;
      position += 1;
    }
  }
  return position === steps.length ? null : `${position} operations for ${steps.length} steps`;
}

function change(objects: Objects, method: "PATCH" | "PUT" | "DELETE", body: Json): string | null {
  if (!isObject(body)) return "an operation is not an object";
  const id = idOf(body);
  const old = objects.get(id);
  if (!old) return `object \`${id}\` does not exist`;
  if (method === "DELETE") objects.delete(id);
  else objects.set(id, method === "PATCH" ? { ...old, ...body } : { ...body });
  return null;
}
