/** Where rulesets run, which actions each phase takes, and how many rules a plan pays for. */
import type { Plan } from "../model/zone.ts";

export const PHASES = [
  "ddos_l4",
  "ddos_l7",
  "http_config_settings",
  "http_custom_errors",
  "http_log_custom_fields",
  "http_ratelimit",
  "http_request_cache_settings",
  "http_request_dynamic_redirect",
  "http_request_firewall_custom",
  "http_request_firewall_managed",
  "http_request_late_transform",
  "http_request_origin",
  "http_request_redirect",
  "http_request_sanitize",
  "http_request_sbfm",
  "http_request_transform",
  "http_response_cache_settings",
  "http_response_compression",
  "http_response_firewall_managed",
  "http_response_headers_transform",
  "magic_transit",
  "magic_transit_ids_managed",
  "magic_transit_managed",
  "magic_transit_ratelimit",
] as const;
export type Phase = (typeof PHASES)[number];

export const ACTIONS = [
  "block",
  "challenge",
  "compress_response",
  "ddos_dynamic",
  "execute",
  "force_connection_close",
  "js_challenge",
  "log",
  "log_custom_field",
  "managed_challenge",
  "redirect",
  "rewrite",
  "route",
  "score",
  "serve_error",
  "set_cache_control",
  "set_cache_settings",
  "set_cache_tags",
  "set_config",
  "skip",
  "transform_response_html",
] as const;
export type Action = (typeof ACTIONS)[number];

const MITIGATIONS = ["block", "challenge", "js_challenge", "managed_challenge", "log"] as const;

/** Documented for the phases that people write; the others take what their name suggests. */
const ACTIONS_OF: Readonly<Record<Phase, readonly Action[]>> = {
  ddos_l4: ["execute"],
  ddos_l7: ["execute"],
  http_config_settings: ["set_config"],
  http_custom_errors: ["serve_error"],
  http_log_custom_fields: ["log_custom_field"],
  http_ratelimit: [...MITIGATIONS, "execute", "skip"],
  http_request_cache_settings: ["set_cache_settings"],
  http_request_dynamic_redirect: ["redirect"],
  http_request_firewall_custom: [...MITIGATIONS, "skip", "execute"],
  http_request_firewall_managed: ["execute", "skip", ...MITIGATIONS],
  http_request_late_transform: ["rewrite"],
  http_request_origin: ["route"],
  http_request_redirect: ["redirect"],
  http_request_sanitize: ["execute", "rewrite"],
  http_request_sbfm: ["managed_challenge", "block", "skip"],
  http_request_transform: ["rewrite"],
  http_response_cache_settings: ["set_cache_control", "set_cache_tags"],
  http_response_compression: ["compress_response"],
  http_response_firewall_managed: ["execute", "skip", "block", "log"],
  http_response_headers_transform: ["rewrite", "transform_response_html"],
  magic_transit: ["block", "skip", "log"],
  magic_transit_ids_managed: ["execute"],
  magic_transit_managed: ["execute"],
  magic_transit_ratelimit: ["block", "log"],
};

export const isPhase = (name: string): name is Phase =>
  (PHASES as readonly string[]).includes(name);

/** Managed rulesets also score; nobody else may. */
export const takes = (phase: Phase, action: Action): boolean => ACTIONS_OF[phase].includes(action);

export const isDdos = (phase: Phase): boolean => phase === "ddos_l4" || phase === "ddos_l7";

interface Allowance {
  readonly custom: number;
  readonly ratelimit: number;
  readonly other: number;
  /** Seconds; undefined: any of the documented ones. */
  readonly periods: readonly number[] | undefined;
  readonly regex: boolean;
  readonly managed: boolean;
}

/** The limits that the plans' pages name; `other` counts per phase. */
export const ALLOWANCE: Readonly<Record<Plan, Allowance>> = {
  free: { custom: 5, ratelimit: 1, other: 10, periods: [10], regex: false, managed: false },
  pro: { custom: 20, ratelimit: 2, other: 25, periods: [10, 60], regex: false, managed: true },
  enterprise: {
    custom: 1000,
    ratelimit: 100,
    other: 300,
    periods: undefined,
    regex: true,
    managed: true,
  },
};

export function rulesMax(phase: Phase, plan: Plan): number {
  const { custom, ratelimit, other } = ALLOWANCE[plan];
  if (phase === "http_request_firewall_custom") return custom;
  if (phase === "http_ratelimit") return ratelimit;
  return phase === "http_request_firewall_managed" ? 1000 : other;
}
