/** What protects, speeds up and redirects the shop. */
import type { Phase } from "../rulesets/phases.ts";

/** A rule as a client would send it, with the ref that its maker chose. */
type RuleSeed = Readonly<Record<string, unknown>> & { readonly ref: string };

export const OFFICE_IPS = [
  { ip: "192.0.2.50", comment: "Hamburg" },
  { ip: "198.51.100.64/28", comment: "Rotterdam" },
  { ip: "2001:db8:50::/48", comment: "Hamburg, IPv6" },
];

export const HARBOR_BOOKS_RULES: Readonly<Partial<Record<Phase, readonly RuleSeed[]>>> = {
  http_request_firewall_custom: [
    {
      ref: "block-admin-outside-office",
      action: "block",
      expression: 'starts_with(http.request.uri.path, "/admin") and not ip.src in $office_ips',
      description: "the back office is for the offices",
    },
    {
      ref: "challenge-checkout-bots",
      action: "managed_challenge",
      expression: '(http.request.uri.path eq "/checkout" and cf.threat_score gt 10)',
      description: "card testing",
    },
    {
      ref: "skip-healthchecks",
      action: "skip",
      action_parameters: { phases: ["http_ratelimit"], products: ["uaBlock"] },
      expression: '(http.request.uri.path eq "/healthz" and ip.src in {192.0.2.0/28})',
      description: "our own monitoring",
    },
  ],
  http_ratelimit: [
    {
      ref: "limit-login",
      action: "block",
      expression: '(http.request.uri.path eq "/login" and http.request.method eq "POST")',
      description: "password guessing",
      ratelimit: {
        characteristics: ["ip.src"],
        period: 60,
        requests_per_period: 20,
        mitigation_timeout: 600,
      },
    },
  ],
  http_request_firewall_managed: [
    {
      ref: "execute-cloudflare-managed",
      action: "execute",
      expression: "true",
      description: "Cloudflare Managed Ruleset",
      action_parameters: {
        id: "efb7b8c949ac4650a09736fc376e9aee",
        overrides: {
          categories: [{ category: "wordpress", enabled: false }],
          rules: [{ id: "5de7edfa648c4d6891dc3e7f84534ffa", action: "block", enabled: true }],
        },
      },
    },
  ],
  http_request_cache_settings: [
    {
      ref: "cache-covers",
      action: "set_cache_settings",
      expression: 'starts_with(http.request.uri.path, "/covers/")',
      description: "book covers never change",
      action_parameters: {
        cache: true,
        edge_ttl: { mode: "override_origin", default: 604_800 },
        cache_key: { custom_key: { query_string: { include: { list: ["w", "h"] } } } },
      },
    },
    {
      ref: "bypass-account",
      action: "set_cache_settings",
      expression:
        '(starts_with(http.request.uri.path, "/account") or http.cookie contains "cart=")',
      description: "never share what is personal",
      action_parameters: { cache: false },
    },
  ],
  http_request_dynamic_redirect: [
    {
      ref: "redirect-old-catalogue",
      action: "redirect",
      expression: 'starts_with(http.request.uri.path, "/catalogue/")',
      description: "the catalogue moved in 2025",
      action_parameters: {
        from_value: {
          target_url: {
            expression:
              'concat("https://harbor-books.example/books/", substring(http.request.uri.path, 11))',
          },
          status_code: 301,
          preserve_query_string: true,
        },
      },
    },
  ],
  http_response_headers_transform: [
    {
      ref: "security-headers",
      action: "rewrite",
      expression: "true",
      description: "headers that every page needs",
      action_parameters: {
        headers: {
          "referrer-policy": { operation: "set", value: "strict-origin-when-cross-origin" },
          "x-frame-options": { operation: "set", value: "DENY" },
          "x-powered-by": { operation: "remove" },
        },
      },
    },
  ],
};
