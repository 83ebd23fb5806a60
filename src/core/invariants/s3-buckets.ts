/** What protects the objects of a bucket: who may get in, how they are encrypted, and how long they are kept. */
import { isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import type { Fields } from "../resource.ts";
import { certain, type Protection, type Weakening } from "./invariant.ts";

const BLOCKS = [
  "block_public_acls",
  "ignore_public_acls",
  "block_public_policy",
  "restrict_public_buckets",
];

/** A new bucket has them all on. */
const opened = (before: Fields | null, after: Fields | null): readonly Weakening[] =>
  BLOCKS.filter((block) => before?.[block] !== false && after?.[block] === false).map((block) =>
    certain(`\`${block}\` is off`),
  );

/** The better one later. Of what we do not know, another is never certain to be as good. */
const ALGORITHMS = ["AES256", "aws:kms", "aws:kms:dsse"];

function encryption(before: Fields, after: Fields | null): readonly Weakening[] {
  const [was, is] = [before["algorithm"], after?.["algorithm"]];
  if (was === undefined || is === undefined || was === is) return [];
  return ALGORITHMS.indexOf(textOf(is)) > ALGORITHMS.indexOf(textOf(was))
    ? []
    : [certain(`encrypted by ${textOf(is)} and no longer by ${textOf(was)}`)];
}

const versions = (before: Fields, after: Fields | null): readonly Weakening[] =>
  before["enabled"] === true && after?.["enabled"] === false
    ? [certain("what is overwritten is no longer kept")]
    : [];

const membersOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

const rulesIn = (fields: Fields): ReadonlyMap<string, JsonObject> => {
  const { rules } = fields;
  const inForce = (Array.isArray(rules) ? rules : [])
    .filter(isObject)
    .filter((rule) => rule["Status"] !== "Disabled");
  return new Map(inForce.map((rule) => [textOf(rule["ID"]), rule]));
};

const ENDS = [
  ["Expiration", "Days"],
  ["Expiration", "Date"],
  ["NoncurrentVersionExpiration", "NoncurrentDays"],
] as const;

/** Whether `is` deletes what `was` would still have kept. */
function endsSooner(was: JsonObject | undefined, is: JsonObject): boolean {
  return ENDS.some(([action, member]) => {
    const to = membersOf(is[action])[member];
    if (to === undefined) return false;
    const from = membersOf(was?.[action])[member];
    const isAsBroad = was !== undefined && sameJson(was["Filter"] ?? null, is["Filter"] ?? null);
    return from === undefined || !isAsBroad || to === null || from === null || to < from;
  });
}

/** In a bucket that was there: what a rule deletes cannot be brought back. */
function lifecycle(before: Fields, after: Fields | null): readonly Weakening[] {
  if (before["rules"] === undefined || after === null) return [];
  const was = rulesIn(before);
  return [...rulesIn(after)]
    .filter(([id, rule]) => endsSooner(was.get(id), rule))
    .map(([id]) => certain(`objects end sooner by lifecycle rule \`${id}\``));
}

export const s3Buckets: Protection = {
  kind: "s3_bucket",
  weakened: (before, after) => [
    ...opened(before, after),
    ...(before === null
      ? []
      : [...encryption(before, after), ...versions(before, after), ...lifecycle(before, after)]),
  ],
};
