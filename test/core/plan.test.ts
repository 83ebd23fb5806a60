import * as fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalise, type JsonObject } from "../../src/core/canonical.ts";
import { diff } from "../../src/core/diff.ts";
import { observe } from "../../src/core/observation.ts";
import {
  createdId,
  openPlan,
  plan,
  type Plan,
  seal,
  type SealedPlan,
} from "../../src/core/plan.ts";
import type { ApiRequest, ObservedResource } from "../../src/core/resource.ts";
import { inverseCalls, simulate } from "../../src/core/simulate.ts";
import { basisMoved, unpredicted } from "../../src/core/verification.ts";
import {
  type Drifted,
  drifted,
  goldenOf,
  type Live,
  liveFrom,
  must,
  NOW,
  observed,
  readingsOf,
  record,
  SCOPE,
  setting,
  ZONE,
} from "./harbor.ts";

type Zone = Pick<Drifted, "golden" | "live" | "lineage">;

const changesOf = ({ golden, live, lineage }: Zone) =>
  diff({ golden, observed: observed(live).resources, lineage, site: ZONE, now: NOW }).changes;

function planOf(zone: Zone): SealedPlan {
  const proposal = {
    type: "revert",
    goldenGeneration: 1,
    goldenDigest: zone.golden.digest,
    requestedBy: "olga",
  } as const;
  return plan({
    scope: SCOPE,
    site: ZONE,
    epoch: 1,
    parent: null,
    proposal,
    changes: changesOf(zone),
  });
}

const indexed = ({ steps }: Plan) => steps.map((step, index) => [index, step] as const);
const stateOf = (readings: Parameters<typeof observe>[0]) =>
  must(observe(readings, ZONE, NOW)).resources;
const applied = (live: Live, { calls }: Plan) => must(simulate(readingsOf(live), ZONE, calls));

/** What is there, whatever the ids. */
const values = (resources: readonly ObservedResource[]): string[] =>
  resources.map(({ kind, fields }) => canonicalise([kind, fields])).toSorted();

const at = `/zones/z1/dns_records`;

const operationsOf = ({ request: { path, body } }: Plan["calls"][number]): number =>
  path.endsWith("/batch") ? Object.values(body ?? {}).flat().length : 1;

const addressed = (name: string, more: JsonObject) =>
  record(name, { name: `${name}.harbor.example`, content: "192.0.2.1", ...more });

/** A zone with `count` records whose ttl was changed, and as many rogues. */
function large(count: number): Zone {
  const names = Array.from({ length: count }, (_, index) => `n${index}`);
  const golden = goldenOf({
    unmanaged: { dns_record: "remove" },
    resources: { dns_record: names.map((name) => ({ name, type: "A", content: "192.0.2.1" })) },
  });
  const live = {
    zone_setting: [],
    dns_record: names.flatMap((name) => [addressed(name, { ttl: 60 }), addressed(`x${name}`, {})]),
  };
  return { golden, live, lineage: new Map() };
}

it("a plan is the same for the same input, and named by what is in it", () => {
  fc.assert(
    fc.property(drifted, (zone) => {
      const [first, second] = [planOf(zone), planOf(zone)];
      expect(second).toEqual(first);
      expect(openPlan(JSON.parse(JSON.stringify(first.plan)) as Plan, digestsOf(first)).ok).toBe(
        true,
      );
    }),
  );
});

it("a plan has every step in exactly one call, and at most 200 operations a call", () => {
  fc.assert(
    fc.property(fc.oneof(drifted, fc.integer({ min: 1, max: 450 }).map(large)), (zone) => {
      const { steps, calls } = planOf(zone).plan;
      const covered = calls.flatMap((call) => call.steps);
      expect(covered.toSorted((a, b) => a - b)).toEqual([...steps.keys()]);
      for (const call of calls) {
        expect(call.steps.length).toBeLessThanOrEqual(200);
        expect(operationsOf(call)).toBe(call.steps.length);
      }
    }),
  );
});

const digestsOf = ({ digest, stateDigest }: SealedPlan) => ({ planDigest: digest, stateDigest });

const zone: Zone = {
  golden: goldenOf({
    unmanaged: { dns_record: "remove" },
    resources: {
      dns_record: [
        { name: "www", type: "A", content: "192.0.2.1", ttl: 300 },
        { name: "new", type: "A", content: "192.0.2.2" },
      ],
      zone_setting: { ssl: "strict" },
    },
  }),
  live: {
    dns_record: [
      record("r1", { content: "192.0.2.1", ttl: 60 }),
      record("x1", { content: "192.0.2.9", name: "rogue.harbor.example" }),
    ],
    zone_setting: [setting("ssl", "off")],
  },
  lineage: new Map(),
};

it("a plan says for each step what is before, what will be after, and how to undo it", () => {
  const { plan: content } = planOf(zone);
  expect(content.steps).toMatchObject([
    {
      op: "delete",
      identity: "A rogue.harbor.example 192.0.2.9",
      before: { id: "x1" },
      after: null,
      inverse: {
        method: "POST",
        path: at,
        body: { name: "rogue.harbor.example", content: "192.0.2.9" },
      },
    },
    {
      op: "update",
      before: { id: "r1", fields: { ttl: 60 } },
      after: { id: "r1", fields: { ttl: 300 } },
      inverse: { method: "PATCH", path: `${at}/r1`, body: { ttl: 60 } },
    },
    {
      op: "create",
      before: null,
      after: { id: null, fields: { content: "192.0.2.2" } },
      inverse: { method: "DELETE", path: `${at}/${createdId(2)}`, body: null },
    },
    {
      op: "update",
      kind: "zone_setting",
      inverse: { method: "PATCH", path: "/zones/z1/settings/ssl", body: { value: "off" } },
    },
  ]);
  expect(
    content.calls.map(({ request: { method, path }, steps }) => [method, path, steps]),
  ).toEqual([
    ["POST", `${at}/batch`, [0, 1, 2]],
    ["PATCH", "/zones/z1/settings/ssl", [3]],
  ]);
});

it("a plan gets other digests when anything in it changes, and cannot be opened under the old ones (I2)", () => {
  const made = planOf(zone);
  const [content, digests] = [made.plan, digestsOf(made)];
  const paths: (string | number)[][] = [];
  const walk = (value: unknown, path: (string | number)[]): void => {
    if (value === null || typeof value !== "object") paths.push(path);
    else for (const [key, member] of Object.entries(value)) walk(member, [...path, key]);
  };
  walk(content, []);
  expect(paths.length).toBeGreaterThan(80);
  for (const path of paths) {
    const copy = JSON.parse(JSON.stringify(content)) as Plan;
    const parent = path
      .slice(0, -1)
      .reduce<Record<string, unknown>>(
        (node, key) => node[key] as Record<string, unknown>,
        copy as unknown as Record<string, unknown>,
      );
    const last = path.at(-1) ?? "";
    parent[last] = parent[last] === "tampered" ? "x" : "tampered";
    expect(openPlan(copy, digests), path.join(".")).toEqual({
      ok: false,
      error: { reason: "plan_digest_mismatch" },
    });
  }
  expect(openPlan({ ...content, steps: content.steps.toReversed() }, digests).ok).toBe(false);
  expect(openPlan({ ...content, more: 1 } as Plan, digests).ok).toBe(false);
});

it("what is opened are the bytes that were digested, whatever RPC can carry beside JSON", () => {
  const { plan: content, digest, stateDigest } = planOf(zone);
  const strange = { ...content, parent: {} } as never as Plan;
  const sealed = seal(strange);
  const handed = { ...strange, parent: new Date(0) } as never as Plan;
  const opened = openPlan(handed, { planDigest: sealed.digest, stateDigest: sealed.stateDigest });
  expect(JSON.stringify(opened.ok && opened.value.plan.parent)).toBe("{}");
  const known = openPlan(content, { planDigest: digest, stateDigest });
  expect(known.ok && known.value.plan).toEqual(JSON.parse(JSON.stringify(content)));
});

it("a plan is empty once it has been carried out", () => {
  fc.assert(
    fc.property(drifted, (before) => {
      const { plan: content } = planOf(before);
      const live = liveFrom(applied(before.live, content));
      expect(changesOf({ ...before, live })).toEqual([]);
    }),
  );
});

it("a plan predicts what its calls do, and its basis is what it was computed from (I4)", () => {
  fc.assert(
    fc.property(drifted, ({ live, ...rest }) => {
      const { plan: content } = planOf({ live, ...rest });
      const after = stateOf(applied(live, content));
      expect(basisMoved(indexed(content), stateOf(readingsOf(live)))).toEqual([]);
      expect(unpredicted(indexed(content), after)).toEqual([]);
      const moved = content.steps.filter(
        ({ before, after: image }) => JSON.stringify(before) !== JSON.stringify(image),
      );
      expect(basisMoved(indexed(content), after)).toHaveLength(moved.length);
    }),
  );
});

it("a plan has inverses that lead back to where it began", () => {
  fc.assert(
    fc.property(drifted, ({ live, ...rest }) => {
      const { plan: content } = planOf({ live, ...rest });
      const undone = must(simulate(applied(live, content), ZONE, inverseCalls(content.steps)));
      expect(values(stateOf(undone))).toEqual(values(stateOf(readingsOf(live))));
    }),
  );
});

it("a plan may be undone after any of its calls", () => {
  fc.assert(
    fc.property(fc.integer({ min: 101, max: 150 }).map(large), ({ live, ...rest }) => {
      const { plan: content } = planOf({ live, ...rest });
      for (let count = 0; count <= content.calls.length; count += 1) {
        const calls = content.calls.slice(0, count);
        const done = new Set(calls.flatMap(({ steps }) => steps));
        const inverses = inverseCalls(content.steps).filter(
          ({ steps: [step] }) => step !== undefined && done.has(step),
        );
        const undone = must(
          simulate(must(simulate(readingsOf(live), ZONE, calls)), ZONE, inverses),
        );
        expect(values(stateOf(undone))).toEqual(values(stateOf(readingsOf(live))));
      }
    }),
    { numRuns: 5 },
  );
});

const live: Live = {
  dns_record: [record("r1", { content: "192.0.2.1" })],
  zone_setting: [setting("ssl", "full")],
};
type Sent = [
  method: ApiRequest["method"],
  path: string,
  body?: JsonObject | null,
  steps?: number[],
];
const run = (...[method, path, body = null, steps = [0]]: Sent) =>
  simulate(readingsOf(live), ZONE, [{ request: { method, path, body }, steps }]);

it.each([
  ["a collection that was not read", run("POST", "/zones/z1/page_rules", {})],
  ["another zone", run("PATCH", "/zones/z2/dns_records/r1", {})],
  ["a path that climbs out", run("DELETE", "/zones/z1/dns_records/..")],
  ["the zone itself", run("DELETE", "/zones/z1")],
  ["an object that is not there", run("PATCH", "/zones/z1/dns_records/r2", {})],
  ["a deletion of what is not there", run("DELETE", "/zones/z1/dns_records/r2")],
  ["a PATCH of a collection", run("PATCH", "/zones/z1/dns_records", {})],
  ["a POST to an object", run("POST", "/zones/z1/dns_records/r1", {})],
  ["a POST without a body", run("POST", "/zones/z1/dns_records")],
  ["a longer path", run("POST", "/zones/z1/dns_records/batch/now", {})],
  [
    "more operations than steps",
    run("POST", "/zones/z1/dns_records/batch", { deletes: [{ id: "r1" }], posts: [{}] }),
  ],
  ["fewer operations than steps", run("POST", "/zones/z1/dns_records/batch", {})],
  [
    "a batch that is no list",
    run("POST", "/zones/z1/dns_records/batch", { deletes: { id: "r1" } }),
  ],
  [
    "an operation that is no object",
    run("POST", "/zones/z1/dns_records/batch", { deletes: ["r1"] }),
  ],
  [
    "two deletions of one object",
    run("POST", "/zones/z1/dns_records/batch", { deletes: [{ id: "r1" }, { id: "r1" }] }, [0, 1]),
  ],
])("simulate does not pretend to understand %s", (_, result) => {
  expect(result.ok).toBe(false);
});

it("simulate merges on PATCH, replaces on PUT and leaves everything else as it was", () => {
  const patched = liveFrom(must(run("PATCH", "/zones/z1/dns_records/r1", { ttl: 60 })));
  expect(patched.dns_record).toEqual([{ ...live.dns_record[0], ttl: 60 }]);
  expect(patched.zone_setting).toEqual(live.zone_setting);
  const put = liveFrom(must(run("PUT", "/zones/z1/dns_records/r1", { ttl: 60 })));
  expect(put.dns_record).toEqual([{ id: "r1", ttl: 60 }]);
});

it("simulate carries a batch out in the order of the API, whatever the order in the body", () => {
  const body = { posts: [{ name: "n" }], patches: [{ id: "r1", ttl: 60 }] };
  const after = liveFrom(must(run("POST", "/zones/z1/dns_records/batch", body, [1, 0])));
  expect(after.dns_record.map(({ id }) => id)).toEqual(["r1", createdId(0)]);
});

it("simulate does not change what it was given", () => {
  const before = JSON.stringify(live);
  run("DELETE", "/zones/z1/dns_records/r1");
  run("PATCH", "/zones/z1/dns_records/r1", { ttl: 60 });
  expect(JSON.stringify(live)).toBe(before);
});

const golden = goldenOf({
  unmanaged: { dns_record: "remove" },
  resources: {
    dns_record: [
      { name: "www", type: "A", content: "192.0.2.1", ttl: 300 },
      { name: "new", type: "A", content: "192.0.2.2" },
    ],
  },
});
const r1 = record("r1", { content: "192.0.2.1", ttl: 60 });
const x1 = record("x1", { content: "192.0.2.9", name: "rogue.harbor.example" });
const dns = (...dns_record: JsonObject[]): Live => ({ dns_record, zone_setting: [] });
const { plan: content } = planOf({ golden, live: dns(r1, x1), lineage: new Map() });
const created = record("c1", { name: "new.harbor.example", content: "192.0.2.2" });
const moved = (...objects: JsonObject[]) =>
  basisMoved(indexed(content), observed(dns(...objects)).resources).map(
    ({ step, expected, fields }) => [step, expected, ...fields],
  );
const wrong = (...objects: JsonObject[]) =>
  unpredicted(indexed(content), observed(dns(...objects)).resources).map(
    ({ step, expected, fields }) => [step, expected, ...fields],
  );

it("verification lets a plan go on only where its basis still stands (I2)", () => {
  expect(moved(r1, x1)).toEqual([]);
  expect(
    moved(x1, r1, record("z9", { name: "else.harbor.example", content: "192.0.2.7" })),
  ).toEqual([]);
  expect(moved(r1)).toEqual([[0, "present"]]);
  expect(moved(x1)).toEqual([[1, "present"]]);
  expect(moved({ ...r1, ttl: 90 }, x1)).toEqual([[1, "as_planned", "ttl"]]);
  expect(moved({ ...r1, comment: "new" }, x1)).toEqual([[1, "as_planned", "comment"]]);
  expect(moved({ ...r1, content: "203.0.113.1" }, x1)).toEqual([[1, "as_planned", "content"]]);
  expect(moved(r1, { ...x1, content: "203.0.113.1" })).toEqual([[0, "as_planned", "content"]]);
  expect(moved(r1, x1, created)).toEqual([[2, "absent"]]);
});

it("verification verifies only what turned out as predicted (I4)", () => {
  const healed = { ...r1, ttl: 300 };
  expect(wrong(healed, created)).toEqual([]);
  expect(wrong(healed, created, x1)).toEqual([[0, "absent"]]);
  expect(wrong(r1, created)).toEqual([[1, "as_planned", "ttl"]]);
  expect(wrong(created)).toEqual([[1, "present"]]);
  expect(wrong(healed)).toEqual([[2, "present"]]);
  expect(wrong(healed, { ...created, proxied: true })).toEqual([[2, "as_planned", "proxied"]]);
});

const hsts = (more: JsonObject) =>
  setting("security_header", {
    strict_transport_security: { enabled: false, max_age: 0, ...more },
  });

it("verification sees a nested member that was added since as another basis (I2)", () => {
  const declared = goldenOf({
    resources: {
      zone_setting: { security_header: { strict_transport_security: { enabled: true } } },
    },
  });
  const before = { dns_record: [], zone_setting: [hsts({})] };
  const heal = planOf({ golden: declared, live: before, lineage: new Map() }).plan;
  expect(heal.steps).toHaveLength(1);
  const since = observed({ dns_record: [], zone_setting: [hsts({ preload: true })] }).resources;
  expect(basisMoved(indexed(heal), since)).toMatchObject([
    { expected: "as_planned", fields: ["value"] },
  ]);
});
