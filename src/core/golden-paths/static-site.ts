import { z } from "zod";
import type { JsonObject } from "../canonical.ts";
import { onHost } from "./edge-rules.ts";
import {
  type Declarations,
  defineGoldenPath,
  type Expansion,
  listOf,
  nameFor,
  type PathState,
  zoneOf,
} from "./golden-path.ts";
import { hostname, resourceName } from "./parameters.ts";
import { STATIC_SITE_CODE, STATIC_SITE_CODE_V1 } from "./static-site-code.ts";
import { text, untakeable, workerOf } from "./worker-parts.ts";

const NAME = "static-site";

const parameters = z.strictObject({
  hostname: hostname.meta({ description: "where the site is; the name must be free in the zone" }),
  name: resourceName
    .optional()
    .meta({ description: "of the Worker and the bucket; left out: from the hostname" }),
  cache_seconds: z.int().min(0).max(2_592_000).default(3_600),
  index_document: z
    .string()
    .regex(/^[\w.-]{1,100}$/)
    .default("index.html"),
  not_found_document: z
    .string()
    .regex(/^[\w.-]{1,100}$/)
    .default("404.html"),
});

type Parameters = z.output<typeof parameters>;

const nameOf = ({ name, hostname: host }: Parameters): string => name ?? nameFor("site", host, "");

const bindingsOf = (given: Parameters): readonly JsonObject[] => [
  { name: "SITE", type: "r2_bucket", bucket_name: nameOf(given) },
  text("INDEX", given.index_document),
  text("NOT_FOUND", given.not_found_document),
];

const served = (given: Parameters, state: PathState, worker: JsonObject): Declarations => ({
  r2_bucket: [{ name: nameOf(given) }],
  worker: [worker],
  // The platform makes the DNS record of a Worker's domain itself, and keeps it.
  worker_domain: [{ hostname: given.hostname, service: nameOf(given), zone: zoneOf(state).name }],
});

const notesOf = (given: Parameters): readonly string[] => [
  `upload the site's files into the bucket \`${nameOf(given)}\``,
];

/** Its cache rule did nothing: what a Worker answers passes no rule. */
function expandV1(given: Parameters, state: PathState): Expansion {
  const rule: JsonObject = {
    ref: nameFor(NAME, given.hostname, "cache"),
    description: "files of the site",
    expression: onHost(given.hostname),
    action: "set_cache_settings",
    action_parameters: {
      cache: true,
      edge_ttl: { mode: "override_origin", default: given.cache_seconds },
    },
  };
  const worker = workerOf(nameOf(given), STATIC_SITE_CODE_V1, bindingsOf(given));
  return {
    declares: {
      ...served(given, state, worker),
      ...(given.cache_seconds === 0 ? {} : { cache_rule: [rule] }),
    },
    retires: {},
    notes: notesOf(given),
  };
}

export const staticSite = defineGoldenPath({
  name: NAME,
  version: 2,
  title: { en: "Static site", ko: "정적 사이트" },
  summary: {
    en: "A bucket, the Worker that serves and caches it, and its name in DNS.",
    ko: "버킷(R2), 이를 제공하고 캐시하는 Worker, DNS 이름.",
  },
  needs: "zone",
  parameters,
  instance: ({ hostname: host }) => host,
  refuses: ({ hostname: host }, state) => untakeable(host, state),
  expand(given, state) {
    const bindings = [...bindingsOf(given), text("CACHE_SECONDS", String(given.cache_seconds))];
    const worker = workerOf(nameOf(given), STATIC_SITE_CODE, bindings);
    return { declares: served(given, state, worker), retires: {}, notes: notesOf(given) };
  },
  invariants: [
    {
      name: "the Worker reads its own bucket and no other",
      holds: (declares) => {
        const buckets = listOf(declares["r2_bucket"]).map(({ name }) => name);
        return listOf(declares["worker"]).every(({ bindings }) =>
          listOf(bindings).every(
            ({ type, bucket_name: bucket }) =>
              type !== "r2_bucket" || buckets.includes(bucket ?? null),
          ),
        );
      },
    },
  ],
  cost: ["R2 by the gigabyte and operation, Workers by the request"],
  risk: [
    "everything in the bucket is public",
    "a cached file may be older than the bucket's by `cache_seconds`",
  ],
  earlier: new Map([
    [
      1,
      {
        parameters,
        expand: (given, state) => expandV1(parameters.parse(given), state),
        // The same words; the Worker now does what the rule did not.
        upgrade: (given) => given,
      },
    ],
  ]),
});
