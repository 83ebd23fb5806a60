import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalise, digestOf, digestOfText, sameJson } from "../../src/core/canonical.ts";

/** Members in another order, at every depth. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value).toReversed();
  return Object.fromEntries(members.map(([key, member]) => [key, shuffled(member)]));
}

/** JSON has one zero. */
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

it("canonical form prints the example of RFC 8785, section 3.2.2", () => {
  const value = JSON.parse(
    String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
    "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
  );
  expect(canonicalise(value)).toBe(
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

it("canonical form sorts members by UTF-16 code units, as RFC 8785, section 3.2.3 has it", () => {
  const keys = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
  const sorted = canonicalise(Object.fromEntries(keys.map((key) => [key, 0])));
  expect(Object.keys(JSON.parse(sorted))).toHaveLength(7);
  expect([...sorted.matchAll(/"([^"]+)":0/g)].map(([, key]) => JSON.parse(`"${key}"`))).toEqual([
    "\r",
    "1",
    "\u0080",
    "\u00f6",
    "\u20ac",
    "\ud83d\ude00",
    "\ufb33",
  ]);
});

it("canonical form reads back as the value it was made from", () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(JSON.parse(canonicalise(value))).toEqual(value);
    }),
  );
});

it("canonical form does not depend on the order of members", () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(canonicalise(shuffled(value))).toBe(canonicalise(value));
      expect(sameJson(shuffled(value), value)).toBe(true);
    }),
  );
});

it("canonical form leaves members out that are undefined, and refuses numbers that JSON cannot carry", () => {
  expect(canonicalise({ a: undefined, b: 1 })).toBe('{"b":1}');
  for (const number of [NaN, Infinity, -Infinity]) {
    expect(() => canonicalise({ number })).toThrow("is not JSON");
  }
});

it("canonical form tells values apart that differ", () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      expect(sameJson(a, b)).toBe(isDeepStrictEqual(a, b));
      expect(digestOf(a) === digestOf(b)).toBe(isDeepStrictEqual(a, b));
    }),
  );
  expect(sameJson(null, {})).toBe(false);
  expect(sameJson([], {})).toBe(false);
  expect(sameJson(null, undefined)).toBe(false);
  expect(sameJson("1", 1)).toBe(false);
});

it("canonical form digests the UTF-8 bytes with SHA-256", () => {
  expect(digestOfText("abc")).toBe(
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
