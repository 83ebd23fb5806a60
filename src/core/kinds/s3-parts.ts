/** What is said of a bucket in calls of their own: each is a resource, so that each has its own pre-image and inverse. */
import { z } from "zod";
import { type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import type { Fields } from "../resource.ts";
import { asSet, objectOf, objectsOf, said, textsOf } from "./declaration.ts";
import { lifecycleRules, normalRules } from "./s3-lifecycle.ts";

interface PartKind {
  /** What S3 calls it in an address. */
  readonly address: string;
  /** What a new bucket has. */
  readonly initial: Fields;
  /** What was declared, in normal form. */
  readonly declared: (of: Json) => Fields;
  /** From AWS's own words, of a request's body as of an answer; null: it is none of them. */
  readonly read: (body: JsonObject) => Fields | null;
  /** The body in those words. Null: there is nothing to say, and what was said is taken away. */
  readonly write: (fields: Fields) => JsonObject | null;
  /** As it is declared; null: it need not be. */
  readonly told: (fields: Fields) => Json;
}

const flag = z.boolean().default(true);

/** The members of a declared bucket, each left out where it is not managed. */
export const PART_SCHEMAS = {
  public_access_block: z
    .strictObject({
      block_public_acls: flag,
      ignore_public_acls: flag,
      block_public_policy: flag,
      restrict_public_buckets: flag,
    })
    .optional(),
  encryption: z
    .strictObject({
      algorithm: z.enum(["AES256", "aws:kms", "aws:kms:dsse"]),
      kms_key: z.string().min(1).max(2_048).optional(),
      bucket_key: z.boolean().optional(),
    })
    .optional(),
  versioning: z.enum(["enabled", "suspended"]).optional(),
  lifecycle: lifecycleRules.optional(),
  tags: z
    .record(
      z
        .string()
        .min(1)
        .max(128)
        .regex(/^(?!aws:)/i, "is a name that AWS keeps for itself"),
      z.string().max(256),
    )
    .refine((tags) => Object.keys(tags).length <= 50, "has more than 50 tags")
    .optional(),
};
export type Part = keyof typeof PART_SCHEMAS;

/** Only a key of KMS has a bucket key. */
const encryptionFields = (fields: Fields): Fields =>
  fields["algorithm"] === "AES256" ? { ...fields, kms_key: null, bucket_key: false } : fields;

const encryption: PartKind = {
  address: "encryption",
  initial: { algorithm: "AES256", kms_key: null, bucket_key: false },
  declared: (of) => encryptionFields(objectOf(of)),
  read({ Rules }) {
    const [rule, ...more] = objectsOf(Rules);
    if (rule === undefined || more.length > 0) return null;
    const by = objectOf(rule["ApplyServerSideEncryptionByDefault"]);
    const blocked = textsOf(objectOf(rule["BlockedEncryptionTypes"])["EncryptionType"]);
    return encryptionFields({
      algorithm: textOf(by["SSEAlgorithm"]),
      kms_key: textOf(by["KMSMasterKeyID"]) || null,
      bucket_key: rule["BucketKeyEnabled"] === true,
      // Not declared here, and carried along: the write replaces the whole.
      ...(blocked.length === 0 ? {} : { blocked: asSet(blocked) }),
    });
  },
  write({ algorithm = "", kms_key = null, bucket_key = false, blocked }) {
    const types = textsOf(blocked);
    const by = said({ SSEAlgorithm: algorithm, KMSMasterKeyID: kms_key ?? undefined });
    const rule = {
      ApplyServerSideEncryptionByDefault: by,
      BucketKeyEnabled: bucket_key,
      ...(types.length === 0 ? {} : { BlockedEncryptionTypes: { EncryptionType: types } }),
    };
    return { Rules: [rule] };
  },
  told: ({ algorithm = "", kms_key = null, bucket_key = false }) =>
    said({ algorithm, kms_key: kms_key ?? undefined, bucket_key }),
};

const BLOCKS = {
  block_public_acls: "BlockPublicAcls",
  ignore_public_acls: "IgnorePublicAcls",
  block_public_policy: "BlockPublicPolicy",
  restrict_public_buckets: "RestrictPublicBuckets",
} as const;

const blocks = (value: (field: string, member: string) => readonly [string, Json]): JsonObject =>
  Object.fromEntries(Object.entries(BLOCKS).map(([field, member]) => value(field, member)));

const publicAccessBlock: PartKind = {
  address: "publicAccessBlock",
  initial: blocks((field) => [field, true]),
  declared: objectOf,
  read: (body) => blocks((field, member) => [field, body[member] === true]),
  write: (fields) => blocks((field, member) => [member, fields[field] ?? true]),
  told: (fields) => blocks((field) => [field, fields[field] ?? true]),
};

/** A bucket that never had versions and one that makes no new ones treat new objects alike. */
const versioning: PartKind = {
  address: "versioning",
  initial: { enabled: false },
  declared: (of) => ({ enabled: of === "enabled" }),
  read: ({ Status }) => ({ enabled: Status === "Enabled" }),
  write: ({ enabled }) => ({ Status: enabled === true ? "Enabled" : "Suspended" }),
  told: ({ enabled }) => (enabled === true ? "enabled" : null),
};

const lifecycle: PartKind = {
  address: "lifecycle",
  initial: { rules: [] },
  declared: (of) => ({ rules: normalRules(objectsOf(of)) }),
  read: ({ Rules }) => ({ rules: normalRules(objectsOf(Rules)) }),
  write: ({ rules }) => (objectsOf(rules).length === 0 ? null : { Rules: rules ?? [] }),
  told: ({ rules }) => (objectsOf(rules).length === 0 ? null : (rules ?? null)),
};

/** Of what a stack has made, AWS itself writes down which stack that is. */
export const STACK_TAG = "aws:cloudformation:stack-name";

const tags: PartKind = {
  address: "tagging",
  initial: { tags: {} },
  declared: (of) => ({ tags: objectOf(of) }),
  read({ TagSet }) {
    const all = objectsOf(TagSet).map(({ Key, Value }) => [textOf(Key), textOf(Value)] as const);
    // Nobody but AWS writes its own.
    return { tags: Object.fromEntries(all.filter(([key]) => !key.startsWith("aws:"))) };
  },
  write({ tags: all }) {
    const set = Object.entries(objectOf(all)).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return set.length === 0 ? null : { TagSet: set.map(([Key, Value]) => ({ Key, Value })) };
  },
  told: ({ tags: all }) => (Object.keys(objectOf(all)).length === 0 ? null : (all ?? null)),
};

const PARTS: Readonly<Record<Part, PartKind>> = {
  public_access_block: publicAccessBlock,
  encryption,
  versioning,
  lifecycle,
  tags,
};

export const partKind = (part: Part): PartKind => PARTS[part];

/** In the order in which they are written: who may get in comes first. */
export const BUCKET_PARTS: readonly Part[] = [
  "public_access_block",
  "encryption",
  "versioning",
  "lifecycle",
  "tags",
];

export const isPart = (text: string): text is Part =>
  (BUCKET_PARTS as readonly string[]).includes(text);

export const partAt = (address: string): Part | undefined =>
  BUCKET_PARTS.find((part) => PARTS[part].address === address);

/**
 * As a new bucket has it: encrypted with S3's own keys and closed to the public since 2023. Writing it again says nothing,
 * so a bucket that is made gets those parts written that differ; the next look at it finds what is really so.
 */
export function isInitial(fields: Fields): boolean {
  const part = BUCKET_PARTS.find((one) =>
    Object.keys(PARTS[one].initial).some((field) => field in fields),
  );
  return (
    part !== undefined &&
    Object.entries(PARTS[part].initial).every(([field, value]) =>
      sameJson(fields[field] ?? value, value),
    )
  );
}
