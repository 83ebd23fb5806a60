import { describe, expect, it } from "vitest";
import { codeOf, describeFinding, type Finding, violationsIn } from "../../../src/core/check.ts";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { directionOf } from "../../../src/core/invariants/weakened-protection.ts";
import { itemsObject } from "../../../src/core/kinds/ip-list.ts";
import { bucketObject, lockObject } from "../../../src/core/kinds/r2-bucket.ts";
import { record, setting } from "../harbor.ts";
import { entrypoint, liveRule, WAF } from "../kinds/entrypoint.ts";
import { ACCOUNT, HARBOR, type Live, observed } from "../kinds/whole-kind.ts";

const findings = (before: Live, after: Live, protectedNames: readonly string[] = []) => {
  const zone = Object.keys({ ...before, ...after }).some((kind) => ZONE_KINDS.has(kind));
  const site = zone ? HARBOR : ACCOUNT;
  return violationsIn({
    site,
    before: observed(site, before),
    after: observed(site, after),
    kinds: new Set(Object.keys({ ...before, ...after })),
    protectedNames,
    leased: new Set(),
  });
};
const ZONE_KINDS = new Set(
  "dns_record zone_setting waf_rule rate_limit_rule managed_ruleset header_rule".split(" "),
);

const shown = (finding: Finding): string =>
  finding.type === "invariant"
    ? `${finding.severity} ${codeOf(finding)} ${finding.effect}`
    : finding.type;
const seen = (...of: Parameters<typeof findings>): readonly string[] => [
  ...new Set(findings(...of).map(shown)),
];

const zoneSetting = (id: string, value: JsonObject | string | number): Live => ({
  zone_setting: [setting(id, value)],
});
const hsts = (members: JsonObject): Live =>
  zoneSetting("security_header", {
    strict_transport_security: { enabled: true, max_age: 100, nosniff: true, ...members },
  });
const rules = (kind: string, phase: string, all: readonly JsonObject[]): Live => ({
  [kind]: [entrypoint(phase, all)],
});
const waf = (...all: readonly JsonObject[]): Live => rules("waf_rule", WAF, all);
const limited = (members: JsonObject): Live =>
  rules("rate_limit_rule", "http_ratelimit", [
    liveRule("login", {
      ratelimit: {
        characteristics: ["ip.src"],
        period: 60,
        requests_per_period: 20,
        mitigation_timeout: 600,
        ...members,
      },
    }),
  ]);
const managed = (overrides: JsonObject): Live =>
  rules("managed_ruleset", "http_request_firewall_managed", [
    liveRule("cf", {
      action: "execute",
      action_parameters: { id: "efb7b8c949ac4650a09736fc376e9aee", overrides },
    }),
  ]);
const header = (operation: JsonObject | null): Live =>
  rules("header_rule", "http_response_headers_transform", [
    liveRule("sec", {
      action: "rewrite",
      action_parameters: {
        headers: {
          ...(operation === null ? {} : { "X-Frame-Options": operation }),
          "x-a": { operation: "remove" },
        },
      },
    }),
  ]);
const skip = liveRule("skip", { action: "skip", action_parameters: { products: ["waf"] } });

const staff = { id: "p1", name: "staff", decision: "allow", include: [{ group: { id: "g1" } }] };
const app = (members: JsonObject): Live => ({
  access_application: [
    {
      id: "a1",
      name: "admin",
      domain: "admin.harbor.example",
      type: "self_hosted",
      policies: [staff],
      ...members,
    },
  ],
});
const gateway = (members: JsonObject): Live => ({
  gateway_rule: [
    {
      id: "g1",
      name: "malware",
      action: "block",
      enabled: true,
      filters: ["dns"],
      traffic: "any(dns.security_category[*] in {80})",
      precedence: 1_000,
      ...members,
    },
  ],
});
const list = (...items: readonly string[]): Live => {
  const object = { id: "l1", name: "office", kind: "ip" };
  return {
    ip_list: [
      object,
      itemsObject(
        object,
        items.map((ip) => ({ id: ip, ip })),
      ),
    ],
  };
};
const lock = (...locks: readonly JsonObject[]): Live => ({
  r2_bucket: [bucketObject({ name: "books" }), lockObject("books", "default", locks)],
});
const age = (maxAgeSeconds: number, more: JsonObject = {}): JsonObject => ({
  id: "keep",
  enabled: true,
  prefix: "tax/",
  condition: { type: "Age", maxAgeSeconds },
  ...more,
});

const records = (...all: readonly JsonObject[]): Live => ({
  dns_record: all.map((members, index) => record(`r${index}`, members)),
});
const named = (label: string, type: string, more: JsonObject): JsonObject => ({
  name: label === "@" ? "harbor.example" : `${label}.harbor.example`,
  type,
  ...more,
});
const apex = named("@", "A", { content: "192.0.2.1" });
const www = named("www", "A", { content: "192.0.2.2" });
const mail = named("@", "MX", { content: "mx.example.net", priority: 10 });
const caa = (value: string): JsonObject =>
  named("@", "CAA", { data: { flags: 0, tag: "issue", value } });

const weakened = "person protection_weakened loosens";
const perhaps = "note protection_weakened loosens";

describe("what protects less than before is found", () => {
  it.each<[string, Live, Live, string]>([
    ["SSL mode lowered", zoneSetting("ssl", "strict"), zoneSetting("ssl", "full"), weakened],
    [
      "TLS minimum lowered",
      zoneSetting("min_tls_version", "1.3"),
      zoneSetting("min_tls_version", "1.2"),
      weakened,
    ],
    [
      "a security level lowered",
      zoneSetting("security_level", "under_attack"),
      zoneSetting("security_level", "medium"),
      weakened,
    ],
    [
      "HTTPS no longer enforced",
      zoneSetting("always_use_https", "on"),
      zoneSetting("always_use_https", "off"),
      weakened,
    ],
    ["HSTS off", hsts({}), hsts({ enabled: false }), weakened],
    ["HSTS shorter", hsts({}), hsts({ max_age: 5 }), weakened],
    [
      "a setting of unknown strength",
      zoneSetting("ssl", "strict"),
      zoneSetting("ssl", "of_tomorrow"),
      perhaps,
    ],
    ["a rule that blocks is gone", waf(liveRule("a")), waf(), weakened],
    [
      "a rule that blocks is off",
      waf(liveRule("a")),
      waf(liveRule("a", { enabled: false })),
      weakened,
    ],
    [
      "a rule that blocks only logs",
      waf(liveRule("a")),
      waf(liveRule("a", { action: "log" })),
      weakened,
    ],
    ["a rule that skips is new", waf(), waf(skip), perhaps],
    [
      "a rule skips more",
      waf(skip),
      waf({ ...skip, action_parameters: { products: ["waf", "bic"] } }),
      weakened,
    ],
    [
      "a rule is for other requests",
      waf(liveRule("a")),
      waf(liveRule("a", { expression: "x" })),
      perhaps,
    ],
    ["a rate limit allows more", limited({}), limited({ requests_per_period: 21 }), weakened],
    ["a rate limit forgives sooner", limited({}), limited({ mitigation_timeout: 60 }), weakened],
    [
      "a managed rule is off",
      managed({}),
      managed({ rules: [{ id: "r", enabled: false }] }),
      weakened,
    ],
    ["a managed ruleset only logs", managed({}), managed({ action: "log" }), weakened],
    [
      "a header is no longer set",
      header({ operation: "set", value: "DENY" }),
      header(null),
      weakened,
    ],
    ["a header is taken out", header(null), header({ operation: "remove" }), weakened],
    ["an application is gone", app({}), { access_application: [] }, weakened],
    [
      "everybody is let in",
      app({}),
      app({ policies: [{ ...staff, include: [{ everyone: {} }] }] }),
      weakened,
    ],
    [
      "a policy requires less",
      app({ policies: [{ ...staff, require: [{ geo: { country_code: "DE" } }] }] }),
      app({}),
      weakened,
    ],
    [
      "a policy that denies is gone",
      app({ policies: [{ ...staff, name: "no", decision: "deny" }, staff] }),
      app({}),
      weakened,
    ],
    [
      "a bypass is new",
      app({}),
      app({ policies: [staff, { ...staff, id: "p2", name: "x", decision: "bypass" }] }),
      weakened,
    ],
    ["cookies are open to scripts", app({}), app({ http_only_cookie_attribute: false }), weakened],
    ["a Gateway block is off", gateway({}), gateway({ enabled: false }), weakened],
    ["Gateway stops inspecting", gateway({ action: "on" }), gateway({ action: "off" }), weakened],
    ["a list is emptied", list("192.0.2.0/24"), list(), weakened],
    ["a bucket lock is gone", lock(age(60)), lock(), weakened],
    ["a bucket lock is shorter", lock(age(60)), lock(age(59)), weakened],
    ["a bucket lock is narrower", lock(age(60)), lock(age(60, { prefix: "tax/2026/" })), weakened],
    [
      "a record leaves the proxy",
      records({ ...www, proxied: true }),
      records({ ...www, proxied: false }),
      perhaps,
    ],
    [
      "the last CAA record is gone",
      records(caa("letsencrypt.org")),
      records(),
      "person certificate_authorities loosens",
    ],
    [
      "one more authority",
      records(caa("letsencrypt.org")),
      records(caa("letsencrypt.org"), caa("example.net")),
      "note certificate_authorities loosens",
    ],
  ])("%s", (...[, before, after, expected]) => {
    expect(seen(before, after)).toEqual([expected]);
  });

  it("asks the other way round as well: what strengthens is no finding, and has a direction", () => {
    expect(seen(waf(), waf(liveRule("a")))).toEqual([]);
    expect(seen(zoneSetting("ssl", "off"), zoneSetting("ssl", "strict"))).toEqual([]);
    const turn = (before: Live, after: Live) => {
      const [was, is] = [observed(HARBOR, before)[0], observed(HARBOR, after)[0]];
      if (!was || !is) throw new Error("nothing there");
      return { kind: was.kind, identity: was.identity, before: was.fields, after: is.fields };
    };
    const [off, strict] = [zoneSetting("ssl", "off"), zoneSetting("ssl", "strict")];
    expect(directionOf(turn(off, strict), "loosen")).toBe("tighten");
    expect(directionOf(turn(strict, off), "neutral")).toBe("loosen");
    expect(directionOf(turn(strict, strict), "loosen")).toBe("neutral");
    const moved = turn(waf(liveRule("a")), waf(liveRule("a", { expression: "x" })));
    expect(directionOf(moved, "loosen")).toBe("loosen");
    expect(directionOf(moved, "neutral")).toBe("neutral");
  });

  it("leaves the end of a guardrail alone: its lease was its reason", () => {
    expect(seen(waf(liveRule("guardrail-0a1b")), waf())).toEqual([]);
  });
});

describe("what would lock somebody out is found", () => {
  it.each<[string, Live, Live, string]>([
    ["the apex leads nowhere", records(apex, www), records(), "person name_unreachable locks_out"],
    [
      "the last mail server is gone",
      records(apex, mail),
      records(apex),
      "person mail_unreachable locks_out",
    ],
    [
      "certificates cannot be renewed",
      records(caa("letsencrypt.org")),
      records(caa("ca.example.net")),
      "person certificate_authorities locks_out",
    ],
    [
      "certificates cannot be issued",
      records(),
      records(caa(";")),
      "person certificate_authorities locks_out",
    ],
    [
      "everybody is blocked",
      waf(),
      waf(liveRule("a", { expression: "(true)" })),
      "person everybody_blocked locks_out",
    ],
    [
      "nobody is let in",
      app({}),
      app({ policies: [{ ...staff, decision: "deny" }] }),
      "person access_closed locks_out",
    ],
    [
      "our own Worker would change",
      { worker: [{ id: "driftless-vault" }] },
      { worker: [] },
      "person own_access locks_out",
    ],
    [
      "our own domain would lead elsewhere",
      {
        worker_domain: [
          {
            id: "d1",
            hostname: "ops.harbor.example",
            service: "driftless",
            zone_name: "harbor.example",
          },
        ],
      },
      { worker_domain: [] },
      "person own_access locks_out",
    ],
  ])("%s", (...[, before, after, expected]) => {
    expect(seen(before, after)).toContain(expected);
  });

  it("knows the names that a team protects, and a wildcard that answers in their place", () => {
    const api = named("api", "A", { content: "192.0.2.3" });
    const any = named("*", "A", { content: "192.0.2.9" });
    const without: Live = { dns_record: [record("r0", apex)] };
    expect(seen(records(apex, api), without)).toEqual([]);
    expect(seen(records(apex, api), without, ["api.harbor.example"])).toEqual([
      "person name_unreachable locks_out",
    ]);
    expect(
      seen(
        { dns_record: [record("r0", apex), record("r1", www), record("r2", any)] },
        { dns_record: [record("r0", apex), record("r2", any)] },
      ),
    ).toEqual([]);
  });

  it("says nothing of what was so before", () => {
    expect(seen(records(www), records({ ...www, ttl: 60 }))).toEqual([]);
    expect(
      seen(waf(liveRule("a", { expression: "true" })), waf(liveRule("a", { expression: "true" }))),
    ).toEqual([]);
  });
});

describe("what would name nothing is found", () => {
  const orphaned = "person reference_orphaned orphans";
  const dangling = "note reference_orphaned orphans";
  const worker = (...bindings: readonly JsonObject[]): JsonObject => ({
    id: "shop",
    settings: { compatibility_date: "2026-01-01", bindings },
    code: {
      entry: "w.js",
      modules: [{ name: "w.js", type: "application/javascript+module", text: "x" }],
    },
  });
  const bound = worker({ name: "KV", type: "kv_namespace", namespace_id: "k1" });
  const namespace = { id: "k1", title: "sessions" };
  const alias = named("shop", "CNAME", { content: "store.harbor.example" });
  const store = named("store", "A", { content: "192.0.2.5" });
  const inList = { expression: "ip.src in $office" };
  const EVERY_RULE: Live = {
    rate_limit_rule: [],
    managed_ruleset: [],
    cache_rule: [],
    redirect_rule: [],
    header_rule: [],
  };

  it.each<[string, Live, Live, string | null]>([
    ["a CNAME's target goes", records(alias, store), records(alias), orphaned],
    ["a CNAME to nothing is made", records(apex), records(apex, alias), dangling],
    [
      "a CNAME out of the zone is made",
      records(apex),
      records(apex, { ...alias, content: "a.example.net" }),
      null,
    ],
    [
      "a bound namespace goes",
      { worker: [bound], kv_namespace: [namespace] },
      { worker: [bound], kv_namespace: [] },
      orphaned,
    ],
    [
      "a namespace that nobody binds goes",
      { worker: [worker()], kv_namespace: [namespace] },
      { worker: [worker()], kv_namespace: [] },
      null,
    ],
    [
      "a domain's Worker goes",
      {
        worker: [worker()],
        worker_domain: [
          { id: "d1", hostname: "a.harbor.example", service: "shop", zone_name: "harbor.example" },
        ],
      },
      {
        worker: [],
        worker_domain: [
          { id: "d1", hostname: "a.harbor.example", service: "shop", zone_name: "harbor.example" },
        ],
      },
      orphaned,
    ],
    [
      "a list that a rule names goes",
      { ...waf(liveRule("a", inList)), ip_list: [{ id: "l1", name: "office", kind: "ip" }] },
      { ...waf(liveRule("a", inList)), ip_list: [] },
      orphaned,
    ],
    [
      "a list that only a text names goes",
      {
        ...EVERY_RULE,
        ...waf(liveRule("a", { expression: 'http.host eq "$office"' })),
        ip_list: [{ id: "l1", name: "office", kind: "ip" }],
      },
      {
        ...EVERY_RULE,
        ...waf(liveRule("a", { expression: 'http.host eq "$office"' })),
        ip_list: [],
      },
      null,
    ],
  ])("%s", (...[, before, after, expected]) => {
    expect(seen(before, after)).toEqual(expected === null ? [] : [expected]);
  });

  it("says that it is not known where a zone's rule comes to name a list of the account's (I8)", () => {
    const [before, after] = [waf(), waf(liveRule("a", inList))];
    expect(seen(before, after)).toEqual(["doubt reference_orphaned orphans"]);
    const [line] = findings(before, after).map(describeFinding);
    expect(line).toContain("not known");
    // Named before already: this plan changes nothing about it.
    expect(seen(after, waf(liveRule("a", { ...inList, action: "log" })))).not.toContain(
      "doubt reference_orphaned orphans",
    );
  });

  it("asks a person where a list goes that rules of zones may name, which were not read (I8)", () => {
    const before = { ip_list: [{ id: "l1", name: "office", kind: "ip" }] };
    expect(seen(before, { ip_list: [] })).toEqual([orphaned]);
    const [line] = findings(before, { ip_list: [] }).map(describeFinding);
    expect(line).toContain("not known");
    expect(line).toContain("waf_rule");
  });

  it("finds the Gateway list that an Access policy names by its id", () => {
    const application = {
      id: "a1",
      name: "admin",
      domain: "admin.harbor.example",
      type: "self_hosted",
      policies: [{ name: "office", decision: "allow", include: [{ ip_list: { id: "g1" } }] }],
    };
    const office = { id: "g1", name: "office", type: "IP", items: [{ value: "192.0.2.0/24" }] };
    const read = { access_application: [application], gateway_rule: [] };
    expect(seen({ ...read, gateway_list: [office] }, { ...read, gateway_list: [] })).toContain(
      orphaned,
    );
  });
});

it("every finding of an invariant tells a reader what would be so", () => {
  const lines = findings(records(apex, mail), records()).map(describeFinding);
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(line).toMatch(/^dns_record `[^`]+`: .*[^.]$/);
});
