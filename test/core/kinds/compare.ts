import type { Json, JsonObject } from "../../../src/core/canonical.ts";
import { isObjectId, mint } from "../../../src/core/ids.ts";
import { dnsRecord } from "../../../src/core/kinds/dns-record.ts";
import type {
  Change,
  Fault,
  Kind,
  ObservedResource,
  Resource,
  Site,
} from "../../../src/core/resource.ts";
import type { Result } from "../../../src/core/result.ts";

export const ZONE: Site = { level: "zone", id: mint(isObjectId, "z1"), name: "harbor.example" };

export function must<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
  return result.value;
}

export function faultsOf(result: Result<unknown, readonly Fault[]>): readonly Fault[] {
  if (result.ok) throw new Error("was not refused");
  return result.error;
}

/** What `declared`, one item of a list or a whole map, becomes. */
export function declareOne(kind: Kind, declared: unknown): Resource {
  const value = kind.name === dnsRecord.name ? [declared] : declared;
  const [resource] = must(kind.declare(value, ZONE));
  if (resource === undefined) throw new Error("nothing was declared");
  return resource;
}

/** The fields that differ; `group` alone when the two are not even in the same group. */
export function drifted(kind: Kind, desired: Resource, observed: ObservedResource): string[] {
  if (desired.group !== observed.group) return ["group"];
  return Object.entries(desired.fields)
    .filter(([field, value]) => !kind.same(field, value, observed.fields[field] ?? null))
    .map(([field]) => field)
    .toSorted();
}

export const compare = (kind: Kind, golden: unknown, live: Json): string[] =>
  drifted(kind, declareOne(kind, golden), must(kind.observe(live, ZONE)));

/** A record as the API answers it, around the given members. */
export const record = (members: JsonObject): JsonObject => ({
  id: "r1",
  name: "www.harbor.example",
  type: "A",
  proxied: false,
  proxiable: true,
  ttl: 1,
  settings: {},
  meta: {},
  comment: null,
  tags: [],
  created_on: "2026-01-01T00:00:00Z",
  modified_on: "2026-01-01T00:00:00Z",
  ...members,
});

/** Golden and live as they are most often written in a test: the same type and name, differing in little. */
export const compareRecord = (golden: JsonObject, live: JsonObject): string[] =>
  compare(
    dnsRecord,
    { name: "www", type: "A", ...golden },
    record({ type: golden["type"] ?? "A", ...live }),
  );

export const observeRecord = (members: JsonObject): ObservedResource =>
  must(dnsRecord.observe(record(members), ZONE));

export function updateOf(kind: Kind, desired: Resource, observed: ObservedResource): Change {
  return { op: "update", desired, observed, fields: drifted(kind, desired, observed) };
}
