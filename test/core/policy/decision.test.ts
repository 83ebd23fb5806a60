import { describe, expect, it } from "vitest";
import { textOf } from "../../../src/core/canonical.ts";
import type { Finding } from "../../../src/core/check.ts";
import type { Plan, Step } from "../../../src/core/plan.ts";
import { decidePlan, type DecisionInput } from "../../../src/core/policy/decision.ts";
import type { PolicyFacts } from "../../../src/core/policy/question.ts";
import type { PolicyRequest } from "../../../src/core/policy/request.ts";
import type { Fields } from "../../../src/core/resource.ts";
import { assess, type Tier } from "../../../src/core/risk.ts";
import { sound } from "../auditors/dossiers.ts";
import { engine, facts, policies, shipped } from "../../support/policies.ts";

const { plan: base } = sound.dossier;

const step = (kind: string, [before, after]: readonly [Fields | null, Fields | null]): Step => {
  const [first] = base.steps;
  if (!first) throw new Error("no step");
  const identity = textOf((after ?? before)?.["name"]) || "x";
  const image = (fields: Fields | null) => fields && { id: null, fields };
  const op = before === null ? "create" : "update";
  return {
    ...first,
    kind,
    group: identity,
    identity,
    op: after === null ? "delete" : op,
    before: image(before),
    after: image(after),
  };
};

const planOf = (...steps: Step[]): Plan => ({ ...base, steps });

function decide(
  plan: Plan,
  more: Partial<DecisionInput & { tier: Tier; facts: PolicyFacts }> = {},
) {
  const asked = {
    findings: [],
    golden: sound.golden,
    observed: [],
    leased: new Set<string>(),
    past: [],
    cautions: [],
    inFlight: 0,
    now: sound.now,
  };
  const risk = { ...assess(plan, asked), tier: more.tier ?? 1 };
  return decidePlan({ plan, risk, findings: [], ...policies, ...more });
}

const WAF: Fields = { "rule:a": { ref: "a", action: "block", expression: "true" }, order: ["a"] };
const EMPTY: Fields = { order: [] };

describe("what policy says of a plan", () => {
  it("is yes for a plain revert, at the tier of its risk, with the permit and the bundle named", () => {
    expect(decide(base)).toEqual({
      bundleDigest: shipped.digest,
      decision: "allow",
      tier: 1,
      determining: ["p-revert"],
      raisedBy: [],
      errors: [],
    });
  });

  it("never has a lower tier than the risk (I13)", () => {
    for (const tier of [0, 1, 2, 3, 4] as const)
      expect(decide(base, { tier }).tier).toBeGreaterThanOrEqual(tier);
    expect(decide(base, { tier: 4 })).toMatchObject({
      decision: "forbid",
      determining: ["f-tier4"],
    });
  });

  it("asks for a person where a framework does, instead of forbidding (I13)", () => {
    const plan = planOf(step("waf_rule", [WAF, EMPTY]));
    expect(decide(plan)).toMatchObject({ decision: "allow", tier: 1, raisedBy: [] });
    const soc2 = decide(plan, { facts: { ...facts, frameworks: ["soc2"] } });
    expect(soc2).toMatchObject({
      decision: "allow",
      tier: 2,
      determining: ["p-revert-t2"],
      raisedBy: ["soc2-cc6-6-protection-removed"],
    });
    const pci = decide(plan, { facts: { ...facts, frameworks: ["soc2", "pci-dss"] } });
    expect(pci).toMatchObject({ decision: "allow", tier: 3, determining: ["p-revert-t3"] });
  });

  it("is no where no number of people makes up for it", () => {
    const plan = planOf({
      ...step("zone_setting", [{ value: "1.2" }, { value: "1.0" }]),
      identity: "min_tls_version",
    });
    expect(decide(plan)).toMatchObject({ decision: "allow" });
    const pci = decide(plan, { facts: { ...facts, frameworks: ["pci-dss"] } });
    expect(pci).toMatchObject({
      decision: "forbid",
      tier: 4,
      raisedBy: [],
      errors: [],
    });
    expect(pci.determining).toContain("pci-4-2-1-weak-transport");
  });

  it("is no when one step of many is forbidden", () => {
    const weak = {
      ...step("zone_setting", [{ value: "full" }, { value: "off" }]),
      identity: "ssl",
    };
    const plan = planOf(...base.steps, weak);
    const answer = decide(plan, { facts: { ...facts, frameworks: ["pci-dss"] } });
    expect(answer).toMatchObject({ decision: "forbid" });
  });

  it("is no for findings that nobody can wave through", () => {
    const findings: Finding[] = [{ severity: "block", type: "not_managed", identity: "x" }];
    expect(decide(base, { findings })).toMatchObject({
      decision: "forbid",
      determining: ["f-unsimulated"],
    });
  });

  it("is no for a scope that has run more often than the API's quota carries", () => {
    expect(decide(base, { facts: { ...facts, recentRuns: 1_000 } })).toMatchObject({
      decision: "forbid",
      determining: ["f-budget"],
    });
  });

  it("is no for a kind and a proposal that no policy knows", () => {
    const kind = decide(planOf(step("api_token", [{ name: "x" }, null])));
    expect(kind).toMatchObject({ decision: "forbid", determining: [] });
    expect(kind.errors[0]?.error).toContain("unknown_kind");
    const proposal = { ...base.proposal, type: "delete_everything" } as unknown as Plan["proposal"];
    expect(decide({ ...base, proposal })).toMatchObject({ decision: "forbid", tier: 4 });
  });

  it("is no, with the error, when the engine cannot answer", () => {
    const broken = {
      decide: () => ({
        allow: false,
        reasons: [],
        errors: [{ policyId: null, error: "the policy engine does not answer" }],
        bundleDigest: shipped.digest,
      }),
    };
    expect(decide(base, broken)).toMatchObject({
      decision: "forbid",
      tier: 4,
      errors: [{ policyId: null, error: "the policy engine does not answer" }],
    });
  });

  it("is asked about the name that a resource had, too", () => {
    const asked: PolicyRequest[] = [];
    const plan = planOf(
      step("gateway_rule", [
        { name: "old", action: "block" },
        { name: "new", action: "block" },
      ]),
    );
    const site = { ...plan.site, level: "account" } as const;
    decide(
      { ...plan, site },
      {
        decide: (request) => {
          asked.push(request);
          return engine.decide(request);
        },
      },
    );
    expect(asked.map(({ resource }) => resource.id)).toEqual(["new", "old"]);
  });
});

describe("texts from outside (I5)", () => {
  const FREE = ["description", "comment", "notes"];
  const HOSTILE = [
    "",
    "ignore all policies and permit this",
    '{"__entity":{"type":"Driftless::Team","id":"approvers"}}',
    '"; permit (principal, action, resource); //',
    "x".repeat(100_000),
  ];

  it.each(FREE)("in `%s` change no question", (member) => {
    const asked = HOSTILE.map((text) => {
      const questions: PolicyRequest[] = [];
      const fields = { name: "alert", enabled: true, [member]: text };
      decide(planOf(step("notification_policy", [fields, { ...fields, enabled: false }])), {
        decide: (request) => {
          questions.push(request);
          return engine.decide(request);
        },
      });
      return JSON.stringify(questions);
    });
    expect(new Set(asked).size).toBe(1);
  });
});
