/** Lifecycle rules of S3 buckets, in the words of AWS's own API: what a team has in its scripts is declared as it is. */
import { z } from "zod";
import { type Json, type JsonObject, textOf } from "../canonical.ts";
import { objectOf, objectsOf } from "./declaration.ts";

/** S3 takes as many in one configuration. */
const RULES_MAX = 1_000;
/** Longer than anybody keeps anything. */
const DAYS_MAX = 36_500;

const days = z.int().min(1).max(DAYS_MAX);
const date = z.iso.datetime();
const text = z.string().max(1_024);
const storageClass = z.enum([
  "GLACIER",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
]);
const tag = z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) });
const conditions = {
  Prefix: text.optional(),
  ObjectSizeGreaterThan: z.int().min(0).optional(),
  ObjectSizeLessThan: z.int().min(1).optional(),
};
const filter = z.strictObject({
  ...conditions,
  Tag: tag.optional(),
  And: z.strictObject({ ...conditions, Tags: z.array(tag).max(50).optional() }).optional(),
});

export const lifecycleRule = z.strictObject({
  ID: z.string().min(1).max(255),
  Status: z.enum(["Enabled", "Disabled"]).default("Enabled"),
  Filter: filter.optional(),
  Expiration: z
    .strictObject({
      Days: days.optional(),
      Date: date.optional(),
      ExpiredObjectDeleteMarker: z.boolean().optional(),
    })
    .optional(),
  Transitions: z
    .array(
      z.strictObject({
        Days: z.int().min(0).max(DAYS_MAX).optional(),
        Date: date.optional(),
        StorageClass: storageClass,
      }),
    )
    .max(20)
    .optional(),
  NoncurrentVersionExpiration: z
    .strictObject({ NoncurrentDays: days, NewerNoncurrentVersions: z.int().min(1).optional() })
    .optional(),
  NoncurrentVersionTransitions: z
    .array(
      z.strictObject({
        NoncurrentDays: z.int().min(0).max(DAYS_MAX),
        NewerNoncurrentVersions: z.int().min(1).optional(),
        StorageClass: storageClass,
      }),
    )
    .max(20)
    .optional(),
  AbortIncompleteMultipartUpload: z.strictObject({ DaysAfterInitiation: days }).optional(),
});

export const lifecycleRules = z
  .array(lifecycleRule)
  .max(RULES_MAX)
  .refine(
    (rules) => new Set(rules.map(({ ID }) => ID)).size === rules.length,
    "two rules have the same `ID`",
  )
  .refine(
    (rules) => rules.every((rule) => ACTIONS.some((action) => rule[action] !== undefined)),
    "a rule does nothing: say when objects expire or move",
  );

const ACTIONS = [
  "Expiration",
  "Transitions",
  "NoncurrentVersionExpiration",
  "NoncurrentVersionTransitions",
  "AbortIncompleteMultipartUpload",
] as const;

/** An instant is the same with and without its zeros. */
const normalDates = (action: JsonObject): JsonObject => {
  const { Date: at } = action;
  return typeof at === "string" ? { ...action, Date: at.replace(/\.0+Z$/, "Z") } : action;
};

const byText = (a: Json, b: Json): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** The old form has its prefix beside the filter, and a rule for everything may have an empty filter. */
function normalFilter({ Prefix: beside, Filter }: JsonObject): JsonObject {
  const { And, ...one } = objectOf(Filter);
  if (And !== undefined) {
    const { Tags, ...others } = objectOf(And);
    const tags = objectsOf(Tags).toSorted(byText);
    return { And: { ...others, ...(tags.length === 0 ? {} : { Tags: tags }) } };
  }
  return Object.keys(one).length === 0 ? { Prefix: beside ?? "" } : one;
}

function normalRule(rule: JsonObject): JsonObject {
  const { Prefix: _beside, Filter: _filter, Expiration, Transitions, ...others } = rule;
  const moves = objectsOf(Transitions).map(normalDates);
  return {
    ...others,
    Filter: normalFilter(rule),
    ...(Expiration === undefined ? {} : { Expiration: normalDates(objectOf(Expiration)) }),
    ...(moves.length === 0 ? {} : { Transitions: moves }),
  };
}

/** A set of rules, by their names. */
export const normalRules = (rules: readonly JsonObject[]): readonly JsonObject[] =>
  rules.map(normalRule).toSorted((a, b) => (textOf(a["ID"]) < textOf(b["ID"]) ? -1 : 1));
