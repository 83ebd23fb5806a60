import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/core/canonical.ts";
import { isObjectId, mint } from "../../../src/core/ids.ts";
import type { Publication } from "../../../src/core/publish.ts";
import { readGoldenText } from "../../../src/edge/http/golden-text.ts";
import { goldenYaml } from "../../../src/edge/http/golden-yaml.ts";
import { NOW } from "./fake-swarm.ts";

const EDITION = {
  site: { level: "zone", id: mint(isObjectId, "z1"), name: "example.com" },
  at: NOW,
  schemaUrl: "http://127.0.0.1:8787/api/v1/schemas/golden-state.json",
} as const;

const publication = (
  resources: Record<string, Json>,
  kinds: Publication["kinds"] = [],
): Publication => ({
  document: {
    apiVersion: "driftless.dev/v1",
    kind: "GoldenState",
    metadata: { scope: "zone:example.com" },
    spec: { unmanaged: { dns_record: "report" }, resources },
  },
  kinds,
});

const read = (text: string): unknown => {
  const result = readGoldenText(text, false);
  if (!result.ok) throw new Error(`${JSON.stringify(result.error)} in ${text}`);
  return result.value.value;
};

describe("a golden state as YAML", () => {
  it("reads as one that a person wrote", () => {
    const resources = {
      zone_setting: { always_use_https: "on", security_header: { sts: { enabled: true } } },
      dns_record: [
        { name: "@", type: "A", content: "192.0.2.1", proxied: true, tags: ["a", "b"] },
        { name: "*", type: "TXT", content: "v=spf1 -all; x" },
      ],
      deep: [{ rules: [{ when: { any: ["a"] } }], name: "x" }],
    };
    const leftOut = [
      { what: "TXT _acme-challenge.example.com", reason: "ACME challenge" },
      { what: "TXT x\n- { name: evil }", reason: "ACME challenge" },
    ];
    const kinds = [
      { kind: "zone_setting", published: 2, leftOut: [], unasked: ["aegis", "waf"] },
      { kind: "dns_record", published: 2, leftOut, unasked: [] },
      { kind: "gone", published: 0, leftOut: [{ what: "x", reason: "y" }], unasked: [] },
    ];
    expect(goldenYaml(publication(resources, kinds), EDITION)).toBe(`\
# yaml-language-server: $schema=http://127.0.0.1:8787/api/v1/schemas/golden-state.json
# The golden state of example.com as it was found at 2026-11-01T10:00:00.000Z. Declared as it stands, it changes nothing.
# \`unmanaged: report\` lists what is live and declared nowhere; \`remove\` would take it away.
# Nothing of gone is declared:
# - y: x

apiVersion: driftless.dev/v1
kind: GoldenState
metadata:
  scope: zone:example.com
spec:
  unmanaged: { dns_record: report }
  resources:
    # 2 found.
    # Not checked: aegis, waf
    zone_setting:
      always_use_https: "on"
      security_header: { sts: { enabled: true } }
    # 2 found, 2 left out:
    # - ACME challenge: TXT _acme-challenge.example.com, TXT x?- { name: evil }
    dns_record:
      - { name: "@", type: A, content: 192.0.2.1, proxied: true, tags: [ a, b ] }
      - { name: "*", type: TXT, content: v=spf1 -all; x }
    deep:
      - rules:
          - when: { any: [ a ] }
        name: x
`);
  });

  it("says the same as the document, whatever stands in it", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string(),
      fc.constantFrom(
        "on",
        "no",
        "~",
        "null",
        "1.2",
        "0x1f",
        "12:30",
        "<<",
        "---",
        "",
        " x ",
        "a: b #c",
        "\ufeff",
        "\u0085",
        "\u009b31m",
        "x\u202Edetavorppa\u2066",
        "\u{E0041}\u200B",
      ),
    );
    const json = fc.letrec<{ json: Json }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 5 },
        text,
        fc.boolean(),
        fc.constant(null),
        fc.integer(),
        fc
          .double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 })
          .map((one) => one + 0),
        fc.array(tie("json"), { maxLength: 4 }),
        fc.dictionary(fc.stringMatching(/^[a-z0-9_.-]{1,8}$/), tie("json"), { maxKeys: 4 }),
      ),
    })).json;
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), json),
        text,
        (resources, what) => {
          const kinds = Object.keys(resources).map((kind) => ({
            kind,
            published: 1,
            leftOut: [{ what, reason: what }],
            unasked: [what],
          }));
          const given = publication(
            JSON.parse(JSON.stringify(resources)) as Record<string, Json>,
            kinds,
          );
          const yaml = goldenYaml(given, EDITION);
          expect(read(yaml)).toEqual(given.document);
          expect(yaml).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("says when it is longer than what can be declared", () => {
    const record = { name: "x", type: "TXT", content: "y".repeat(2000) };
    const text = goldenYaml(
      publication({ dns_record: Array.from({ length: 600 }, () => record) }),
      EDITION,
    );
    expect(text).toContain("# Longer than the 1048576 bytes that a golden state may have");
  });
});
