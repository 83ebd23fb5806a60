/**
 * AWS's XML as JSON in the words of its own API reference, the way the SDKs have it: one shape reads and writes. What a
 * shape does not name is an answer of a newer version: it is refused, because a write would drop it (I8).
 */
import { isObject, type Json, type JsonObject } from "../../core/canonical.ts";
import type { Element } from "./xml.ts";

export type Shape =
  | "text"
  | "number"
  | "flag"
  /** Read and dropped: it is never written. */
  | "ignored"
  /** A list of `item` elements inside an element; `flat`: they stand in the parent itself, under the member's own tag. */
  | { readonly item: string; readonly of: Shape; readonly flat?: true }
  /** Members in the order of the schema, each with its tag where that is another word. */
  | { readonly members: readonly Member[] };

type Member = readonly [name: string, shape: Shape, tag?: string];

export class Unreadable extends Error {}

const list = (of: Shape, item: string): Shape => ({ of, item });
const flat = (of: Shape, item: string): Shape => ({ of, item, flat: true });
const members = (...all: readonly Member[]): Shape => ({ members: all });

const TAG = members(["Key", "text"], ["Value", "text"]);
const SIZES: readonly Member[] = [
  ["ObjectSizeGreaterThan", "number"],
  ["ObjectSizeLessThan", "number"],
];

export const ENCRYPTION = members([
  "Rules",
  flat(
    members(
      [
        "ApplyServerSideEncryptionByDefault",
        members(["SSEAlgorithm", "text"], ["KMSMasterKeyID", "text"]),
      ],
      ["BucketKeyEnabled", "flag"],
      ["BlockedEncryptionTypes", members(["EncryptionType", flat("text", "EncryptionType")])],
    ),
    "Rule",
  ),
]);

export const PUBLIC_ACCESS_BLOCK = members(
  ["BlockPublicAcls", "flag"],
  ["IgnorePublicAcls", "flag"],
  ["BlockPublicPolicy", "flag"],
  ["RestrictPublicBuckets", "flag"],
);

export const VERSIONING = members(["MfaDelete", "ignored"], ["Status", "text"]);

export const LIFECYCLE = members(
  ["TransitionDefaultMinimumObjectSize", "ignored"],
  [
    "Rules",
    flat(
      members(
        [
          "Expiration",
          members(["Date", "text"], ["Days", "number"], ["ExpiredObjectDeleteMarker", "flag"]),
        ],
        ["ID", "text"],
        ["Prefix", "text"],
        [
          "Filter",
          members(["Prefix", "text"], ["Tag", TAG], ...SIZES, [
            "And",
            members(["Prefix", "text"], ["Tags", flat(TAG, "Tag")], ...SIZES),
          ]),
        ],
        ["Status", "text"],
        [
          "Transitions",
          flat(
            members(["Date", "text"], ["Days", "number"], ["StorageClass", "text"]),
            "Transition",
          ),
        ],
        [
          "NoncurrentVersionTransitions",
          flat(
            members(
              ["NoncurrentDays", "number"],
              ["StorageClass", "text"],
              ["NewerNoncurrentVersions", "number"],
            ),
            "NoncurrentVersionTransition",
          ),
        ],
        [
          "NoncurrentVersionExpiration",
          members(["NoncurrentDays", "number"], ["NewerNoncurrentVersions", "number"]),
        ],
        ["AbortIncompleteMultipartUpload", members(["DaysAfterInitiation", "number"])],
      ),
      "Rule",
    ),
  ],
);

export const TAGGING = members(["TagSet", list(TAG, "Tag")]);

export const CREATE_BUCKET = members(["LocationConstraint", "text"]);

export const BUCKETS = members(
  ["Owner", "ignored"],
  [
    "Buckets",
    list(
      members(
        ["Name", "text"],
        ["CreationDate", "ignored"],
        ["BucketRegion", "text"],
        ["BucketArn", "ignored"],
      ),
      "Bucket",
    ),
  ],
  ["ContinuationToken", "text"],
  ["Prefix", "ignored"],
);

const RECORD_SET: readonly Member[] = [
  ["Name", "text"],
  ["Type", "text"],
  ["SetIdentifier", "text"],
  ["Weight", "number"],
  ["Region", "text"],
  ["Failover", "text"],
  ["MultiValueAnswer", "flag"],
  ["GeoLocation", "ignored"],
  ["GeoProximityLocation", "ignored"],
  ["CidrRoutingConfig", "ignored"],
  ["TTL", "number"],
  ["ResourceRecords", list(members(["Value", "text"]), "ResourceRecord")],
  [
    "AliasTarget",
    members(["HostedZoneId", "text"], ["DNSName", "text"], ["EvaluateTargetHealth", "flag"]),
  ],
  ["HealthCheckId", "text"],
  ["TrafficPolicyInstanceId", "text"],
];

export const CHANGE_RECORDS = members([
  "ChangeBatch",
  members([
    "Changes",
    list(members(["Action", "text"], ["ResourceRecordSet", members(...RECORD_SET)]), "Change"),
  ]),
]);

export const HOSTED_ZONES = members(
  [
    "HostedZones",
    list(
      members(
        ["Id", "text"],
        ["Name", "text"],
        ["CallerReference", "ignored"],
        ["Config", members(["Comment", "ignored"], ["PrivateZone", "flag"])],
        ["ResourceRecordSetCount", "number"],
        ["LinkedService", "ignored"],
        ["Features", "ignored"],
      ),
      "HostedZone",
    ),
  ],
  ["Marker", "text"],
  ["IsTruncated", "flag"],
  ["NextMarker", "text"],
  ["MaxItems", "ignored"],
);

export const RECORDS = members(
  ["ResourceRecordSets", list(members(...RECORD_SET), "ResourceRecordSet")],
  ["IsTruncated", "flag"],
  ["NextRecordName", "text"],
  ["NextRecordType", "text"],
  ["NextRecordIdentifier", "text"],
  ["MaxItems", "ignored"],
);

const CHANGE_INFO: Member = [
  "ChangeInfo",
  members(["Id", "text"], ["Status", "text"], ["SubmittedAt", "ignored"], ["Comment", "ignored"]),
];
export const CHANGED = members(CHANGE_INFO);

export const IDENTITY = members(
  [
    "GetCallerIdentityResult",
    members(["Arn", "ignored"], ["UserId", "ignored"], ["Account", "text"]),
  ],
  ["ResponseMetadata", "ignored"],
);

export function readAs(shape: Shape, { children, text }: Element): Json {
  switch (shape) {
    case "text":
      return text;
    case "ignored":
      return null;
    case "number":
      if (!/^-?\d{1,15}$/.test(text.trim())) throw new Unreadable(`\`${text.slice(0, 20)}\``);
      return Number(text);
    case "flag":
      if (!/^(?:true|false)$/i.test(text.trim())) throw new Unreadable(`\`${text.slice(0, 20)}\``);
      return text.trim().toLowerCase() === "true";
  }
  if ("of" in shape)
    return children.map((child) => {
      if (child.name !== shape.item) throw new Unreadable(`<${child.name}> in a list`);
      return readAs(shape.of, child);
    });
  return membersIn(shape.members, children);
}

function membersIn(all: readonly Member[], children: readonly Element[]): JsonObject {
  const byTag = new Map(all.map((member) => [tagOf(member), member]));
  const read: Record<string, Json> = {};
  for (const child of children) {
    const member = byTag.get(child.name);
    if (member === undefined) throw new Unreadable(`<${child.name}>`);
    const [name, shape] = member;
    if (shape === "ignored") continue;
    if (typeof shape === "object" && "of" in shape && shape.flat) {
      const before = read[name];
      read[name] = [...(Array.isArray(before) ? before : []), readAs(shape.of, child)];
    } else if (name in read) throw new Unreadable(`<${child.name}> twice`);
    else read[name] = readAs(shape, child);
  }
  return read;
}

const tagOf = ([name, shape, tag]: Member): string =>
  tag ?? (typeof shape === "object" && "of" in shape && shape.flat ? shape.item : name);

/** `value` below the element `name`. A member that the shape does not know is a fault of ours, and nothing goes out. */
export function writeAs(shape: Shape, name: string, value: Json): Element {
  if (typeof shape === "string") {
    const text = value === null || typeof value === "object" ? null : String(value);
    if (text === null || shape === "ignored") throw new Unreadable(`a value for <${name}>`);
    return { name, children: [], text };
  }
  if ("of" in shape) {
    const items = Array.isArray(value) ? value : [];
    return { name, text: "", children: items.map((one) => writeAs(shape.of, shape.item, one)) };
  }
  const object = isObject(value) ? value : {};
  const unknown = Object.keys(object).find((key) => !shape.members.some(([one]) => one === key));
  if (unknown !== undefined) throw new Unreadable(`<${unknown}> in <${name}>`);
  const children = shape.members.flatMap((member): Element[] => {
    const [key, of] = member;
    const one = object[key] ?? null;
    if (one === null) return [];
    if (typeof of === "object" && "of" in of && of.flat)
      return (Array.isArray(one) ? one : []).map((each) => writeAs(of.of, of.item, each));
    return [writeAs(of, tagOf(member), one)];
  });
  return { name, children, text: "" };
}
