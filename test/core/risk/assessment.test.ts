import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf, type JsonObject } from "../../../src/core/canonical.ts";
import { check } from "../../../src/core/check.ts";
import { diff } from "../../../src/core/diff.ts";
import { parseGolden } from "../../../src/core/golden.ts";
import { type Digest, type Instant, instantOf } from "../../../src/core/ids.ts";
import { plan, type Plan } from "../../../src/core/plan.ts";
import { assess, type RiskAssessment } from "../../../src/core/risk.ts";
import { type PastRun, shapeOf } from "../../../src/core/risk/history.ts";
import {
  documentOf,
  goldenOf,
  type Live,
  NOW,
  observed,
  record,
  SCOPE,
  setting,
  ZONE,
} from "../harbor.ts";

const names = Array.from({ length: 10 }, (_, index) => `n${index}`);
const declared = {
  dns_record: [
    ...names.map((name) => ({ name, type: "A", content: "192.0.2.1" })),
    { name: "@", type: "MX", content: "mx.example.net", priority: 10 },
  ],
  zone_setting: { ssl: "full" },
};
const sound: Live = {
  dns_record: [
    ...names.map((name) => record(name, { name: `${name}.harbor.example`, content: "192.0.2.1" })),
    record("mx", {
      name: "harbor.example",
      type: "MX",
      content: "mx.example.net",
      priority: 10,
    }),
  ],
  zone_setting: [setting("ssl", "full")],
};

const edited = (id: string, members: JsonObject): Live => ({
  ...sound,
  dns_record: sound.dns_record.map((raw) => (raw["id"] === id ? { ...raw, ...members } : raw)),
});
const added = (members: JsonObject): Live => ({
  ...sound,
  dns_record: [...sound.dns_record, record("x", members)],
});

interface Around {
  readonly risk?: object;
  readonly cautions?: readonly Digest[];
  readonly past?: readonly PastRun[];
  readonly inFlight?: number | null;
  readonly now?: Instant;
  /** Another proposal than a repair, as the planner of another kind of proposal would make it. */
  readonly proposal?: string;
}

function planned(live: Live, { risk, proposal = "revert" }: Around = {}) {
  const golden = goldenOf({
    resources: declared,
    unmanaged: { dns_record: "remove" },
    ...(risk === undefined ? {} : { risk }),
  });
  const { resources } = observed(live);
  const drift = diff({ golden, observed: resources, lineage: new Map(), site: ZONE, now: NOW });
  const made = plan({
    scope: SCOPE,
    site: ZONE,
    epoch: 1,
    parent: null,
    proposal: {
      type: "revert",
      goldenGeneration: 1,
      goldenDigest: golden.digest,
      requestedBy: "olga",
    },
    changes: drift.changes,
  }).plan;
  const asked = { ...made, proposal: { ...made.proposal, type: proposal } } as Plan;
  const kinds = Object.keys(live);
  const leased = new Set<string>();
  const findings = check(asked, {
    golden,
    managed: drift.managed,
    observed: resources,
    kinds,
    leased,
  });
  return { golden, findings, plan: asked, observed: resources, leased };
}

function riskOf(live: Live, around: Around = {}): RiskAssessment {
  const { plan: made, ...rest } = planned(live, around);
  return assess(made, {
    ...rest,
    past: around.past ?? [],
    cautions: around.cautions ?? [],
    inFlight: around.inFlight === undefined ? 0 : around.inFlight,
    now: around.now ?? NOW,
  });
}

const wrong = edited("n3", { content: "203.0.113.9" });

describe("the risk of a repair", () => {
  it("has the share of names, and is automatic however dear the scope is", () => {
    expect(riskOf(wrong)).toMatchObject({
      tier: 1,
      vector: { blastPpm: 90_910, criticality: 4, direction: "neutral", timing: "window" },
      points: { blast: 20, criticality: 20, history: 8 },
      reasons: ["puts declared values back"],
    });
    expect(riskOf(wrong, { risk: { criticality: 0 } }).vector.criticality).toBe(0);
  });

  it("counts recorded traffic where that is more than the share of names", () => {
    const traffic = { "n3.harbor.example": 600, "n1.harbor.example": 400 };
    expect(riskOf(wrong, { risk: { traffic } }).vector.blastPpm).toBe(600_000);
    const quiet = { "n3.harbor.example": 1, "n1.harbor.example": 999 };
    expect(riskOf(wrong, { risk: { traffic: quiet } }).vector.blastPpm).toBe(90_910);
  });

  it("reaches everything where a change is about all names, or where nobody can say", () => {
    const off: Live = { ...sound, zone_setting: [setting("ssl", "off")] };
    expect(riskOf(off)).toMatchObject({
      tier: 1,
      vector: { blastPpm: 1_000_000, direction: "tighten" },
    });
    expect(riskOf(added({ name: "*.harbor.example", content: "192.0.2.9" })).vector.blastPpm).toBe(
      1_000_000,
    );
  });

  it("asks a person where it takes protection away that somebody added by hand", () => {
    const strict: Live = { ...sound, zone_setting: [setting("ssl", "strict")] };
    expect(riskOf(strict)).toMatchObject({
      tier: 2,
      floors: ["removes_protection"],
      vector: { direction: "loosen" },
      reasons: ["protection_weakened", "removes_protection", "puts declared values back"],
    });
  });

  it("does not wait for a freeze to end, nor for an error budget", () => {
    const frozen = {
      freezes: [{ from: "2026-01-01T00:00:00Z", until: "2027-01-01T00:00:00Z", reason: "audit" }],
    };
    const budget = { error_budget: { failed_runs: 1, days: 28 } };
    const past = [{ shape: shapeOf({ steps: [] }), ended: "badly", at: NOW } as const];
    expect(riskOf(wrong, { risk: { ...frozen, ...budget }, past })).toMatchObject({
      tier: 1,
      vector: { timing: "window", burnX10: 0 },
    });
  });
});

describe("the risk of anything else", () => {
  const asked = { proposal: "of_tomorrow" };
  const known = {
    criticality: 0,
    hours: [{ days: ["sun"], from: "00:00", until: "24:00", are: "window" }],
    error_budget: { failed_runs: 28, days: 28 },
  };

  it("is the worst where it does not say where its values come from", () => {
    expect(riskOf(wrong, asked)).toMatchObject({ tier: 4, vector: { provenance: "untrusted" } });
  });

  it.each<[string, object, Partial<RiskAssessment["vector"]>]>([
    ["nothing is said", {}, { timing: "incident", criticality: 4, burnX10: 144 }],
    ["it is Sunday, and Sunday is fine", known, { timing: "window", criticality: 0, burnX10: 10 }],
    [
      "Sunday is none of the hours",
      { ...known, hours: [{ days: ["mon"], from: "00:00", until: "24:00", are: "window" }] },
      { timing: "offwindow" },
    ],
    [
      "noon is the peak",
      {
        ...known,
        hours: [...known.hours, { days: ["sun"], from: "12:00", until: "12:01", are: "peak" }],
      },
      { timing: "peak" },
    ],
    [
      "a freeze is on",
      {
        ...known,
        freezes: [
          { from: "2026-03-01T00:00:00Z", until: "2026-03-02T00:00:00Z", reason: "moving house" },
        ],
      },
      { timing: "incident" },
    ],
  ])("depends on the time and on what the scope is like: %s", (_, risk, expected) => {
    const past = [{ shape: shapeOf({ steps: [] }), ended: "badly", at: NOW } as const];
    expect(riskOf(wrong, { ...asked, risk, past }).vector).toMatchObject(expected);
  });

  it("takes two people in a freeze, but for what only protects", () => {
    const risk = {
      freezes: [
        { from: "2026-03-01T00:00:00Z", until: "2026-03-02T00:00:00Z", reason: "moving house" },
      ],
    };
    expect(riskOf(wrong, { ...asked, risk }).reasons).toContain("frozen");
    const off: Live = { ...sound, zone_setting: [setting("ssl", "off")] };
    const tightening = riskOf(off, { ...asked, risk });
    expect(tightening.reasons).not.toContain("frozen");
    expect(tightening.vector.timing).toBe("window");
  });

  it("may loosen where nobody can tell, and that counts as if it did", () => {
    const direct = edited("n3", { proxied: true });
    expect(riskOf(direct, asked).vector.direction).toBe("loosen");
    expect(riskOf(direct).vector.direction).toBe("neutral");
  });
});

describe("how earlier runs ended", () => {
  const shape = shapeOf(planned(wrong).plan);
  const run = (ended: PastRun["ended"], at: string, of = shape): PastRun => ({
    shape: of,
    ended,
    at: instantOf(at),
  });

  it("counts those of the same shape: failures of a week, successes of ever", () => {
    const past = [
      run("well", "2025-01-01T00:00:00Z"),
      run("badly", "2026-02-01T00:00:00Z"),
      run("badly", "2026-02-28T00:00:00Z"),
      run("badly", "2026-02-28T00:00:00Z", shapeOf({ steps: [] })),
    ];
    expect(riskOf(wrong, { past })).toMatchObject({
      vector: { history: { recentFailures: 1, successes: 1 } },
      points: { history: 14 },
    });
  });

  it("burns the error budget as fast as runs fail in a day", () => {
    const risk = { error_budget: { failed_runs: 4, days: 28 } };
    const past = [run("badly", "2026-03-01T01:00:00Z"), run("badly", "2026-02-27T00:00:00Z")];
    expect(riskOf(wrong, { risk, past, proposal: "of_tomorrow" }).vector.burnX10).toBe(70);
  });
});

describe("what a golden state says of its risk", () => {
  const problems = (risk: unknown) => {
    const parsed = parseGolden(documentOf({ risk }), SCOPE, ZONE);
    return parsed.ok ? [] : parsed.error.map(({ path }) => path.join("."));
  };

  it.each<[string, object, string]>([
    ["a criticality that is none", { criticality: 5 }, "spec.risk.criticality"],
    [
      "a freeze that ends first",
      {
        freezes: [{ from: "2026-03-02T00:00:00Z", until: "2026-03-01T00:00:00Z", reason: "typo" }],
      },
      "spec.risk.freezes.0",
    ],
    [
      "hours past midnight",
      { hours: [{ days: ["mon"], from: "22:00", until: "06:00", are: "window" }] },
      "spec.risk.hours.0",
    ],
    [
      "a time that is none",
      { hours: [{ days: ["mon"], from: "9:00", until: "25:00", are: "window" }] },
      "spec.risk.hours.0.from",
    ],
    [
      "a budget of nothing",
      { error_budget: { failed_runs: 0, days: 1 } },
      "spec.risk.error_budget.failed_runs",
    ],
    ["a member nobody knows", { critical: 1 }, "spec.risk.critical"],
  ])("is refused with its place: %s", (_, risk, path) => {
    expect(problems(risk)).toContain(path);
  });

  it("is part of its digest, and leaving it out changes no digest", () => {
    const [silent, said] = [goldenOf({}), goldenOf({ risk: { criticality: 2 } })];
    expect(said.digest).not.toBe(silent.digest);
    expect(silent.risk).toMatchObject({ criticality: null, errorBudget: null });
  });

  it("counts the runs that are under way elsewhere in the account; unknown is the worst (I13)", () => {
    const points = [0, 1, 2, 3, 12, null].map((inFlight) => {
      const { vector, points: of } = riskOf(wrong, { inFlight });
      return [vector.inFlight, of.inFlight];
    });
    expect(points).toEqual([
      [0, 0],
      [1, 3],
      [2, 6],
      [3, 10],
      [12, 10],
      [3, 10],
    ]);
  });
});

describe("what was learned", () => {
  const shape = shapeOf(planned(wrong).plan);
  const all = [shape, digestOf("another shape")];

  it("puts a person before plans that have gone badly, and says so (I13)", () => {
    expect(riskOf(wrong)).toMatchObject({ tier: 1 });
    expect(riskOf(wrong, { cautions: all })).toMatchObject({ tier: 2 });
    expect(riskOf(wrong, { cautions: all }).reasons).toContain(
      "plans of this shape have gone badly",
    );
    expect(riskOf(wrong, { cautions: all.slice(1) })).toEqual(riskOf(wrong));
  });

  it("keeps protection waiting for nobody", () => {
    const weakened = { ...sound, zone_setting: [setting("ssl", "off")] };
    const tightens = shapeOf(planned(weakened).plan);
    expect(riskOf(weakened, { cautions: [tightens] })).toEqual(riskOf(weakened));
  });

  it("lowers no tier, whatever was learned", () => {
    const lives = [
      wrong,
      added({ name: "x.harbor.example", type: "A", content: "192.0.2.7" }),
      { ...sound, zone_setting: [setting("ssl", "off")] },
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...lives),
        fc.subarray([...all, ...lives.map((live) => shapeOf(planned(live).plan))]),
        (live, cautions) => {
          const before = riskOf(live);
          const after = riskOf(live, { cautions });
          expect(after.tier).toBeGreaterThanOrEqual(before.tier);
          expect(after.score).toBeGreaterThanOrEqual(before.score);
          expect(after.vector).toEqual(before.vector);
        },
      ),
    );
  });
});
