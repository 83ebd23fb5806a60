/** Buckets as they are kept, and what may be said of them. Rules after S3's own answers. */
import { childNamed, leaf, node, textIn, type XmlNode } from "./xml.ts";
import { AwsError, malformedXml } from "./refusal.ts";

export interface StoredBucket {
  /** Its name. */
  readonly id: string;
  readonly region: string;
  readonly createdAt: string;
  /** What was said of it, by the name in the address; what was not said has its default. */
  readonly said: Readonly<Record<string, XmlNode>>;
}

export const BUCKET = { name: "aws_bucket" };

/** Names that somebody else in the world has: S3 has one space of names for everybody. */
export const TAKEN: ReadonlySet<string> = new Set(["logs", "backup", "somebody-elses-bucket"]);

const NAME = /^(?!xn--|sthree-)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
export const isBucketName = (name: string): boolean => NAME.test(name);

/** Since 2023 every new bucket is encrypted and closed to the public. */
export const NEW_BUCKET: StoredBucket["said"] = {
  publicAccessBlock: node(
    "PublicAccessBlockConfiguration",
    leaf("BlockPublicAcls", true),
    leaf("IgnorePublicAcls", true),
    leaf("BlockPublicPolicy", true),
    leaf("RestrictPublicBuckets", true),
  ),
};

const DEFAULT_ENCRYPTION = node(
  "ServerSideEncryptionConfiguration",
  node(
    "Rule",
    node("ApplyServerSideEncryptionByDefault", leaf("SSEAlgorithm", "AES256")),
    leaf("BucketKeyEnabled", false),
  ),
);

interface Saying {
  readonly root: string;
  readonly read: string;
  readonly write: string;
  /** What there is where nothing was said: a document, or the error that says so. */
  readonly otherwise: XmlNode | readonly [code: string, message: string];
  /** Whether a write needs a checksum of its body. */
  readonly guarded: boolean;
  readonly removable: boolean;
  readonly check: (body: XmlNode) => XmlNode;
}

const invalid = (message: string): AwsError => new AwsError(400, "InvalidArgument", message);
const invalidRequest = (message: string): AwsError => new AwsError(400, "InvalidRequest", message);

function checkEncryption(body: XmlNode): XmlNode {
  const [rule, ...more] = body.children;
  const by = childNamed(rule, "ApplyServerSideEncryptionByDefault");
  const algorithm = textIn(by, "SSEAlgorithm");
  if (more.length > 0 || !["AES256", "aws:kms", "aws:kms:dsse"].includes(algorithm))
    throw malformedXml();
  if (algorithm === "AES256" && childNamed(by, "KMSMasterKeyID") !== undefined)
    throw invalid("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms");
  return body;
}

const FLAGS = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

/** What is left out is off. */
function checkBlock(body: XmlNode): XmlNode {
  if (body.children.some(({ name }) => !FLAGS.includes(name))) throw malformedXml();
  const flags = FLAGS.map((flag) => leaf(flag, textIn(body, flag).toLowerCase() === "true"));
  return node("PublicAccessBlockConfiguration", ...flags);
}

function checkVersioning(body: XmlNode): XmlNode {
  const status = textIn(body, "Status");
  if (status !== "Enabled" && status !== "Suspended")
    throw new AwsError(400, "IllegalVersioningConfigurationException", "Indicate a status.");
  return node("VersioningConfiguration", leaf("Status", status));
}

const ACTIONS = [
  "Expiration",
  "Transition",
  "NoncurrentVersionExpiration",
  "NoncurrentVersionTransition",
  "AbortIncompleteMultipartUpload",
];

function checkLifecycle(body: XmlNode): XmlNode {
  if (body.children.length === 0 || body.children.length > 1_000) throw malformedXml();
  const rules = body.children.map((rule, index) => {
    const has = (name: string): boolean => childNamed(rule, name) !== undefined;
    if (rule.name !== "Rule" || !["Enabled", "Disabled"].includes(textIn(rule, "Status")))
      throw malformedXml();
    if (has("Filter") === has("Prefix")) throw malformedXml();
    if (!ACTIONS.some(has))
      throw invalidRequest("At least one action needs to be specified in a rule");
    const days = childNamed(childNamed(rule, "Expiration"), "Days")?.text;
    if (days !== undefined && !/^[1-9]\d*$/.test(days))
      throw invalid("'Days' for Expiration action must be a positive integer");
    return has("ID")
      ? rule
      : { ...rule, children: [leaf("ID", `rule-${index}`), ...rule.children] };
  });
  const ids = rules.map((rule) => textIn(rule, "ID"));
  if (new Set(ids).size !== ids.length)
    throw invalid("Rule ID must be unique. Found same ID for more than one rule");
  return node("LifecycleConfiguration", ...rules);
}

const invalidTag = (message: string): AwsError => new AwsError(400, "InvalidTag", message);

function checkTags(body: XmlNode): XmlNode {
  const tags = childNamed(body, "TagSet")?.children;
  if (tags === undefined) throw malformedXml();
  const keys = tags.map((tag) => textIn(tag, "Key"));
  if (keys.length > 50) throw new AwsError(400, "BadRequest", "Bucket tag count cannot exceed 50");
  if (new Set(keys).size !== keys.length)
    throw invalidTag("Cannot provide multiple Tags with the same key");
  if (keys.some((key) => key === "" || key.length > 128))
    throw invalidTag("The TagKey you have provided is invalid");
  if (keys.some((key) => key.startsWith("aws:")))
    throw invalidTag("System tags cannot be added/updated by requester");
  return body;
}

export const SAYINGS: Readonly<Record<string, Saying>> = {
  encryption: {
    root: "ServerSideEncryptionConfiguration",
    read: "s3:GetEncryptionConfiguration",
    write: "s3:PutEncryptionConfiguration",
    otherwise: DEFAULT_ENCRYPTION,
    guarded: true,
    removable: true,
    check: checkEncryption,
  },
  publicAccessBlock: {
    root: "PublicAccessBlockConfiguration",
    read: "s3:GetBucketPublicAccessBlock",
    write: "s3:PutBucketPublicAccessBlock",
    otherwise: [
      "NoSuchPublicAccessBlockConfiguration",
      "The public access block configuration was not found",
    ],
    guarded: true,
    removable: true,
    check: checkBlock,
  },
  versioning: {
    root: "VersioningConfiguration",
    read: "s3:GetBucketVersioning",
    write: "s3:PutBucketVersioning",
    otherwise: node("VersioningConfiguration"),
    guarded: false,
    removable: false,
    check: checkVersioning,
  },
  lifecycle: {
    root: "LifecycleConfiguration",
    read: "s3:GetLifecycleConfiguration",
    write: "s3:PutLifecycleConfiguration",
    otherwise: ["NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"],
    guarded: true,
    removable: true,
    check: checkLifecycle,
  },
  tagging: {
    root: "Tagging",
    read: "s3:GetBucketTagging",
    write: "s3:PutBucketTagging",
    otherwise: ["NoSuchTagSet", "The TagSet does not exist"],
    guarded: true,
    removable: true,
    check: checkTags,
  },
};
