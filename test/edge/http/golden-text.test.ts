import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readGoldenText } from "../../../src/edge/http/golden-text.ts";
import type { Flaw } from "../../../src/edge/http/problem.ts";

const valueOf = (text: string, json = false): unknown => {
  const read = readGoldenText(text, json);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value.value;
};
const flawsOf = (text: string, json = false): readonly Flaw[] => {
  const read = readGoldenText(text, json);
  return read.ok ? [] : read.error;
};

describe("readGoldenText", () => {
  it("reads JSON exactly as JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, 2, "\t"), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const exact = !/\d{16}|e[+-]?\d|-0\b|__proto__/.test(text);
        if (exact) expect(valueOf(text, true)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it("reads YAML 1.2, in which `no` is a word", () => {
    expect(valueOf("a: no\nb: 0o14\nc: ~\nd: 2026-01-01\ne: [1, 2.5, true]\n1: x\n<<: y")).toEqual({
      a: "no",
      b: 12,
      c: null,
      d: "2026-01-01",
      e: [1, 2.5, true],
      "1": "x",
      "<<": "y",
    });
    expect(valueOf("")).toBeNull();
  });

  it("follows aliases", () => {
    expect(valueOf("a: &x {ttl: 60}\nb: [*x, *x]")).toEqual({
      a: { ttl: 60 },
      b: [{ ttl: 60 }, { ttl: 60 }],
    });
  });
});

describe("what readGoldenText refuses", () => {
  it.each<[string, string, number, number, string]>([
    ["a: 1\nb: 2\na: 3", "#/a", 3, 1, "given twice"],
    ["x:\n  - {k: 1, k: 2}", "#/x/0/k", 2, 12, "given twice"],
    ["a: !secret 1", "#", 1, 4, "tag"],
    ["%YAML 1.1\n---\na: yes", "#", 1, 1, "must be YAML 1.2"],
    ["a: 1\n---\nb: 2", "#", 2, 1, "multiple documents"],
    ["a: *nowhere", "#/a", 1, 4, "anchor"],
    ["a: &a [*a]", "#/a/0", 1, 8, "anchor"],
    ["a: .inf", "#/a", 1, 4, "exactly"],
    ["a: 12345678901234567890", "#/a", 1, 4, "exactly"],
    ["? [a]\n: 1", "#", 1, 3, "plain key"],
    ["__proto__: {x: 1}", "#", 1, 1, "plain key"],
    ["a:\n\tb: 1", "#", 2, 1, "tabs"],
    ['a: "x', "#", 1, 6, "quote"],
    ["a: [1, 2", "#", 1, 9, "flow"],
  ])("refuses %j at %s, %i:%i", (...[text, pointer, line, column, words]) => {
    expect(flawsOf(text)).toContainEqual({
      pointer,
      line,
      column,
      detail: expect.stringContaining(words),
    });
  });

  it("names all syntax errors, in the order of the text", () => {
    const flaws = flawsOf('a: [1, 2\nb: }\nc: "x\n');
    expect(flaws.length).toBeGreaterThan(2);
    const lines = flaws.map(({ line }) => line ?? 0);
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  });

  it("refuses YAML where JSON is announced", () => {
    expect(flawsOf("a: 1", true)).toMatchObject([{ line: 1, detail: "is not JSON from here on" }]);
    expect(flawsOf('{\n  "a": 1,\n}', true)).toContainEqual(
      expect.objectContaining({ line: 3, column: 1 }),
    );
    expect(flawsOf('{"a": 1, "a": 2}', true)).toMatchObject([{ pointer: "#/a", column: 10 }]);
    expect(flawsOf("", true)).toHaveLength(1);
  });
});

describe("the limits of readGoldenText", () => {
  it.each<[string, string]>([
    ["flow", "[".repeat(200_000)],
    ["closed flow", "[".repeat(70) + "]".repeat(70)],
    ["sequences", "- ".repeat(200_000)],
    ["maps", '{"a":'.repeat(100_000)],
    ["indentation", Array.from({ length: 200 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
    ["many values", `[${"0,".repeat(400_000)}]`],
    ["many keys", Array.from({ length: 90_000 }, (_, i) => `k${i}: [1,2]`).join("\n")],
    ["many errors", '"'.repeat(300_000)],
    ["billion laughs", laughs(12)],
  ])("is bounded: %s", (_, text) => {
    const flaws = flawsOf(text);
    expect(flaws.length).toBeGreaterThan(0);
    expect(flaws.length).toBeLessThanOrEqual(1001);
  });

  it("never throws, and locates anything in what it reads", () => {
    const piece = fc.constantFrom(
      ..."abc: &x *x - ? | > ! % [ ] { } , # ' \" \n \t --- ... 1 ~ << : \\ é 🦊".split(" "),
      " ",
      "\n",
      "\n  ",
      ": ",
      "- ",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join("")),
    );
    const path = fc.array(fc.oneof(fc.nat(3), fc.constantFrom("a", "abc", "", "é")));
    fc.assert(
      fc.property(text, path, fc.boolean(), (source, at, json) => {
        const read = readGoldenText(source, json);
        const places = read.ok ? [read.value.locate(at)] : read.error;
        expect(places.length).toBeGreaterThan(0);
        const lines = source.split("\n");
        for (const { line, column } of places) {
          expect(line).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeGreaterThan(0);
          expect(column).toBeLessThanOrEqual((lines[(line ?? 0) - 1] ?? "").length + 1);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("locate", () => {
  const text = [
    "spec: # the state",
    "  resources:",
    "    dns_record:",
    "      - type: A",
    "        name: www",
    "        ttl: &t 60",
    "      - { type: A, name: x, ttl: *t }",
    "    empty:",
    "base: &base",
    "  inner: 1",
    "copy: *base",
  ].join("\n");
  const read = readGoldenText(text, false);
  const records = ["spec", "resources", "dns_record"];

  it.each<[(string | number)[], number, number]>([
    [[], 1, 1],
    [["spec"], 1, 1],
    [records, 3, 5],
    [[...records, 0], 4, 9],
    [[...records, 0, "name"], 5, 15],
    [[...records, 0, "ttl"], 6, 17],
    [[...records, 0, "missing"], 4, 9],
    [[...records, 0, "name", "deeper"], 5, 15],
    [[...records, 1, "name"], 7, 26],
    [[...records, 1, "ttl"], 7, 34],
    [[...records, 2], 3, 5],
    [["spec", "resources", "empty"], 8, 5],
    [["spec", "resources", "absent", 3, "x"], 2, 3],
    [["copy", "inner"], 10, 10],
    [["absent"], 1, 1],
  ])("finds %j at %i:%i", (path, line, column) => {
    expect(read.ok && read.value.locate(path)).toEqual({ line, column });
  });
});

function laugh(level: number): string {
  const tenfold = Array.from({ length: 10 }, () => `*l${level - 1}`).join(", ");
  return `l${level}: &l${level} [${tenfold}]`;
}

function laughs(levels: number): string {
  return ["l0: &l0 lol", ...Array.from({ length: levels }, (_, index) => laugh(index + 1))].join(
    "\n",
  );
}
