/** What a zone's plan allows, and what stands there already: a path never declares what the API would refuse. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { amendmentFor, type Ground } from "../../../src/core/golden-paths/amendment.ts";
import { listOf, mapOf, type PathState, said } from "../../../src/core/golden-paths/golden-path.ts";
import { GOLDEN_PATHS } from "../../../src/core/golden-paths/registry.ts";
import { type ZonePlan, zonePlanOf } from "../../../src/core/golden-paths/zone-plan.ts";
import { must } from "../harbor.ts";
import {
  amended,
  applied,
  documentFor,
  GROUND,
  resourcesIn,
  stateOf,
  ZONE_SCOPE,
} from "./ground.ts";

const LOGIN = {
  ref: "limit-login",
  expression: 'http.request.uri.path eq "/login" and http.request.method eq "POST"',
  action: "block",
  ratelimit: {
    characteristics: ["ip.src"],
    period: 60,
    requests_per_period: 20,
    mitigation_timeout: 600,
  },
};

const on = (plan: ZonePlan | null, declared: JsonObject = {}): Ground => ({
  ...GROUND,
  zone: GROUND.zone && { ...GROUND.zone, document: documentFor(ZONE_SCOPE, declared), plan },
});
const stateOn = (plan: ZonePlan | null, declared: JsonObject = {}): PathState =>
  stateOf(on(plan, declared));
const expanded = (name: string, parameters: unknown, state: PathState) => {
  const path = GOLDEN_PATHS.get(name);
  if (!path) throw new Error(name);
  return must(path.open(parameters, state));
};
const limitIn = (declares: JsonObject) => listOf(declares["rate_limit_rule"])[0];
const ttlIn = (declares: JsonObject) =>
  mapOf(mapOf(listOf(declares["cache_rule"])[0]?.["action_parameters"])["edge_ttl"]);

const EDGE = "secure-api-edge";
const SCALE = "scale-with-waf";
const PCI = "pci-dss-baseline";

describe("the five sentences' paths, one after the other", () => {
  const wishes = [
    { path: EDGE, parameters: {} },
    { path: SCALE, parameters: { target_rps: 10_000 } },
    { path: PCI, parameters: {} },
  ];
  const ROOM: Readonly<Record<ZonePlan, number>> = {
    free: 1,
    pro: 2,
    business: 5,
    enterprise: 100,
  };

  it.each(["pro", "business", "enterprise"] as const)(
    "on a zone of the plan %s declare no more limits than there is room for, and nothing twice",
    (plan) => {
      let ground = on(plan, { rate_limit_rule: [LOGIN] });
      for (const wish of wishes) ground = applied(amended([wish], ground), ground);
      const limits = listOf(resourcesIn(ground.zone?.document)["rate_limit_rule"]);
      expect(limits.length).toBeLessThanOrEqual(ROOM[plan]);
      expect(limits[0]).toEqual(LOGIN);
      for (const wish of wishes) expect(amended([wish], ground).parts).toEqual([]);
    },
  );

  it("say what was left out, and why", () => {
    const first = on("pro", { rate_limit_rule: [LOGIN] });
    const edge = applied(amended(wishes.slice(0, 1), first), first);
    // Two hundred in ten seconds for one address are stricter than a thousand: the second limit would never be reached.
    expect(amended(wishes.slice(1, 2), edge).notes.join()).toContain("limits the same requests");
    const notes = amended(wishes.slice(2), edge).notes.join();
    expect(notes).toMatch(
      /`pro` has room for 2 rate limits, and `limit-login`, .* password guessing/,
    );
  });
});

describe("a rate limit", () => {
  it("on a plan that is not known is declared as it is wanted (I8)", () => {
    const { declares, notes } = expanded(PCI, {}, stateOn(null));
    expect(limitIn(declares)).toMatchObject({
      expression:
        '(http.host eq "harbor.example" and http.request.uri.path eq "/login" and http.request.method eq "POST")',
      ratelimit: { requests_per_period: 2, mitigation_timeout: 600 },
    });
    expect(notes.join()).not.toContain("plan");
  });

  it("below `business` cannot tell a login from its page, so it counts both and allows for both", () => {
    const { declares } = expanded(PCI, {}, stateOn("pro"));
    expect(limitIn(declares)).toMatchObject({
      expression: '(http.host eq "harbor.example" and http.request.uri.path eq "/login")',
      ratelimit: { requests_per_period: 4, mitigation_timeout: 600 },
    });
  });

  it("on the free plan keeps somebody out for ten seconds, and is left out for one name alone", () => {
    expect(limitIn(expanded(EDGE, {}, stateOn("free")).declares)).toMatchObject({
      expression: "true",
      ratelimit: { period: 10, mitigation_timeout: 10 },
    });
    const one = expanded(EDGE, { hostname: "api.harbor.example" }, stateOn("free"));
    expect(limitIn(one.declares)).toBeUndefined();
    expect(one.notes.join()).toContain("`api.harbor.example` gets no limit");
  });

  it("is wanted still where the other one is looser, off, or only logs", () => {
    const own = limitIn(expanded(EDGE, {}, stateOn("enterprise")).declares) ?? {};
    const like = (more: JsonObject) =>
      expanded(
        EDGE,
        {},
        stateOn("enterprise", { rate_limit_rule: [{ ...own, ref: "theirs", ...more }] }),
      );
    expect(limitIn(like({}).declares)).toBeUndefined();
    // The same in other words.
    expect(limitIn(like({ expression: "(true)" }).declares)).toBeUndefined();
    const looser = { ...mapOf(own["ratelimit"]), requests_per_period: 5_000 };
    for (const more of [
      { ratelimit: looser },
      { enabled: false },
      { action: "log" },
      { expression: "false" },
    ])
      expect(limitIn(like(more).declares), JSON.stringify(more)).toBeDefined();
  });

  it("that stands there already stays, however full it has become since", () => {
    const before = on("pro", {});
    const after = applied(amended([{ path: EDGE, parameters: {} }], before), before);
    const ours = listOf(resourcesIn(after.zone?.document)["rate_limit_rule"]);
    const full = [LOGIN, { ...LOGIN, ref: "other", expression: "false" }, ...ours];
    const crowded = stateOn("pro", { rate_limit_rule: full });
    expect(limitIn(expanded(EDGE, {}, crowded).declares)).toEqual(ours[0]);
  });
});

describe("a cache rule", () => {
  it("keeps answers as long as it is told where the plan allows it, and never errors", () => {
    for (const [name, more] of [
      [EDGE, {}],
      [SCALE, { target_rps: 1 }],
    ] as const) {
      const { declares } = expanded(name, { ...more, cache_seconds: 3_600 }, stateOn("pro"));
      expect(ttlIn(declares)).toEqual({
        mode: "override_origin",
        default: 3_600,
        status_code_ttl: [{ status_code_range: { from: 400 }, value: -1 }],
      });
    }
  });

  it("leaves short times to the origin where the plan has none: an answer that says nothing is not kept", () => {
    const edge = expanded(EDGE, { cache_seconds: 60 }, stateOn("pro"));
    expect(ttlIn(edge.declares)).toEqual({ mode: "bypass_by_default" });
    expect(edge.notes.join()).toContain("`cache_seconds: 60` cannot be had");
    const scale = expanded(SCALE, { target_rps: 100 }, stateOn("free"));
    expect(ttlIn(scale.declares)).toEqual({ mode: "respect_origin" });
    expect(
      ttlIn(expanded(EDGE, { cache_seconds: 60 }, stateOn("business")).declares),
    ).toMatchObject({ default: 60 });
  });

  it("of a path stands before the team's, whose last word counts", () => {
    const theirs = {
      ref: "bypass-account",
      expression: 'starts_with(http.request.uri.path, "/account")',
      action: "set_cache_settings",
      action_parameters: { cache: false },
    };
    const before = on("enterprise", { cache_rule: [theirs] });
    const wishes = [
      { path: EDGE, parameters: {} },
      { path: SCALE, parameters: { target_rps: 10 } },
    ];
    const after = applied(amended(wishes, before), before);
    const rules = listOf(resourcesIn(after.zone?.document)["cache_rule"]);
    expect(rules).toHaveLength(3);
    expect(rules.at(-1)).toEqual(theirs);
    // Of paths, the later wish has the last word, asked at once or one after the other.
    expect(rules.map(({ ref }) => said(ref).split("-")[0])).toEqual(["secure", "scale", "bypass"]);
    const first = applied(amended(wishes.slice(0, 1), before), before);
    const then = applied(amended(wishes.slice(1), first), first);
    expect(resourcesIn(then.zone?.document)["cache_rule"]).toEqual(rules);
    expect(amended(wishes, after).parts).toEqual([]);
  });

  it("never keeps a file that was asked for with a login", () => {
    const rule = listOf(
      expanded(SCALE, { target_rps: 10 }, stateOn(null)).declares["cache_rule"],
    )[0];
    expect(rule?.["expression"]).toContain(
      'not any(http.request.headers.names[*] eq "authorization")',
    );
  });
});

describe("the WAF", () => {
  it("is left out where the plan runs another by itself, and PCI DSS is refused there", () => {
    for (const [name, parameters] of [
      [EDGE, {}],
      [SCALE, { target_rps: 10 }],
    ] as const) {
      const { declares, notes } = expanded(name, parameters, stateOn("free"));
      expect(declares["managed_ruleset"]).toBeUndefined();
      expect(notes.join()).toContain("needs `pro`");
    }
    const refused = amendmentFor([{ path: PCI, parameters: {} }], on("free"));
    expect(refused).toMatchObject({ ok: false, error: [{ problem: /6\.4\.2.*`pro`/ }] });
  });
});

describe("a hostname of another zone", () => {
  it.each([EDGE, SCALE, PCI])("is refused by %s: its rules would never match", (name) => {
    const parameters = {
      hostname: "api.other.example",
      ...(name === SCALE ? { target_rps: 5 } : {}),
    };
    expect(amendmentFor([{ path: name, parameters }], on(null))).toMatchObject({
      ok: false,
      error: [{ problem: /`api\.other\.example` is not in the zone/ }],
    });
  });
});

describe("the upgrade to the versions that know plans", () => {
  it.each([
    [EDGE, { cache_seconds: 60 }],
    [SCALE, { target_rps: 10_000 }],
    [PCI, {}],
  ] as const)("of %s puts its own rules right, and touches no others", (path, parameters) => {
    const ground = on("pro", { rate_limit_rule: [LOGIN] });
    const old = GOLDEN_PATHS.get(path)?.openEarlier(
      { path, version: 1, parameters },
      stateOf(ground),
    );
    const { rate_limit_rule: limits = [], ...others } = old?.declares ?? {};
    const zoneKinds = Object.fromEntries(
      Object.entries(others).filter(([kind]) => /zone_setting|_rule$|ruleset/.test(kind)),
    );
    const accountKinds = Object.fromEntries(
      Object.entries(others).filter(([kind]) => !(kind in zoneKinds)),
    );
    const document = documentFor(ZONE_SCOPE, {
      ...zoneKinds,
      rate_limit_rule: [LOGIN, ...listOf(limits)],
    });
    const spec = { ...mapOf(document["spec"]), golden_paths: [{ path, version: 1, parameters }] };
    const used: Ground = {
      ...ground,
      zone: ground.zone && { ...ground.zone, document: { ...document, spec } },
      account: {
        ...ground.account,
        document: documentFor(`account:${ground.account.site.id}`, accountKinds),
      },
    };
    const changes = amended([{ path, parameters }], used).parts.flatMap((part) => part.changes);
    expect(changes.map(({ identity }) => identity)).not.toContain("limit-login");
    expect(changes.every(({ op }) => op === "change")).toBe(true);
    const after = applied(amended([{ path, parameters }], used), used);
    expect(JSON.stringify(after.zone?.document)).toContain(`"path":"${path}","version":2`);
    expect(amended([{ path, parameters }], after).parts).toEqual([]);
  });
});

it("plans are known by the names that the API has for them, and no others", () => {
  expect(["free", "pro", "business", "enterprise"].map(zonePlanOf)).not.toContain(null);
  expect([zonePlanOf("partners_pro"), zonePlanOf(null)]).toEqual([null, null]);
});
