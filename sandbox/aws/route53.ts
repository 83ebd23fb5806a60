/** Route 53, version 2013-04-01: hosted zones, record sets, and changes that take a moment to be everywhere. */
import { hexId } from "../model/identifiers.ts";
import type { AwsAnswer, AwsCall, AwsOperation } from "./operation.ts";
import { AwsError, malformedXml } from "./refusal.ts";
import {
  answeredName,
  changeSet,
  inOrder,
  keyOf,
  readSet,
  RECORD_SET,
  type StoredSet,
  type StoredZone,
  ZONE,
} from "./record-sets.ts";
import { childNamed, leaf, node, readXml, textIn, type XmlNode } from "./xml.ts";

export const ROUTE53_NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/";

interface StoredChange {
  readonly id: string;
  readonly atMs: number;
}
const CHANGE = { name: "aws_change" };

const zones = (call: AwsCall) => call.shelf<StoredZone>(ZONE);
const records = (call: AwsCall) => call.shelf<StoredSet>(RECORD_SET);

const PATH =
  /^\/2013-04-01\/(?:(hostedzone)(?:\/([A-Z0-9]+)(\/rrset)?)?|(hostedzonesbyname)|change\/([A-Z0-9]+))\/?$/;

interface Named {
  readonly zone: string | undefined;
  readonly change: string | undefined;
}

const OPERATIONS: Readonly<
  Record<string, readonly [action: string, run: (call: AwsCall, named: Named) => AwsAnswer]>
> = {
  "GET zones": ["ListHostedZones", listZones],
  "POST zones": ["CreateHostedZone", createZone],
  "GET byname": ["ListHostedZonesByName", listByName],
  "GET zone": [
    "GetHostedZone",
    (call, { zone }) => ({ body: node("GetHostedZoneResponse", shown(call, zoneOf(call, zone))) }),
  ],
  "GET rrset": ["ListResourceRecordSets", (call, { zone }) => listSets(call, zone)],
  "POST rrset": ["ChangeResourceRecordSets", (call, { zone }) => changeSets(call, zone)],
  "GET change": ["GetChange", (call, { change }) => told(call, change)],
};

/** The word in the path that says what a request is about. */
function aboutOf(path: string): readonly [about: string, named: Named] {
  const [, list, zone, rrset, byName, change] = PATH.exec(path) ?? [];
  const named = { zone, change };
  if (byName !== undefined) return ["byname", named];
  if (change !== undefined) return ["change", named];
  if (list === undefined) return ["", named];
  return [zone === undefined ? "zones" : rrset === undefined ? "zone" : "rrset", named];
}

export function route53Operation({ method, path }: AwsCall): AwsOperation {
  const [about, named] = aboutOf(path);
  const [action, run] = OPERATIONS[`${method} ${about}`] ?? [];
  if (action === undefined || run === undefined)
    throw new AwsError(404, "UnknownOperationException", `${method} ${path} is not known here.`);
  return { action: `route53:${action}`, run: (call) => run(call, named) };
}

function zoneOf(call: AwsCall, id = ""): StoredZone {
  const zone = zones(call).get(id);
  if (zone !== undefined) return zone;
  throw new AwsError(404, "NoSuchHostedZone", `No hosted zone found with ID: ${id}`);
}

const setsIn = (call: AwsCall, { id }: StoredZone): StoredSet[] =>
  records(call)
    .list()
    .filter(({ zone }) => zone === id);

const shown = (call: AwsCall, zone: StoredZone): XmlNode =>
  node(
    "HostedZone",
    leaf("Id", `/hostedzone/${zone.id}`),
    leaf("Name", zone.name),
    leaf("CallerReference", zone.reference),
    node("Config", leaf("PrivateZone", zone.isPrivate)),
    leaf("ResourceRecordSetCount", setsIn(call, zone).length),
  );

function sizeOf({ query }: AwsCall, max: number): number {
  const size = Number(query.get("maxitems") ?? max);
  if (!Number.isInteger(size) || size < 1)
    throw new AwsError(400, "InvalidInput", "maxitems must be a positive integer");
  return Math.min(size, max);
}

function listZones(call: AwsCall): AwsAnswer {
  const all = zones(call).list();
  const marker = call.query.get("marker");
  const from = marker === null ? 0 : all.findIndex(({ id }) => id === marker);
  if (from < 0) throw new AwsError(400, "NoSuchHostedZone", "The marker is not known.");
  const size = sizeOf(call, 100);
  const next = all[from + size];
  return {
    body: node(
      "ListHostedZonesResponse",
      node("HostedZones", ...all.slice(from, from + size).map((zone) => shown(call, zone))),
      ...(marker === null ? [] : [leaf("Marker", marker)]),
      leaf("IsTruncated", next !== undefined),
      ...(next === undefined ? [] : [leaf("NextMarker", next.id)]),
      leaf("MaxItems", size),
    ),
  };
}

function listByName(call: AwsCall): AwsAnswer {
  const name = call.query.get("dnsname");
  const from = name === null ? "" : keyOf(answeredName(name));
  const all = zones(call)
    .list()
    .filter((zone) => keyOf(zone.name) >= from)
    .toSorted((a, b) => (keyOf(a.name) < keyOf(b.name) ? -1 : 1));
  const size = sizeOf(call, 100);
  return {
    body: node(
      "ListHostedZonesByNameResponse",
      node("HostedZones", ...all.slice(0, size).map((zone) => shown(call, zone))),
      leaf("IsTruncated", all.length > size),
      leaf("MaxItems", size),
    ),
  };
}

function createZone(call: AwsCall): AwsAnswer {
  const body = bodyOf(call, "CreateHostedZoneRequest");
  const isPrivate = childNamed(body, "VPC") !== undefined;
  const zone: StoredZone = {
    id: `Z${hexId().slice(0, 20).toUpperCase()}`,
    name: answeredName(textIn(body, "Name")),
    isPrivate,
    reference: textIn(body, "CallerReference"),
  };
  zones(call).put(zone);
  for (const set of ownSets(zone)) records(call).put(set);
  call.changed();
  return {
    status: 201,
    headers: { location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}` },
    body: node(
      "CreateHostedZoneResponse",
      shown(call, zone),
      changeInfo(call, begun(call)),
      node("DelegationSet", node("NameServers", leaf("NameServer", "ns-1.awsdns.example"))),
    ),
  };
}

/** What Route 53 puts into every zone. */
export function ownSets(zone: StoredZone): readonly StoredSet[] {
  const made = (type: string, ttl: number, ...values: readonly string[]): StoredSet =>
    readSet(
      zone,
      node(
        "ResourceRecordSet",
        leaf("Name", zone.name),
        leaf("Type", type),
        leaf("TTL", ttl),
        node(
          "ResourceRecords",
          ...values.map((value) => node("ResourceRecord", leaf("Value", value))),
        ),
      ),
    );
  return [
    made("NS", 172_800, "ns-1.awsdns.example.", "ns-2.awsdns.example."),
    made("SOA", 900, "ns-1.awsdns.example. hostmaster.awsdns.example. 1 7200 900 1209600 86400"),
  ];
}

function listSets(call: AwsCall, id?: string): AwsAnswer {
  const { query } = call;
  const [name, type, identifier] = ["name", "type", "identifier"].map((one) => query.get(one));
  if (type !== null && name === null)
    throw new AwsError(400, "InvalidInput", "If you specify type, you must also specify name");
  const start =
    name == null ? "" : `${keyOf(answeredName(name))} ${type ?? ""} ${identifier ?? ""}`;
  const all = setsIn(call, zoneOf(call, id))
    .toSorted(inOrder)
    .filter((set) => `${keyOf(set.name)} ${set.type} ${set.identifier}` >= start.trimEnd());
  const size = sizeOf(call, 300);
  const next = all[size];
  return {
    body: node(
      "ListResourceRecordSetsResponse",
      node("ResourceRecordSets", ...all.slice(0, size).map(({ set }) => set)),
      leaf("IsTruncated", next !== undefined),
      ...(next === undefined
        ? []
        : [
            leaf("NextRecordName", next.name),
            leaf("NextRecordType", next.type),
            ...(next.identifier === "" ? [] : [leaf("NextRecordIdentifier", next.identifier)]),
          ]),
      leaf("MaxItems", size),
    ),
  };
}

const CHANGES_MAX = 1_000;

/** All of it or nothing. */
function changeSets(call: AwsCall, id?: string): AwsAnswer {
  const zone = zoneOf(call, id);
  const batch = childNamed(bodyOf(call, "ChangeResourceRecordSetsRequest"), "ChangeBatch");
  const changes = childNamed(batch, "Changes")?.children ?? [];
  if (changes.length === 0 || changes.length > CHANGES_MAX) throw malformedXml();
  const before = new Map(setsIn(call, zone).map((set) => [set.id, set]));
  const after = new Map(before);
  for (const change of changes) {
    const given = childNamed(change, "ResourceRecordSet");
    if (given === undefined) throw malformedXml();
    changeSet(after, textIn(change, "Action"), readSet(zone, given));
    call.changed();
  }
  for (const key of before.keys()) if (!after.has(key)) records(call).delete(key);
  for (const [key, set] of after) if (before.get(key) !== set) records(call).put(set);
  return { body: node("ChangeResourceRecordSetsResponse", changeInfo(call, begun(call))) };
}

function begun(call: AwsCall): StoredChange {
  const change = { id: `C${hexId().slice(0, 20).toUpperCase()}`, atMs: call.nowMs };
  call.shelf<StoredChange>(CHANGE).put(change);
  return change;
}

function told(call: AwsCall, id = ""): AwsAnswer {
  const change = call.shelf<StoredChange>(CHANGE).get(id);
  if (change === undefined)
    throw new AwsError(404, "NoSuchChange", `Could not find resource with ID: ${id}`);
  return { body: node("GetChangeResponse", changeInfo(call, change)) };
}

const changeInfo = (call: AwsCall, { id, atMs }: StoredChange): XmlNode =>
  node(
    "ChangeInfo",
    leaf("Id", `/change/${id}`),
    leaf(
      "Status",
      call.nowMs - atMs < call.propagationMs || call.method === "POST" ? "PENDING" : "INSYNC",
    ),
    leaf("SubmittedAt", new Date(atMs).toISOString()),
  );

function bodyOf({ body }: AwsCall, root: string): XmlNode {
  const read = readXml(new TextDecoder().decode(body));
  if (read?.name !== root) throw malformedXml();
  return read;
}
