/** Buckets and record sets as a whole read of an account of AWS shows them. */
import * as fc from "fast-check";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { recordObject } from "../../../src/core/kinds/route53-record.ts";
import { bucketObject, partObject } from "../../../src/core/kinds/s3-bucket.ts";

const word = fc.stringMatching(/^[a-z][a-z0-9]{2,8}$/);
const several = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<readonly [string, T][]> =>
  fc.uniqueArray(fc.tuple(word, of), { maxLength: 4, selector: ([name]) => name });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null, freq: 3 });

const flag = fc.boolean();
const blocks = fc.record<JsonObject>({
  BlockPublicAcls: flag,
  IgnorePublicAcls: flag,
  BlockPublicPolicy: flag,
  RestrictPublicBuckets: flag,
});
const encryption = fc
  .tuple(fc.constantFrom("AES256", "aws:kms"), flag, maybe(fc.constant(["SSE-C"])))
  .map(([SSEAlgorithm, BucketKeyEnabled, EncryptionType]): JsonObject => ({
    Rules: [
      {
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm },
        BucketKeyEnabled,
        ...(EncryptionType === null ? {} : { BlockedEncryptionTypes: { EncryptionType } }),
      },
    ],
  }));
const rule = fc.record<JsonObject>({
  ID: word,
  Status: fc.constantFrom("Enabled", "Disabled"),
  Filter: fc.constantFrom<JsonObject[]>(
    { Prefix: "" },
    { Prefix: "tmp/" },
    { And: { Prefix: "a/", Tags: [{ Key: "k", Value: "v" }] } },
  ),
  Expiration: fc.constantFrom<JsonObject[]>(
    { Days: 30 },
    { Date: "2030-01-01T00:00:00.000Z" },
    { ExpiredObjectDeleteMarker: true },
  ),
});
const rules = fc
  .uniqueArray(rule, { minLength: 1, maxLength: 3, selector: ({ ID }) => ID })
  .map((Rules): JsonObject => ({ Rules }));
const tags = fc
  .uniqueArray(word, { minLength: 1, maxLength: 3 })
  .map((keys): JsonObject => ({ TagSet: keys.map((Key) => ({ Key, Value: `of ${Key}` })) }));

const buckets = several(
  fc.record({
    region: fc.constantFrom("eu-central-1", "us-east-1"),
    public_access_block: blocks,
    encryption,
    versioning: maybe(fc.constant<JsonObject>({ Status: "Enabled" })),
    lifecycle: maybe(rules),
    tags: maybe(tags),
  }),
).map((all) =>
  all.flatMap(([name, { region, ...parts }]) => {
    const bucket = bucketObject(name, region);
    return [
      bucket,
      ...(
        ["public_access_block", "encryption", "versioning", "lifecycle", "tags"] as const
      ).flatMap((part) => {
        const body = parts[part];
        return body === null ? [] : [partObject(part, bucket, body)];
      }),
    ];
  }),
);

const ZONE = { id: "Z1", name: "harbor.example" };
const values = fc.constantFrom<(readonly [string, readonly string[]])[]>(
  ["A", ["192.0.2.1", "192.0.2.2"]],
  ["AAAA", ["2001:DB8:0::1"]],
  ["TXT", ['"a \\042b\\042" "c"']],
  ["MX", ["10 MX.mail.example."]],
  ["CNAME", ["Pages.example."]],
  ["CAA", ['0 issue "pki.goog"']],
  ["SRV", ["1 2 3 t.example."]],
);
const records = several(
  fc.tuple(values, fc.constantFrom(60, 300), fc.constantFrom("", "", "eu")),
).map((all) => [
  recordObject(
    { Name: "harbor.example.", Type: "NS", TTL: 900, ResourceRecords: [{ Value: "ns.example." }] },
    ZONE,
  ),
  ...all.map(([name, [[Type, given], TTL, SetIdentifier]]) =>
    recordObject(
      {
        Name: `${name}.Harbor.example.`,
        Type,
        TTL,
        ResourceRecords: given.map((Value) => ({ Value })),
        ...(SetIdentifier === "" ? {} : { SetIdentifier, Weight: 1 }),
      },
      ZONE,
    ),
  ),
]);

export const LIVE_AWS: Readonly<Record<string, fc.Arbitrary<readonly JsonObject[]>>> = {
  s3_bucket: buckets,
  route53_record: records,
};
