import { z } from "zod";
import type { JsonObject } from "../canonical.ts";
import {
  atLeast,
  below,
  cloudflareManaged,
  edgeTtl,
  every,
  NO_LOGIN,
  onHost,
  SECURITY_LEVELS,
  SSL_MODES,
  TLS_VERSIONS,
  unaware,
} from "./edge-rules.ts";
import {
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
import { flag, hostname, outside, urlPath } from "./parameters.ts";
import { limited } from "./rate-limits.ts";

const NAME = "secure-api-edge";

const parameters = z.strictObject({
  hostname: hostname
    .optional()
    .meta({ description: "of the API; left out: every name of the zone" }),
  path: urlPath.default("/").meta({ description: "below which the API answers" }),
  cache_seconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(60)
    .meta({ description: "how long public answers stay at the edge; 0: nothing is cached" }),
  requests_per_10_seconds: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(200)
    .meta({ description: "what one address may ask for before it has to wait a minute" }),
  waf: flag(true, "run Cloudflare's managed rules"),
  ddos_guardrail: flag(true, "limit bursts from one address and raise the security level"),
  bot_guardrail: flag(true, "turn away clients that do not say what they are"),
});
type Parameters = z.output<typeof parameters>;

type Piece = Pick<Expansion, "declares" | "notes">;

/** Public answers only: nothing that was asked for with a login, and no errors. */
function cacheRules(given: Parameters, state: PathState, instance: string): Piece {
  if (given.cache_seconds === 0) return { declares: {}, notes: [] };
  const expression = every(
    onHost(given.hostname),
    below(given.path),
    'http.request.method in {"GET" "HEAD"}',
    NO_LOGIN,
    'http.cookie eq ""',
  );
  // Of an answer that says nothing of itself nobody knows whom it is for.
  const { ttl, notes } = edgeTtl(state, given.cache_seconds, "bypass_by_default");
  const rule: JsonObject = {
    ref: nameFor(NAME, instance, "cache"),
    description: "public answers of the API",
    expression,
    action: "set_cache_settings",
    action_parameters: {
      cache: true,
      edge_ttl: ttl,
      cache_key: { ignore_query_strings_order: true, cache_deception_armor: true },
    },
  };
  return { declares: { cache_rule: [rule] }, notes };
}

function bots(given: Parameters, instance: string): Piece {
  const rule = {
    ref: nameFor(NAME, instance, "bots"),
    description: "clients without a name",
    expression: every(
      onHost(given.hostname),
      below(given.path),
      'http.user_agent eq ""',
      "not cf.client.bot",
    ),
    action: "block",
  };
  return { declares: { waf_rule: [rule] }, notes: [] };
}

const bursts = (given: Parameters, state: PathState, instance: string): Piece =>
  limited(state, {
    ref: nameFor(NAME, instance, "bursts"),
    description: "bursts from one address",
    action: "block",
    requests: given.requests_per_10_seconds,
    period: 10,
    timeout: 60,
    host: given.hostname,
    path: below(given.path),
  });

const settings = (state: PathState, guarded: boolean): JsonObject => ({
  ssl: atLeast(state, "ssl", { wanted: "full", order: SSL_MODES }),
  min_tls_version: atLeast(state, "min_tls_version", { wanted: "1.2", order: TLS_VERSIONS }),
  always_use_https: "on",
  ...(guarded
    ? {
        security_level: atLeast(state, "security_level", {
          wanted: "high",
          order: SECURITY_LEVELS,
        }),
      }
    : {}),
});

function expand(given: Parameters, state: PathState): Expansion {
  const instance = given.hostname ?? zoneOf(state).name;
  const pieces = [
    { declares: { zone_setting: settings(state, given.ddos_guardrail) }, notes: [] },
    cacheRules(given, state, instance),
    ...(given.waf ? [cloudflareManaged(state)] : []),
    ...(given.bot_guardrail ? [bots(given, instance)] : []),
    ...(given.ddos_guardrail ? [bursts(given, state, instance)] : []),
  ];
  return joined(
    {
      declares: {},
      notes: [
        "Cloudflare's own mitigation of floods is always on; these limits act below it, and sooner.",
      ],
    },
    ...pieces,
  );
}

export const secureApiEdge = defineGoldenPath({
  name: NAME,
  version: 2,
  title: { en: "Secure API edge", ko: "API 엣지 보호" },
  summary: {
    en: "An edge cache for public answers of an API, with the WAF, a rate limit and guardrails against bots and floods.",
    ko: "API의 공개 응답을 엣지에 캐시하고 WAF, 요청 제한, 봇·DDoS 가드레일을 적용합니다.",
  },
  needs: "zone",
  parameters,
  instance: ({ hostname: host }, state) => host ?? zoneOf(state).name,
  refuses: ({ hostname: host }, state) => outside(host, zoneOf(state).name),
  expand,
  invariants: [
    {
      name: "what is asked for with a login is never cached",
      holds: (declares) =>
        listOf(declares["cache_rule"]).every(({ expression }) =>
          said(expression).includes('eq "authorization"'),
        ),
    },
    {
      name: "TLS 1.2 is the least",
      holds: (declares) =>
        ["1.2", "1.3"].includes(said(mapOf(declares["zone_setting"])["min_tls_version"])),
    },
  ],
  cost: [
    "managed rules and more than one rate limit need a paid plan",
    "cache times below an hour need `business`",
  ],
  risk: [
    "a cached answer may be older than the origin's by `cache_seconds`",
    "many users behind one address share one limit",
    "`security_level: high` challenges addresses of bad repute in the whole zone, also those that cannot solve one",
  ],
  earlier: new Map([
    [
      1,
      {
        parameters,
        // It declared what no plan below `business` takes.
        expand: (given, state) => expand(parameters.parse(given), unaware(state)),
        upgrade: (given) => given,
      },
    ],
  ]),
});
