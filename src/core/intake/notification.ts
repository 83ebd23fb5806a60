/**
 * Cloudflare's notification webhooks: every alert type, also those to come. Nothing is required but that it is an object:
 * members are missing, numbers are texts, and two types come in two shapes (cloudflare.md, section 14). Pure.
 */
import { isObject, type Json, type JsonObject, textOf } from "../canonical.ts";
import { err, ok, type Result } from "../result.ts";
import { type Hint, keyOf, type Topic } from "./hint.ts";

/** The message of "Save and Test": it has only a text, and has to be accepted. */
export type Notification =
  | { readonly type: "test" }
  | { readonly type: "hint"; readonly hint: Hint };

const TOPICS: readonly (readonly [RegExp, Topic])[] = [
  [/ddos|dos_attack|fw_(?:ent_)?anomaly|traffic_anomal|bot|fbm_/, "traffic"],
  [/origin|health|load_balancing|edge_error|http_alert|tunnel|synthetic/, "origin"],
  [/ssl|certificate|service_token/, "certificate"],
  [/dns|bgp/, "dns"],
  [/security_insights|scriptmonitor|abuse|block_notification|device_connect/, "gateway"],
  [/workers?_|pages_event|tunnel_update/, "change"],
];

/** Names that Cloudflare gives its types; whatever else stands there is not repeated anywhere. */
const ALERT_TYPE = /^[a-z0-9_]{1,80}$/;

export function parseNotification(body: Json): Result<Notification, string> {
  if (!isObject(body)) return err("the body is not an object");
  const { text, data, alert_type: type } = body;
  const isTest = type === undefined && data === undefined && body["ts"] === undefined;
  if (isTest && textOf(text) !== "") return ok({ type: "test" });
  const alertType = ALERT_TYPE.test(textOf(type)) ? textOf(type) : "unknown";
  const members = membersOf(data);
  return ok({
    type: "hint",
    hint: {
      source: "notification",
      topic: topicOf(alertType),
      event: eventOf(body, members),
      zoneName: nameIn(members, ["zone_name", "target_zone_name", "zone"]),
      zoneId: idIn(members, ["zone_tag", "zone_id", "target_zone_tag"]),
      accountId: idIn(body, ["account_id"]) ?? idIn(members, ["account_tag", "account_id"]),
      // Vulnerabilities stand in its sentences only, and those decide nothing.
      cves: [],
      key: keyOf(body),
      sentAtMs: secondsIn(body["ts"]),
    },
  });
}

const topicOf = (type: string): Topic => TOPICS.find(([of]) => of.test(type))?.[1] ?? "other";

/**
 * Flat, or nested: `data.data` and `data.metadata` of certificates, `data.account` of Workers, and `data.unreachable_zones`
 * of origins, which say where to look if it is one only.
 */
function membersOf(data: Json | undefined): JsonObject {
  if (!isObject(data)) return {};
  const { account, unreachable_zones: zones } = data;
  const owner = isObject(account) ? { account_id: account["id"] ?? null } : {};
  const only = Array.isArray(zones) && zones.length === 1 ? zones[0] : null;
  const nested = [owner, data["data"], data["metadata"], only].filter(isObject);
  return Object.fromEntries([...nested, data].flatMap((one) => Object.entries(one)));
}

function eventOf(body: JsonObject, data: JsonObject): Hint["event"] {
  const event = textOf(body["alert_event"]);
  if (event.endsWith("_END")) return "end";
  if (event.endsWith("_START")) return "start";
  const status =
    ["new_health_status", "new_health", "new_status", "status"]
      .map((member) => textOf(data[member]))
      .find((text) => text !== "") ?? "";
  return /^(?:healthy|TUNNEL_STATUS_TYPE_HEALTHY)$/i.test(status) ? "end" : "once";
}

const NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)+$/;
const nameIn = (of: JsonObject, members: readonly string[]): string | null =>
  members.map((member) => textOf(of[member]).toLowerCase()).find((name) => NAME.test(name)) ?? null;
const idIn = (of: JsonObject, members: readonly string[]): string | null =>
  members.map((member) => textOf(of[member])).find((id) => /^[0-9a-f]{32}$/.test(id)) ?? null;

/** Unix seconds, as a number or as a text. Null: it does not say. */
export function secondsIn(value: Json | undefined): number | null {
  const seconds = typeof value === "string" && /^\d{1,12}$/.test(value) ? Number(value) : value;
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds > 0
    ? Math.floor(seconds * 1_000)
    : null;
}
