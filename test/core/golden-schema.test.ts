/** What editors are told of a golden state: the file, the schema, and that it knows good from bad. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
// @ts-expect-error plain JavaScript, a script for people
import { generatedSchema, SCHEMA_FILE } from "../../scripts/golden-schema.mjs";
import { goldenSchema } from "../../src/core/golden-schema.ts";

const EXAMPLES = path.resolve(import.meta.dirname, "../../examples");
const schema = goldenSchema();
const ajv = new Ajv({ strict: false, validateFormats: false });
const fits = ajv.compile(schema);

const documentOf = (resources: unknown, spec: object = {}) => ({
  apiVersion: "driftless.dev/v1",
  kind: "GoldenState",
  metadata: { scope: "zone:harbor.example" },
  spec: { resources, ...spec },
});

describe("the schema of a golden state", () => {
  it("is in the repository as it is generated: run `node scripts/golden-schema.mjs`", async () => {
    const stored: unknown = JSON.parse(readFileSync(SCHEMA_FILE, "utf8"));
    expect(stored).toEqual(schema);
    expect(await generatedSchema()).toEqual(schema);
  });

  it("is draft-07, which is what YAML editors understand", () => {
    expect(schema["$schema"]).toBe("http://json-schema.org/draft-07/schema#");
    expect(ajv.validateSchema(schema)).toBe(true);
  });

  it.each(readdirSync(EXAMPLES))("takes %s", (file) => {
    fits(parse(readFileSync(path.join(EXAMPLES, file), "utf8")));
    expect(fits.errors).toBeNull();
  });

  const record = { name: "www", type: "A", content: "192.0.2.1" };
  const bad: [string, unknown][] = [
    ["another kind of document", { ...documentOf({}), kind: "Policy" }],
    ["a document without resources", { ...documentOf({}), spec: {} }],
    ["a kind that does not exist", documentOf({ page_rule: [] })],
    ["a record of an unknown type", documentOf({ dns_record: [{ ...record, type: "Q" }] })],
    ["a record without a name", documentOf({ dns_record: [{ type: "A", content: "192.0.2.1" }] })],
    ["a misspelt member", documentOf({ dns_record: [{ ...record, proxid: true }] })],
    ["a ttl out of range", documentOf({ dns_record: [{ ...record, ttl: 5 }] })],
    ["a misspelt setting", documentOf({ zone_setting: { min_tls_versoin: "1.2" } })],
    ["a value that a setting does not take", documentOf({ zone_setting: { ssl: "strictest" } })],
    ["an unknown member of a setting", documentOf({ zone_setting: { nel: { on: true } } })],
    ["a policy that does not exist", documentOf({}, { unmanaged: { dns_record: "destroy" } })],
    ["a limit that is none", documentOf({}, { limits: { deletes: -1 } })],
    ["a rule without a reason", documentOf({}, { ownership: [{ class: "ignored", match: {} }] })],
  ];
  it.each(bad)("refuses %s", (_, document) => expect(fits(document)).toBe(false));

  it("takes settings as people write them", () => {
    const settings = {
      min_tls_version: 1.2,
      always_use_https: true,
      ssl: "strict",
      browser_cache_ttl: "60",
    };
    fits(documentOf({ zone_setting: settings }));
    expect(fits.errors).toBeNull();
  });

  it("says something about every member of a record", () => {
    const [address] = membersOf("dns_record");
    for (const name of ["name", "content", "ttl", "proxied", "comment", "tags"])
      expect(address?.properties[name]?.description, name).toBeTruthy();
  });
});

interface Described {
  readonly properties: Readonly<Record<string, { readonly description?: string }>>;
}

/** The forms that an item of `kind` may have. */
function membersOf(kind: string): readonly Described[] {
  const of = (value: unknown, ...names: readonly string[]): unknown =>
    names.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], value);
  const items = ["properties", "spec", "properties", "resources", "properties", kind, "items"];
  return of(schema, ...items, "oneOf") as readonly Described[];
}
