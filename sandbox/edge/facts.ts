/**
 * What the rules language may ask of a visit. The language itself is the core's: it is held against Cloudflare's own engine by
 * a differential test, which no second reading of it here could be.
 */
import { parseRange, isWithin, type IpRange } from "../../src/core/expression/ip.ts";
import {
  BODY_BYTES_MAX,
  factsOf,
  type RecordedRequest,
} from "../../src/core/expression/request.ts";
import { type Facts, NotAssessable, type Value } from "../../src/core/expression/value.ts";
import type { StoredItem } from "../lists/items.ts";
import { headerOf, normalised, type Visit } from "./visit.ts";

export interface ListLookup {
  has(list: string, value: Value): boolean | NotAssessable;
}

const EUROPEAN_UNION = new Set(
  "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split(" "),
);
const CONTINENTS: Readonly<Record<string, string>> = {
  AU: "OC",
  BR: "SA",
  CN: "AS",
  GB: "EU",
  IN: "AS",
  JP: "AS",
  KR: "AS",
  RU: "EU",
  US: "NA",
  VN: "AS",
};

const continentOf = (country: string): string =>
  EUROPEAN_UNION.has(country) ? "EU" : (CONTINENTS[country] ?? "");

export const COLO = { id: "1042", name: "SBX", region: "EU" } as const;

function recorded(visit: Visit, uri: string): RecordedRequest {
  const { client, headers, body, method, host, scheme, version } = visit;
  return {
    method,
    host,
    uri,
    scheme,
    version,
    headers,
    body: body.length > BODY_BYTES_MAX ? body.slice(0, BODY_BYTES_MAX) : body,
    ip: client.ip,
    asn: client.asn,
    country: client.country,
    fields: {
      ssl: scheme === "https",
      "cf.bot_management.ja4": client.ja4,
      "cf.bot_management.score": client.botScore,
      "cf.bot_management.verified_bot": client.verifiedBot !== "",
      "cf.client.bot": client.verifiedBot !== "",
      "cf.colo.id": COLO.id,
      "cf.colo.name": COLO.name,
      "cf.colo.region": COLO.region,
      "cf.edge.server_port": scheme === "https" ? 443 : 80,
      "cf.ray_id": visit.ray,
      "cf.threat_score": client.threatScore,
      "cf.tls_version": scheme === "https" ? "TLSv1.3" : "",
      "cf.unique_visitor_id": client.ip,
      "cf.verified_bot_category": client.verifiedBot,
      "http.request.body.mime": headerOf(visit, "content-type").split(";", 1)[0]?.trim() ?? "",
      "http.request.timestamp.sec": Math.floor(visit.atMs / 1_000),
      "http.request.timestamp.msec": visit.atMs % 1_000,
      "ip.src.continent": continentOf(client.country),
      "ip.geoip.continent": continentOf(client.country),
      "ip.src.is_in_european_union": EUROPEAN_UNION.has(client.country),
      "ip.geoip.is_in_european_union": EUROPEAN_UNION.has(client.country),
    },
  };
}

/** `uri`: as URL rewrites left it; raw fields go on telling what was sent. */
export function factsOfVisit(visit: Visit, uri: string, lists: ListLookup): Facts {
  const cooked = factsOf(recorded(visit, normalised(uri)));
  let raw: Facts | undefined;
  return {
    memo: new Map(),
    valueOf(field) {
      if (!field.startsWith("raw.")) return cooked.valueOf(field);
      raw ??= factsOf(recorded(visit, visit.uri));
      return raw.valueOf(field);
    },
    isListed: (list, value) => lists.has(list, value),
  };
}

/** Items are read when a rule first asks. Lists that are Cloudflare's own (`$cf.…`) nobody outside knows. */
export class ListMembers implements ListLookup {
  readonly #itemsOf: (name: string) => readonly StoredItem[] | undefined;
  readonly #known = new Map<string, Members>();

  constructor(itemsOf: (name: string) => readonly StoredItem[] | undefined) {
    this.#itemsOf = itemsOf;
  }

  has(list: string, value: Value): boolean | NotAssessable {
    const members = this.#members(list);
    if (members === undefined) return new NotAssessable(`the list \`$${list}\``);
    if (typeof value === "bigint" || typeof value === "string") {
      return members.values.has(String(value)) || isBelow(String(value), members.values);
    }
    if (typeof value !== "object" || !("version" in value)) return false;
    return members.ranges.some((range) => isWithin(value, range));
  }

  #members(list: string): Members | undefined {
    const known = this.#known.get(list);
    if (known !== undefined) return known;
    const items = this.#itemsOf(list);
    if (items === undefined) return undefined;
    const members = {
      ranges: items.flatMap(({ ip }) => rangesIn(ip ?? "")),
      values: new Set(
        items.flatMap(({ asn, hostname }) => [
          ...(asn === undefined ? [] : [String(asn)]),
          ...(hostname === undefined ? [] : [hostname.url_hostname]),
        ]),
      ),
    };
    this.#known.set(list, members);
    return members;
  }
}

interface Members {
  readonly ranges: readonly IpRange[];
  readonly values: ReadonlySet<string>;
}

/** `*.shop.example` in a list of hostnames stands for all names below it. */
const isBelow = (host: string, values: ReadonlySet<string>): boolean =>
  host.split(".").some((_, index, labels) => values.has(`*.${labels.slice(index + 1).join(".")}`));

export function rangesIn(text: string): readonly IpRange[] {
  const range = parseRange(text);
  return typeof range === "string" ? [] : [range];
}
