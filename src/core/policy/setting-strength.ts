/** Zone settings that protect, and which of two values protects more. A value that nobody knows is the weakest. */
import type { Json } from "../canonical.ts";
import { isObject, sameJson } from "../canonical.ts";

/** From weak to strong. */
const ORDERS: Readonly<Record<string, readonly Json[]>> = {
  min_tls_version: ["1.0", "1.1", "1.2", "1.3"],
  ssl: ["off", "flexible", "full", "strict", "origin_pull"],
  security_level: ["off", "essentially_off", "low", "medium", "high", "under_attack"],
  tls_1_3: ["off", "on", "zrt"],
  sha1_support: ["on", "off"],
  ...Object.fromEntries(
    [
      "advanced_ddos",
      "always_use_https",
      "automatic_https_rewrites",
      "browser_check",
      "hotlink_protection",
      "opportunistic_encryption",
      "tls_1_2_only",
      "tls_client_auth",
      "waf",
    ].map((id) => [id, ["off", "on"]]),
  ),
};

/** Those that have no order: any other value may be the weaker one. */
const UNORDERED: ReadonlySet<string> = new Set(["ciphers", "security_header"]);

/** Whether the setting is there to protect anything. */
export const isProtective = (id: string): boolean => id in ORDERS || UNORDERED.has(id);

export type Shift = "weaker" | "stronger" | "same";

export function shiftOf(id: string, before: Json | undefined, after: Json | undefined): Shift {
  if (!isProtective(id) || sameJson(before ?? null, after ?? null)) return "same";
  const order = ORDERS[id];
  if (order === undefined) return id === "security_header" ? headerShift(before, after) : "weaker";
  const from = before === undefined ? -1 : order.indexOf(before);
  const to = after === undefined ? -1 : order.indexOf(after);
  if (to < 0) return "weaker";
  return to > from ? "stronger" : "weaker";
}

/** HSTS is on or off; any other difference of it is not ranked, so it counts as weaker. */
function headerShift(before: Json | undefined, after: Json | undefined): Shift {
  return !isStrict(before) && isStrict(after) ? "stronger" : "weaker";
}

function isStrict(value: Json | undefined): boolean {
  if (!isObject(value)) return false;
  const { strict_transport_security: header } = value;
  return isObject(header) && header["enabled"] === true;
}

/** Whether traffic would be in clear text or under a protocol older than TLS 1.2. */
export function isWeakTransport(id: string, value: Json | undefined): boolean {
  if (id === "ssl") return !["full", "strict", "origin_pull"].some((one) => one === value);
  return id === "min_tls_version" && !["1.2", "1.3"].some((one) => one === value);
}
