/** S3's operations on buckets. There are no objects here. */
import { sha256 } from "@noble/hashes/sha2.js";
import { BUCKET, isBucketName, NEW_BUCKET, SAYINGS, type StoredBucket, TAKEN } from "./buckets.ts";
import type { AwsAnswer, AwsCall, AwsOperation } from "./operation.ts";
import { AWS_ACCOUNT_ID } from "./principals.ts";
import { AwsError, malformedXml } from "./refusal.ts";
import { leaf, node, readXml, textIn, type XmlNode } from "./xml.ts";

export const S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

const buckets = (call: AwsCall) => call.shelf<StoredBucket>(BUCKET);

const noBucket = (name: string): AwsError =>
  new AwsError(404, "NoSuchBucket", "The specified bucket does not exist").about(
    "BucketName",
    name,
  );

const notImplemented = (): AwsError =>
  new AwsError(
    501,
    "NotImplemented",
    "A header or query you provided requests functionality that is not implemented.",
  );

/** Which operation a request means. The bucket stands in the path, wherever it was in the request. */
export function s3Operation({ method, path, query }: AwsCall): AwsOperation {
  const [, name = "", ...key] = path.split("/");
  if (key.join("/") !== "") throw notImplemented();
  if (name === "") {
    if (method !== "GET") throw notAllowed();
    return { action: "s3:ListAllMyBuckets", run: listBuckets };
  }
  const said = [...query.keys()].filter((one) => one !== "x-id");
  const sub = said.find((one) => one in SAYINGS);
  if (sub !== undefined) return saying(sub, method, name);
  if (said.includes("location"))
    return { action: "s3:GetBucketLocation", run: (call) => location(call, name) };
  if (said.length > 0) throw notImplemented();
  switch (method) {
    case "PUT":
      return { action: "s3:CreateBucket", run: (call) => createBucket(call, name) };
    case "DELETE":
      return { action: "s3:DeleteBucket", run: (call) => deleteBucket(call, name) };
    case "HEAD":
      return {
        action: "s3:ListBucket",
        run: (call) => ({ headers: { "x-amz-bucket-region": own(call, name).region } }),
      };
    default:
      throw notImplemented();
  }
}

const notAllowed = (): AwsError =>
  new AwsError(
    405,
    "MethodNotAllowed",
    "The specified method is not allowed against this resource.",
  );

/** The bucket, for who has signed for its region and says nothing false of its owner. */
function own(call: AwsCall, name: string): StoredBucket {
  const denied = new AwsError(403, "AccessDenied", "Access Denied");
  if (TAKEN.has(name)) throw denied;
  const found = buckets(call).get(name);
  if (found === undefined) throw noBucket(name);
  const owner = call.headers.get("x-amz-expected-bucket-owner");
  if (owner !== null && owner !== AWS_ACCOUNT_ID) throw denied;
  if (call.region !== found.region)
    throw new AwsError(
      400,
      "AuthorizationHeaderMalformed",
      `The authorization header is malformed; the region '${call.region}' is wrong; expecting '${found.region}'`,
    ).about("Region", found.region);
  return found;
}

function listBuckets(call: AwsCall): AwsAnswer {
  const { query } = call;
  const prefix = query.get("prefix") ?? "";
  const region = query.get("bucket-region");
  const limit = Number(query.get("max-buckets") ?? 10_000);
  const after = query.get("continuation-token") ?? "";
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
    throw new AwsError(
      400,
      "InvalidArgument",
      "Argument maxBuckets must be an integer between 1 and 10000",
    );
  const all = buckets(call)
    .list()
    .filter((one) => one.id.startsWith(prefix) && (region === null || one.region === region))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .filter(({ id }) => id > after);
  const page = all.slice(0, limit);
  // Only who asks for pages is told regions.
  const isPaged = query.has("max-buckets");
  const rows = page.map((one) =>
    node(
      "Bucket",
      leaf("Name", one.id),
      leaf("CreationDate", one.createdAt),
      ...(isPaged ? [leaf("BucketRegion", one.region)] : []),
    ),
  );
  return {
    body: node(
      "ListAllMyBucketsResult",
      node("Owner", leaf("ID", `canonical-${AWS_ACCOUNT_ID}`)),
      node("Buckets", ...rows),
      ...(page.length < all.length ? [leaf("ContinuationToken", page.at(-1)?.id ?? "")] : []),
      ...(prefix === "" ? [] : [leaf("Prefix", prefix)]),
    ),
  };
}

function location(call: AwsCall, name: string): AwsAnswer {
  if (TAKEN.has(name)) throw new AwsError(403, "AccessDenied", "Access Denied");
  const region = buckets(call).get(name)?.region;
  if (region === undefined) throw noBucket(name);
  return { body: leaf("LocationConstraint", region === "us-east-1" ? "" : region) };
}

function createBucket(call: AwsCall, name: string): AwsAnswer {
  const body = call.body.length === 0 ? undefined : bodyOf(call, "CreateBucketConfiguration");
  const region = textIn(body, "LocationConstraint") || "us-east-1";
  if (!isBucketName(name))
    throw new AwsError(400, "InvalidBucketName", "The specified bucket is not valid.");
  if (region !== call.region || textIn(body, "LocationConstraint") === "us-east-1")
    throw new AwsError(
      400,
      "IllegalLocationConstraintException",
      `The ${region} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  if (TAKEN.has(name))
    throw new AwsError(
      409,
      "BucketAlreadyExists",
      "The requested bucket name is not available. The bucket namespace is shared by all users of the system.",
    );
  const headers = { location: `/${name}` };
  if (buckets(call).get(name) !== undefined) {
    // In the first region it has always been fine.
    if (region === "us-east-1") return { headers };
    throw new AwsError(
      409,
      "BucketAlreadyOwnedByYou",
      "Your previous request to create the named bucket succeeded and you already own it.",
    );
  }
  const createdAt = new Date(call.nowMs).toISOString();
  buckets(call).put({ id: name, region, createdAt, said: NEW_BUCKET });
  call.changed();
  return { headers };
}

function deleteBucket(call: AwsCall, name: string): AwsAnswer {
  buckets(call).delete(own(call, name).id);
  call.changed();
  return { status: 204 };
}

function saying(sub: string, method: string, name: string): AwsOperation {
  const of = SAYINGS[sub];
  if (of === undefined) throw notImplemented();
  switch (method) {
    case "GET":
      return {
        action: of.read,
        run: (call) => {
          const { otherwise } = of;
          const said = own(call, name).said[sub] ?? ("name" in otherwise ? otherwise : undefined);
          if (said !== undefined) return { body: said };
          const [code, message] = otherwise as readonly [string, string];
          throw new AwsError(404, code, message).about("BucketName", name);
        },
      };
    case "PUT":
      return {
        action: of.write,
        run: (call) => {
          const bucket = own(call, name);
          if (of.guarded) checkSum(call);
          const body = of.check(bodyOf(call, of.root));
          buckets(call).put({ ...bucket, said: { ...bucket.said, [sub]: body } });
          call.changed();
          return { status: sub === "tagging" ? 204 : 200 };
        },
      };
    case "DELETE":
      if (!of.removable) throw notAllowed();
      return {
        action: of.write,
        run: (call) => {
          const bucket = own(call, name);
          const { [sub]: _gone, ...said } = bucket.said;
          buckets(call).put({ ...bucket, said });
          call.changed();
          return { status: 204 };
        },
      };
    default:
      throw notAllowed();
  }
}

function bodyOf({ body }: AwsCall, root: string): XmlNode {
  const read = readXml(new TextDecoder().decode(body));
  if (read?.name !== root) throw malformedXml();
  return read;
}

const CHECKSUMS = ["content-md5", "x-amz-checksum-"];

/** Writes like these want a checksum; of those that are sent, one is worked out again. */
function checkSum({ headers, body }: AwsCall): void {
  const names = [...headers.keys()];
  if (!names.some((name) => CHECKSUMS.some((one) => name.startsWith(one))))
    throw new AwsError(
      400,
      "InvalidRequest",
      "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
    );
  const said = headers.get("x-amz-checksum-sha256");
  const actual = btoa(String.fromCharCode(...sha256(body)));
  if (said !== null && said !== actual)
    throw new AwsError(
      400,
      "BadDigest",
      "The SHA256 you specified did not match what we received.",
    );
}
