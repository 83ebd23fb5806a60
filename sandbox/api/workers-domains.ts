/** Custom domains: a hostname that a Worker answers, with a DNS record that nobody may touch. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import { DNS_RECORD, newRecord, type StoredRecord } from "../dns/record.ts";
import { ApiError, type Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import { digestId, hexId, uuid } from "../model/identifiers.ts";
import { ZONE, type StoredZone } from "../model/zone.ts";
import type { Call, Operation } from "../product.ts";
import { findWorker } from "../workers/account-worker.ts";
import { unknownWorker } from "../workers/refusal.ts";
import { WORKER, type StoredWorker } from "../workers/script.ts";
import type { Kind } from "../store.ts";
import { ownAccount } from "./accounts.ts";

interface StoredDomain {
  readonly id: string;
  readonly hostname: string;
  readonly service: string;
  readonly environment: string;
  readonly zone_id: string;
  readonly zone_name: string;
  readonly cert_id: string;
}

const WORKER_DOMAIN: Kind<StoredDomain> = {
  name: "worker_domain",
  key: (domain) => domain.hostname,
};

/** The discard prefix: an address that nothing ever answers. */
const NOWHERE = "100::";

const Input = z.object({
  hostname: z.string().toLowerCase(),
  service: z.string(),
  environment: z.string().nullish(),
  zone_id: z.string().nullish(),
  zone_name: z.string().nullish(),
  override_existing_dns_record: z.boolean().nullish(),
});
type Input = z.infer<typeof Input>;

const domains = (call: Call) => {
  ownAccount(call);
  return call.shelf(WORKER_DOMAIN, ACCOUNT.id);
};

function find(call: Call): StoredDomain {
  const domain = domains(call).get(call.param("domain_id"));
  if (domain !== undefined) return domain;
  throw new ApiError(404, { code: 100114, message: "Domain does not exist." });
}

/** The zone that is named, or the one that the hostname is in. */
function zoneFor(call: Call, { hostname, zone_id: id, zone_name: name }: Input): StoredZone {
  const isIn = (zone: StoredZone): boolean =>
    hostname === zone.name || hostname.endsWith(`.${zone.name}`);
  const zone = call
    .shelf(ZONE, ACCOUNT.id)
    .list()
    .filter((candidate) => isIn(candidate) && (id ?? candidate.id) === candidate.id)
    .find((candidate) => (name ?? candidate.name) === candidate.name);
  if (zone !== undefined) return zone;
  const message = `The hostname ${hostname} is not in a zone of this account.`;
  throw new ApiError(400, { code: 100115, message });
}

function workerFor(call: Call, { service }: Input): StoredWorker {
  const worker = call.shelf(WORKER, ACCOUNT.id).get(service);
  if (worker === undefined) throw unknownWorker();
  return worker;
}

const isAddressing = ({ type }: StoredRecord): boolean => ["A", "AAAA", "CNAME"].includes(type);
const isOurs = ({ meta }: StoredRecord): boolean => "origin_worker_id" in meta;

function recordChanged(
  call: Call,
  action: "create" | "delete",
  { record, zone }: { readonly record: StoredRecord; readonly zone: StoredZone },
): void {
  call.changed({
    action,
    resource: { id: record.id, type: "dns_record", product: "dns", scope: "zones" },
    zone: { id: zone.id, name: zone.name },
    request: null,
    response: action === "delete" ? null : record,
  });
}

/** Own records are replaced; foreign ones only on request. */
function clearWay(call: Call, zone: StoredZone, { hostname, ...input }: Input): void {
  const shelf = call.shelf(DNS_RECORD, zone.id);
  for (const record of shelf.withKey(hostname).filter(isAddressing)) {
    if (!isOurs(record) && input.override_existing_dns_record !== true) {
      const message = `Hostname '${hostname}' already has externally managed DNS records.`;
      throw new ApiError(409, { code: 100117, message });
    }
    shelf.delete(record.id);
    recordChanged(call, "delete", { record, zone });
  }
}

function addRecord(call: Call, zone: StoredZone, to: { hostname: string; tag: string }): void {
  const input = {
    type: "AAAA",
    name: to.hostname,
    content: NOWHERE,
    proxied: true,
    ttl: 1,
  } as const;
  const made = newRecord(input, hexId(), { zone, timestamp: call.timestamp });
  const record = { ...made, meta: { origin_worker_id: to.tag, read_only: true } };
  call.shelf(DNS_RECORD, zone.id).put(record);
  recordChanged(call, "create", { record, zone });
}

function changed(
  call: Call,
  action: "create" | "update" | "delete",
  said: { readonly domain: StoredDomain; readonly request: unknown },
): void {
  const { domain, request } = said;
  call.changed({
    action,
    resource: { id: domain.id, type: "worker_domain", product: "workers", scope: "accounts" },
    zone: { id: domain.zone_id, name: domain.zone_name },
    request,
    response: action === "delete" ? null : domain,
  });
}

function attach(call: Call, input: Input): StoredDomain {
  const shelf = domains(call);
  const zone = zoneFor(call, input);
  const worker = workerFor(call, input);
  const before = shelf.withKey(input.hostname)[0];
  clearWay(call, zone, input);
  addRecord(call, zone, { hostname: input.hostname, tag: worker.tag });
  const domain: StoredDomain = {
    id: before?.id ?? digestId("worker domain", input.hostname),
    hostname: input.hostname,
    service: worker.id,
    environment: input.environment ?? "production",
    zone_id: zone.id,
    zone_name: zone.name,
    cert_id: before?.cert_id ?? uuid(),
  };
  shelf.put(domain);
  const action = before === undefined ? "create" : "update";
  changed(call, action, { domain, request: jsonBody(call.body) });
  return domain;
}

const put = (call: Call): Answer => ({ result: attach(call, call.json(Input)) });

const Origin = Input.pick({ hostname: true, zone_id: true, zone_name: true });
const Origins = z.object({
  override_existing_dns_record: z.boolean().nullish(),
  override_existing_origin: z.boolean().nullish(),
  origins: z.array(Origin),
});

/** All domains of one Worker; those that it has beside them go. */
function putAll(call: Call): Answer {
  const { id: service } = findWorker(call);
  const {
    origins,
    override_existing_origin: takesOver,
    override_existing_dns_record,
  } = call.json(Origins);
  const hosts = new Set(origins.map(({ hostname }) => hostname));
  const foreign = domains(call)
    .list()
    .find((domain) => hosts.has(domain.hostname) && domain.service !== service);
  if (foreign !== undefined && takesOver !== true) {
    const message = `Hostname '${foreign.hostname}' is already attached to another Worker.`;
    throw new ApiError(409, { code: 100116, message });
  }
  const result = origins.map((origin) =>
    attach(call, { ...origin, service, override_existing_dns_record }),
  );
  for (const domain of domains(call).list()) {
    if (domain.service === service && !hosts.has(domain.hostname)) drop(call, domain);
  }
  return { result };
}

/** What `putAll` would do, without doing it. */
function changeset(call: Call): Answer {
  const { id: service } = findWorker(call);
  const origins = call.json(z.array(Origin));
  const known = domains(call).list();
  const hosts = new Set(origins.map(({ hostname }) => hostname));
  const at = (hostname: string) => known.find((domain) => domain.hostname === hostname);
  const isTaken = ({ hostname, ...origin }: z.infer<typeof Origin>): boolean =>
    call
      .shelf(DNS_RECORD, zoneFor(call, { ...origin, hostname, service }).id)
      .withKey(hostname)
      .some((record) => isAddressing(record) && !isOurs(record));
  const added = origins.filter(({ hostname }) => at(hostname) === undefined);
  const result = {
    added,
    removed: known.filter((one) => one.service === service && !hosts.has(one.hostname)),
    updated: origins.flatMap(({ hostname }) => {
      const domain = at(hostname);
      return domain === undefined ? [] : [{ ...domain, modified: domain.service !== service }];
    }),
    conflicting: added.filter(isTaken),
  };
  return { result };
}

function drop(call: Call, domain: StoredDomain): void {
  const zone = call.shelf(ZONE, ACCOUNT.id).get(domain.zone_id);
  if (zone !== undefined) {
    const records = call.shelf(DNS_RECORD, zone.id);
    for (const record of records.withKey(domain.hostname).filter(isOurs)) {
      records.delete(record.id);
      recordChanged(call, "delete", { record, zone });
    }
  }
  call.shelf(WORKER_DOMAIN, ACCOUNT.id).delete(domain.id);
  changed(call, "delete", { domain, request: null });
}

/** The domains of a Worker go with it. */
export function dropDomains(call: Call, service: string): void {
  for (const domain of domains(call).list()) {
    if (domain.service === service) drop(call, domain);
  }
}

/** Those in a zone go with it. */
export function dropZoneDomains(call: Call, zoneId: string): void {
  const shelf = call.shelf(WORKER_DOMAIN, ACCOUNT.id);
  for (const domain of shelf.list()) if (domain.zone_id === zoneId) drop(call, domain);
}

function remove(call: Call): Answer {
  drop(call, find(call));
  return { result: null };
}

const one = (call: Call): Answer => ({ result: find(call) });

function list(call: Call): Answer {
  const fields = ["environment", "hostname", "service", "zone_id", "zone_name"] as const;
  const found = domains(call)
    .list()
    .filter((domain) =>
      fields.every((field) => (call.query.text(field) ?? domain[field]) === domain[field]),
    );
  return { result: found };
}

const DOMAINS = "/accounts/:account_id/workers/domains";
const DOMAIN = `${DOMAINS}/:domain_id`;
/** The same under the names that `wrangler` knows. */
const RECORDS = `${DOMAINS}/records`;
const OF_SCRIPT = "/accounts/:account_id/workers/scripts/:script_name/domains";

export const WORKERS_DOMAINS: readonly Operation[] = [
  { method: "GET", path: DOMAINS, needs: "workers:read", handle: list },
  { method: "PUT", path: DOMAINS, needs: "workers:write", handle: put },
  { method: "GET", path: DOMAIN, needs: "workers:read", handle: one },
  { method: "DELETE", path: DOMAIN, needs: "workers:write", handle: remove },
  { method: "GET", path: RECORDS, needs: "workers:read", handle: list },
  { method: "GET", path: `${RECORDS}/:domain_id`, needs: "workers:read", handle: one },
  { method: "PUT", path: `${OF_SCRIPT}/records`, needs: "workers:write", handle: putAll },
  { method: "POST", path: `${OF_SCRIPT}/changeset`, needs: "workers:read", handle: changeset },
];
