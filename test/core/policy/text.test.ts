import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { policiesIn } from "../../../src/core/policy/text.ts";

const problems = (text: string): readonly string[] => {
  const found = policiesIn(text);
  return found.ok ? [] : found.error.map(({ problem }) => problem);
};

const one = (body: string, id = "f-one"): string =>
  `@id("${id}") forbid (principal, action, resource) when { ${body} };`;

describe("policies in a text", () => {
  it("are cut at semicolons, with ids and lines, past comments and texts", () => {
    const text = `// first; one\n${one('resource.name == "a;b"')}\n\n\n${one("true", "f-two")} // end;\n`;
    expect(policiesIn(text)).toEqual({
      ok: true,
      value: [
        { id: "f-one", text: one('resource.name == "a;b"'), line: 2 },
        { id: "f-two", text: one("true", "f-two"), line: 5 },
      ],
    });
  });

  it("may be none", () => expect(policiesIn("// nothing\n")).toEqual({ ok: true, value: [] }));

  it.each([
    ["no id", "forbid (principal, action, resource);", 'needs an id: `@id("…")`'],
    ["an id of other letters", one("true", "F One"), "the id `F One` may have lower-case letters"],
    ["the same id twice", one("true") + one("false"), "`f-one` is there twice"],
    ["no end", one("true").slice(0, -1), "does not end with `;`"],
    ["a template", '@id("t-one") permit (principal == ?principal, action, resource);', "template"],
    ["33 terms", one(Array.from({ length: 33 }, () => "true").join(" && ")), "more than 32 terms"],
    ["deep brackets", one(`${"(".repeat(30)}true${")".repeat(30)}`), "more than 24 deep"],
    ["many clauses", `${one("true").slice(0, -1)} ${"when { true } ".repeat(9)};`, "clauses"],
    ["a long list", one(`[${"1,".repeat(700)}1].contains(1)`), "longer than 600"],
    ["a text without an end", one('"'), "is not Cedar"],
    ["something else", one("§"), "is not Cedar"],
  ])("are refused with %s", (_, text, problem) => {
    expect(problems(text).join("; ")).toContain(problem);
  });

  it("are refused by length before anything else is looked at", () => {
    expect(problems("(".repeat(1_000_000))).toEqual(["has more than 49152 characters"]);
  });

  it("never throw, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200, unit: "grapheme" }), (text) => {
        expect(() => policiesIn(text)).not.toThrow();
      }),
    );
  });
});
