import { z } from "zod";
import { isObject, type Json, sameJson } from "../canonical.ts";
import { isObjectId, type ObjectId } from "../ids.ts";
import type { Fault, Fields, Kind, ObservedResource, Resource, Site } from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { COLLECTION, recordCalls } from "./dns-calls.ts";
import { recordContradictions, recordFaults } from "./dns-conflict.ts";
import { predictRecord, settingsOf, tagsOf, TTL_AUTOMATIC } from "./dns-fields.ts";
import { asciiName, isInside, nameInZone } from "./dns-name.ts";
import { foreignRecords, systemReason } from "./dns-ownership.ts";
import { publishRecords, recordHcl } from "./dns-publication.ts";
import { type DeclaredRecord, recordSchema } from "./dns-schema.ts";
import { readValue, type RecordValue, valueIdentity } from "./dns-value.ts";
import { shadowingDelegations } from "./dns-shadow.ts";
import { schemaFaults } from "./schema-fault.ts";

const NAME = "dns_record";

const schema = z.array(recordSchema).meta({
  description: "DNS records. Each has `content` or, where its type has parts, `data`.",
});

/** JSON members only: `undefined` stands for absent in what a schema returns. */
const present = (members: Readonly<Record<string, Json | undefined>>): Fields =>
  Object.fromEntries(
    Object.entries(members).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );

function nameOf(record: DeclaredRecord, site: Site): Result<string, readonly Fault[]> {
  const name = nameInZone(record.name, site.name);
  if (!name.ok) return err([{ path: ["name"], problem: `\`${record.name}\` ${name.error}` }]);
  if (record.type === "NS" && name.value === asciiName(site.name)) {
    return err([{ path: ["name"], problem: "the zone's own name servers belong to the platform" }]);
  }
  return name;
}

interface Named {
  readonly type: string;
  readonly name: string;
  readonly value: RecordValue;
}

function resourceOf({ type, name, value }: Named, fields: Fields): Resource {
  const group = `${type} ${name}`;
  return { kind: NAME, group, identity: `${group} ${valueIdentity(type, value)}`, fields };
}

function fieldsOf(record: DeclaredRecord, { type, name, value }: Named): Fields {
  const { proxied = false, ttl = "auto", comment, tags } = record;
  return {
    type,
    name,
    ...value,
    ttl: ttl === "auto" || proxied ? TTL_AUTOMATIC : ttl,
    proxied,
    settings: settingsOf(record.settings),
    // Not declared is not managed (I9): there is no way to tell a wanted comment from an unwanted one.
    ...(comment === undefined ? {} : { comment }),
    ...(tags === undefined ? {} : { tags: tagsOf(tags) }),
  };
}

function valueOf(record: DeclaredRecord): Result<RecordValue, readonly Fault[]> {
  const { type, content, data, priority } = record;
  if (content === undefined && data === undefined) {
    return err([{ path: [], problem: "has no value: give `content` or `data`" }]);
  }
  return readValue(type, {
    content,
    data: data === undefined ? undefined : present(data),
    priority,
  });
}

function declareRecord(record: DeclaredRecord, site: Site): Result<Resource, readonly Fault[]> {
  const contradictory = recordFaults(record);
  const name = nameOf(record, site);
  const value = valueOf(record);
  if (!name.ok || !value.ok || contradictory.length > 0) {
    const faults = [name, value].flatMap((result) => (result.ok ? [] : result.error));
    return err([...contradictory, ...faults]);
  }
  const named = { type: record.type, name: name.value, value: value.value };
  return ok(resourceOf(named, fieldsOf(record, named)));
}

/** Record by record, so that one that is wrong in form hides nothing of what is wrong with the others. */
function declare(declared: unknown, site: Site): Result<readonly Resource[], readonly Fault[]> {
  if (!Array.isArray(declared))
    return err(schemaFaults(schema.safeParse(declared).error?.issues ?? []));
  const list: readonly unknown[] = declared;
  const results = list.map((one) => declareOne(one, site));
  const resources = results.flatMap((result) => (result.ok ? [result.value] : []));
  if (resources.length === results.length) return ok(resources);
  const faults = results.flatMap((result, index) =>
    result.ok ? [] : result.error.map(({ path, problem }) => ({ path: [index, ...path], problem })),
  );
  const positions = [...results.keys()].filter((index) => results[index]?.ok);
  const clashes = recordContradictions(resources, asciiName(site.name)).map(
    ({ indices, problem }) => ({
      path: [positions[indices[1]] ?? 0],
      problem,
    }),
  );
  return err([...faults, ...clashes]);
}

function declareOne(declared: unknown, site: Site): Result<Resource, readonly Fault[]> {
  const parsed = recordSchema.safeParse(declared);
  return parsed.success ? declareRecord(parsed.data, site) : err(schemaFaults(parsed.error.issues));
}

type RawRecord = Readonly<Record<string, Json>>;

/**
 * The value of a live record. One that cannot be read as its type says keeps its raw form: it is then different
 * from everything declared, which is the truth, and one odd record does not make the zone unreadable.
 */
function observedValue(type: string, raw: RawRecord): RecordValue | null {
  const data = isObject(raw["data"]) ? raw["data"] : undefined;
  const content = typeof raw["content"] === "string" ? raw["content"] : undefined;
  if (data === undefined && content === undefined) return null;
  const read = readValue(type, { content, data, priority: raw["priority"] });
  if (read.ok) return read.value;
  if (content !== undefined) return { content };
  return data === undefined ? null : { data };
}

const ttlOf = (raw: RawRecord): number => {
  const ttl = Number(raw["ttl"] ?? TTL_AUTOMATIC);
  return raw["proxied"] === true || !Number.isFinite(ttl) ? TTL_AUTOMATIC : ttl;
};

interface Identified {
  readonly id: ObjectId;
  readonly type: string;
  readonly name: string;
}

/** What no record can be without; the error says which. */
function identify(raw: RawRecord, apex: string): Result<Identified, string> {
  const { id, type, name: written } = raw;
  if (typeof id !== "string" || !isObjectId(id)) return err("a dns record has no usable `id`");
  if (typeof type !== "string" || type === "") return err(`dns record \`${id}\` has no \`type\``);
  if (typeof written !== "string" || written === "") {
    return err(`dns record \`${id}\` has no \`name\``);
  }
  const name = asciiName(written);
  return isInside(name, apex)
    ? ok({ id, type, name })
    : err(`dns record \`${id}\` is named \`${name}\`, which is outside zone \`${apex}\``);
}

function observe(raw: Json, site: Site): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a dns record is not an object");
  const apex = asciiName(site.name);
  const identified = identify(raw, apex);
  if (!identified.ok) return identified;
  const { id, type, name } = identified.value;
  const value = observedValue(type, raw);
  if (value === null) return err(`dns record \`${id}\` has neither \`content\` nor \`data\``);
  const { comment, tags, settings, meta } = raw;
  const fields = {
    type,
    name,
    ...value,
    ttl: ttlOf(raw),
    proxied: raw["proxied"] === true,
    settings: settingsOf(isObject(settings) ? settings : undefined),
    comment: typeof comment === "string" ? comment : "",
    tags: Array.isArray(tags) ? tagsOf(tags) : [],
  };
  const { kind, group, identity } = resourceOf({ type, name, value }, fields);
  return ok({ kind, group, identity, fields, id, system: systemReason(meta, fields, apex) });
}

/** Both sides are in normal form already; what is left are the ways to say "nothing". */
function same(field: string, desired: Json, observed: Json): boolean {
  switch (field) {
    case "comment":
      return (desired ?? "") === (observed ?? "");
    case "tags":
      return sameJson(asTags(desired), asTags(observed));
    case "settings":
      return sameJson(asSettings(desired), asSettings(observed));
    default:
      return sameJson(desired, observed);
  }
}

const asTags = (value: Json): readonly string[] => (Array.isArray(value) ? tagsOf(value) : []);
const asSettings = (value: Json): Fields => settingsOf(isObject(value) ? value : undefined);

/** DNS records: a set per type and name, identified by their value. */
export const dnsRecord: Kind = {
  name: NAME,
  level: "zone",
  collection: COLLECTION,
  matchable: ["type", "name", "content", "ttl", "proxied", "comment"],
  schema,
  declare,
  observe,
  same,
  removable: true,
  foreign: foreignRecords,
  shadowing: shadowingDelegations,
  calls: recordCalls,
  predict: predictRecord,
  describe: (resource) => resource.group,
  publish: publishRecords,
  hcl: recordHcl,
  contradictions: (resources, site) =>
    recordContradictions(resources, site === undefined ? null : asciiName(site.name)),
};
