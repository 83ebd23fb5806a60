/** S3 as the sandbox has it: signatures, permissions, errors and defaults like AWS's own. */
import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { AWS_ACCOUNT, type AwsAsked, READER, signedFor } from "../support/aws.ts";

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

const send = async (request: Request): Promise<Reply> => {
  const response = await exports.default.fetch(request);
  return { status: response.status, text: await response.text(), headers: response.headers };
};
const s3 = async (call: string, asked: AwsAsked = {}): Promise<Reply> =>
  send(await signedFor(call, asked));
const control = (method: string, path: string, body: object): Promise<Response> =>
  exports.default.fetch(
    new Request(`http://sandbox/sandbox${path}`, { method, body: JSON.stringify(body) }),
  );
const journal = async () => {
  const response = await exports.default.fetch("http://sandbox/sandbox/journal");
  const { entries } = await response.json<{
    entries: { path: string; query: string; token_name: string; applied: boolean }[];
  }>();
  return entries;
};

const HERE =
  "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>";
const LIFECYCLE = (id: string, days: string): string =>
  `<LifecycleConfiguration><Rule><ID>${id}</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration><Days>${days}</Days></Expiration></Rule></LifecycleConfiguration>`;
const make = (name: string) => s3(`PUT /${name}`, { body: HERE });

beforeEach(async () => {
  await control("POST", "/reset", { seed: "empty" });
});

describe("who calls", () => {
  it("is known by a signature over everything that arrives", async () => {
    const fine = await signedFor("GET /?max-buckets=10");
    expect((await send(fine)).status).toBe(200);
    const other = await signedFor("PUT /logs-1", { body: HERE });
    const { headers } = other;
    const body = HERE.replace("eu-", "us-");
    const tampered = new Request(other.url, { method: "PUT", headers, body });
    expect((await send(tampered)).text).toContain("XAmzContentSHA256Mismatch");
    const elsewhere = await signedFor("GET /logs-1?encryption");
    const moved = new Request("http://127.0.0.1:8788/logs-2?encryption", elsewhere);
    expect((await send(moved)).text).toContain("SignatureDoesNotMatch");
  });

  it.each([
    [{ key: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "x" } }, "InvalidAccessKeyId"],
    [{ key: { ...READER, secretAccessKey: "another" } }, "SignatureDoesNotMatch"],
  ])("and is refused with %j", async (asked, code) => {
    const reply = await s3("GET /", asked);
    expect(reply.status).toBe(403);
    expect(reply.text).toContain(`<Code>${code}</Code>`);
  });

  it("does what IAM lets it do, and STS says who it is", async () => {
    await make("logs-1");
    const refused = await s3("PUT /logs-2", { body: HERE, key: READER });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain("is not authorized to perform: s3:CreateBucket");
    expect((await s3("GET /logs-1?encryption", { key: READER })).status).toBe(200);
    const who = await s3("POST /", {
      service: "sts",
      key: READER,
      body: "Action=GetCallerIdentity&Version=2011-06-15",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(who.text).toContain(`<Account>${AWS_ACCOUNT}</Account>`);
  });

  it("may use virtual hosts", async () => {
    await make("logs-1");
    const origin = "https://logs-1.s3.eu-central-1.amazonaws.com";
    const reply = await s3("GET /?versioning", { origin });
    expect(reply.status, reply.text).toBe(200);
    expect(reply.text).toContain("VersioningConfiguration");
  });
});

describe("a bucket", () => {
  it("is made once, in the region that was signed for, under a name that nobody has", async () => {
    expect(await make("logs-1")).toMatchObject({ status: 200, text: "" });
    expect((await make("logs-1")).text).toContain("BucketAlreadyOwnedByYou");
    expect((await make("backup")).text).toContain("BucketAlreadyExists");
    expect((await make("Not_a_name")).text).toContain("InvalidBucketName");
    const wrong = await s3("PUT /logs-3", { body: HERE, region: "eu-west-1" });
    expect(wrong.text).toContain("IllegalLocationConstraintException");
  });

  it("is asked about where it is, by whose it is", async () => {
    await make("logs-1");
    const wrong = await s3("GET /logs-1?encryption", { region: "us-east-1" });
    expect(wrong.text).toContain("<Region>eu-central-1</Region>");
    const others = await s3("GET /logs-1?encryption", {
      headers: { "x-amz-expected-bucket-owner": "123456789012" },
    });
    expect(others).toMatchObject({ status: 403 });
    expect((await s3("GET /logs-9?encryption")).text).toContain("NoSuchBucket");
    expect((await s3("GET /somebody-elses-bucket?encryption")).text).toContain("AccessDenied");
    expect((await s3("HEAD /logs-1")).headers.get("x-amz-bucket-region")).toBe("eu-central-1");
  });

  it("is listed in pages with its region", async () => {
    for (const name of ["logs-3", "logs-1", "logs-2", "other"]) await make(name);
    const first = await s3("GET /?max-buckets=2&prefix=logs");
    expect(first.text).toContain("<Name>logs-1</Name>");
    expect(first.text).toContain("<BucketRegion>eu-central-1</BucketRegion>");
    const token = /<ContinuationToken>([^<]+)</.exec(first.text)?.[1] ?? "";
    const last = await s3(`GET /?max-buckets=2&prefix=logs&continuation-token=${token}`);
    expect(last.text).toContain("<Name>logs-3</Name>");
    expect(last.text).not.toContain("ContinuationToken");
    expect((await s3("GET /")).text).not.toContain("BucketRegion");
  });

  it("is new: encrypted, closed, without anything else", async () => {
    await make("logs-1");
    expect((await s3("GET /logs-1?encryption")).text).toContain("AES256");
    expect((await s3("GET /logs-1?publicAccessBlock")).text).toContain(
      "<RestrictPublicBuckets>true</RestrictPublicBuckets>",
    );
    expect((await s3("GET /logs-1?versioning")).text).not.toContain("Status");
    expect((await s3("GET /logs-1?lifecycle")).text).toContain("NoSuchLifecycleConfiguration");
    expect((await s3("GET /logs-1?tagging")).text).toContain("NoSuchTagSet");
  });

  it("keeps what is said of it, refuses what S3 refuses, and forgets what is taken away", async () => {
    await make("logs-1");
    expect((await s3("PUT /logs-1?lifecycle", { body: LIFECYCLE("end", "30") })).status).toBe(200);
    expect((await s3("GET /logs-1?lifecycle")).text).toContain("<Days>30</Days>");
    expect((await s3("PUT /logs-1?lifecycle", { body: LIFECYCLE("end", "0") })).text).toContain(
      "InvalidArgument",
    );
    expect(
      (await s3("PUT /logs-1?lifecycle", { body: "<LifecycleConfiguration>" })).text,
    ).toContain("MalformedXML");
    expect((await s3("DELETE /logs-1?lifecycle")).status).toBe(204);
    expect((await s3("DELETE /logs-1?lifecycle")).status).toBe(204);
    expect((await s3("GET /logs-1?lifecycle")).status).toBe(404);
    expect((await s3("DELETE /logs-1?publicAccessBlock")).status).toBe(204);
    expect((await s3("GET /logs-1?publicAccessBlock")).text).toContain(
      "NoSuchPublicAccessBlockConfiguration",
    );
    const bare = await s3("PUT /logs-1?tagging", {
      body: "<Tagging><TagSet><Tag><Key>aws:x</Key><Value>1</Value></Tag></TagSet></Tagging>",
    });
    expect(bare.text).toContain("InvalidTag");
    const unsummed = await s3("PUT /logs-1?tagging", {
      body: "<Tagging><TagSet/></Tagging>",
      headers: { "x-amz-checksum-sha256": btoa("something else that is 32 bytes!") },
    });
    expect(unsummed.text).toContain("BadDigest");
  });
});

describe("the journal and faults", () => {
  it("are those of the whole sandbox", async () => {
    await make("logs-1");
    await s3("GET /logs-1?encryption", { key: READER });
    expect(await journal()).toMatchObject([
      { path: "/aws/s3/logs-1", token_name: "aws-admin", applied: true },
      {
        path: "/aws/s3/logs-1",
        query: "encryption",
        token_name: "driftless-swarm-read",
        applied: false,
      },
    ]);
  });

  it.each([
    [{ type: "status", status: 503 }, "SlowDown", false],
    [{ type: "status_after", status: 500 }, "InternalError", true],
  ])("%j", async (effect, code, applied) => {
    await make("logs-1");
    await control("PUT", "/faults", {
      rules: [
        {
          id: "f",
          match: { method: "PUT", path: "*/s3/logs-1", query: { lifecycle: "*" } },
          effect,
        },
      ],
    });
    const reply = await s3("PUT /logs-1?lifecycle", { body: LIFECYCLE("end", "30") });
    expect(reply.text).toContain(`<Code>${code}</Code>`);
    expect((await s3("GET /logs-1?lifecycle")).status).toBe(applied ? 200 : 404);
  });

  it("a quota that is used up is answered as S3 does", async () => {
    await control("PUT", "/options", { ratelimit: { quota: 1 } });
    await s3("GET /");
    expect(await s3("GET /")).toMatchObject({ status: 503 });
  });
});
