import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/core/canonical.ts";
import { cacheRule } from "../../../src/core/kinds/cache-rule.ts";
import { headerRule } from "../../../src/core/kinds/header-rule.ts";
import { managedRuleset } from "../../../src/core/kinds/managed-ruleset.ts";
import { rateLimitRule } from "../../../src/core/kinds/rate-limit-rule.ts";
import { redirectRule } from "../../../src/core/kinds/redirect-rule.ts";
import { wafRule } from "../../../src/core/kinds/waf-rule.ts";
import { drifted, faultsOf, must, ZONE } from "./compare.ts";
import {
  declaredRule,
  differences,
  entrypoint,
  liveRule,
  type Phase,
  sides,
  WAF,
  written,
} from "./entrypoint.ts";

const waf: Phase = { kind: wafRule, phase: WAF };
const strict: Phase = { ...waf, removes: true };
const limits: Phase = { kind: rateLimitRule, phase: "http_ratelimit" };
const managed: Phase = { kind: managedRuleset, phase: "http_request_firewall_managed" };
const cache: Phase = { kind: cacheRule, phase: "http_request_cache_settings" };
const redirects: Phase = { kind: redirectRule, phase: "http_request_dynamic_redirect" };

/** Where a golden and a live rule differ, each given by the members that matter. */
const differ = (of: Phase, golden: JsonObject, live: JsonObject): string[] =>
  differences(of, [declaredRule("a", golden)], [liveRule("a", live)]);

describe("what is the same", () => {
  it("case 35: ids, versions and dates of ruleset and rules", () => {
    const live = liveRule("a", {
      id: "other",
      version: "99",
      last_updated: "2026-11-20T00:00:00Z",
    });
    expect(differences(waf, [declaredRule("a")], [live])).toEqual([]);
    const { desired } = sides(waf, [declaredRule("a")], entrypoint(WAF, [live]));
    const raw = entrypoint(WAF, [live], { version: "1", last_updated: "x", ruleset_id: "other" });
    expect(drifted(wafRule, desired, must(wafRule.observe(raw, ZONE)))).toEqual([]);
  });

  it("case 36: a rule is found by its ref; without one it goes by its id", () => {
    expect(differ(waf, {}, { id: "made-anew" })).toEqual([]);
    const { ref: _, ...unnamed } = liveRule("a", { id: "b" });
    expect(differences(waf, [declaredRule("b", { expression: "ssl" })], [unnamed])).toEqual([
      "rule:b",
    ]);
    expect(written(waf, [declaredRule("b", { expression: "ssl" })], [unnamed])).toEqual([
      { ref: "b", action: "block", expression: "ssl", enabled: true },
    ]);
  });

  it.each<[Json, JsonObject]>([
    ["", {}],
    ["", { description: null }],
    ["", { description: "" }],
    ["office", { description: "office" }],
  ])("case 37: description %j and %j", (description, live) => {
    expect(differ(waf, { description: description ?? "" }, live)).toEqual([]);
  });

  it("case 37: logging is computed, and compared only where it is declared", () => {
    const skip = { action: "skip", action_parameters: { ruleset: "current" } };
    const logged = { ...skip, logging: { enabled: true } };
    expect(differ(waf, skip, logged)).toEqual([]);
    expect(differ(waf, logged, logged)).toEqual([]);
    expect(differ(waf, { ...skip, logging: { enabled: false } }, logged)).toEqual(["rule:a"]);
  });

  it.each<[Json | undefined, Json | undefined]>([
    [undefined, null],
    [undefined, {}],
    [{}, null],
    [{}, undefined],
  ])("case 38: action_parameters %j and %j", (golden, live) => {
    const of = (value: Json | undefined): JsonObject =>
      value === undefined ? {} : { action_parameters: value };
    expect(differ(waf, of(golden), of(live))).toEqual([]);
  });

  it("case 38: what is skipped is a set, and an empty one says nothing", () => {
    const skip = (parameters: JsonObject) => ({ action: "skip", action_parameters: parameters });
    const golden = skip({ phases: ["http_ratelimit", "http_request_sbfm"], products: ["waf"] });
    const live = skip({
      products: ["waf"],
      phases: ["http_request_sbfm", "http_ratelimit"],
      rulesets: [],
    });
    expect(differ(waf, golden, live)).toEqual([]);
    expect(differ(waf, golden, skip({ phases: ["http_ratelimit"], products: ["waf"] }))).toEqual([
      "rule:a",
    ]);
  });

  const limit = (members: JsonObject): JsonObject => ({
    ratelimit: {
      characteristics: ["ip.src"],
      period: 60,
      requests_per_period: 20,
      mitigation_timeout: 600,
      ...members,
    },
  });

  it("case 39: an empty counting expression is not a missing one", () => {
    const count = (value: Json) => limit({ counting_expression: value });
    expect(differ(limits, limit({}), count(null))).toEqual([]);
    expect(differ(limits, count(null), limit({}))).toEqual([]);
    expect(differ(limits, count(""), count(""))).toEqual([]);
    expect(differ(limits, count(null), count(""))).toEqual(["rule:a"]);
    expect(differ(limits, limit({}), count(""))).toEqual(["rule:a"]);
    expect(differ(limits, count(""), limit({}))).toEqual(["rule:a"]);
  });

  it("case 40: characteristics have no order, and Cloudflare adds the data centre", () => {
    const by = (...characteristics: string[]) => limit({ characteristics });
    expect(differ(limits, by("ip.src"), by("cf.colo.id", "ip.src"))).toEqual([]);
    expect(differ(limits, by("ip.src", "http.host"), by("http.host", "ip.src"))).toEqual([]);
    expect(differ(limits, by("ip.src"), by("cf.colo.id", "http.host"))).toEqual(["rule:a"]);
  });

  it("a laxer limit is drift", () => {
    expect(differ(limits, limit({}), limit({ requests_per_period: 20_000 }))).toEqual(["rule:a"]);
    expect(differ(limits, limit({}), limit({ requests_to_origin: false }))).toEqual([]);
    expect(differ(limits, limit({}), limit({ requests_to_origin: true }))).toEqual(["rule:a"]);
  });

  const cached = (include: Json): JsonObject => ({
    action: "set_cache_settings",
    action_parameters: { cache_key: { custom_key: { query_string: { include } } } },
  });

  it.each<[Json, Json, boolean]>([
    [["*"], { all: true }, true],
    [{ all: true }, ["*"], true],
    [{ list: ["*"] }, { all: true }, true],
    [["w", "h"], { list: ["w", "h"] }, true],
    [["w"], { all: true }, false],
    [["w"], { list: ["h"] }, false],
  ])("case 41: the cache key takes %j and %j for the same: %s", (golden, live, same) => {
    expect(differ(cache, cached(golden), cached(live))).toEqual(same ? [] : ["rule:a"]);
  });

  it("a redirect that says nothing of the query does not keep it", () => {
    const to = (members: JsonObject): JsonObject => ({
      action: "redirect",
      action_parameters: {
        from_value: { target_url: { value: "https://a.example" }, status_code: 301, ...members },
      },
    });
    expect(differ(redirects, to({}), to({ preserve_query_string: false }))).toEqual([]);
    expect(differ(redirects, to({}), to({ preserve_query_string: true }))).toEqual(["rule:a"]);
  });
});

describe("case 42: order", () => {
  const [a, b, c] = ["a", "b", "c"].map((ref) => declaredRule(ref));
  const live = (...refs: string[]) => refs.map((ref) => liveRule(ref));

  it("of the declared rules is reported", () => {
    expect(differences(waf, [a, b] as Json[], live("b", "a"))).toEqual(["order"]);
    expect(differences(waf, [a, b] as Json[], live("a", "b"))).toEqual([]);
  });

  it("does not count undeclared and missing rules", () => {
    expect(differences(waf, [a, b] as Json[], live("x", "a", "y", "b"))).toEqual([]);
    expect(differences(waf, [a, b, c] as Json[], live("a", "c"))).toEqual(["rule:b"]);
  });

  it("is put back around undeclared rules, each behind the rule that it stood behind", () => {
    const refs = (rules: Json): Json =>
      Array.isArray(rules) ? rules.map(({ ref }: { ref: string }) => ref) : null;
    const all = [a, b, c] as Json[];
    expect(refs(written(waf, all, live("x", "c", "y", "a", "z", "b")))).toEqual([
      "x",
      "a",
      "z",
      "b",
      "c",
      "y",
    ]);
    expect(refs(written(waf, all, live("a", "x", "c")))).toEqual(["a", "x", "b", "c"]);
    expect(refs(written(waf, all, live("x", "y")))).toEqual(["x", "y", "a", "b", "c"]);
    expect(refs(written(waf, all, []))).toEqual(["a", "b", "c"]);
  });

  it("inside overrides means nothing", () => {
    const overrides = (...ids: string[]): JsonObject => ({
      action: "execute",
      action_parameters: {
        id: "efb7b8c949ac4650a09736fc376e9aee",
        version: "latest",
        overrides: {
          categories: ids.map((category) => ({ category, enabled: false })),
          rules: ids.map((id) => ({ id, action: "log" })),
        },
      },
    });
    const { version: _, ...parameters } = overrides("x", "y")["action_parameters"] as JsonObject;
    const golden = { action: "execute", action_parameters: parameters };
    expect(differ(managed, golden, overrides("y", "x"))).toEqual([]);
    expect(differ(managed, golden, overrides("y"))).toEqual(["rule:a"]);
  });
});

describe("case 43: an override of one managed rule", () => {
  const id = "efb7b8c949ac4650a09736fc376e9aee";
  const one = { id: "5de7edfa648c4d6891dc3e7f84534ffa", action: "log" };
  const execute = (overrides: JsonObject): JsonObject => ({
    action: "execute",
    action_parameters: { id, overrides },
  });

  it("says nothing of the others: no member is filled in", () => {
    expect(written(managed, [declaredRule("a", execute({ rules: [one] }))], [])).toEqual([
      {
        ref: "a",
        expression: 'http.host eq "a"',
        enabled: true,
        ...execute({ rules: [one] }),
      },
    ]);
  });

  it.each<[string, JsonObject]>([
    ["the whole ruleset", { enabled: false, rules: [one] }],
    ["the action of all", { action: "log", rules: [one] }],
    ["another rule", { rules: [one, { id: "ec42fb5d22a94f319a3e00fde0adc03b", enabled: false }] }],
    ["a category", { rules: [one], categories: [{ category: "sqli", enabled: false }] }],
    ["the same rule", { rules: [{ ...one, enabled: false }] }],
  ])("is told from one that also weakens %s, which is taken back", (_, overrides) => {
    const golden = [declaredRule("a", execute({ rules: [one] }))];
    const live = [liveRule("a", execute(overrides))];
    expect(differences(managed, golden, live)).toEqual(["rule:a"]);
    expect(written(managed, golden, live)).toEqual([
      expect.objectContaining(execute({ rules: [one] })),
    ]);
  });
});

describe("case 44: the entrypoint", () => {
  it("that exists is taken over, with its name and the rules of others", () => {
    const theirs = liveRule("x", { description: "of another team", unknown_member: { deep: [1] } });
    const raw = entrypoint(WAF, [theirs], { name: "zone rules", description: "by hand" });
    const { desired, observed } = sides(waf, [declaredRule("a")], raw);
    const change = { op: "update", desired, observed, fields: ["rule:a"] } as const;
    const { id: _id, version: _version, last_updated: _at, ...kept } = theirs;
    expect(wafRule.calls([change], ZONE)).toEqual([
      {
        request: {
          method: "PUT",
          path: `/zones/z1/rulesets/phases/${WAF}/entrypoint`,
          body: {
            name: "zone rules",
            description: "by hand",
            rules: [kept, { ...declaredRule("a"), enabled: true }],
          },
        },
        changes: [0],
      },
    ]);
  });

  it("that does not exist yet is an empty one", () => {
    const raw = { id: WAF, ruleset_id: null, rules: [] };
    const { desired, observed } = sides(waf, [declaredRule("a")], raw);
    expect(drifted(wafRule, desired, observed)).toEqual(["rule:a"]);
    expect(observed.fields["version"]).toBe("");
  });
});

describe("a rule that is put back", () => {
  it("keeps what does not change its effect and nobody declared", () => {
    const live = liveRule("a", { expression: "false", description: "why", future: 1 });
    expect(written(waf, [declaredRule("a")], [live])).toEqual([
      { ...declaredRule("a"), enabled: true, description: "why", future: 1 },
    ]);
  });

  it("loses what would change its effect", () => {
    const check = { username_expression: "x", password_expression: "y" };
    const live = liveRule("a", { exposed_credential_check: check, ratelimit: { period: 10 } });
    expect(differences(waf, [declaredRule("a")], [live])).toEqual(["rule:a"]);
    expect(written(waf, [declaredRule("a")], [live])).toEqual([
      { ...declaredRule("a"), enabled: true },
    ]);
  });

  it("does not take the members of another action with it", () => {
    const live = liveRule("a", {
      action: "skip",
      action_parameters: { ruleset: "current" },
      logging: { enabled: true },
    });
    expect(written(waf, [declaredRule("a")], [live])).toEqual([
      { ...declaredRule("a"), enabled: true },
    ]);
  });

  it("is on unless declared otherwise", () => {
    expect(differ(waf, {}, { enabled: false })).toEqual(["rule:a"]);
    expect(differ(waf, { enabled: false }, { enabled: false })).toEqual([]);
  });
});

describe("rules of others", () => {
  const golden = [declaredRule("a")];
  const live = [liveRule("x"), liveRule("a")];

  it("are nobody's drift, unless they are to be removed", () => {
    expect(differences(waf, golden, live)).toEqual([]);
    expect(differences(strict, golden, live)).toEqual(["refs"]);
    expect(differences(strict, golden, [])).toEqual(["rule:a"]);
  });

  it("go away where they are to be removed, and are looked for afterwards", () => {
    expect(written(strict, golden, live)).toEqual([expect.objectContaining({ ref: "a" })]);
    const { desired, observed } = sides(strict, golden, entrypoint(WAF, live));
    const after = wafRule.predict({ op: "update", desired, observed, fields: ["refs"] });
    expect(after).toMatchObject({ "rule:x": null, refs: ["a"], order: ["a"] });
    expect(after).not.toHaveProperty("version");
    expect(wafRule.parts?.(observed.fields)).toEqual(["x", "a"]);
    expect(wafRule.parts?.(after ?? {})).toEqual(["a"]);
  });
});

describe("what is refused", () => {
  const faults = (of: Phase, ...rules: unknown[]) =>
    faultsOf(of.kind.declare(rules, ZONE)).map(
      ({ path, problem }) => `${path.join(".")}: ${problem}`,
    );

  it.each<[string, Phase, unknown, RegExp]>([
    ["a rule without a ref", waf, { action: "block", expression: "true" }, /^0\.ref: /],
    ["a ref of other characters", waf, declaredRule("A b"), /^0\.ref: must be 1 to 64/],
    ["a blank expression", waf, declaredRule("a", { expression: " " }), /^0\.expression: /],
    ["an action of another phase", waf, declaredRule("a", { action: "rewrite" }), /^0\.action: /],
    ["a member nobody knows", waf, { ...declaredRule("a"), prio: 1 }, /^0\.prio: is not a known/],
    ["a limit in the wrong phase", waf, { ...declaredRule("a"), ratelimit: {} }, /not a known/],
    [
      "a skip of nothing",
      waf,
      declaredRule("a", { action: "skip", action_parameters: { phases: [] } }),
      /skips nothing/,
    ],
    [
      "a skip of phases and rulesets",
      waf,
      declaredRule("a", {
        action: "skip",
        action_parameters: { phases: ["http_ratelimit"], rulesets: ["x"] },
      }),
      /exclude each other/,
    ],
    ["a rate limit without a limit", limits, declaredRule("a"), /^0\.ratelimit: /],
    [
      "a rate limit that counts nothing",
      limits,
      declaredRule("a", {
        ratelimit: { characteristics: ["ip.src"], period: 60, mitigation_timeout: 0 },
      }),
      /needs `requests_per_period`/,
    ],
    [
      "an execution of nothing",
      managed,
      declaredRule("a", { action: "execute", action_parameters: {} }),
      /^0\.action_parameters\.id: /,
    ],
    [
      "an override given twice",
      managed,
      declaredRule("a", {
        action: "execute",
        action_parameters: {
          id: "efb7b8c949ac4650a09736fc376e9aee",
          overrides: { rules: [{ id: "x" }, { id: "x" }] },
        },
      }),
      /a rule occurs twice/,
    ],
    [
      "a sensitivity outside the DDoS phases",
      managed,
      declaredRule("a", {
        action: "execute",
        action_parameters: {
          id: "efb7b8c949ac4650a09736fc376e9aee",
          overrides: { sensitivity_level: "eoff" },
        },
      }),
      /sensitivity_level: is not a known member/,
    ],
    [
      "cache settings that set nothing",
      cache,
      declaredRule("a", { action: "set_cache_settings", action_parameters: {} }),
      /sets nothing/,
    ],
    [
      "a redirect to two places",
      redirects,
      declaredRule("a", {
        action: "redirect",
        action_parameters: {
          from_value: { target_url: { value: "x", expression: "http.host" }, status_code: 301 },
        },
      }),
      /either a `value` or an `expression`/,
    ],
  ])("%s", (...[, of, rule, problem]) => {
    expect(faults(of, rule).join("\n")).toMatch(problem);
  });

  it("two rules of one ref, but not in two phases", () => {
    expect(faults(waf, declaredRule("a"), declaredRule("b"), declaredRule("a"))).toEqual([
      "2.ref: is the `ref` of another rule",
    ]);
    const header = (direction: string) =>
      declaredRule("a", {
        direction,
        action: "rewrite",
        action_parameters: { headers: { "x-a": { operation: "remove" } } },
      });
    expect(headerRule.declare([header("request"), header("response")], ZONE).ok).toBe(true);
    expect(headerRule.declare([header("request"), header("request")], ZONE).ok).toBe(false);
  });
});

it("header rules are two entrypoints, one for each direction", () => {
  const rule = (ref: string, direction: string) => ({
    ref,
    direction,
    action: "rewrite",
    expression: "true",
    action_parameters: { headers: { "x-frame-options": { operation: "set", value: "DENY" } } },
  });
  const resources = must(
    headerRule.declare([rule("in", "request"), rule("out", "response")], ZONE),
  );
  const { direction: _, ...out } = rule("out", "response");
  expect(resources.map(({ group, fields }) => [group, fields["order"]])).toEqual([
    ["http_request_late_transform", ["in"]],
    ["http_response_headers_transform", ["out"]],
  ]);
  expect(resources[1]?.fields["rule:out"]).toEqual({ ...out, enabled: true });
});

describe("an entrypoint that cannot be read is an error, never an empty one (I8)", () => {
  it.each<[string, Json]>([
    ["a list", []],
    ["another phase", entrypoint("http_ratelimit", [])],
    ["no id", { rules: [] }],
    ["rules that are no list", { ...entrypoint(WAF, []), rules: {} }],
    ["a rule that is no object", entrypoint(WAF, ["x"])],
    ["a rule without a name", entrypoint(WAF, [{ action: "block" }])],
    ["two rules of one name", entrypoint(WAF, [liveRule("a"), liveRule("a")])],
  ])("%s", (_, raw) => {
    expect(wafRule.observe(raw, ZONE).ok).toBe(false);
  });
});

describe("the simulation of a PUT", () => {
  const put = (members: JsonObject) => ({
    method: "PUT" as const,
    path: `/zones/z1/rulesets/phases/${WAF}/entrypoint`,
    body: { rules: [declaredRule("a")] },
    ...members,
  });
  const before = [entrypoint(WAF, [liveRule("x")])];

  it("leaves exactly the rules that were sent", () => {
    const after = must(wafRule.apply?.(before, put({}), ZONE) ?? { ok: false, error: null });
    expect(after).toEqual([entrypoint(WAF, [declaredRule("a")])]);
  });

  it.each<[string, JsonObject]>([
    ["another method", { method: "PATCH" }],
    ["another path", { path: `/zones/z1/rulesets/phases/${WAF}` }],
    ["another phase", { path: "/zones/z1/rulesets/phases/http_ratelimit/entrypoint" }],
    ["another zone", { path: `/zones/z2/rulesets/phases/${WAF}/entrypoint` }],
    ["no body", { body: null }],
    ["no rules", { body: {} }],
    ["a rule without a ref", { body: { rules: [{ action: "block" }] } }],
  ])("does not understand %s", (_, members) => {
    expect(wafRule.apply?.(before, put(members), ZONE).ok).toBe(false);
  });
});
