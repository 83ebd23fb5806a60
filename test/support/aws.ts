/** AWS as other actors use it: signed requests to the sandbox, past everything of ours. */
import { AwsV4Signer } from "aws4fetch";

export const AWS_ACCOUNT = "210987654321";
export const AWS_SCOPE = `aws:${AWS_ACCOUNT}`;

export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
export const ADMIN: AwsKey = {
  accessKeyId: "SANDBOXADMIN00000001",
  secretAccessKey: "sandbox-aws-admin",
};
export const READER: AwsKey = {
  accessKeyId: "SANDBOXSWARMREAD0001",
  secretAccessKey: "sandbox-aws-swarm-read",
};

export interface AwsAsked {
  readonly service?: "s3" | "route53" | "sts";
  readonly region?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: AwsKey;
  /** Where it goes; the sandbox knows virtual hosts, too. */
  readonly origin?: string;
}

const digestOf = async (body: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body)));

/** S3 wants to know what is in a body. */
async function sums(body: string): Promise<Record<string, string>> {
  const digest = await digestOf(body);
  return {
    "x-amz-checksum-sha256": btoa(String.fromCharCode(...digest)),
    "x-amz-content-sha256": [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
  };
}

const REGIONS = { s3: "eu-central-1", route53: "us-east-1", sts: "us-east-1" } as const;

/** The request that `PUT /bucket?encryption` becomes. */
export async function signedFor(call: string, asked: AwsAsked = {}): Promise<Request> {
  const [method = "GET", target = "/"] = call.split(" ");
  const { service = "s3", body, key = ADMIN, origin = "http://127.0.0.1:8788" } = asked;
  const content = body === undefined ? {} : { body };
  const signer = new AwsV4Signer({
    method,
    url: `${origin}${target}`,
    service,
    region: asked.region ?? REGIONS[service],
    ...key,
    ...content,
    headers: {
      ...(service === "s3" && body !== undefined ? await sums(body) : {}),
      ...asked.headers,
    },
  });
  const signed = await signer.sign();
  return new Request(signed.url, { method, headers: signed.headers, ...content });
}
