/** How a seed puts zones, records and settings into the account: unaudited, fixed ids and times. */
import { DNS_RECORD, newRecord, type RecordInput, type StoredRecord } from "../dns/record.ts";
import { ACCOUNT_ID } from "../identities.ts";
import { digestId } from "../model/identifiers.ts";
import { acceptSetting, SETTINGS } from "../model/setting-values.ts";
import { ZONE_SETTING } from "../model/zone-setting.ts";
import { ZONE, type Plan, type StoredZone } from "../model/zone.ts";
import type { World } from "../world.ts";

export interface ZoneSeed {
  readonly id?: string;
  readonly name: string;
  readonly plan?: Plan | undefined;
  readonly records: Iterable<RecordSeed>;
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
}

/** What a client could send, plus what only Cloudflare itself can make. */
export type RecordSeed = RecordInput & {
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
};

/** When the seeded account was built: before any test looks at it. */
export const SEEDED_AT = "2026-03-02T09:14:05.318Z";

export function plantZone(world: World, seed: ZoneSeed): StoredZone {
  const zones = world.store.shelf(ZONE, ACCOUNT_ID);
  const known = zones.withKey(seed.name)[0];
  const zone = known ?? emptyZone(seed);
  if (known === undefined) zones.put(zone);
  const records = world.store.shelf(DNS_RECORD, zone.id);
  for (const record of seed.records) {
    const stored = storedRecord(record, zone, "");
    const twins = records.withKey(stored.name).filter((other) => other.type === stored.type);
    const id = digestId(zone.name, stored.name, stored.type, stored.content, `${twins.length}`);
    records.put({ ...stored, id });
  }
  plantSettings(world, zone, seed.settings ?? {});
  return zone;
}

function storedRecord(seed: RecordSeed, zone: StoredZone, id: string): StoredRecord {
  const stored = newRecord(seed, id, { zone, timestamp: SEEDED_AT });
  return seed.meta === undefined ? stored : { ...stored, meta: seed.meta };
}

function emptyZone({ id, name, plan = "free" }: ZoneSeed): StoredZone {
  return {
    id: id ?? digestId("zone", name),
    name,
    status: "active",
    paused: false,
    type: "full",
    plan,
    name_servers: ["ada.ns.cloudflare.com", "kirk.ns.cloudflare.com"],
    original_name_servers: ["ns1.registrar.example", "ns2.registrar.example"],
    vanity_name_servers: [],
    created_on: "2024-02-05T08:12:44.901Z",
    modified_on: SEEDED_AT,
    activated_on: "2024-02-05T10:03:19.440Z",
  };
}

function plantSettings(
  world: World,
  zone: StoredZone,
  settings: Readonly<Record<string, unknown>>,
): void {
  const shelf = world.store.shelf(ZONE_SETTING, zone.id);
  for (const [id, given] of Object.entries(settings)) {
    const spec = SETTINGS[id];
    if (spec === undefined) throw new Error(`the seed sets the unknown zone setting \`${id}\``);
    shelf.put({ id, value: acceptSetting(id, spec, given), modified_on: SEEDED_AT });
  }
}
