/** Record sets as Route 53 keeps them, and what it says against a change of them. */
import { childNamed, leaf, node, textIn, type XmlNode } from "./xml.ts";
import { AwsError } from "./refusal.ts";

export interface StoredZone {
  readonly id: string;
  /** With its dot. */
  readonly name: string;
  readonly isPrivate: boolean;
  readonly reference: string;
}

export interface StoredSet {
  /** `<zone> <name> <type> <set identifier>` */
  readonly id: string;
  readonly zone: string;
  readonly name: string;
  readonly type: string;
  readonly identifier: string;
  /** The element as it is answered. */
  readonly set: XmlNode;
}

export const ZONE = { name: "aws_hosted_zone" };
export const RECORD_SET = { name: "aws_record_set" };

/** All but letters, digits, hyphen, underscore and dot stand in octal. */
export const answeredName = (name: string): string => {
  const plain = name
    .replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))
    .toLowerCase()
    .replace(/\.$/, "");
  const escaped = plain.replace(
    /[^a-z0-9_.-]/g,
    (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
  return `${escaped}.`;
};

/** By labels, the last one first. */
export const inOrder = (a: StoredSet, b: StoredSet): number => {
  const [x, y] = [a, b].map(({ name, type, identifier }) => `${keyOf(name)} ${type} ${identifier}`);
  return (x ?? "") < (y ?? "") ? -1 : 1;
};
export const keyOf = (name: string): string => name.split(".").toReversed().join(".");

const TYPES = new Set(
  "A AAAA CAA CNAME DS HTTPS MX NAPTR NS PTR SOA SPF SRV SSHFP SVCB TLSA TXT".split(" "),
);
const LOOKS: Readonly<Record<string, RegExp>> = {
  A: /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/,
  AAAA: /^[0-9a-f:.]*:[0-9a-f:.]*$/i,
  TXT: /^(?:"(?:[^"\\]|\\.){0,1020}"\s*)+$/s,
  MX: /^\d{1,5}\s+\S+$/,
  CAA: /^\d{1,3}\s+[a-z0-9]+\s+"[^"]*"$/i,
  CNAME: /^\S+$/,
};

const refused = (problem: string): AwsError =>
  new AwsError(400, "InvalidChangeBatch", `[${problem}]`);

/** A set from a change, as it will be answered. */
export function readSet(zone: StoredZone, given: XmlNode): StoredSet {
  const [name, type] = [answeredName(textIn(given, "Name")), textIn(given, "Type")];
  const identifier = textIn(given, "SetIdentifier");
  const isInside = name === zone.name || name.endsWith(`.${zone.name}`);
  if (!isInside) throw refused(`RRSet with DNS name ${name} is not permitted in zone ${zone.name}`);
  if (!TYPES.has(type)) throw new AwsError(400, "InvalidInput", `Invalid type ${type}`);
  const alias = childNamed(given, "AliasTarget");
  const values = childNamed(given, "ResourceRecords")?.children ?? [];
  if ((alias === undefined) === (values.length === 0))
    throw new AwsError(
      400,
      "InvalidInput",
      "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]",
    );
  if (alias === undefined && !/^\d+$/.test(textIn(given, "TTL")))
    throw new AwsError(400, "InvalidInput", "Invalid request: Missing field 'TTL'");
  checkValues(type, values);
  if (type === "CNAME" && name === zone.name)
    throw refused(
      `RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${zone.name}`,
    );
  const rest = given.children.filter(({ name: tag }) => tag !== "Name");
  const target =
    alias &&
    node(
      "AliasTarget",
      ...alias.children.map((one) =>
        one.name === "DNSName" ? leaf("DNSName", answeredName(one.text)) : one,
      ),
    );
  const set = node(
    "ResourceRecordSet",
    leaf("Name", name),
    ...rest.map((one) => (one.name === "AliasTarget" && target ? target : one)),
  );
  return {
    id: [zone.id, name, type, identifier].join(" "),
    zone: zone.id,
    name,
    type,
    identifier,
    set,
  };
}

function checkValues(type: string, values: readonly XmlNode[]): void {
  const texts = values.map((one) => textIn(one, "Value"));
  const wrong = texts.find((text) => LOOKS[type]?.test(text) === false);
  if (wrong !== undefined)
    throw refused(
      `Invalid Resource Record: 'FATAL problem: ${type}RRDATAIllegal (Value is not valid) encountered with '${wrong}''`,
    );
  if (new Set(texts).size !== texts.length)
    throw refused(`Duplicate Resource Record: '${texts[0] ?? ""}'`);
  if (type === "CNAME" && texts.length > 1) throw refused("CNAME records may only have one value");
}

/** The same set, in whatever order its values come. */
const isSame = (a: StoredSet, b: StoredSet): boolean => wordsOf(a) === wordsOf(b);
const wordsOf = ({ set }: StoredSet): string =>
  JSON.stringify([
    textIn(set, "TTL"),
    (childNamed(set, "ResourceRecords")?.children ?? [])
      .map((one) => textIn(one, "Value"))
      .toSorted(),
    childNamed(set, "AliasTarget")
      ?.children.map(({ name, text }) => `${name} ${text}`)
      .toSorted() ?? null,
  ]);

/** One change laid over the sets of a zone; what is against it is thrown, and then nothing of the batch happens. */
export function changeSet(sets: Map<string, StoredSet>, action: string, given: StoredSet): void {
  const there = sets.get(given.id);
  const about = `[name='${given.name}', type='${given.type}']`;
  switch (action) {
    case "DELETE":
      if (there === undefined)
        throw refused(`Tried to delete resource record set ${about} but it was not found`);
      if (!isSame(there, given))
        throw refused(
          `Tried to delete resource record set ${about} but the values provided do not match the current values`,
        );
      if (given.type === "SOA") throw refused(`A HostedZone must contain exactly one SOA record.`);
      sets.delete(given.id);
      return;
    case "CREATE":
      if (there !== undefined)
        throw refused(`Tried to create resource record set ${about} but it already exists`);
      break;
    case "UPSERT":
      break;
    default:
      throw new AwsError(400, "InvalidInput", `Invalid action ${action}`);
  }
  const beside = [...sets.values()].filter(
    ({ name, id }) => name === given.name && id !== given.id,
  );
  if (beside.some(({ type }) => type === "CNAME" || given.type === "CNAME"))
    throw refused(
      `RRSet of type ${given.type} with DNS name ${given.name} is not permitted as it conflicts with other records with the same DNS name in zone`,
    );
  sets.set(given.id, given);
}
