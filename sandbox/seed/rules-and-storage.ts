/** Plants the account's list, the shop's rulesets, namespaces, databases and buckets. */
import { ACCOUNT_ID } from "../identities.ts";
import { LIST_ITEM } from "../lists/items.ts";
import { LIST } from "../lists/list.ts";
import { digestId, digestUuid } from "../model/identifiers.ts";
import { ZONE } from "../model/zone.ts";
import { Rulesets } from "../rulesets/rulesets.ts";
import { D1_DATABASE } from "../storage/d1.ts";
import { KV_NAMESPACE } from "../storage/kv.ts";
import { R2_BUCKET, type StoredBucket } from "../storage/r2.ts";
import type { World } from "../world.ts";
import { HARBOR_BOOKS } from "./harbor-books.ts";
import { HARBOR_BOOKS_RULES, OFFICE_IPS } from "./harbor-books-rules.ts";
import { SEEDED_AT } from "./planting.ts";

export function plantRulesAndStorage(world: World): void {
  plantOfficeIps(world);
  plantRulesets(world);
  plantStorage(world);
}

const TIMES = { created_on: SEEDED_AT, modified_on: SEEDED_AT };

function plantOfficeIps(world: World): void {
  const name = "office_ips";
  const id = digestId("list", name);
  const list = { id, kind: "ip", name, description: "where we work", ...TIMES } as const;
  world.store.shelf(LIST, ACCOUNT_ID).put(list);
  const items = world.store.shelf(LIST_ITEM, id);
  for (const item of OFFICE_IPS) items.put({ id: digestId(id, item.ip), ...item, ...TIMES });
}

function plantRulesets(world: World): void {
  const zone = world.store.shelf(ZONE, ACCOUNT_ID).withKey(HARBOR_BOOKS.name)[0];
  if (zone === undefined) throw new Error("the shop's zone is planted first");
  let count = 0;
  const newId = (): string => digestId("ruleset", zone.id, String(count++));
  const scope = { type: "zones", id: zone.id, plan: zone.plan } as const;
  const rulesets = new Rulesets(world.store, scope, { timestamp: SEEDED_AT, newId });
  for (const [phase, rules] of Object.entries(HARBOR_BOOKS_RULES)) {
    rulesets.replaceEntrypoint(phase, { name: "default", rules });
  }
}

function plantStorage(world: World): void {
  const namespaces = world.store.shelf(KV_NAMESPACE, ACCOUNT_ID);
  for (const title of ["shop-sessions", "feature-flags"]) {
    namespaces.put({ id: digestId("kv", title), title });
  }
  world.store.shelf(D1_DATABASE, ACCOUNT_ID).put({
    id: digestUuid("d1", "orders"),
    name: "orders",
    version: "production",
    created_at: SEEDED_AT,
    jurisdiction: "eu",
    read_replication: { mode: "auto" },
  });
  const buckets = world.store.shelf(R2_BUCKET, ACCOUNT_ID);
  for (const bucket of BUCKETS) buckets.put({ ...bucket, id: `default/${bucket.name}` });
}

const BUCKET = {
  creation_date: SEEDED_AT,
  jurisdiction: "default",
  location: "weur",
  storage_class: "Standard",
} as const;

const BUCKETS: readonly Omit<StoredBucket, "id">[] = [
  {
    ...BUCKET,
    name: "harbor-covers",
    locks: [],
    lifecycle: [
      {
        id: "thumbnails-expire",
        enabled: true,
        conditions: { prefix: "thumbs/" },
        deleteObjectsTransition: { condition: { type: "Age", maxAge: 2_592_000 } },
      },
    ],
  },
  {
    ...BUCKET,
    name: "harbor-audit-log",
    // Tiles and entries never change; the checkpoint beside them does.
    locks: [
      { id: "tiles-forever", enabled: true, prefix: "tile/", condition: { type: "Indefinite" } },
    ],
    lifecycle: [],
  },
];
