import { isObject, type Json } from "../canonical.ts";
import type { ObjectId } from "../ids.ts";
import type { Fields, ObservedResource } from "../resource.ts";

/** The discard address that Cloudflare puts behind a Worker's custom domain (dnscontrol 2509). */
const DISCARD_ADDRESS = "100::";

/** Why the platform owns a record, or null. `meta` is the API's, `fields` are normal, `zone` is the zone's name. */
export function systemReason(meta: Json | undefined, fields: Fields, zone: string): string | null {
  if (isObject(meta) && meta["read_only"] === true) return "read-only: the platform manages it";
  const { type, name } = fields;
  if (type === "SOA") return "SOA records belong to the platform";
  if (type === "NS" && name === zone) return "name servers of the zone itself";
  if (isObject(meta) && typeof meta["origin_worker_id"] === "string") return CUSTOM_DOMAIN;
  return null;
}

const CUSTOM_DOMAIN = "address of a worker's custom domain";

/**
 * A proxied discard address without the platform's mark: most likely a custom domain, but also what anybody may write.
 * So it is only presumed foreign, and a record that used to be a declared one stays ours.
 */
const isDiscarded = ({ type, content, proxied }: Fields): boolean =>
  type === "AAAA" && content === DISCARD_ADDRESS && proxied === true;

const HERITAGE = "heritage=external-dns,";
const CHALLENGE = /^(?:[^ ]+ )_acme-challenge(?:\.|$)/;
/** The record types that external-dns manages, as the prefixes of its marker names. */
const MARKED_TYPES = ["a", "aaaa", "cname", "txt", "ns", "mx", "srv", "naptr", "ptr"];
const MARKER_NAME = new RegExp(`^(${MARKED_TYPES.join("|")})-(.+)$`);
/** What an older marker, at the very name of its record, stands for. */
const UNPREFIXED_TYPES = ["A", "AAAA", "CNAME"];

interface Marker {
  /** Groups (`A www.example.com`) that the marker claims. */
  readonly groups: readonly string[];
  readonly reason: string;
}

/** The marker that a TXT record is, or null. A name can be read both ways (`a-www`); then it claims both. */
function markerOf({ fields }: ObservedResource): Marker | null {
  const { type, name, content } = fields;
  if (type !== "TXT" || typeof content !== "string" || typeof name !== "string") return null;
  if (!content.startsWith(HERITAGE)) return null;
  const pairs = content.split(",").map((pair) => pair.split("="));
  // Text from outside: shown to people, so only what such names are made of.
  const of = (key: string): string =>
    pairs
      .find(([member]) => member === key)?.[1]
      ?.replace(/[^\w./-]/g, "?")
      .slice(0, 100) ?? "unknown";
  const owner = of("external-dns/owner");
  const reason = `external-dns \`${owner}\` owns it for \`${of("external-dns/resource")}\``;
  const prefixed = MARKER_NAME.exec(name);
  const claimed = prefixed === null ? [] : [`${prefixed[1]?.toUpperCase()} ${prefixed[2]}`];
  return { groups: [...claimed, ...UNPREFIXED_TYPES.map((one) => `${one} ${name}`)], reason };
}

function presumption({ group, fields }: ObservedResource): string | null {
  if (CHALLENGE.test(group)) return "ACME challenge in progress or delegated";
  return isDiscarded(fields) ? CUSTOM_DOMAIN : null;
}

/**
 * The records that another controller owns: certificate challenges, which a plain sync would delete in the
 * middle of an issuance, and whatever a heritage marker of external-dns names, the marker included.
 */
export function foreignRecords(
  observed: readonly ObservedResource[],
): ReadonlyMap<ObjectId, string> {
  const reasons = new Map<ObjectId, string>();
  const claims = new Map<string, string>();
  for (const record of observed) {
    const marker = markerOf(record);
    if (marker === null) continue;
    reasons.set(record.id, marker.reason);
    for (const group of marker.groups) claims.set(group, marker.reason);
  }
  for (const record of observed) {
    const reason = claims.get(record.group) ?? presumption(record);
    if (reason !== null) reasons.set(record.id, reason);
  }
  return reasons;
}
