import { isObject, type Json } from "../../../core/canonical.ts";
import { ok } from "../../../core/result.ts";
import type { Reader } from "../../../core/reader.ts";
import { objectList } from "./object-list.ts";

/** Expired ones too: a declared token that has run out is there, and has another status. */
const listed = objectList({
  kind: "api_token",
  perPage: 50,
  query: { include_expired: "true" },
});

/** No list tells the value. Should one ever, it is gone before anything is kept (I6). */
const withoutValue = (raw: Json): Json => {
  if (!isObject(raw)) return raw;
  const { value: _, ...token } = raw;
  return token;
};

export const apiTokens: Reader = {
  kind: listed.kind,
  async readAll(context, golden) {
    const reading = await listed.readAll(context, golden);
    return reading.ok
      ? ok({ ...reading.value, objects: reading.value.objects.map(withoutValue) })
      : reading;
  },
  async readSome(context, subjects) {
    const objects = await listed.readSome(context, subjects);
    return objects.ok ? ok(objects.value.map(withoutValue)) : objects;
  },
};
