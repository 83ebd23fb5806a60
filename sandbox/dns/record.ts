/** A DNS record: from what a client sent to what is stored. */
import { z } from "zod";
import { ApiError } from "../envelope.ts";
import { PLAN_LIMITS, type StoredZone } from "../model/zone.ts";
import { parseBody } from "../product.ts";
import type { Kind } from "../store.ts";
import { recordName } from "./names.ts";
import { isProxiable, RECORD_TYPES, storedValue, type RecordType } from "./record-types.ts";
import { REASON, invalidRecord } from "./validation.ts";

const TTL_MAX = 86_400;
const TAGS_MAX = 20;
const COMMENT_CHARS_MAX = 500;

type Settings = Readonly<Record<string, boolean>>;

export interface StoredRecord {
  readonly id: string;
  readonly name: string;
  readonly type: RecordType;
  readonly content: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly priority?: number;
  readonly proxiable: boolean;
  readonly proxied: boolean;
  readonly ttl: number;
  readonly private_routing?: boolean;
  readonly settings: Settings;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly comment: string | null;
  readonly tags: readonly string[];
  readonly created_on: string;
  readonly modified_on: string;
  readonly comment_modified_on?: string;
  readonly tags_modified_on?: string;
}

export const DNS_RECORD: Kind<StoredRecord> = { name: "dns_record", key: (record) => record.name };

const flag = z.boolean().nullish();

/** Read-only fields that clients send back (`id`, `meta`, `zone_name`, …) are ignored. */
export const RecordInput = z.object({
  type: z.enum(RECORD_TYPES),
  name: z.string().max(1000),
  content: z.string().max(16_384).nullish(),
  data: z.record(z.string(), z.unknown()).nullish(),
  priority: z.number().nullish(),
  ttl: z.number().nullish(),
  proxied: flag,
  private_routing: flag,
  settings: z.object({ ipv4_only: flag, ipv6_only: flag, flatten_cname: flag }).nullish(),
  comment: z.string().nullish(),
  tags: z.array(z.string()).readonly().nullish(),
});
export type RecordInput = z.infer<typeof RecordInput>;

export const RecordPatch = RecordInput.partial();

/** Where a record is written, and when. */
export interface Setting {
  readonly zone: StoredZone;
  readonly timestamp: string;
}

/** A SRV name may come in parts inside `data`, as older clients send it. */
export function parseRecord(body: unknown): RecordInput {
  const fields = z.record(z.string(), z.unknown()).safeParse(body);
  if (!fields.success || "name" in fields.data) return parseBody(body, RecordInput);
  const parts = z
    .object({ service: z.string(), proto: z.string(), name: z.string() })
    .safeParse(fields.data["data"]);
  if (!parts.success) return parseBody(body, RecordInput);
  const { service, proto, name } = parts.data;
  return parseBody({ ...fields.data, name: `${service}.${proto}.${name}` }, RecordInput);
}

export function newRecord(
  input: RecordInput,
  id: string,
  { zone, timestamp }: Setting,
): StoredRecord {
  const fields = normalize(input, zone);
  return {
    id,
    ...fields,
    meta: {},
    created_on: timestamp,
    modified_on: timestamp,
    ...(fields.comment === null ? {} : { comment_modified_on: timestamp }),
    ...(fields.tags.length === 0 ? {} : { tags_modified_on: timestamp }),
  };
}

/** The record after a PUT: whatever the body does not say is a default again. */
export function replaced(
  before: StoredRecord,
  input: RecordInput,
  { zone, timestamp }: Setting,
): StoredRecord {
  const fields = normalize(input, zone);
  const commentAt = fields.comment === before.comment ? before.comment_modified_on : timestamp;
  const tagsAt = isSame(fields.tags, before.tags) ? before.tags_modified_on : timestamp;
  return {
    id: before.id,
    ...fields,
    meta: before.meta,
    created_on: before.created_on,
    modified_on: timestamp,
    ...(commentAt === undefined || fields.comment === null
      ? {}
      : { comment_modified_on: commentAt }),
    ...(tagsAt === undefined || fields.tags.length === 0 ? {} : { tags_modified_on: tagsAt }),
  };
}

/** What a PATCH means as a whole record. */
export function merged(before: StoredRecord, patch: z.infer<typeof RecordPatch>): RecordInput {
  const type = patch.type ?? before.type;
  const shared = { ...before, ...patch, type, name: patch.name ?? before.name };
  const settings = { ...before.settings, ...patch.settings };
  const value = type === before.type ? mergedValue(before, patch) : valueOf(patch);
  return { ...shared, ...value, settings };
}

type Parts = Pick<RecordInput, "content" | "data" | "priority">;

const valueOf = ({ content, data, priority }: Parts): Parts => ({ content, data, priority });

function mergedValue(before: StoredRecord, patch: Parts): Parts {
  const priority = patch.data?.["priority"] ?? patch.priority ?? before.priority;
  const number = typeof priority === "number" ? { priority } : {};
  if (before.data === undefined) {
    return { content: patch.content ?? before.content, data: patch.data ?? undefined, ...number };
  }
  const isByContent = patch.data == null && patch.content != null;
  if (isByContent) return { content: patch.content, data: undefined, ...number };
  return { content: undefined, data: { ...before.data, ...patch.data, ...number }, ...number };
}

/** Same value, whatever the fields around it say. */
export const isIdentical = (a: StoredRecord, b: StoredRecord): boolean =>
  a.type === b.type && a.name === b.name && a.content === b.content && a.priority === b.priority;

export function refuseReadOnly(record: StoredRecord): void {
  if (record.meta["read_only"] !== true) return;
  const message = "This record is managed by another Cloudflare product and is read only.";
  throw new ApiError(400, { code: 1043, message });
}

type Normalized = Omit<
  StoredRecord,
  "id" | "meta" | "created_on" | "modified_on" | "comment_modified_on" | "tags_modified_on"
>;

function normalize(input: RecordInput, zone: StoredZone): Normalized {
  const { type } = input;
  const raw = {
    type,
    content: input.content ?? undefined,
    data: input.data ?? undefined,
    priority: input.priority ?? undefined,
  };
  const isRoutable = type === "A" || type === "AAAA";
  const proxied = proxiedOf(input);
  return {
    name: recordName(input.name, zone.name),
    type,
    ...storedValue(raw, zone.name),
    proxiable: isProxiable(type),
    proxied,
    ttl: proxied ? 1 : ttlOf(input.ttl ?? 1, zone),
    ...(isRoutable && input.private_routing != null
      ? { private_routing: input.private_routing }
      : {}),
    settings: settingsOf(input, proxied),
    comment: commentOf(input.comment),
    tags: tagsOf(input.tags ?? []),
  };
}

function proxiedOf({ type, proxied }: RecordInput): boolean {
  if (proxied !== true || isProxiable(type)) return proxied === true;
  throw invalidRecord(REASON.notProxiable, `A record of type ${type} cannot be proxied.`);
}

function ttlOf(ttl: number, zone: StoredZone): number {
  const { ttlMin } = PLAN_LIMITS[zone.plan];
  if (ttl === 1 || (Number.isInteger(ttl) && ttl >= ttlMin && ttl <= TTL_MAX)) return ttl;
  const range = `between ${ttlMin} and ${TTL_MAX} seconds`;
  const message = `Invalid TTL. Must be ${range}, or 1 for Automatic.`;
  throw invalidRecord(REASON.invalidTtl, message);
}

/** Flattening a proxied CNAME has no effect, and the API drops it without a word. */
function settingsOf({ type, settings }: RecordInput, proxied: boolean): Settings {
  const isKept = (name: string): boolean =>
    name !== "flatten_cname" || (type === "CNAME" && !proxied);
  return Object.fromEntries(
    Object.entries(settings ?? {}).filter(
      (entry): entry is [string, boolean] => typeof entry[1] === "boolean" && isKept(entry[0]),
    ),
  );
}

function commentOf(comment: string | null | undefined): string | null {
  if (comment === undefined || comment === null || comment === "") return null;
  if (comment.length <= COMMENT_CHARS_MAX) return comment;
  const message = `comment must not exceed ${COMMENT_CHARS_MAX} characters`;
  throw invalidRecord(REASON.invalidField, message);
}

/** A set of `name` or `name:value`. */
function tagsOf(tags: readonly string[]): string[] {
  const distinct = [...new Set(tags.map((tag) => tag.trim()))].toSorted();
  if (distinct.length > TAGS_MAX) {
    throw invalidRecord(REASON.invalidField, `at most ${TAGS_MAX} tags are allowed`);
  }
  const wrong = distinct.find((tag) => !/^[A-Za-z0-9_-]{1,32}(:.{0,100})?$/.test(tag));
  if (wrong === undefined) return distinct;
  throw invalidRecord(REASON.invalidField, `invalid tag \`${wrong}\``);
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index]);
