import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { changeDigest, subjectOf } from "../../../src/core/diff.ts";
import type { Digest } from "../../../src/core/ids.ts";
import { inverseCalls } from "../../../src/core/simulate.ts";
import { ipList } from "../../../src/core/kinds/ip-list.ts";
import { observe } from "../../../src/core/observation.ts";
import { withIds } from "../../../src/core/plan.ts";
import { changeSetDigest, reconcile } from "../../../src/core/reconcile.ts";
import { faultsOf, must } from "./compare.ts";
import {
  ACCOUNT,
  type Case,
  changesIn,
  driftIn,
  goldenAt,
  healed,
  NOW,
  planOf,
  readingsOf,
} from "./whole-kind.ts";
import { QUIET } from "../quiet.ts";

const LISTS = `/accounts/${ACCOUNT.id}/rules/lists`;

const listed = (id: string, name: string, description = ""): JsonObject => ({
  id,
  kind: "ip",
  name,
  description,
  num_items: 0,
  created_on: "2026-01-01T00:00:00Z",
});
const itemsOf = (id: string, name: string, items: readonly JsonObject[]): JsonObject => ({
  id: `${id}.items`,
  name,
  items,
});
const row = (ip: string, members: JsonObject = {}): JsonObject => ({
  id: `i-${ip}`,
  ip,
  created_on: "2026-01-01T00:00:00Z",
  ...members,
});

const office = (items: readonly unknown[], more: JsonObject = {}) => ({
  name: "office_ips",
  description: "where we work",
  items,
  ...more,
});
const caseOf = (declared: readonly unknown[], live: readonly JsonObject[], more = {}): Case => ({
  site: ACCOUNT,
  golden: goldenAt(ACCOUNT, { ip_list: declared }, more),
  live: { ip_list: live },
});
const drift = (declared: readonly unknown[], items: readonly JsonObject[]) =>
  changesIn(
    driftIn(
      caseOf(
        [office(declared)],
        [listed("l1", "office_ips", "where we work"), itemsOf("l1", "office_ips", items)],
      ),
    ),
  );

describe("case 52", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1/32"],
    ["192.0.2.1/32", "192.0.2.1"],
    ["2001:db8::1", "2001:DB8:0::1/128"],
    ["2001:db8::1/128", "2001:db8::1"],
  ])("%s is the network of one that comes back as %s", (golden, live) =>
    expect(drift([{ ip: golden }], [row(live)])).toEqual([]),
  );
});

describe("case 57", () => {
  it.each([
    ["192.0.2.77/24", "192.0.2.0/24"],
    ["198.51.100.255/25", "198.51.100.128/25"],
    ["2001:db8:1:2:3::/33", "2001:db8::/33"],
    ["10.0.0.0/9", "10.64.3.1/9"],
  ])("host bits of %s say nothing, it comes back as %s", (golden, live) =>
    expect(drift([{ ip: golden }], [row(live)])).toEqual([]),
  );

  it("another prefix is reported", () =>
    expect(drift([{ ip: "192.0.2.0/24" }], [row("192.0.2.0/25")])).toEqual([
      "update items office_ips: items",
    ]));
});

describe("case 56", () => {
  it("items are a set, and forms of other lists come back empty", () =>
    expect(
      drift(
        [{ ip: "192.0.2.2" }, { ip: "192.0.2.1", comment: null }],
        [row("192.0.2.1", { hostname: {}, redirect: {}, asn: null }), row("192.0.2.2")],
      ),
    ).toEqual([]));

  it("a comment is nothing, null or empty; one that nobody declared is not compared", () => {
    expect(drift([{ ip: "192.0.2.1", comment: "" }], [row("192.0.2.1")])).toEqual([]);
    expect(
      drift([{ ip: "192.0.2.1", comment: null }], [row("192.0.2.1", { comment: "" })]),
    ).toEqual([]);
    expect(drift([{ ip: "192.0.2.1" }], [row("192.0.2.1", { comment: "desk" })])).toEqual([]);
    expect(
      drift([{ ip: "192.0.2.1", comment: "" }], [row("192.0.2.1", { comment: "desk" })]),
    ).toEqual(["update items office_ips: items"]);
  });

  it("a marker that is not known is reported, not hidden", () =>
    expect(drift([{ ip: "192.0.2.1" }], [row("192.0.2.1", { everyone: {} })])).toEqual([
      "update items office_ips: items",
    ]));
});

it("a new list is made before its items, which go to the id that it gets", () => {
  const made = healed(
    caseOf(
      ["zeta", "alpha"].map((name) => ({ name, items: [{ ip: "192.0.2.1", comment: name }] })),
      [],
    ),
  );
  expect(made.steps.map(({ identity }) => identity)).toEqual([
    "alpha",
    "zeta",
    "items alpha",
    "items zeta",
  ]);
  expect(made.calls.map(({ request: { method, path } }) => `${method} ${path}`)).toEqual([
    `POST ${LISTS}`,
    `POST ${LISTS}`,
    `PUT ${LISTS}/created.0/items`,
    `PUT ${LISTS}/created.1/items`,
  ]);
  const items = made.calls[3]?.request ?? { method: "PUT", path: "", body: null };
  expect(withIds(items, new Map([[1, "0".repeat(32)]])).path).toBe(
    `${LISTS}/${"0".repeat(32)}/items`,
  );
  expect(
    inverseCalls(made.steps).map(({ request: { method, path } }) => `${method} ${path}`),
  ).toEqual([
    `PUT ${LISTS}/created.1/items`,
    `PUT ${LISTS}/created.0/items`,
    `DELETE ${LISTS}/created.1`,
    `DELETE ${LISTS}/created.0`,
  ]);
});

it("an undeclared list goes with its items in one call, and could be made again whole", () => {
  const live = [
    listed("l1", "office_ips", "where we work"),
    itemsOf("l1", "office_ips", []),
    listed("l2", "rogue", "x"),
    itemsOf("l2", "rogue", [row("192.0.2.9", { comment: "note" })]),
  ];
  const removes = { unmanaged: { ip_list: "remove" } };
  const made = healed(caseOf([office([])], live, removes));
  expect(
    made.calls.map(({ request, steps }) => [request.method, request.path, steps.length]),
  ).toEqual([["DELETE", `${LISTS}/l2`, 2]]);
  expect(inverseCalls(made.steps).map(({ request }) => request.path)).toEqual([
    LISTS,
    `${LISTS}/created.1/items`,
  ]);
  expect(changesIn(driftIn(caseOf([office([])], live)))).toEqual([]);
});

it("a rule that leaves a list alone leaves its items alone (I9)", () => {
  const rule = {
    class: "ignored",
    match: { kind: "ip_list", id: "rogue" },
    reason: "the partner's",
    expires_at: "2027-01-01T00:00:00Z",
  };
  const live = [listed("l2", "rogue"), itemsOf("l2", "rogue", [row("192.0.2.9")])];
  const one = caseOf([], live, { unmanaged: { ip_list: "remove" }, ownership: [rule] });
  expect(driftIn(one).changes).toEqual([]);
});

it("a list and its items under suspicion are tried together, apart from all others", () => {
  const rogue = (id: string, name: string) => [
    listed(id, name, "x"),
    itemsOf(id, name, [row("192.0.2.9")]),
  ];
  const live = { ip_list: [...rogue("l2", "first"), ...rogue("l3", "second")] };
  const { golden, site } = caseOf([], [], { unmanaged: { ip_list: "remove" } });
  const { changes } = driftIn({ golden, site, live });
  const tried: string[][] = [];
  const divisible: boolean[] = [];
  const turnedDown = new Map<Digest, string>();
  for (let round = 0; round < 3; round += 1) {
    const decision = reconcile({
      ...QUIET,
      scope: golden.scope,
      site,
      golden,
      generation: 1,
      declaredBy: "olga",
      observation: must(observe(readingsOf(live), site, NOW)),
      lineage: new Map(),
      turnedDown,
      // The last round has no suspects left, and asks for both.
      suspects: new Set(round < 2 ? changes.map(changeDigest) : []),
      epoch: 1,
      now: NOW,
      nowMs: Date.parse(NOW),
    });
    if (decision.type !== "heal") throw new Error(decision.type);
    tried.push(decision.changes.map((change) => subjectOf(change).identity));
    divisible.push(decision.divisible);
    turnedDown.set(changeSetDigest(decision.changes, 1), "refused");
  }
  // Refused, it is turned down and not tried once more in parts.
  expect(divisible).toEqual([false, false, true]);
  expect(tried).toEqual([
    ["items first", "first"],
    ["items second", "second"],
    ["items first", "items second", "first", "second"],
  ]);
});

it("an empty list is made in one call, and emptied when somebody fills it", () => {
  expect(healed(caseOf([office([])], [])).calls).toHaveLength(1);
  const filled = [
    listed("l1", "office_ips", "where we work"),
    itemsOf("l1", "office_ips", [row("192.0.2.9")]),
  ];
  expect(healed(caseOf([office([])], filled)).calls[0]?.request.body).toEqual({ items: [] });
});

it("a list of another kind stands in the way of nothing and is not written", () => {
  const other = { ...listed("l9", "office_ips"), kind: "redirect" };
  const found = driftIn(caseOf([office([])], [other]));
  expect(found.changes).toEqual([]);
  expect(found.reported.map(({ reason }) => reason)).toEqual(["a list of another kind"]);
});

it("an item that is declared twice, or is none, is refused", () => {
  const twice = office([{ ip: "192.0.2.1/32" }, { ip: "192.0.2.1" }]);
  expect(faultsOf(ipList.declare([twice], ACCOUNT))).toEqual([
    { path: [0, "items", 1, "ip"], problem: "`192.0.2.1` is declared twice" },
  ]);
  expect(faultsOf(ipList.declare([office([{ ip: "192.0.2.300" }])], ACCOUNT))[0]?.path).toEqual([
    0,
    "items",
    0,
    "ip",
  ]);
});

it("lists and items without what they need are not read (I8)", () => {
  const bad: readonly JsonObject[] = [
    { ...listed("", "x") },
    { ...listed("l1", "") },
    itemsOf("l1", "x", [{ id: "i1", ip: "" }]),
    { ...itemsOf("l1", "x", []), items: null },
  ];
  expect(bad.map((raw) => ipList.observe(raw, ACCOUNT).ok)).toEqual([false, false, false, false]);
});

const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV4(), fc.integer({ min: 8, max: 31 })).map(([ip, prefix]) => `${ip}/${prefix}`),
);
const items = fc.uniqueArray(fc.record({ ip: address, comment: fc.constantFrom("", "a", "b") }), {
  selector: ({ ip }) => ip,
  maxLength: 8,
});

it("an import has no drift, and any edit is found and healed with one write a resource", () => {
  fc.assert(
    fc.property(items, items, fc.boolean(), (declared, there, edited) => {
      const parsed = ipList.declare([office(declared)], ACCOUNT);
      fc.pre(parsed.ok && ipList.declare([office(there)], ACCOUNT).ok);
      const list = listed("l1", "office_ips", "where we work");
      const whole = itemsOf(
        "l1",
        "office_ips",
        declared.map((one) => row(one.ip, one)).toReversed(),
      );
      expect(changesIn(driftIn(caseOf([office(declared)], [list, whole])))).toEqual([]);
      const now = [
        { ...list, description: edited ? "edited" : "where we work" },
        itemsOf(
          "l1",
          "office_ips",
          there.map((one) => row(one.ip, one)),
        ),
      ];
      const one = caseOf([office(declared)], now);
      const changes = changesIn(driftIn(one));
      expect(changes.includes("update office_ips: description")).toBe(edited);
      expect(healed(one).calls).toHaveLength(planOf(one, driftIn(one)).steps.length);
    }),
    { numRuns: 200 },
  );
});
