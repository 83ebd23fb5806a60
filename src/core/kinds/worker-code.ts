/** A Worker's code as a field: what it is (a digest) and, where it can be written again, its modules. */
import { digestOf, digestOfText, type Json, type JsonObject, textOf } from "../canonical.ts";
import { isDigest } from "../ids.ts";
import { objectOf, objectsOf } from "./declaration.ts";

export const MODULE_TYPE = "application/javascript+module";

/** Code beyond this is compared by its digest only: a call carries the new text, its inverse the old one (I12). */
export const CODE_CHARS_MAX = 400_000;

/** Of one module the digest of its text; of several one over all of them. */
function codeDigest(modules: readonly JsonObject[]): string {
  const digests = modules.map((module) => ({
    name: textOf(module["name"]),
    sha256: "text" in module ? digestOfText(textOf(module["text"])) : textOf(module["sha256"]),
  }));
  const [only, ...more] = digests;
  return only !== undefined && more.length === 0
    ? only.sha256
    : digestOf(digests.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
}

export const declaredCode = (name: string, text: string): JsonObject => {
  const modules = [{ name, type: MODULE_TYPE, text }];
  return { sha256: codeDigest(modules), modules };
};

/** `sha256` as people and tools write it: hex digits alone. */
export const declaredDigest = (hex: string): JsonObject => ({
  sha256: `sha256:${hex.toLowerCase()}`,
});

/** Null: nothing that can be compared. Modules that are not text, or too long, have a digest and no text. */
export function observedCode(raw: Json | undefined): JsonObject | null {
  const modules = objectsOf(raw);
  const isRead = modules.every(
    ({ name, text, sha256 }) =>
      typeof name === "string" && (typeof text === "string" || isDigest(textOf(sha256))),
  );
  if (modules.length === 0 || !isRead) return null;
  const code = modules.map(({ name, type, ...rest }) => ({
    name: textOf(name),
    type: textOf(type) || MODULE_TYPE,
    ...("text" in rest ? { text: textOf(rest["text"]) } : { sha256: textOf(rest["sha256"]) }),
  }));
  const chars = code.reduce((sum, one) => sum + textOf("text" in one ? one.text : "").length, 0);
  const writable = code.every((one) => "text" in one) && chars <= CODE_CHARS_MAX;
  return { sha256: codeDigest(code), ...(writable ? { modules: code } : {}) };
}

export const sameCode = (desired: Json, observed: Json): boolean =>
  objectOf(desired)["sha256"] === objectOf(observed)["sha256"];

export const isWritable = (code: Json | undefined): boolean =>
  objectsOf(objectOf(code)["modules"]).length > 0;

/** The text where it can be declared, else the digest. */
export function publishedCode(code: Json | undefined): Json {
  const { sha256, modules } = objectOf(code);
  const [only, ...more] = objectsOf(modules);
  return only !== undefined && more.length === 0
    ? textOf(only["text"])
    : { sha256: textOf(sha256).slice("sha256:".length) };
}

/** The parts of the form, by the name of the module. */
export const codeParts = (code: Json | undefined): JsonObject =>
  Object.fromEntries(
    objectsOf(objectOf(code)["modules"]).map(({ name, type, text }) => [
      textOf(name),
      { type: textOf(type), text: textOf(text) },
    ]),
  );
