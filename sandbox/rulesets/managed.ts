/** Cloudflare's own rulesets, as far as a reconciler meets them: readable, executable, fixed. */
import type { Phase } from "./phases.ts";
import type { StoredRuleset } from "./ruleset.ts";
import type { StoredRule } from "./rule.ts";

const UPDATED_AT = "2026-02-17T10:22:31.104417Z";

interface ManagedRule {
  readonly id: string;
  readonly description: string;
  readonly categories: readonly string[];
  readonly action?: "block" | "log" | "managed_challenge" | "score";
  readonly enabled?: boolean;
}

interface ManagedRuleset {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly phase: Phase;
  readonly version: string;
  readonly rules: readonly ManagedRule[];
}

const MANAGED: readonly ManagedRuleset[] = [
  {
    id: "efb7b8c949ac4650a09736fc376e9aee",
    name: "Cloudflare Managed Ruleset",
    description: "Created by the Cloudflare security team, for fast and effective protection",
    phase: "http_request_firewall_managed",
    version: "214",
    rules: [
      {
        id: "5de7edfa648c4d6891dc3e7f84534ffa",
        description: "Log4j headers",
        categories: ["log4j", "cve-2021-44228"],
      },
      {
        id: "ec42fb5d22a94f319a3e00fde0adc03b",
        description: "SSRF to a cloud metadata service",
        categories: ["ssrf"],
      },
      {
        id: "e3a567afc347477d9702d9047e97d760",
        description: "Version control information disclosure",
        categories: ["file-inclusion", "information-disclosure"],
      },
      {
        id: "c3ef36e6a2d24a1d8a1f5a31c2a4b2d7",
        description: "WordPress login brute force",
        categories: ["wordpress"],
        action: "managed_challenge",
      },
      {
        id: "a1a2b57f6d3b4d0f9f6a5d9d1c0e8b34",
        description: "SQL injection, generic comments",
        categories: ["sqli"],
      },
      {
        id: "0242110ae62e44028a13bf4834780914",
        description: "Anomaly in the URL of an API",
        categories: ["broken-access-control"],
        enabled: false,
      },
    ],
  },
  {
    id: "4814384a9e5d4991b9815dcfc25d2f1f",
    name: "Cloudflare OWASP Core Ruleset",
    description: "Cloudflare's implementation of the OWASP ModSecurity Core Rule Set",
    phase: "http_request_firewall_managed",
    version: "89",
    rules: [
      {
        id: "1129dfb383bb42e48466488cf3b37cb1",
        description: "911100: method is not allowed by policy",
        categories: ["paranoia-level-1"],
        action: "score",
      },
      {
        id: "04116d14d7524986ba314d11c8a41e11",
        description: "942100: SQL injection attack detected",
        categories: ["paranoia-level-1"],
        action: "score",
      },
      {
        id: "6ff94f5a2a9c4a1f8d7a1f4a7a3c2b55",
        description: "920273: invalid character in request",
        categories: ["paranoia-level-4"],
        action: "score",
        enabled: false,
      },
      {
        id: "6179ae15870a4bb7b2d480d4843b323c",
        description: "949110: inbound anomaly score exceeded",
        categories: [],
      },
    ],
  },
];

function managedRule(rule: ManagedRule): StoredRule {
  const { id, description, categories, action = "block", enabled = true } = rule;
  return {
    id,
    version: "1",
    action,
    ...(action === "score" ? { action_parameters: { increment: 5 } } : {}),
    // The expressions of managed rules are not shown to anybody.
    expression: "",
    description,
    enabled,
    ref: id,
    last_updated: UPDATED_AT,
    ...(categories.length === 0 ? {} : { categories }),
  };
}

export const MANAGED_RULESETS: readonly StoredRuleset[] = MANAGED.map((ruleset) => ({
  ...ruleset,
  kind: "managed",
  last_updated: UPDATED_AT,
  rules: ruleset.rules.map(managedRule),
}));
