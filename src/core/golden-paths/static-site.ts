import { z } from "zod";
import { onHost } from "./edge-rules.ts";
import { defineGoldenPath, listOf, nameFor, zoneOf } from "./golden-path.ts";
import { hostname, resourceName } from "./parameters.ts";
import { STATIC_SITE_CODE } from "./static-site-code.ts";
import { text, workerOf } from "./worker-parts.ts";

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

export const staticSite = defineGoldenPath({
  name: NAME,
  version: 1,
  title: { en: "Static site", ko: "정적 사이트" },
  summary: {
    en: "A bucket, the Worker that serves it, its name in DNS and a cache rule.",
    ko: "버킷(R2), 이를 제공하는 Worker, DNS 이름, 캐시 규칙.",
  },
  needs: "zone",
  parameters,
  instance: ({ hostname: host }) => host,
  expand(given, state) {
    const zone = zoneOf(state).name;
    const name = given.name ?? nameFor("site", given.hostname, "");
    return {
      declares: {
        r2_bucket: [{ name }],
        worker: [
          workerOf(name, STATIC_SITE_CODE, [
            { name: "SITE", type: "r2_bucket", bucket_name: name },
            text("INDEX", given.index_document),
            text("NOT_FOUND", given.not_found_document),
          ]),
        ],
        // The platform makes the DNS record of a Worker's domain itself, and keeps it.
        worker_domain: [{ hostname: given.hostname, service: name, zone }],
        ...(given.cache_seconds === 0
          ? {}
          : {
              cache_rule: [
                {
                  ref: nameFor(NAME, given.hostname, "cache"),
                  description: "files of the site",
                  expression: onHost(given.hostname),
                  action: "set_cache_settings",
                  action_parameters: {
                    cache: true,
                    edge_ttl: { mode: "override_origin", default: given.cache_seconds },
                  },
                },
              ],
            }),
      },
      retires: {},
      notes: [`upload the site's files into the bucket \`${name}\``],
    };
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
  risk: ["everything in the bucket is public"],
});
