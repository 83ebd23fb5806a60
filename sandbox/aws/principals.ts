/** Who calls AWS here, and what IAM lets each do. */
export const AWS_ACCOUNT_ID = "210987654321";

export interface Principal {
  readonly accessKeyId: string;
  readonly secret: string;
  /** The IAM user; journal, faults and rate limits go by it. */
  readonly name: string;
  /** Actions, a star at the end standing for any. */
  readonly allows: readonly string[];
}

const READS = [
  "s3:ListAllMyBuckets",
  "s3:ListBucket",
  "s3:Get*",
  "route53:List*",
  "route53:Get*",
] as const;

export const PRINCIPALS: readonly Principal[] = [
  {
    accessKeyId: "SANDBOXADMIN00000001",
    secret: "sandbox-aws-admin",
    name: "aws-admin",
    allows: ["*"],
  },
  {
    accessKeyId: "SANDBOXSWARMREAD0001",
    secret: "sandbox-aws-swarm-read",
    name: "driftless-swarm-read",
    allows: READS,
  },
  {
    accessKeyId: "SANDBOXVAULTWRITE001",
    secret: "sandbox-aws-vault-write",
    name: "driftless-vault-write",
    allows: [
      ...READS,
      "s3:CreateBucket",
      "s3:DeleteBucket",
      "s3:PutEncryptionConfiguration",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketVersioning",
      "s3:PutLifecycleConfiguration",
      "s3:PutBucketTagging",
      "route53:ChangeResourceRecordSets",
    ],
  },
];

export const principalWith = (accessKeyId: string): Principal | undefined =>
  PRINCIPALS.find((one) => one.accessKeyId === accessKeyId);

export const arnOf = ({ name }: Principal): string => `arn:aws:iam::${AWS_ACCOUNT_ID}:user/${name}`;

export const mayDo = ({ allows }: Principal, action: string): boolean =>
  allows.some((one) => (one.endsWith("*") ? action.startsWith(one.slice(0, -1)) : one === action));
