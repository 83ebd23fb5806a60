import * as fc from "fast-check";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { entrypoint, liveRule } from "./entrypoint.ts";

const ratelimit = {
  characteristics: ["cf.colo.id", "ip.src"],
  period: 60,
  requests_per_period: 20,
  mitigation_timeout: 600,
};
const redirect = {
  from_value: { target_url: { value: "https://a.example/${1}" }, status_code: 302 },
};
const header = { headers: { "x-a": { operation: "set", value: "1" } } };

/** Bodies of rules by kind and phase, as the API shows them. */
const BODIES: Readonly<Record<string, Readonly<Record<string, readonly JsonObject[]>>>> = {
  waf_rule: {
    http_request_firewall_custom: [
      { action: "block" },
      { action: "block", action_parameters: {} },
      { action: "managed_challenge", expression: 'http.host eq "a\\"b"' },
      { action: "skip", action_parameters: { products: ["waf"] }, logging: { enabled: false } },
      { action: "skip", action_parameters: { phase: "current", products: ["waf"] } },
    ],
  },
  rate_limit_rule: { http_ratelimit: [{ action: "block", ratelimit }] },
  managed_ruleset: {
    http_request_firewall_managed: [
      {
        action: "execute",
        action_parameters: { id: "efb7b8c949ac4650a09736fc376e9aee", version: "latest" },
      },
    ],
  },
  cache_rule: {
    http_request_cache_settings: [
      { action: "set_cache_settings", action_parameters: { cache: false } },
    ],
  },
  redirect_rule: {
    http_request_dynamic_redirect: [{ action: "redirect", action_parameters: redirect }],
  },
  header_rule: {
    http_request_late_transform: [{ action: "rewrite", action_parameters: header }],
    http_response_headers_transform: [{ action: "rewrite", action_parameters: header }],
  },
};

/** What every kind has to live with: other actions, names of the dashboard, what the API adds by itself. */
const TRIMMINGS: readonly JsonObject[] = [
  {},
  { enabled: false },
  { description: "made by hand" },
  { description: "" },
  { logging: { enabled: true } },
  { categories: ["future"] },
  { action: "of_tomorrow" },
  { ref: "NOT-DECLARABLE" },
];

const rulesOf = (bodies: readonly JsonObject[]): fc.Arbitrary<readonly JsonObject[]> =>
  fc
    .array(fc.tuple(fc.constantFrom(...bodies), fc.constantFrom(...TRIMMINGS)), { maxLength: 5 })
    .map((given) =>
      given.map(([body, trimming], index) => {
        const rule = liveRule(`r${index}`, { ...body, ...trimming });
        return trimming["ref"] === undefined ? rule : { ...rule, ref: `NOT-DECLARABLE-${index}` };
      }),
    );

/** The entrypoints of a kind's phases, as the reader gives them. */
export const LIVE_RULES: Readonly<Record<string, fc.Arbitrary<readonly JsonObject[]>>> =
  Object.fromEntries(
    Object.entries(BODIES).map(([kind, phases]) => [
      kind,
      fc
        .tuple(...Object.values(phases).map(rulesOf))
        .map((all) =>
          Object.keys(phases).map((phase, index) => entrypoint(phase, all[index] ?? [])),
        ),
    ]),
  );
