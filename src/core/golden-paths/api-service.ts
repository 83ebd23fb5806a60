import { z } from "zod";
import type { JsonObject } from "../canonical.ts";
import { API_SERVICE_CODE } from "./api-service-code.ts";
import { defineGoldenPath, listOf, zoneOf } from "./golden-path.ts";
import { flag, hostname, resourceName } from "./parameters.ts";
import { text, untakeable, workerOf } from "./worker-parts.ts";

const SECRETS_MAX = 50;

const parameters = z.strictObject({
  name: resourceName.default("api-service").meta({ description: "of the Worker and its storage" }),
  hostname: hostname
    .optional()
    .meta({ description: "where the API answers; left out: `api` in the zone" }),
  environment: z.enum(["production", "staging", "development"]).default("production"),
  kv: flag(true, "a KV namespace, bound as KV"),
  d1: flag(true, "a D1 database, bound as DB"),
  r2: flag(true, "an R2 bucket, bound as BUCKET"),
  secrets: z
    .array(z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, "must be like `PAYMENTS_KEY`"))
    .max(SECRETS_MAX)
    .default([])
    .meta({ description: "names only: a person sets the values" }),
});
type Parameters = z.output<typeof parameters>;

const bindingsOf = (given: Parameters): readonly JsonObject[] => [
  text("ENVIRONMENT", given.environment),
  ...(given.kv ? [{ name: "KV", type: "kv_namespace", namespace_title: given.name }] : []),
  ...(given.d1 ? [{ name: "DB", type: "d1", database_name: given.name }] : []),
  ...(given.r2 ? [{ name: "BUCKET", type: "r2_bucket", bucket_name: given.name }] : []),
  ...given.secrets.map((name) => ({ name, type: "secret_text", secret: true })),
];

export const apiService = defineGoldenPath({
  name: "api-service",
  version: 1,
  title: { en: "API service", ko: "API 서비스" },
  summary: {
    en: "A Worker with storage (KV, D1, R2), a name of its own, and its secrets declared by name.",
    ko: "저장소(KV, D1, R2), 전용 호스트 이름, 이름으로 선언된 비밀을 가진 Worker.",
  },
  needs: "zone",
  parameters,
  instance: ({ name }) => name,
  refuses: ({ hostname: host }, state) => untakeable(host ?? `api.${zoneOf(state).name}`, state),
  expand(given, state) {
    const zone = zoneOf(state).name;
    const { name } = given;
    return {
      declares: {
        ...(given.kv ? { kv_namespace: [{ title: name }] } : {}),
        ...(given.d1 ? { d1_database: [{ name }] } : {}),
        ...(given.r2 ? { r2_bucket: [{ name }] } : {}),
        worker: [workerOf(name, API_SERVICE_CODE, bindingsOf(given))],
        worker_domain: [{ hostname: given.hostname ?? `api.${zone}`, service: name, zone }],
      },
      retires: {},
      notes: given.secrets.map(
        (secret) => `set the secret \`${secret}\` of the Worker \`${name}\``,
      ),
    };
  },
  invariants: [
    {
      name: "no value of a secret is declared",
      holds: (declares) =>
        listOf(declares["worker"]).every(({ bindings }) =>
          listOf(bindings).every(({ type, text: value }) =>
            type === "secret_text" ? value === undefined : true,
          ),
        ),
    },
    {
      name: "the Worker's code is the path's own",
      holds: (declares) =>
        listOf(declares["worker"]).every(({ content }) => content === API_SERVICE_CODE),
    },
  ],
  cost: ["Workers by the request; KV, D1 and R2 by use"],
  risk: ["the name must be free: a Worker of the same name would be replaced"],
});
