import * as fc from "fast-check";
import { expect, it } from "vitest";
import { AUDITS } from "../../../src/core/auditors/registry.ts";
import { instantOf } from "../../../src/core/ids.ts";
import { drifted, goldenOf, NO_LIMITS, record } from "../harbor.ts";
import { auditOf, harbor, must, preview, sound, tampered, votes } from "./dossiers.ts";

it("a sound dossier is what the tampering starts from", () => {
  expect(sound.dossier.plan.steps.map(({ op, kind }) => `${op} ${kind}`)).toEqual([
    "delete dns_record",
    "delete dns_record",
    "update dns_record",
    "create dns_record",
    "update zone_setting",
  ]);
  expect(sound.dossier.plan.calls).toHaveLength(2);
  expect(votes(sound)).toEqual({ simulation: [], policy: [], conformance: [] });
});

it("a sound dossier gets a no when somebody else declared what it puts back than it says: who asked cannot approve", () => {
  expect(votes({ ...sound, declaredBy: "somebody else" })).toMatchObject({
    conformance: ["another_requester"],
  });
});

it("a sound dossier gets a yes from everybody, whatever has drifted", () => {
  fc.assert(
    fc.property(drifted, (zone) => {
      const input = auditOf(zone);
      expect(input && votes(input)).toEqual(
        input && { simulation: [], policy: [], conformance: [] },
      );
    }),
  );
});

const twin = (id: string, comment: string) => record(id, { content: "192.0.2.9", comment });

it("a sound dossier gets a yes when twins with different comments are taken away (case 22)", () => {
  const golden = goldenOf({ unmanaged: { dns_record: "remove" }, limits: NO_LIMITS });
  const live = {
    dns_record: [twin("a", "one"), twin("b", "two"), twin("c", "three")],
    zone_setting: [],
  };
  expect(votes(must(auditOf({ golden, live, lineage: new Map() })))).toEqual({
    simulation: [],
    policy: [],
    conformance: [],
  });
});

it("a sound dossier gets a yes when a declared record is healed that an ownership rule covers as it is now", () => {
  const golden = goldenOf({
    ownership: [{ ...preview, match: { kind: "dns_record", comment: "*build*" } }],
    resources: { dns_record: [{ name: "www", type: "A", content: "192.0.2.1", ttl: 300 }] },
  });
  const live = {
    dns_record: [record("r1", { content: "192.0.2.1", ttl: 60, comment: "by the build" })],
    zone_setting: [],
  };
  expect(votes(must(auditOf({ golden, live, lineage: new Map() })))).toEqual({
    simulation: [],
    policy: [],
    conformance: [],
  });
});

it.each([
  ["2026-04-30T23:59:50Z", "2026-05-01T00:00:10Z"],
  ["2026-02-28T23:59:50Z", "2026-03-01T00:00:10Z"],
  ["2028-02-29T23:59:50Z", "2028-03-01T00:00:10Z"],
  ["2026-12-31T23:59:50Z", "2027-01-01T00:00:10Z"],
])("a sound dossier gets a yes over the turn of a month: read %s, voted %s", (read, voted) => {
  const input = tampered((dossier) => {
    dossier.evidence.observedAt = instantOf(read);
  });
  const golden = {
    ...sound.golden,
    ownership: sound.golden.ownership.map((rule) => ({ ...rule, expiresAt: null })),
  };
  expect(AUDITS.get("policy")?.({ ...input, golden, now: instantOf(voted) }).reasons).toEqual([]);
});

it("a sound dossier is seen with the risk that it has, and nobody reports less (I13)", () => {
  expect([...AUDITS.values()].map((audit) => audit(sound).tier)).toEqual([0, 1, 0]);
  const person = auditOf({
    ...harbor(),
    golden: goldenOf({ unmanaged: { dns_record: "remove" } }),
  });
  expect(person && AUDITS.get("policy")?.(person)).toMatchObject({ vote: "yes", tier: 2 });
});
