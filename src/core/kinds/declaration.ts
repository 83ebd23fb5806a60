import type { z } from "zod";
import { isObject, type Json, type JsonObject, sameJson } from "../canonical.ts";
import type { Fault, Resource, Site } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { schemaFaults } from "./schema-fault.ts";

/** The `declare` of a kind whose resources stand in a list, each for itself; the same thing twice is a mistake. */
export const declareEach =
  <T>(
    schema: z.ZodType<readonly T[]>,
    declareOne: (one: T, site: Site) => Result<Resource, readonly Fault[]>,
  ) =>
  (declared: unknown, site: Site): Result<readonly Resource[], readonly Fault[]> => {
    const parsed = schema.safeParse(declared);
    if (!parsed.success) return err(schemaFaults(parsed.error.issues));
    const resources = new Map<string, Resource>();
    const faults: Fault[] = [];
    for (const [index, one] of parsed.data.entries()) {
      const result = declareOne(one, site);
      const found = result.ok ? twice(resources, result.value) : result.error;
      faults.push(...found.map(({ path, problem }) => ({ path: [index, ...path], problem })));
      if (result.ok) resources.set(result.value.identity, result.value);
    }
    return faults.length === 0 ? ok([...resources.values()]) : err(faults);
  };

const twice = (before: ReadonlyMap<string, Resource>, { identity }: Resource): readonly Fault[] =>
  before.has(identity) ? [{ path: [], problem: `\`${identity}\` is declared twice` }] : [];

/** JSON members only: `undefined` stands for absent in what a schema returns. */
export const said = (members: Readonly<Record<string, Json | undefined>>): JsonObject =>
  Object.fromEntries(
    Object.entries(members).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );

/** What an answer says beyond the `known` members: kept, so that a write that replaces the object loses nothing. */
export const carriedOver = (raw: JsonObject, known: ReadonlySet<string>): JsonObject =>
  Object.fromEntries(
    Object.entries(raw).filter(([member, value]) => !known.has(member) && value !== null),
  );

/** The list of texts behind null, nothing and a list. */
export const textsOf = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];

/**
 * Whether a field is as declared, or (nothing declared: null) as a new object has it by `defaults`. Both sides are in
 * normal form.
 */
export const sameOrDefault =
  (defaults: JsonObject) =>
  (field: string, desired: Json, observed: Json): boolean =>
    sameJson(desired ?? defaults[field] ?? null, observed);

/** A list that is a set: what is said twice counts once, and the order says nothing. */
export const asSet = (texts: readonly string[]): readonly string[] =>
  [...new Set(texts)].toSorted();

export const objectsOf = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

export const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
