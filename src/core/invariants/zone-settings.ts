/** Settings that protect visitors: each with its values from the weakest to the strongest. */
import { isObject, type Json, type JsonObject, sameJson } from "../canonical.ts";
import type { Fields } from "../resource.ts";
import { certain, perhaps, type Protection, type Weakening } from "./invariant.ts";

const OFF_ON = ["off", "on"] as const;
const ON_OFF = ["on", "off"] as const;

const STRENGTHS: ReadonlyMap<string, readonly Json[]> = new Map<string, readonly Json[]>([
  ["ssl", ["off", "flexible", "full", "strict"]],
  ["min_tls_version", ["1.0", "1.1", "1.2", "1.3"]],
  ["tls_1_3", ["off", "zrt", "on"]],
  ["security_level", ["off", "essentially_off", "low", "medium", "high", "under_attack"]],
  ["0rtt", ON_OFF],
  ["sha1_support", ON_OFF],
  ["advanced_ddos", OFF_ON],
  ["always_use_https", OFF_ON],
  ["automatic_https_rewrites", OFF_ON],
  ["browser_check", OFF_ON],
  ["email_obfuscation", OFF_ON],
  ["hotlink_protection", OFF_ON],
  ["opportunistic_encryption", OFF_ON],
  ["replace_insecure_js", OFF_ON],
  ["server_side_exclude", OFF_ON],
  ["tls_1_2_only", OFF_ON],
  ["tls_client_auth", OFF_ON],
  ["waf", OFF_ON],
]);

/** A visitor who has passed a challenge is not asked again for so long. */
const CHALLENGE_TTL = "challenge_ttl";
const CIPHERS = "ciphers";
const HEADER = "security_header";

function byStrength(id: string, before: Json, after: Json): readonly Weakening[] {
  const values = STRENGTHS.get(id) ?? [];
  const [from, to] = [values.indexOf(before), values.indexOf(after)];
  const what = `\`${id}\` goes from \`${shown(before)}\` to \`${shown(after)}\``;
  // A value that nobody knows the strength of may be the weakest.
  if (from < 0 || to < 0) return [perhaps(what)];
  return to < from ? [certain(what)] : [];
}

const shown = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));

const hstsOf = (value: Json): JsonObject => {
  const header = isObject(value) ? value["strict_transport_security"] : undefined;
  return isObject(header) ? header : {};
};

function headerWeakened(before: Json, after: Json): readonly Weakening[] {
  const [was, is] = [hstsOf(before), hstsOf(after)];
  const lost = ["enabled", "include_subdomains", "preload", "nosniff"]
    .filter((member) => was[member] === true && is[member] !== true)
    .filter((member) => member === "enabled" || member === "nosniff" || was["enabled"] === true)
    .map((member) => certain(`strict transport security loses \`${member}\``));
  const [long, short] = [Number(was["max_age"] ?? 0), Number(is["max_age"] ?? 0)];
  return was["enabled"] === true && short < long
    ? [...lost, certain(`strict transport security holds ${short} s instead of ${long} s`)]
    : lost;
}

function weakenedValue(id: string, before: Json, after: Json): readonly Weakening[] {
  if (sameJson(before, after)) return [];
  if (STRENGTHS.has(id)) return byStrength(id, before, after);
  if (id === HEADER) return headerWeakened(before, after);
  if (id === CIPHERS) return [perhaps("other ciphers are allowed")];
  return id === CHALLENGE_TTL && Number(after) > Number(before)
    ? [certain(`a passed challenge counts for ${Number(after)} s instead of ${Number(before)} s`)]
    : [];
}

const valueOf = (fields: Fields): Json => fields["value"] ?? null;

export const zoneSettings: Protection = {
  kind: "zone_setting",
  // Settings are neither made nor taken away.
  weakened: (before, after, identity) =>
    before === null || after === null
      ? []
      : weakenedValue(identity, valueOf(before), valueOf(after)),
};
