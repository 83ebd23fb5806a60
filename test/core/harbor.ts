import * as fc from "fast-check";
import { vi } from "vitest";
import { digestOf, type Json, type JsonObject } from "../../src/core/canonical.ts";
import { type GoldenState, parseGolden } from "../../src/core/golden.ts";
import {
  type Instant,
  instantOf,
  isObjectId,
  isScopeId,
  mint,
  type ObjectId,
} from "../../src/core/ids.ts";
import {
  type Lineage,
  type Observation,
  observe,
  type Reading,
} from "../../src/core/observation.ts";
import type { PlanParts } from "../../src/core/plan-parts.ts";
import { lineageOf } from "../../src/core/reconcile.ts";
import type { Site } from "../../src/core/resource.ts";
import type { Result } from "../../src/core/result.ts";

/** One zone, its golden state, what is live in it, and ways to let it drift. */

/** How many generated zones a property is tried on: few at every run, many in the full one. */
export const RUNS = process.env["DRIFTLESS_FULL"] === undefined ? 20 : 1000;
fc.configureGlobal({ numRuns: RUNS });
if (RUNS > 100) vi.setConfig({ testTimeout: 300_000 });

export const ZONE: Site = { level: "zone", id: mint(isObjectId, "z1"), name: "harbor.example" };
export const SCOPE = mint(isScopeId, "zone:harbor.example");
/** The parts of some plan, where it is only about digests. */
export const PARTS: PlanParts = {
  site: digestOf("site"),
  basis: digestOf("basis"),
  requests: digestOf("requests"),
  order: digestOf("order"),
  inverses: digestOf("inverses"),
};
export const NOW: Instant = instantOf("2026-03-01T12:00:00Z");
export const NOW_MS = 1_772_366_400_000;

export function must<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
  return result.value;
}

/** A golden document around the given members of its spec. */
export const documentOf = (spec: Readonly<Record<string, unknown>>) => ({
  apiVersion: "driftless.dev/v1",
  kind: "GoldenState",
  metadata: { scope: SCOPE },
  spec: { resources: {}, ...spec },
});

export const goldenOf = (spec: Readonly<Record<string, unknown>>): GoldenState =>
  must(parseGolden(documentOf(spec), SCOPE, ZONE));

/** A record as the API answers it, around the given members. */
export const record = (id: string, members: JsonObject): JsonObject => ({
  id,
  type: "A",
  name: "www.harbor.example",
  proxied: false,
  proxiable: true,
  ttl: 1,
  settings: {},
  meta: {},
  comment: null,
  tags: [],
  ...members,
});

export const setting = (id: string, value: Json): JsonObject => ({ id, value, editable: true });

/** What is live, by kind, as the API gives it. */
export interface Live {
  readonly dns_record: readonly JsonObject[];
  readonly zone_setting: readonly JsonObject[];
}

/** The live state that is exactly the golden one. */
export function liveOf(golden: GoldenState): Live {
  const of = (kind: string) => golden.resources.filter((resource) => resource.kind === kind);
  return {
    dns_record: of("dns_record").map(({ fields }, index) => record(`r${index}`, fields)),
    zone_setting: of("zone_setting").map(({ identity, fields }) =>
      setting(identity, fields["value"] ?? null),
    ),
  };
}

export const readingsOf = (live: Live): readonly Reading[] =>
  Object.entries(live).map(([kind, objects]) => ({ kind, objects, claimedTotal: objects.length }));

export const observed = (live: Live): Observation => must(observe(readingsOf(live), ZONE, NOW));

export const lineageFrom = (live: Live): Lineage => lineageOf(observed(live));
export const objectId = (id: string): ObjectId => mint(isObjectId, id);

/** The reading of a simulated state back as live objects. */
export function liveFrom(readings: readonly Reading[]): Live {
  const of = (name: string) =>
    readings.flatMap(({ kind, objects }) => (kind === name ? objects : [])) as JsonObject[];
  return { dns_record: of("dns_record"), zone_setting: of("zone_setting") };
}

const LABELS = ["@", "www", "api", "shop", "mail", "a.b", "_sip._tcp", "*"];
const addresses = fc.uniqueArray(fc.ipV4(), { minLength: 1, maxLength: 3 });
const ttl = fc.constantFrom("auto", 300, 3600);
const comment = fc.option(fc.constantFrom("shop front", "", "one per rack"), { nil: undefined });

const declared = (members: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** The records of one name: an alias, or addresses, texts, mail servers and services side by side. */
const recordsAt = (name: string): fc.Arbitrary<readonly Record<string, unknown>[]> =>
  fc.oneof(
    fc
      .tuple(fc.boolean(), comment)
      .map(([proxied, note]) => [
        declared({ name, type: "CNAME", content: "target.example.net", proxied, comment: note }),
      ]),
    fc
      .record({
        v4: addresses,
        proxied: fc.boolean(),
        ttl,
        note: comment,
        txt: fc.uniqueArray(fc.stringMatching(/^[a-z=; ]{1,20}[a-z]$/), { maxLength: 2 }),
        mx: fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { maxLength: 2 }),
        port: fc.option(fc.integer({ min: 1, max: 65_535 })),
      })
      .map(({ v4, proxied, ttl: seconds, note, txt, mx, port }) => [
        ...v4.map((content) =>
          declared({ name, type: "A", content, proxied, ttl: seconds, comment: note }),
        ),
        ...txt.map((content) => ({ name, type: "TXT", content, ttl: seconds })),
        ...mx.map((priority) => ({
          name,
          type: "MX",
          content: `mx${priority}.example.net`,
          priority,
        })),
        ...(port === null
          ? []
          : [
              {
                name,
                type: "SRV",
                data: { priority: 0, weight: 1, port, target: "sip.example.net" },
              },
            ]),
      ]),
  );

const settings = fc.record(
  {
    ssl: fc.constantFrom("full", "strict"),
    min_tls_version: fc.constantFrom("1.2", "1.3"),
    always_use_https: fc.constantFrom("on", "off"),
  },
  { requiredKeys: [] },
);

/** Resources that do not contradict each other, at least one record. */
export const resources = fc
  .tuple(fc.shuffledSubarray(LABELS, { minLength: 1 }), settings)
  .chain(([labels, zoneSettings]) =>
    fc.tuple(...labels.map(recordsAt)).map((perName) => ({
      dns_record: perName.flat(),
      zone_setting: zoneSettings,
    })),
  );

/** Limits that stand in nobody's way. */
export const NO_LIMITS = { deletes: 10_000, delete_percent: 100, creates: 100_000 };

/** One thing that somebody does to the zone behind our back, and what we are expected to do about it. */
export interface Deed {
  readonly what: "edit_value" | "edit_ttl" | "edit_comment" | "delete" | "nothing";
}

export interface Drifted {
  readonly golden: GoldenState;
  readonly before: Live;
  readonly live: Live;
  readonly lineage: Lineage;
  /** `op identity` of every change that `diff` has to find, sorted. */
  readonly expected: readonly string[];
  /** Identities of what was added. */
  readonly rogues: readonly string[];
}

const DEEDS = ["edit_value", "edit_ttl", "edit_comment", "delete", "nothing"] as const;

interface Doing {
  readonly deed: Deed["what"];
  readonly index: number;
}

/** The live object after `deed`, and the operation that undoes it; the deed is skipped where it changes nothing. */
function doTo(
  raw: JsonObject,
  { deed, index }: Doing,
): { raw: JsonObject | null; op: string | null } {
  const same = { raw, op: null };
  switch (deed) {
    case "edit_value":
      return raw["type"] === "A"
        ? { raw: { ...raw, content: `203.0.113.${index % 250}` }, op: "update" }
        : same;
    case "edit_ttl":
      return raw["proxied"] === true ? same : { raw: { ...raw, ttl: 7200 }, op: "update" };
    case "edit_comment":
      return typeof raw["comment"] === "string"
        ? { raw: { ...raw, comment: "edited" }, op: "update" }
        : { raw: { ...raw, comment: "nobody declared one" }, op: null };
    case "delete":
      return { raw: null, op: "create" };
    case "nothing":
      return same;
  }
}

/** A zone whose live state has drifted in known ways; rogues stand at names of their own. */
export const drifted: fc.Arbitrary<Drifted> = fc
  .record({
    resources,
    unmanaged: fc.constantFrom("remove", "report"),
    deeds: fc.array(fc.constantFrom(...DEEDS), { minLength: 1, maxLength: 40 }),
    rogues: fc.uniqueArray(fc.integer({ min: 1, max: 250 }), { maxLength: 3 }),
    settingsMoved: fc.boolean(),
  })
  .map(({ resources: declaredResources, unmanaged, deeds, rogues, settingsMoved }) => {
    const golden = goldenOf({
      resources: declaredResources,
      unmanaged: { dns_record: unmanaged },
      limits: NO_LIMITS,
    });
    const before = liveOf(golden);
    const records = golden.resources.filter(({ kind }) => kind === "dns_record");
    const expected: string[] = [];
    const objects = before.dns_record.flatMap((raw, index) => {
      const { raw: after, op } = doTo(raw, { deed: deeds[index] ?? "nothing", index });
      if (op !== null) expected.push(`${op} ${records[index]?.identity}`);
      return after === null ? [] : [after];
    });
    const added = rogues.map((number) =>
      record(`x${number}`, {
        name: `rogue${number}.harbor.example`,
        content: `198.51.100.${number}`,
      }),
    );
    const identities = rogues.map(
      (number) => `A rogue${number}.harbor.example 198.51.100.${number}`,
    );
    if (unmanaged === "remove")
      expected.push(...identities.map((identity) => `delete ${identity}`));
    const moved = before.zone_setting.map((raw) => {
      if (!settingsMoved || raw["id"] !== "ssl") return raw;
      expected.push("update ssl");
      return { ...raw, value: "off" };
    });
    return {
      golden,
      before,
      live: { dns_record: [...objects, ...added], zone_setting: moved },
      lineage: lineageFrom(before),
      expected: expected.toSorted(),
      rogues: identities,
    };
  });
