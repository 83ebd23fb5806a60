/** Plants what the account of AWS has besides: the public zone of the shop, and one within its network. */
import { AWS_ACCOUNT_ID } from "../aws/principals.ts";
import { readSet, RECORD_SET, type StoredSet, type StoredZone, ZONE } from "../aws/record-sets.ts";
import { ownSets } from "../aws/route53.ts";
import { leaf, node } from "../aws/xml.ts";
import type { World } from "../world.ts";

const SHOP: StoredZone = {
  id: "Z0HARBORBOOKSPUBLIC1",
  name: "harbor-books.example.",
  isPrivate: false,
  reference: "seed",
};
const INSIDE: StoredZone = { ...SHOP, id: "Z0HARBORBOOKSPRIVATE", isPrivate: true };

const RECORDS = [
  ["status.harbor-books.example.", "A", "300", "192.0.2.90"],
  ["\\052.preview.harbor-books.example.", "CNAME", "60", "preview.harbor-books.example."],
  ["harbor-books.example.", "TXT", "300", '"harbor \\042books\\042"'],
] as const;

export function plantAws(world: World): void {
  const zones = world.store.shelf<StoredZone>(ZONE, AWS_ACCOUNT_ID);
  const sets = world.store.shelf<StoredSet>(RECORD_SET, AWS_ACCOUNT_ID);
  for (const zone of [SHOP, INSIDE]) {
    zones.put(zone);
    for (const set of ownSets(zone)) sets.put(set);
  }
  for (const [name, type, ttl, value] of RECORDS)
    sets.put(
      readSet(
        SHOP,
        node(
          "ResourceRecordSet",
          leaf("Name", name),
          leaf("Type", type),
          leaf("TTL", ttl),
          node("ResourceRecords", node("ResourceRecord", leaf("Value", value))),
        ),
      ),
    );
}
