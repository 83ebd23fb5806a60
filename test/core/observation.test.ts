import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/core/canonical.ts";
import type { ObjectId } from "../../src/core/ids.ts";
import { doubted, type Lineage, observe, type Reading } from "../../src/core/observation.ts";
import { NOW, objectId, record, setting, ZONE } from "./harbor.ts";

const reading = (
  objects: readonly Json[],
  claimedTotal: number | null = objects.length,
): Reading => ({
  kind: "dns_record",
  objects,
  claimedTotal,
});

const reasonOf = (...readings: Reading[]): string => {
  const observed = observe(readings, ZONE, NOW);
  return observed.ok ? "none" : observed.error.reason;
};

const records = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    record(`r${index}`, { name: `n${index}.harbor.example`, content: "192.0.2.1" }),
  );

it("observe takes a whole and well-formed list", () => {
  const observed = observe(
    [
      reading(records(2)),
      { kind: "zone_setting", objects: [setting("ssl", "full")], claimedTotal: null },
    ],
    ZONE,
    NOW,
  );
  expect(observed.ok && observed.value.resources.map(({ id }) => id)).toEqual(["r0", "r1", "ssl"]);
});

it.each([
  ["a total that does not match", reading(records(2), 3)],
  ["more objects than the API claims", reading(records(2), 1)],
  ["an object that came on two pages", reading([...records(2), ...records(1)])],
])("observe says partial, never missing, on %s (I8)", (_, partial) => {
  expect(reasonOf(partial)).toBe("partial_list");
});

it("observe sees an object that came twice even over two readings (I8)", () => {
  expect(reasonOf(reading(records(1)), reading(records(1)))).toBe("partial_list");
});

it.each([
  ["an empty id", { ...record("r1", { content: "192.0.2.1" }), id: "" }],
  ["no id", { ...record("r1", { content: "192.0.2.1" }), id: null }],
  ["an id that would leave its path", { ...record("r1", { content: "192.0.2.1" }), id: ".." }],
  ["a record of another zone", record("r1", { name: "www.other.example", content: "192.0.2.1" })],
  ["a record without a value", record("r1", {})],
  ["no object at all", null],
  ["a text", "oops"],
  ["a list", []],
])("observe says malformed, never missing, on %s (I8)", (_, object) => {
  expect(reasonOf(reading([...records(1), object]))).toBe("malformed");
});

it("observe says malformed, and does not throw, on a kind that it does not know", () => {
  expect(reasonOf({ kind: "page_rule", objects: [], claimedTotal: null })).toBe("malformed");
});

it("observe never throws, whatever the API answers (I8)", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("dns_record", "zone_setting"),
      fc.array(fc.jsonValue()),
      (kind, objects) => {
        const observed = observe(
          [{ kind, objects: objects as Json[], claimedTotal: objects.length }],
          ZONE,
          NOW,
        );
        expect(observed.ok).toBe(objects.length === 0);
      },
    ),
  );
});

const lineage = (count: number): Lineage =>
  new Map(
    Array.from({ length: count }, (_, index): [ObjectId, { kind: string; identity: string }] => [
      objectId(`r${index}`),
      { kind: "dns_record", identity: `A n${index}.harbor.example 192.0.2.1` },
    ]),
  );
const asked = (before: number, gone: (index: number) => boolean) => {
  const there = records(before).filter((_, index) => !gone(index));
  const observation = observe([reading(there)], ZONE, NOW);
  if (!observation.ok) throw new Error("malformed");
  return doubted(lineage(before), observation.value).map(({ id }) => id);
};

describe("doubted", () => {
  it("asks about no part that is declared no more: it was never in a list", () => {
    const site = { level: "aws_account", id: objectId("210987654321"), name: "Harbor" } as const;
    const ids = ["logs-1", "logs-1.tags", "logs-1.lifecycle", "logs-1.encryption"];
    const known: Lineage = new Map(
      ids.map((id) => [objectId(id), { kind: "s3_bucket", identity: id }]),
    );
    const bucket = { id: "logs-1", name: "logs-1", region: "eu-central-1" };
    const whole = { kind: "s3_bucket", claimedTotal: null };
    const left = observe([{ ...whole, objects: [bucket] }], site, NOW);
    const gone = observe([{ ...whole, objects: [] }], site, NOW);
    if (!left.ok || !gone.ok) throw new Error("malformed");
    expect(doubted(known, left.value)).toEqual([]);
    expect(doubted(known, gone.value)).toEqual([{ kind: "s3_bucket", id: "logs-1" }]);
  });

  it("asks about nothing when nothing, or little, is gone", () => {
    expect(asked(0, () => false)).toEqual([]);
    expect(asked(10, () => false)).toEqual([]);
    expect(asked(10, (index) => index < 3)).toEqual([]);
    expect(asked(1000, (index) => index < 25)).toEqual([]);
  });

  it("asks when more than 30 % are gone, on small zones too", () => {
    expect(asked(1, () => true)).toEqual(["r0"]);
    expect(asked(2, () => true)).toEqual(["r0", "r1"]);
    expect(asked(10, (index) => index < 4)).toHaveLength(3);
  });

  it("asks when more than 25 are gone, however large the zone is", () => {
    expect(asked(1000, (index) => index < 26)).toHaveLength(3);
  });

  it("asks for three that are spread over the missing ones, and only for missing ones", () => {
    expect(asked(90, () => true)).toEqual(["r0", "r30", "r60"]);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(99), { minLength: 31 }), (gone) => {
        const sample = asked(100, (index) => gone.includes(index));
        expect(new Set(sample).size).toBe(3);
        expect(sample.every((id) => gone.includes(Number(id.slice(1))))).toBe(true);
      }),
    );
  });

  it("says nothing of a kind that was not read, or that is asked for one by one", () => {
    const settings: [ObjectId, { kind: string; identity: string }][] = [
      [objectId("ssl"), { kind: "zone_setting", identity: "ssl" }],
    ];
    const before = new Map([...lineage(100), ...settings]);
    const onlyRecords = observe([reading(records(100))], ZONE, NOW);
    const nothing = observe([], ZONE, NOW);
    if (!onlyRecords.ok || !nothing.ok) throw new Error("malformed");
    expect(doubted(before, onlyRecords.value)).toEqual([]);
    expect(doubted(before, nothing.value)).toEqual([]);
  });
});
