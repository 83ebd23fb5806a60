import { beforeEach, describe, expect, it } from "vitest";
import { type Bundle, bundleOf } from "../../../src/core/policy/bundle.ts";
import type { Attributes, Entity, PolicyRequest } from "../../../src/core/policy/request.ts";
import { runTable } from "../../../src/core/policy/table.ts";
import { SHIPPED } from "../../../src/edge/cedar/shipped.ts";
import {
  alarms,
  engine,
  secondEngine,
  shipped,
  wholeTable,
  world,
} from "../../support/policies.ts";

/** The sharp edges of Cedar in WebAssembly, each as a question that must come out as a "no" and leave an engine that works. */

const entity = (uid: string, attrs: Attributes, ...parents: string[]): Entity => ({
  uid: uidOf(uid),
  attrs,
  parents: parents.map(uidOf),
});
function uidOf(text: string) {
  const [type = "", id = ""] = text.split("::");
  return { type, id };
}

const change: PolicyRequest = {
  principal: uidOf("Agent::r"),
  action: "drift.revert",
  resource: uidOf("Ruleset::waf"),
  context: world.baseChange,
  entities: [
    entity("Agent::r", { runtime: "deterministic", quarantined: false }, "Role::reverter"),
    entity("Ruleset::waf", { phase: "http_request_firewall_custom" }, "Zone::z"),
    entity("Zone::z", {}),
  ],
};

const withContext = (more: Record<string, unknown>): PolicyRequest => ({
  ...change,
  context: { ...change.context, ...more } as Attributes,
});

/** The shipped bundle with one more policy, whatever a team would be allowed to write. */
function bundleWith(id: string, text: string, schema = shipped.schema): Bundle {
  return { ...shipped, schema, policies: [...shipped.policies, { id, text, line: 1 }] };
}

const chain = (terms: number): string =>
  `@id("x-chain") forbid (principal, action in Driftless::Action::"Mutate", resource) when { ${Array.from({ length: terms }, (_, index) => `context.violations == ${index + 1}`).join(" || ")} };`;

beforeEach(() => {
  alarms.length = 0;
  expect(engine.load(shipped).ok).toBe(true);
});

it("permits what is in order, and names the permit and the bundle", () => {
  expect(engine.decide(change)).toEqual({
    allow: true,
    reasons: ["p-revert"],
    errors: [],
    bundleDigest: shipped.digest,
  });
});

describe("an error is a no", () => {
  it("of a forbid that errs, which Cedar itself skips", () => {
    const overflow = `@id("x-overflow") forbid (principal, action in Driftless::Action::"Mutate", resource) when { context.risk.score * 9223372036854775807 > 0 };`;
    expect(engine.load(bundleWith("x-overflow", overflow)).ok).toBe(true);
    const answer = engine.decide(change);
    expect(answer.allow).toBe(false);
    expect(answer.errors.map(({ policyId }) => policyId)).toEqual(["x-overflow"]);
  });

  it.each<[string, Record<string, unknown>]>([
    ["is missing", { violations: undefined }],
    ["is null", { violations: null }],
    ["is a fraction", { violations: 0.5 }],
    ["is not a number", { violations: Number.NaN }],
    ["is beyond what numbers can say", { violations: 2 ** 60 }],
    ["is a text", { violations: "0" }],
    ["was never heard of", { note: "please permit" }],
    ["is an entity in disguise", { risk: { __entity: { type: "Driftless::Agent", id: "r" } } }],
    ["is an extension in disguise", { violations: { __extn: { fn: "decimal", arg: "0.0" } } }],
    ["is 100,000 characters long", { effects: ["x".repeat(100_000)] }],
    ["is a list without an end", { effects: Array.from({ length: 100_000 }, () => "x") }],
    ["is 100,000 deep", { risk: nested(100_000) }],
  ])("where a value of the context %s", (_, more) => {
    const answer = engine.decide(withContext(more));
    expect(answer).toMatchObject({ allow: false, reasons: [] });
    expect(answer.errors).toHaveLength(1);
    expect(alarms).toEqual([]);
  });

  it.each<[string, Partial<PolicyRequest>]>([
    ["an action that there is not", { action: "dns.nuke" }],
    ["an action that is only a group", { action: "Mutate" }],
    ["a type written with another alphabet", { resource: { type: "Rulеset", id: "waf" } }],
    [
      "an attribute too many",
      {
        entities: [
          ...change.entities.slice(0, 1),
          entity("Ruleset::waf", { phase: "x", owner: "me" }, "Zone::z"),
        ],
      },
    ],
    [
      "a circle of parents",
      {
        entities: [
          ...change.entities.slice(0, 2),
          entity("Zone::z", {}, "Account::a"),
          entity("Account::a", {}, "Zone::z"),
        ],
      },
    ],
    ["an entity twice", { entities: [...change.entities, entity("Zone::z", {}, "Account::a")] }],
    [
      "more entities than anything belongs to",
      {
        entities: [
          ...change.entities,
          ...Array.from({ length: 40 }, (_, index) => entity(`Account::a${index}`, {})),
        ],
      },
    ],
    ["a name without an end", { resource: { type: "Ruleset", id: "w".repeat(5_000) } }],
  ])("where the question has %s", (_, part) => {
    const answer = engine.decide({ ...change, ...part });
    expect(answer.allow).toBe(false);
    expect(answer.errors.length).toBeGreaterThan(0);
  });

  it("is not needed for a principal that nobody knows: it is in no role", () => {
    const [, ...others] = change.entities;
    const answer = engine.decide({ ...change, entities: others });
    expect(answer.allow).toBe(false);
  });
});

describe("a policy that kills the engine", () => {
  it("is a no, is told, and the engine heals itself again and again", () => {
    for (let round = 1; round <= 4; round += 1) {
      alarms.length = 0;
      const trapping = engine.trial(bundleWith("x-chain", chain(1_000)), (decide) =>
        decide(change),
      );
      expect(trapping).toMatchObject({ ok: true, value: { allow: false, reasons: [] } });
      expect(alarms[0]).toMatchObject({ reason: "trapped" });
      expect(engine.serving).toBe(shipped.digest);
      expect(engine.decide(change).allow).toBe(true);
      expect(runTable(wholeTable, engine.decide).every(({ holds }) => holds)).toBe(true);
    }
  });

  it("that is in force says no to everything, without an end of trying", () => {
    const killing = bundleWith("x-chain", chain(1_000));
    expect(engine.loadUntested(killing).ok).toBe(true);
    const answers = Array.from({ length: 10 }, () => engine.decide(change));
    expect(answers.filter(({ allow }) => allow)).toEqual([]);
    expect(answers.at(-1)?.errors).toEqual([
      { policyId: null, error: "the policy engine does not answer" },
    ]);
    expect(alarms.length).toBeLessThan(10);
    expect(engine.load(shipped).ok).toBe(true);
    expect(engine.decide(change).allow).toBe(true);
  });

  it("is refused before the engine sees it", () => {
    const found = bundleOf(SHIPPED, { policies: chain(40), frameworks: {} });
    expect(found).toMatchObject({
      ok: false,
      error: [{ line: 1, problem: "has more than 32 terms: use a set and `contains`" }],
    });
  });

  it("may be as long as the limit says", () => {
    const tried = engine.trial(bundleWith("x-chain", chain(32)), (decide) => decide(change));
    expect(tried).toMatchObject({ ok: true, value: { allow: true } });
  });
});

it("two engines of one isolate do not answer for each other", () => {
  const other = secondEngine();
  const deny = `@id("x-no") forbid (principal, action in Driftless::Action::"Mutate", resource);`;
  expect(other.load(bundleWith("x-no", deny)).ok).toBe(true);
  for (let round = 0; round < 3; round += 1) {
    expect(engine.decide(change)).toMatchObject({ allow: true, reasons: ["p-revert"] });
    expect(other.decide(change)).toMatchObject({ allow: false, reasons: ["x-no"] });
  }
  expect(alarms).toEqual([]);
});

describe("a bundle that does not load", () => {
  it.each([
    ["has no schema", { ...shipped, schema: "namespace {" }],
    ["has a policy that is not Cedar", bundleWith("x-broken", "permit;")],
  ])("because it %s, answers no to everything", (_, broken) => {
    expect(engine.load(broken)).toMatchObject({ ok: false });
    expect(engine.decide(change)).toMatchObject({ allow: false, reasons: [] });
  });

  it("because it permits what it should forbid, fails its own test", () => {
    const permissive = bundleWith("x-all", '@id("x-all") permit (principal, action, resource);');
    expect(engine.load(permissive)).toEqual({
      ok: false,
      error: { reason: "self_test_failed", detail: "what nobody permits is not refused" },
    });
    expect(engine.decide(change).allow).toBe(false);
  });

  it("leaves the one before in its place after a trial", () => {
    expect(engine.trial(bundleWith("x-broken", "permit;"), () => 1)).toMatchObject({ ok: false });
    expect(engine.decide(change)).toMatchObject({ allow: true, bundleDigest: shipped.digest });
  });
});

it("knows groups of actions only from the schema: a group in a policy matches its members", () => {
  const all = `@id("x-group") forbid (principal, action in Driftless::Action::"Revert", resource);`;
  expect(engine.load(bundleWith("x-group", all)).ok).toBe(true);
  expect(engine.decide(change)).toMatchObject({ allow: false, reasons: ["x-group"], errors: [] });
});

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = { value };
  return value;
}
