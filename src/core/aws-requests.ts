/**
 * What a request to AWS does, in plain code and from the request alone, beside what was read. For the vault's last word
 * (`prohibitions.ts`), and like it without the rest of core.
 */
import { isObject, type Json, type JsonObject, textOf } from "./canonical.ts";
import type { Call, Plan, Step } from "./plan.ts";
import type { Fields } from "./resource.ts";

type Request = Call["request"];

interface There {
  readonly fields: Fields;
}

export const listIn = (body: JsonObject | null, member: string): readonly JsonObject[] => {
  const list = body?.[member];
  return Array.isArray(list) ? list.filter(isObject) : [];
};

/** Of a bucket of S3 this takes away what is said of it, never the bucket. */
export const isBucketPart = ({ path }: Pick<Request, "path">): boolean =>
  /^\/aws\/\d{12}\/s3\/[\w-]+\/[\w-]+\/(?:lifecycle|tagging)$/.test(path);

/** Of the four walls around a bucket one falls that stood. What was not read stood. */
export function unblocks({ method, path, body }: Request, live: readonly There[]): boolean {
  if (method !== "PUT" || !path.endsWith("/publicAccessBlock")) return false;
  const walls = [
    ["BlockPublicAcls", "block_public_acls"],
    ["IgnorePublicAcls", "ignore_public_acls"],
    ["BlockPublicPolicy", "block_public_policy"],
    ["RestrictPublicBuckets", "restrict_public_buckets"],
  ] as const;
  return walls.some(
    ([sent, field]) => body?.[sent] !== true && !live.some(({ fields }) => fields[field] === false),
  );
}

/** A lifecycle rule that deletes, and that did not stand there with the same end or an earlier one. */
export function expires({ method, path, body }: Request, live: readonly There[]): boolean {
  if (method !== "PUT" || !/^\/aws\/.*\/lifecycle$/.test(path)) return false;
  const standing = live.flatMap(({ fields }) => listIn(fields, "rules"));
  return listIn(body, "Rules")
    .filter((rule) => rule["Status"] !== "Disabled")
    .some((rule) => !standing.some((old) => keepsNoLonger(old, rule)));
}

const ENDS = [
  ["Expiration", "Days"],
  ["Expiration", "Date"],
  ["NoncurrentVersionExpiration", "NoncurrentDays"],
] as const;

const endIn = (rule: JsonObject, [action, member]: (typeof ENDS)[number]): Json => {
  const of = rule[action];
  return (isObject(of) ? of[member] : null) ?? null;
};

const isSooner = (from: Json, to: Json): boolean =>
  typeof from === "number" && typeof to === "number"
    ? from <= to
    : textOf(from) !== "" && textOf(from) <= textOf(to);

/** Whether `old` already ends all that `rule` ends, at the same time or before. */
function keepsNoLonger(old: JsonObject, rule: JsonObject): boolean {
  const said = ENDS.filter((end) => endIn(rule, end) !== null);
  if (said.length === 0) return true;
  const covers = JSON.stringify(old["Filter"] ?? null) === JSON.stringify(rule["Filter"] ?? null);
  return (
    old["Status"] !== "Disabled" &&
    covers &&
    said.every((end) => isSooner(endIn(old, end), endIn(rule, end)))
  );
}

export const bucketIn = ({ path }: Request): string =>
  /^\/aws\/\d{12}\/s3\/[^/]+\/[^/]+/.exec(path)?.[0] ?? "";

/** A change batch that only takes away. */
export const takesRecord = ({ path, body }: Request): boolean =>
  path.endsWith("/rrset") && changesIn(body).every(({ action }) => action === "DELETE");

/** Record sets of two hosted zones may have one name: the zone in the path has to be the one that was read. */
export function inAnotherZone(
  { path }: Request,
  steps: readonly (Pick<Step, "before" | "after"> | undefined)[],
): boolean {
  const zone = /\/hostedzone\/([A-Z0-9]+)\/rrset$/.exec(path)?.[1];
  const isOther = steps.some((step) => (step?.before ?? step?.after)?.fields["zone_id"] !== zone);
  return zone !== undefined && isOther;
}

/** Buckets that the plan itself makes: the fence has seen that they were not there, so nothing is in them. */
/** The record sets of a change batch, by the names that they are known by. */
export function changesIn(body: JsonObject | null) {
  return listIn(memberOf(body, "ChangeBatch"), "Changes").map((change) => {
    const set = memberOf(change, "ResourceRecordSet");
    const [name, type] = [textOf(set?.["Name"]), textOf(set?.["Type"])];
    return { action: textOf(change["Action"]), name, type, key: `${type} ${name}` };
  });
}

function memberOf(object: JsonObject | null, member: string): JsonObject | null {
  const value = object?.[member] ?? null;
  return isObject(value) ? value : null;
}

export const madeBy = ({ calls }: Plan): readonly string[] =>
  calls.flatMap(({ request }) =>
    request.method === "PUT" && bucketIn(request) === request.path ? [request.path] : [],
  );
