import { expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { gatewayList } from "../../../src/core/kinds/gateway-list.ts";
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

const declared = (members: JsonObject = {}): JsonObject => ({
  name: "ads",
  type: "DOMAIN",
  description: "advertising",
  items: [{ value: "Ads.example." }, { value: "track.example", description: "pixels" }],
  ...members,
});
const live = (members: JsonObject = {}): JsonObject => ({
  id: "g1",
  name: "ads",
  type: "DOMAIN",
  description: "advertising",
  count: 2,
  items: [
    { value: "track.example", description: "pixels", created_at: "2026-01-01T00:00:00Z" },
    { value: "ads.example", description: "kept" },
  ],
  ...members,
});
const caseOf = (golden: JsonObject, there: readonly JsonObject[]): Case => ({
  site: ACCOUNT,
  golden: goldenAt(ACCOUNT, { gateway_list: [golden] }),
  live: { gateway_list: there },
});

it("items are a set of values as the API writes them, and undeclared descriptions are not compared", () => {
  expect(changesIn(driftIn(caseOf(declared(), [live()])))).toEqual([]);
  const ips = { type: "IP", items: [{ value: "192.0.2.1/32" }] };
  expect(
    changesIn(
      driftIn(caseOf(declared(ips), [live({ type: "IP", items: [{ value: "192.0.2.1" }] })])),
    ),
  ).toEqual([]);
});

it("items that somebody added or took out are put back in one write, the rest as it was", () => {
  const there = live({
    items: [{ value: "ads.example", description: "kept" }, { value: "rogue.example" }],
  });
  expect(healed(caseOf(declared(), [there])).calls.map(({ request }) => request)).toEqual([
    {
      method: "PUT",
      path: `/accounts/${ACCOUNT.id}/gateway/lists/g1`,
      body: {
        name: "ads",
        description: "advertising",
        items: [
          { value: "ads.example", description: "kept" },
          { value: "track.example", description: "pixels" },
        ],
      },
    },
  ]);
});

it("another type is told and not written", () => {
  const found = driftIn(caseOf(declared(), [live({ type: "URL" })]));
  expect(found.changes).toEqual([]);
  expect(found.reported.map(({ reason }) => reason)).toEqual(["type cannot be changed"]);
});

it("a list that is missing is made with its items", () => {
  expect(healed(caseOf(declared(), [])).calls.map(({ request }) => request.body)).toEqual([
    {
      name: "ads",
      type: "DOMAIN",
      description: "advertising",
      items: [{ value: "ads.example" }, { value: "track.example", description: "pixels" }],
    },
  ]);
});

it("undeclared lists are observed without their items, broken ones not at all (I8)", () => {
  expect(gatewayList.observe(live({ items: null }), ACCOUNT).ok).toBe(true);
  for (const broken of [
    { id: "" },
    { name: "" },
    { items: {} },
    { items: [{ value: "" }] },
    { items: ["x"] },
  ])
    expect(gatewayList.observe(live(broken), ACCOUNT).ok).toBe(false);
});

it("a value that is declared twice is refused", () =>
  expect(
    faultsOf(
      gatewayList.declare(
        [declared({ items: [{ value: "a.example" }, { value: "A.example" }] })],
        ACCOUNT,
      ),
    ),
  ).toEqual([{ path: [0, "items", 1, "value"], problem: "`a.example` is declared twice" }]));

it("exactly what was edited is found and healed with one write a list", () =>
  findsExactlyWhatWasEdited({
    site: ACCOUNT,
    kind: "gateway_list",
    declared: [declared(), declared({ name: "trackers" })],
    live: [live(), live({ id: "g2", name: "trackers" })],
    edits: [setting("description", "edited"), setting("items", [{ value: "rogue.example" }])],
  }));
