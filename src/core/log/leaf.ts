/**
 * The bytes of an entry in the tree: JCS of an OCSF event in a CloudEvent. What PCI DSS 10.2.2 asks of an entry are
 * attributes of the CloudEvent: `authid` (who), `type` (what), `time` (when), `outcome`, `source` (from where), `subject`
 * (which resource). Stored bytes are the truth: nothing is ever serialised again to be verified.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { canonicalise, isObject, type Json, type JsonObject } from "../canonical.ts";
import { type Digest, type Instant, isDigest, isInstant } from "../ids.ts";
import { err, ok, type Result } from "../result.ts";
import type { Attached, Entry, EntryType, RecordedEntry, Source } from "./entry.ts";
import type { OcsfClass } from "../entry-types/entry-kind.ts";
import { ENTRY_TYPES } from "../entry-types/registry.ts";
import { ENTRY_BYTES_MAX } from "./tile.ts";

export const OCSF_VERSION = "1.9.0-dev";
const TYPE_PREFIX = "dev.driftless.record.";
/** CloudEvents' `sequence` sorts as text. */
const SEQUENCE_DIGITS = 16;
const AGENTS: ReadonlySet<string> = new Set(["reconciler", "run", "vault", "record", "swarm"]);

const isRecord = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = z.string().min(1).max(1_024);
const attached = z.record(
  z.string(),
  z.strictObject({
    keep: z.enum(["evidence", "personal"]),
    digest: z.string().refine(isDigest, "must be a digest"),
    media_type: text,
    bytes: z.int().nonnegative(),
  }),
);

/** What the event of every class has; the class's own objects come beside. */
const ocsfEvent = z.looseObject({
  class_uid: z.int(),
  category_uid: z.int(),
  activity_id: z.int(),
  type_uid: z.int(),
  severity_id: z.int(),
  time: z.int(),
  message: text,
  metadata: z.strictObject({
    uid: text,
    sequence: z.int().nonnegative(),
    logged_time: z.int(),
    log_name: text,
    version: z.literal(OCSF_VERSION),
    product: z.strictObject({ name: text, vendor_name: text }),
  }),
  actor: z.strictObject({
    user: z.strictObject({ name: text, type: z.enum(["User", "Service"]), type_id: z.int() }),
  }),
  src_endpoint: z.strictObject({ svc_name: text }),
  resources: z.array(z.strictObject({ uid: text, type: text })).min(1),
  unmapped: z.strictObject({ data: z.custom<JsonObject>(isRecord, "must be an object"), attached }),
});

const cloudEvent = z.strictObject({
  specversion: z.literal("1.0"),
  id: text,
  source: z.enum(["/driftless/swarm", "/driftless/vault"]),
  type: z.string().refine((type) => typeOf(type) !== null, "must be a type of entry"),
  subject: text,
  time: z.string().refine(isInstant, "must be an instant"),
  recordedtime: z.string().refine(isInstant, "must be an instant"),
  sequence: z.string().regex(/^\d{16}$/),
  authtype: z.enum(["user", "service_account"]),
  authid: text,
  outcome: z.enum(["success", "failure", "pending"]),
  datacontenttype: z.literal("application/json"),
  data: ocsfEvent,
});

const isEntryType = (name: string): name is EntryType => Object.hasOwn(ENTRY_TYPES, name);

function typeOf(cloudEventType: string): EntryType | null {
  const name = cloudEventType.slice(TYPE_PREFIX.length);
  return cloudEventType.startsWith(TYPE_PREFIX) && isEntryType(name) ? name : null;
}

export interface Recording {
  readonly entry: Entry;
  readonly source: Source;
  /** The log's name. */
  readonly origin: string;
  readonly index: number;
  readonly recordedAt: Instant;
  readonly recordedMs: number;
  readonly timeMs: number;
  readonly attached: Readonly<Record<string, Attached>>;
}

interface ClassObjects {
  readonly api?: JsonObject;
  readonly command_uid?: string;
  readonly compliance?: JsonObject;
  readonly entity?: JsonObject;
  readonly finding_info?: JsonObject;
  readonly user?: JsonObject;
}

/** What OCSF wants beside, by class. */
function objectsOf(ocsf: OcsfClass, { id, type, scope, actor, data }: Entry): ClassObjects {
  const path = data["path"];
  const finding_info = { title: type, uid: id };
  switch (ocsf.uid) {
    case 2_003:
      return {
        compliance: { control: scope, standards: ["golden state"], status_id: 3 },
        finding_info,
      };
    case 2_004:
      return { finding_info };
    case 3_002:
      return { user: userOf(actor) };
    case 3_004:
      return { entity: { name: scope, type, uid: typeof path === "string" ? path : scope } };
    case 7_001:
      return { command_uid: id };
    default:
      return { api: { operation: type } };
  }
}

const isPerson = (actor: string): boolean => !AGENTS.has(actor) && !actor.includes(":");

const userOf = (name: string): JsonObject =>
  isPerson(name) ? { name, type: "User", type_id: 1 } : { name, type: "Service", type_id: 4 };

function eventOf({ entry, source, origin, index, attached: kept, ...at }: Recording): object {
  const { ocsf, outcome } = ENTRY_TYPES[entry.type];
  const said = outcome?.(entry.data) ?? "success";
  const { api, command_uid, compliance, entity, finding_info, user } = objectsOf(ocsf, entry);
  // In the order of JCS, so that nothing has to be sorted; what is undefined is not written.
  return {
    authid: entry.actor,
    authtype: isPerson(entry.actor) ? "user" : "service_account",
    data: {
      activity_id: ocsf.activity,
      actor: { user: userOf(entry.actor) },
      api,
      category_uid: ocsf.category,
      class_uid: ocsf.uid,
      command_uid,
      compliance,
      entity,
      finding_info,
      message: `${entry.actor}: ${entry.type}`,
      metadata: {
        log_name: origin,
        logged_time: at.recordedMs,
        product: { name: "Driftless", vendor_name: "Driftless" },
        sequence: index,
        uid: entry.id,
        version: OCSF_VERSION,
      },
      resources: [{ type: entry.scope.split(":")[0] || "unknown", uid: entry.scope }],
      severity_id: said === "failure" ? 2 : 1,
      src_endpoint: { svc_name: `driftless-${source}` },
      time: at.timeMs,
      type_uid: ocsf.uid * 100 + ocsf.activity,
      unmapped: {
        attached: Object.fromEntries(
          Object.entries(kept)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, { bytes, digest, keep, mediaType }]) => [
              name,
              { bytes, digest, keep, media_type: mediaType },
            ]),
        ),
        data: entry.data,
      },
      user,
    },
    datacontenttype: "application/json",
    id: `${source}/${entry.id}`,
    outcome: said,
    recordedtime: at.recordedAt,
    sequence: String(index).padStart(SEQUENCE_DIGITS, "0"),
    source: `/driftless/${source}`,
    specversion: "1.0",
    subject: entry.scope,
    time: entry.at,
    type: `${TYPE_PREFIX}${entry.type}`,
  };
}

/** JavaScript puts such members first, in the order of numbers; JCS does not. */
const INDEX_KEY = /^(?:0|[1-9]\d*)$/;

/**
 * With its members in the order of JCS, so that the runtime's own `JSON.stringify` writes JCS: that is what an append
 * spends its time on. JCS takes no lone surrogate, and what comes from outside may have one: that must not keep an entry,
 * and with it a heal, from being recorded. A fraction has more than one way to be written down elsewhere, and no entry
 * needs one. `indexed` is told of members that only `canonicalise` puts right.
 */
function ordered(value: Json, indexed: () => void): Json {
  if (typeof value === "string") return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new Error(`\`${value}\` is no integer`);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item: Json) => ordered(item, indexed));
  const keys = Object.keys(value).toSorted((a, b) => (a < b ? -1 : 1));
  const members: [string, Json][] = [];
  for (const key of keys) {
    if (INDEX_KEY.test(key)) indexed();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a key of this very object
    const member = (value as JsonObject)[key];
    if (member !== undefined) members.push([key.toWellFormed(), ordered(member, indexed)]);
  }
  // Not by assignment: a member may be called `__proto__`.
  return Object.fromEntries(members);
}

/** The slow way, for what is rare. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `eventOf` makes JSON
const wellFormed = (event: object): Json => ordered(event as JsonObject, () => undefined);

function jcs(recording: Recording): string {
  let isIndexed = false;
  const { entry } = recording;
  const data = ordered(entry.data, () => (isIndexed = true));
  const names = { actor: entry.actor, id: entry.id, scope: entry.scope };
  const plain = Object.values(names).every((name) => name.isWellFormed());
  const event = eventOf({ ...recording, entry: { ...entry, data: isObject(data) ? data : {} } });
  return isIndexed || !plain ? canonicalise(wellFormed(event)) : JSON.stringify(event);
}

/** What PCI DSS 10.2.2 asks of whoever records; the rest of the event is made here. */
const mandatory = z.object({
  id: text,
  type: z.string().refine(isEntryType, "is no type of entry"),
  scope: text,
  at: z.string().refine(isInstant, "must be an instant"),
  actor: text,
  data: z.custom<JsonObject>(isRecord, "must be an object"),
});

/** No character has more bytes than this: short texts need not be counted. */
const CHARACTER_BYTES_MAX = 3;

const isTooLong = (leaf: string): boolean =>
  leaf.length * CHARACTER_BYTES_MAX > ENTRY_BYTES_MAX && utf8ToBytes(leaf).length > ENTRY_BYTES_MAX;

/** The entry at its place in the log, as the text whose UTF-8 are its bytes; or what is wrong with it. */
export function encodeLeaf(recording: Recording): Result<string, string> {
  // Entries come over RPC, where types are promises.
  const checked = mandatory.safeParse(recording.entry);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    return err(`\`${issue?.path.join(".") ?? ""}\`: ${issue?.message ?? "is malformed"}`);
  }
  try {
    const leaf = jcs(recording);
    return isTooLong(leaf)
      ? err(`is longer than ${ENTRY_BYTES_MAX} bytes; large things are attached`)
      : ok(leaf);
  } catch (fault) {
    return err(fault instanceof Error ? fault.message : "is not JSON");
  }
}

export interface DecodedLeaf {
  readonly entry: RecordedEntry;
  readonly origin: string;
  readonly recordedAt: Instant;
  readonly outcome: "success" | "failure" | "pending";
}

/** A leaf as this product writes them. Another log's leaves are none. */
export function decodeLeaf(json: string): Result<DecodedLeaf, string> {
  let event: unknown;
  try {
    event = JSON.parse(json);
  } catch {
    return err("is not JSON");
  }
  const parsed = cloudEvent.safeParse(event);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return err(`\`${issue?.path.join(".") ?? ""}\`: ${issue?.message ?? "is malformed"}`);
  }
  const { source, type, subject, time, authid, data, sequence, recordedtime, outcome } =
    parsed.data;
  const entryType = typeOf(type);
  if (entryType === null || Number(sequence) !== data.metadata.sequence)
    return err("`sequence` differs from `data.metadata.sequence`");
  const kept = Object.entries(data.unmapped.attached).map(
    ([name, { media_type: mediaType, ...rest }]): [string, Attached] => [
      name,
      { ...rest, mediaType },
    ],
  );
  return ok({
    entry: {
      id: data.metadata.uid,
      type: entryType,
      scope: subject,
      at: time,
      actor: authid,
      data: data.unmapped.data,
      source: source === "/driftless/vault" ? "vault" : "swarm",
      index: data.metadata.sequence,
      ...(kept.length > 0 ? { attached: Object.fromEntries(kept) } : {}),
    },
    origin: data.metadata.log_name,
    recordedAt: recordedtime,
    outcome,
  });
}

/** What is kept in R2 for an attachment. The salt keeps short texts from being guessed by their digest. */
export const attachmentText = (
  { mediaType, text: content }: { mediaType: string; text: string },
  salt: string,
): string => canonicalise({ media_type: mediaType, salt, text: content.toWellFormed() });

/** What may be handed out: never what is about people. */
export const isEvidencePath = (path: string): boolean =>
  /^evidence\/[0-9a-f]{64}\.json$/.test(path);

export const attachmentKey = (keep: Attached["keep"], digest: Digest): string =>
  `${keep}/${digest.slice("sha256:".length)}.json`;
