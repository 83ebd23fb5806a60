/** DNSSEC and DNS settings of a zone, and the scan for records, which finds nothing here. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import type { Answer } from "../envelope.ts";
import { digestId } from "../model/identifiers.ts";
import { zoneOf } from "../model/zone.ts";
import type { Call, Operation } from "../product.ts";
import type { Kind } from "../store.ts";

interface StoredDnssec {
  readonly id: "dnssec";
  readonly status: "active" | "disabled";
  readonly dnssec_multi_signer: boolean;
  readonly dnssec_presigned: boolean;
  readonly dnssec_use_nsec3: boolean;
  readonly modified_on: string | null;
}

interface StoredDnsSettings {
  readonly id: "settings";
  readonly said: Readonly<Record<string, unknown>>;
}

const DNSSEC: Kind<StoredDnssec> = { name: "dnssec" };
const DNS_SETTINGS: Kind<StoredDnsSettings> = { name: "dns_settings" };

const UNSIGNED: StoredDnssec = {
  id: "dnssec",
  status: "disabled",
  dnssec_multi_signer: false,
  dnssec_presigned: false,
  dnssec_use_nsec3: false,
  modified_on: null,
};

const dnssecOf = (call: Call): StoredDnssec =>
  call.shelf(DNSSEC, zoneOf(call).id).get(UNSIGNED.id) ?? UNSIGNED;

/** The key is nobody's: it depends on the zone's name alone. */
function shownDnssec(call: Call): Record<string, unknown> {
  const { id: _, ...state } = dnssecOf(call);
  if (state.status === "disabled") return state;
  const { name } = zoneOf(call);
  const digest = digestId("dnssec", name).toUpperCase().padEnd(64, "0");
  const key = {
    algorithm: "13",
    digest,
    digest_algorithm: "SHA256",
    digest_type: "2",
    ds: `${name}. 3600 IN DS 2371 13 2 ${digest}`,
    flags: 257,
    key_tag: 2371,
    key_type: "ECDSAP256SHA256",
    public_key: Buffer.from(digest).toString("base64"),
  };
  return { ...state, ...key };
}

function changed(call: Call, type: string, response: unknown): void {
  const { id, name } = zoneOf(call);
  call.changed({
    action: "update",
    resource: { id, type, product: "dns", scope: "zones" },
    zone: { id, name },
    request: call.body.type === "none" ? null : jsonBody(call.body),
    response,
  });
}

function storeDnssec(call: Call, change: Partial<StoredDnssec>): void {
  const next = { ...dnssecOf(call), ...change, modified_on: call.timestamp };
  call.shelf(DNSSEC, zoneOf(call).id).put(next);
  changed(call, "dnssec", shownDnssec(call));
}

const flag = z.boolean().optional();
const Dnssec = z.object({
  status: z.enum(["active", "disabled"]).optional(),
  dnssec_multi_signer: flag,
  dnssec_presigned: flag,
  dnssec_use_nsec3: flag,
});

function editDnssec(call: Call): Answer {
  const said = Object.entries(call.json(Dnssec)).filter(([, value]) => value !== undefined);
  storeDnssec(call, Object.fromEntries(said));
  return { result: shownDnssec(call) };
}

function removeDnssec(call: Call): Answer {
  storeDnssec(call, { ...UNSIGNED });
  return { result: "" };
}

const INITIAL = {
  flatten_all_cnames: false,
  foundation_dns: false,
  internal_dns: {},
  multi_provider: false,
  nameservers: { type: "cloudflare.standard" },
  ns_ttl: 86_400,
  secondary_overrides: false,
  soa: {
    expire: 604_800,
    min_ttl: 1_800,
    mname: "ada.ns.cloudflare.com",
    refresh: 10_000,
    retry: 2_400,
    rname: "dns.cloudflare.com",
    ttl: 3_600,
  },
  zone_mode: "standard",
};

const settings = (call: Call): Answer => ({
  result: { ...INITIAL, ...call.shelf(DNS_SETTINGS, zoneOf(call).id).get("settings")?.said },
});

const Settings = z.strictObject({
  flatten_all_cnames: flag,
  foundation_dns: flag,
  internal_dns: z.record(z.string(), z.unknown()).optional(),
  multi_provider: flag,
  nameservers: z.looseObject({ type: z.string() }).optional(),
  ns_ttl: z.number().int().min(30).max(86_400).optional(),
  secondary_overrides: flag,
  soa: z.record(z.string(), z.unknown()).optional(),
  zone_mode: z.enum(["standard", "cdn_only", "dns_only"]).optional(),
});

function editSettings(call: Call): Answer {
  const shelf = call.shelf(DNS_SETTINGS, zoneOf(call).id);
  const said = { ...shelf.get("settings")?.said, ...call.json(Settings) };
  shelf.put({ id: "settings", said });
  const answer = settings(call);
  changed(call, "dns_settings", answer.result);
  return answer;
}

/** There is no other name server whose records could be found. */
function scan(call: Call): Answer {
  zoneOf(call);
  return { result: { recs_added: 0, recs_added_by_type: {}, total_records_parsed: 0 } };
}

function trigger(call: Call): Answer {
  zoneOf(call);
  return { result: null };
}

function scanned(call: Call): Answer {
  zoneOf(call);
  return { result: [] };
}

function review(call: Call): Answer {
  zoneOf(call);
  return { result: { accepts: [], rejects: [] } };
}

const ONE = "/zones/:zone_id";
const SCAN = `${ONE}/dns_records/scan`;

export const DNS_SETTINGS_OPERATIONS: readonly Operation[] = [
  {
    method: "GET",
    path: `${ONE}/dnssec`,
    needs: "dns:read",
    handle: (call) => ({ result: shownDnssec(call) }),
  },
  { method: "PATCH", path: `${ONE}/dnssec`, needs: "dns:write", handle: editDnssec },
  { method: "DELETE", path: `${ONE}/dnssec`, needs: "dns:write", handle: removeDnssec },
  { method: "GET", path: `${ONE}/dns_settings`, needs: "dns:read", handle: settings },
  { method: "PATCH", path: `${ONE}/dns_settings`, needs: "dns:write", handle: editSettings },
  { method: "POST", path: SCAN, needs: "dns:write", handle: scan },
  { method: "POST", path: `${SCAN}/trigger`, needs: "dns:write", handle: trigger },
  { method: "GET", path: `${SCAN}/review`, needs: "dns:read", handle: scanned },
  { method: "POST", path: `${SCAN}/review`, needs: "dns:write", handle: review },
];
