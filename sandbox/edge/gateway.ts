/** Traffic of the staff's devices through the account's Gateway rules: the first rule that fits decides, by precedence. */
import { parseAddress } from "../../src/core/expression/ip.ts";
import { CLOUDFLARE } from "../../src/core/expression/functions.ts";
import type { Scheme } from "../../src/core/expression/scheme.ts";
import { typeNamed } from "../../src/core/expression/type.ts";
import {
  NotAssessable,
  type Facts,
  type Found,
  type Value,
} from "../../src/core/expression/value.ts";
import { GATEWAY_LIST } from "../gateway/list.ts";
import { GATEWAY_RULE, type StoredRule } from "../gateway/rule.ts";
import { ACCOUNT_ID } from "../identities.ts";
import type { Shelves } from "../store.ts";
import { conditionOf } from "./compiled.ts";
import { rangesIn } from "./facts.ts";
import { isWithin } from "../../src/core/expression/ip.ts";

const FIELDS: Readonly<Record<string, string>> = {
  String:
    "dns.fqdn dns.query_rtype http.request.host http.conn.hostname http.request.uri http.request.uri.path http.request.method http.download.mime http.upload.mime net.sni.host net.protocol.detection identity.email",
  Integer: "net.dst.port net.src.port",
  "IP address": "dns.src_ip net.src.ip net.dst.ip http.request.src_ip http.conn.src_ip",
  "Array<String>": "dns.domains http.conn.domains http.request.domains net.sni.domains",
  "Array<Integer>":
    "dns.security_category dns.content_category http.request.uri.security_category http.request.uri.content_category http.conn.security_category net.fqdn.security_category",
};

const SCHEME: Scheme = {
  ...CLOUDFLARE,
  fields: new Map(
    Object.entries(FIELDS).flatMap(([type, names]) =>
      names.split(" ").map((name) => [name, typeNamed(type)] as const),
    ),
  ),
};

export const GATEWAY_FILTERS = ["dns", "http", "l4"] as const;
export type GatewayFilter = (typeof GATEWAY_FILTERS)[number];

/** One thing that a device does. */
export interface Use {
  readonly filter: GatewayFilter;
  readonly atMs: number;
  readonly email: string;
  readonly device: string;
  readonly srcIp: string;
  /** The name that it is about. */
  readonly host: string;
  readonly categories: readonly number[];
  readonly dstIp: string;
  readonly dstPort: number;
  readonly method: string;
  readonly path: string;
}

export interface Verdict {
  readonly rule: StoredRule | null;
  readonly isStopped: boolean;
}

const STOPPING: readonly string[] = ["block", "isolate", "quarantine"];

export function verdictOn(use: Use, shelves: Shelves): Verdict {
  const facts = factsOfUse(use, shelves);
  const rule =
    shelves
      .shelf(GATEWAY_RULE, ACCOUNT_ID)
      .list()
      .filter((one) => one.enabled && one.filters[0] === use.filter && !isOver(one, use.atMs))
      .toSorted((a, b) => a.precedence - b.precedence)
      .find((one) => fits(one, facts)) ?? null;
  return { rule, isStopped: rule !== null && STOPPING.includes(rule.action) };
}

const isOver = ({ expiration }: StoredRule, atMs: number): boolean =>
  expiration !== null && Date.parse(expiration.expires_at) <= atMs;

/** Empty expressions are about everything; a rule about devices' posture is about none of these. */
const fits = ({ traffic, identity, device_posture: posture }: StoredRule, facts: Facts): boolean =>
  posture === "" &&
  [traffic, identity].every(
    (text) => text === "" || conditionOf(text, SCHEME, "gateway")(facts) === true,
  );

/** `a.b.example` and every name above it: a domain in a list is about all names below. */
const domainsOf = (host: string): readonly string[] => {
  const labels = host.split(".");
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join("."));
};

function factsOfUse(use: Use, shelves: Shelves): Facts {
  const categories = use.categories.map(BigInt);
  const domains = domainsOf(use.host);
  const [source, target] = [use.srcIp, use.dstIp].map((text) => parseAddress(text) ?? undefined);
  const values: Readonly<Record<string, Found>> = {
    "dns.fqdn": use.host,
    "dns.domains": domains,
    "dns.query_rtype": "A",
    "dns.security_category": categories,
    "dns.content_category": [],
    "dns.src_ip": source,
    "http.request.host": use.host,
    "http.conn.hostname": use.host,
    "http.conn.domains": domains,
    "http.request.domains": domains,
    "http.request.method": use.method,
    "http.request.uri": `https://${use.host}${use.path}`,
    "http.request.uri.path": use.path,
    "http.request.uri.security_category": categories,
    "http.request.uri.content_category": [],
    "http.conn.security_category": categories,
    "http.request.src_ip": source,
    "http.conn.src_ip": source,
    "net.dst.port": BigInt(use.dstPort),
    "net.dst.ip": target,
    "net.src.ip": source,
    "net.sni.host": use.host,
    "net.sni.domains": domains,
    "net.fqdn.security_category": categories,
    "identity.email": use.email,
  };
  return {
    memo: new Map(),
    valueOf: (field) => (field in values ? values[field] : new NotAssessable(field)),
    isListed: (list, value) => isListed(shelves, list, value),
  };
}

/** Rules name a list by its id, without dashes. */
function isListed(shelves: Shelves, name: string, value: Value): boolean | NotAssessable {
  const list = shelves
    .shelf(GATEWAY_LIST, ACCOUNT_ID)
    .list()
    .find(({ id }) => id.replaceAll("-", "") === name.replaceAll("-", ""));
  if (list === undefined) return new NotAssessable(`the list \`$${name}\``);
  if (typeof value !== "object") return list.items.some((item) => item.value === String(value));
  if (!("version" in value)) return false;
  return list.items.some((item) => rangesIn(item.value).some((range) => isWithin(value, range)));
}
