import { z } from "zod";
import type { JsonObject } from "../canonical.ts";
import { atLeast, cloudflareManaged, SSL_MODES, TLS_VERSIONS, unaware } from "./edge-rules.ts";
import {
  type Declarations,
  defineGoldenPath,
  type Expansion,
  joined,
  listOf,
  mapOf,
  nameFor,
  type PathState,
  said,
  zoneOf,
} from "./golden-path.ts";
import { hostname, LIST_MAX, outside, urlPath } from "./parameters.ts";
import { limited } from "./rate-limits.ts";
import { allowanceOf } from "./zone-plan.ts";

const NAME = "pci-dss-baseline";
/** A year: requirement 10.5.1 of PCI DSS 4.0.1 keeps audit logs twelve months. */
const YEAR_DAYS = 365;
const DAY_SECONDS = 86_400;
/** What browsers take for a serious promise, and the least that the preload list accepts. */
const HSTS_SECONDS = 31_536_000;

const parameters = z.strictObject({
  hostname: hostname
    .optional()
    .meta({ description: "where people pay; left out: the zone itself" }),
  admin_paths: z
    .array(urlPath)
    .max(20)
    .default(["/admin"])
    .meta({ description: "shown only to people who have signed in through Access" }),
  admin_email_domain: hostname
    .optional()
    .meta({ description: "whose addresses may sign in; left out: the zone's own" }),
  log_retention_days: z
    .int()
    .min(YEAR_DAYS)
    .max(3_650)
    .default(YEAR_DAYS)
    .meta({ description: "how long nobody can delete a log, at least a year" }),
  login_attempts_per_minute: z.int().min(1).max(1_000).default(10),
  login_path: urlPath.default("/login"),
  aws_region: z
    .string()
    .regex(/^[a-z]{2}(?:-[a-z]+){1,2}-\d$/, "is not a region of AWS")
    .optional()
    .meta({ description: "the region of AWS where logs are archived (S3); left out: in R2" }),
  route53_zone: hostname.optional().meta({
    description: "the public hosted zone of Route 53 that says who may issue certificates (CAA)",
  }),
});
type Parameters = z.output<typeof parameters>;

function settings(state: PathState): JsonObject {
  const before = mapOf(
    mapOf(mapOf(state.declared["zone_setting"])["security_header"])["strict_transport_security"],
  );
  const age = Number(before["max_age"] ?? 0);
  return {
    ssl: atLeast(state, "ssl", { wanted: "strict", order: SSL_MODES }),
    min_tls_version: atLeast(state, "min_tls_version", { wanted: "1.2", order: TLS_VERSIONS }),
    tls_1_3: "on",
    always_use_https: "on",
    automatic_https_rewrites: "on",
    browser_check: "on",
    security_header: {
      strict_transport_security: {
        ...before,
        enabled: true,
        max_age: Math.max(HSTS_SECONDS, age),
        include_subdomains: true,
        nosniff: true,
      },
    },
  };
}

const applications = (given: Parameters, host: string, zone: string): readonly JsonObject[] =>
  given.admin_paths.slice(0, LIST_MAX).map((path) => ({
    name: `Administration of ${host}${path}`,
    domain: path === "/" ? host : `${host}${path}`,
    session_duration: "8h",
    policies: [
      {
        name: "staff",
        decision: "allow",
        include: [{ email_domain: { domain: given.admin_email_domain ?? zone } }],
      },
    ],
  }));

const logBucket = (given: Parameters, instance: string): JsonObject => ({
  name: nameFor("pci", instance, "logs"),
  lock: [
    {
      id: "retention",
      enabled: true,
      prefix: "",
      condition: { type: "Age", maxAgeSeconds: given.log_retention_days * DAY_SECONDS },
    },
  ],
});

/** Thirteen months: twelve that are asked for, and one to notice in. */
const ARCHIVE_DAYS = 395;

/** Names of S3 are the whole world's, so the account is in this one. */
const archiveName = (instance: string, { aws_account: aws }: PathState): string =>
  `${nameFor("pci", instance, "logs")}-${aws?.id ?? ""}`;

/** Who issues certificates for Cloudflare's edge, and for what runs at AWS. */
const ISSUERS = ["amazon.com", "digicert.com", "letsencrypt.org", "pki.goog", "ssl.com"];

const issuers = (zone: string, name: string): JsonObject => ({
  zone,
  name,
  type: "CAA",
  ttl: 3_600,
  values: ISSUERS.map((issuer) => `0 issue "${issuer}"`),
});

/** What is deleted or overwritten stays as an older version, for as long. */
function archive(given: Parameters, host: string, state: PathState): JsonObject {
  const days = Math.max(ARCHIVE_DAYS, given.log_retention_days);
  return {
    name: archiveName(host, state),
    region: given.aws_region ?? "",
    encryption: { algorithm: "aws:kms", bucket_key: true },
    public_access_block: {
      block_public_acls: true,
      ignore_public_acls: true,
      block_public_policy: true,
      restrict_public_buckets: true,
    },
    versioning: "enabled",
    lifecycle: [
      {
        ID: "retention",
        Status: "Enabled",
        Filter: { Prefix: "" },
        Expiration: { Days: days },
        NoncurrentVersionExpiration: { NoncurrentDays: days },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
    ],
    tags: { "driftless-path": NAME, "pci-scope": host },
  };
}

const logins = (given: Parameters, state: PathState, host: string) =>
  limited(state, {
    ref: nameFor("pci", host, "login"),
    description: "password guessing",
    action: "block",
    requests: Math.max(1, Math.ceil(given.login_attempts_per_minute / 6)),
    period: 10,
    timeout: 600,
    host,
    path: `http.request.uri.path eq "${given.login_path}"`,
    method: "POST",
  });

function expand(given: Parameters, state: PathState): Expansion {
  const zone = zoneOf(state).name;
  const host = given.hostname ?? zone;
  const apps = applications(given, host, zone);
  const rest: Declarations = {
    zone_setting: settings(state),
    ...(apps.length === 0 ? {} : { access_application: apps }),
    ...(given.aws_region === undefined
      ? { r2_bucket: [logBucket(given, host)] }
      : { s3_bucket: [archive(given, host, state)] }),
    ...(given.route53_zone === undefined
      ? {}
      : { route53_record: [issuers(given.route53_zone, `${host}.`)] }),
  };
  return joined(
    { declares: rest, notes: dutiesOf(given, host, state) },
    cloudflareManaged(state),
    logins(given, state, host),
  );
}

const dutiesOf = (given: Parameters, host: string, state: PathState): readonly string[] => [
  `point a Logpush job for the zone's requests and firewall events at the bucket \`${given.aws_region === undefined ? nameFor("pci", host, "logs") : archiveName(host, state)}\``,
  ...(given.aws_region === undefined
    ? []
    : [
        "give whoever writes logs to AWS `s3:PutObject` alone: who may delete versions can delete logs",
      ]),
  ...(given.route53_zone === undefined
    ? []
    : [`\`${given.route53_zone}\` has to be a public hosted zone of Route 53`]),
  "this supports an assessment of the edge; segmentation, scans and people's duties are not assessable here",
];

/** Requirement 6.4.2 of PCI DSS 4.0.1 wants a WAF before what people pay with. */
const refuses = ({ hostname: host }: Parameters, state: PathState): readonly string[] => [
  ...outside(host, zoneOf(state).name),
  ...(allowanceOf(state.plan).managedRules
    ? []
    : [
        `PCI DSS 6.4.2 wants a WAF, and the plan \`${state.plan}\` has no managed rules: put the zone on \`pro\` or higher first`,
      ]),
];

export const pciDssBaseline = defineGoldenPath({
  name: NAME,
  version: 2,
  title: { en: "PCI DSS baseline", ko: "PCI DSS 기준선" },
  summary: {
    en: "What PCI DSS asks of the edge of a zone: TLS, HSTS, the WAF, logs that nobody can delete, and sign-in before administration.",
    ko: "PCI DSS가 존의 엣지에 요구하는 것: TLS, HSTS, WAF, 삭제할 수 없는 로그, 관리 경로의 로그인(Access).",
  },
  needs: "zone",
  parameters,
  instance: ({ hostname: host }, state) => host ?? zoneOf(state).name,
  refuses,
  expand,
  invariants: [
    {
      name: "an archive at AWS is encrypted and closed, and keeps logs for thirteen months",
      holds: (declares) =>
        listOf(declares["s3_bucket"]).every(
          ({ encryption, public_access_block: block, versioning, lifecycle }) =>
            encryption !== undefined &&
            versioning === "enabled" &&
            Object.values(mapOf(block)).filter((one) => one === true).length === 4 &&
            listOf(lifecycle).every((rule) =>
              [rule["Expiration"], rule["NoncurrentVersionExpiration"]].every(
                (end) => Number(Object.values(mapOf(end))[0]) >= ARCHIVE_DAYS,
              ),
            ),
        ),
    },
    {
      name: "nothing older than TLS 1.2 is spoken, and the origin's certificate is checked",
      holds: (declares) => {
        const { ssl, min_tls_version: tls } = mapOf(declares["zone_setting"]);
        return ssl === "strict" && ["1.2", "1.3"].includes(said(tls));
      },
    },
    {
      name: "HSTS lasts at least a year",
      holds: (declares) =>
        Number(
          mapOf(
            mapOf(mapOf(declares["zone_setting"])["security_header"])["strict_transport_security"],
          )["max_age"],
        ) >= HSTS_SECONDS,
    },
    {
      name: "nobody can delete a log within a year",
      holds: (declares) =>
        listOf(declares["r2_bucket"]).every(({ lock }) =>
          listOf(lock).some(
            ({ condition }) => Number(mapOf(condition)["maxAgeSeconds"]) >= YEAR_DAYS * DAY_SECONDS,
          ),
        ),
    },
    {
      name: "nobody gets to administration without signing in",
      holds: (declares) =>
        listOf(declares["access_application"]).every(({ policies }) =>
          listOf(policies).every(
            ({ decision, include }) =>
              decision === "allow" && !listOf(include).some((one) => "everyone" in one),
          ),
        ),
    },
  ],
  cost: [
    "managed rules need a paid plan, and Logpush needs Enterprise or Workers Paid",
    "logs are stored for a year and more (R2 or S3, by the gigabyte); at AWS a key of KMS and older versions cost, too",
  ],
  risk: [
    "browsers remember HSTS for a year: names of the zone without TLS become unreachable",
    "an origin without a valid certificate stops being reachable",
  ],
  earlier: new Map([
    [
      1,
      {
        parameters,
        // It knew no plans: below `business` a limit cannot tell methods apart.
        expand: (given, state) => expand(parameters.parse(given), unaware(state)),
        upgrade: (given) => given,
      },
    ],
  ]),
});
