import { isObject, type Json, sameJson } from "../canonical.ts";

/** The values that a setting takes. */
export type SettingValues =
  | { readonly form: "switch" }
  | { readonly form: "choice"; readonly values: readonly (string | number)[] }
  | { readonly form: "number" }
  | { readonly form: "text" }
  | { readonly form: "texts" }
  | { readonly form: "flag" }
  | { readonly form: "object"; readonly members: Readonly<Record<string, SettingValues>> };

const SWITCH: SettingValues = { form: "switch" };
const FLAG: SettingValues = { form: "flag" };
const NUMBER: SettingValues = { form: "number" };
const TEXT: SettingValues = { form: "text" };
const TEXTS: SettingValues = { form: "texts" };
const choice = (...values: readonly (string | number)[]): SettingValues => ({
  form: "choice",
  values,
});
const object = (members: Readonly<Record<string, SettingValues>>): SettingValues => ({
  form: "object",
  members,
});

const SWITCHES = [
  "0rtt",
  "advanced_ddos",
  "always_online",
  "always_use_https",
  "automatic_https_rewrites",
  "brotli",
  "browser_check",
  "china_network_enabled",
  "content_converter",
  "development_mode",
  "early_hints",
  "email_obfuscation",
  "hotlink_protection",
  "http2",
  "http3",
  "ip_geolocation",
  "ipv6",
  "mirage",
  "opportunistic_encryption",
  "opportunistic_onion",
  "orange_to_orange",
  "origin_error_page_pass_thru",
  "pre_render",
  "prefetch_preload",
  "privacy_pass",
  "redirects_for_ai_training",
  "replace_insecure_js",
  "response_buffering",
  "rocket_loader",
  "search_for_agents",
  "server_side_exclude",
  "sha1_support",
  "sort_query_string_for_cache",
  "tls_1_2_only",
  "tls_client_auth",
  "true_client_ip_header",
  "waf",
  "webmcp_enabled",
  "webp",
  "websockets",
] as const;

/** Seconds. */
const CHALLENGE_TTL = [
  300, 900, 1800, 2700, 3600, 7200, 10_800, 14_400, 28_800, 57_600, 86_400, 604_800, 2_592_000,
  31_536_000,
];
/** Seconds. */
const EDGE_CACHE_TTL = [
  30, 60, 300, 1200, 1800, 3600, 7200, 10_800, 14_400, 18_000, 28_800, 43_200, 57_600, 72_000,
  86_400, 172_800, 259_200, 345_600, 432_000, 518_400, 604_800,
];
/** Megabytes. */
const MAX_UPLOAD = [
  100, 125, 150, 175, 200, 225, 250, 275, 300, 325, 350, 375, 400, 425, 450, 475, 500, 1000, 1500,
  2000, 2500, 3000, 3500, 4000, 4500, 5000,
];

/**
 * The 66 zone settings and their values, from the npm package cloudflare 7.3.0. `cname_flattening`, `mirage`,
 * `orange_to_orange`, `privacy_pass` and `response_buffering` are deprecated there; they are still read and written.
 */
export const SETTINGS: ReadonlyMap<string, SettingValues> = new Map<string, SettingValues>([
  ...SWITCHES.map((id) => [id, SWITCH] as const),
  ["aegis", object({ enabled: FLAG, pool_id: TEXT })],
  [
    "automatic_platform_optimization",
    object({
      cache_by_device_type: FLAG,
      cf: FLAG,
      enabled: FLAG,
      hostnames: TEXTS,
      wordpress: FLAG,
      wp_plugin: FLAG,
    }),
  ],
  ["browser_cache_ttl", NUMBER],
  ["cache_level", choice("aggressive", "basic", "simplified")],
  ["challenge_ttl", choice(...CHALLENGE_TTL)],
  ["ciphers", TEXTS],
  ["cname_flattening", choice("flatten_at_root", "flatten_all")],
  ["edge_cache_ttl", choice(...EDGE_CACHE_TTL)],
  ["h2_prioritization", choice("on", "off", "custom")],
  ["image_resizing", choice("on", "off", "open")],
  ["max_upload", choice(...MAX_UPLOAD)],
  ["min_tls_version", choice("1.0", "1.1", "1.2", "1.3")],
  ["nel", object({ enabled: FLAG })],
  ["origin_h2_max_streams", NUMBER],
  ["origin_max_http_version", choice("1", "2")],
  ["polish", choice("off", "lossless", "lossy")],
  ["proxy_read_timeout", NUMBER],
  ["pseudo_ipv4", choice("off", "add_header", "overwrite_header")],
  [
    "security_header",
    object({
      strict_transport_security: object({
        enabled: FLAG,
        include_subdomains: FLAG,
        max_age: NUMBER,
        nosniff: FLAG,
        preload: FLAG,
      }),
    }),
  ],
  ["security_level", choice("off", "essentially_off", "low", "medium", "high", "under_attack")],
  ["ssl", choice("off", "flexible", "full", "strict")],
  ["ssl_recommender", FLAG],
  ["tls_1_3", choice("on", "off", "zrt")],
  ["transformations", choice("on", "off", "open")],
  ["transformations_allowed_origins", TEXT],
  ["webmcp_packs", TEXT],
]);

/** The one setting whose answer and body have `enabled` in place of `value`. */
export const ENABLED_SETTING = "ssl_recommender";

/** YAML readers turn `on` into true, people write `true`: both mean the switch. */
function switchOf(value: Json): Json {
  if (typeof value === "boolean") return value ? "on" : "off";
  return value;
}

/** The choice that `value` stands for: `1.2` is "1.2", "14400" is 14400, `1` is "1.0" (case 30). */
function choiceOf(value: Json, values: readonly (string | number)[]): Json | undefined {
  const written = switchOf(value);
  const exact = values.find((one) => one === written);
  if (exact !== undefined) return exact;
  if (typeof written !== "number" && (typeof written !== "string" || written.trim() === "")) {
    return undefined;
  }
  const number = Number(written);
  return values.find((one) => typeof one !== typeof written && Number(one) === number);
}

function numberOf(value: Json): Json | undefined {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : undefined;
}

function flagOf(value: Json): Json | undefined {
  if (typeof value === "boolean") return value;
  const at = typeof value === "string" ? ["off", "on", "false", "true"].indexOf(value) : -1;
  return at < 0 ? undefined : at % 2 === 1;
}

/** A value in the setting's normal form, or undefined when the setting does not take it. */
export function settingValue(values: SettingValues, value: Json): Json | undefined {
  switch (values.form) {
    case "switch":
      return choiceOf(value, ["on", "off"]);
    case "choice":
      return choiceOf(value, values.values);
    case "number":
      return numberOf(value);
    case "flag":
      return flagOf(value);
    case "text":
      return typeof value === "string" ? value : undefined;
    case "texts":
      return Array.isArray(value) && value.every((one) => typeof one === "string")
        ? value
        : undefined;
    case "object":
      return objectOf(values.members, value);
  }
}

function objectOf(members: Readonly<Record<string, SettingValues>>, value: Json): Json | undefined {
  if (!isObject(value)) return undefined;
  const normal: Record<string, Json> = {};
  for (const [name, given] of Object.entries(value)) {
    const values = members[name];
    const member = values === undefined ? undefined : settingValue(values, given);
    if (member === undefined) return undefined;
    normal[name] = member;
  }
  return normal;
}

/** What a setting takes, ending the sentence "must be …". */
export function allowedValues(values: SettingValues): string {
  switch (values.form) {
    case "switch":
      return "`on` or `off`";
    case "choice":
      return `one of ${values.values.map((value) => `\`${value}\``).join(", ")}`;
    case "number":
      return "a number that is not negative";
    case "flag":
      return "`true` or `false`";
    case "text":
      return "a text";
    case "texts":
      return "a list of texts";
    case "object":
      return `an object of ${Object.entries(values.members)
        .map(([name, member]) => `\`${name}\` (${allowedValues(member)})`)
        .join(", ")}`;
  }
}

/** Whether `observed` has everything that `desired` names: of an object only the declared members are compared. */
export function coversValue(desired: Json, observed: Json): boolean {
  if (!isObject(desired) || !isObject(observed)) return sameJson(desired, observed);
  return Object.entries(desired).every(([name, value]) => {
    const found = observed[name];
    return found !== undefined && coversValue(value, found);
  });
}

/** `desired` over `observed`, member by member: a PATCH of an object setting replaces the whole object. */
export function mergedValue(desired: Json, observed: Json | undefined): Json {
  if (observed === undefined || !isObject(desired) || !isObject(observed)) return desired;
  const merged = Object.entries(desired).map(([name, value]) => [
    name,
    mergedValue(value, observed[name]),
  ]);
  return { ...observed, ...Object.fromEntries(merged) };
}
