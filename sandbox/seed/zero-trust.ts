/** Gateway rules, an Access application, tokens and notifications of the default account. */
import { ACCESS_APPLICATION, acceptFields, ApplicationInput } from "../access/application.ts";
import { IDENTITY_PROVIDER } from "../access/identity-provider.ts";
import { ACCESS_POLICY, acceptPolicy } from "../access/policy.ts";
import { GATEWAY_LIST, mergedItems } from "../gateway/list.ts";
import { acceptRule, GATEWAY_RULE, type RuleInput } from "../gateway/rule.ts";
import { ACCOUNT_ID } from "../identities.ts";
import { digestId, digestUuid } from "../model/identifiers.ts";
import { acceptUrl, WEBHOOK } from "../notifications/destination.ts";
import {
  acceptPolicy as acceptNotification,
  NOTIFICATION_POLICY,
} from "../notifications/policy.ts";
import { DEFAULT_OPTIONS } from "../options.ts";
import { PERMISSION_GROUPS } from "../tokens/permission-groups.ts";
import { API_TOKEN, type StoredToken } from "../tokens/token.ts";
import type { World } from "../world.ts";
import { HARBOR_BOOKS } from "./harbor-books.ts";
import { SEEDED_AT } from "./planting.ts";

export function plantZeroTrust(world: World): void {
  plantGateway(world);
  plantAccess(world);
  plantTokens(world);
  plantNotifications(world);
}

const PARTNERS = digestUuid("gateway list", "Payment partners");

const RULES: readonly RuleInput[] = [
  {
    name: "Block malware and phishing",
    description: "security categories, for everybody",
    action: "block",
    enabled: true,
    filters: ["dns"],
    precedence: 1000,
    traffic: "any(dns.security_category[*] in {68 80 83 117 131 151 153 175 176 178})",
    rule_settings: { block_page_enabled: true, block_reason: "known to be dangerous" },
  },
  {
    name: "Do not inspect payment partners",
    description: "their certificates are pinned",
    action: "off",
    enabled: true,
    filters: ["http"],
    precedence: 2000,
    traffic: `any(http.conn.domains[*] in $${PARTNERS.replaceAll("-", "")})`,
  },
  {
    name: "SSH from the office only",
    action: "block",
    enabled: true,
    filters: ["l4"],
    precedence: 3000,
    traffic: "net.dst.port == 22 and not (net.src.ip in {203.0.113.0/24})",
  },
];

function plantGateway(world: World): void {
  const items = ["pay.example", "cards.example"].map((value) => ({ value }));
  world.store.shelf(GATEWAY_LIST, ACCOUNT_ID).put({
    id: PARTNERS,
    name: "Payment partners",
    description: "",
    type: "DOMAIN",
    items: mergedItems({ type: "DOMAIN", items: [] }, items, SEEDED_AT),
    created_at: SEEDED_AT,
    updated_at: SEEDED_AT,
  });
  for (const input of RULES) {
    const id = digestUuid("gateway rule", input.name);
    const before = { id, version: 0, created_at: SEEDED_AT, precedence: 0 };
    const setting = { options: DEFAULT_OPTIONS, timestamp: SEEDED_AT, nextPrecedence: 0 };
    world.store.shelf(GATEWAY_RULE, ACCOUNT_ID).put(acceptRule(input, before, setting));
  }
}

function plantAccess(world: World): void {
  world.store.shelf(IDENTITY_PROVIDER, ACCOUNT_ID).put({
    id: digestUuid("identity provider", "onetimepin"),
    name: "",
    type: "onetimepin",
    config: {},
    scim_config: {},
  });
  const domain = `admin.${HARBOR_BOOKS.name}`;
  const policyId = digestUuid("access policy", "Staff");
  const staff = {
    name: "Staff with a security key",
    decision: "allow",
    include: [{ email_domain: { domain: HARBOR_BOOKS.name } }],
    require: [{ auth_method: { auth_method: "swk" } }],
    session_duration: "12h",
  } as const;
  const policy = acceptPolicy(
    { ...staff, include: [...staff.include], require: [...staff.require] },
    { id: policyId, created_at: SEEDED_AT },
    SEEDED_AT,
  );
  world.store.shelf(ACCESS_POLICY, ACCOUNT_ID).put(policy);
  const input = ApplicationInput.parse({
    name: "Shop administration",
    type: "self_hosted",
    domain,
    session_duration: "12h",
    tags: ["shop", "pci"],
  });
  world.store.shelf(ACCESS_APPLICATION, ACCOUNT_ID).put({
    id: digestUuid("access application", domain),
    aud: `${digestId("aud", domain, "1")}${digestId("aud", domain, "2")}`,
    name: "Shop administration",
    type: "self_hosted",
    domain,
    links: [{ id: policyId, precedence: 1 }],
    fields: acceptFields(input, domain),
    created_at: SEEDED_AT,
    updated_at: SEEDED_AT,
  });
}

const groupNamed = (name: string): { id: string } => {
  const group = PERMISSION_GROUPS.find((candidate) => candidate.name === name);
  if (group === undefined) throw new Error(`there is no permission group ${name}`);
  return { id: group.id };
};

/** Their values are nobody's: they can be seen, changed and revoked, not used. */
function plantTokens(world: World): void {
  const account = `com.cloudflare.api.account.${ACCOUNT_ID}`;
  plantToken(world, "ci-deploy", {
    expires_on: "2027-06-30T00:00:00Z",
    policies: [
      {
        id: digestId("token policy", "ci-deploy"),
        effect: "allow",
        resources: { [account]: "*" },
        permission_groups: [groupNamed("Workers Scripts Write")],
      },
    ],
  });
  plantToken(world, "dns-dashboard", {
    condition: { "request.ip": { in: ["198.51.100.0/24"] } },
    policies: [
      {
        id: digestId("token policy", "dns-dashboard"),
        effect: "allow",
        resources: { "com.cloudflare.api.account.zone.*": "*" },
        permission_groups: [groupNamed("DNS Read"), groupNamed("Zone Read")],
      },
    ],
  });
}

function plantToken(
  world: World,
  name: string,
  rest: Pick<StoredToken, "policies"> & Partial<StoredToken>,
): void {
  const id = digestId("api token", name);
  world.store.shelf(API_TOKEN, ACCOUNT_ID).put({
    id,
    owner: "account",
    name,
    secret_digest: `unknown ${id}`,
    status: "active",
    issued_on: "2026-03-02T09:14:05Z",
    modified_on: "2026-03-02T09:14:05Z",
    ip_address: "198.51.100.20",
    ...rest,
  });
}

function plantNotifications(world: World): void {
  const webhook = digestId("webhook", "driftless");
  world.store.shelf(WEBHOOK, ACCOUNT_ID).put({
    id: webhook,
    name: "driftless",
    ...acceptUrl("https://driftless.example/webhooks/cloudflare/notifications"),
    secret: "dev-webhook-secret",
    created_at: SEEDED_AT,
    last_success: SEEDED_AT,
  });
  const email = [{ id: "oncall@harbor-books.example" }];
  const policies = world.store.shelf(NOTIFICATION_POLICY, ACCOUNT_ID);
  for (const input of [
    {
      name: "Origin errors of the shop",
      alert_type: "http_alert_origin_error",
      enabled: true,
      mechanisms: { email, webhooks: [{ id: webhook }] },
      filters: { zones: [HARBOR_BOOKS.id ?? ""], slo: ["99.9"] },
    },
    {
      name: "Attacks on the shop",
      alert_type: "advanced_ddos_attack_l7_alert",
      enabled: true,
      mechanisms: { webhooks: [{ id: webhook }] },
    },
  ]) {
    const id = digestId("notification policy", input.name);
    const times = { created: SEEDED_AT, modified: SEEDED_AT };
    policies.put({ id, ...acceptNotification(input), ...times });
  }
}
