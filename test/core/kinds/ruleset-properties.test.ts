import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Json, type JsonObject, textOf } from "../../../src/core/canonical.ts";
import { AUDITS } from "../../../src/core/auditors/registry.ts";
import { check, codeOf } from "../../../src/core/check.ts";
import { diff, type Drift } from "../../../src/core/diff.ts";
import type { Dossier } from "../../../src/core/dossier.ts";
import type { GoldenState } from "../../../src/core/golden.ts";
import { incidentIdOf } from "../../../src/core/ids.ts";
import { KINDS } from "../../../src/core/kinds/registry.ts";
import { observe, type Reading } from "../../../src/core/observation.ts";
import { type Plan, plan, seal, type SealedPlan } from "../../../src/core/plan.ts";
import { decidePlan } from "../../../src/core/policy/decision.ts";
import { assess } from "../../../src/core/risk.ts";
import { policies } from "../../support/permitting.ts";
import { inverseCalls, simulate } from "../../../src/core/simulate.ts";
import { basisMoved, unpredicted } from "../../../src/core/verification.ts";
import { goldenOf, must, NO_LIMITS, NOW, SCOPE, ZONE } from "../harbor.ts";
import { declaredRule, entrypoint, liveRule } from "./entrypoint.ts";
import { QUIET } from "../quiet.ts";

/** Every kind of rules with a body that its phase takes; what it does is the same for all. */
const limited: JsonObject = {
  ratelimit: {
    characteristics: ["ip.src"],
    period: 60,
    requests_per_period: 20,
    mitigation_timeout: 600,
  },
};
const SHAPES: Readonly<Record<string, readonly [phase: string, members: JsonObject][]>> = {
  waf_rule: [["http_request_firewall_custom", { action: "block" }]],
  rate_limit_rule: [["http_ratelimit", { action: "block", ...limited }]],
  managed_ruleset: [
    [
      "http_request_firewall_managed",
      {
        action: "execute",
        action_parameters: {
          id: "efb7b8c949ac4650a09736fc376e9aee",
          overrides: { rules: [{ id: "5de7edfa648c4d6891dc3e7f84534ffa", action: "log" }] },
        },
      },
    ],
  ],
  cache_rule: [
    [
      "http_request_cache_settings",
      { action: "set_cache_settings", action_parameters: { cache: false } },
    ],
  ],
  redirect_rule: [
    [
      "http_request_dynamic_redirect",
      {
        action: "redirect",
        action_parameters: {
          from_value: { target_url: { value: "https://a.example" }, status_code: 302 },
        },
      },
    ],
  ],
  header_rule: [
    [
      "http_request_late_transform",
      {
        action: "rewrite",
        action_parameters: { headers: { "x-a": { operation: "remove" } } },
      },
    ],
    [
      "http_response_headers_transform",
      {
        action: "rewrite",
        action_parameters: { headers: { "x-a": { operation: "set", value: "1" } } },
      },
    ],
  ],
};

interface Scene {
  readonly kind: string;
  readonly phase: string;
  readonly golden: GoldenState;
  readonly live: readonly JsonObject[];
  /** The fields that have to be found. */
  readonly expected: readonly string[];
  /** Rules that nobody declared, and whether they are to be removed. */
  readonly rogues: readonly string[];
  readonly removes: boolean;
}

const REFS = ["a", "b", "c", "d", "e", "f"];
const DEEDS = ["edit", "disable", "delete", "keep", "keep", "touch"] as const;

function done(rule: JsonObject, deed: (typeof DEEDS)[number]): JsonObject | null {
  switch (deed) {
    case "edit":
      return { ...rule, expression: "true" };
    case "disable":
      return { ...rule, enabled: false };
    case "delete":
      return null;
    case "touch":
      return { ...rule, version: "99", description: "by somebody", logging: { enabled: true } };
    case "keep":
      return rule;
  }
}

/** The rule as it is declared: where a kind has two phases, it says which. */
const directed = (
  { kind, phase }: { readonly kind: string; readonly phase: string },
  rule: JsonObject,
): JsonObject =>
  kind === "header_rule"
    ? { ...rule, direction: phase.includes("response") ? "response" : "request" }
    : rule;

const scene: fc.Arbitrary<Scene> = fc
  .record({
    kind: fc.constantFrom(...Object.keys(SHAPES)),
    variant: fc.nat({ max: 1 }),
    refs: fc.shuffledSubarray(REFS),
    deeds: fc.array(fc.constantFrom(...DEEDS), { minLength: 6, maxLength: 6 }),
    swaps: fc.boolean(),
    rogues: fc.uniqueArray(fc.tuple(fc.constantFrom("x", "y", "z"), fc.nat({ max: 6 })), {
      selector: ([ref]) => ref,
    }),
    removes: fc.boolean(),
  })
  .map(({ kind, variant, refs, deeds, swaps, rogues, removes }) => {
    const shapes = SHAPES[kind] ?? [];
    const [phase = "", members = {}] = shapes[variant % shapes.length] ?? [];
    const declared = refs.map((ref) => directed({ kind, phase }, declaredRule(ref, members)));
    const golden = goldenOf({
      resources: { [kind]: declared },
      unmanaged: removes ? { [kind]: "remove" } : {},
      limits: NO_LIMITS,
    });
    const drifted = refs.map((ref, index) => done(liveRule(ref, members), deeds[index] ?? "keep"));
    const expected = refs.flatMap((ref, index) =>
      ["keep", "touch"].includes(deeds[index] ?? "keep") ? [] : [`rule:${ref}`],
    );
    const rules = drifted.filter((rule) => rule !== null);
    const reversed = swaps && rules.length > 1;
    if (reversed) rules.reverse();
    for (const [ref, at] of rogues) rules.splice(at, 0, liveRule(ref, members));
    if (reversed) expected.push("order");
    if (removes && rogues.length > 0) expected.push("refs");
    return {
      kind,
      phase,
      golden,
      live: [
        ...shapes.filter(([other]) => other !== phase).map(([other]) => entrypoint(other, [])),
        entrypoint(phase, rules),
      ],
      expected: expected.toSorted(),
      rogues: rogues.map(([ref]) => ref),
      removes,
    };
  });

const readingsOf = ({ kind, live }: Scene): readonly Reading[] => [
  { kind, objects: live, claimedTotal: live.length },
];
const observed = (readings: readonly Reading[]) => must(observe(readings, ZONE, NOW)).resources;
const compare = (golden: GoldenState, readings: readonly Reading[]): Drift =>
  diff({ golden, observed: observed(readings), lineage: new Map(), site: ZONE, now: NOW });

function planOf({ changes }: Drift, golden: GoldenState): SealedPlan {
  const proposal = {
    type: "revert",
    goldenGeneration: 3,
    goldenDigest: golden.digest,
    requestedBy: "olga",
  } as const;
  return plan({ scope: SCOPE, site: ZONE, epoch: 1, parent: null, proposal, changes });
}

/** What the auditors have against the plan for `zone`, after somebody has had it in their hands. */
function reasonsAgainst(zone: Scene, tamper = (made: Plan): Plan => made): readonly string[] {
  const { golden } = zone;
  const readings = readingsOf(zone);
  const drift = compare(golden, readings);
  if (drift.changes.length === 0) return [];
  const made = tamper(planOf(drift, golden).plan);
  const { digest } = seal(made);
  const seen = observed(readings);
  const leased = new Set<string>();
  const kinds = readings.map(({ kind }) => kind);
  const findings = check(made, { golden, managed: drift.managed, observed: seen, kinds, leased });
  const risk = assess(made, {
    ...QUIET,
    findings,
    golden,
    observed: seen,
    leased,
    now: NOW,
  });
  const dossier: Dossier = {
    version: 1,
    incident: incidentIdOf(digest),
    plan: made,
    planDigest: digest,
    evidence: { observedAt: NOW, readings, lineage: [] },
    held: [],
    findings,
    risk,
    policy: decidePlan({ plan: made, findings, risk, ...policies }),
  };
  const told = JSON.parse(JSON.stringify(dossier)) as Dossier;
  const asked = {
    ...QUIET,
    generation: 3,
    declaredBy: "olga",
    policies,
    now: NOW,
  };
  const input = { dossier: told, golden, ...asked };
  return [...AUDITS].flatMap(([name, audit]) =>
    audit(input).reasons.map((reason) => `${name}: ${reason}`),
  );
}

function refsIn(readings: readonly Reading[], phase: string): string[] {
  const order = observed(readings).find(({ id }) => id === phase)?.fields["order"];
  return Array.isArray(order) ? order.map((ref) => textOf(ref)) : [];
}

describe("rules of a phase", () => {
  it("imported as they are, differ in nothing", () => {
    fc.assert(
      fc.property(scene, (zone) => {
        const kind = KINDS.get(zone.kind);
        const rules = zone.live.flatMap(({ id, rules: of }) =>
          (of as JsonObject[]).map(
            ({ id: _id, version: _version, last_updated: _at, logging: _logging, ...rule }) =>
              directed({ kind: zone.kind, phase: textOf(id) }, rule),
          ),
        );
        expect(kind?.declare(rules, ZONE).ok).toBe(true);
        for (const removes of ["remove", "report"]) {
          const golden = goldenOf({
            resources: { [zone.kind]: rules },
            unmanaged: { [zone.kind]: removes },
          });
          expect(compare(golden, readingsOf(zone)).changes).toEqual([]);
        }
      }),
    );
  });

  it("differ in exactly what was done to them", () => {
    fc.assert(
      fc.property(scene, (zone) => {
        const { changes, unmanaged } = compare(zone.golden, readingsOf(zone));
        const fields = changes.flatMap((change) => (change.op === "update" ? change.fields : []));
        expect(fields).toEqual(zone.expected);
        expect(changes.length).toBe(zone.expected.length === 0 ? 0 : 1);
        expect(unmanaged.map(({ identity }) => identity).toSorted()).toEqual(
          zone.removes ? [] : zone.rogues.map((ref) => `${zone.phase} ${ref}`).toSorted(),
        );
      }),
    );
  });

  it("are put right by one PUT, and only then; the rules of others stay where they were", () => {
    fc.assert(
      fc.property(scene, (zone) => {
        const before = readingsOf(zone);
        const { plan: made } = planOf(compare(zone.golden, before), zone.golden);
        expect(made.calls.length).toBe(zone.expected.length === 0 ? 0 : 1);
        const after = must(simulate(before, ZONE, made.calls));
        expect(compare(zone.golden, after).changes).toEqual([]);
        const steps = made.steps.map((step, index) => [index, step] as const);
        expect(basisMoved(steps, observed(before))).toEqual([]);
        expect(unpredicted(steps, observed(after))).toEqual([]);
        const isRogue = (ref: string) => zone.rogues.includes(ref);
        const rogues = refsIn(before, zone.phase).filter(isRogue);
        // Two that stood behind different rules may change places when those do.
        const left = refsIn(after, zone.phase).filter(isRogue);
        expect(left.toSorted()).toEqual(zone.removes ? [] : rogues.toSorted());
      }),
    );
  });

  it("are as they were after the inverses", () => {
    fc.assert(
      fc.property(scene, (zone) => {
        const before = readingsOf(zone);
        const { plan: made } = planOf(compare(zone.golden, before), zone.golden);
        const after = must(simulate(before, ZONE, made.calls));
        const restored = must(simulate(after, ZONE, inverseCalls(made.steps)));
        expect(observed(restored)).toEqual(observed(before));
      }),
    );
  });

  it("are fenced by their version: any write in between is seen (I2)", () => {
    fc.assert(
      fc.property(scene, (zone) => {
        const { plan: made } = planOf(compare(zone.golden, readingsOf(zone)), zone.golden);
        const moved = zone.live.map((one) => ({ ...one, version: "8" }));
        const steps = made.steps.map((step, index) => [index, step] as const);
        const seen = observed(readingsOf({ ...zone, live: moved }));
        expect(basisMoved(steps, seen)).toHaveLength(made.steps.length);
      }),
    );
  });

  it("are agreed on by all auditors, who work it out by themselves", () => {
    fc.assert(
      fc.property(scene, (zone) => {
        expect(reasonsAgainst(zone)).toEqual([]);
      }),
    );
  });
});

describe("rules that are removed", () => {
  const zone = (rogues: number): Scene => ({
    kind: "waf_rule",
    phase: "http_request_firewall_custom",
    golden: goldenOf({
      resources: { waf_rule: ["a", "b", "c"].map((ref) => declaredRule(ref)) },
      unmanaged: { waf_rule: "remove" },
    }),
    live: [
      entrypoint("http_request_firewall_custom", [
        ...["a", "b", "c"].map((ref) => liveRule(ref)),
        ...Array.from({ length: rogues }, (_, index) => liveRule(`x${index}`)),
      ]),
    ],
    expected: ["refs"],
    rogues: [],
    removes: true,
  });
  const findings = (scened: Scene) => {
    const drift = compare(scened.golden, readingsOf(scened));
    const { plan: made } = planOf(drift, scened.golden);
    return check(made, {
      golden: scened.golden,
      managed: drift.managed,
      observed: observed(readingsOf(scened)),
      kinds: [scened.kind],
      leased: new Set(),
    });
  };

  it("count one by one against the limits (B9)", () => {
    const limits = (rogues: number) =>
      findings(zone(rogues)).filter(({ type }) => type !== "invariant");
    expect(limits(1)).toEqual([]);
    expect(limits(2)).toMatchObject([
      { type: "too_many_deletes", kind: "waf_rule", count: 2, managed: 5 },
    ]);
  });

  it("need a person where they kept something out", () => {
    expect(findings(zone(1))).toMatchObject([
      { severity: "person", invariant: "protection_weakened", effect: "loosens" },
    ]);
  });

  it("need a person when none is left", () => {
    const empty = goldenOf({ resources: { waf_rule: [] }, unmanaged: { waf_rule: "remove" } });
    expect(findings({ ...zone(0), golden: empty }).map(codeOf)).toEqual([
      ...["a", "b", "c"].map(() => "protection_weakened"),
      "too_many_deletes",
      "empties_managed_set",
      "empties",
    ]);
  });

  it("are only listed where nothing is declared", () => {
    for (const policy of ["remove", "report"]) {
      const golden = goldenOf({ unmanaged: { waf_rule: policy } });
      const { changes, unmanaged, managed } = compare(golden, readingsOf(zone(1)));
      expect({ changes, managed }).toEqual({ changes: [], managed: {} });
      expect(unmanaged.map(({ identity }) => identity.split(" ")[1])).toEqual([
        "a",
        "b",
        "c",
        "x0",
      ]);
    }
  });
});

describe("a plan with other rules than those that were planned", () => {
  const zone: Scene = {
    kind: "waf_rule",
    phase: "http_request_firewall_custom",
    golden: goldenOf({ resources: { waf_rule: ["a", "b"].map((ref) => declaredRule(ref)) } }),
    live: [
      entrypoint("http_request_firewall_custom", [
        liveRule("x"),
        liveRule("a", { enabled: false }),
        liveRule("b"),
      ]),
    ],
    expected: ["rule:a"],
    rogues: ["x"],
    removes: false,
  };
  type Rewrite = (rules: readonly JsonObject[]) => readonly Json[];
  const sending =
    (rewrite: Rewrite) =>
    (made: Plan): Plan => ({
      ...made,
      calls: made.calls.map(({ request, steps }) => {
        const { rules, ...rest } = request.body as JsonObject;
        const body = { ...rest, rules: rewrite(rules as readonly JsonObject[]) };
        return { request: { ...request, body }, steps };
      }),
    });

  it("is refused by nobody as long as it is the same", () => {
    expect(
      reasonsAgainst(
        zone,
        sending((rules) => rules),
      ),
    ).toEqual([]);
  });

  it.each<[string, Rewrite]>([
    ["a rule more", (rules) => [...rules, { ...declaredRule("y"), enabled: true }]],
    ["a rule of others less", (rules) => rules.slice(1)],
    ["a declared rule less", (rules) => rules.slice(0, 2)],
    ["another order", (rules) => rules.toReversed()],
    ["another place among the rules of others", ([x, a, b]) => [a ?? {}, x ?? {}, b ?? {}]],
    ["another expression", (rules) => rules.map((rule) => ({ ...rule, expression: "true" }))],
    [
      "a member nobody declared",
      (rules) => rules.map((rule) => ({ ...rule, ratelimit: { period: 10 } })),
    ],
    ["a rule of others that was edited", ([x, ...rest]) => [{ ...x, enabled: false }, ...rest]],
    ["a rule that is switched off", (rules) => rules.map((rule) => ({ ...rule, enabled: false }))],
  ])("is refused by every auditor: %s", (_, rewrite) => {
    const against = reasonsAgainst(zone, sending(rewrite)).map((reason) => reason.split(":")[0]);
    expect(new Set(against)).toEqual(new Set(["conformance", "policy", "simulation"]));
  });
});
