import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/core/canonical.ts";
import { changeDigest, describeChange, diff, type Drift, subjectOf } from "../../src/core/diff.ts";
import { instantOf } from "../../src/core/ids.ts";
import type { Lineage } from "../../src/core/observation.ts";
import type { Change } from "../../src/core/resource.ts";
import {
  drifted,
  goldenOf,
  lineageFrom,
  type Live,
  liveOf,
  NOW,
  observed,
  record,
  resources,
  setting,
  ZONE,
} from "./harbor.ts";

interface Compared {
  readonly golden: ReturnType<typeof goldenOf>;
  readonly live: Live;
  readonly lineage?: Lineage;
}

const compare = ({ golden, live, lineage = new Map() }: Compared): Drift =>
  diff({ golden, observed: observed(live).resources, lineage, site: ZONE, now: NOW });

const named = (change: Change): string => `${change.op} ${subjectOf(change).identity}`;
const changes = (drift: Drift): string[] => drift.changes.map(named);
const dns = (...dns_record: JsonObject[]): Live => ({ dns_record, zone_setting: [] });
const www = { name: "www", type: "A", content: "192.0.2.1" };
const A = (id: string, content: string, more: JsonObject = {}) => record(id, { content, ...more });

it("diff finds nothing where live is golden", () => {
  fc.assert(
    fc.property(resources, fc.constantFrom("remove", "report"), (declared, policy) => {
      const golden = goldenOf({ resources: declared, unmanaged: { dns_record: policy } });
      const drift = compare({ golden, live: liveOf(golden) });
      expect(drift).toEqual({
        changes: [],
        reported: [],
        unmanaged: [],
        notOurs: [],
        managed: {
          dns_record: declared.dns_record.length,
          ...(Object.keys(declared.zone_setting).length === 0
            ? {}
            : { zone_setting: Object.keys(declared.zone_setting).length }),
        },
      });
    }),
  );
});

it("diff finds exactly what was changed, and nothing else", () => {
  fc.assert(
    fc.property(drifted, ({ golden, live, lineage, expected, rogues }) => {
      const drift = compare({ golden, live, lineage });
      expect(changes(drift).toSorted()).toEqual(expected);
      const reports = golden.unmanaged["dns_record"] === "report";
      expect(drift.unmanaged.map(({ identity }) => identity).toSorted()).toEqual(
        reports ? rogues.toSorted() : [],
      );
    }),
  );
});

const shuffle = <T>(list: readonly T[]) =>
  fc.shuffledSubarray([...list], { minLength: list.length });
const turned = drifted.chain((zone) =>
  fc.record({
    zone: fc.constant(zone),
    declared: shuffle(zone.golden.resources),
    seen: shuffle(observed(zone.live).resources),
    remembered: shuffle([...zone.lineage]),
  }),
);

it("diff does not depend on the order of what is declared, observed or remembered", () => {
  fc.assert(
    fc.property(turned, ({ zone, declared, seen, remembered }) => {
      const again = diff({
        golden: { ...zone.golden, resources: declared },
        observed: seen,
        lineage: new Map(remembered),
        site: ZONE,
        now: NOW,
      });
      expect(again).toEqual(compare(zone));
    }),
  );
});

it("diff orders twins that are taken away by their ids", () => {
  const golden = goldenOf({ unmanaged: { dns_record: "remove" } });
  const live = dns(A("b", "192.0.2.9"), A("a", "192.0.2.9"), A("c", "192.0.2.9"));
  const ids = compare({ golden, live }).changes.map(
    (change) => change.op === "delete" && change.observed.id,
  );
  expect(ids).toEqual(["a", "b", "c"]);
});

it("diff never names one object in two changes", () => {
  fc.assert(
    fc.property(drifted, (zone) => {
      const ids = compare(zone).changes.flatMap((change) =>
        change.op === "create" ? [] : [change.observed.id],
      );
      expect(new Set(ids).size).toBe(ids.length);
    }),
  );
});

it("diff compares settings that are declared, and no others", () => {
  const golden = goldenOf({
    resources: { zone_setting: { ssl: "strict" } },
    unmanaged: { zone_setting: "remove" },
  });
  const drift = compare({
    golden,
    live: { dns_record: [], zone_setting: [setting("ssl", "off"), setting("tls_1_3", "off")] },
  });
  expect(changes(drift)).toEqual(["update ssl"]);
  expect(drift.unmanaged).toEqual([]);
  expect(drift.managed).toEqual({ zone_setting: 1 });
});

describe("what nobody declared", () => {
  const live = dns(A("r1", "192.0.2.1"), A("x1", "192.0.2.66"));
  const declared = { dns_record: [www] };

  it("is reported when the policy says so, or says nothing (I9)", () => {
    for (const unmanaged of [{}, { dns_record: "report" }]) {
      const drift = compare({ golden: goldenOf({ resources: declared, unmanaged }), live });
      expect(drift.changes).toEqual([]);
      expect(drift.unmanaged.map(({ id }) => id)).toEqual(["x1"]);
      expect(drift.managed).toMatchObject({ dns_record: 1 });
    }
  });

  it("is removed when the policy says so", () => {
    const drift = compare({
      golden: goldenOf({ resources: declared, unmanaged: { dns_record: "remove" } }),
      live,
    });
    expect(changes(drift)).toEqual(["delete A www.harbor.example 192.0.2.66"]);
    expect(drift.unmanaged).toEqual([]);
    expect(drift.managed).toMatchObject({ dns_record: 2 });
  });

  it("is reported even if its type cannot be declared (case 26)", () => {
    const odd = dns(record("x1", { type: "XYZZY", content: "whatever" }));
    expect(compare({ golden: goldenOf({}), live: odd }).unmanaged).toHaveLength(1);
  });

  it("stays as it is when its declared neighbour is deleted (I9)", () => {
    const golden = goldenOf({ resources: declared });
    const drift = compare({ golden, live: dns(A("x1", "192.0.2.66")), lineage: lineageFrom(live) });
    expect(changes(drift)).toEqual(["create A www.harbor.example 192.0.2.1"]);
    expect(drift.unmanaged.map(({ id }) => id)).toEqual(["x1"]);
  });
});

describe("lineage", () => {
  const golden = goldenOf({ resources: { dns_record: [www] } });
  const lineage = lineageFrom(dns(A("r1", "192.0.2.1")));

  it("tells an edited record from a stranger beside it", () => {
    const drift = compare({
      golden,
      live: dns(A("r0", "203.0.113.9"), A("r1", "203.0.113.5")),
      lineage,
    });
    expect(drift.changes).toMatchObject([
      { op: "update", observed: { id: "r1" }, fields: ["content"] },
    ]);
    expect(drift.unmanaged.map(({ id }) => id)).toEqual(["r0"]);
  });

  it("tells a deleted record with a newcomer beside it from an edited one", () => {
    const drift = compare({ golden, live: dns(A("r2", "203.0.113.5")), lineage });
    expect(changes(drift)).toEqual(["create A www.harbor.example 192.0.2.1"]);
    expect(drift.unmanaged.map(({ id }) => id)).toEqual(["r2"]);
  });

  it("gives two edited records each its own value back", () => {
    const two = goldenOf({ resources: { dns_record: [www, { ...www, content: "192.0.2.2" }] } });
    const drift = compare({
      golden: two,
      live: dns(A("r2", "203.0.113.1"), A("r1", "203.0.113.2")),
      lineage: lineageFrom(dns(A("r1", "192.0.2.1"), A("r2", "192.0.2.2"))),
    });
    expect(drift.changes).toMatchObject([
      { op: "update", desired: { fields: { content: "192.0.2.1" } }, observed: { id: "r1" } },
      { op: "update", desired: { fields: { content: "192.0.2.2" } }, observed: { id: "r2" } },
    ]);
  });

  it("is not needed to follow a new golden value with one write", () => {
    const moved = goldenOf({ resources: { dns_record: [{ ...www, content: "192.0.2.7" }] } });
    const drift = compare({ golden: moved, live: dns(A("r1", "192.0.2.1")), lineage });
    expect(drift.changes).toMatchObject([{ op: "update", observed: { id: "r1" } }]);
  });

  it("finds a value that two records swapped to be no drift", () => {
    const two = goldenOf({ resources: { dns_record: [www, { ...www, content: "192.0.2.2" }] } });
    const before = lineageFrom(dns(A("r1", "192.0.2.1"), A("r2", "192.0.2.2")));
    const drift = compare({
      golden: two,
      live: dns(A("r1", "192.0.2.2"), A("r2", "192.0.2.1")),
      lineage: before,
    });
    expect(drift.changes).toEqual([]);
  });
});

describe("twins and types", () => {
  it("reports live twins once and takes the nearer one for the declared record (case 22)", () => {
    const golden = goldenOf({ resources: { dns_record: [{ ...www, comment: "ours" }] } });
    const live = dns(
      A("r1", "192.0.2.1", { comment: "theirs" }),
      A("r2", "192.0.2.1", { comment: "ours" }),
    );
    const drift = compare({ golden, live });
    expect(drift.changes).toEqual([]);
    expect(drift.unmanaged.map(({ id }) => id)).toEqual(["r1"]);
    const removing = { ...golden, unmanaged: { dns_record: "remove" as const } };
    expect(compare({ golden: removing, live }).changes).toMatchObject([
      { op: "delete", observed: { id: "r1" } },
    ]);
  });

  it("makes room first when a type has changed (case 25)", () => {
    const golden = goldenOf({
      resources: { dns_record: [www] },
      unmanaged: { dns_record: "remove" },
    });
    const alias = record("r1", { type: "CNAME", content: "evil.example" });
    expect(changes(compare({ golden, live: dns(alias) }))).toEqual([
      "delete CNAME www.harbor.example evil.example",
      "create A www.harbor.example 192.0.2.1",
    ]);
  });

  it("does not hide a rename (case 7b)", () => {
    const golden = goldenOf({ resources: { dns_record: [{ ...www, name: "sub.app" }] } });
    const live = dns(A("r1", "192.0.2.1", { name: "sub.harbor.example" }));
    const drift = compare({ golden, live });
    expect(changes(drift)).toEqual(["create A sub.app.harbor.example 192.0.2.1"]);
    expect(drift.unmanaged.map(({ id }) => id)).toEqual(["r1"]);
  });
});

const remove = { unmanaged: { dns_record: "remove" } };
const rule = (owner: string, name: string) => ({
  class: owner,
  match: { kind: "dns_record", name },
  reason: `${owner} for a reason`,
  expires_at: "2027-01-01T00:00:00Z",
});
const marker = (name: string) =>
  record("m1", {
    type: "TXT",
    name,
    content: "heritage=external-dns,external-dns/owner=k8s,external-dns/resource=ingress/web",
  });

it.each<[string, JsonObject, string, string]>([
  [
    "a read-only record (case 18)",
    A("s1", "192.0.2.9", { meta: { read_only: true } }),
    "system",
    "s1",
  ],
  [
    "the apex name servers (case 19)",
    record("s2", { type: "NS", name: "harbor.example", content: "ns.example" }),
    "system",
    "s2",
  ],
  [
    "an ACME challenge",
    record("f1", { type: "TXT", name: "_acme-challenge.www.harbor.example", content: "token" }),
    "ignored",
    "f1",
  ],
  ["a marker of external-dns", marker("a-web.harbor.example"), "ignored", "m1"],
  [
    "what an ignore rule covers",
    A("i1", "192.0.2.9", { name: "x.preview.harbor.example" }),
    "ignored",
    "i1",
  ],
  [
    "what is only observed",
    A("o1", "192.0.2.9", { name: "watched.harbor.example" }),
    "observed",
    "o1",
  ],
])("what is not ours is left alone and listed: %s (I9)", (...[, raw, owner, id]) => {
  const golden = goldenOf({
    ...remove,
    ownership: [rule("ignored", "*.preview"), rule("observed", "watched")],
  });
  const drift = compare({ golden, live: dns(raw) });
  expect(drift.changes).toEqual([]);
  expect(drift.unmanaged).toEqual([]);
  expect(drift.notOurs.map(({ resource, class: of }) => [resource.id, of])).toEqual([[id, owner]]);
});

it("what is not ours is ours again when the rule has expired", () => {
  const golden = goldenOf({ ...remove, ownership: [rule("ignored", "*.preview")] });
  const live = observed(dns(A("i1", "192.0.2.9", { name: "x.preview.harbor.example" })));
  const at = (now: string) =>
    diff({
      golden,
      observed: live.resources,
      lineage: new Map(),
      site: ZONE,
      now: instantOf(now),
    });
  expect(at("2026-12-31T00:00:00Z").changes).toHaveLength(0);
  expect(at("2027-01-01T00:00:00Z").changes).toHaveLength(1);
});

it("what is not ours does not include a declared record beside which somebody planted a marker", () => {
  const golden = goldenOf({ ...remove, resources: { dns_record: [{ ...www, ttl: 300 }] } });
  const planted = marker("a-www.harbor.example");
  const drift = compare({ golden, live: dns(A("r1", "192.0.2.1", { ttl: 7200 }), planted) });
  expect(changes(drift)).toEqual(["update A www.harbor.example 192.0.2.1"]);
  const edited = compare({
    golden,
    live: dns(A("r1", "203.0.113.6"), planted),
    lineage: lineageFrom(dns(A("r1", "192.0.2.1"))),
  });
  expect(edited.changes).toMatchObject([{ op: "update", observed: { id: "r1" } }]);
});

it("what is not ours is reported and not written when it is declared and only observed (I9)", () => {
  const golden = goldenOf({
    resources: { dns_record: [{ ...www, ttl: 300 }] },
    ownership: [rule("observed", "www")],
  });
  for (const live of [dns(A("r1", "192.0.2.1", { ttl: 7200 })), dns()]) {
    const drift = compare({ golden, live });
    expect(drift.changes).toEqual([]);
    expect(drift.reported).toMatchObject([{ reason: "observed for a reason" }]);
  }
});

it("what is not ours is reported and not written when it is a setting that the plan does not let us edit (case 31)", () => {
  const golden = goldenOf({ resources: { zone_setting: { ssl: "strict" } } });
  const fixed = { ...setting("ssl", "off"), editable: false };
  const drift = compare({ golden, live: { dns_record: [], zone_setting: [fixed] } });
  expect(drift.changes).toEqual([]);
  expect(drift.reported).toMatchObject([{ reason: "not editable on this plan" }]);
});

const of = (ttl: number, live: JsonObject): Change => {
  const golden = goldenOf({ resources: { dns_record: [{ ...www, ttl }] } });
  const [change] = compare({ golden, live: dns(A("r1", "192.0.2.1", live)) }).changes;
  if (!change) throw new Error("no change");
  return change;
};

describe("a change", () => {
  it("has the same digest whenever the same values meet (I14)", () => {
    expect(changeDigest(of(300, { ttl: 60 }))).toBe(
      changeDigest(of(300, { ttl: 60, comment: "x" })),
    );
    expect(changeDigest(of(300, { ttl: 60 }))).not.toBe(changeDigest(of(300, { ttl: 90 })));
    expect(changeDigest(of(600, { ttl: 60 }))).not.toBe(changeDigest(of(300, { ttl: 60 })));
  });

  it("is described in one line", () => {
    expect(describeChange(of(300, { ttl: 60 }))).toBe("update A www.harbor.example");
  });
});

it("case 23: a record that was deleted out of band is missing, and made again", () => {
  const golden = goldenOf({
    resources: { dns_record: [www], zone_setting: {} },
    unmanaged: { dns_record: "remove" },
  });
  const drift = compare({ golden, live: dns() });
  expect(changes(drift)).toEqual(["create A www.harbor.example 192.0.2.1"]);
});

it("case 27: under `report` a delegation that shadows what is declared is reported and never deleted", () => {
  const rogue = record("r9", { type: "NS", name: "www.harbor.example", content: "ns.example.net" });
  const compared = (policy: "report" | "remove") =>
    compare({
      golden: goldenOf({
        resources: { dns_record: [www], zone_setting: {} },
        unmanaged: { dns_record: policy },
      }),
      live: dns(A("r1", "192.0.2.1"), rogue),
    });
  const told = compared("report");
  expect(told.changes).toEqual([]);
  expect(told.reported).toEqual([
    {
      change: expect.objectContaining({ op: "delete" }),
      reason: expect.stringContaining("delegates"),
    },
  ]);
  expect(changes(compared("remove"))).toEqual(["delete NS www.harbor.example ns.example.net"]);
});
