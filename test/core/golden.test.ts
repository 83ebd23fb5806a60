import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { globMatches, parseGolden, type Problem, ruleFor } from "../../src/core/golden.ts";
import { instantOf, isScopeId, mint } from "../../src/core/ids.ts";
import { documentOf, goldenOf, must, NOW, resources, SCOPE, ZONE } from "./harbor.ts";

const www = { name: "www", type: "A", content: "192.0.2.1" };
const ignored = {
  class: "ignored",
  match: { kind: "dns_record", name: "*.preview" },
  reason: "made by the build",
  expires_at: "2027-01-01T00:00:00Z",
};

function problemsOf(document: unknown): readonly Problem[] {
  const parsed = parseGolden(document, SCOPE, ZONE);
  if (parsed.ok) throw new Error("was not refused");
  return parsed.error;
}

const pathsOf = (document: unknown): string[] =>
  problemsOf(document).map(({ path }) => path.join("."));

it("a golden document is read into resources in normal form, with defaults", () => {
  const golden = goldenOf({
    resources: { dns_record: [www], zone_setting: { ssl: "strict" } },
  });
  expect(golden.scope).toBe(SCOPE);
  expect(golden.resources.map(({ identity }) => identity)).toEqual([
    "A www.harbor.example 192.0.2.1",
    "ssl",
  ]);
  expect(golden.unmanaged).toEqual({});
  expect(golden.limits).toEqual({ deletesMax: 25, deletePercentMax: 30, createsMax: 500 });
});

it("a golden document may declare nothing", () => {
  expect(goldenOf({}).resources).toEqual([]);
});

it("a golden document is refused with every problem at once, each with its path", () => {
  const paths = pathsOf({
    apiVersion: "driftless.dev/v2",
    kind: "GoldenState",
    metadata: { scope: "harbor.example", owner: "me", team: "us" },
    spec: {
      unmanaged: { dns_record: "destroy" },
      limits: { deletes: -1, delete_percent: 200 },
      ownership: [{ class: "ours", match: { kind: "page_rule" }, reason: "" }],
      resources: {
        dns_record: [
          { ...www, ttl: 5 },
          { ...www, naem: "x" },
        ],
        zone_setting: { sls: "strict" },
        page_rule: [],
      },
    },
  });
  expect(paths.toSorted()).toEqual(
    [
      "apiVersion",
      "metadata.owner",
      "metadata.scope",
      "metadata.team",
      "spec.limits.delete_percent",
      "spec.limits.deletes",
      "spec.ownership.0.class",
      "spec.ownership.0.match.kind",
      "spec.ownership.0.reason",
      "spec.resources.dns_record.0.ttl",
      "spec.resources.dns_record.1.naem",
      "spec.resources.page_rule",
      "spec.resources.zone_setting.sls",
      "spec.unmanaged.dns_record",
    ].toSorted(),
  );
});

it.each([null, undefined, 7, "text", [], {}, { spec: null }, { spec: { resources: [] } }])(
  "a golden document is refused and not thrown at when it is %j",
  (document) => expect(problemsOf(document).length).toBeGreaterThan(0),
);

it("a golden document is refused when it is for another scope", () => {
  const other = { ...documentOf({}), metadata: { scope: "zone:other.example" } };
  expect(problemsOf(other)).toEqual([
    {
      path: ["metadata", "scope"],
      problem: "is `zone:other.example`, but the request is for `zone:harbor.example`",
    },
  ]);
  expect(
    parseGolden(other, mint(isScopeId, "zone:other.example"), { ...ZONE, name: "other.example" })
      .ok,
  ).toBe(true);
});

it("a golden document is refused when a record is declared twice, or an alias stands beside an address", () => {
  const alias = { name: "www", type: "CNAME", content: "other.example" };
  expect(pathsOf(documentOf({ resources: { dns_record: [www, www] } }))).toEqual([
    "spec.resources.dns_record.1",
  ]);
  expect(pathsOf(documentOf({ resources: { dns_record: [www, alias] } }))).toEqual([
    "spec.resources.dns_record.1",
  ]);
});

it("a golden document is refused when a plain alias hides the other records of its name, but not at the apex", () => {
  const alias = { type: "CNAME", content: "other.example" };
  const text = { type: "TXT", content: "hello" };
  const both = (name: string) =>
    documentOf({
      resources: {
        dns_record: [
          { name, ...alias },
          { name, ...text },
        ],
      },
    });
  expect(pathsOf(both("www"))).toEqual(["spec.resources.dns_record.1"]);
  expect(parseGolden(both("@"), SCOPE, ZONE).ok).toBe(true);
});

const first = {
  metadata: { scope: SCOPE, description: "one" },
  apiVersion: "driftless.dev/v1",
  kind: "GoldenState",
};

it("the digest of a golden state is the same for texts that mean the same", () => {
  const a = must(
    parseGolden(
      {
        ...first,
        spec: {
          resources: { dns_record: [www], zone_setting: { ssl: "full", min_tls_version: "1.2" } },
        },
      },
      SCOPE,
      ZONE,
    ),
  );
  const b = must(
    parseGolden(
      {
        spec: {
          unmanaged: {},
          ownership: [],
          resources: {
            zone_setting: { min_tls_version: 1.2, ssl: "full" },
            dns_record: [
              { ttl: "auto", content: "192.0.2.1", type: "A", name: "WWW.harbor.example." },
            ],
          },
        },
        kind: "GoldenState",
        apiVersion: "driftless.dev/v1",
        metadata: { scope: SCOPE },
      },
      SCOPE,
      ZONE,
    ),
  );
  expect(b.digest).toBe(a.digest);
});

it("the digest of a golden state does not depend on the order in which resources are declared", () => {
  fc.assert(
    fc.property(resources, (declared) => {
      const turned = {
        zone_setting: Object.fromEntries(Object.entries(declared.zone_setting).toReversed()),
        dns_record: declared.dns_record.toReversed(),
      };
      expect(goldenOf({ resources: turned }).digest).toBe(goldenOf({ resources: declared }).digest);
    }),
  );
});

it.each([
  { resources: { dns_record: [{ ...www, ttl: 300 }] } },
  { resources: { dns_record: [www] }, unmanaged: { dns_record: "remove" } },
  { resources: { dns_record: [www] }, limits: { deletes: 1 } },
  { resources: { dns_record: [www] }, ownership: [ignored] },
])("the digest of a golden state changes with what is meant: %j", (spec) => {
  expect(goldenOf(spec).digest).not.toBe(goldenOf({ resources: { dns_record: [www] } }).digest);
});

const of = (...ownership: unknown[]) => ({ resources: { dns_record: [www] }, ownership });

it("ownership rules may not ignore what is declared", () => {
  const rule = { ...ignored, match: { kind: "dns_record", name: "www" } };
  expect(problemsOf(documentOf(of(ignored, rule)))).toEqual([
    {
      path: ["spec", "ownership", 1],
      problem: "ignores `A www.harbor.example 192.0.2.1`, which spec.resources declares",
    },
  ]);
});

it("ownership rules may observe what is declared", () => {
  const rule = { ...ignored, class: "observed", match: { kind: "dns_record", name: "www" } };
  expect(parseGolden(documentOf(of(rule)), SCOPE, ZONE).ok).toBe(true);
});

it("ownership rules need an expiry when they ignore, and none when they observe", () => {
  const { expires_at: _, ...forever } = ignored;
  expect(pathsOf(documentOf(of(forever)))).toEqual(["spec.ownership.0"]);
  expect(parseGolden(documentOf(of({ ...forever, class: "observed" })), SCOPE, ZONE).ok).toBe(true);
});

it("ownership rules cover their resources until they expire", () => {
  const golden = goldenOf(of(ignored));
  const preview = must(
    parseGolden(
      documentOf({ resources: { dns_record: [{ ...www, name: "a.preview" }] } }),
      SCOPE,
      ZONE,
    ),
  ).resources[0];
  if (!preview) throw new Error("nothing declared");
  const at = (now: string) => ruleFor(golden, preview, { site: ZONE, now: instantOf(now) });
  expect(at(NOW)?.reason).toBe("made by the build");
  expect(at("2026-12-31T23:59:59.999Z")).not.toBeNull();
  expect(at("2027-01-01T00:00:00Z")).toBeNull();
});

it.each([
  ["@", "harbor.example", true],
  ["www", "www.harbor.example", true],
  ["www.harbor.example", "www.harbor.example", true],
  ["WWW", "www.harbor.example", true],
  ["*", "anything.harbor.example", true],
  ["*", "harbor.example", true],
  ["*.preview", "a.preview.harbor.example", true],
  ["*.preview", "preview.harbor.example", false],
  ["www", "www2.harbor.example", false],
  ["w.w", "wxw.harbor.example", false],
])("ownership rules read the name %s as the resources do: %s %s", (name, full, covered) => {
  const golden = goldenOf({
    ownership: [{ ...ignored, match: { kind: "dns_record", name } }],
  });
  const [resource] = goldenOf({
    resources: { dns_record: [{ ...www, name: `${full}.` }] },
  }).resources;
  if (!resource) throw new Error("nothing declared");
  expect(ruleFor(golden, resource, { site: ZONE, now: NOW }) !== null).toBe(covered);
});

const rule = (match: Record<string, string>) => goldenOf({ ownership: [{ ...ignored, match }] });

it("ownership rules hold only when every member matches, and for their own kind", () => {
  const [record, setting] = goldenOf({
    resources: { dns_record: [{ ...www, ttl: 300 }], zone_setting: { ssl: "full" } },
  }).resources;
  if (!record || !setting) throw new Error("nothing declared");
  const at = { site: ZONE, now: NOW };
  expect(ruleFor(rule({ kind: "dns_record", name: "www", type: "A" }), record, at)).not.toBeNull();
  expect(ruleFor(rule({ kind: "dns_record", name: "www", type: "AAAA" }), record, at)).toBeNull();
  expect(
    ruleFor(rule({ kind: "dns_record", ttl: "300", proxied: "false" }), record, at),
  ).not.toBeNull();
  expect(() => rule({ kind: "dns_record", nonsense: "*" }), "a misspelt member").toThrow(
    "is matched by",
  );
  expect(ruleFor(rule({ kind: "dns_record" }), setting, at)).toBeNull();
  expect(ruleFor(rule({ kind: "zone_setting", id: "ssl" }), setting, at)).not.toBeNull();
});

it.each([
  "2026-01-01T00:00Z",
  "2026-01-01",
  "soon",
  "2026-13-01T00:00:00Z",
  "2026-01-01T00:00:00+02:00",
])("ownership rules are refused and not thrown at when they expire %s", (expires_at) => {
  expect(pathsOf(documentOf(of({ ...ignored, expires_at })))).toEqual([
    "spec.ownership.0.expires_at",
  ]);
});

describe("a glob", () => {
  const letters = fc.stringMatching(/^[ab.*]{0,8}$/);

  it("matches what the simple regular expression matches", () => {
    fc.assert(
      fc.property(letters, fc.stringMatching(/^[abAB.]{0,10}$/), (glob, text) => {
        const oracle = new RegExp(`^${glob.replaceAll(".", "\\.").replaceAll("*", ".*")}$`, "i");
        expect(globMatches(glob, text)).toBe(oracle.test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("answers at once on patterns that make regular expressions explode", () => {
    expect(globMatches("*a".repeat(100), "a".repeat(10_000) + "b")).toBe(false);
  });
});
