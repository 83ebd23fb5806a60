import { z } from "zod";
import type { JsonObject } from "../canonical.ts";
import { defineGoldenPath, listOf } from "./golden-path.ts";
import { flag, hostname, LIST_MAX } from "./parameters.ts";

const parameters = z
  .strictObject({
    default: z
      .enum(["allow", "deny"])
      .default("allow")
      .meta({ description: "what happens to names that are on no list" }),
    allowed_domains: z.array(hostname).max(LIST_MAX).default([]),
    blocked_domains: z.array(hostname).max(LIST_MAX).default([]),
    block_threats: flag(true, "malware, phishing and other security categories"),
    ssh_blocked: flag(false, "no SSH to the outside"),
  })
  .refine(({ default: all, allowed_domains: allowed }) => all === "allow" || allowed.length > 0, {
    path: ["allowed_domains"],
    message: "name what stays reachable, or everything stops",
  });
type Parameters = z.output<typeof parameters>;

/** Security categories of Cloudflare's, as its own templates name them. */
const THREATS = "68 80 83 117 131 151 153 175 176 178";
/** Before rules of the team's, which count in hundreds and thousands. */
const FIRST = 10;

const suffixes = (domains: readonly string[]): string =>
  [...new Set(domains)]
    .toSorted()
    .map((domain) => `"${domain}"`)
    .join(" ");

const rule = (name: string, precedence: number, members: JsonObject): JsonObject => ({
  name,
  enabled: true,
  precedence,
  ...members,
});

const inAny = (domains: readonly string[]): string =>
  `any(dns.domains[*] in {${suffixes(domains)}})`;

function rulesOf(given: Parameters): readonly JsonObject[] {
  return [
    ...(given.block_threats
      ? [
          rule("Egress: threats", FIRST, {
            action: "block",
            filters: ["dns"],
            traffic: `any(dns.security_category[*] in {${THREATS}})`,
          }),
        ]
      : []),
    ...(given.blocked_domains.length > 0
      ? [
          rule("Egress: blocked names", FIRST + 10, {
            action: "block",
            filters: ["dns"],
            traffic: inAny(given.blocked_domains),
          }),
        ]
      : []),
    ...(given.ssh_blocked
      ? [
          rule("Egress: SSH", FIRST + 20, {
            action: "block",
            filters: ["l4"],
            traffic: "net.dst.port == 22",
          }),
        ]
      : []),
    ...(given.default === "deny"
      ? [
          rule("Egress: all other names", FIRST + 30, {
            action: "block",
            filters: ["dns"],
            traffic: `not (${inAny(given.allowed_domains)})`,
          }),
        ]
      : []),
  ];
}

export const zeroTrustEgress = defineGoldenPath({
  name: "zero-trust-egress",
  version: 1,
  title: { en: "Zero-trust egress", ko: "제로 트러스트 이그레스" },
  summary: {
    en: "Gateway rules for what goes out: threats are stopped, names are allowed or blocked by list.",
    ko: "나가는 트래픽에 대한 Gateway 규칙: 위협 차단, 도메인 허용·차단 목록.",
  },
  needs: "account",
  parameters,
  instance: () => "",
  expand(given) {
    return {
      declares: { gateway_rule: rulesOf(given) },
      retires: {},
      notes: [
        "devices and networks have to send their traffic through Gateway",
        ...(given.default === "allow" && given.allowed_domains.length > 0
          ? ["`allowed_domains` matter only where everything else is denied"]
          : []),
      ],
    };
  },
  invariants: [
    {
      name: "something is blocked",
      holds: (declares) => listOf(declares["gateway_rule"]).length > 0,
    },
    {
      name: "what is named as allowed is blocked by no list",
      holds: (_, { allowed_domains: allowed, blocked_domains: blocked }) =>
        !allowed.some((domain) => blocked.includes(domain)),
    },
  ],
  cost: ["Zero Trust by the seat above 50 users"],
  risk: ["with `deny`, what is not listed stops at once for everybody"],
});
