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

/** What OCSF wants beside, by class. */
function objectsOf(ocsf: OcsfClass, { id, type, scope, data }: Entry): JsonObject {
  switch (ocsf.uid) {
    case 2_003:
      return {
        finding_info: { uid: id, title: type },
        compliance: { standards: ["golden state"], control: scope, status_id: 3 },
      };
    case 2_004:
      return { finding_info: { uid: id, title: type } };
    case 3_002:
      return { user: { name: scope } };
    case 3_004:
      return {
        entity: { name: scope, type, uid: typeof data["path"] === "string" ? data["path"] : scope },
      };
    case 7_001:
      return { command_uid: id };
    default:
      return { api: { operation: type } };
  }
}

const isPerson = (actor: string): boolean => !AGENTS.has(actor) && !actor.includes(":");

function eventOf({ entry, source, origin, index, attached: kept, ...at }: Recording): JsonObject {
  const { ocsf, outcome } = ENTRY_TYPES[entry.type];
  const person = isPerson(entry.actor);
  const said = outcome?.(entry.data) ?? "success";
  return {
    specversion: "1.0",
    id: `${source}/${entry.id}`,
    source: `/driftless/${source}`,
    type: `${TYPE_PREFIX}${entry.type}`,
    subject: entry.scope,
    time: entry.at,
    recordedtime: at.recordedAt,
    sequence: String(index).padStart(SEQUENCE_DIGITS, "0"),
    authtype: person ? "user" : "service_account",
    authid: entry.actor,
    outcome: said,
    datacontenttype: "application/json",
    data: {
      class_uid: ocsf.uid,
      category_uid: ocsf.category,
      activity_id: ocsf.activity,
      type_uid: ocsf.uid * 100 + ocsf.activity,
      severity_id: said === "failure" ? 2 : 1,
      time: at.timeMs,
      message: `${entry.actor}: ${entry.type}`,
      metadata: {
        uid: entry.id,
        sequence: index,
        logged_time: at.recordedMs,
        log_name: origin,
        version: OCSF_VERSION,
        product: { name: "Driftless", vendor_name: "Driftless" },
      },
      actor: {
        user: {
          name: entry.actor,
          type: person ? "User" : "Service",
          type_id: person ? 1 : 4,
        },
      },
      src_endpoint: { svc_name: `driftless-${source}` },
      resources: [{ uid: entry.scope, type: entry.scope.split(":")[0] || "unknown" }],
      unmapped: {
        data: entry.data,
        attached: Object.fromEntries(
          Object.entries(kept).map(([name, { mediaType, ...rest }]) => [
            name,
            { ...rest, media_type: mediaType },
          ]),
        ),
      },
      ...objectsOf(ocsf, entry),
    },
  };
}

/**
 * JCS takes no lone surrogate, and what comes from outside may have one: it must not keep an entry, and with it a heal,
 * from being recorded. A fraction has more than one way to be written down elsewhere, and no entry needs one.
 */
function plain(value: Json): Json {
  if (typeof value === "string") return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new Error(`\`${value}\` is no integer`);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item: Json) => plain(item));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key.toWellFormed(), plain(member)]),
  );
}

/** The entry's bytes at its place in the log; or what is wrong with it. */
export function encodeLeaf(recording: Recording): Result<Uint8Array, string> {
  const { entry } = recording;
  // Entries come over RPC, where types are promises.
  if (!isEntryType(entry.type)) return err(`there is no type \`${String(entry.type)}\``);
  if (!isObject(entry.data)) return err("`data` is not an object");
  let event: Json;
  try {
    event = plain(eventOf(recording));
  } catch (fault) {
    return err(fault instanceof Error ? fault.message : "is not JSON");
  }
  const checked = cloudEvent.safeParse(event);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    return err(`\`${issue?.path.join(".") ?? ""}\`: ${issue?.message ?? "is malformed"}`);
  }
  const bytes = utf8ToBytes(canonicalise(event));
  return bytes.length > ENTRY_BYTES_MAX
    ? err(`is longer than ${ENTRY_BYTES_MAX} bytes; large things are attached`)
    : ok(bytes);
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

export const attachmentKey = (keep: Attached["keep"], digest: Digest): string =>
  `${keep}/${digest.slice("sha256:".length)}.json`;
