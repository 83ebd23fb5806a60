import { isObject, type Json, type JsonObject } from "../canonical.ts";
import type { Change, Fields } from "../resource.ts";
import { SETTINGS_FLAGS } from "./dns-schema.ts";
import { storedTxt } from "./txt-content.ts";

/** Types that can be proxied; the API refuses the flag on others. */
export const PROXIABLE: ReadonlySet<string> = new Set(["A", "AAAA", "CNAME"]);

/** "Automatic"; also what the API answers for every proxied record (case 1). */
export const TTL_AUTOMATIC = 1;

const NO_SETTINGS: JsonObject = {};

/** Only the flags that are switched on, sorted: `{}`, absent and all false are one value (case 16). */
export function settingsOf(given: Readonly<Record<string, Json | undefined>> | undefined): Fields {
  if (given === undefined) return NO_SETTINGS;
  const on = SETTINGS_FLAGS.filter((flag) => given[flag] === true);
  return on.length === 0 ? NO_SETTINGS : Object.fromEntries(on.map((flag) => [flag, true]));
}

/** Tags are a set (case 13). */
export const tagsOf = (tags: readonly Json[]): readonly string[] =>
  [...new Set(tags.filter((tag) => typeof tag === "string"))].toSorted();

/** Settings for a PATCH: flags that are on now and are not desired go out as an explicit false. */
function settingsPatch(desired: Json | undefined, observed: Json | undefined): JsonObject {
  const before = isObject(observed) ? Object.keys(observed) : [];
  const off = Object.fromEntries(before.map((flag) => [flag, false]));
  return { ...off, ...(isObject(desired) ? desired : {}) };
}

/** The value of one field as the API takes it. */
function apiValue(field: string, fields: Fields): Json {
  const value = fields[field] ?? null;
  const text = field === "content" && fields["type"] === "TXT" && typeof value === "string";
  if (text) return storedTxt(value);
  // Absent and null leave a comment as it is; only the empty text clears it (dnscontrol 4045).
  return field === "comment" ? (value ?? "") : value;
}

/**
 * A value is in `data` or, for an answer that could not be read, in `content`. An inverse may lead from one to
 * the other, so the field that was compared is not always the one to write.
 */
function writable(field: string, fields: Fields): readonly string[] {
  if (fields[field] !== undefined) return [field];
  if (field !== "content" && field !== "data") return field === "comment" ? [field] : [];
  const other = field === "content" ? "data" : "content";
  return fields[other] === undefined ? [] : [other];
}

const isEmpty = (value: Json | undefined): boolean =>
  value === "" ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);

/** The body of a POST: the whole record without the members that are empty or the platform's default. */
export function creationBody(fields: Fields): JsonObject {
  const proxiable = typeof fields["type"] === "string" && PROXIABLE.has(fields["type"]);
  const names = Object.keys(fields).filter((name) => {
    if (name === "content") return true;
    return !isEmpty(fields[name]) && (name !== "proxied" || proxiable);
  });
  return Object.fromEntries(names.map((name) => [name, apiValue(name, fields)]));
}

/** The body of a PATCH: what drifted and nothing else, since whatever is sent overwrites (B14). */
export function patchBody(change: Extract<Change, { op: "update" }>): JsonObject {
  const desired = change.desired.fields;
  const names = new Set(change.fields.flatMap((field) => writable(field, desired)));
  const body = [...names].map((name) =>
    name === "settings"
      ? [name, settingsPatch(desired[name], change.observed.fields[name])]
      : [name, apiValue(name, desired)],
  );
  return Object.fromEntries(body);
}

function updated(change: Extract<Change, { op: "update" }>): Fields {
  const desired = change.desired.fields;
  const names = [...new Set(change.fields.flatMap((field) => writable(field, desired)))];
  const written = Object.fromEntries(names.map((name) => [name, desired[name] ?? ""]));
  const { content, data, ...rest } = change.observed.fields;
  const value: Record<string, Json> = {};
  // The new value replaces the old one, in whichever of the two members that was.
  const replaced = "content" in written || "data" in written;
  if (!replaced && content !== undefined) value["content"] = content;
  if (!replaced && data !== undefined) value["data"] = data;
  return { ...rest, ...value, ...written };
}

/** The fields after `change`, undeclared ones included; null when the record is gone. */
export function predictRecord(change: Change): Fields | null {
  if (change.op === "delete") return null;
  const defaults = { ttl: TTL_AUTOMATIC, proxied: false, settings: {}, comment: "", tags: [] };
  const fields =
    change.op === "create" ? { ...defaults, ...change.desired.fields } : updated(change);
  return fields["proxied"] === true ? { ...fields, ttl: TTL_AUTOMATIC } : fields;
}
