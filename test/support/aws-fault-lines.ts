/** The lines of the fault table at AWS: a bucket, each thing that is said of it, and record sets. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { JsonObject } from "../../src/core/canonical.ts";
import { AWS_SCOPE, signedFor } from "./aws.ts";
import type { Line } from "./fault-lines.ts";

let round = 0;
const next = (): number => (round += 1);

const BUCKET_OF_AWS = "fault-logs";
const aws = async (
  call: string,
  body?: string,
  service: "s3" | "route53" = "s3",
): Promise<void> => {
  const content = body === undefined ? {} : { body };
  const response = await env.CF_API.fetch(await signedFor(call, { service, ...content }));
  expect(response.ok, await response.text()).toBe(true);
};
const END = { ID: "end", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 395 } };

const awsLine = (part: string, body: () => string): Line => ({
  scope: AWS_SCOPE,
  rehearsed: false,
  writes: 1,
  name: `s3_bucket: ${part}`,
  match: { method: "PUT", path: `/aws/s3/${BUCKET_OF_AWS}` },
  drift: () => aws(`PUT /${BUCKET_OF_AWS}?${part}`, body()),
});

const BUCKET_LINES: readonly Line[] = [
  {
    scope: AWS_SCOPE,
    rehearsed: false,
    // The bucket, and all that a new one does not have.
    writes: 5,
    name: "s3_bucket: create",
    match: { method: "PUT", path: `/aws/s3/${BUCKET_OF_AWS}` },
    drift: () => aws(`DELETE /${BUCKET_OF_AWS}`),
  },
  awsLine("publicAccessBlock", () => "<PublicAccessBlockConfiguration/>"),
  awsLine(
    "encryption",
    () =>
      "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
  ),
  awsLine(
    "versioning",
    () => "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
  ),
  // What ends sooner than declared: that it ends later again asks nobody.
  awsLine(
    "lifecycle",
    () =>
      `<LifecycleConfiguration><Rule><ID>end</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration><Days>${1 + (next() % 300)}</Days></Expiration></Rule></LifecycleConfiguration>`,
  ),
  awsLine(
    "tagging",
    () =>
      `<Tagging><TagSet><Tag><Key>edited</Key><Value>${next()}</Value></Tag></TagSet></Tagging>`,
  ),
];

const SHOP_AT_AWS = "/2013-04-01/hostedzone/Z0HARBORBOOKSPUBLIC1/rrset";
const awsRecord = (action: string, address: string): Promise<void> =>
  aws(
    `POST ${SHOP_AT_AWS}`,
    `<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>${action}</Action><ResourceRecordSet><Name>fault.harbor-books.example</Name><Type>A</Type><TTL>300</TTL><ResourceRecords><ResourceRecord><Value>${address}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`,
    "route53",
  );
const recordLine = (what: string, change: () => Promise<void>): Line => ({
  scope: AWS_SCOPE,
  rehearsed: false,
  writes: 1,
  name: `route53_record: ${what}`,
  match: { method: "POST", path: `/aws/route53${SHOP_AT_AWS}` },
  drift: change,
});
const RECORD_LINES: readonly Line[] = [
  recordLine("create", () => awsRecord("DELETE", "192.0.2.70")),
  recordLine("update", () => awsRecord("UPSERT", `203.0.113.${next() % 250}`)),
];

export const AWS_LINES: readonly Line[] = [...BUCKET_LINES, ...RECORD_LINES];

const bucketOfAws: JsonObject = {
  name: BUCKET_OF_AWS,
  region: "eu-central-1",
  public_access_block: {},
  encryption: { algorithm: "aws:kms" },
  versioning: "enabled",
  lifecycle: [END],
  tags: { owner: "platform" },
};

const recordOfAws: JsonObject = {
  zone: "harbor-books.example",
  name: "fault",
  type: "A",
  values: ["192.0.2.70"],
};

/** The golden state that the lines drift from. */
export const AWS_SPEC: JsonObject = {
  resources: { s3_bucket: [bucketOfAws], route53_record: [recordOfAws] },
};
