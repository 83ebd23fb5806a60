import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  guardrailOf,
  type GuardrailRequest,
  isFlapping,
  renewed,
  rungFrom,
} from "../../../src/core/guardrails/guardrail.ts";
import { admit, zonesMax } from "../../../src/core/guardrails/reach.ts";
import { TEMPLATES } from "../../../src/core/guardrails/registry.ts";
import { expressionOf } from "../../../src/core/guardrails/request-match.ts";
import { type Instant, isScopeId, mint } from "../../../src/core/ids.ts";
import { millisOf } from "../../../src/core/instant.ts";
import { kindOf } from "../../../src/core/kinds/registry.ts";
import { NOW_MS, SCOPE, ZONE } from "../harbor.ts";
import { at, guard, MINUTE, ZONE_TEMPLATES } from "./guarded-zone.ts";

const wish = (more: Partial<GuardrailRequest>): GuardrailRequest => ({
  template: "managed_challenge",
  parameters: { path: "/login" },
  mode: "challenge",
  reason: "password guessing",
  evidence: [],
  incident: null,
  owner: { type: "agent", name: "sentinel" },
  expiresAt: at(MINUTE).now,
  ...more,
});
const place = (more: Partial<GuardrailRequest>) =>
  guardrailOf(wish(more), { scope: SCOPE, site: ZONE, ...at(0) });
const problems = (more: Partial<GuardrailRequest>): string => {
  const result = place(more);
  return result.ok ? "" : result.error.map(({ path }) => path.join(".")).join();
};

describe("a request for a guardrail", () => {
  it("is refused with the place of everything that is wrong", () => {
    expect(problems({})).toBe("");
    expect(problems({ template: "nonsense" })).toBe("template");
    expect(problems({ parameters: { path: 'x" or true' }, mode: "block" })).toBe(
      "parameters.path,mode",
    );
    expect(problems({ expiresAt: at(0).now })).toBe("expires_at");
    expect(problems({ expiresAt: at(25 * 60 * MINUTE).now })).toBe("expires_at");
    expect(problems({ template: "gateway_block" })).toContain("template");
    expect(
      problems({ template: "block_source", parameters: { methods: ["GET"] }, mode: "log" }),
    ).toBe("parameters");
  });

  it("says its parameters with all their defaults, so that reading them again changes nothing", () => {
    for (const name of ZONE_TEMPLATES) {
      const { parameters } = guard(name);
      expect(TEMPLATES.get(name)?.parse(parameters)).toEqual({ ok: true, value: parameters });
    }
  });
});

describe("a template", () => {
  it.each(ZONE_TEMPLATES)("%s makes rules that its kind would let anybody declare", (name) => {
    const guardrail = guard(name);
    const template = TEMPLATES.get(name);
    const { id, mode, parameters } = guardrail;
    const expanded = template?.expand(parameters, { id, mode });
    expect(expanded?.ok).toBe(true);
    for (const effect of expanded?.ok ? expanded.value : []) {
      if (effect.type !== "rule") continue;
      const declared = [{ ...effect.rule, ref: "a" }];
      expect(kindOf(effect.kind).declare(declared, ZONE).ok).toBe(true);
    }
  });

  it("cannot be made to say anything but what its parameters mean (I5)", () => {
    const text = fc.string({ unit: "binary", maxLength: 60 });
    fc.assert(
      fc.property(text, text, text, (path, host, agent) => {
        const result = place({
          template: "block_source",
          parameters: { path: `/${path}`, hosts: [host], user_agent: agent },
          mode: "block",
        });
        if (!result.ok) return;
        const expression = expressionOf(result.value.parameters);
        expect(expression.split('"')).toHaveLength(7);
        expect(expression).not.toContain("\\");
      }),
    );
  });
});

describe("a ladder", () => {
  it("has rungs up and down, and an end", () => {
    const guardrail = guard("block_source");
    expect(rungFrom(guardrail, "up")).toBeNull();
    expect(rungFrom(guardrail, "down")).toBe("challenge");
    expect(rungFrom({ ...guardrail, mode: "log" }, "up")).toBe("challenge");
    expect(rungFrom(guard("under_attack"), "up")).toBeNull();
  });
});

describe("a lease", () => {
  it("is renewed within its template's bounds, and not for ever", () => {
    const guardrail = guard("managed_challenge");
    const hour = 60 * MINUTE;
    const to = (ms: number, from: number) =>
      renewed(guardrail, { expiresAt: at(ms).now, at: at(from) });
    expect(to(24 * hour, 0).ok).toBe(true);
    expect(to(25 * hour, 0).ok).toBe(false);
    expect(to(240 * hour, 230 * hour).ok).toBe(true);
    expect(to(241 * hour, 230 * hour).ok).toBe(false);
  });

  it("flaps when the same thing came and went three times in a day", () => {
    const ended = { at: at(0).now, by: "x", how: "expired" } as const;
    const before = [1, 2, 3].map((minute) => ({ ...guard("block_source", minute), ended }));
    const again = guard("block_source", 9);
    expect(isFlapping(again, before.slice(1), at(9).nowMs)).toBe(false);
    expect(isFlapping(again, before, at(9).nowMs)).toBe(true);
    expect(isFlapping(guard("rate_limit"), before, at(9).nowMs)).toBe(false);
    expect(isFlapping(again, before, at(25 * 60 * MINUTE).nowMs)).toBe(false);
  });
});

describe("the reach of guardrails", () => {
  const zone = (index: number) => mint(isScopeId, `zone:z${index}.example`);
  const reached = new Map([1, 2].map((index) => [zone(index), NOW_MS]));

  it("is so many zones an hour; one that has one may have another", () => {
    expect(admit(reached, zone(3), { nowMs: NOW_MS, max: 2 })).toMatchObject({
      ok: false,
      error: { max: 2, retryAfterMs: 3_600_000 },
    });
    expect(admit(reached, zone(2), { nowMs: NOW_MS, max: 2 }).ok).toBe(true);
    const after = admit(reached, zone(3), { nowMs: NOW_MS + 3_600_000, max: 2 });
    expect(after).toMatchObject({ ok: true, value: { forgotten: [zone(1), zone(2)] } });
  });

  it("takes nonsense in the setting for nothing said", () => {
    expect(["5", "", undefined, "-1", "many", "9999"].map(zonesMax)).toEqual([
      5, 20, 20, 20, 20, 1000,
    ]);
  });
});

it("counts milliseconds as everybody does", () => {
  const date = fc.date({
    min: new Date("1970-01-01T00:00:00Z"),
    max: new Date("2200-01-01T00:00:00Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(date, (one) => {
      expect(millisOf(one.toISOString() as Instant)).toBe(one.getTime());
    }),
  );
});
