import type { Json, JsonObject } from "../canonical.ts";

/** Whether `value` is a JSON object: neither a list nor null. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `value` where it is a text, else nothing: for members whose type the normal form guarantees. */
export const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");
