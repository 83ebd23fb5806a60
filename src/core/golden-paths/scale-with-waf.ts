import { z } from "zod";
import type { JsonObject } from "../canonical.ts";
import { cloudflareManaged, edgeTtl, every, NO_LOGIN, onHost, unaware } from "./edge-rules.ts";
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
import { flag, hostname, outside } from "./parameters.ts";
import { limited } from "./rate-limits.ts";

const NAME = "scale-with-waf";

const parameters = z.strictObject({
  target_rps: z
    .int()
    .min(1)
    .max(10_000_000)
    .meta({ description: "requests a second that the site is to bear" }),
  hostname: hostname.optional().meta({ description: "left out: every name of the zone" }),
  waf: flag(true, "run Cloudflare's managed rules"),
  cache_seconds: z
    .int()
    .min(1)
    .max(604_800)
    .default(300)
    .meta({ description: "how long static files stay at the edge" }),
});

type Parameters = z.output<typeof parameters>;

/**
 * One address may take a hundredth of the target: a real crowd has many more addresses than that, a single machine is
 * stopped. Never below what one busy browser needs.
 */
const SHARE = 100;
const BURST_MIN = 100;
const PERIOD = 10;
export const burstFor = (targetRps: number): number =>
  Math.max(BURST_MIN, Math.ceil((targetRps * PERIOD) / SHARE));

const STATIC_FILES = [
  "avif", "css", "gif", "ico", "jpg", "jpeg", "js", "mjs", "png", "svg", "webp", "woff2",
]; // prettier-ignore

const SETTINGS = { always_online: "on", brotli: "on", early_hints: "on", http3: "on" };
const FILES = `http.request.uri.path.extension in {${STATIC_FILES.map((one) => `"${one}"`).join(" ")}}`;

const staticRule = (instance: string, condition: string, ttl: JsonObject): JsonObject => ({
  ref: nameFor(NAME, instance, "static"),
  description: "static files from the edge",
  expression: condition,
  action: "set_cache_settings",
  action_parameters: {
    cache: true,
    edge_ttl: ttl,
    serve_stale: { disable_stale_while_updating: false },
  },
});

const share = (given: Parameters, state: PathState, instance: string) =>
  limited(state, {
    ref: nameFor(NAME, instance, "share"),
    description: `one address may take a hundredth of ${given.target_rps} requests a second`,
    action: "managed_challenge",
    requests: burstFor(given.target_rps),
    period: PERIOD,
    timeout: 0,
    host: given.hostname,
    path: "true",
  });

const ORIGIN =
  "the edge bears the target by itself; whether the origin bears what is not cached has to be measured";

/** A file that was asked for with a login is for whoever has logged in; one that is not there may be there soon. */
function expand(given: Parameters, state: PathState): Expansion {
  const instance = given.hostname ?? zoneOf(state).name;
  const { ttl, notes } = edgeTtl(state, given.cache_seconds, "respect_origin");
  const rule = staticRule(instance, every(onHost(given.hostname), FILES, NO_LOGIN), ttl);
  return joined(
    { declares: { zone_setting: SETTINGS, cache_rule: [rule] }, notes: [...notes, ORIGIN] },
    share(given, state, instance),
    given.waf ? cloudflareManaged(state) : { declares: {}, notes: [] },
  );
}

/** Version 1 kept files of people who had logged in, and errors, and knew no plans. */
function expandV1(given: Parameters, state: PathState): Expansion {
  const instance = given.hostname ?? zoneOf(state).name;
  const rule = staticRule(instance, every(onHost(given.hostname), FILES), {
    mode: "override_origin",
    default: given.cache_seconds,
  });
  return joined(
    { declares: { zone_setting: SETTINGS, cache_rule: [rule] }, notes: [] },
    share(given, unaware(state), instance),
    given.waf ? cloudflareManaged(unaware(state)) : { declares: {}, notes: [] },
  );
}

export const scaleWithWaf = defineGoldenPath({
  name: NAME,
  version: 2,
  title: { en: "Scale with WAF", ko: "WAF와 함께 확장" },
  summary: {
    en: "Takes load off the origin up to a target request rate, and keeps the WAF in front of it.",
    ko: "목표 초당 요청 수까지 원본의 부하를 덜고 WAF를 앞단에 둡니다.",
  },
  needs: "zone",
  parameters,
  instance: ({ hostname: host }, state) => host ?? zoneOf(state).name,
  refuses: ({ hostname: host }, state) => outside(host, zoneOf(state).name),
  expand,
  invariants: [
    {
      name: "no file that was asked for with a login is kept",
      holds: (declares) =>
        listOf(declares["cache_rule"]).every(({ expression }) =>
          said(expression).includes(NO_LOGIN),
        ),
    },
    {
      name: "one address gets no more than a hundredth of the target, and never less than a browser needs",
      holds: (declares, { target_rps: rps }) =>
        listOf(declares["rate_limit_rule"]).every(
          ({ ratelimit }) => mapOf(ratelimit)["requests_per_period"] === burstFor(rps),
        ),
    },
  ],
  cost: [
    "managed rules need a paid plan, and cache times below an hour need `business`",
    "requests are not billed by themselves on zone plans",
  ],
  risk: ["static files may be older than the origin's by `cache_seconds`"],
  earlier: new Map([
    [
      1,
      {
        parameters,
        expand: (given, state) => expandV1(parameters.parse(given), state),
        upgrade: (given) => given,
      },
    ],
  ]),
});
