// Edits of address records of the shop's zone, as somebody in the dashboard makes them. Each has
// another value, so that the loop detector sees no loop.
import { Failure } from "../scripts/json-client.mjs";

export const ZONE = "harbor-books.example";
export const SCOPE = `zone:${ZONE}`;

const NAMES = ["bastion", "staging", "checkout", "*", "bücher"];
const HOSTS = 250;

export async function editableRecords(account) {
  const zone = await account.zone(ZONE);
  const records = await account.records(zone.id);
  return NAMES.map((short) => {
    const names = [`${short}.${ZONE}`, new URL(`http://${short}.${ZONE}`).hostname];
    const record = records.find(({ type, name }) => type === "A" && names.includes(name));
    if (record === undefined) throw new Failure(`${ZONE} has no A ${short}`);
    return { path: `/zones/${zone.id}/dns_records/${record.id}`, golden: record.content };
  });
}

/** The address of the edit number `index`; never one that the zone has. */
export const strangeAddress = (index) =>
  `198.18.${Math.floor(index / HOSTS)}.${(index % HOSTS) + 1}`;
