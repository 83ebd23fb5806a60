/** Account resources as the provider's documentation has them (version 5). */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { itemsObject } from "../../../src/core/kinds/ip-list.ts";
import { bucketObject, lockObject } from "../../../src/core/kinds/r2-bucket.ts";
import { observe } from "../../../src/core/observation.ts";
import { printHcl } from "../../../src/core/hcl.ts";
import { publish, terraformOf } from "../../../src/core/publish.ts";
import { must } from "./compare.ts";
import { entrypoint, liveRule, WAF } from "./entrypoint.ts";
import { ZONE } from "../harbor.ts";
import { ACCOUNT, NOW } from "./whole-kind.ts";

const live = (kind: string, objects: readonly JsonObject[]) => {
  const reading = { kind, objects, claimedTotal: null };
  return {
    site: ACCOUNT,
    kinds: [kind],
    observation: must(observe([reading], ACCOUNT, NOW)),
    unasked: [],
  };
};
const exported = (kind: string, ...objects: JsonObject[]) => terraformOf(live(kind, objects));
const account_id = ACCOUNT.id;

describe("access_application", () => {
  const app = (policy: JsonObject, more: JsonObject = {}) =>
    exported("access_application", {
      id: "a1",
      name: "Shop",
      type: "self_hosted",
      domain: "shop.harbor.example/admin",
      policies: [{ id: "p1", name: "staff", decision: "allow", precedence: 7, ...policy }],
      ...more,
    });
  const include = [{ "github-organization": { name: "harbor" } }, { azureAD: { id: "g" } }];

  it("has its own policies in it, with the provider's names of selectors", () => {
    const [one] = app(
      { include },
      { custom_deny_message: "no", skip_interstitial: false },
    ).resources;
    expect(one).toMatchObject({
      type: "cloudflare_zero_trust_access_application",
      importId: `accounts/${ACCOUNT.id}/a1`,
      attributes: { account_id, custom_deny_message: "no", app_launcher_visible: true },
    });
    expect(one?.attributes["policies"]).toEqual([
      {
        name: "staff",
        decision: "allow",
        include: [{ azure_ad: { id: "g" } }, { github_organization: { name: "harbor" } }],
        precedence: 1,
      },
    ]);
    expect(one?.attributes).not.toHaveProperty("skip_interstitial");
    expect(one?.attributes).not.toHaveProperty("eager_redirect_cookie_setting");
  });

  it("names a shared policy by its id", () => {
    const [one] = app({ include, reusable: true, session_duration: "1h" }).resources;
    expect(one?.attributes["policies"]).toEqual([{ id: "p1", precedence: 1 }]);
  });

  it.each<[string, JsonObject, JsonObject]>([
    ["a duration of a policy's own", { include, session_duration: "1h" }, {}],
    ["an approval", { include, approval_required: true }, {}],
    ["credentials", { include }, { scim_config: { authentication: { password: "x" } } }],
  ])("is left out when it has what the provider has no word for: %s", (_, policy, more) => {
    const { resources, kinds } = app(policy, more);
    expect(resources).toEqual([]);
    expect(kinds[0]?.leftOut).toHaveLength(1);
  });
});

describe("worker", () => {
  const worker = (
    bindings: readonly JsonObject[],
    modules: readonly JsonObject[],
    entry = "w.js",
  ) =>
    exported("worker", {
      id: "shop",
      settings: { compatibility_date: "2026-01-01", bindings, usage_model: "standard" },
      code: { entry, modules },
    }).resources[0];
  const code = { name: "w.js", type: "application/javascript+module", text: "export default {}" };

  it("keeps its secrets, which it does not say", () => {
    const bindings = [
      { name: "KEY", type: "secret_text" },
      { name: "CONF", type: "json", json: { a: 1 } },
    ];
    expect(worker(bindings, [code])).toEqual({
      type: "cloudflare_workers_script",
      name: "shop",
      attributes: {
        account_id,
        script_name: "shop",
        main_module: "w.js",
        content: "export default {}",
        compatibility_date: "2026-01-01",
        bindings: [{ name: "CONF", type: "json", json: '{"a":1}' }],
        keep_bindings: ["secret_text", "secret_key"],
        usage_model: "standard",
      },
      importId: `${ACCOUNT.id}/shop`,
    });
  });

  it("is left out when the provider could not write it: several modules, an unknown binding", () => {
    expect(worker([], [code, { ...code, name: "x.js" }])).toBeUndefined();
    expect(worker([{ name: "A", type: "of_tomorrow", what: "x" }], [code])).toBeUndefined();
    expect(worker([], [{ ...code, name: "script" }], "")?.attributes).toMatchObject({
      body_part: "script",
    });
  });
});

it("a domain names its zone, and none of another environment is printed", () => {
  const raw = {
    id: "d1",
    hostname: "a.harbor.example",
    service: "shop",
    zone_name: "harbor.example",
  };
  expect(exported("worker_domain", { ...raw, environment: "production" }).resources).toEqual([
    {
      type: "cloudflare_workers_custom_domain",
      name: "a.harbor.example",
      attributes: {
        account_id,
        hostname: "a.harbor.example",
        service: "shop",
        zone_name: "harbor.example",
      },
      importId: `${ACCOUNT.id}/d1`,
    },
  ]);
  expect(exported("worker_domain", { ...raw, environment: "staging" }).resources).toEqual([]);
});

it("a list has its items in it, and without them there is none", () => {
  const list = { id: "l1", name: "blocked", kind: "ip", description: "" };
  const items = itemsObject(list, [{ id: "i", ip: "192.0.2.1", comment: "x" }]);
  expect(exported("ip_list", list, items)).toMatchObject({
    resources: [
      {
        type: "cloudflare_list",
        attributes: { account_id, kind: "ip", items: [{ ip: "192.0.2.1", comment: "x" }] },
        importId: `${ACCOUNT.id}/l1`,
      },
    ],
    kinds: [{ published: 1, leftOut: [] }],
  });
  expect(exported("ip_list", list).kinds[0]?.leftOut).toHaveLength(1);
});

it("a list whose items cannot be declared is not declared empty (I8)", () => {
  const list = { id: "l1", name: "blocked", kind: "ip" };
  const items = itemsObject(list, [{ ip: "192.0.2.1", comment: "x".repeat(501) }]);
  const { document, kinds } = publish(live("ip_list", [list, items]));
  expect(document).toMatchObject({ spec: { resources: {} } });
  expect(kinds[0]?.leftOut).toHaveLength(2);
});

it("a bucket is imported with its jurisdiction, its lock rules are only written", () => {
  const rules = [
    { id: "a", enabled: true, prefix: "x/", condition: { type: "Age", maxAgeSeconds: 60 } },
  ];
  const { resources } = exported(
    "r2_bucket",
    bucketObject({ name: "log", jurisdiction: "eu", location: "WEUR", storage_class: "Standard" }),
    lockObject("log", "eu", rules),
  );
  expect(resources.toReversed()).toMatchObject([
    {
      type: "cloudflare_r2_bucket",
      attributes: { name: "log", jurisdiction: "eu", location: "weur" },
      importId: `${ACCOUNT.id}/log/eu`,
    },
    {
      type: "cloudflare_r2_bucket_lock",
      attributes: {
        account_id,
        bucket_name: "log",
        jurisdiction: "eu",
        rules: [
          { id: "a", enabled: true, prefix: "x/", condition: { type: "Age", max_age_seconds: 60 } },
        ],
      },
      importId: "",
    },
  ]);
  expect(printHcl(resources, []).match(/^import \{$/gm)).toHaveLength(1);
});

it("a bucket whose lock rules cannot be declared is declared without them", () => {
  const lock = lockObject("log", "default", [
    { id: "a", enabled: true, condition: { type: "OfTomorrow" } },
  ]);
  const bucket = bucketObject({ name: "log", storage_class: "Standard" });
  expect(publish(live("r2_bucket", [bucket, lock]))).toMatchObject({
    document: { spec: { resources: { r2_bucket: [{ name: "log" }] } } },
    kinds: [{ published: 1, leftOut: [{ what: "lock log" }] }],
  });
});

describe("gateway_rule", () => {
  const rule = (name: string, precedence: number, more: JsonObject = {}) => ({
    id: name,
    name,
    precedence,
    action: "block",
    enabled: true,
    filters: ["dns"],
    traffic: "t",
    ...more,
  });
  const numbers = (...rules: JsonObject[]) => publish(live("gateway_rule", rules)).document["spec"];

  it.each<[string, readonly number[], readonly number[]]>([
    ["as they were sent, where the API has changed them", [1_400_392, 200_765], [1400, 200]],
    ["as they are, where it has not", [2000, 1000], [2000, 1000]],
    ["as they are, where what was sent would not tell them apart", [1001, 1002], [1001, 1002]],
  ])("has its precedence %s", (_, there, declared) => {
    const [a = 0, b = 0] = there;
    expect(numbers(rule("a", a), rule("b", b))).toMatchObject({
      resources: { gateway_rule: declared.map((precedence) => ({ precedence })) },
    });
  });

  it("says conditions that it does not have, but none that it was not told", () => {
    const { spec } = publish(live("gateway_rule", [rule("a", 1, { identity: "", schedule: null })]))
      .document as { spec: { resources: { gateway_rule: JsonObject[] } } };
    expect(spec.resources.gateway_rule).toEqual([
      {
        name: "a",
        action: "block",
        enabled: true,
        filters: ["dns"],
        traffic: "t",
        identity: "",
        schedule: {},
        precedence: 1,
      },
    ]);
  });

  it("in Terraform has the precedence that is there", () => {
    expect(exported("gateway_rule", rule("a", 1_400_392)).resources).toMatchObject([
      {
        type: "cloudflare_zero_trust_gateway_policy",
        attributes: { precedence: 1_400_392 },
        importId: `${ACCOUNT.id}/a`,
      },
    ]);
  });
});

const onlyWord = (kind: string, ...objects: JsonObject[]) => {
  const { resources, kinds } = exported(kind, ...objects);
  expect(resources).toEqual([]);
  return kinds.flatMap(({ leftOut }) => leftOut.map(({ reason }) => reason));
};

it("what the provider has no word for is left out, and the reason is that word", () => {
  expect(onlyWord("kv_namespace", { id: "k1", title: "a", jurisdiction: "eu" })).toEqual([
    "the provider does not know `jurisdiction: eu`",
  ]);
  expect(onlyWord("d1_database", { id: "d1", name: "a", jurisdiction: "us" })).toEqual([
    "the provider does not know `jurisdiction: us`",
  ]);
  const bucket = bucketObject({ name: "log", jurisdiction: "fedramp-high" });
  expect(onlyWord("r2_bucket", bucket)).toEqual([
    "the provider does not know `jurisdiction: fedramp-high`",
  ]);
  const worker = { id: "shop", settings: { bindings: [{ name: "A", type: "of_tomorrow", x: 1 }] } };
  const code = { name: "w.js", type: "application/javascript+module", text: "export default {}" };
  expect(onlyWord("worker", { ...worker, code: { entry: "w.js", modules: [code] } })).toEqual([
    "the provider does not know its binding `A`",
  ]);
});

describe("a phase", () => {
  const phase = (rule: JsonObject) => {
    const objects = [entrypoint(WAF, [liveRule("a", rule)])];
    const reading = { kind: "waf_rule", objects, claimedTotal: null };
    const observation = must(observe([reading], ZONE, NOW));
    return terraformOf({ site: ZONE, kinds: ["waf_rule"], observation, unasked: [] });
  };

  it("with a rule that says more than the provider can is left out: without it the rule would mean another", () => {
    const parameters = { phase: "current", products: ["waf"] };
    expect(phase({ action: "skip", action_parameters: parameters })).toMatchObject({
      resources: [],
      kinds: [{ leftOut: [{ reason: "the provider does not know `phase` of a rule in it" }] }],
    });
    expect(
      phase({ action: "execute", action_parameters: { id: "m", version: "3" } }).resources,
    ).toEqual([]);
  });

  it("loses what the API adds by itself", () => {
    const [one] = phase({
      action: "execute",
      categories: ["broad"],
      action_parameters: { id: "m", version: "latest" },
    }).resources;
    expect(one?.attributes["rules"]).toMatchObject([{ action_parameters: { id: "m" } }]);
    expect(JSON.stringify(one)).not.toMatch(/latest|broad/);
  });
});

it("the one setting that has no value is left out: the provider's schema asks for one", () => {
  const raw = { id: "ssl_recommender", enabled: true, editable: true };
  const reading = { kind: "zone_setting", objects: [raw], claimedTotal: null };
  const observation = must(observe([reading], ZONE, NOW));
  const from = { site: ZONE, kinds: ["zone_setting"], observation, unasked: [] };
  expect(terraformOf(from)).toMatchObject({
    resources: [],
    kinds: [{ leftOut: [{ reason: expect.stringContaining("asks for a `value`") }] }],
  });
});

it("a webhook whose URL is a secret is in neither, and both say so (I6)", () => {
  const from = live("notification_webhook", [
    { id: "w1", name: "chat", url: "https://hooks.example/services/k3YfJ8aQz0LmN4vXw2RtBc7D" },
    { id: "w2", name: "pager", url: "https://hooks.example/pager" },
  ]);
  for (const said of [publish(from), terraformOf(from)]) {
    expect(JSON.stringify(said)).not.toContain("k3YfJ8aQz0LmN4vX");
    expect(said.kinds).toMatchObject([
      {
        published: 1,
        leftOut: [{ what: "webhook chat", reason: expect.stringContaining("declare it by hand") }],
      },
    ]);
  }
});

it("a token is named with its end, and is no resource", () => {
  const token = { id: "t1", name: "ci", policies: [], expires_on: "2027-01-01T00:00:00Z" };
  expect(exported("api_token", token)).toMatchObject({
    resources: [],
    kinds: [
      { leftOut: [{ what: "token ci", reason: expect.stringContaining("active until 2027") }] },
    ],
  });
});
