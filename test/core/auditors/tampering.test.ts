import * as fc from "fast-check";
import { expect, it } from "vitest";
import { AUDITS } from "../../../src/core/auditors/registry.ts";
import { digestOf } from "../../../src/core/canonical.ts";
import { instantOf } from "../../../src/core/ids.ts";
import { against, auditOf, harbor, type Loose, must, sound, tampered, votes } from "./dossiers.ts";
import { TAMPERS } from "./tampers.ts";
import { policies as inForce } from "../../support/policies.ts";

it.each(TAMPERS)("somebody refuses %s: %j", (_, by, tamper) => {
  expect(against(tampered(tamper))).toEqual(expect.arrayContaining(by));
});

it("somebody refuses a plan under another digest: conformance", () => {
  const dossier = { ...sound.dossier, planDigest: digestOf("another plan") };
  expect(against({ ...sound, dossier })).toContain("conformance");
});

it.each([
  "2026-03-01T12:11:00Z",
  "2026-03-01T11:49:00Z",
  "2026-04-01T12:00:00Z",
  "2027-03-01T12:00:00Z",
])("somebody refuses evidence read at noon and voted on at %s: policy", (now) =>
  expect(against({ ...sound, now: instantOf(now) })).toContain("policy"),
);

it("somebody refuses a finding that is left out: policy", () => {
  const { golden, live, lineage } = harbor();
  const input = must(
    auditOf({
      golden: { ...golden, limits: { ...golden.limits, createsMax: 0 } },
      live,
      lineage,
    }),
  );
  expect(against(input)).toEqual([]);
  expect(against({ ...input, dossier: { ...input.dossier, findings: [] } })).toContain("policy");
});

it("somebody refuses a deletion of a rogue that policy leaves alone: policy", () => {
  const golden = { ...sound.golden, unmanaged: {} };
  expect(votes({ ...sound, golden })["policy"]).toContain("finding: not_managed");
});

it.each<[string, object, string]>([
  ["that nobody has in force", { bundleDigest: digestOf("mine") }, "other_policies"],
  ["that asked for less", { tier: -1 }, "policy_understated: -1 instead of 1"],
  ["that are not there", { tier: undefined }, "policy_understated: undefined instead of 1"],
])("somebody refuses policies %s: policy", (_, lie, reason) => {
  const { policy } = sound.dossier;
  const dossier = { ...sound.dossier, policy: { ...policy, ...lie } } as Loose;
  expect(votes({ ...sound, dossier })["policy"]).toEqual([reason]);
});

it("somebody refuses what the policies in force forbid, whatever the dossier says: policy", () => {
  const policies = { ...inForce, facts: { ...inForce.facts, recentRuns: 1_000 } };
  const input = { ...sound, policies };
  expect(votes(input)["policy"]).toEqual([
    "policy_forbids: f-budget",
    "policy_understated: 1 instead of 4",
  ]);
  expect(AUDITS.get("policy")?.(input).tier).toBe(4);
});

it("somebody refuses what was put to no policies: policy", () => {
  expect(votes({ ...sound, policies: null })).toMatchObject({ policy: ["no_policies"] });
});

it("the auditor's ballot carries the tier that policies ask for (I13)", () => {
  const facts = { ...inForce.facts, frameworks: ["pci-dss", "soc2"] as const };
  const input = { ...sound, policies: { ...inForce, facts } };
  const verdict = AUDITS.get("policy")?.(input);
  expect(verdict?.tier).toBeGreaterThanOrEqual(sound.dossier.policy.tier);
});

/** Every member of the plan that is a plain value, by its path. */
const leaves = (value: unknown, path: (string | number)[] = []): (string | number)[][] =>
  value === null || typeof value !== "object"
    ? [path]
    : Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]));
/** What a plan may be without any voter knowing better: the scope's own counters, and see above. */
const free = new Set(["epoch", "parent", "zone.id"]);
const set = (root: Loose, path: (string | number)[], value: unknown): void => {
  const parent = path.slice(0, -1).reduce((at, key) => at[key], root);
  parent[path.at(-1) ?? ""] = value;
};

it("somebody refuses any single value of a plan", () => {
  const paths = leaves(sound.dossier.plan).filter((path) => !free.has(path.join(".")));
  expect(paths.length).toBeGreaterThan(100);
  for (const path of paths) {
    const input = tampered((dossier) => {
      set(dossier.plan, path, "tampered");
    });
    expect(against(input), path.join(".")).not.toEqual([]);
  }
});

it("nobody throws, whatever stands in a dossier", () => {
  const anywhere = fc.constantFrom(
    ...leaves(sound.dossier).flatMap((path) => path.map((_, index) => path.slice(0, index + 1))),
  );
  fc.assert(
    fc.property(anywhere, fc.oneof(fc.jsonValue(), fc.constant(undefined)), (path, value) => {
      const dossier = structuredClone(sound.dossier) as Loose;
      set(dossier, path, value);
      for (const audit of AUDITS.values()) {
        expect(["yes", "no"]).toContain(audit({ ...sound, dossier }).vote);
      }
    }),
    { numRuns: 500 },
  );
});

it("tampering is refused with few reasons, and worst risk where nothing could be judged (I12)", () => {
  const blind = tampered((dossier) => {
    dossier.evidence.readings[0].objects[0] = null;
  });
  for (const audit of AUDITS.values()) expect(audit(blind).tier).toBe(4);
  const many = tampered((dossier) => {
    dossier.plan.steps = Array.from({ length: 100 }, () => dossier.plan.steps[0]);
  });
  for (const audit of AUDITS.values()) expect(audit(many).reasons.length).toBeLessThanOrEqual(20);
});
