/** Record sets of the public hosted zones that somebody speaks of. */
import { type Json, type JsonObject, textOf } from "../../../core/canonical.ts";
import { objectOf, objectsOf } from "../../../core/kinds/declaration.ts";
import { recordName } from "../../../core/kinds/route53-value.ts";
import { recordObject } from "../../../core/kinds/route53-record.ts";
import type { Unknown } from "../../../core/observation.ts";
import { unknownFrom } from "../../../core/provider-api.ts";
import type { ReadContext, Reader } from "../../../core/reader.ts";
import { basePath } from "../../../core/resource.ts";
import { err, ok, type Result } from "../../../core/result.ts";

const KIND = "route53_record";
/** As many as Route 53 gives at once. */
const ZONES_PER_PAGE = 100;
const SETS_PER_PAGE = 300;
/** 10,000 record sets a zone and 500 zones are its quotas; ten times that is a list that does not end (I12). */
const PAGES_MAX = 400;

interface HostedZone {
  readonly id: string;
  readonly name: string;
}

type Zones = Result<readonly HostedZone[], Unknown>;
type Objects = Result<readonly Json[], Unknown>;

export const route53Records: Reader = {
  kind: KIND,
  async readAll(context, { resources, unmanaged }) {
    const named = new Set(
      resources.flatMap(({ kind, fields }) => (kind === KIND ? [textOf(fields["zone"])] : [])),
    );
    // Spoken of as a whole: then every zone is in somebody's care.
    const all = unmanaged[KIND] !== undefined;
    const objects = await readZones(context, ({ name }) => all || named.has(name));
    return objects.ok ? ok({ kind: KIND, objects: objects.value, claimedTotal: null }) : objects;
  },
  async readWhole(context) {
    const objects = await readZones(context, () => true);
    if (!objects.ok) return objects;
    return ok({ reading: { kind: KIND, objects: objects.value, claimedTotal: null }, unasked: [] });
  },
  async readSome(context, subjects) {
    // `<zone id>.<type>.<digest>`, or `<type> <name> <zone>` of what is not there yet.
    const ids = new Set(subjects.flatMap(({ id }) => (id === null ? [] : [id.split(".")[0]])));
    const names = new Set(subjects.map(({ group }) => group.split(" ")[2]));
    return readZones(context, ({ id, name }) => ids.has(id) || names.has(name));
  },
};

async function readZones(
  context: ReadContext,
  isAsked: (zone: HostedZone) => boolean,
): Promise<Objects> {
  const zones = await listed(context);
  if (!zones.ok) return zones;
  const asked = zones.value.filter(isAsked);
  const twice = asked.find(({ id, name }) =>
    asked.some((other) => other.name === name && other.id !== id),
  );
  // Which of the two the world asks, only the delegation knows.
  if (twice) return err(malformed(`two public zones are called ${twice.name}`));
  const objects: Json[] = [];
  for (const zone of asked) {
    const records = await recordsOf(context, zone);
    if (!records.ok) return records;
    objects.push(...records.value);
  }
  return ok(objects);
}

const malformed = (problem: string): Unknown => ({
  reason: "malformed",
  detail: `${KIND} list: ${problem}`,
  retryAfterMs: null,
});

async function listed(context: ReadContext): Promise<Zones> {
  const zones: HostedZone[] = [];
  let marker = "";
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await context.api.get(`${basePath(context.site)}/route53/hostedzone`, {
      maxitems: String(ZONES_PER_PAGE),
      ...(marker === "" ? {} : { marker }),
    });
    if (answer.type !== "ok") return err(unknownFrom(answer, `${KIND} zones`));
    const list = objectOf(answer.result);
    const rows = objectsOf(list["HostedZones"]);
    if (rows.some((row) => idIn(row) === "")) return err(malformed("a zone without an id"));
    zones.push(
      ...rows
        .filter((row) => objectOf(row["Config"])["PrivateZone"] !== true)
        .map((row) => ({ id: idIn(row), name: recordName(textOf(row["Name"])) })),
    );
    marker = textOf(list["NextMarker"]);
    if (list["IsTruncated"] !== true) return ok(zones);
    if (marker === "") return err(malformed("a page without an end"));
  }
  return err(malformed("the list does not end"));
}

const idIn = ({ Id, Name }: JsonObject): string => {
  const id = textOf(Id).replace(/^\/hostedzone\//, "");
  return textOf(Name) !== "" && /^[A-Z0-9]{1,32}$/.test(id) ? id : "";
};

async function recordsOf(context: ReadContext, zone: HostedZone): Promise<Objects> {
  const objects: Json[] = [];
  let next: Readonly<Record<string, string>> = {};
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const path = `${basePath(context.site)}/route53/hostedzone/${zone.id}/rrsets`;
    const answer = await context.api.get(path, { maxitems: String(SETS_PER_PAGE), ...next });
    if (answer.type !== "ok") return err(unknownFrom(answer, `${KIND} ${zone.name}`));
    const list = objectOf(answer.result);
    objects.push(...objectsOf(list["ResourceRecordSets"]).map((set) => recordObject(set, zone)));
    if (list["IsTruncated"] !== true) return ok(objects);
    const [name, type] = [textOf(list["NextRecordName"]), textOf(list["NextRecordType"])];
    if (name === "" || type === "") return err(malformed("a page without an end"));
    const identifier = textOf(list["NextRecordIdentifier"]);
    next = { name, type, ...(identifier === "" ? {} : { identifier }) };
  }
  return err(malformed("the list does not end"));
}
