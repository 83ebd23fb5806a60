import { z } from "zod";
import { cloudflareManaged, every, onHost, rateLimit } from "./edge-rules.ts";
import { defineGoldenPath, listOf, mapOf, nameFor, zoneOf } from "./golden-path.ts";
import { flag, hostname } from "./parameters.ts";

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

export const scaleWithWaf = defineGoldenPath({
  name: NAME,
  version: 1,
  title: { en: "Scale with WAF", ko: "WAF와 함께 확장" },
  summary: {
    en: "Takes load off the origin up to a target request rate, and keeps the WAF in front of it.",
    ko: "목표 초당 요청 수까지 원본의 부하를 덜고 WAF를 앞단에 둡니다.",
  },
  needs: "zone",
  parameters,
  instance: ({ hostname: host }, state) => host ?? zoneOf(state).name,
  expand(given, state) {
    const instance = given.hostname ?? zoneOf(state).name;
    const files = STATIC_FILES.map((extension) => `"${extension}"`).join(" ");
    return {
      declares: {
        zone_setting: {
          always_online: "on",
          brotli: "on",
          early_hints: "on",
          http3: "on",
        },
        cache_rule: [
          {
            ref: nameFor(NAME, instance, "static"),
            description: "static files from the edge",
            expression: every(
              onHost(given.hostname),
              `http.request.uri.path.extension in {${files}}`,
            ),
            action: "set_cache_settings",
            action_parameters: {
              cache: true,
              edge_ttl: { mode: "override_origin", default: given.cache_seconds },
              serve_stale: { disable_stale_while_updating: false },
            },
          },
        ],
        rate_limit_rule: [
          rateLimit({
            ref: nameFor(NAME, instance, "share"),
            description: `one address may take a hundredth of ${given.target_rps} requests a second`,
            expression: onHost(given.hostname),
            action: "managed_challenge",
            requests: burstFor(given.target_rps),
            period: PERIOD,
            timeout: 0,
          }),
        ],
        ...(given.waf ? cloudflareManaged(state) : {}),
      },
      retires: {},
      notes: [
        "the edge bears the target by itself; whether the origin bears what is not cached has to be measured",
      ],
    };
  },
  invariants: [
    {
      name: "one address gets no more than a hundredth of the target, and never less than a browser needs",
      holds: (declares, { target_rps: rps }) =>
        listOf(declares["rate_limit_rule"]).every(
          ({ ratelimit }) => mapOf(ratelimit)["requests_per_period"] === burstFor(rps),
        ),
    },
  ],
  cost: ["managed rules need a paid plan", "requests are not billed by themselves on zone plans"],
  risk: ["static files may be older than the origin's by `cache_seconds`"],
});
