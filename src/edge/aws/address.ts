/**
 * From a path of a plan to the one address it can mean. Paths are ours (`/aws/<account>/s3/<region>/<bucket>/<part>`), so
 * a service, a region and a bucket stand in what was voted on; hosts are made here and nowhere else, and every one of them
 * ends in `amazonaws.com` or is the sandbox's.
 */
import {
  BUCKETS,
  CHANGE_RECORDS,
  CHANGED,
  CREATE_BUCKET,
  ENCRYPTION,
  HOSTED_ZONES,
  IDENTITY,
  LIFECYCLE,
  PUBLIC_ACCESS_BLOCK,
  RECORDS,
  type Shape,
  TAGGING,
  VERSIONING,
} from "./shapes.ts";

export interface Address {
  readonly account: string;
  readonly service: "s3" | "sts" | "route53";
  readonly region: string;
  /** At AWS; a sandbox has them all at one place. */
  readonly host: string;
  /** From the root, as it stands in a path-style request. */
  readonly path: string;
  readonly query: string;
  /** The root element and shape of what goes out, or comes back. */
  readonly xml: Sub;
  /** What a write is answered with, where that says more than that it was carried out. */
  readonly written?: Sub;
  /** Whether AWS is told whose bucket it has to be, and refuses another's. */
  readonly owned: boolean;
}

export interface Sub {
  readonly root: string;
  readonly shape: Shape;
}
const SUBS: ReadonlyMap<string | undefined, Sub> = new Map([
  ["encryption", { root: "ServerSideEncryptionConfiguration", shape: ENCRYPTION }],
  ["publicAccessBlock", { root: "PublicAccessBlockConfiguration", shape: PUBLIC_ACCESS_BLOCK }],
  ["versioning", { root: "VersioningConfiguration", shape: VERSIONING }],
  ["lifecycle", { root: "LifecycleConfiguration", shape: LIFECYCLE }],
  ["tagging", { root: "Tagging", shape: TAGGING }],
  ["location", { root: "LocationConstraint", shape: "text" }],
]);

/** Where lists of buckets and names of principals are asked for: these are the same everywhere. */
const HOME = "us-east-1";
const REGION = String.raw`[a-z]{2}(?:-[a-z]+){1,2}-\d`;
const BUCKET = String.raw`[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]`;

/** Null: it is no path of ours. */
export function addressOf(target: string): Address | null {
  const [path = "", query = ""] = target.split("?");
  const [, account, service = "", rest = ""] =
    /^\/aws\/(\d{12})\/(s3|sts|route53)((?:\/[\w.-]+){0,8})$/.exec(path) ?? [];
  if (account === undefined || /[^\w%&=.~-]/.test(query)) return null;
  return SERVICES[service]?.({ account, rest, query }) ?? null;
}

interface Asked {
  readonly account: string;
  /** Behind the service. */
  readonly rest: string;
  readonly query: string;
}

const SERVICES: Readonly<Record<string, (asked: Asked) => Address | null>> = {
  s3({ account, rest, query }) {
    if (rest === "") return bucketsAt(account, query);
    return query === "" ? bucketAt(account, rest) : null;
  },
  sts: ({ account, rest, query }) =>
    rest === "/identity" && query === "" ? identityAt(account) : null,
  route53: (asked) => recordsAt(asked),
};

const bucketsAt = (account: string, query: string): Address => ({
  account,
  service: "s3",
  region: HOME,
  host: `s3.${HOME}.amazonaws.com`,
  path: "/",
  query,
  xml: { root: "ListAllMyBucketsResult", shape: BUCKETS },
  owned: false,
});

function bucketAt(account: string, rest: string): Address | null {
  const [, region, bucket, sub] =
    new RegExp(`^/(${REGION})/(${BUCKET})(?:/(\\w+))?$`).exec(rest) ?? [];
  if (region === undefined || bucket === undefined) return null;
  const xml =
    sub === undefined ? { root: "CreateBucketConfiguration", shape: CREATE_BUCKET } : SUBS.get(sub);
  if (xml === undefined) return null;
  // A name with dots is not covered by S3's certificate, and where a bucket is, is asked at home: then it is in the path.
  const prefix = bucket.includes(".") || sub === "location" ? "" : `${bucket}.`;
  return {
    account,
    service: "s3",
    region,
    host: `${prefix}s3.${region}.amazonaws.com`,
    path: `/${bucket}`,
    query: sub ?? "",
    xml,
    owned: sub !== undefined,
  };
}

const ZONES = { root: "ListHostedZonesResponse", shape: HOSTED_ZONES };
const LISTED = { root: "ListResourceRecordSetsResponse", shape: RECORDS };
const CHANGES = { root: "ChangeResourceRecordSetsRequest", shape: CHANGE_RECORDS };
const WRITTEN = { root: "ChangeResourceRecordSetsResponse", shape: CHANGED };
const TOLD = { root: "GetChangeResponse", shape: CHANGED };

/** `/hostedzone`, `/hostedzone/<id>/rrset` (and `/rrsets` to read), `/change/<id>`; there is one place for all of it. */
function recordsAt({ account, rest, query }: Asked): Address | null {
  const [, zone, sub, change] =
    /^\/(?:hostedzone(?:\/([A-Z0-9]{1,32})\/(rrsets?))?|change\/([A-Z0-9]{1,32}))$/.exec(rest) ??
    [];
  const at = {
    account,
    service: "route53",
    region: HOME,
    host: "route53.amazonaws.com",
    query,
    owned: false,
  } as const;
  if (rest === "/hostedzone") return { ...at, path: "/2013-04-01/hostedzone", xml: ZONES };
  if (change !== undefined) return { ...at, path: `/2013-04-01/change/${change}`, xml: TOLD };
  if (zone === undefined) return null;
  const path = `/2013-04-01/hostedzone/${zone}/rrset`;
  return sub === "rrset" && query === ""
    ? { ...at, path, xml: CHANGES, written: WRITTEN }
    : { ...at, path, xml: LISTED };
}

const identityAt = (account: string): Address => ({
  account,
  service: "sts",
  region: HOME,
  host: `sts.${HOME}.amazonaws.com`,
  path: "/",
  query: "Action=GetCallerIdentity&Version=2011-06-15",
  xml: { root: "GetCallerIdentityResponse", shape: IDENTITY },
  owned: false,
});

/** In the host where AWS has it, in the path otherwise. */
export const urlOf = ({ host, path, query }: Address, sandbox: string | null): string => {
  const bucket = path.slice(1);
  const isHost = sandbox === null && bucket !== "" && host.startsWith(`${bucket}.`);
  const root = sandbox ?? `https://${host}`;
  return `${root}${isHost ? "/" : path}${query === "" ? "" : `?${query}`}`;
};
