/** Live records as they would be declared, and as resources of Terraform. */
import { isObject, type Json, type JsonObject, textOf } from "../canonical.ts";
import type { HclResource } from "../hcl.ts";
import type { Fields, Live, ObservedResource, Site } from "../resource.ts";
import { PROXIABLE, TTL_AUTOMATIC } from "./dns-fields.ts";
import { asciiName, nameInZone } from "./dns-name.ts";
import { storedTxt } from "./txt-content.ts";

/** The shortest writing of a full name that means the same. */
function shortName(name: string, site: Site): string {
  const zone = asciiName(site.name);
  if (name === zone) return "@";
  const short = name.slice(0, -zone.length - 1);
  const read = nameInZone(short, site.name);
  // Of `a.zone.zone` the short form would be taken for a full name.
  return read.ok && read.value === name ? short : name;
}

const isEmpty = (value: Json | undefined): boolean =>
  value === undefined ||
  value === "" ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);

const withoutEmpty = (fields: Readonly<Record<string, Json | undefined>>): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === undefined || isEmpty(value) ? [] : [[name, value]],
    ),
  );

function declaration({ fields }: ObservedResource, site: Site): JsonObject {
  const { type, name, content, data, priority, ttl, proxied, settings, comment, tags } = fields;
  return withoutEmpty({
    name: shortName(textOf(name), site),
    type,
    content,
    data,
    priority,
    ttl: ttl === TTL_AUTOMATIC ? undefined : ttl,
    proxied: proxied === true ? true : undefined,
    settings,
    comment,
    tags,
  });
}

/** By name from the apex outwards, so that what belongs together stands together. */
const placeOf = ({ fields, identity }: ObservedResource, zone: string): string => {
  const name = textOf(fields["name"]);
  const labels = name === zone ? [] : name.slice(0, -zone.length - 1).split(".");
  return `${labels.toReversed().join(".")}\0${identity}`;
};

export function publishRecords(observed: readonly ObservedResource[], { site }: Live): Json {
  const zone = asciiName(site.name);
  return observed
    .map((record) => ({ record, place: placeOf(record, zone) }))
    .toSorted((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ record }) => declaration(record, site));
}

/** The API has the priority of these beside the data as well, and the provider asks for it there. */
const priorityOf = ({ type, data, priority }: Fields): Json | undefined =>
  type === "SRV" && isObject(data) ? data["priority"] : priority;

export function recordHcl(record: ObservedResource, { site }: Live): HclResource {
  const { fields, id } = record;
  const { type, name, content, data, ttl, proxied, settings, comment, tags } = fields;
  // The provider compares with what the API stores, which is quoted.
  const text = type === "TXT" && typeof content === "string" ? storedTxt(content) : content;
  const short = shortName(textOf(name), site);
  const value = record.identity.slice(record.group.length + 1);
  return {
    type: "cloudflare_dns_record",
    name: `${textOf(type)} ${short === "@" ? "apex" : short} ${value}`,
    attributes: {
      zone_id: site.id,
      name: textOf(name),
      type: textOf(type),
      ttl: ttl ?? TTL_AUTOMATIC,
      ...withoutEmpty({
        content: text,
        data,
        priority: priorityOf(fields),
        proxied: PROXIABLE.has(textOf(type)) ? proxied : undefined,
        settings,
        comment,
        tags,
      }),
    },
    importId: `${site.id}/${id}`,
  };
}
