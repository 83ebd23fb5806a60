import { isObject, type Json, textOf } from "../../core/canonical.ts";
import type { ApiRequest } from "../../core/resource.ts";

export interface RequestBody {
  readonly content: string | FormData;
  /** Null: the form brings its own, with the boundary. */
  readonly type: string | null;
}

/** How the body of a certified request goes out. Nothing is added to what was certified, and nothing is left out. */
export function bodyOf({
  body,
  encoding,
}: Pick<ApiRequest, "body" | "encoding">): RequestBody | null {
  if (body === null) return null;
  if (encoding === "multipart" && isObject(body)) return { content: formOf(body), type: null };
  const value = encoding === "list" && isObject(body) ? (body["items"] ?? []) : body;
  return { content: JSON.stringify(value), type: "application/json" };
}

function formOf({ metadata, parts }: Readonly<Record<string, Json>>): FormData {
  const form = new FormData();
  const json = JSON.stringify(metadata ?? {});
  form.append("metadata", new Blob([json], { type: "application/json" }), "metadata.json");
  for (const [name, part] of Object.entries(isObject(parts) ? parts : {})) {
    const { type, text } = isObject(part) ? part : {};
    form.append(name, new Blob([textOf(text)], { type: textOf(type) }), name);
  }
  return form;
}
