/**
 * What a token can be given. Ids are the real ones where they are publicly known, otherwise they
 * depend on name and scope: look groups up by name, as on the real API.
 */
import { digestId } from "../model/identifiers.ts";

export type Scope =
  | "com.cloudflare.api.account"
  | "com.cloudflare.api.account.zone"
  | "com.cloudflare.api.user"
  | "com.cloudflare.edge.r2.bucket";

export interface PermissionGroup {
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly scopes: readonly [Scope];
  /** What it opens here; empty for products that the sandbox does not have. */
  readonly rights: readonly string[];
}

/** One product's groups; `areas` are those of `needs` in the operations. */
interface Line {
  readonly name: string;
  readonly category: string;
  readonly areas?: readonly string[];
  /** Read group, then write group. */
  readonly ids?: readonly [read: string, write: string];
  readonly verbs?: readonly ("Read" | "Write")[];
}

const ZONE_LINES: readonly Line[] = [
  {
    name: "DNS",
    category: "dns_and_zones",
    areas: ["dns"],
    ids: ["82e64a83756745bbbb1c9c2701bf816b", "4755a26eedb94da69e1066d98aa820be"],
  },
  {
    name: "Zone",
    category: "dns_and_zones",
    areas: ["zone"],
    ids: ["c8fed203ed3043cba015a93ad1616f1f", "e6d2666161e84845a636613608cee8d5"],
  },
  {
    name: "Zone Settings",
    category: "dns_and_zones",
    areas: ["zone_settings"],
    ids: ["517b21aee92c4d89936c976ba6e4be55", "3030687196b94b638145a3953da2b699"],
  },
  {
    name: "Workers Routes",
    category: "developer_platform",
    areas: ["workers"],
    ids: ["2072033d694d415a936eaeb94e6405b8", "28f4b596e7d643029c524985477ae49a"],
  },
  { name: "Zone WAF", category: "app_security", areas: ["rulesets"] },
  { name: "Firewall Services", category: "app_security", areas: ["access_rules"] },
  { name: "Cache Settings", category: "cache_and_performance", areas: ["rulesets"] },
  { name: "Config Settings", category: "rules_and_configuration", areas: ["rulesets"] },
  { name: "Dynamic URL Redirects", category: "rules_and_configuration", areas: ["rulesets"] },
  { name: "Origin", category: "rules_and_configuration", areas: ["rulesets"] },
  { name: "Zone Transform Rules", category: "rules_and_configuration", areas: ["rulesets"] },
  { name: "SSL and Certificates", category: "app_security" },
  { name: "Page Rules", category: "rules_and_configuration", areas: ["page_rules"] },
  { name: "Cache Purge", category: "cache_and_performance", verbs: ["Write"] },
  { name: "Analytics", category: "analytics_and_logs", verbs: ["Read"] },
];

const ACCOUNT_LINES: readonly Line[] = [
  {
    name: "Account Settings",
    category: "account_and_billing",
    areas: ["account", "audit"],
    ids: ["c1fde68c7bcc44588cbb6ddbc16d6480", "1af1fa2adc104452b74a9a3364202f20"],
  },
  { name: "Account API Tokens", category: "account_and_billing", areas: ["tokens"] },
  { name: "Zero Trust", category: "cloudflare_one_and_zero_trust", areas: ["gateway"] },
  {
    name: "Access: Apps and Policies",
    category: "cloudflare_one_and_zero_trust",
    areas: ["access"],
  },
  {
    name: "Workers Scripts",
    category: "developer_platform",
    areas: ["workers"],
    ids: ["1a71c399035b4950a1bd1466bbe4f420", "e086da7e2179491d91ee5f35b3ca210a"],
  },
  {
    name: "Workers KV Storage",
    category: "developer_platform",
    areas: ["kv"],
    ids: ["8b47d2786a534c08a1f94ee8f9f599ef", "f7f0eda5697f475c90846e879bab8666"],
  },
  {
    name: "Workers R2 Storage",
    category: "developer_platform",
    areas: ["r2"],
    ids: ["b4992e1108244f5d8bfbd5744320c2e1", "bf7481a1826f439697cb59a20b22293e"],
  },
  {
    name: "D1",
    category: "developer_platform",
    areas: ["d1"],
    ids: ["192192df92ee43ac90f2aeeffce67e35", "09b2857d1c31407795e75e3fed8617a1"],
  },
  { name: "Queues", category: "developer_platform" },
  { name: "Account Rulesets", category: "rules_and_configuration", areas: ["rulesets"] },
  { name: "Account WAF", category: "app_security", areas: ["rulesets"] },
  { name: "Account Filter Lists", category: "app_security", areas: ["lists"] },
  { name: "Account Firewall Access Rules", category: "app_security", areas: ["access_rules"] },
  { name: "Notifications", category: "account_and_billing", areas: ["notifications"] },
  { name: "Logs", category: "analytics_and_logs" },
  { name: "Account Analytics", category: "analytics_and_logs", verbs: ["Read"] },
  { name: "AI Gateway", category: "ai_and_machine_learning" },
  { name: "Billing", category: "account_and_billing" },
];

const USER_LINES: readonly Line[] = [
  {
    name: "API Tokens",
    category: "account_and_billing",
    areas: ["tokens"],
    ids: ["0cc3a61731504c89b99ec1be78b77aa0", "686d18d5ac6c441c867cbf6771e58a0a"],
  },
  { name: "User Details", category: "account_and_billing" },
  { name: "Memberships", category: "account_and_billing" },
];

const BUCKET_LINES: readonly Line[] = [
  {
    name: "Workers R2 Storage Bucket Item",
    category: "developer_platform",
    ids: ["6a018a9f2fc74eb6b293b0c548f38b39", "2efd5506f9c8494dacb1fa10a3e7d5b6"],
  },
];

function groups(scope: Scope, lines: readonly Line[]): PermissionGroup[] {
  return lines.flatMap(({ name, category, areas = [], ids, verbs = ["Read", "Write"] }) =>
    verbs.map((verb): PermissionGroup => {
      const isRead = verb === "Read";
      const fullName = name === "Cache Purge" ? name : `${name} ${verb}`;
      return {
        id: (isRead ? ids?.[0] : ids?.[1]) ?? digestId("permission group", scope, fullName),
        name: fullName,
        category,
        scopes: [scope],
        // Whoever may write may read, as "Edit" in the dashboard.
        rights: areas.flatMap((area) =>
          isRead ? [`${area}:read`] : [`${area}:read`, `${area}:write`],
        ),
      };
    }),
  );
}

export const PERMISSION_GROUPS: readonly PermissionGroup[] = [
  ...groups("com.cloudflare.api.account.zone", ZONE_LINES),
  ...groups("com.cloudflare.api.account", ACCOUNT_LINES),
  ...groups("com.cloudflare.api.user", USER_LINES),
  ...groups("com.cloudflare.edge.r2.bucket", BUCKET_LINES),
].toSorted((a, b) => (a.name < b.name ? -1 : 1));

const BY_ID = new Map(PERMISSION_GROUPS.map((group) => [group.id, group]));

export const permissionGroup = (id: string): PermissionGroup | undefined => BY_ID.get(id);
