import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trailOf } from "../../src/core/diagnosis/out-of-band-change.ts";
import { changeDigest, diff } from "../../src/core/diff.ts";
import {
  type Hold,
  HOLD_MAX_MS,
  holdFaults,
  holdOf,
  isExpired,
  keptByHold,
  nextExpiry,
  partition,
  spentHolds,
} from "../../src/core/hold.ts";
import { instantOf } from "../../src/core/ids.ts";
import { reconcile } from "../../src/core/reconcile.ts";
import { subjectKey } from "../../src/core/recurrence.ts";
import type { Change } from "../../src/core/resource.ts";
import { keptByRouting } from "../../src/core/routing.ts";
import {
  drifted,
  type Drifted,
  goldenOf,
  lineageFrom,
  liveOf,
  NOW,
  NOW_MS,
  observed,
  record,
  SCOPE,
  ZONE,
} from "./harbor.ts";
import { QUIET } from "./quiet.ts";

const at = (ms: number) => instantOf(new Date(NOW_MS + ms).toISOString());
const hold = (selector: Hold["selector"], expiresAt = at(1000)): Hold =>
  holdOf(SCOPE, { selector, reason: "moving", by: "kim", expiresAt }, NOW);

const changesOf = ({ golden, live, lineage }: Pick<Drifted, "golden" | "live" | "lineage">) =>
  diff({ golden, observed: observed(live).resources, lineage, site: ZONE, now: NOW }).changes;

const passOver = (
  zone: Pick<Drifted, "golden" | "live" | "lineage">,
  holds: readonly Hold[],
  more: Partial<Parameters<typeof reconcile>[0]> = {},
) =>
  reconcile({
    ...QUIET,
    scope: SCOPE,
    site: ZONE,
    golden: zone.golden,
    generation: 3,
    declaredBy: "olga",
    observation: observed(zone.live),
    lineage: zone.lineage,
    holds,
    epoch: 7,
    now: NOW,
    nowMs: NOW_MS,
    ...more,
  });

const selector: fc.Arbitrary<Hold["selector"]> = fc.option(
  fc.oneof(
    fc.constantFrom("www", "@", "*api*", "rogue*", "*").map((name) => ({
      kind: "dns_record",
      where: { name },
    })),
    fc.constantFrom("A", "TXT", "C*").map((type) => ({ kind: "dns_record", where: { type } })),
    fc.constant({ kind: "zone_setting", where: {} }),
    fc.constant({ kind: "dns_record", where: { ttl: "7200" } }),
  ),
);
const someHolds = fc.array(
  fc.tuple(selector, fc.constantFrom(-1, 0, 1)).map(([of, ms]) => hold(of, at(ms))),
  { maxLength: 3 },
);

describe("holds part the changes", () => {
  it("totally: every change is free or held, none is both, and no subject is in both", () => {
    fc.assert(
      fc.property(drifted, someHolds, (zone, holds) => {
        const changes = changesOf(zone);
        const { free, held } = partition(
          changes,
          (change) => keptByHold(change, holds, { site: ZONE, now: NOW }),
          ZONE,
        );
        const all = [...free, ...held.map(({ change }) => change)];
        expect(all.map(changeDigest).toSorted()).toEqual(changes.map(changeDigest).toSorted());
        const keys = new Set(held.map(({ change }) => subjectKey(change)));
        expect(free.filter((change) => keys.has(subjectKey(change)))).toEqual([]);
      }),
    );
  });

  it("so that what is held is in no plan, whether the hold has expired or not", () => {
    fc.assert(
      fc.property(drifted, someHolds, (zone, holds) => {
        const decision = passOver(zone, holds);
        const held = new Set(decision.heldBack.map(({ change }) => subjectKey(change)));
        const steps = decision.type === "heal" ? decision.plan.plan.steps : [];
        expect(steps.filter(({ kind, identity }) => held.has(`${kind} ${identity}`))).toEqual([]);
        const kept = (change: Change) => keptByHold(change, holds, { site: ZONE, now: NOW });
        for (const change of decision.drift.changes)
          if (kept(change)) expect(held).toContain(subjectKey(change));
        if (holds.length === 0) expect(decision.heldBack).toEqual([]);
      }),
    );
  });

  it("and what cannot stand beside something held is held with it", () => {
    const golden = goldenOf({
      unmanaged: { dns_record: "remove" },
      resources: { dns_record: [{ name: "www", type: "CNAME", content: "a.example.net" }] },
    });
    const live = { dns_record: [record("x", { content: "192.0.2.9" })], zone_setting: [] };
    const zone = { golden, live, lineage: lineageFrom(liveOf(golden)) };
    const address = hold({ kind: "dns_record", where: { type: "A" } });
    const decision = passOver(zone, [address]);
    expect(decision.type).toBe("held");
    expect(decision.heldBack).toMatchObject([
      { change: { op: "delete" } },
      { change: { op: "create" } },
    ]);
  });
});

describe("a hold", () => {
  it("begins to ask at the very instant of its expiry, and holds on", () => {
    const one = hold(null, at(0));
    expect(isExpired(one, at(-1))).toBe(false);
    expect(isExpired(one, at(0))).toBe(true);
    expect(nextExpiry([one], at(-1))).toBe(at(0));
    expect(nextExpiry([one], at(0))).toBeNull();
    const change: Change = {
      op: "create",
      desired: { kind: "zone_setting", group: "ssl", identity: "ssl", fields: { value: "off" } },
    };
    const kept = (ms: number) => keptByHold(change, [one], { site: ZONE, now: at(ms) });
    expect(kept(-1)).toMatchObject({ asks: false, reason: "moving" });
    expect(kept(0)).toMatchObject({ asks: true });
    const other = hold({ kind: "dns_record", where: {} }, at(0));
    expect(spentHolds([one, other], [change], { site: ZONE, now: at(0) })).toEqual([other]);
    expect(spentHolds([one, other], [change], { site: ZONE, now: at(-1) })).toEqual([]);
  });

  it("in force answers before one that has expired", () => {
    const [over, going] = [hold(null, at(0)), hold(null, at(1))];
    const change: Change = {
      op: "create",
      desired: { kind: "zone_setting", group: "ssl", identity: "ssl", fields: {} },
    };
    expect(keptByHold(change, [over, going], { site: ZONE, now: at(0) })?.asks).toBe(false);
  });

  it("reaches 30 days ahead and no further (I12)", () => {
    const faults = (ms: number) =>
      holdFaults(
        { selector: null, expiresAt: at(ms) },
        { site: ZONE, now: NOW, latest: at(HOLD_MAX_MS) },
      ).map(({ problem }) => problem);
    expect(faults(HOLD_MAX_MS)).toEqual([]);
    expect(faults(HOLD_MAX_MS + 1)).toEqual(["is more than 30 days ahead"]);
    expect(faults(1)).toEqual([]);
    expect(faults(0)).toEqual(["is in the past"]);
  });
});

describe("routing", () => {
  const golden = goldenOf({
    routing: [
      {
        actor: { token_name: "terra*" },
        match: { kind: "dns_record", name: "db" },
        action: "revert",
        reason: "never",
      },
      { actor: { token_name: "terra*", channel: "api_token" }, action: "adopt", reason: "theirs" },
    ],
    resources: {
      dns_record: ["www", "db"].map((name) => ({ name, type: "A", content: "192.0.2.1" })),
    },
  });
  const live = ["www", "db"].map((name, index) =>
    record(name === "www" ? "r1" : "r0", {
      name: `${name}.harbor.example`,
      content: `192.0.2.${9 + index}`,
    }),
  );
  const changes = changesOf({
    golden,
    live: { dns_record: live, zone_setting: [] },
    lineage: lineageFrom(liveOf(golden)),
  });
  const entry = (id: string, tokenName: string | null, more = {}) => ({
    id,
    at: NOW,
    action: "update",
    resourceId: "r1",
    actor: { type: "user", email: null, context: "api_token", tokenName, ...more },
  });
  const kept = (name: string, entries: readonly ReturnType<typeof entry>[]) => {
    const change = changes.find((one) => subjectKey(one).includes(` ${name}.`));
    if (!change) throw new Error(name);
    const trail = trailOf(entries, new Map())(change);
    return keptByRouting(change, { golden, trail, site: ZONE });
  };

  it("asks about what a named actor did", () => {
    expect(kept("www", [entry("a", "terraform")])).toEqual({
      by: { type: "routing", action: "adopt", who: "terraform" },
      reason: "changed by terraform: adopt or revert?",
      asks: true,
    });
  });

  it.each([
    ["nobody is known", []],
    ["another actor", [entry("a", "pulumi")]],
    ["another channel", [entry("a", "terraform", { context: "dash" })]],
    ["a stranger before him", [entry("a", null), entry("b", "terraform")]],
    ["a stranger after him", [entry("a", "terraform"), entry("b", null)]],
  ])("reverts as ever: %s", (_, entries) => expect(kept("www", entries)).toBeNull());

  it("takes the first rule that fits", () => {
    expect(kept("db", [{ ...entry("a", "terraform"), resourceId: "r0" }])).toBeNull();
  });

  it("shows of a name only what names are made of (I5)", () => {
    const odd = `terra<script>${"x".repeat(300)}`;
    expect(kept("www", [entry("a", odd)])?.reason).toMatch(/^changed by terra\?script\?x{87}:/);
  });

  it("is remembered when the audit log no longer says who it was, until a person wants it reverted", () => {
    const zone = {
      golden,
      live: { dns_record: live, zone_setting: [] },
      lineage: lineageFrom(liveOf(golden)),
    };
    const heldAt = (more: Partial<Parameters<typeof reconcile>[0]>) =>
      passOver(zone, [], more).heldBack.map(({ change }) => changeDigest(change));
    const asked = heldAt({ entries: [entry("a", "terraform")] });
    expect(asked).toHaveLength(1);
    const keeper = kept("www", [entry("a", "terraform")]);
    const routed = new Map(keeper ? asked.map((digest) => [digest, keeper] as const) : []);
    expect(heldAt({ routed, entries: [] })).toEqual(asked);
    expect(heldAt({ routed, entries: null })).toEqual(asked);
    expect(heldAt({ routed, entries: [entry("b", null)] }), "a stranger since").toEqual([]);
    expect(heldAt({ routed, rulings: new Set(asked) })).toEqual([]);
  });

  it("is not part of the digest of a document without such rules", () => {
    const spec = { resources: { zone_setting: { ssl: "strict" } } };
    expect(goldenOf({ ...spec, routing: [] }).digest).toBe(goldenOf(spec).digest);
  });
});
