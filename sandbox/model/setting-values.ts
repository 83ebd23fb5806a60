/** The 66 zone settings: which values each takes and what it is when nobody ever set it. */
import { z } from "zod";
import { ApiError } from "../envelope.ts";

export interface SettingSpec {
  readonly values: z.ZodType;
  readonly initial: unknown;
  /** False when the plan does not include it. */
  readonly editable?: false;
  /** Three settings answer without the field `editable`. */
  readonly hidesEditable?: true;
}

/** The value in the API's own type: `1.2` becomes `"1.2"`, `"14400"` becomes `14400`. */
export function acceptSetting(id: string, spec: SettingSpec, given: unknown): unknown {
  for (const candidate of [given, ...converted(given)]) {
    const parsed = spec.values.safeParse(candidate);
    if (parsed.success) return parsed.data;
  }
  throw new ApiError(400, { code: 1007, message: `Invalid value for zone setting ${id}` });
}

function converted(given: unknown): unknown[] {
  if (typeof given === "number") return [String(given), given.toFixed(1)];
  return typeof given === "string" && /^\d+$/.test(given) ? [Number(given)] : [];
}

const OnOff = z.enum(["on", "off"]);
const text = z.string().max(4000);
const count = (max: number) => z.number().int().min(0).max(max);

const on = { values: OnOff, initial: "on" } as const;
const off = { values: OnOff, initial: "off" } as const;
/** Not in the plan: visible, but nobody can set it. */
const locked = <T extends object>(spec: T) => ({ ...spec, editable: false }) as const;

function choice(initial: string, ...others: readonly string[]) {
  return { values: z.enum([initial, ...others]), initial };
}

function numbers(initial: number, values: readonly number[]) {
  return { values: z.literal([...values]), initial };
}

const CHALLENGE_TTLS = [
  300, 900, 1800, 2700, 3600, 7200, 10_800, 14_400, 28_800, 57_600, 86_400, 604_800, 2_592_000,
  31_536_000,
];
const EDGE_TTLS = [
  30, 60, 300, 1200, 1800, 3600, 7200, 10_800, 14_400, 18_000, 28_800, 43_200, 57_600, 72_000,
  86_400, 172_800, 259_200, 345_600, 432_000, 518_400, 604_800,
];
const UPLOADS = [
  100, 125, 150, 175, 200, 225, 250, 275, 300, 325, 350, 375, 400, 425, 450, 475, 500, 1000, 1500,
  2000, 2500, 3000, 3500, 4000, 4500, 5000,
];

const Hsts = z.strictObject({
  strict_transport_security: z
    .strictObject({
      enabled: z.boolean(),
      max_age: count(63_072_000),
      include_subdomains: z.boolean(),
      preload: z.boolean(),
      nosniff: z.boolean(),
    })
    .partial(),
});

const PlatformOptimization = z.strictObject({
  cache_by_device_type: z.boolean(),
  cf: z.boolean(),
  enabled: z.boolean(),
  hostnames: z.array(z.string()),
  wordpress: z.boolean(),
  wp_plugin: z.boolean(),
});

const NO_HSTS = { enabled: false, max_age: 0, include_subdomains: false, preload: false };

export const SETTINGS: Readonly<Record<string, SettingSpec>> = {
  "0rtt": off,
  advanced_ddos: locked(on),
  aegis: {
    values: z.strictObject({ enabled: z.boolean(), pool_id: z.string() }).partial(),
    initial: { enabled: false },
    editable: false,
    hidesEditable: true,
  },
  always_online: on,
  always_use_https: off,
  automatic_https_rewrites: on,
  automatic_platform_optimization: {
    values: PlatformOptimization,
    initial: {
      cache_by_device_type: false,
      cf: false,
      enabled: false,
      hostnames: [],
      wordpress: false,
      wp_plugin: false,
    },
  },
  brotli: on,
  browser_cache_ttl: { values: count(31_536_000), initial: 14_400 },
  browser_check: on,
  cache_level: choice("aggressive", "basic", "simplified"),
  challenge_ttl: numbers(1800, CHALLENGE_TTLS),
  china_network_enabled: locked(off),
  ciphers: { values: z.array(z.string().max(64)).max(64), initial: [] },
  cname_flattening: choice("flatten_at_root", "flatten_all"),
  content_converter: off,
  development_mode: off,
  early_hints: off,
  edge_cache_ttl: numbers(7200, EDGE_TTLS),
  email_obfuscation: on,
  h2_prioritization: locked(choice("off", "on", "custom")),
  hotlink_protection: off,
  http2: on,
  http3: on,
  image_resizing: locked(choice("off", "on", "open")),
  ip_geolocation: on,
  ipv6: on,
  max_upload: numbers(100, UPLOADS),
  min_tls_version: choice("1.0", "1.1", "1.2", "1.3"),
  mirage: locked(off),
  nel: { values: z.strictObject({ enabled: z.boolean() }), initial: { enabled: true } },
  opportunistic_encryption: on,
  opportunistic_onion: on,
  orange_to_orange: locked(off),
  origin_error_page_pass_thru: locked(off),
  origin_h2_max_streams: { values: count(1000), initial: 200, hidesEditable: true },
  origin_max_http_version: { ...choice("2", "1"), hidesEditable: true },
  polish: locked(choice("off", "lossless", "lossy")),
  pre_render: off,
  prefetch_preload: locked(off),
  privacy_pass: on,
  proxy_read_timeout: { values: count(6000), initial: 100, editable: false },
  pseudo_ipv4: choice("off", "add_header", "overwrite_header"),
  redirects_for_ai_training: off,
  replace_insecure_js: on,
  response_buffering: locked(off),
  rocket_loader: off,
  search_for_agents: off,
  security_header: {
    values: Hsts,
    initial: { strict_transport_security: { ...NO_HSTS, nosniff: false } },
  },
  security_level: choice("medium", "off", "essentially_off", "low", "high", "under_attack"),
  server_side_exclude: on,
  sha1_support: off,
  sort_query_string_for_cache: locked(off),
  ssl: choice("full", "off", "flexible", "strict"),
  ssl_recommender: { values: z.boolean(), initial: true },
  tls_1_2_only: off,
  tls_1_3: choice("on", "off", "zrt"),
  tls_client_auth: off,
  transformations: choice("off", "on", "open"),
  transformations_allowed_origins: { values: text, initial: "" },
  true_client_ip_header: locked(off),
  waf: locked(off),
  webmcp_enabled: off,
  webmcp_packs: { values: text, initial: "" },
  webp: locked(off),
  websockets: on,
};
