/** The states to which the account can be reset. */
import { DNS_RECORD } from "../dns/record.ts";
import { ACCOUNT_ID } from "../identities.ts";
import { ZONE } from "../model/zone.ts";
import type { World } from "../world.ts";
import { plantAws } from "./aws.ts";
import { HARBOR_API } from "./harbor-api.ts";
import { HARBOR_BOOKS } from "./harbor-books.ts";
import { plantLogpush } from "./logpush.ts";
import { plantRulesAndStorage } from "./rules-and-storage.ts";
import { plantZone, type ZoneSeed } from "./planting.ts";
import { plantWorkers } from "./workers.ts";
import { plantZeroTrust } from "./zero-trust.ts";

const SEEDS = { default: [HARBOR_BOOKS, HARBOR_API], empty: [] } as const satisfies Readonly<
  Record<string, readonly ZoneSeed[]>
>;

export type SeedName = keyof typeof SEEDS;

export const SEED_NAMES = ["default", "empty"] as const satisfies readonly SeedName[];

/** Back to a seed: nothing of what happened since is kept. */
export function resetTo(world: World, name: SeedName): void {
  world.store.transaction(() => {
    world.clear();
    for (const zone of SEEDS[name]) plantZone(world, zone);
    if (name === "default") plantProducts(world);
    seeded(world).set(true);
  });
}

function plantProducts(world: World): void {
  plantRulesAndStorage(world);
  plantWorkers(world);
  plantZeroTrust(world);
  plantLogpush(world);
  plantAws(world);
}

/** A new account starts seeded; a restarted one keeps what it had. */
export function seedOnce(world: World): void {
  if (!seeded(world).get()) resetTo(world, "default");
}

const seeded = (world: World) => world.store.cell("seeded", false);

export function zoneSummary(world: World): { id: string; name: string; records: number }[] {
  return world.store
    .shelf(ZONE, ACCOUNT_ID)
    .list()
    .map(({ id, name }) => ({ id, name, records: world.store.shelf(DNS_RECORD, id).size }));
}
