/** A zone and an account that have drifted, with one text in every place of the live state that takes free text. */
import type { JsonObject } from "../../src/core/canonical.ts";
import type { GoldenState } from "../../src/core/golden.ts";
import type { Site } from "../../src/core/resource.ts";
import { entrypoint, liveRule, WAF } from "./kinds/entrypoint.ts";
import { itemsObject } from "../../src/core/kinds/ip-list.ts";
import { ACCOUNT, goldenAt, HARBOR, type Live } from "./kinds/whole-kind.ts";
import { record } from "./harbor.ts";

export interface Place {
  readonly site: Site;
  readonly golden: GoldenState;
  /** What was live when everything was in place. */
  readonly before: Live;
  /** What is live now, `text` wherever a person could have written it. */
  readonly live: (text: string) => Live;
}

const records = (text: string): readonly JsonObject[] => [
  // Declared, and edited by somebody: the comment and the tags were never declared.
  record("r1", { content: "192.0.2.1", ttl: 60, comment: text, tags: [text, `team:${text}`] }),
  // A declared text that was overwritten.
  record("r2", { name: "info.harbor.example", type: "TXT", content: text }),
  // A declared comment that was overwritten.
  record("r3", { name: "api.harbor.example", content: "192.0.2.3", comment: `x${text}` }),
  // Declared by nobody, and taken away.
  record("x1", { name: "spam.harbor.example", type: "TXT", content: text, comment: text }),
  record("x2", { name: "rogue.harbor.example", content: "198.51.100.2", comment: text }),
  record("x3", { name: "spam.harbor.example", type: "TXT", content: `${text}, too` }),
  record("x4", { name: "meta.harbor.example", content: "198.51.100.4", meta: { note: text } }),
];

const rules = (text: string): readonly JsonObject[] => [
  liveRule("mine", { expression: 'http.host eq "elsewhere"', description: text }),
  liveRule("theirs", {
    description: text,
    expression: `http.user_agent contains ${JSON.stringify(text)}`,
    action_parameters: {
      response: { status_code: 403, content_type: "text/plain", content: text },
    },
    categories: [text],
  }),
];

const ZONE_GOLDEN = goldenAt(
  HARBOR,
  {
    dns_record: [
      { name: "www", type: "A", content: "192.0.2.1", ttl: 300 },
      { name: "info", type: "TXT", content: "open all day" },
      { name: "api", type: "A", content: "192.0.2.3", comment: "the API" },
      { name: "gone", type: "A", content: "192.0.2.4" },
    ],
    zone_setting: { ssl: "strict" },
    waf_rule: [{ ref: "mine", action: "block", expression: 'http.host eq "mine"' }],
  },
  { unmanaged: { dns_record: "remove" } },
);

export const ZONE_PLACE: Place = {
  site: HARBOR,
  golden: ZONE_GOLDEN,
  before: {
    dns_record: [
      record("r1", { content: "192.0.2.1", ttl: 300 }),
      record("r2", { name: "info.harbor.example", type: "TXT", content: "open all day" }),
      record("r3", { name: "api.harbor.example", content: "192.0.2.3", comment: "the API" }),
      record("r4", { name: "gone.harbor.example", content: "192.0.2.4" }),
    ],
  },
  live: (text) => ({
    dns_record: records(text),
    zone_setting: [{ id: "ssl", value: "off", editable: true, note: text }],
    waf_rule: [entrypoint(WAF, rules(text), { name: text, description: text })],
  }),
};

const access = (text: string): JsonObject => ({
  id: "app1",
  name: "Back office",
  domain: "admin.harbor.example",
  type: "self_hosted",
  session_duration: "720h",
  custom_deny_message: text,
  logo_url: text,
  tags: [text],
  policies: [
    { id: "p1", name: "staff", decision: "allow", include: [{ email: { email: "a@b.example" } }] },
    { id: "p2", name: text, decision: "bypass", include: [{ everyone: {} }], purpose: text },
  ],
});

const gatewayRules = (text: string): readonly JsonObject[] =>
  [
    { id: "g1", name: "no ads", enabled: false, traffic: 'dns.fqdn == "ads.example"' },
    { id: "g2", name: `by hand ${text}`, enabled: true, traffic: text },
  ].map((rule, index) => ({
    ...rule,
    action: "block",
    filters: ["dns"],
    description: text,
    identity: "",
    device_posture: "",
    rule_settings: { block_reason: text },
    precedence: (index + 1) * 1_000,
    custom: text,
  }));

const ACCOUNT_GOLDEN = goldenAt(
  ACCOUNT,
  {
    ip_list: [{ name: "office", items: [{ ip: "192.0.2.0/24" }] }],
    gateway_rule: [
      {
        name: "no ads",
        action: "block",
        enabled: true,
        filters: ["dns"],
        traffic: 'dns.fqdn == "ads.example"',
        precedence: 1_000,
      },
    ],
    access_application: [
      {
        name: "Back office",
        domain: "admin.harbor.example",
        session_duration: "8h",
        policies: [
          { name: "staff", decision: "allow", include: [{ email: { email: "a@b.example" } }] },
        ],
      },
    ],
    worker: [
      {
        name: "shop",
        main_module: "worker.js",
        content: "export default {}",
        compatibility_date: "2026-01-01",
        bindings: [],
      },
    ],
    notification_policy: [
      {
        name: "attacks",
        alert_type: "dos_attack_l7",
        enabled: true,
        mechanisms: { email: ["ops@harbor.example"] },
      },
    ],
  },
  { unmanaged: { gateway_rule: "remove", kv_namespace: "remove", d1_database: "remove" } },
);

export const ACCOUNT_PLACE: Place = {
  // What people call an account is a text as well.
  site: ACCOUNT,
  golden: ACCOUNT_GOLDEN,
  before: {},
  live: (text) => {
    const list = { id: "l1", name: "office", kind: "ip", description: text };
    return {
      ip_list: [list, itemsObject(list, [{ id: "i1", ip: "192.0.2.7", comment: text }])],
      gateway_rule: gatewayRules(text),
      access_application: [access(text)],
      kv_namespace: [{ id: "k1", title: `sessions ${text}` }],
      d1_database: [{ id: "d1", name: `orders ${text}`, uuid: "d1" }],
      worker: [
        {
          id: "shop",
          settings: {
            compatibility_date: "2025-01-01",
            compatibility_flags: [],
            bindings: [{ name: "GREETING", type: "plain_text", text }],
            tags: [text],
          },
          code: {
            entry: "worker.js",
            modules: [
              { name: "worker.js", type: "application/javascript+module", text: `// ${text}` },
            ],
          },
        },
        // Nothing is done to it; a Worker's name has few characters, which does not keep it from speaking.
        { id: text.replaceAll(/[^\w-]/g, "-").slice(0, 63) || "other" },
      ],
      notification_policy: [
        {
          id: "n1",
          name: "attacks",
          alert_type: "dos_attack_l7",
          enabled: false,
          description: text,
          mechanisms: { email: [{ id: "ops@harbor.example" }] },
          filters: { note: [text] },
        },
      ],
    };
  },
};
