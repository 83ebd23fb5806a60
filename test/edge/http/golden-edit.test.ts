import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Document, parse } from "yaml";
import type { Edit } from "../../../src/core/adoption.ts";
import type { Json } from "../../../src/core/canonical.ts";
import { editValue, editYaml } from "../../../src/edge/http/golden-edit.ts";

const TEXT = `# the shop
spec:
  resources:
    zone_setting:
      ssl: strict # never less
      min_tls_version: "1.2"
    dns_record:
      # the front
      - { name: www, type: A, content: 192.0.2.1, ttl: 300 } # do not touch

      - name: api
        type: TXT
        # why this one
        content: >-
          folded
          text
        tags: [a, 'b']
      - {name: last, type: A, content: 192.0.2.3}
`;
const R = ["spec", "resources"];
const D = [...R, "dns_record"];
const edited = (edits: readonly Edit[], text = TEXT): string => {
  const result = editYaml(text, edits);
  if (!result.ok) throw new Error(result.error);
  expect(parse(result.value)).toEqual(editValue(parse(text) as Json, edits));
  return result.value;
};

describe("an edited document", () => {
  it("has another value where it had one, and keeps quotes, comments and blank lines", () => {
    expect(edited([{ op: "set", path: [...D, 0, "content"], value: "192.0.2.9" }])).toBe(
      TEXT.replace("192.0.2.1,", "192.0.2.9,"),
    );
    const version = { op: "set", path: [...R, "zone_setting", "min_tls_version"], value: "1.0" };
    expect(edited([version as Edit])).toBe(TEXT.replace('"1.2"', '"1.0"'));
    const ssl = { op: "set", path: [...R, "zone_setting", "ssl"], value: "off" } as const;
    expect(edited([ssl])).toBe(TEXT.replace("strict #", "off #"));
  });

  it("gains items before others, and before what is said of them", () => {
    const first = { name: "first", type: "A" };
    const head: Edit = { op: "insert", path: [...D, 0], value: first };
    expect(edited([head])).toBe(
      TEXT.replace("    dns_record:\n", "    dns_record:\n      - { name: first, type: A }\n"),
    );
    const second: Edit = { op: "insert", path: [...D, 1], value: { name: "second" } };
    expect(edited([second])).toBe(
      TEXT.replace("do not touch\n", "do not touch\n      - { name: second }\n"),
    );
    const two = edited([head, { op: "insert", path: [...D, 0], value: { name: "other" } }]);
    expect(two.indexOf("first")).toBeLessThan(two.indexOf("other"));
    // Positions are those before all edits, whatever comes to stand before.
    const set: Edit = { op: "set", path: [...D, 0, "ttl"], value: 60 };
    const all = [0, 1, 2].map((index): Edit => ({ op: "remove", path: [...D, index] }));
    edited([head, set, second, { op: "remove", path: [...D, 2] }]);
    for (const index of [0, 1, 2]) edited([head, second, { op: "remove", path: [...D, index] }]);
    edited([head, second, ...all]);
    for (const text of [
      "spec: { resources: { dns_record: [{ name: a }, { name: b }] } }\n",
      "spec:\n  resources:\n    dns_record: # ours\n    - name: a\n",
      "spec:\n  resources: { dns_record: [ {name: a} ] }\n",
    ])
      edited([head, { op: "append", path: D, value: { name: "last" } }], text);
    const nested = "a:\n  - - b\n    - c\n  - [d]\n";
    edited([{ op: "insert", path: ["a", 0, 0], value: "x" }], nested);
    edited([{ op: "insert", path: ["a", 1, 0], value: "x" }], nested);
  });

  it("gains and loses members and items where they belong", () => {
    const edits: Edit[] = [
      { op: "remove", path: [...D, 0, "ttl"] },
      { op: "set", path: [...D, 0, "proxied"], value: true },
      { op: "set", path: [...D, 1, "ttl"], value: 60 },
      { op: "remove", path: [...D, 1, "content"] },
      { op: "remove", path: [...D, 2] },
      { op: "append", path: D, value: { name: "new", type: "TXT", content: "a, b: # c" } },
      { op: "remove", path: [...R, "zone_setting", "ssl"] },
    ];
    expect(edited(edits)).toBe(`# the shop
spec:
  resources:
    zone_setting:
      min_tls_version: "1.2"
    dns_record:
      # the front
      - { name: www, type: A, content: 192.0.2.1, proxied: true } # do not touch

      - name: api
        type: TXT
        # why this one
        tags: [a, 'b']
        ttl: 60
      - { name: new, type: TXT, content: "a, b: # c" }
`);
  });

  it("has an empty list or map where nothing is left", () => {
    const all: Edit[] = [0, 1, 2].map((index) => ({ op: "remove", path: [...D, index] }));
    expect(edited(all)).toContain("    dns_record: []\n");
    const settings = ["ssl", "min_tls_version"].map((name): Edit => ({
      op: "remove",
      path: [...R, "zone_setting", name],
    }));
    expect(edited(settings)).toContain("    zone_setting: {}");
  });

  it("is refused where a part of it is shared", () => {
    const shared = "spec:\n  resources:\n    dns_record:\n      - &a { name: x }\n      - *a\n";
    const path = [...D, 1, "name"];
    expect(editYaml(shared, [{ op: "set", path, value: "y" }])).toMatchObject({ ok: false });
  });

  const scalar = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom(
      "yes",
      "1.2",
      "null",
      "a: b",
      "# x",
      "- y",
      "[",
      "multi\nline",
      " pad ",
      "*a",
      "&b",
    ),
    fc.integer({ min: -5, max: 99_999 }),
    fc.boolean(),
  );
  const item = fc.dictionary(fc.constantFrom("name", "type", "content", "ttl", "data"), scalar, {
    minKeys: 1,
  });
  const change = fc.record({
    index: fc.nat(9),
    op: fc.constantFrom("set", "drop", "remove", "append", "insert"),
    member: fc.constantFrom("name", "type", "content", "ttl", "comment"),
    value: scalar,
  });

  it("says what the edited value says, whatever its style, and every other item keeps its text", () => {
    fc.assert(
      fc.property(
        fc.array(item, { minLength: 2, maxLength: 6 }),
        fc.uniqueArray(change, { maxLength: 4, selector: ({ index }) => index }),
        fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
        (items, changes, flows) => {
          const document = new Document({ spec: { resources: { dns_record: [] } } });
          for (const [index, one] of items.entries())
            document.addIn(D, document.createNode(one, { flow: flows[index] ?? false }));
          const list = document.getIn(D) as { flow?: boolean };
          list.flow = false;
          const text = document.toString({ lineWidth: 0 });
          const edits = changes.flatMap(({ index, op, member, value }): Edit[] => {
            const of = items[index];
            if (op === "append") return [{ op, path: D, value: { name: value } }];
            if (of === undefined) return [];
            if (op === "insert") return [{ op, path: [...D, index], value: { name: value } }];
            if (op === "remove") return [{ op: "remove", path: [...D, index] }];
            if (op === "set") return [{ op: "set", path: [...D, index, member], value }];
            const others = Object.keys(of).length > 1 && member !== Object.keys(of)[0];
            return others && of[member] !== undefined
              ? [{ op: "remove", path: [...D, index, member] }]
              : [];
          });
          const result = edited(edits, text);
          const touched = new Set(changes.map(({ index }) => index));
          for (const [index, one] of items.entries()) {
            if (touched.has(index) || flows[index] !== true) continue;
            const line = text.split("\n").find((each) => each.includes(JSON.stringify(one)));
            if (line) expect(result).toContain(line);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
