/** Keys and values of a KV namespace, one by one and in bulk. */
import { z } from "zod";
import { ApiError, invalidParameter, type Answer } from "../envelope.ts";
import type { Call, Operation } from "../product.ts";
import {
  fromBase64,
  isAlive,
  KV_NAMESPACE,
  KV_VALUE,
  toBase64,
  type StoredNamespace,
  type StoredValue,
} from "../storage/kv.ts";
import type { Shelf } from "../store.ts";
import { ownAccount } from "./accounts.ts";

/** 10009 and 10013 were reported by others; the third is a guess. */
const CODE = { keyNotFound: 10009, namespaceNotFound: 10013, invalid: 10011 } as const;

const KEY_BYTES_MAX = 512;
const METADATA_BYTES_MAX = 1024;
/** The real limit is 25 MiB; a row of the sandbox's own storage takes less. */
const VALUE_BYTES_MAX = 1024 * 1024;
const BULK_MAX = 10_000;
const BULK_GET_MAX = 100;

export const namespaces = (call: Call): Shelf<StoredNamespace> =>
  call.shelf(KV_NAMESPACE, ownAccount(call).id);

export function namespaceOf(call: Call): StoredNamespace {
  const namespace = namespaces(call).get(call.param("namespace_id"));
  if (namespace !== undefined) return namespace;
  throw new ApiError(404, { code: CODE.namespaceNotFound, message: "namespace not found" });
}

const refusal = (message: string): ApiError => new ApiError(400, { code: CODE.invalid, message });

const byteLength = (text: string): number => new TextEncoder().encode(text).byteLength;

const shelf = (call: Call): Shelf<StoredValue> => call.shelf(KV_VALUE, namespaceOf(call).id);

/** The key in the path, or undefined when it does not exist (any more). */
function found(call: Call, key: string): StoredValue | undefined {
  const value = shelf(call).get(key);
  return value !== undefined && isAlive(value, call.now) ? value : undefined;
}

function valueOf(call: Call): StoredValue {
  const value = found(call, call.param("key_name"));
  if (value !== undefined) return value;
  throw new ApiError(404, { code: CODE.keyNotFound, message: "get: 'key not found'" });
}

interface Written {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly metadata?: unknown;
  readonly expiration?: number | undefined;
  readonly ttl?: number | undefined;
}

function stored(written: Written, now: number): StoredValue {
  refuseTooLarge(written);
  const { key, bytes, metadata: meta, expiration, ttl } = written;
  const seconds = Math.floor(now / 1000);
  const until = expiration ?? (ttl === undefined ? undefined : seconds + ttl);
  if (until !== undefined && until < seconds + 60) {
    throw refusal("the expiration must be at least 60 seconds in the future");
  }
  return {
    id: key,
    value: toBase64(bytes),
    ...(meta === undefined || meta === null ? {} : { metadata: meta }),
    ...(until === undefined ? {} : { expiration: until }),
  };
}

function refuseTooLarge({ key, bytes, metadata: meta }: Written): void {
  if (["", ".", ".."].includes(key) || byteLength(key) > KEY_BYTES_MAX) {
    throw refusal(`the key must have 1 to ${KEY_BYTES_MAX} bytes`);
  }
  if (bytes.byteLength > VALUE_BYTES_MAX) throw refusal("the value is too large");
  if (meta !== undefined && byteLength(JSON.stringify(meta)) > METADATA_BYTES_MAX) {
    throw refusal(`the metadata must have at most ${METADATA_BYTES_MAX} bytes`);
  }
}

/** Values are not for the log: they may be anybody's secrets. */
function changed(call: Call, action: "update" | "delete", names: readonly string[]): void {
  call.changed({
    action,
    resource: { id: namespaceOf(call).id, type: "key_value", product: "kv", scope: "accounts" },
    request: { keys: names },
    response: null,
  });
}

function number(call: Call, name: string): number | undefined {
  return call.query.text(name) === undefined ? undefined : call.query.integer(name, 0);
}

/** The value as the body, or as a part of a form beside its metadata. */
function put(call: Call): Answer {
  const { body, request } = call;
  const key = call.param("key_name");
  const times = { expiration: number(call, "expiration"), ttl: number(call, "expiration_ttl") };
  const parts = body.type === "form" ? body.parts : [];
  const bytes =
    body.type === "form" ? parts.find(({ name }) => name === "value")?.bytes : request.bytes;
  if (bytes === undefined) throw refusal("the form has no part `value`");
  const metadata = body.type === "form" ? parsed(body.fields["metadata"]) : undefined;
  shelf(call).put(stored({ key, bytes, metadata, ...times }, call.now));
  changed(call, "update", [key]);
  return { result: null };
}

function parsed(metadata: string | undefined): unknown {
  if (metadata === undefined || metadata === "") return undefined;
  try {
    return JSON.parse(metadata);
  } catch {
    throw refusal("the metadata is not JSON");
  }
}

function get(call: Call): Answer {
  const { value, expiration } = valueOf(call);
  const headers = expiration === undefined ? {} : { expiration: String(expiration) };
  return { raw: { type: "application/octet-stream", body: fromBase64(value), headers } };
}

const metadata = (call: Call): Answer => ({ result: valueOf(call).metadata ?? {} });

/** Deleting what does not exist is no error. */
function remove(call: Call): Answer {
  const key = call.param("key_name");
  shelf(call).delete(key);
  changed(call, "delete", [key]);
  return { result: null };
}

function keys(call: Call): Answer {
  const { query } = call;
  const prefix = query.text("prefix") ?? "";
  const limit = Math.min(1000, Math.max(10, query.integer("limit", 1000)));
  const cursor = query.text("cursor") ?? "";
  if (!/^[A-Za-z0-9+/]*=*$/.test(cursor)) throw invalidParameter("Invalid value for `cursor`");
  const after = new TextDecoder().decode(fromBase64(cursor));
  const all = shelf(call)
    .list()
    .filter((value) => isAlive(value, call.now) && value.id.startsWith(prefix))
    .filter(({ id }) => id > after)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const page = all.slice(0, limit);
  const last = page.at(-1)?.id ?? "";
  const next = page.length < all.length ? toBase64(new TextEncoder().encode(last)) : "";
  const result = page.map(({ id, value: _value, ...rest }) => ({ name: id, ...rest }));
  return { result, info: { count: result.length, cursor: next } };
}

const Bulk = z
  .array(
    z.object({
      key: z.string(),
      value: z.string(),
      base64: z.boolean().optional(),
      expiration: z.number().int().optional(),
      expiration_ttl: z.number().int().optional(),
      metadata: z.unknown().optional(),
    }),
  )
  .max(BULK_MAX);

function bulkPut(call: Call): Answer {
  const entries = call.json(Bulk);
  const values = shelf(call);
  for (const { key, value, base64, expiration, expiration_ttl: ttl, metadata: meta } of entries) {
    const bytes = base64 === true ? decoded(value) : new TextEncoder().encode(value);
    values.put(stored({ key, bytes, expiration, ttl, metadata: meta }, call.now));
  }
  const names = entries.map(({ key }) => key);
  changed(call, "update", names);
  return { result: { successful_key_count: names.length, unsuccessful_keys: [] } };
}

function decoded(value: string): Uint8Array {
  try {
    return fromBase64(value);
  } catch {
    throw refusal("the value is not base64");
  }
}

function bulkDelete(call: Call): Answer {
  const names = call.json(z.array(z.string()).max(BULK_MAX));
  const values = shelf(call);
  for (const name of names) values.delete(name);
  changed(call, "delete", names);
  return { result: { successful_key_count: names.length, unsuccessful_keys: [] } };
}

const BulkGet = z.object({
  keys: z.array(z.string()).max(BULK_GET_MAX),
  type: z.enum(["text", "json"]).default("text"),
  withMetadata: z.boolean().default(false),
});

function bulkGet(call: Call): Answer {
  const { keys: names, type, withMetadata } = call.json(BulkGet);
  const values = names.flatMap((name): [string, unknown][] => {
    const value = found(call, name);
    // What does not exist is null beside values with metadata, and absent from bare ones.
    if (value === undefined) return withMetadata ? [[name, null]] : [];
    const text = new TextDecoder().decode(fromBase64(value.value));
    const content: unknown = type === "json" ? parsed(text) : text;
    const whole = { value: content, metadata: value.metadata ?? null };
    return [[name, withMetadata ? whole : content]];
  });
  return { result: { values: Object.fromEntries(values) } };
}

const ROOT = "/accounts/:account_id/storage/kv/namespaces/:namespace_id";
const VALUE = `${ROOT}/values/:key_name`;

export const KV_VALUES: readonly Operation[] = [
  { method: "GET", path: `${ROOT}/keys`, needs: "kv:read", handle: keys },
  { method: "GET", path: VALUE, needs: "kv:read", handle: get },
  { method: "PUT", path: VALUE, needs: "kv:write", handle: put },
  { method: "DELETE", path: VALUE, needs: "kv:write", handle: remove },
  { method: "GET", path: `${ROOT}/metadata/:key_name`, needs: "kv:read", handle: metadata },
  { method: "PUT", path: `${ROOT}/bulk`, needs: "kv:write", handle: bulkPut },
  // The deprecated spelling, which `wrangler` still uses.
  { method: "DELETE", path: `${ROOT}/bulk`, needs: "kv:write", handle: bulkDelete },
  { method: "POST", path: `${ROOT}/bulk/delete`, needs: "kv:write", handle: bulkDelete },
  { method: "POST", path: `${ROOT}/bulk/get`, needs: "kv:read", handle: bulkGet },
];
