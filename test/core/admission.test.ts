import { describe, expect, it } from "vitest";
import { swapped } from "../../src/core/admission.ts";
import type { Ballot, Motion } from "../../src/core/ballot.ts";
import { digestOf } from "../../src/core/canonical.ts";
import { type Plan, withIds } from "../../src/core/plan.ts";
import { partsOf } from "../../src/core/plan-parts.ts";
import { SCOPE, ZONE } from "./harbor.ts";

const request = (path: string, ttl: number) => ({ method: "PATCH", path, body: { ttl } }) as const;
const step = (name: string): Plan["steps"][number] => ({
  op: "update",
  kind: "dns_record",
  group: name,
  identity: name,
  summary: name,
  writes: { ttl: 300 },
  before: { id: null, fields: { ttl: 60 } },
  after: { id: null, fields: { ttl: 300 } },
  inverse: request(name, 60),
});
const plan = {
  version: 2,
  scope: SCOPE,
  site: ZONE,
  epoch: 3,
  parent: null,
  steps: [step("a"), step("b")],
  calls: [
    { request: request("a", 300), steps: [0] },
    { request: request("b", 300), steps: [1] },
  ],
} as unknown as Plan;
const policyDigest = digestOf("policies");
const motion = { policyDigest } as Motion;
const ballot = { scope: SCOPE, epoch: 3, policyDigest, parts: partsOf(plan) } as Ballot;
const reason = (of: Plan, one: Partial<Ballot> = {}, named: Motion = motion) =>
  swapped({ plan: of, motion: named, ballots: [{ ballot }, { ballot: { ...ballot, ...one } }] })
    ?.reason ?? null;

describe("what is handed in beside what was signed", () => {
  it("is let through when every ballot is about it", () => expect(reason(plan)).toBeNull());

  it.each<[string, Partial<Plan>]>([
    ["another_zone", { site: { ...ZONE, name: "other.example" } }],
    ["another_request", { calls: plan.calls.slice(1) }],
    ["another_order", { calls: plan.calls.toReversed() }],
    [
      "another_order",
      { calls: plan.calls.map((call, index) => ({ ...call, steps: [1 - index] })) },
    ],
    ["another_basis", { steps: [{ ...step("a"), before: null }, step("b")] }],
    ["another_inverse", { steps: [{ ...step("a"), inverse: request("a", 1) }, step("b")] }],
    ["another_certificate", { steps: [step("c"), step("b")], calls: plan.calls.slice(1) }],
  ])("is %s", (expected, change) => expect(reason({ ...plan, ...change })).toBe(expected));

  it("is refused for a single ballot that is about something else, or that does not say", () => {
    expect(reason(plan, { epoch: 2 })).toBe("another_certificate");
    expect(reason(plan, { policyDigest: null })).toBe("another_policy");
    expect(reason(plan, { parts: undefined as never })).toBe("another_zone");
    expect(reason(plan, {}, { ...motion, policyDigest: null })).toBe("another_policy");
  });

  it("does not depend on the ids that are filled in when it is sent", () =>
    expect(withIds(request("x/created.0", 1), new Map([[0, "id"]])).path).toBe("x/id"));
});
