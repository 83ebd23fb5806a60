/** The bindings of a Worker: a set by name, and beside it the names of its secrets, whose values nobody is told. */
import { z } from "zod";
import { type Json, type JsonObject, textOf } from "../canonical.ts";
import { asSet, objectsOf } from "./declaration.ts";

/** What the API never gives back (case 54). */
export const SECRET_TYPES: readonly string[] = ["secret_text", "secret_key"];
const VALUES = ["text", "key_base64", "key_jwk"];

const isSecret = (binding: JsonObject): boolean => SECRET_TYPES.includes(textOf(binding["type"]));

export const bindingSchema = z
  .object({ name: z.string().min(1), type: z.string().min(1), secret: z.literal(true).optional() })
  .catchall(z.json())
  .superRefine((binding, context) => {
    const secret = SECRET_TYPES.includes(binding.type);
    for (const name of secret ? VALUES.filter((value) => value in binding) : [])
      context.addIssue({
        code: "custom",
        path: [name],
        message: "the value of a secret must not stand in the golden state",
      });
    if (binding.secret === true && !secret)
      context.addIssue({ code: "custom", path: ["secret"], message: "is for secrets only" });
    if (binding.type === "inherit")
      context.addIssue({ code: "custom", path: ["type"], message: "must say what it binds to" });
  });

/** Members that are computed, or that say what is the case anyway. */
function normalBinding({ id, ...binding }: JsonObject): JsonObject {
  const { namespace_id: namespace, jurisdiction, environment, ...rest } = binding;
  const type = textOf(binding["type"]);
  return {
    ...rest,
    ...(id === undefined
      ? {}
      : type === "d1"
        ? { database_id: rest["database_id"] ?? id }
        : { id }),
    ...(namespace === undefined || "class_name" in binding ? {} : { namespace_id: namespace }),
    ...(jurisdiction === undefined || jurisdiction === "default" ? {} : { jurisdiction }),
    ...(environment === undefined || environment === "production" ? {} : { environment }),
  };
}

const withoutNulls = (binding: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(binding).filter(([, value]) => value !== null));

/** Everything but secrets, sorted by name (case 59). */
export const normalBindings = (raw: Json | undefined): readonly JsonObject[] =>
  objectsOf(raw)
    .filter((binding) => !isSecret(binding))
    .map((binding) => normalBinding(withoutNulls(binding)))
    .toSorted((a, b) => (textOf(a["name"]) < textOf(b["name"]) ? -1 : 1));

export const secretNames = (raw: Json | undefined): readonly string[] =>
  asSet(
    objectsOf(raw)
      .filter(isSecret)
      .map(({ name }) => textOf(name)),
  );

export const namesOf = (bindings: Json | undefined): readonly string[] =>
  objectsOf(bindings).map(({ name }) => textOf(name));
