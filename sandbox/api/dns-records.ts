/** DNS records of a zone: list, create, read, PATCH, PUT, DELETE, batch, export, import. */
import { z } from "zod";
import { ApiError, type Answer } from "../envelope.ts";
import { refuseConflicts } from "../dns/conflicts.ts";
import { ordered, recordFilter } from "../dns/filters.ts";
import {
  DNS_RECORD,
  isIdentical,
  merged,
  newRecord,
  parseRecord,
  RecordPatch,
  refuseReadOnly,
  replaced,
  type StoredRecord,
} from "../dns/record.ts";
import { withShadowMetadata } from "../dns/shadow.ts";
import { exportZone, parseZoneFile } from "../dns/zone-file.ts";
import { PLAN_LIMITS, zoneOf, type StoredZone } from "../model/zone.ts";
import { jsonBody } from "../api-request.ts";
import { parseBody, type Call, type Operation } from "../product.ts";
import type { Shelf } from "../store.ts";

const PER_PAGE = { min: 1, max: 5_000_000, initial: 100 };

/** One zone's records within one call: each change is checked, stored and audited. */
class ZoneRecords {
  readonly zone: StoredZone;
  readonly shelf: Shelf<StoredRecord>;
  readonly #call: Call;

  constructor(call: Call) {
    this.zone = zoneOf(call);
    this.shelf = call.shelf(DNS_RECORD, this.zone.id);
    this.#call = call;
  }

  find(id: string): StoredRecord {
    const record = this.shelf.get(id);
    if (record !== undefined) return record;
    throw new ApiError(404, { code: 81044, message: "Record does not exist." });
  }

  create(body: unknown): StoredRecord {
    const id = crypto.randomUUID().replaceAll("-", "");
    return this.#store("create", newRecord(parseRecord(body), id, this.#setting()), body);
  }

  replace(id: string, body: unknown): StoredRecord {
    const before = this.#writable(id);
    return this.#store("update", replaced(before, parseRecord(body), this.#setting()), body);
  }

  patch(id: string, body: unknown): StoredRecord {
    const before = this.#writable(id);
    const input = merged(before, parseBody(body, RecordPatch));
    return this.#store("update", replaced(before, input, this.#setting()), body);
  }

  delete(id: string): StoredRecord {
    const record = this.#writable(id);
    this.shelf.delete(id);
    this.#changed("delete", record, null);
    return record;
  }

  /** The answer, with shadow metadata if the request asks for it. */
  shown(records: readonly StoredRecord[]): readonly StoredRecord[] {
    if (this.#call.query.flag("include_shadow_metadata") !== true) return records;
    return withShadowMetadata(records, this.shelf.list(), this.zone.name);
  }

  #setting() {
    return { zone: this.zone, timestamp: this.#call.timestamp };
  }

  #writable(id: string): StoredRecord {
    const record = this.find(id);
    refuseReadOnly(record);
    return record;
  }

  #store(action: "create" | "update", record: StoredRecord, body: unknown): StoredRecord {
    refuseConflicts(record, this.shelf, { apex: this.zone.name, options: this.#call.options });
    this.shelf.put(record);
    this.#changed(action, record, body);
    return record;
  }

  #changed(action: "create" | "update" | "delete", record: StoredRecord, body: unknown): void {
    this.#call.changed({
      action,
      resource: { id: record.id, type: "dns_record", product: "dns", scope: "zones" },
      zone: { id: this.zone.id, name: this.zone.name },
      request: body,
      response: record,
    });
  }
}

function list(call: Call): Answer {
  const records = new ZoneRecords(call);
  const filter = recordFilter(call.query);
  const found = ordered(records.shelf.list().filter(filter), call.query);
  const { result, info } = call.query.page(found, PER_PAGE);
  return { result: records.shown(result), info };
}

function one(call: Call): Answer {
  const records = new ZoneRecords(call);
  return { result: records.shown([records.find(recordId(call))])[0] };
}

const create = (call: Call): Answer => ({
  result: new ZoneRecords(call).create(jsonBody(call.body)),
});

const replace = (call: Call): Answer => ({
  result: new ZoneRecords(call).replace(recordId(call), jsonBody(call.body)),
});

const patch = (call: Call): Answer => ({
  result: new ZoneRecords(call).patch(recordId(call), jsonBody(call.body)),
});

const remove = (call: Call): Answer => ({
  result: { id: new ZoneRecords(call).delete(recordId(call)).id },
});

const recordId = (call: Call): string => call.param("dns_record_id");

const Identified = z.looseObject({ id: z.string() });
const Operations = z.array(z.unknown()).nullish();
const Batch = z.object({
  deletes: z.array(Identified).nullish(),
  patches: z.array(Identified).nullish(),
  puts: z.array(Identified).nullish(),
  posts: Operations,
});

/** Executed in this order, whatever the order in the body; the first refusal undoes everything. */
function batch(call: Call): Answer {
  const records = new ZoneRecords(call);
  const { deletes, patches, puts, posts } = call.json(Batch);
  const size = [deletes, patches, puts, posts].reduce((sum, part) => sum + (part?.length ?? 0), 0);
  const { batchMax } = PLAN_LIMITS[records.zone.plan];
  if (size > batchMax) {
    const message = `Batch exceeds the limit of ${batchMax} operations for this zone.`;
    throw new ApiError(400, { code: 1004, message });
  }
  const result = {
    deletes: each("deletes", deletes, ({ id }) => records.delete(id)),
    patches: each("patches", patches, (body) => records.patch(body.id, body)),
    puts: each("puts", puts, (body) => records.replace(body.id, body)),
    posts: each("posts", posts, (body) => records.create(body)),
  };
  return { result };
}

function each<T>(
  part: string,
  bodies: readonly T[] | null | undefined,
  apply: (body: T) => StoredRecord,
): StoredRecord[] {
  return (bodies ?? []).map((body, index) => {
    try {
      return apply(body);
    } catch (error) {
      throw error instanceof ApiError ? error.at(`/${part}/${index}`) : error;
    }
  });
}

function exported(call: Call): Answer {
  const { zone, shelf } = new ZoneRecords(call);
  return { text: exportZone(zone, shelf.list(), call.timestamp) };
}

/** Records that exist already are counted as parsed, not as added. */
function imported(call: Call): Answer {
  if (call.body.type !== "form" || call.body.fields["file"] === undefined) {
    throw new ApiError(400, { code: 1004, message: "A multipart form with `file` is required" });
  }
  const { file, proxied } = call.body.fields;
  const records = new ZoneRecords(call);
  const lines = parseZoneFile(file, records.zone.name, proxied === "true");
  let added = 0;
  for (const { line, input } of lines) {
    const setting = { zone: records.zone, timestamp: call.timestamp };
    const candidate = newRecord(input, "", setting);
    const known = records.shelf.withKey(candidate.name);
    if (known.some((record) => isIdentical(record, candidate))) continue;
    try {
      records.create(input);
    } catch (error) {
      throw error instanceof ApiError ? error.at(`/file/line/${line}`) : error;
    }
    added += 1;
  }
  return { result: { recs_added: added, total_records_parsed: lines.length } };
}

const RECORDS = "/zones/:zone_id/dns_records";
const RECORD = `${RECORDS}/:dns_record_id`;

export const DNS_RECORDS: readonly Operation[] = [
  { method: "GET", path: RECORDS, needs: "dns:read", handle: list },
  { method: "POST", path: RECORDS, needs: "dns:write", handle: create },
  { method: "POST", path: `${RECORDS}/batch`, needs: "dns:write", handle: batch },
  { method: "GET", path: `${RECORDS}/export`, needs: "dns:read", handle: exported },
  { method: "POST", path: `${RECORDS}/import`, needs: "dns:write", handle: imported },
  { method: "GET", path: RECORD, needs: "dns:read", handle: one },
  { method: "PUT", path: RECORD, needs: "dns:write", handle: replace },
  { method: "PATCH", path: RECORD, needs: "dns:write", handle: patch },
  { method: "DELETE", path: RECORD, needs: "dns:write", handle: remove },
];
