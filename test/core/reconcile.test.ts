import * as fc from "fast-check";
import { expect, it } from "vitest";
import { isIncidentId, isRunId, runIdOf } from "../../src/core/ids.ts";
import {
  changeSetDigest,
  lineageOf,
  reconcile,
  type ReconcileInput,
} from "../../src/core/reconcile.ts";
import { healOf } from "../../src/core/recurrence.ts";
import {
  drifted,
  goldenOf,
  lineageFrom,
  liveOf,
  NOW,
  NOW_MS,
  observed,
  record,
  SCOPE,
  setting,
  ZONE,
} from "./harbor.ts";
import { QUIET } from "./quiet.ts";

const golden = goldenOf({
  unmanaged: { dns_record: "remove" },
  resources: {
    dns_record: [{ name: "www", type: "A", content: "192.0.2.1", ttl: 300 }],
    zone_setting: { ssl: "strict" },
  },
});
const sound = liveOf(golden);
const off = { ...sound, zone_setting: [setting("ssl", "off")] };

const input = (
  live: Parameters<typeof observed>[0],
  more: Partial<ReconcileInput> = {},
): ReconcileInput => ({
  ...QUIET,
  scope: SCOPE,
  site: ZONE,
  golden,
  generation: 3,
  declaredBy: "olga",
  observation: observed(live),
  lineage: lineageFrom(sound),
  epoch: 7,
  now: NOW,
  nowMs: NOW_MS,
  ...more,
});

const heal = (live: Parameters<typeof observed>[0], more: Partial<ReconcileInput> = {}) => {
  const decision = reconcile(input(live, more));
  if (decision.type !== "heal") throw new Error(decision.type);
  return decision;
};

it("reconcile has nothing to do where everything is as declared", () => {
  expect(reconcile(input(sound))).toMatchObject({
    type: "in_sync",
    quarantined: [],
    drift: { changes: [] },
  });
});

it("reconcile holds, and says why, where the only difference is not ours to write", () => {
  const fixed = { ...sound, zone_setting: [{ ...setting("ssl", "off"), editable: false }] };
  expect(reconcile(input(fixed))).toMatchObject({
    type: "held",
    why: { reason: "not_ours" },
    drift: { reported: [{}] },
  });
});

it("reconcile plans a heal that names its golden state, its epoch and its parent", () => {
  const decision = heal(off, { parent: runIdOf(golden.digest) });
  expect(decision.plan.plan).toMatchObject({
    scope: SCOPE,
    epoch: 7,
    parent: runIdOf(golden.digest),
    proposal: {
      type: "revert",
      goldenGeneration: 3,
      goldenDigest: golden.digest,
      requestedBy: "olga",
    },
  });
  expect(decision.findings).toEqual([]);
  expect(decision.risk.tier).toBe(1);
  expect(isIncidentId(decision.incident)).toBe(true);
  expect(isRunId(runIdOf(decision.plan.digest))).toBe(true);
});

it("reconcile plans the same whatever woke it, and whenever (I7)", () => {
  fc.assert(
    fc.property(
      drifted,
      fc.integer({ min: 0, max: 1e9 }),
      ({ golden: declared, live, lineage }, laterMs) => {
        const of = (nowMs: number) =>
          reconcile({ ...input(live), golden: declared, lineage, nowMs });
        expect(of(NOW_MS + laterMs)).toEqual(of(NOW_MS));
      },
    ),
  );
});

it("reconcile holds drift that came straight back, and heals the rest (I14)", () => {
  const heals = heal(off).changes.flatMap((change) => [
    healOf(change, NOW_MS - 2000),
    healOf(change, NOW_MS - 1000),
  ]);
  expect(reconcile(input(off, { heals }))).toMatchObject({
    type: "held",
    why: { reason: "quarantined" },
    quarantined: [{ op: "update" }],
  });
  const both = { ...off, dns_record: [record("r0", { content: "192.0.2.1", ttl: 60 })] };
  const decision = heal(both, { heals });
  expect(decision.plan.plan.steps.map(({ identity }) => identity)).toEqual([
    "A www.harbor.example 192.0.2.1",
  ]);
  expect(decision.quarantined).toHaveLength(1);
  expect(decision.drift.changes).toHaveLength(2);
});

it("reconcile does not ask again for what was turned down, until the golden state or the drift is another", () => {
  const turnedDown = new Map([[changeSetDigest(heal(off).changes, 3), "denied"]]);
  expect(reconcile(input(off, { turnedDown }))).toMatchObject({
    type: "held",
    why: { reason: "turned_down", detail: "denied" },
  });
  expect(reconcile(input(off, { turnedDown, generation: 4 })).type).toBe("heal");
  const worse = { ...off, zone_setting: [setting("ssl", "flexible")] };
  expect(reconcile(input(worse, { turnedDown })).type).toBe("heal");
});

it("reconcile gives the same drift one incident in one epoch, and another in the next", () => {
  const of = (epoch: number, live = off) => heal(live, { epoch }).incident;
  expect(of(7)).toBe(of(7));
  expect(of(8)).not.toBe(of(7));
  expect(of(7, { ...off, zone_setting: [setting("ssl", "flexible")] })).not.toBe(of(7));
});

it("reconcile asks people where a finding does", () => {
  const rogues = Array.from({ length: 4 }, (_, index) =>
    record(`x${index}`, { name: `x${index}.harbor.example`, content: "192.0.2.9" }),
  );
  const decision = heal({ ...sound, dns_record: [...sound.dns_record, ...rogues] });
  expect(decision.findings.map(({ type }) => type)).toEqual(["too_many_deletes"]);
  expect(decision.risk).toMatchObject({ tier: 2 });
});

it("reconcile remembers what it saw by id", () => {
  expect([...lineageOf(observed(sound))]).toEqual([
    ["r0", { kind: "dns_record", identity: "A www.harbor.example 192.0.2.1" }],
    ["ssl", { kind: "zone_setting", identity: "ssl" }],
  ]);
});
