import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { JsonObject } from "../../src/core/canonical.ts";
import { changeDigest, diff, subjectOf } from "../../src/core/diff.ts";
import { kindOf } from "../../src/core/kinds/registry.ts";
import { simulate } from "../../src/core/simulate.ts";
import { auditOf, votes } from "./auditors/dossiers.ts";
import {
  type Drifted,
  goldenOf,
  lineageFrom,
  type Live,
  liveFrom,
  must,
  NO_LIMITS,
  NOW,
  observed,
  readingsOf,
  record,
  RUNS,
  ZONE,
} from "./harbor.ts";

/**
 * Few names, few values, everything at once: siblings, twins, aliases in the way, markers, rules, read-only records,
 * and a memory of any earlier state.
 */
const names = ["www", "api", "@"];
const full = (name: string) => (name === "@" ? "harbor.example" : `${name}.harbor.example`);
const address = fc.constantFrom("192.0.2.1", "192.0.2.2", "192.0.2.3");

const liveRecord: fc.Arbitrary<JsonObject> = fc
  .record({
    name: fc.constantFrom(...names, "x.preview", "watched"),
    content: address,
    ttl: fc.constantFrom(1, 300),
    comment: fc.constantFrom(null, "one", "k8s"),
    meta: fc.constantFrom({}, {}, {}, { read_only: true }),
    shape: fc.constantFrom("A", "A", "A", "TXT", "CNAME", "marker", "challenge"),
  })
  .map(({ name, content, shape, ...more }): JsonObject => {
    const at = full(name);
    switch (shape) {
      case "TXT":
        return { ...more, type: "TXT", name: at, content: `text ${content}` };
      case "CNAME":
        return { ...more, type: "CNAME", name: at, content: "target.example.net" };
      case "marker":
        return {
          ...more,
          type: "TXT",
          name: name === "@" ? at : `a-${at}`,
          content: `heritage=external-dns,external-dns/owner=k8s,n=${content}`,
        };
      case "challenge":
        return { ...more, type: "TXT", name: `_acme-challenge.${at}`, content };
      case "A":
        return { ...more, type: "A", name: at, content };
    }
  });

const live = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 12 }), liveRecord), {
    maxLength: 8,
    selector: ([id]) => id,
  })
  .map((list): Live => ({
    zone_setting: [],
    dns_record: list.map(([id, members]) => record(`r${id}`, members)),
  }));

const declared = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom(...names),
      content: address,
      ttl: fc.constantFrom("auto", 300),
    }),
    { maxLength: 5, selector: ({ name, content }) => `${name} ${content}` },
  )
  .map((list) => list.map((one) => ({ type: "A", ...one })));

const rule = (owner: string, where: object) => ({
  class: owner,
  match: { kind: "dns_record", ...where },
  reason: `${owner} for a reason`,
  expires_at: "2027-01-01T00:00:00Z",
});
const RULES = [
  rule("ignored", { name: "*.preview" }),
  rule("observed", { name: "watched" }),
  rule("ignored", { comment: "k8s" }),
  rule("observed", { name: "api" }),
];

type Zone = Pick<Drifted, "golden" | "live" | "lineage">;

const turmoil: fc.Arbitrary<Zone> = fc
  .record({
    declared,
    live,
    before: live,
    unmanaged: fc.constantFrom("remove", "report"),
    ownership: fc.subarray(RULES),
  })
  .map(({ declared: dns_record, live: now, before, unmanaged, ownership }) => ({
    golden: goldenOf({
      resources: { dns_record },
      unmanaged: { dns_record: unmanaged },
      ownership,
      limits: NO_LIMITS,
    }),
    live: now,
    lineage: lineageFrom(before),
  }));

const driftOf = ({ golden, live: now, lineage }: Zone) =>
  diff({ golden, observed: observed(now).resources, lineage, site: ZONE, now: NOW });

it("in any turmoil every live record is in place, changed, reported, unmanaged or not ours, and only one of them", () => {
  fc.assert(
    fc.property(turmoil, (zone) => {
      const drift = driftOf(zone);
      const told = [...drift.changes, ...drift.reported.map(({ change }) => change)]
        .flatMap((change) => (change.op === "create" ? [] : [change.observed.id]))
        .concat(
          drift.unmanaged.map(({ id }) => id),
          drift.notOurs.map(({ resource }) => resource.id),
        );
      expect(new Set(told).size).toBe(told.length);
      const identities = new Set(zone.golden.resources.map(({ identity }) => identity));
      const rest = observed(zone.live).resources.filter(({ id }) => !told.includes(id));
      for (const { identity } of rest) expect(identities).toContain(identity);
      expect(new Set(rest.map(({ identity }) => identity)).size).toBe(rest.length);
    }),
    { numRuns: RUNS * 5 },
  );
});

it("in any turmoil what is system, foreign, ruled over or merely unmanaged is not written (I9)", () => {
  fc.assert(
    fc.property(turmoil, (zone) => {
      const { resources } = observed(zone.live);
      const foreign = kindOf("dns_record").foreign(resources);
      const identities = new Set(zone.golden.resources.map(({ identity }) => identity));
      for (const change of driftOf(zone).changes) {
        if (change.op === "create") continue;
        const { id, system, identity } = change.observed;
        expect(system).toBeNull();
        const was = zone.lineage.get(id)?.identity ?? "";
        if (
          change.op === "delete" ||
          !(identity === subjectOf(change).identity || was === subjectOf(change).identity)
        ) {
          expect(foreign.has(id)).toBe(false);
        }
        if (change.op === "delete") expect(zone.golden.unmanaged["dns_record"]).toBe("remove");
        else expect(identities).toContain(change.desired.identity);
      }
    }),
    { numRuns: RUNS * 5 },
  );
});

it("in any turmoil a heal is agreed on by all, and leaves nothing but what it held on purpose", () => {
  fc.assert(
    fc.property(turmoil, (zone) => {
      const input = auditOf(zone);
      if (!input) return;
      expect(votes(input)).toEqual({ simulation: [], policy: [], conformance: [] });
      const after = liveFrom(must(simulate(readingsOf(zone.live), ZONE, input.dossier.plan.calls)));
      const held = new Set(input.dossier.held.map(({ change }) => change));
      const left = driftOf({ ...zone, live: after }).changes;
      expect(left.filter((change) => !held.has(changeDigest(change)))).toEqual([]);
    }),
    { numRuns: RUNS * 5 },
  );
});
