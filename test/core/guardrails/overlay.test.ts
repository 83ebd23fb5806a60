import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { isInForce, onRung } from "../../../src/core/guardrails/guardrail.ts";
import { groundless, overlay, warrantOf } from "../../../src/core/guardrails/overlay.ts";
import { incidentIdOf } from "../../../src/core/ids.ts";
import { digestOf } from "../../../src/core/canonical.ts";
import type { Reading } from "../../../src/core/observation.ts";
import { leaseOver } from "../../../src/core/prohibitions.ts";
import { goldenOf } from "../harbor.ts";
import {
  against,
  at,
  golden,
  guard,
  healed,
  leasesOf,
  LIVE,
  MINUTE,
  NO_LEASES,
  pass,
  ZONE_TEMPLATES,
} from "./guarded-zone.ts";

const rulesOf = (readings: readonly Reading[], kind = "waf_rule"): readonly JsonObject[] => {
  const [entry] = readings.find((one) => one.kind === kind)?.objects ?? [];
  return ((entry as JsonObject | undefined)?.["rules"] ?? []) as JsonObject[];
};
const refs = (readings: readonly Reading[], kind?: string): readonly unknown[] =>
  rulesOf(readings, kind).map(({ ref }) => ref);
/** Without what a write computes or leaves behind as a default. */
const shape = (readings: readonly Reading[]): unknown =>
  readings.map(({ kind, objects }) => [
    kind,
    (objects as JsonObject[]).map((one) =>
      "rules" in one ? (one["rules"] as JsonObject[]).map(({ ref, action }) => [ref, action]) : one,
    ),
  ]);

describe("a guardrail in force", () => {
  it.each(ZONE_TEMPLATES)("%s is planned, voted for, written, and gone after its lease", (name) => {
    const guardrail = guard(name);
    const leases = leasesOf(guardrail);
    const during = healed({ readings: LIVE, leases, ms: 0 });
    expect(shape(during)).not.toEqual(shape(LIVE));
    expect(pass({ readings: during, leases, ms: MINUTE }).type).toBe("in_sync");
    const after = healed({ readings: during, leases, ms: 30 * MINUTE });
    expect(shape(after)).toEqual(shape(LIVE));
    expect(pass({ readings: after, leases, ms: 31 * MINUTE }).type).toBe("in_sync");
  });

  it("stands behind every exemption and leaves strangers' rules where they are", () => {
    const guardrail = guard("block_source");
    const [, own] = refs(healed({ readings: LIVE, leases: leasesOf(guardrail), ms: 0 }));
    expect(own).toBe(`guardrail-${guardrail.id.slice(4)}`);
    expect(refs(healed({ readings: LIVE, leases: leasesOf(guardrail), ms: 0 }))).toEqual([
      "partners",
      own,
      "office",
      "stranger",
    ]);
  });

  it("never beats a declared cache rule: what is personal stays so", () => {
    const declared = goldenOf({
      resources: {
        cache_rule: [
          {
            ref: "bypass",
            expression: "true",
            action: "set_cache_settings",
            action_parameters: { cache: false },
          },
        ],
      },
    });
    const { golden: desired } = overlay(declared, leasesOf(guard("cache_everything")), at(0));
    const order = desired.resources.find(({ kind }) => kind === "cache_rule")?.fields["order"];
    expect((order as string[]).at(-1)).toBe("bypass");
  });

  it("does nothing to the digest of the golden state, and nothing at all without leases", () => {
    const { golden: desired } = overlay(golden, leasesOf(guard("under_attack")), at(0));
    expect(desired.digest).toBe(golden.digest);
    expect(overlay(golden, NO_LEASES, at(0)).golden).toBe(golden);
  });

  it("needs what it changes to be declared, or to say what comes after", () => {
    expect(groundless(guard("under_attack"), golden)).toBeNull();
    const without = { ...guard("under_attack"), parameters: {} };
    expect(groundless(without, golden)).toContain("afterwards");
    expect(groundless(guard("disable_route"), goldenOf({}))).toContain("is not declared");
  });
});

describe("a lease that is over", () => {
  it("is in nobody's desired state, at the very instant", () => {
    const guardrail = guard("block_source");
    expect(isInForce(guardrail, at(30 * MINUTE - 1))).toBe(true);
    expect(isInForce(guardrail, at(30 * MINUTE))).toBe(false);
  });

  it("is over as well when the clock stands well before its beginning", () => {
    expect(isInForce(guard("block_source", 60 * MINUTE), at(54 * MINUTE))).toBe(false);
    expect(isInForce(guard("block_source", 60 * MINUTE), at(56 * MINUTE))).toBe(true);
  });

  it("stays over when it has ended once, whatever the clock says later", () => {
    const ended = { at: at(0).now, by: "reconciler", how: "expired" } as const;
    expect(isInForce({ ...guard("block_source"), ended }, at(MINUTE))).toBe(false);
  });

  it("is refused by every auditor when it runs out between plan and vote", () => {
    const leases = leasesOf(guard("block_source"));
    const moment = { readings: LIVE, leases, ms: 29 * MINUTE };
    const decision = pass(moment);
    if (decision.type !== "heal") throw new Error("nothing to do");
    expect(against(decision, moment)).toEqual([]);
    const late = against(decision, moment, { later: MINUTE });
    expect(late).toHaveLength(3);
    for (const reason of late) expect(reason).toContain("no_such_guardrail_in_force");
  });

  it("is not written by the vault, however long ago the plan was certified", () => {
    const decision = pass({ readings: LIVE, leases: leasesOf(guard("block_source")), ms: 0 });
    if (decision.type !== "heal") throw new Error("nothing to do");
    expect(leaseOver(decision.plan.plan, at(30 * MINUTE - 1).now)).toBe(false);
    expect(leaseOver(decision.plan.plan, at(30 * MINUTE).now)).toBe(true);
  });

  it("leaves no rule of its kind behind, even one that nobody remembers placing", () => {
    const leases = leasesOf(guard("block_source"));
    const during = healed({ readings: LIVE, leases, ms: 0 });
    const forgotten = { guardrails: [], touched: leases.touched };
    const after = healed({ readings: during, leases: forgotten, ms: MINUTE });
    expect(shape(after)).toEqual(shape(LIVE));
  });

  it("holds over any order of placing, renewing, ending and looking", () => {
    const deed = fc.record({
      template: fc.constantFrom(...ZONE_TEMPLATES),
      minutes: fc.integer({ min: 1, max: 60 }),
      waits: fc.integer({ min: 0, max: 45 }),
      looks: fc.boolean(),
      ends: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(deed, { minLength: 1, maxLength: 6 }), (deeds) => {
        let readings = LIVE;
        let ms = 0;
        let placed: ReturnType<typeof guard>[] = [];
        for (const { template, minutes, waits, looks, ends } of deeds) {
          const guardrail = guard(template, ms, minutes);
          placed = [...placed.filter((one) => one.template !== template || one.ended), guardrail];
          if (looks) readings = healed({ readings, leases: leasesOf(...placed), ms });
          ms += waits * MINUTE;
          const ended = { at: at(ms).now, by: "kim", how: "ended" } as const;
          if (ends)
            placed = placed.map((one) => (one.id === guardrail.id ? { ...one, ended } : one));
        }
        ms += 120 * MINUTE;
        readings = healed({ readings, leases: leasesOf(...placed), ms });
        expect(shape(readings)).toEqual(shape(LIVE));
      }),
    );
  });
});

describe("a plan over guardrails", () => {
  const guardrail = guard("block_source");
  const leases = leasesOf(guardrail);
  const moment = { readings: LIVE, leases, ms: 0 };
  const decision = pass(moment);
  if (decision.type !== "heal") throw new Error("nothing to do");

  it("names what it rests on", () => {
    expect(decision.plan.plan.proposal.guardrails).toEqual([warrantOf(guardrail)]);
  });

  it("is refused when the owner knows no such guardrail, or another one", () => {
    const unknown = against(decision, moment, { leases: NO_LEASES });
    expect(unknown).toHaveLength(3);
    const step = { mode: "log", at: at(0).now, by: "kim", why: "milder" } as const;
    const stepped = leasesOf(onRung(guardrail, step));
    expect(against(decision, moment, { leases: stepped })).toHaveLength(3);
  });

  it("is refused when one is left out that was in force at the look, and not for one that came later", () => {
    const before = leasesOf(guardrail, guard("rate_limit", -1));
    expect(against(decision, moment, { leases: before }).join()).toContain("guardrail_left_out");
    const since = leasesOf(guardrail, guard("rate_limit", 1));
    expect(against(decision, moment, { later: 2, leases: since })).toEqual([]);
  });

  it("is refused when the owner's guardrail is out of its template's bounds", () => {
    const wide = { ...guardrail, parameters: { ...guardrail.parameters, asns: [0] } };
    const long = { ...guardrail, expiresAt: at(400 * 24 * 60 * MINUTE).now };
    for (const bad of [wide, long, { ...guardrail, template: "everything" }]) {
      const of = { ...moment, leases: leasesOf(bad) };
      const made = pass(of);
      const input = made.type === "heal" ? made : decision;
      expect(against(input, of).join()).toMatch(/guardrail_|no_such_guardrail/);
    }
  });
});

describe("an incident of another cause", () => {
  const open = [
    { id: incidentIdOf(digestOf("flood")), cause: "l7_flood", openedAtMs: at(0).nowMs },
  ];
  const drifted = LIVE.map((reading) =>
    reading.kind === "zone_setting"
      ? {
          ...reading,
          objects: (reading.objects as JsonObject[]).map((one) =>
            one["id"] === "ssl" ? { ...one, value: "flexible" } : one,
          ),
        }
      : reading,
  );

  it("holds drift that is seen meanwhile, and says why", () => {
    const held = pass({ readings: drifted, leases: NO_LEASES, ms: 1, more: { open } });
    expect(held).toMatchObject({ type: "held", why: { reason: "on_hold" } });
    expect(held.heldBack).toMatchObject([
      { by: { type: "incident", cause: "l7_flood" }, asks: false },
    ]);
    expect(held.heldBack[0]?.reason).toContain("l7_flood");
  });

  it("asks a person after an hour, and holds nothing any more after a day or when it is closed", () => {
    const later = (ms: number) =>
      pass({ readings: drifted, leases: NO_LEASES, ms, more: { open } });
    expect(later(60 * MINUTE).heldBack).toMatchObject([{ asks: true }]);
    expect(later(24 * 60 * MINUTE).type).toBe("heal");
    expect(pass({ readings: drifted, leases: NO_LEASES, ms: 1 }).type).toBe("heal");
  });

  it("does not keep its own guardrails from being written or taken away", () => {
    const leases = leasesOf(guard("block_source"));
    const more = { open };
    const during = healed({ readings: LIVE, leases, ms: 1, more });
    expect(refs(during)).toHaveLength(4);
    expect(shape(healed({ readings: during, leases, ms: 40 * MINUTE, more }))).toEqual(shape(LIVE));
  });
});
