/** What policies are asked about a plan that carries guardrails out, and who may not approve it. */
import { describe, expect, it } from "vitest";
import type { Guardrail } from "../../../src/core/guardrails/guardrail.ts";
import { decidePlan } from "../../../src/core/policy/decision.ts";
import { guardedBy, guardedPart } from "../../../src/core/policy/guarded-step.ts";
import { questionsOf } from "../../../src/core/policy/question.ts";
import type { Framework } from "../../../src/core/policy/bundle.ts";
import { policies } from "../../support/policies.ts";
import {
  against,
  guard,
  healed,
  leasesOf,
  LIVE,
  MINUTE,
  type Moment,
  NO_LEASES,
  pass,
  ZONE_TEMPLATES,
} from "../guardrails/guarded-zone.ts";

const healOf = (moment: Moment) => {
  const decision = pass(moment);
  if (decision.type !== "heal") throw new Error(decision.type);
  return decision;
};
const asked = (moment: Moment) => {
  const { plan, risk } = healOf(moment);
  const proof = {
    quorum: { required: 3, yes: 3, no: 0, domains: 3, deterministicYes: 3, bound: true },
    approvals: { humans: 0, selfApproved: false, maxAgeSec: 0, bound: true },
    simulated: true,
    verified: true,
  };
  const { facts } = policies;
  const questions = questionsOf({ plan: plan.plan, tier: 1, risk, violations: 0, facts, proof });
  if (!questions.ok) throw new Error(questions.error.reason);
  return questions.value;
};
const decided = (moment: Moment, frameworks: readonly Framework[] = []) => {
  const { plan, risk, findings } = healOf(moment);
  const facts = { ...policies.facts, frameworks };
  return decidePlan({ plan: plan.plan, risk, findings, ...policies, facts });
};
const placed = (guardrail: Guardrail): Moment => ({
  readings: LIVE,
  leases: leasesOf(guardrail),
  ms: 0,
});

describe("a guardrail that is carried out", () => {
  it.each(ZONE_TEMPLATES)(
    "%s is asked about as what it is, with its lease and its owner",
    (template) => {
      const questions = asked(placed(guard(template)));
      expect(questions.length).toBeGreaterThan(0);
      for (const { action, principal, context } of questions) {
        expect(action).toMatch(/^guardrail\.(?:tighten|change)$/);
        expect(principal.id).toMatch(/^guardian@/);
        expect(context).toMatchObject({
          provenanceFloor: 2,
          lease: { template, hours: 1, owner: "person", evidence: 0 },
        });
      }
    },
  );

  it.each(ZONE_TEMPLATES)(
    "%s, when its lease is over, is the golden state put back",
    (template) => {
      const guardrail = guard(template);
      const readings = healed(placed(guardrail));
      const questions = asked({ readings, leases: leasesOf(guardrail), ms: 31 * MINUTE });
      expect(questions.map(({ action }) => action)).toEqual(questions.map(() => "drift.revert"));
    },
  );

  it("is both when its phase has drifted as well", () => {
    const [first, ...others] = LIVE;
    const entry = first?.objects[0] as { rules: Record<string, unknown>[] };
    const rules = entry.rules.map((rule) =>
      rule["ref"] === "office" ? { ...rule, expression: "(ip.src eq 192.0.2.77)" } : rule,
    );
    const readings = [{ ...first, objects: [{ ...entry, rules }] }, ...others] as typeof LIVE;
    const leases = leasesOf(guard("managed_challenge"));
    const actions = asked({ readings, leases, ms: 0 }).map(({ action }) => action);
    // The drift took a declared rule's place, so this step does not only add.
    expect(new Set(actions)).toEqual(new Set(["drift.revert", "guardrail.change"]));
    const alone = asked({ readings, leases: NO_LEASES, ms: 0 }).map(({ action }) => action);
    expect(new Set(alone)).toEqual(new Set(["drift.revert"]));
  });

  it("by an agent, without a measurement, is forbidden; with one it is not", () => {
    const owner = { type: "agent", name: "sentinel@zone:harbor.example" } as const;
    const groundless = { ...guard("block_source"), owner };
    expect(decided(placed(groundless))).toMatchObject({
      decision: "forbid",
      determining: ["f-guard-groundless"],
    });
    const evidence = [{ what: "requests", facts: { share: 9 } }];
    expect(decided(placed({ ...groundless, evidence }))).toMatchObject({
      decision: "allow",
      determining: ["p-guard"],
    });
  });

  it("waits for a person under PCI DSS where it does not protect", () => {
    const cache = placed(guard("cache_everything"));
    expect(decided(cache)).toMatchObject({ decision: "allow", tier: healOf(cache).risk.tier });
    expect(decided(cache, ["pci-dss"])).toMatchObject({
      tier: 2,
      raisedBy: ["pci-6-5-1-unapproved"],
    });
    expect(decided(placed(guard("managed_challenge")), ["pci-dss"])).toMatchObject({ tier: 1 });
  });

  it("is no longer permitted when policies say no to it, and the auditors see what the planner saw", () => {
    const moment = placed(guard("rate_limit"));
    expect(against(healOf(moment), moment)).toEqual([]);
  });

  it("is not its owner's to approve; nobody else's guardrail is", () => {
    const one = healOf(placed(guard("managed_challenge"))).plan.plan;
    expect(guardedBy(one)).toEqual(["kim"]);
    const [step] = one.steps;
    if (!step) throw new Error("has a step");
    expect(guardedBy({ ...one, steps: [{ ...step, kind: "dns_record" }] })).toEqual([]);
    expect(guardedPart(step, [])).toEqual({ warrants: [], alone: false });
    const agents = { ...guard("managed_challenge"), owner: { type: "agent", name: "x" } } as const;
    const evidence = [{ what: "requests", facts: {} }];
    expect(guardedBy(healOf(placed({ ...agents, evidence })).plan.plan)).toEqual([]);
  });
});
