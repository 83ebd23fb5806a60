import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { prohibited } from "../../../src/core/prohibitions.ts";
import { approvalsNeeded } from "../../../src/core/risk.ts";
import { r2Bucket } from "../../../src/core/kinds/r2-bucket.ts";
import { faultsOf } from "./compare.ts";
import {
  ACCOUNT,
  type Case,
  changesIn,
  driftIn,
  findsExactlyWhatWasEdited,
  goldenAt,
  healed,
  planOf,
  setting,
  judgedIn,
} from "./whole-kind.ts";

const account = `/accounts/${ACCOUNT.id}`;
const caseOf = (kind: string, declared: readonly unknown[], live: readonly JsonObject[]): Case => ({
  site: ACCOUNT,
  golden: goldenAt(ACCOUNT, { [kind]: declared }),
  live: { [kind]: live },
});
/** Nothing is declared, and `policy` says what becomes of what is there. */
const undeclared = (kind: string, policy: string, live: JsonObject): Case => ({
  ...caseOf(kind, [], [live]),
  golden: goldenAt(ACCOUNT, { [kind]: [] }, { unmanaged: { [kind]: policy } }),
});

const namespace = (id: string, title: string, more: JsonObject = {}): JsonObject => ({
  id,
  title,
  supports_url_encoding: true,
  ...more,
});
const database = (id: string, name: string, jurisdiction: string | null = null): JsonObject => ({
  id,
  uuid: id,
  name,
  version: "production",
  jurisdiction,
  created_at: "2026-01-01T00:00:00Z",
});
const bucket = (name: string, more: JsonObject = {}): JsonObject => ({
  id: name,
  name,
  jurisdiction: "default",
  location: "WEUR",
  storage_class: "Standard",
  creation_date: "2026-01-01T00:00:00Z",
  ...more,
});
const lock = (name: string, rules: readonly JsonObject[]): JsonObject => ({
  id: `${name}.lock`,
  name,
  jurisdiction: "default",
  rules,
});
const forever = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  enabled: true,
  prefix: "tile/",
  condition: { type: "Indefinite" },
  ...more,
});

describe.each([
  ["kv_namespace", { title: "sessions" }, namespace("n1", "sessions")],
  ["d1_database", { name: "orders" }, database("d1", "orders")],
  ["r2_bucket", { name: "covers" }, bucket("covers")],
])("%s", (kind, declared, live) => {
  it("what is missing is made by itself, and an import has no drift", () => {
    const one = caseOf(kind, [declared], []);
    const made = healed(one);
    expect(made.calls).toHaveLength(1);
    expect(approvalsNeeded(judgedIn(one, made, {}).risk.tier)).toBe(0);
    expect(prohibited(made, 0)).toBeNull();
    expect(changesIn(driftIn(caseOf(kind, [declared], [live])))).toEqual([]);
  });

  it("deleting it takes two people, whoever planned it, and the vault says so, too", () => {
    const one = undeclared(kind, "remove", live);
    const drift = driftIn(one);
    const made = planOf(one, drift);
    const { findings, risk } = judgedIn(one, made, drift.managed);
    expect(findings.map(({ type }) => type)).toContain("deletes_data");
    expect(risk.tier).toBe(3);
    expect(prohibited(made, 0)).toMatchObject({ rule: "ends_data" });
    expect(prohibited(made, 1)).toMatchObject({ rule: "ends_data" });
    expect(prohibited(made, 2)).toBeNull();
  });

  it("without a word about undeclared ones they are only told", () => {
    const drift = driftIn(undeclared(kind, "report", live));
    expect(drift.changes).toEqual([]);
    expect(drift.unmanaged).toHaveLength(1);
  });
});

it("a namespace that was renamed is not renamed back: another one is made", () => {
  const before = { kv_namespace: [namespace("n1", "sessions")] };
  const one = {
    ...caseOf("kv_namespace", [{ title: "sessions" }], [namespace("n1", "old")]),
    before,
  };
  expect(healed(one).calls.map(({ request }) => request)).toEqual([
    { method: "POST", path: `${account}/storage/kv/namespaces`, body: { title: "sessions" } },
  ]);
});

it.each([
  [
    "kv_namespace",
    { title: "x", jurisdiction: "eu" },
    namespace("n", "x", { jurisdiction: "us" }),
    "jurisdiction",
  ],
  ["d1_database", { name: "x", jurisdiction: "eu" }, database("d", "x"), "jurisdiction"],
  ["r2_bucket", { name: "xyz", location: "enam" }, bucket("xyz"), "location"],
  ["r2_bucket", { name: "xyz", jurisdiction: "eu" }, bucket("xyz"), "jurisdiction"],
])("where a %s is, is told and never written", (...[kind, declared, live, field]) => {
  const found = driftIn(caseOf(kind, [declared], [live]));
  expect(found.changes).toEqual([]);
  expect(found.reported.map(({ reason }) => reason)).toEqual([`${field} cannot be changed`]);
});

it("what the API does not tell is not compared", () => {
  expect(
    changesIn(
      driftIn(caseOf("kv_namespace", [{ title: "x", jurisdiction: "eu" }], [namespace("n", "x")])),
    ),
  ).toEqual([]);
  const hinted = caseOf(
    "d1_database",
    [{ name: "x", primary_location_hint: "weur" }],
    [database("d", "x")],
  );
  expect(changesIn(driftIn(hinted))).toEqual([]);
});

describe("r2_bucket", () => {
  it("the storage class goes out as a header, and nothing else", () => {
    const one = caseOf(
      "r2_bucket",
      [{ name: "covers", storage_class: "InfrequentAccess" }],
      [bucket("covers")],
    );
    expect(healed(one).calls.map(({ request }) => request)).toEqual([
      {
        method: "PATCH",
        path: `${account}/r2/buckets/covers`,
        body: null,
        headers: { "cf-r2-storage-class": "InfrequentAccess" },
      },
    ]);
  });

  it("a bucket is made before its lock rules, where they say it is", () => {
    const declared = {
      name: "covers",
      jurisdiction: "eu",
      location: "weur",
      lock: [forever("all")],
    };
    const made = healed(caseOf("r2_bucket", [declared], []));
    expect(made.calls.map(({ request }) => request)).toEqual([
      {
        method: "POST",
        path: `${account}/r2/buckets`,
        body: { name: "covers", locationHint: "weur" },
        headers: { "cf-r2-jurisdiction": "eu" },
      },
      {
        method: "PUT",
        path: `${account}/r2/buckets/covers/lock`,
        body: { rules: [forever("all")] },
        headers: { "cf-r2-jurisdiction": "eu" },
      },
    ]);
  });

  it("lock rules are a set, and all there are, where some are declared", () => {
    const declared = (rules: readonly JsonObject[]) => [{ name: "log", lock: rules }];
    const rules = [forever("a"), forever("b", { prefix: "" })];
    const at = (there: readonly JsonObject[]) =>
      caseOf("r2_bucket", declared(rules), [bucket("log"), lock("log", there)]);
    const { prefix: _, ...b } = forever("b");
    expect(changesIn(driftIn(at([b, forever("a")])))).toEqual([]);
    expect(changesIn(driftIn(at([b])))).toEqual(["update lock log: rules"]);
    const weak = at([b, forever("a", { enabled: false }), forever("c")]);
    expect(healed(weak).calls.map(({ request }) => request.body)).toEqual([
      { rules: [forever("a"), b] },
    ]);
    expect(
      faultsOf(r2Bucket.declare(declared([forever("a"), forever("a")]), ACCOUNT)),
    ).toHaveLength(1);
  });

  it("a header that a plan has no business with is prohibited", () => {
    const one = caseOf(
      "r2_bucket",
      [{ name: "covers", storage_class: "InfrequentAccess" }],
      [bucket("covers")],
    );
    const made = planOf(one, driftIn(one));
    const [call] = made.calls;
    if (!call) throw new Error("no call");
    const headers = { authorization: "Bearer x" };
    const tampered = { ...made, calls: [{ ...call, request: { ...call.request, headers } }] };
    expect(prohibited(tampered, 2)).toMatchObject({ rule: "more_than_planned" });
  });

  it("exactly what was edited is found and healed with one write a bucket", () =>
    findsExactlyWhatWasEdited({
      site: ACCOUNT,
      kind: "r2_bucket",
      declared: [
        { name: "covers", storage_class: "Standard" },
        { name: "uploads", storage_class: "Standard", location: "weur" },
      ],
      live: [bucket("covers"), bucket("uploads")],
      edits: [setting("storage_class", "InfrequentAccess")],
    }));
});
