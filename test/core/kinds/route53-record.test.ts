import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { isObjectId, mint } from "../../../src/core/ids.ts";
import { recordObject, route53Record } from "../../../src/core/kinds/route53-record.ts";
import { recordName, recordValue } from "../../../src/core/kinds/route53-value.ts";
import { observe } from "../../../src/core/observation.ts";
import { prohibited } from "../../../src/core/prohibitions.ts";
import { publish } from "../../../src/core/publish.ts";
import type { Site } from "../../../src/core/resource.ts";
import { approvalsNeeded } from "../../../src/core/risk.ts";
import { faultsOf, must } from "./compare.ts";
import {
  type Case,
  changesIn,
  driftIn,
  goldenAt,
  healed,
  judgedIn,
  NOW,
  planOf,
  readingsOf,
} from "./whole-kind.ts";

const AWS: Site = {
  level: "aws_account",
  id: mint(isObjectId, "210987654321"),
  name: "Harbor Books",
};
const ZONE = { id: "Z1", name: "harbor.example" };
const set = (
  ...[Name, Type, values, TTL = 300]: readonly [string, string, readonly string[], number?]
): JsonObject =>
  recordObject({ Name, Type, TTL, ResourceRecords: values.map((Value) => ({ Value })) }, ZONE);
const OWN = [
  set("harbor.example.", "NS", ["ns-1.awsdns.example."], 172_800),
  set("harbor.example.", "SOA", ["ns-1.awsdns.example. x.example. 1 7200 900 1209600 86400"], 900),
];
const declared = (name: string, type: string, values: readonly string[]): JsonObject => ({
  zone: "harbor.example",
  name,
  type,
  values,
});
const caseOf = (records: readonly JsonObject[], live: readonly JsonObject[]): Case => ({
  site: AWS,
  golden: goldenAt(AWS, { route53_record: records }),
  live: { route53_record: [...OWN, ...live] },
});

describe("names and values", () => {
  it.each([
    ["\\052.Harbor.Example.", "*.harbor.example"],
    ["WWW.harbor.example", "www.harbor.example"],
    ["_dmarc.harbor.example.", "_dmarc.harbor.example"],
  ])("%s is %s", (name, normal) => {
    expect(recordName(name)).toBe(normal);
  });

  it.each([
    ["TXT", "v=spf1 -all", '"v=spf1 -all"'],
    ["TXT", '"v=spf1" " -all"', '"v=spf1 -all"'],
    ["TXT", '"a \\042b\\042 \\\\"', '"a \\"b\\" \\\\"'],
    ["TXT", '"\\303\\274"', '"\\303\\274"'],
    ["TXT", "ü", '"\\303\\274"'],
    ["TXT", "x".repeat(300), `"${"x".repeat(255)}" "${"x".repeat(45)}"`],
    ["MX", "10 MX1.mail.example.", "10 mx1.mail.example"],
    ["CNAME", "Shop.example.", "shop.example"],
    ["AAAA", "2001:DB8:0:0::1", "2001:db8::1"],
    ["CAA", '0 issue "letsencrypt.org"', '0 issue "letsencrypt.org"'],
  ])("%s %s is written %s", (type, value, normal) => {
    expect(recordValue(type, value)).toBe(normal);
    expect(recordValue(type, normal)).toBe(normal);
  });

  it.each([
    ["A", "300.1.1.1"],
    ["AAAA", "192.0.2.1"],
    ["CNAME", "192.0.2.1"],
    ["MX", "mx.example"],
    ["CAA", "issue"],
  ])("%s is not %s", (type, value) => {
    expect(recordValue(type, value)).toBeNull();
  });

  it("any text has one way to be written, which says the same", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 400 }), (text) => {
        const written = recordValue("TXT", text) ?? "";
        expect(recordValue("TXT", written)).toBe(written);
        expect(written).toMatch(/^(?:"(?:[ !#-[\]-~]|\\["\\]|\\[0-3][0-7]{2})*" ?)+$/);
      }),
    );
  });

  it("that are wrong are refused with their place", () => {
    const faults = faultsOf(
      route53Record.declare(
        [
          declared("www", "A", ["300.1.1.1"]),
          declared("www.other.example.", "A", ["192.0.2.1"]),
          {
            ...declared("x", "A", ["192.0.2.1"]),
            alias: { target: "a.example", hosted_zone_id: "Z2" },
          },
          declared("twice", "CNAME", ["a.example", "b.example"]),
        ],
        AWS,
      ),
    );
    expect(faults.length).toBeGreaterThan(0);
    expect(() =>
      goldenAt(AWS, {
        route53_record: [declared("x", "CNAME", ["a.example"]), declared("x", "A", ["192.0.2.1"])],
      }),
    ).toThrow("nothing else can stand there");
  });
});

it("what differs in writing alone is no drift, and an import has none", () => {
  const live = [
    set("\\052.harbor.example.", "A", ["192.0.2.2", "192.0.2.1"]),
    set("harbor.example.", "TXT", ['"a \\042b\\042"']),
    recordObject(
      {
        Name: "shop.harbor.example.",
        Type: "A",
        AliasTarget: { HostedZoneId: "Z2", DNSName: "LB.example.", EvaluateTargetHealth: false },
      },
      ZONE,
    ),
  ];
  const one = caseOf(
    [
      declared("*", "A", ["192.0.2.1", "192.0.2.2"]),
      declared("@", "TXT", ['a "b"']),
      {
        zone: "harbor.example",
        name: "shop",
        type: "A",
        alias: { target: "lb.example", hosted_zone_id: "Z2" },
      },
    ],
    live,
  );
  expect(changesIn(driftIn(one))).toEqual([]);
  const observation = must(observe(readingsOf(one.live), AWS, NOW));
  const { document } = publish({ site: AWS, kinds: ["route53_record"], observation, unasked: [] });
  const { resources } = document["spec"] as { resources: JsonObject };
  const imported = { ...one, golden: goldenAt(AWS, resources) };
  expect(imported.golden.resources).toHaveLength(3);
  expect(changesIn(driftIn(imported))).toEqual([]);
});

it("all that changes in a zone is one batch, and what goes is named exactly as it stands", () => {
  const one = caseOf(
    [declared("www", "A", ["192.0.2.1"]), declared("@", "TXT", ["new"])],
    [set("harbor.example.", "TXT", ['"o\\154d"'])],
  );
  const made = healed(one);
  expect(made.calls).toHaveLength(1);
  expect(made.calls[0]?.request).toEqual({
    method: "POST",
    path: "/aws/210987654321/route53/hostedzone/Z1/rrset",
    body: {
      ChangeBatch: {
        Changes: [
          {
            Action: "DELETE",
            ResourceRecordSet: {
              Name: "harbor.example",
              Type: "TXT",
              TTL: 300,
              ResourceRecords: [{ Value: '"o\\154d"' }],
            },
          },
          {
            Action: "CREATE",
            ResourceRecordSet: {
              Name: "harbor.example",
              Type: "TXT",
              TTL: 300,
              ResourceRecords: [{ Value: '"new"' }],
            },
          },
          {
            Action: "CREATE",
            ResourceRecordSet: {
              Name: "www.harbor.example",
              Type: "A",
              TTL: 300,
              ResourceRecords: [{ Value: "192.0.2.1" }],
            },
          },
        ],
      },
    },
  });
});

it("of any edits exactly those are found, healed in one batch, and undone by the inverses", () => {
  const names = ["a", "b", "c", "d", "e"];
  const values = fc.uniqueArray(fc.constantFrom("192.0.2.1", "192.0.2.2", "192.0.2.3"), {
    minLength: 1,
  });
  const choice = fc.record({
    gone: fc.subarray(names),
    edited: fc.dictionary(fc.constantFrom(...names), values),
    ttl: fc.subarray(names),
  });
  const BASE = ["198.51.100.1"];
  fc.assert(
    fc.property(choice, ({ gone, edited, ttl }) => {
      const left = names.filter((name) => !gone.includes(name));
      const live = left.map((name) =>
        set(`${name}.harbor.example.`, "A", edited[name] ?? BASE, ttl.includes(name) ? 60 : 300),
      );
      const before = {
        route53_record: [...OWN, ...names.map((name) => set(`${name}.harbor.example.`, "A", BASE))],
      };
      const one = {
        ...caseOf(
          names.map((name) => declared(name, "A", BASE)),
          live,
        ),
        before,
      };
      const expected = names.flatMap((name) => {
        const identity = `A ${name}.harbor.example harbor.example`;
        if (gone.includes(name)) return [`create ${identity}`];
        const fields = [
          ...(ttl.includes(name) ? ["ttl"] : []),
          ...(edited[name] === undefined ? [] : ["values"]),
        ];
        return fields.length === 0 ? [] : [`update ${identity}: ${fields.join(", ")}`];
      });
      expect(changesIn(driftIn(one))).toEqual(expected.toSorted());
      expect(healed(one).calls).toHaveLength(expected.length === 0 ? 0 : 1);
    }),
    { numRuns: 100 },
  );
});

it("in a zone that is not there nothing is made, and that is told", () => {
  const drift = driftIn(
    caseOf([{ ...declared("www", "A", ["192.0.2.1"]), zone: "other.example" }], []),
  );
  expect(drift.changes).toEqual([]);
  expect(drift.reported.map(({ reason }) => reason)).toEqual([
    "there is no public hosted zone `other.example`",
  ]);
});

it("what Route 53 keeps, and what it routes by rules, is left alone even where strangers go", () => {
  const routed = recordObject(
    {
      Name: "geo.harbor.example.",
      Type: "A",
      SetIdentifier: "eu",
      Weight: 1,
      TTL: 60,
      ResourceRecords: [{ Value: "192.0.2.9" }],
    },
    ZONE,
  );
  const live = {
    route53_record: [...OWN, routed, set("rogue.harbor.example.", "A", ["192.0.2.7"])],
  };
  const golden = goldenAt(AWS, { route53_record: [] }, { unmanaged: { route53_record: "remove" } });
  const one = { site: AWS, golden, live };
  expect(changesIn(driftIn(one))).toEqual(["delete A rogue.harbor.example harbor.example"]);
  healed(one);
});

describe("the vault", () => {
  const one = caseOf([declared("www", "A", ["192.0.2.1"])], []);
  const made = planOf(one, driftIn(one));
  const swapped = (from: string, to: string) => ({
    ...made,
    calls: made.calls.map((call) => ({
      ...call,
      request: JSON.parse(JSON.stringify(call.request).replaceAll(from, to)) as typeof call.request,
    })),
  });

  it("lets a record through without a person", () => {
    expect(approvalsNeeded(judgedIn(one, made, {}).risk.tier)).toBe(0);
    expect(prohibited(made, 0)).toBeNull();
  });

  it.each([
    ["another zone", "Z1", "Z2", "another_object"],
    ["another name", "www.harbor", "pay.harbor", "another_object"],
    ["another type", '"A"', '"MX"', "another_object"],
    ["the delegation", '"A"', '"NS"', "another_object"],
    ["another account", "210987654321", "123456789012", "outside_site"],
    ["the zone itself", "/rrset", "", "outside_site"],
  ])("refuses %s", (...[, from, to, rule]) => {
    expect(prohibited(swapped(from, to), 2)).toMatchObject({ rule });
  });
});
