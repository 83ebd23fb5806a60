import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/core/canonical.ts";
import { type HclResource, hclText, labelsOf, printHcl } from "../../src/core/hcl.ts";
import { observe } from "../../src/core/observation.ts";
import { terraformOf } from "../../src/core/publish.ts";
import { must, NOW, record, ZONE } from "./harbor.ts";
import { parseHcl } from "./hcl-parser.ts";
import { goldenRecord, toApi } from "./kinds/golden-record.ts";

const resource = (name: string, members: Partial<HclResource> = {}): HclResource => ({
  type: "cloudflare_dns_record",
  name,
  attributes: {},
  importId: "z1/r1",
  ...members,
});

const roundTrip = (attributes: JsonObject): Json | undefined =>
  parseHcl(printHcl([resource("a", { attributes })], [])).find(({ type }) => type === "resource")
    ?.body;

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(fc.constantFrom("$", "%", "{", "}", '"', "\\", "\n", "a", "\u2028", "\u0000", "😀"), {
      maxLength: 12,
    })
    .map((parts) => parts.join("")),
);
const json: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.boolean(),
    fc.constant(null),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.array(tie("json"), { maxLength: 4 }),
    fc.dictionary(fc.string({ minLength: 1, unit: "binary" }), tie("json"), { maxKeys: 4 }),
  ),
})).json;

it("every value can be read back", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z_]{1,10}$/), json, { maxKeys: 5 }),
      (attributes) => {
        const wellFormed = JSON.parse(JSON.stringify(attributes)) as JsonObject;
        expect(roundTrip(wellFormed)).toEqual(wellFormed);
      },
    ),
    { numRuns: 1000 },
  );
});

it("escapes what would begin a template, and only that", () => {
  expect(hclText("${a} %{b} $a %b $${c}")).toBe('"$${a} %%{b} $a %b $$${c}"');
  expect(hclText('say "hi"\n\t\\')).toBe(String.raw`"say \"hi\"\n\t\\"`);
  expect(hclText("\u0000\ud800\u2028")).toBe('"\\u0000\ufffd\\u2028"');
});

it("is written as terraform fmt writes it, the import before its resource", () => {
  const attributes = {
    zone_id: "z1",
    ttl: 1,
    data: { flags: 0, tag: "issue" },
    tags: ["a", "b"],
    nothing: {},
  };
  expect(printHcl([resource("CAA apex", { attributes })], ["found\nhere"])).toBe(`# found?here

terraform {
  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = "~> 5.22"
    }
  }
}

import {
  to = cloudflare_dns_record.caa_apex
  id = "z1/r1"
}

resource "cloudflare_dns_record" "caa_apex" {
  zone_id = "z1"
  ttl     = 1
  data = {
    flags = 0
    tag   = "issue"
  }
  tags    = ["a", "b"]
  nothing = {}
}
`);
});

it("gives stable labels that are unique and identifiers", () => {
  const names = [
    "A www 192.0.2.1",
    "A www 192-0-2-1",
    "*",
    "*",
    "ünï",
    "1",
    "x".repeat(300),
    "x".repeat(301),
  ];
  const all = names.map((name, index) => resource(name, { importId: `z1/r${index}` }));
  const labels = labelsOf(all);
  expect(new Set(labels).size).toBe(labels.length);
  for (const label of labels) expect(label).toMatch(/^[a-z][a-z0-9_]{0,90}$/);
  expect(labelsOf(all.toReversed())).toEqual(labels.toReversed());
  expect(labelsOf([resource("A www 192.0.2.1")])).toEqual(["a_www_192_0_2_1"]);
});

it("exported records say what the live ones say, and are imported by their ids", () => {
  const raws = fc.array(goldenRecord.map(toApi), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(raws, (items) => {
      const objects = items.map((raw, index) => ({
        ...record("r", raw),
        id: `r${index}`,
        name: `h${index}.harbor.example`,
      }));
      const reading = { kind: "dns_record", objects, claimedTotal: objects.length };
      const observation = must(observe([reading], ZONE, NOW));
      const { resources } = terraformOf({
        site: ZONE,
        kinds: ["dns_record"],
        observation,
        unasked: [],
      });
      const blocks = parseHcl(printHcl(resources, []));
      const printed = blocks.filter(({ type }) => type === "resource");
      const wellFormed = (value: unknown): unknown =>
        JSON.parse(JSON.stringify(value), (_, member) =>
          typeof member === "string" ? member.toWellFormed() : member,
        );
      expect(printed.map(({ body }) => body)).toEqual(
        resources.map(({ attributes }) => wellFormed(attributes)),
      );
      const imports = blocks.filter(({ type }) => type === "import").map(({ body }) => body);
      expect(imports).toEqual(
        printed.map(({ labels }, index) => ({
          to: { ref: labels.join(".") },
          id: resources[index]?.importId,
        })),
      );
    }),
    { numRuns: 200 },
  );
});
