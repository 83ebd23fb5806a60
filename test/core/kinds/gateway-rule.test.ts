import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { sameExpression } from "../../../src/core/kinds/gateway-expression.ts";
import { gatewayRule } from "../../../src/core/kinds/gateway-rule.ts";
import { faultsOf } from "./compare.ts";
import {
  ACCOUNT,
  type Case,
  changesIn,
  driftIn,
  findsExactlyWhatWasEdited,
  goldenAt,
  healed,
  setting,
} from "./whole-kind.ts";

const declared = (name: string, precedence: number, more: JsonObject = {}): JsonObject => ({
  name,
  action: "block",
  enabled: true,
  filters: ["dns"],
  traffic: 'dns.fqdn == "ads.example"',
  precedence,
  ...more,
});
const live = (name: string, precedence: number, more: JsonObject = {}): JsonObject => ({
  ...declared(name, precedence),
  id: `id-${name}`,
  description: "",
  identity: "",
  device_posture: "",
  rule_settings: {},
  schedule: null,
  expiration: null,
  version: 1,
  read_only: false,
  sharable: false,
  source_account: ACCOUNT.id,
  warning_status: null,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
  deleted_at: null,
  ...more,
});
const caseOf = (golden: readonly JsonObject[], there: readonly JsonObject[]): Case => ({
  site: ACCOUNT,
  golden: goldenAt(ACCOUNT, { gateway_rule: golden }),
  live: { gateway_rule: there },
});
const drift = (golden: JsonObject, there: JsonObject) =>
  changesIn(driftIn(caseOf([declared("a", 100, golden)], [live("a", 100, there)])));

describe("case 47", () => {
  const rules = [declared("a", 200), declared("b", 1400), declared("c", 1500)];

  it("precedences come back as other numbers, and that says nothing", () => {
    const noisy = [live("a", 200_765), live("b", 1_400_392), live("c", 1_500_001)];
    expect(changesIn(driftIn(caseOf(rules, noisy)))).toEqual([]);
    expect(changesIn(driftIn(caseOf(rules, [live("a", 7), live("b", 8), live("c", 9)])))).toEqual(
      [],
    );
  });

  it("a changed relative order is reported, and one write puts it right", () => {
    const moved = [live("a", 200_765), live("b", 9_000_392), live("c", 1_500_001)];
    const one = caseOf(rules, moved);
    expect(changesIn(driftIn(one))).toEqual(["update b: precedence"]);
    const [call] = healed(one).calls;
    const { precedence } = call?.request.body ?? {};
    expect(precedence).toBe(850_392);
  });

  it("where the declared number fits it is used", () => {
    const one = caseOf(rules, [live("a", 200), live("b", 100), live("c", 1500)]);
    const numbers = healed(one).calls.map(({ request }) => request.body?.["precedence"]);
    expect(numbers).toEqual([1400]);
  });

  it("without room between the others all get their declared numbers", () => {
    const one = caseOf(rules, [live("a", 5), live("b", 9), live("c", 6)]);
    expect(changesIn(driftIn(one))).toHaveLength(1);
    healed(one);
    const tight = caseOf(rules, [live("c", 3), live("a", 4), live("b", 5)]);
    healed(tight);
    const stuck = caseOf(
      [declared("a", 1), declared("b", 2), declared("c", 3)],
      [live("a", 7), live("c", 8)],
    );
    expect(changesIn(driftIn(stuck))).toEqual([
      "create b",
      "update a: precedence",
      "update c: precedence",
    ]);
    healed(stuck);
  });

  it("whatever the numbers are, the order is healed and the fewest rules are moved", () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 5_000 }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(numbers, numbers, (wanted, there) => {
        const names = ["a", "b", "c", "d"];
        const one = caseOf(
          names.map((name, index) => declared(name, wanted[index] ?? 0)),
          names.map((name, index) => live(name, there[index] ?? 0)),
        );
        const inOrder = names.toSorted(
          (a, b) => (wanted[names.indexOf(a)] ?? 0) - (wanted[names.indexOf(b)] ?? 0),
        );
        const now = inOrder.map((name) => there[names.indexOf(name)] ?? 0);
        const isInOrder = now.every(
          (number, index) => index === 0 || (now[index - 1] ?? 0) < number,
        );
        expect(driftIn(one).changes.length === 0).toBe(isInOrder);
        healed(one);
      }),
      { numRuns: 300 },
    );
  });

  it("two rules at one place are refused", () =>
    expect(faultsOf(gatewayRule.declare([declared("a", 1), declared("b", 1)], ACCOUNT))).toEqual([
      { path: [1, "precedence"], problem: "has the `precedence` of another rule" },
    ]));
});

describe("case 48", () => {
  it.each([
    [null, {}],
    [{}, null],
    [{ add_headers: [], override_ips: {} }, {}],
    [{}, { add_headers: {}, override_ips: null, block_page_enabled: false }],
    [{ payload_log: { enabled: false } }, { payload_log: null }],
  ])("settings %j and %j say the same", (golden, there) =>
    expect(drift({ rule_settings: golden }, { rule_settings: there })).toEqual([]),
  );

  it("a setting that nobody declared is reported, where settings are declared", () => {
    const there = { rule_settings: { bypass_parent_rule: true } };
    expect(drift({ rule_settings: {} }, there)).toEqual(["update a: rule_settings"]);
    expect(drift({}, there)).toEqual([]);
  });

  it("what only an answer has is not compared", () =>
    expect(drift({}, { version: 9, sharable: true, updated_at: "2026-02-02T00:00:00Z" })).toEqual(
      [],
    ));
});

describe("case 49", () => {
  const session = (duration: string) => ({
    rule_settings: { check_session: { enforce: true, duration } },
  });
  it.each([
    ["24h", "24h0m0s"],
    ["90m", "1h30m0s"],
    ["0.5h", "30m0s"],
    ["1500ms", "1.5s"],
  ])("the duration %s comes back as %s", (golden, there) =>
    expect(drift(session(golden), session(there))).toEqual([]),
  );
  it("another duration is reported", () =>
    expect(drift(session("24h"), session("23h59m59s"))).toEqual(["update a: rule_settings"]));
});

describe("case 50", () => {
  it("fields that the API does not return are not compared, and are written all the same", () => {
    const { filters: _f, traffic: _t, ...rest } = live("a", 100);
    const one = caseOf([declared("a", 100)], [rest]);
    expect(changesIn(driftIn(one))).toEqual([]);
    const edited = caseOf([declared("a", 100)], [{ ...rest, action: "allow" }]);
    expect(changesIn(driftIn(edited))).toEqual(["update a: action"]);
    expect(healed(edited).calls[0]?.request.body).toMatchObject({
      action: "block",
      filters: ["dns"],
      traffic: 'dns.fqdn == "ads.example"',
    });
  });
});

describe("expressions", () => {
  it.each([
    ['dns.fqdn=="a"', "dns.fqdn  ==\n'a'"],
    ["a and b", "(a) and b".replace("(a)", "a")],
    ["a&&b || not c", "a and b or ! c"],
    ['any(dns.domains[*] in {"a" "b"})', "any( dns.domains[ * ] in { 'a' 'b' } )"],
    ['x == "say \\"hi\\""', "x == 'say \"hi\"'"],
  ])("%j and %j are the same", (a, b) => expect(sameExpression(a, b)).toBe(true));

  it.each([
    ['x == "a b"', 'x == "a  b"'],
    ['x == "A"', 'x == "a"'],
    ['x == "a and b"', 'x == "a && b"'],
    ["a and (b or c)", "(a and b) or c"],
    ["ab", "a b"],
    ['x == "a"', 'x == "a'],
    ["x == a", 'x == "a"'],
  ])("%j and %j are not", (a, b) => expect(sameExpression(a, b)).toBe(false));

  it("what the API reformatted stays as the API has it when another field is healed", () => {
    const there = { traffic: "dns.fqdn == 'ads.example'", enabled: false };
    const [call] = healed(caseOf([declared("a", 100)], [live("a", 100, there)])).calls;
    expect(call?.request.body).toMatchObject({ enabled: true, traffic: there.traffic });
  });
});

it("a write loses nothing that is not modelled or not declared", () => {
  const there = live("a", 100, {
    enabled: false,
    description: "kept",
    brand_new: { x: 1 },
    rule_settings: { block_reason: "kept" },
    schedule: { mon: "08:00-17:00" },
    expiration: { expires_at: "2027-01-01T00:00:00Z", duration: 5, expired: false },
  });
  expect(healed(caseOf([declared("a", 100)], [there])).calls.map(({ request }) => request)).toEqual(
    [
      {
        method: "PUT",
        path: `/accounts/${ACCOUNT.id}/gateway/rules/id-a`,
        body: {
          brand_new: { x: 1 },
          name: "a",
          description: "kept",
          action: "block",
          enabled: true,
          filters: ["dns"],
          traffic: 'dns.fqdn == "ads.example"',
          identity: "",
          device_posture: "",
          rule_settings: { block_reason: "kept" },
          schedule: { mon: "08:00-17:00" },
          expiration: { expires_at: "2027-01-01T00:00:00Z", duration: 5 },
          precedence: 100,
        },
      },
    ],
  );
});

it("hours and instants are what they mean", () => {
  expect(
    drift(
      { schedule: { mon: "8:00-12:30, 13:30-17:00" } },
      { schedule: { mon: "08:00-12:30,13:30-17:00" } },
    ),
  ).toEqual([]);
  const expiration = { expires_at: "2027-01-01T00:00:00.000Z" };
  expect(
    drift({ expiration }, { expiration: { expires_at: "2027-01-01T00:00:00Z", expired: false } }),
  ).toEqual([]);
  expect(drift({ schedule: { mon: "8:00-12:30" } }, {})).toEqual(["update a: schedule"]);
});

it("a rule of another account is not ours", () => {
  const found = driftIn(
    caseOf([declared("a", 100)], [live("a", 100, { read_only: true, enabled: false })]),
  );
  expect(found.changes).toEqual([]);
  expect(found.reported).toHaveLength(1);
});

it("exactly what was edited is found and healed with one write a rule", () =>
  findsExactlyWhatWasEdited({
    site: ACCOUNT,
    kind: "gateway_rule",
    declared: [
      declared("a", 100, { description: "first", rule_settings: { block_reason: "no" } }),
      declared("b", 200, { description: "second", rule_settings: {} }),
    ],
    live: [
      live("a", 100_001, { description: "first", rule_settings: { block_reason: "no" } }),
      live("b", 200_002, { description: "second" }),
    ],
    edits: [
      setting("enabled", false),
      setting("action", "allow"),
      setting("description", "edited"),
      setting("traffic", 'dns.fqdn == "else.example"'),
      setting("rule_settings", { block_reason: "edited" }),
      setting("filters", ["http"]),
    ],
  }));
