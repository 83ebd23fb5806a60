/** Where a credential of AWS goes, and where it never does. */
import { describe, expect, it } from "vitest";
import { addressOf, urlOf } from "../../../src/edge/aws/address.ts";
import { AwsApi, UNSIGNED_ORIGIN } from "../../../src/edge/aws/client.ts";
import { type AwsBinding, credentialProblem, sendSigned } from "../../../src/edge/aws/connect.ts";

const ACCOUNT = "210987654321";
const SANDBOX: AwsBinding = {
  AWS_ACCOUNT_ID: ACCOUNT,
  AWS_ACCESS_KEY_ID: "SANDBOXVAULTWRITE001",
  AWS_SECRET_ACCESS_KEY: "a secret of the sandbox",
};
const REAL: AwsBinding = { ...SANDBOX, AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE" };

function world(env = SANDBOX, origin = "http://127.0.0.1:8788") {
  const sent: Request[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    sent.push(request);
    return new Response("");
  };
  return { sent, of: { env, sandbox: { origin, fetch } } };
}

describe("an address", () => {
  it.each([
    [`/aws/${ACCOUNT}/s3`, "https://s3.us-east-1.amazonaws.com/"],
    [`/aws/${ACCOUNT}/s3/eu-central-1/logs-1`, "https://logs-1.s3.eu-central-1.amazonaws.com/"],
    [
      `/aws/${ACCOUNT}/s3/eu-central-1/logs-1/encryption`,
      "https://logs-1.s3.eu-central-1.amazonaws.com/?encryption",
    ],
    [
      `/aws/${ACCOUNT}/s3/us-gov-west-1/a.b/tagging`,
      "https://s3.us-gov-west-1.amazonaws.com/a.b?tagging",
    ],
    [
      `/aws/${ACCOUNT}/sts/identity`,
      "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
    ],
  ])("%s is %s", (path, url) => {
    const address = addressOf(path);
    expect(address && urlOf(address, null)).toBe(url);
  });

  it.each([
    "/zones/3c2e8f1a9b7d4e60a5c4f3b2d1e0a987/dns_records",
    "/aws/1/s3",
    `/aws/${ACCOUNT}/ec2`,
    `/aws/${ACCOUNT}/s3/evil.example/logs-1`,
    `/aws/${ACCOUNT}/s3/eu-central-1/logs-1/policy`,
    `/aws/${ACCOUNT}/s3/eu-central-1/../sts`,
    `/aws/${ACCOUNT}/s3/eu-central-1/logs-1@evil.example`,
    `/aws/${ACCOUNT}/s3/eu-central-1/logs-1/encryption?x=1`,
    `/aws/${ACCOUNT}/s3/eu-central-1/logs-1/encryption/more`,
    `/aws/${ACCOUNT}/s3?prefix=a#b`,
  ])("%s is none", (path) => {
    expect(addressOf(path)).toBeNull();
  });
});

describe("a credential", () => {
  it("belongs to one class of origin", () => {
    expect(credentialProblem(world().of)).toBeNull();
    expect(credentialProblem(world(REAL).of)).toContain("real credential");
    expect(credentialProblem({ env: SANDBOX, sandbox: null })).toContain("sandbox credential");
    expect(credentialProblem({ env: REAL, sandbox: null })).toBeNull();
    expect(credentialProblem({ env: { ...REAL, AWS_ACCOUNT_ID: "" }, sandbox: null })).toContain(
      "AWS_ACCOUNT_ID",
    );
  });

  it.each([
    ["a real one in a sandbox", REAL, `${UNSIGNED_ORIGIN}/aws/${ACCOUNT}/s3`],
    ["another account", SANDBOX, `${UNSIGNED_ORIGIN}/aws/123456789012/s3`],
    ["Cloudflare's API", SANDBOX, "https://api.cloudflare.com/client/v4/zones"],
    ["Cloudflare's paths", SANDBOX, `${UNSIGNED_ORIGIN}/zones/x/dns_records`],
    ["an address of AWS itself", SANDBOX, "https://logs-1.s3.eu-central-1.amazonaws.com/"],
  ])("signs nothing for %s", async (_, env, url) => {
    const { sent, of } = world(env);
    expect((await sendSigned(of, new Request(url))).status).toBe(403);
    expect(sent).toEqual([]);
  });

  it("goes out as a signature over host, body and whose bucket it has to be", async () => {
    const { sent, of } = world();
    const api = new AwsApi({ lease: null, fetch: (request) => sendSigned(of, request) });
    const path = `/aws/${ACCOUNT}/s3/eu-central-1/logs-1/tagging`;
    const body = { TagSet: [{ Key: "owner", Value: "a <b> & c" }] };
    expect(await api.send({ method: "PUT", path, body })).toMatchObject({ type: "ok" });
    const [request] = sent;
    expect(request?.url).toBe("http://127.0.0.1:8788/logs-1?tagging");
    const headers = Object.fromEntries(request?.headers ?? []);
    expect(headers["authorization"]).toMatch(/^AWS4-HMAC-SHA256 Credential=SANDBOXVAULTWRITE001\//);
    expect(headers["authorization"]).toContain("x-amz-content-sha256");
    expect(headers["x-amz-expected-bucket-owner"]).toBe(ACCOUNT);
    expect(headers["x-amz-content-sha256"]).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(headers)).not.toContain(SANDBOX.AWS_SECRET_ACCESS_KEY);
    expect(await request?.text()).toContain("a &#60;b&#62; &#38; c");
  });
});

describe("an answer", () => {
  const answered = async (status: number, body: string) => {
    const api = new AwsApi({
      lease: null,
      fetch: async () => new Response(body === "" ? null : body, { status }),
    });
    return api.get(`/aws/${ACCOUNT}/s3/eu-central-1/logs-1/versioning`);
  };
  const error = (code: string): string => `<Error><Code>${code}</Code></Error>`;

  it.each([
    [404, error("NoSuchBucket"), { type: "refused", status: 404, detail: "NoSuchBucket" }],
    [403, error("AccessDenied"), { type: "refused", detail: "AccessDenied" }],
    [503, error("SlowDown"), { type: "unavailable", detail: "status 429" }],
    [400, error("Throttling"), { type: "unavailable", detail: "status 429" }],
    [409, error("OperationAborted"), { type: "unavailable" }],
    [409, error("BucketNotEmpty"), { type: "refused", detail: "BucketNotEmpty" }],
    [500, "oops", { type: "unavailable", detail: "status 500" }],
    [301, "", { type: "refused", status: 301 }],
    [200, "<VersioningConfiguration/>", { type: "ok", result: {} }],
    [200, "<VersioningConfiguration><Status>Ena", { type: "unavailable" }],
    [200, "<html></html>", { type: "unavailable" }],
    [400, `<Error><Code>${"x y<".repeat(50)}</Code></Error>`, { type: "refused" }],
  ])("%i %s", async (status, body, answer) => {
    expect(await answered(status, body)).toMatchObject(answer);
  });
});
