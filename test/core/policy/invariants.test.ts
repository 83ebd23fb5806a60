import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Attributes, PolicyRequest } from "../../../src/core/policy/request.ts";
import type { Row } from "../../../src/core/policy/table.ts";
import { isFull } from "../../support/full.ts";
import { engine, wholeTable, world } from "../../support/policies.ts";

/**
 * What has to hold of everything that is permitted, written down without a look at the policies. Questions are made from
 * rows of the tables with a few values moved, because of wholly random ones three in a thousand are permitted.
 */

interface Change {
  readonly risk: {
    score: number;
    tier: number;
    direction: string;
    reversible: boolean;
    verified: boolean;
  };
  readonly quorum: {
    required: number;
    yes: number;
    no: number;
    domains: number;
    deterministicYes: number;
    bound: boolean;
  };
  readonly approvals: { humans: number; selfApproved: boolean; maxAgeSec: number; bound: boolean };
  readonly window: { open: boolean; frozen: boolean };
  readonly budget: { inFlightAndRecent: number; limit: number; errorBudgetPct: number };
  readonly provenanceFloor: number;
  readonly simulated: boolean;
  readonly violations: number;
  readonly canary: boolean;
  readonly criticality: number;
  readonly effects: readonly string[];
  readonly frameworks: readonly string[];
  readonly lease?: { readonly hours: number; readonly owner: string; readonly evidence: number };
}

const base = world.baseChange as unknown as Change;
const LOOSEN = new Set(
  "dns.delete waf.rule.remove ratelimit.remove setting.relax gateway.block.remove access.widen script.delete store.delete alert.remove".split(
    " ",
  ),
);
const TIGHTEN = new Set(
  "waf.rule.add ratelimit.add setting.harden gateway.block.add access.restrict guardrail.tighten".split(
    " ",
  ),
);
const EFFECTS =
  "removes_protection adds_protection weak_transport widens_access opens_to_everyone drops_monitoring deletes_data ends_worker deploys_code changes_delegation exposes_origin".split(
    " ",
  );

const flag = fc.boolean();
const of = (...values: number[]) => fc.constantFrom(...values);
/** Each member of the context, with values on both sides of every bound. */
const MOVES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  "risk.score": of(0, 11, 12, 34, 35, 59, 60, 89, 90, 100, -1),
  "risk.tier": of(-1, 0, 1, 2, 3, 4, 5),
  "risk.direction": fc.constantFrom("tighten", "neutral", "loosen", ""),
  "risk.reversible": flag,
  "risk.verified": flag,
  "quorum.required": of(0, 1, 2, 3, 4),
  "quorum.yes": of(0, 2, 3, 4),
  "quorum.no": of(0, 1),
  "quorum.domains": of(0, 1, 2, 3),
  "quorum.deterministicYes": of(0, 2, 3, 4),
  "quorum.bound": flag,
  "approvals.humans": of(-1, 0, 1, 2, 3),
  "approvals.selfApproved": flag,
  "approvals.maxAgeSec": of(0, 3_600, 3_601),
  "approvals.bound": flag,
  "window.open": flag,
  "window.frozen": flag,
  "budget.inFlightAndRecent": of(0, 9, 10, 11),
  "budget.errorBudgetPct": of(-1, 0, 1, 100),
  provenanceFloor: of(-1, 0, 1, 2, 3),
  simulated: flag,
  violations: of(0, 1),
  canary: flag,
  criticality: of(0, 2, 3, 4),
  effects: fc.subarray(EFFECTS, { maxLength: 3 }),
  frameworks: fc.subarray(["soc2", "pci-dss"]),
};

const move = fc
  .constantFrom(...Object.keys(MOVES))
  .chain((path) => (MOVES[path] ?? flag).map((value) => [path, value] as const));

function moved(context: Change, moves: readonly (readonly [string, unknown])[]): Change {
  const copy = structuredClone(context) as unknown as Record<string, Record<string, unknown>>;
  for (const [path, value] of moves) {
    const [first = "", second] = path.split(".");
    if (second === undefined) copy[first] = value as never;
    else copy[first] = { ...copy[first], [second]: value };
  }
  return copy as unknown as Change;
}

const rows = wholeTable.rows.filter(
  ({ action, why }) => action !== "EditPolicy" && why !== "invalid",
);
const contextOf = ({ patch = {} }: Row): Change => {
  const patched = Object.entries(patch as Record<string, unknown>).map(([name, value]) => {
    const before = (base as unknown as Record<string, unknown>)[name];
    const isRecord = typeof before === "object" && !Array.isArray(before);
    return [name, isRecord ? { ...before, ...(value as object) } : value];
  });
  return { ...base, ...Object.fromEntries(patched) };
};

interface Question {
  readonly row: Row;
  readonly context: Change;
}
const question: fc.Arbitrary<Question> = fc
  .tuple(fc.constantFrom(...rows), fc.array(move, { maxLength: 4 }))
  .map(([row, moves]) => ({ row, context: moved(contextOf(row), moves) }));

function uidOf(text: string) {
  const at = text.indexOf("::");
  return { type: text.slice(0, at), id: text.slice(at + 2) };
}

const requestOf = ({ row, context }: Question): PolicyRequest => ({
  principal: uidOf(row.principal),
  action: row.action,
  resource: uidOf(row.resource),
  context: context as unknown as Attributes,
  entities: world.entities,
});
const allows = (one: Question): boolean => engine.decide(requestOf(one)).allow;

interface Facts extends Change {
  readonly principal: string;
  readonly kind: "revert" | "loosen" | "tighten" | "neutral";
  readonly isProtected: boolean;
  /** It carries a guardrail out. */
  readonly guards: boolean;
  readonly humans: number;
  readonly under: (framework: string) => boolean;
  readonly does: (effect: string) => boolean;
}

function kindOf(action: string): Facts["kind"] {
  if (action === "drift.revert") return "revert";
  if (LOOSEN.has(action)) return "loosen";
  return TIGHTEN.has(action) ? "tighten" : "neutral";
}

const PROMISES: readonly (readonly [string, (of: Facts) => boolean])[] = [
  [
    "who decides is deterministic, known and not quarantined",
    ({ principal }) => !/model|quarantined|nobody/.test(principal),
  ],
  [
    "the reverter only reverts",
    ({ principal, kind }) => !principal.endsWith("reverter") || kind === "revert",
  ],
  [
    "the guardian only guards, and nobody else does",
    ({ principal, guards }) => principal.endsWith("guardian") === guards,
  ],
  [
    "a guardrail is an emergency's: it has an end, and an agent's a measurement",
    ({ lease }) =>
      lease === undefined ||
      (lease.hours <= 1_680 &&
        (lease.owner === "person" || (lease.hours <= 720 && lease.evidence >= 1))),
  ],
  ["the certificate asks for three", ({ quorum }) => quorum.bound && quorum.required >= 3],
  [
    "the certificate is whole",
    ({ quorum }) => Math.min(quorum.yes, quorum.deterministicYes) >= quorum.required,
  ],
  ["its voters differ", ({ quorum }) => quorum.domains >= 2 && quorum.no === 0],
  [
    "it was played through and found sound",
    ({ simulated, violations, risk }) => simulated && violations === 0 && risk.verified,
  ],
  ["its tier is one that runs", ({ risk }) => risk.tier >= 0 && risk.tier <= 3],
  ["its tier has its people", ({ risk, humans }) => risk.tier < 2 || humans >= risk.tier - 1],
  [
    "approvals are bound and another's",
    ({ approvals: { bound, selfApproved }, humans }) => humans <= 0 || (bound && !selfApproved),
  ],
  ["approvals are fresh", ({ approvals, humans }) => humans <= 0 || approvals.maxAgeSec <= 3_600],
  ["loosening has a person", ({ kind, humans }) => kind !== "loosen" || humans >= 1],
  [
    "hidden loosening has a person",
    // A guardrail on a milder rung is still more than what is declared.
    ({ kind, guards, risk, humans }) =>
      kind === "revert" || guards || risk.direction !== "loosen" || humans >= 1,
  ],
  [
    "what is written has a known source, or a canary where it only tightens",
    ({ kind, provenanceFloor, canary }) => provenanceFloor >= 2 || (kind === "tighten" && canary),
  ],
  ["a revert is golden", ({ kind, provenanceFloor }) => kind !== "revert" || provenanceFloor >= 3],
  [
    "a protected record has two people",
    ({ kind, isProtected, humans }) => kind === "revert" || !isProtected || humans >= 2,
  ],
  ["what has no way back has two people", ({ risk, humans }) => risk.reversible || humans >= 2],
  [
    "a freeze holds",
    ({ window, kind }) => !window.frozen || kind === "revert" || kind === "tighten",
  ],
  ["the budget holds", ({ budget }) => budget.inFlightAndRecent < budget.limit],
  [
    "SOC 2: no protection goes without a person",
    ({ under, does, humans }) => !under("soc2") || !does("removes_protection") || humans >= 1,
  ],
  [
    "PCI DSS: transport stays strong",
    ({ under, does }) => !(under("pci-dss") && does("weak_transport")),
  ],
  [
    "PCI DSS: nothing is for everyone",
    ({ under, does }) => !(under("pci-dss") && does("opens_to_everyone")),
  ],
  [
    "PCI DSS: a change has a person",
    ({ under, kind, guards, humans }) =>
      !under("pci-dss") || kind === "revert" || (guards && kind === "tighten") || humans >= 1,
  ],
];

/** Everything that is wrong with permitting it. */
function broken({ row, context }: Question): string[] {
  const facts: Facts = {
    ...context,
    principal: row.principal,
    kind: kindOf(row.action),
    guards: row.action.startsWith("guardrail."),
    isProtected: row.resource === "DnsRecord::mx",
    humans: context.approvals.humans,
    under: (framework) => context.frameworks.includes(framework),
    does: (effect) => context.effects.includes(effect),
  };
  return PROMISES.filter(([, holds]) => !holds(facts)).map(([promise]) => promise);
}

const RUNS = isFull ? 20_000 : 2_000;

it("whatever is permitted keeps every promise", () => {
  let permitted = 0;
  fc.assert(
    fc.property(question, (one) => {
      if (!allows(one)) return;
      permitted += 1;
      expect(broken(one)).toEqual([]);
    }),
    { numRuns: RUNS },
  );
  expect(permitted).toBeGreaterThan(RUNS / 50);
}, 300_000);

it("a framework more never permits what was refused (I13)", () => {
  fc.assert(
    fc.property(question, fc.constantFrom("soc2", "pci-dss"), ({ row, context }, framework) => {
      const frameworks = [...new Set([...context.frameworks, framework])].toSorted();
      if (!allows({ row, context: { ...context, frameworks } })) return;
      expect(allows({ row, context })).toBe(true);
    }),
    { numRuns: RUNS / 4 },
  );
}, 300_000);

it("a higher score never permits what was refused (I13)", () => {
  fc.assert(
    fc.property(question, fc.nat(60), ({ row, context }, more) => {
      const risk = { ...context.risk, score: context.risk.score + more };
      if (!allows({ row, context: { ...context, risk } })) return;
      expect(allows({ row, context })).toBe(true);
    }),
    { numRuns: RUNS / 4 },
  );
}, 300_000);
