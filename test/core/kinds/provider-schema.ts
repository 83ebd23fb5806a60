/**
 * What resources of Terraform's Cloudflare provider take, from its own pages (5.22): `!` after a name means required,
 * objects and lists hold members, `*` is any key. Attributes that are computed or deprecated are not in it.
 */
import { isObject, type Json, type JsonObject } from "../../../src/core/canonical.ts";
import type { HclResource } from "../../../src/core/hcl.ts";
import schema from "./provider-schema.json";

const TYPES: Readonly<Record<string, (value: Json) => boolean>> = {
  String: (value) => typeof value === "string",
  Number: (value) => typeof value === "number",
  Boolean: (value) => typeof value === "boolean",
  Dynamic: (value) => value !== null,
};

const COLLECTION = /^(List|Set|Map) of (.+)$/;

function typeFaults(value: Json, type: string, path: string): readonly string[] {
  const [, shape, inner = ""] = COLLECTION.exec(type) ?? [];
  const wrong = [`${path} is not a ${type}`];
  if (shape === undefined) return TYPES[type]?.(value) === true ? [] : wrong;
  if (shape === "Map" ? !isObject(value) : !Array.isArray(value)) return wrong;
  return Object.values(value as JsonObject).flatMap((one) => typeFaults(one, inner, path));
}

function faultsIn(value: Json, expected: Json, path: string): readonly string[] {
  if (typeof expected === "string") return typeFaults(value, expected, path);
  if (Array.isArray(expected))
    return Array.isArray(value)
      ? value.flatMap((one) => faultsIn(one, expected[0] ?? {}, path))
      : [`${path} is not a list`];
  if (!isObject(expected) || !isObject(value)) return [`${path} is not an object`];
  const [any] = [expected["*"]];
  if (any !== undefined)
    return Object.values(value).flatMap((one) => faultsIn(one, any, `${path}.*`));
  const missing = Object.keys(expected)
    .filter((name) => name.endsWith("!") && !(name.slice(0, -1) in value))
    .map((name) => `${path}.${name.slice(0, -1)} is missing`);
  const wrong = Object.entries(value).flatMap(([name, one]) => {
    const known = expected[name] ?? expected[`${name}!`];
    return known === undefined
      ? [`${path}.${name} is not known`]
      : faultsIn(one, known, `${path}.${name}`);
  });
  return [...missing, ...wrong];
}

/** Where a resource is not as the provider's schema has it. */
export function providerFaults({ type, attributes }: HclResource): readonly string[] {
  const known = (schema as JsonObject)[type.replace(/^cloudflare_/, "")];
  return known === undefined
    ? [`${type} is no resource of the provider`]
    : faultsIn(attributes, known, type);
}
