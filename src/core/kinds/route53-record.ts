import { z } from "zod";
import {
  digestOfText,
  isObject,
  type Json,
  type JsonObject,
  sameJson,
  textOf,
} from "../canonical.ts";
import { isObjectId, mint } from "../ids.ts";
import {
  type ApiRequest,
  basePath,
  type CallOf,
  type Change,
  type Contradiction,
  type Fault,
  type Fields,
  type Kind,
  type ObservedResource,
  type Resource,
  type Site,
} from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { declareEach, objectOf, objectsOf, textsOf } from "./declaration.ts";
import { asciiName, nameInZone } from "./dns-name.ts";
import { mergedFields } from "./object-calls.ts";
import { RECORD_TYPES, recordName, recordValue } from "./route53-value.ts";

const NAME = "route53_record";
const COLLECTION = "route53";
/** One change batch takes a thousand values; so many changes stay below that with ten values each. */
const CHANGES_MAX = 100;
const TTL_DEFAULT = 300;

const alias = z.strictObject({
  target: z.string().min(1).max(255),
  hosted_zone_id: z.string().regex(/^[A-Z0-9]{1,32}$/, "is not the id of a hosted zone"),
  evaluate_health: z.boolean().default(false),
});
const record = z
  .strictObject({
    zone: z.string().min(1).max(255),
    name: z.string().min(1).max(255),
    type: z.enum(RECORD_TYPES),
    ttl: z.int().min(0).max(2_147_483_647).optional(),
    values: z.array(z.string().min(1).max(4_000)).min(1).max(400).optional(),
    alias: alias.optional(),
  })
  .refine(
    ({ values, alias: to }) => (values === undefined) !== (to === undefined),
    "says either `values` or `alias`",
  )
  .refine(
    ({ ttl, alias: to }) => ttl === undefined || to === undefined,
    "has the time to live of what it is an alias of: leave out `ttl`",
  );
type Declared = z.infer<typeof record>;
const schema = z.array(record).max(10_000);

interface Place {
  readonly zone: string;
  readonly name: string;
  readonly type: string;
}

/** Values as they stand, where somebody wrote them otherwise than we do: who deletes has to say exactly these. */
const WRITTEN = "written";

const resourceOf = ({ zone, name, type }: Place, fields: Fields): Resource => ({
  kind: NAME,
  group: `${type} ${name} ${zone}`,
  identity: `${type} ${name} ${zone}`,
  fields: { zone, name, type, ...fields },
});

function declareOne(one: Declared): Result<Resource, readonly Fault[]> {
  const zone = asciiName(one.zone);
  const name = nameInZone(one.name, zone);
  if (!name.ok) return err([{ path: ["name"], problem: name.error }]);
  const place = { zone, name: name.value, type: one.type };
  // Whose zone it is, is filled in when it has been seen.
  const open = { zone_id: null };
  if (one.alias !== undefined) {
    const { target, hosted_zone_id, evaluate_health } = one.alias;
    const to = { target: asciiName(target), hosted_zone_id, evaluate_health };
    return ok(resourceOf(place, { ...open, ttl: null, values: null, alias: to }));
  }
  const values = (one.values ?? []).map((value) => recordValue(one.type, value));
  const faults = values.flatMap((value, index): readonly Fault[] =>
    value === null ? [{ path: ["values", index], problem: `is no value of type ${one.type}` }] : [],
  );
  if (faults.length > 0) return err(faults);
  const set = [...new Set(values.filter((value) => value !== null))].toSorted();
  if (one.type === "CNAME" && set.length > 1)
    return err([{ path: ["values"], problem: "a CNAME has one value" }]);
  const ttl = one.ttl ?? TTL_DEFAULT;
  return ok(resourceOf(place, { ...open, ttl, values: set, alias: null }));
}

/** An id that Route 53 does not give: the zone's, the type and the name, and what tells routed sets apart. */
export const recordId = (zoneId: string, { type, name }: Place, routed: string): string =>
  `${zoneId}.${type}.${digestOfText(`${name} ${routed}`).slice(7, 39)}`;

/** A record set as an object with an id, in the hosted zone where it was read. */
export function recordObject(
  raw: JsonObject,
  zone: { readonly id: string; readonly name: string },
): JsonObject {
  const place = {
    zone: zone.name,
    name: recordName(textOf(raw["Name"])),
    type: textOf(raw["Type"]),
  };
  const id = recordId(zone.id, place, textOf(raw["SetIdentifier"]));
  return { ...raw, id, zone: zone.name, zone_id: zone.id };
}

const placeIn = (raw: JsonObject): Place => ({
  zone: textOf(raw["zone"]),
  name: recordName(textOf(raw["Name"])),
  type: textOf(raw["Type"]),
});

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a record set is not an object");
  const [id, place] = [textOf(raw["id"]), placeIn(raw)];
  if (!isObjectId(id) || place.zone === "") return err("a record set has no place");
  if (place.name === "" || place.type === "") return err("a record set has no name or type");
  const said = raw["AliasTarget"] === undefined ? valuesIn(raw, place) : aliasIn(raw);
  const resource = resourceOf(place, { zone_id: raw["zone_id"] ?? null, ...said });
  const routed = textOf(raw["SetIdentifier"]);
  const identity = routed === "" ? resource.identity : `${resource.identity} ${routed}`;
  return ok({ ...resource, identity, id: mint(isObjectId, id), system: systemOf(raw, place) });
}

function valuesIn(raw: JsonObject, { type }: Place): Fields {
  const written = objectsOf(raw["ResourceRecords"]).map(({ Value }) => textOf(Value));
  const values = written.map((value) => recordValue(type, value) ?? value);
  return {
    ttl: raw["TTL"] ?? null,
    values: [...new Set(values)].toSorted(),
    ...(sameJson(values, written) ? {} : { [WRITTEN]: written }),
    alias: null,
  };
}

function aliasIn(raw: JsonObject): Fields {
  const { DNSName, HostedZoneId = "", EvaluateTargetHealth } = objectOf(raw["AliasTarget"]);
  const to = {
    target: recordName(textOf(DNSName)),
    hosted_zone_id: HostedZoneId,
    evaluate_health: EvaluateTargetHealth === true,
  };
  return { ttl: null, values: null, alias: to };
}

/** What Route 53 keeps itself, and what it answers by rules of its own. */
function systemOf(raw: JsonObject, { zone, name, type }: Place): string | null {
  if (name === zone && (type === "NS" || type === "SOA")) return "Route 53 keeps it with the zone";
  if (raw["SetIdentifier"] !== undefined) return "its routing policy is not managed here";
  return (RECORD_TYPES as readonly string[]).includes(type)
    ? null
    : `records of type ${type} are not managed here`;
}

/** The hosted zone by the records that every zone has. A zone that is not there leaves the place open. */
function resolve(resource: Resource, observed: readonly ObservedResource[]): Resource {
  const own = observed.find(
    ({ kind, fields: { zone, zone_id } }) =>
      kind === NAME && zone === resource.fields["zone"] && zone_id !== null,
  );
  return own === undefined
    ? resource
    : { ...resource, fields: { ...resource.fields, zone_id: own.fields["zone_id"] ?? null } };
}

const handsOff = (change: Change): string | null =>
  change.op === "create" && change.desired.fields["zone_id"] === null
    ? `there is no public hosted zone \`${textOf(change.desired.fields["zone"])}\``
    : null;

const same = (field: string, desired: Json, observed: Json): boolean =>
  sameJson(desired, observed) ||
  (field === "zone_id" && desired === null) ||
  // How something is written is no difference.
  field === WRITTEN;

const subject = (change: Change): Resource =>
  change.op === "delete" ? change.observed : change.desired;

/** A record set in the words of the API. */
function recordSet(fields: Fields): JsonObject {
  const { name = "", type = "", ttl = null, values, alias: to } = fields;
  const head = { Name: name, Type: type };
  if (isObject(to ?? null)) {
    const { target = "", hosted_zone_id = "", evaluate_health = false } = objectOf(to);
    return {
      ...head,
      AliasTarget: {
        HostedZoneId: hosted_zone_id,
        DNSName: target,
        EvaluateTargetHealth: evaluate_health,
      },
    };
  }
  const records = textsOf(fields[WRITTEN] ?? values).map((Value) => ({ Value }));
  return { ...head, TTL: ttl, ResourceRecords: records };
}

const entry = (Action: string, fields: Fields): JsonObject => ({
  Action,
  ResourceRecordSet: recordSet(fields),
});

/** What goes has to be named exactly, so a batch is refused whole where somebody was quicker. */
const removals = (change: Change): readonly JsonObject[] =>
  change.op === "create" ? [] : [entry("DELETE", change.observed.fields)];

const additions = (change: Change): readonly JsonObject[] => {
  const fields = predict(change);
  return fields === null ? [] : [entry("CREATE", fields)];
};

/** What is written anew is written our way, but for what is put back. */
function predict(change: Change): Fields | null {
  const fields = mergedFields(change);
  if (fields === null || change.op !== "update" || change.restores) return fields;
  const { [WRITTEN]: _written, ...others } = fields;
  return others;
}

const zoneIdOf = (change: Change): string =>
  textOf(
    (change.op === "create" ? change.desired : change.observed).fields["zone_id"] ??
      subject(change).fields["zone_id"],
  );

/** One batch for all that changes in a zone: it happens as a whole or not at all. */
function calls(changes: readonly Change[], site: Site): readonly CallOf[] {
  const byZone = Map.groupBy([...changes.entries()], ([, change]) => zoneIdOf(change));
  return [...byZone].flatMap(([zone, all]) =>
    Array.from({ length: Math.ceil(all.length / CHANGES_MAX) }, (_, index): CallOf => {
      const some = all.slice(index * CHANGES_MAX, (index + 1) * CHANGES_MAX);
      const entries = [
        ...some.flatMap(([, change]) => removals(change)),
        ...some.flatMap(([, change]) => additions(change)),
      ];
      const path = `${basePath(site)}/${COLLECTION}/hostedzone/${zone}/rrset`;
      const body = { ChangeBatch: { Changes: entries } };
      return { request: { method: "POST", path, body }, changes: some.map(([at]) => at) };
    }),
  );
}

/** A change batch, entry by entry: what is deleted has to be there exactly so, what is made must not be. */
function apply(
  objects: readonly Json[],
  { method, path, body }: ApiRequest,
  site: Site,
): Result<readonly Json[], string> {
  const root = `${basePath(site)}/${COLLECTION}/hostedzone/`;
  const [zoneId = "", word] = path.slice(root.length).split("/");
  const all = new Map(objects.filter(isObject).map((object) => [textOf(object["id"]), object]));
  const zone = [...all.values()].find((object) => object["zone_id"] === zoneId)?.["zone"];
  if (method !== "POST" || word !== "rrset" || zone === undefined)
    return err(`there is no hosted zone \`${zoneId}\``);
  for (const { Action, ResourceRecordSet } of objectsOf(
    objectOf(body?.["ChangeBatch"])["Changes"],
  )) {
    const now = recordObject(objectOf(ResourceRecordSet), { id: zoneId, name: textOf(zone) });
    const id = textOf(now["id"]);
    const problem = stepIn(all, { action: textOf(Action), id, now });
    if (problem !== null) return err(problem);
  }
  return ok([...all.values()]);
}

function stepIn(
  all: Map<string, JsonObject>,
  { action, id, now }: { readonly action: string; readonly id: string; readonly now: JsonObject },
): string | null {
  const old = all.get(id);
  if (action === "DELETE") {
    if (old === undefined || !sameJson(wordsOf(old), wordsOf(now)))
      return `\`${textOf(now["Name"])}\` is not there with these values`;
    all.delete(id);
    return null;
  }
  if (action !== "CREATE" || old !== undefined)
    return `\`${textOf(now["Name"])}\` is there already`;
  all.set(id, now);
  return null;
}

/** What a set says, in any order and writing of its name. */
const wordsOf = (raw: JsonObject): Json => {
  const read = observe(raw);
  return read.ok ? read.value.fields : null;
};

const placeOf = ({ fields: { zone = "", name = "" } }: Resource): string =>
  `${textOf(zone)} ${textOf(name)}`;

/** At one name a CNAME stands alone. */
function contradictions(resources: readonly Resource[]): readonly Contradiction[] {
  return resources.flatMap((one, first) =>
    one.fields["type"] !== "CNAME"
      ? []
      : resources.flatMap((other, second): Contradiction[] =>
          second !== first && placeOf(other) === placeOf(one)
            ? [
                {
                  indices: [first, second],
                  problem: `\`${textOf(one.fields["name"])}\` has a CNAME, so nothing else can stand there`,
                },
              ]
            : [],
        ),
  );
}

const publish = (observed: readonly ObservedResource[]): readonly JsonObject[] =>
  observed
    .toSorted((a, b) => (a.identity < b.identity ? -1 : 1))
    .map(
      ({
        fields: { zone = "", name = "", type = "", ttl = null, values = null, alias: to = null },
      }) => ({
        zone,
        name: name === zone ? "@" : name,
        type,
        ...(to === null ? { ttl, values: values ?? [] } : { alias: to }),
      }),
    );

/** Record sets in public hosted zones of Route 53, each with all its values. */
export const route53Record: Kind = {
  name: NAME,
  level: "aws_account",
  collection: COLLECTION,
  schema,
  declare: declareEach(schema, declareOne),
  observe,
  same,
  matchable: ["zone", "name", "type"],
  removable: true,
  resolve,
  handsOff,
  foreign: () => new Map(),
  calls,
  predict,
  apply,
  publish,
  describe: ({ fields: { type = "", name = "" } }) => `${textOf(type)} ${textOf(name)} (Route 53)`,
  contradictions,
};
