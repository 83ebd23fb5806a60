import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalise, type JsonObject } from "../../../src/core/canonical.ts";
import { ENTRY_TYPES, type EntryType } from "../../../src/core/entry-types/registry.ts";
import { isInstant, mint } from "../../../src/core/ids.ts";
import { type Entry, isVaultOnly } from "../../../src/core/log/entry.ts";
import { decodeLeaf, encodeLeaf } from "../../../src/core/log/leaf.ts";

const AT = mint(isInstant, "2026-03-01T12:00:00.000Z");

function encoded(entry: Partial<Entry> = {}) {
  return encodeLeaf({
    entry: {
      id: "e/1",
      type: "write",
      scope: "zone:example.com",
      at: AT,
      actor: "vault",
      data: {},
      ...entry,
    },
    source: "vault",
    origin: "example.com/log",
    index: 12,
    recordedAt: AT,
    recordedMs: Date.parse(AT),
    timeMs: Date.parse(AT),
    attached: {},
  });
}

function textOf(entry: Partial<Entry> = {}): string {
  const text = encoded(entry);
  if (!text.ok) throw new Error(text.error);
  return text.value;
}

const TYPES = Object.keys(ENTRY_TYPES) as EntryType[];

describe("an entry's bytes", () => {
  it("are these, and a change of them needs a reason", () => {
    expect(textOf({ data: { path: "/zones/z", b: 1, a: ["x"] } })).toBe(
      '{"authid":"vault","authtype":"service_account","data":{"activity_id":3,"actor":{"user":{"name":"vault","type":"Service","type_id":4}},' +
        '"category_uid":3,"class_uid":3004,"entity":{"name":"zone:example.com","type":"write","uid":"/zones/z"},"message":"vault: write",' +
        '"metadata":{"log_name":"example.com/log","logged_time":1772366400000,"product":{"name":"Driftless","vendor_name":"Driftless"},"sequence":12,"uid":"e/1","version":"1.9.0-dev"},' +
        '"resources":[{"type":"zone","uid":"zone:example.com"}],"severity_id":1,"src_endpoint":{"svc_name":"driftless-vault"},"time":1772366400000,"type_uid":300403,' +
        '"unmapped":{"attached":{},"data":{"a":["x"],"b":1,"path":"/zones/z"}}},"datacontenttype":"application/json","id":"vault/e/1","outcome":"pending",' +
        '"recordedtime":"2026-03-01T12:00:00.000Z","sequence":"0000000000000012","source":"/driftless/vault","specversion":"1.0","subject":"zone:example.com",' +
        '"time":"2026-03-01T12:00:00.000Z","type":"dev.driftless.record.write"}',
    );
  });

  it.each(TYPES)("of type %s are canonical, whole and read back", (type) => {
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.string({ unit: "binary" }),
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value")),
        fc.dictionary(fc.oneof(fc.string(), fc.nat(20).map(String)), tie("value")),
      ),
    })).value;
    const data = fc.dictionary(fc.string(), json) as fc.Arbitrary<JsonObject>;
    fc.assert(
      fc.property(
        data,
        fc.string({ minLength: 1, maxLength: 50, unit: "binary" }),
        (some, actor) => {
          const text = textOf({ type, data: some, actor });
          expect(text).toBe(canonicalise(JSON.parse(text)));
          const leaf = decodeLeaf(text);
          if (!leaf.ok) throw new Error(leaf.error);
          expect(leaf.value.entry).toMatchObject({
            id: "e/1",
            type,
            scope: "zone:example.com",
            at: AT,
            index: 12,
          });
          expect(canonicalise(leaf.value.entry.data)).toBe(canonicalise(some).toWellFormed());
        },
      ),
      { numRuns: 15 },
    );
  });

  it.each([
    ["no user", { actor: "" }],
    ["no type", { type: "" as EntryType }],
    ["a type of no prototype's", { type: "constructor" as EntryType }],
    ["no date", { at: "" as Entry["at"] }],
    ["no resource", { scope: "" }],
    ["a fraction", { data: { a: 1.5 } }],
    ["a number that is none", { data: { a: Number.NaN } }],
    ["data that is a list", { data: [] as unknown as JsonObject }],
    ["too much", { data: { a: "x".repeat(65_000) } }],
  ])("are refused with %s", (_, flaw) => {
    expect(encoded(flaw)).toMatchObject({ ok: false });
  });

  it("are told apart by who may say them", () => {
    expect(TYPES.filter(isVaultOnly)).toEqual(
      expect.arrayContaining(["release", "write", "write_result", "revert", "key_introduced"]),
    );
    expect(isVaultOnly("plan")).toBe(false);
    expect(isVaultOnly("constructor" as EntryType)).toBe(true);
  });

  it("name the person or the service that did it", () => {
    expect(textOf({ actor: "kim" })).toContain('"authtype":"user"');
    expect(textOf({ actor: "policy@zone:example.com" })).toContain('"authtype":"service_account"');
  });
});
