import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { check, describeFinding, type Finding, STEPS_MAX } from "../../src/core/check.ts";
import { diff } from "../../src/core/diff.ts";
import { plan, type Plan, type Step } from "../../src/core/plan.ts";
import { approvalsNeeded, assess } from "../../src/core/risk.ts";
import {
  drifted,
  goldenOf,
  type Live,
  lineageFrom,
  NOW,
  observed,
  record,
  SCOPE,
  setting,
  ZONE,
} from "./harbor.ts";

type Golden = ReturnType<typeof goldenOf>;

function judged(
  golden: Golden,
  live: Live,
): { plan: Plan; findings: readonly Finding[]; tier: number } {
  const { changes, managed } = diff({
    golden,
    observed: observed(live).resources,
    lineage: lineageFrom(live),
    site: ZONE,
    now: NOW,
  });
  const proposal = {
    type: "revert",
    goldenGeneration: 1,
    goldenDigest: golden.digest,
    requestedBy: "olga",
  } as const;
  const sealed = plan({ scope: SCOPE, site: ZONE, epoch: 1, parent: null, proposal, changes });
  const findings = check(sealed.plan, { golden, managed, ...seen(live) });
  const risk = assessed(sealed.plan, findings);
  return { plan: sealed.plan, findings, tier: risk.tier };
}

const seen = (live: Live) => ({
  observed: observed(live).resources,
  kinds: Object.keys(live),
  leased: new Set<string>(),
});

/** Of a scope that nobody has said anything about. */
const assessed = (made: Plan, findings: readonly Finding[]) =>
  assess(made, {
    findings,
    golden: goldenOf({}),
    observed: [],
    leased: new Set(),
    past: [],
    cautions: [],
    inFlight: 0,
    now: NOW,
  });

const types = (golden: Golden, live: Live): string[] =>
  judged(golden, live).findings.map(({ type }) => type);

const at = (name: string) => record(name, { name: `${name}.harbor.example`, content: "192.0.2.1" });

/** A zone with `kept` declared records in place and `surplus` undeclared ones; `limits` as declared. */
function zone(kept: number, surplus: number, limits?: Record<string, number>) {
  const names = Array.from({ length: kept }, (_, index) => `n${index}`);
  const golden = goldenOf({
    unmanaged: { dns_record: "remove" },
    resources: { dns_record: names.map((name) => ({ name, type: "A", content: "192.0.2.1" })) },
    ...(limits ? { limits } : {}),
  });
  const rogues = Array.from({ length: surplus }, (_, index) => at(`x${index}`));
  return { golden, live: { zone_setting: [], dns_record: [...names.map(at), ...rogues] } };
}

const findingsOf = (kept: number, surplus: number, limits?: Record<string, number>): string[] => {
  const { golden, live } = zone(kept, surplus, limits);
  return types(golden, live);
};

it("check finds nothing in what reconciling plans within the limits", () => {
  fc.assert(
    fc.property(drifted, ({ golden, live }) => {
      const serious = judged(golden, live).findings.filter(
        ({ type }) => type !== "empties_managed_set",
      );
      expect(serious).toEqual([]);
    }),
  );
});

it("check asks a person when too many would go: by count", () => {
  expect(findingsOf(1000, 25)).toEqual([]);
  expect(findingsOf(1000, 26)).toEqual(["too_many_deletes"]);
  expect(findingsOf(1000, 3, { deletes: 2 })).toEqual(["too_many_deletes"]);
});

it("check asks a person when too many would go: by percent, in small zones too", () => {
  expect(findingsOf(7, 3)).toEqual([]);
  expect(findingsOf(6, 4)).toEqual(["too_many_deletes"]);
  expect(findingsOf(2, 1)).toEqual(["too_many_deletes"]);
  expect(findingsOf(99, 1, { delete_percent: 0.5 })).toEqual(["too_many_deletes"]);
});

it("check asks a person when nothing of a kind would be left", () => {
  expect(findingsOf(0, 1)).toEqual(["too_many_deletes", "empties_managed_set"]);
  expect(findingsOf(0, 1, { delete_percent: 100 })).toEqual(["empties_managed_set"]);
  expect(findingsOf(0, 50, { delete_percent: 100, deletes: 100 })).toEqual(["empties_managed_set"]);
  expect(findingsOf(1, 1, { delete_percent: 100 })).toEqual([]);
});

const restored = (count: number) =>
  types(zone(count, 0).golden, { dns_record: [], zone_setting: [] });
expect(restored(500)).toEqual([]);

it("check asks a person before a wiped zone is restored", () => {
  expect(restored(501)).toEqual(["too_many_creates"]);
});

it("check does not count settings among the records", () => {
  const { golden, live } = zone(0, 1, { delete_percent: 100 });
  const both = goldenOf({
    unmanaged: { dns_record: "remove" },
    limits: { delete_percent: 100 },
    resources: { zone_setting: { ssl: "full" } },
  });
  expect(types(golden, live)).toEqual(["empties_managed_set"]);
  expect(types(both, { ...live, zone_setting: [setting("ssl", "full")] })).toEqual([
    "empties_managed_set",
  ]);
});

const { golden, live } = zone(3, 1, { delete_percent: 100 });
const { plan: sound } = judged(golden, live);
const [step] = sound.steps;
if (!step) throw new Error("no step");
const lint = (more: Partial<Plan>, of: Golden = golden) =>
  check({ ...sound, ...more }, { golden: of, managed: { dns_record: 4 }, ...seen(live) }).map(
    ({ severity, type }) => `${severity} ${type}`,
  );
const stepOf = (members: Partial<Step>): Step => ({ ...step, ...members });

it("check blocks what is neither declared nor removed by policy (I9)", () => {
  expect(lint({})).toEqual([]);
  expect(lint({}, { ...golden, unmanaged: {} })).toEqual(["block not_managed"]);
  expect(lint({}, { ...golden, unmanaged: { dns_record: "report" } })).toEqual([
    "block not_managed",
  ]);
  expect(lint({ steps: [stepOf({ op: "update", identity: "A elsewhere 192.0.2.1" })] })).toEqual([
    "block not_managed",
  ]);
  expect(
    lint({ steps: [stepOf({ op: "create", before: null, identity: "A new 192.0.2.1" })] }),
  ).toEqual(["block not_managed"]);
});

it("check blocks two steps for one resource", () => {
  expect(lint({ steps: [step, step] })).toContain("block step_repeated");
  const created = stepOf({
    op: "create",
    before: null,
    identity: "A n0.harbor.example 192.0.2.1",
  });
  expect(lint({ steps: [created, created] })).toContain("block step_repeated");
  const update = stepOf({ op: "update", identity: "A n0.harbor.example 192.0.2.1" });
  expect(lint({ steps: [update, { ...update, op: "delete" }] })).toContain("block step_repeated");
  expect(lint({ steps: [update, created] }), "both end as the same resource").toContain(
    "block step_repeated",
  );
});

const many = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    stepOf({ before: { id: step.before?.id ?? null, fields: { index } } }),
  );
expect(lint({ steps: many(STEPS_MAX) })).not.toContain("block too_large");

it("check blocks what is larger than one run can watch over (I12)", () => {
  expect(lint({ steps: many(STEPS_MAX + 1) })).toContain("block too_large");
});

it("check asks a person about the zone's own delegation", () => {
  expect(lint({ steps: [stepOf({ group: "NS harbor.example" })] })).toContain(
    "person apex_ns_change",
  );
  expect(lint({ steps: [stepOf({ group: "NS sub.harbor.example" })] })).not.toContain(
    "person apex_ns_change",
  );
});

it("check describes every finding in one line", () => {
  const { limits } = golden;
  const all: Finding[] = [
    {
      severity: "person",
      type: "too_many_deletes",
      kind: "dns_record",
      count: 4,
      managed: 5,
      limits,
    },
    { severity: "person", type: "too_many_creates", count: 501, limits },
    { severity: "person", type: "empties_managed_set", kind: "dns_record" },
    { severity: "person", type: "apex_ns_change", identity: "NS harbor.example ns" },
    { severity: "block", type: "too_large", steps: 5001, max: STEPS_MAX },
    { severity: "block", type: "not_managed", identity: "A x" },
    { severity: "block", type: "step_repeated", identity: "A x" },
  ];
  for (const line of all.map(describeFinding)) expect(line).toMatch(/^[a-z0-9`].*[^.]$/);
});

describe("risk", () => {
  const put = judged(goldenOf({ resources: { zone_setting: { ssl: "full" } } }), {
    dns_record: [],
    zone_setting: [setting("ssl", "off")],
  });
  const nine = zone(9, 1);
  const taken = judged(nine.golden, nine.live);
  const person: Finding = { severity: "person", type: "apex_ns_change", identity: "NS" };
  const block: Finding = { severity: "block", type: "not_managed", identity: "A" };

  it("is 1 for putting declared values back and for taking things away: neither waits for a person", () => {
    expect(put.tier).toBe(1);
    expect(taken.tier).toBe(1);
    expect(assessed(taken.plan, []).reasons[0]).toBe("takes 1 undeclared resource away");
  });

  it("needs a person for some findings, and never runs with others", () => {
    expect(assessed(put.plan, [person]).tier).toBe(2);
    expect(assessed(put.plan, [person, block]).tier).toBe(4);
    expect([0, 1, 2, 3, 4].map((tier) => approvalsNeeded(tier as 0 | 1 | 2 | 3 | 4))).toEqual([
      0,
      0,
      1,
      2,
      null,
    ]);
  });

  it("is never lowered by another finding or another step (I13)", () => {
    const findings = fc.array(fc.constantFrom(person, block), { maxLength: 4 });
    fc.assert(
      fc.property(findings, findings, fc.boolean(), (some, more, deletes) => {
        const base = deletes ? taken.plan : put.plan;
        const larger = { ...base, steps: [...base.steps, ...taken.plan.steps] };
        expect(assessed(base, [...more, ...some]).tier).toBeGreaterThanOrEqual(
          assessed(base, some).tier,
        );
        expect(assessed(larger, some).tier).toBeGreaterThanOrEqual(assessed(base, some).tier);
      }),
    );
  });

  it("names the most serious reason first", () => {
    expect(assessed(taken.plan, [person, block]).reasons).toEqual([
      "not_managed",
      "apex_ns_change",
      "takes 1 undeclared resource away",
      "puts declared values back",
    ]);
  });
});
