import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { isObjectId, mint } from "../../../src/core/ids.ts";
import {
  bucketObject,
  partObject,
  placeOfBucket,
  s3Bucket,
} from "../../../src/core/kinds/s3-bucket.ts";
import { BUCKET_PARTS } from "../../../src/core/kinds/s3-parts.ts";
import { prohibited } from "../../../src/core/prohibitions.ts";
import { publish } from "../../../src/core/publish.ts";
import type { Site } from "../../../src/core/resource.ts";
import { approvalsNeeded } from "../../../src/core/risk.ts";
import { observe } from "../../../src/core/observation.ts";
import { faultsOf, must } from "./compare.ts";
import {
  type Case,
  changesIn,
  driftIn,
  goldenAt,
  healed,
  judgedIn,
  type Live,
  NOW,
  planOf,
  readingsOf,
} from "./whole-kind.ts";

const AWS: Site = {
  level: "aws_account",
  id: mint(isObjectId, "210987654321"),
  name: "Harbor Books",
};
const root = `/aws/${AWS.id}/s3/eu-central-1`;

const RULE = { ID: "end", Status: "Enabled", Expiration: { Days: 395 } } as const;
const KEY = "arn:aws:kms:eu-central-1:210987654321:key/1";
const declared = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  region: "eu-central-1",
  public_access_block: {},
  encryption: { algorithm: "aws:kms", kms_key: KEY, bucket_key: true },
  versioning: "enabled",
  lifecycle: [RULE],
  tags: { owner: "platform" },
  ...more,
});

const closed = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};
const encrypted = (SSEAlgorithm: string, more: JsonObject = {}): JsonObject => ({
  Rules: [
    { ApplyServerSideEncryptionByDefault: { SSEAlgorithm, ...more }, BucketKeyEnabled: true },
  ],
});
const bodies = {
  public_access_block: closed,
  encryption: encrypted("aws:kms", { KMSMasterKeyID: KEY }),
  versioning: { Status: "Enabled" },
  lifecycle: { Rules: [{ ...RULE, Filter: { Prefix: "" } }] },
  tags: { TagSet: [{ Key: "owner", Value: "platform" }] },
};
type Said = Readonly<Partial<Record<keyof typeof bodies, JsonObject>>>;
const bucket = (name: string, said: Said = bodies): readonly JsonObject[] => {
  const of = bucketObject(name, "eu-central-1");
  const parts = BUCKET_PARTS.flatMap((part) =>
    said[part] === undefined ? [] : [partObject(part, of, said[part])],
  );
  return [of, ...parts];
};
const live = (...names: readonly string[]): Live => ({
  s3_bucket: names.flatMap((name) => bucket(name)),
});
const golden = (...all: readonly JsonObject[]) => goldenAt(AWS, { s3_bucket: all });
const caseOf = (one: JsonObject, there: readonly JsonObject[]): Case => ({
  site: AWS,
  golden: golden(one),
  live: { s3_bucket: there },
});

describe("what is declared", () => {
  it("is refused with the place and the reason", () => {
    const faults = faultsOf(
      s3Bucket.declare(
        [
          declared("a.b"),
          declared("ok", { region: "Frankfurt" }),
          declared("twice", { lifecycle: [RULE, RULE] }),
          declared("tag", { tags: { "aws:x": "1" } }),
          declared("idle", { lifecycle: [{ ID: "x" }] }),
        ],
        AWS,
      ),
    );
    expect(faults.map(({ path }) => path.slice(0, 2).join("."))).toEqual(
      expect.arrayContaining(["0.name", "1.region", "2.lifecycle", "3.tags", "4.lifecycle"]),
    );
  });

  it("belongs to the account of AWS, and to no scope of Cloudflare", () => {
    expect(() =>
      goldenAt(
        { level: "account", id: mint(isObjectId, "8d6e3f0a5c1b4927a0f4c2d9b7e61835"), name: "x" },
        { s3_bucket: [declared("logs-1")] },
      ),
    ).toThrow("belongs to the aws_account");
  });

  it("is a bucket and five parts, each with an id that leads back to it", () => {
    const ids = golden(declared("logs-1")).resources.map(({ group }) => placeOfBucket(group));
    expect(ids.map(({ name }) => name)).toEqual(ids.map(() => "logs-1"));
    expect(new Set(ids.map(({ part }) => part))).toEqual(new Set([...BUCKET_PARTS, null]));
  });
});

it("a bucket that is missing is made first, then who may get in, then the rest; nobody is asked", () => {
  const one = caseOf(declared("logs-1"), []);
  const made = healed(one);
  // What every new bucket has is not written again: it is closed to the public by itself.
  expect(made.calls.map(({ request: { method, path } }) => `${method} ${path}`)).toEqual([
    `PUT ${root}/logs-1`,
    `PUT ${root}/logs-1/encryption`,
    `PUT ${root}/logs-1/versioning`,
    `PUT ${root}/logs-1/lifecycle`,
    `PUT ${root}/logs-1/tagging`,
  ]);
  expect(approvalsNeeded(judgedIn(one, made, {}).risk.tier)).toBe(0);
  expect(prohibited(made, 0)).toBeNull();
});

it.each([
  ["encryption", { encryption: { algorithm: "aws:kms" } }],
  ["walls", { public_access_block: { block_public_policy: false } }],
])("a new bucket's %s may be declared in part: the rest is as AWS has it", (_, said) => {
  const one = { name: "logs-1", region: "eu-central-1", ...said };
  const made = healed(caseOf(one, []));
  expect(made.calls.map(({ request: { method } }) => method)).toEqual(["PUT", "PUT"]);
});

it("an import has no drift, and says what protects a bucket even where it is the default", () => {
  const observation = must(observe(readingsOf(live("logs-1", "logs-2")), AWS, NOW));
  const { document } = publish({ site: AWS, kinds: ["s3_bucket"], observation, unasked: [] });
  const { resources } = document["spec"] as { resources: { s3_bucket: JsonObject[] } };
  expect(resources.s3_bucket[0]).toMatchObject({
    name: "logs-1",
    public_access_block: { block_public_acls: true },
    versioning: "enabled",
  });
  const imported = goldenAt(AWS, resources);
  expect(imported.resources).toHaveLength(12);
  const drift = driftIn({ site: AWS, golden: imported, live: live("logs-1", "logs-2") });
  expect(changesIn(drift)).toEqual([]);
});

const edits: readonly (readonly [keyof typeof bodies, string, JsonObject])[] = [
  ["public_access_block", "block_public_acls", { ...closed, BlockPublicAcls: false }],
  ["encryption", "algorithm", encrypted("aws:kms:dsse", { KMSMasterKeyID: KEY })],
  ["versioning", "enabled", { Status: "Suspended" }],
  [
    "lifecycle",
    "rules",
    { Rules: [{ ...RULE, Filter: { Prefix: "" }, Expiration: { Days: 900 } }] },
  ],
  ["tags", "tags", { TagSet: [] }],
];

it("of any edits of any parts exactly those are found and healed by one call each, and the inverses lead back", () => {
  const names = ["logs-1", "logs-2", "logs-3"];
  const choice = fc.record({
    gone: fc.subarray(names),
    edited: fc.subarray(names.flatMap((name) => edits.map((edit) => ({ name, edit })))),
  });
  fc.assert(
    fc.property(choice, ({ gone, edited }) => {
      const left = names.filter((name) => !gone.includes(name));
      const meant = edited.filter(({ name }) => left.includes(name));
      const there = left.flatMap((name) => {
        const said = { ...bodies };
        for (const { edit } of meant.filter((one) => one.name === name))
          Object.assign(said, { [edit[0]]: edit[2] });
        return bucket(name, said);
      });
      const one: Case = {
        site: AWS,
        golden: golden(...names.map((name) => declared(name))),
        before: live(...names),
        live: { s3_bucket: there },
      };
      const made = gone.flatMap((name) => [
        `create ${name}`,
        ...["encryption", "versioning", "lifecycle", "tags"].map(
          (part) => `create ${part} ${name}`,
        ),
      ]);
      const changed = meant.map(
        ({ name, edit: [part, field] }) => `update ${part} ${name}: ${field}`,
      );
      expect(changesIn(driftIn(one))).toEqual([...made, ...changed].toSorted());
      expect(healed(one).calls).toHaveLength(made.length + changed.length);
    }),
    { numRuns: 100 },
  );
});

it("rules and tags are taken away where none are declared, and come back", () => {
  const one = caseOf(declared("logs-1", { lifecycle: [], tags: {} }), bucket("logs-1"));
  expect(healed(one).calls.map(({ request: { method, path } }) => `${method} ${path}`)).toEqual([
    `DELETE ${root}/logs-1/lifecycle`,
    `DELETE ${root}/logs-1/tagging`,
  ]);
});

it("which key KMS uses is AWS's to say where none is declared", () => {
  const one = declared("logs-1", { encryption: { algorithm: "aws:kms" } });
  expect(changesIn(driftIn(caseOf(one, bucket("logs-1"))))).toEqual([]);
});

it("what CloudFormation has made is CloudFormation's, and never taken away", () => {
  const drift = driftIn({
    site: AWS,
    golden: goldenAt(AWS, { s3_bucket: [] }, { unmanaged: { s3_bucket: "remove" } }),
    live: { s3_bucket: [{ ...bucketObject("logs-1", "eu-central-1"), stack: "shop" }] },
  });
  expect(drift.changes).toEqual([]);
  expect(JSON.stringify(drift)).toContain("CloudFormation stack shop");
});

it("a bucket in another region is told and not made again", () => {
  const drift = driftIn(caseOf(declared("logs-1", { region: "eu-west-1" }), bucket("logs-1")));
  expect(drift.reported.map(({ reason }) => reason)).toContain("region cannot be changed");
});

describe("what needs people", () => {
  const judged = (one: Case) => {
    const drift = driftIn(one);
    const made = planOf(one, drift);
    return { made, tier: judgedIn(one, made, drift.managed).risk.tier };
  };

  it("the end of a bucket takes two, and the vault says so, too", () => {
    const { made, tier } = judged({
      site: AWS,
      golden: goldenAt(AWS, { s3_bucket: [] }, { unmanaged: { s3_bucket: "remove" } }),
      live: { s3_bucket: bucket("logs-1", {}) },
    });
    expect(tier).toBe(3);
    expect(prohibited(made, 1)).toMatchObject({ rule: "ends_data" });
    expect(prohibited(made, 2)).toBeNull();
  });

  it.each([
    [
      "a wall that falls",
      { public_access_block: { block_public_policy: false } },
      bodies,
      "opens_access",
    ],
    [
      "objects that end sooner",
      { lifecycle: [{ ...RULE, Expiration: { Days: 30 } }] },
      bodies,
      "expires_data",
    ],
    ["objects that end at all", {}, { ...bodies, lifecycle: { Rules: [] } }, "expires_data"],
    [
      "a rule for more objects",
      {},
      {
        ...bodies,
        lifecycle: { Rules: [{ ...RULE, Filter: { Prefix: "tmp/" } }] },
      },
      "expires_data",
    ],
  ])("%s takes one", (...[, more, said, rule]) => {
    const { made, tier } = judged(caseOf(declared("logs-1", more), bucket("logs-1", said)));
    expect(tier).toBe(2);
    expect(prohibited(made, 0)).toMatchObject({ rule });
    expect(prohibited(made, 1)).toBeNull();
  });

  it.each([
    ["a wall that stands again", { public_access_block: { ...closed, BlockPublicAcls: false } }],
    [
      "objects that end later again",
      { lifecycle: { Rules: [{ ...RULE, Expiration: { Days: 30 } }] } },
    ],
    ["encryption as it was", { encryption: encrypted("AES256") }],
    ["versions again", { versioning: { Status: "Suspended" } }],
  ])("%s takes nobody", (_, said) => {
    const { made, tier } = judged(
      caseOf(declared("logs-1"), bucket("logs-1", { ...bodies, ...said })),
    );
    expect(approvalsNeeded(tier)).toBe(0);
    expect(prohibited(made, 0)).toBeNull();
  });

  it("a plan cannot pass a bucket that is there for a new one", () => {
    const { made } = judged(
      caseOf(declared("logs-1"), bucket("logs-1", { ...bodies, lifecycle: { Rules: [] } })),
    );
    const steps = made.steps.map((step) => ({ ...step, op: "create" as const, before: null }));
    expect(prohibited({ ...made, steps }, 0)).toMatchObject({ rule: "expires_data" });
  });
});

it("the vault writes to the plan's account, and to one bucket a step", () => {
  const one = caseOf(declared("logs-1"), []);
  const made = planOf(one, driftIn(one));
  const moved = (from: string, to: string) => ({
    ...made,
    calls: made.calls.map((call) => ({
      ...call,
      request: { ...call.request, path: call.request.path.replace(from, to) },
    })),
  });
  expect(prohibited(moved("210987654321", "123456789012"), 2)).toMatchObject({
    rule: "outside_site",
  });
  expect(prohibited(moved("/logs-1", "/logs-2"), 2)).toMatchObject({ rule: "another_object" });
  expect(prohibited(moved("/encryption", "/policy"), 2)).toMatchObject({ rule: "outside_site" });
  expect(prohibited(moved("eu-central-1", "..%2f"), 2)).toMatchObject({ rule: "outside_site" });
});
