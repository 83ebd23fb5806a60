/** A kind on its own: what is declared, what is live, what becomes of the live state when a plan is played through. */
import * as fc from "fast-check";
import { expect } from "vitest";
import { AUDITS } from "../../../src/core/auditors/registry.ts";
import { canonicalise, digestOf, type Json, type JsonObject } from "../../../src/core/canonical.ts";
import { check, type Finding } from "../../../src/core/check.ts";
import { diff, type Drift, subjectOf } from "../../../src/core/diff.ts";
import { type GoldenState, parseGolden } from "../../../src/core/golden.ts";
import {
  type Instant,
  incidentIdOf,
  instantOf,
  isObjectId,
  isScopeId,
  mint,
} from "../../../src/core/ids.ts";
import { kindOf } from "../../../src/core/kinds/registry.ts";
import { type Lineage, observe, type Reading } from "../../../src/core/observation.ts";
import { plan, type Plan, type SealedPlan } from "../../../src/core/plan.ts";
import { publish } from "../../../src/core/publish.ts";
import { prohibited } from "../../../src/core/prohibitions.ts";
import { lineageOf } from "../../../src/core/reconcile.ts";
import { type ObservedResource, scopeOf, type Site } from "../../../src/core/resource.ts";
import type { AuditInput } from "../../../src/core/auditors/audit.ts";
import { leftOut } from "../../../src/core/recurrence.ts";
import { decidePlan } from "../../../src/core/policy/decision.ts";
import { assess, type RiskAssessment } from "../../../src/core/risk.ts";
import { policies as permitting } from "../../support/permitting.ts";
import { inverseCalls, simulate } from "../../../src/core/simulate.ts";
import { unpredicted } from "../../../src/core/verification.ts";
import { must } from "./compare.ts";
import { QUIET } from "../quiet.ts";

export const ACCOUNT: Site = {
  level: "account",
  id: mint(isObjectId, "8d6e3f0a5c1b4927a0f4c2d9b7e61835"),
  name: "Harbor Books",
};
export const HARBOR: Site = {
  level: "zone",
  id: mint(isObjectId, "3c2e8f1a9b7d4e60a5c4f3b2d1e0a987"),
  name: "harbor.example",
};
export const NOW: Instant = instantOf("2026-03-01T12:00:00Z");

/** Live objects by kind, as the API gives them. */
export type Live = Readonly<Record<string, readonly JsonObject[]>>;

const scope = (site: Site) => mint(isScopeId, scopeOf(site));

export const goldenAt = (
  site: Site,
  resources: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): GoldenState =>
  must(
    parseGolden(
      {
        apiVersion: "driftless.dev/v1",
        kind: "GoldenState",
        metadata: { scope: scope(site) },
        spec: {
          limits: { deletes: 10_000, delete_percent: 100, creates: 100_000 },
          ...more,
          resources,
        },
      },
      scope(site),
      site,
    ),
  );

export const readingsOf = (live: Live): readonly Reading[] =>
  Object.entries(live).map(([kind, objects]) => ({ kind, objects, claimedTotal: null }));

export const observed = (site: Site, live: Live): readonly ObservedResource[] =>
  must(observe(readingsOf(live), site, NOW)).resources;

export interface Case {
  readonly site: Site;
  readonly golden: GoldenState;
  readonly live: Live;
  /** What was there before, when everything was in place. */
  readonly before?: Live;
}

const lineageIn = ({ site, before = {} }: Case): Lineage =>
  lineageOf(must(observe(readingsOf(before), site, NOW)));

export const driftIn = (one: Case, live: Live = one.live): Drift =>
  diff({
    golden: one.golden,
    observed: observed(one.site, live),
    lineage: lineageIn(one),
    site: one.site,
    now: NOW,
  });

/** `op identity: fields` of every change, sorted. */
export const changesIn = ({ changes }: Pick<Drift, "changes">): readonly string[] =>
  changes
    .map((change) => {
      const fields = change.op === "update" ? `: ${change.fields.join(", ")}` : "";
      return `${change.op} ${subjectOf(change).identity}${fields}`;
    })
    .toSorted();

export const planOf = (one: Case, drift: Pick<Drift, "changes">): Plan => sealedOf(one, drift).plan;

const sealedOf = ({ site, golden }: Case, { changes }: Pick<Drift, "changes">): SealedPlan =>
  plan({
    scope: golden.scope,
    site,
    epoch: 1,
    parent: null,
    proposal: {
      type: "revert",
      goldenGeneration: 1,
      goldenDigest: golden.digest,
      requestedBy: "olga",
    },
    changes,
  });

/** What the plan check and the risk say of a plan. */
export function judgedIn(
  { site, golden, live }: Case,
  made: Plan,
  managed: Drift["managed"],
): { readonly findings: readonly Finding[]; readonly risk: RiskAssessment } {
  const seen = observed(site, live);
  const around = { golden, observed: seen, leased: new Set<string>() };
  const findings = check(made, { ...around, managed, kinds: Object.keys(live) });
  return {
    findings,
    risk: assess(made, { ...around, findings, past: [], cautions: [], inFlight: 0, now: NOW }),
  };
}

/** What the auditors have against the plan for `drift`, with these policies. */
export function refusals(
  one: Case,
  drift: Drift,
  policies: NonNullable<AuditInput["policies"]> = permitting,
): readonly string[] {
  const { plan: made, digest } = sealedOf(one, drift);
  const { findings, risk } = judgedIn(one, made, drift.managed);
  const input = {
    ...QUIET,
    dossier: {
      version: 1,
      incident: incidentIdOf(digestOf("incident")),
      plan: made,
      planDigest: digest,
      evidence: {
        observedAt: NOW,
        readings: readingsOf(one.live),
        lineage: [...lineageIn(one)].map(([id, of]) => ({ id, ...of })),
      },
      held: drift.reported.map(({ change }) => leftOut(change)),
      findings,
      risk,
      policy: decidePlan({ plan: made, findings, risk, ...policies }),
    },
    golden: one.golden,
    generation: 1,
    declaredBy: "olga",
    now: NOW,
    policies,
  } as const;
  return [...AUDITS].flatMap(([name, audit]) =>
    audit(input).reasons.map((reason) => `${name}: ${reason}`),
  );
}

const liveAfter = (readings: readonly Reading[]): Live =>
  Object.fromEntries(readings.map(({ kind, objects }) => [kind, objects as JsonObject[]]));

const valuesOf = (resources: readonly ObservedResource[]): readonly string[] =>
  resources.map(({ kind, fields }) => canonicalise([kind, fields])).toSorted();

/**
 * Heals `one` in the simulation: nothing is prohibited, the auditors agree, the result is as predicted and golden, and
 * the inverses lead back. Returns the plan.
 */
export function healed(one: Case): Plan {
  const drift = driftIn(one);
  const made = planOf(one, drift);
  expect(prohibited(made, 1)).toBeNull();
  expect(refusals(one, drift)).toEqual([]);
  const after = must(simulate(readingsOf(one.live), one.site, made.calls));
  const resources = observed(one.site, liveAfter(after));
  expect(unpredicted([...made.steps.entries()], resources)).toEqual([]);
  expect(changesIn(driftIn(one, liveAfter(after)))).toEqual([]);
  const back = must(simulate(after, one.site, inverseCalls(made.steps)));
  expect(valuesOf(observed(one.site, liveAfter(back)))).toEqual(
    valuesOf(observed(one.site, one.live)),
  );
  return made;
}

/** The golden state that is published of `kind`, parsed as one that somebody wrote. */
function importOf(site: Site, live: Live, kind: string): GoldenState {
  const observation = must(observe(readingsOf(live), site, NOW));
  const { document } = publish({ site, kinds: [kind], observation, unasked: [] });
  return must(parseGolden(document, scope(site), site));
}

export interface Edit {
  readonly field: string;
  /** The live object after somebody edited it. */
  to(raw: JsonObject): JsonObject;
}

export interface Import {
  readonly site: Site;
  readonly kind: string;
  readonly declared: readonly unknown[];
  readonly live: readonly JsonObject[];
  readonly others?: Live;
  readonly edits: readonly Edit[];
}

/**
 * For any edits of any of the objects: an import has no drift, exactly what was edited is found, the plan heals it with
 * one call an object, and its inverses lead back.
 */
export function findsExactlyWhatWasEdited(given: Import): void {
  const { site, kind, declared, live, others = {}, edits } = given;
  const golden = goldenAt(site, { [kind]: declared });
  const before = { ...others, [kind]: live };
  if (kindOf(kind).publish) {
    const imported = { site, golden: importOf(site, before, kind), live: before };
    expect(imported.golden.resources).toHaveLength(live.length);
    expect(changesIn(driftIn(imported))).toEqual([]);
  }
  expect(changesIn(driftIn({ site, golden, live: before }))).toEqual([]);
  const identities = observed(site, { [kind]: live }).map(({ identity }) => identity);
  const choice = fc.record({
    object: fc.nat(live.length - 1),
    edits: fc.uniqueArray(fc.constantFrom(...edits), { minLength: 1, selector: (e) => e.field }),
  });
  const choices = fc.uniqueArray(choice, { minLength: 1, selector: ({ object }) => object });
  const rest = fc.tuple(choices, fc.subarray(live.map((_, index) => index)));
  fc.assert(
    fc.property(rest, ([chosen, gone]) => {
      const edited = new Map(chosen.map((one) => [one.object, one.edits]));
      const drifted = live.flatMap((raw, index) => {
        if (edited.has(index)) {
          return [(edited.get(index) ?? []).reduce((so, edit) => edit.to(so), raw)];
        }
        return gone.includes(index) ? [] : [raw];
      });
      const expected = live.flatMap((_, index) => {
        const fields = (edited.get(index) ?? []).map(({ field }) => field).toSorted();
        if (fields.length > 0) return [`update ${identities[index]}: ${fields.join(", ")}`];
        return gone.includes(index) ? [`create ${identities[index]}`] : [];
      });
      const one: Case = { site, golden, before, live: { ...others, [kind]: drifted } };
      expect(changesIn(driftIn(one))).toEqual(expected.toSorted());
      expect(healed(one).calls).toHaveLength(expected.length);
    }),
    { numRuns: 100 },
  );
}

/** An edit of one member. */
export const setting = (member: string, value: Json, field = member): Edit => ({
  field,
  to: (raw) => ({ ...raw, [member]: value }),
});
