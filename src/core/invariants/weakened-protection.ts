/** Whatever protects less than before, by kind; and which way a change goes. */
import { accessApplications } from "./access-applications.ts";
import { bucketLocks } from "./bucket-locks.ts";
import { gatewayRules } from "./gateway-rules.ts";
import { type Invariant, type Protection, type Turn } from "./invariant.ts";
import { gatewayLists, listedAddresses } from "./listed-addresses.ts";
import { proxiedRecords } from "./proxied-records.ts";
import { responseHeaders } from "./response-headers.ts";
import { firewallRules, managedRulesets, rateLimits } from "./rules.ts";
import { s3Buckets } from "./s3-buckets.ts";
import { zoneSettings } from "./zone-settings.ts";

/** One a kind. A kind without one protects nothing. */
const PROTECTIONS: ReadonlyMap<string, Protection> = new Map(
  [
    zoneSettings,
    firewallRules,
    rateLimits,
    managedRulesets,
    responseHeaders,
    accessApplications,
    gatewayRules,
    listedAddresses,
    gatewayLists,
    bucketLocks,
    s3Buckets,
    proxiedRecords,
  ].map((protection) => [protection.kind, protection] as const),
);

export const weakenedProtection: Invariant = {
  name: "protection_weakened",
  violations: ({ turns, leased }) =>
    turns
      .filter(({ kind, identity }) => !leased.has(`${kind} ${identity}`))
      .flatMap(({ kind, identity, before, after }) =>
        (PROTECTIONS.get(kind)?.weakened(before, after, identity) ?? []).map((weakening) => ({
          severity: weakening.certain ? "person" : "note",
          effect: "loosens",
          kind,
          identity,
          explanation: weakening.explanation,
        })),
      ),
};

/**
 * Which way a change goes. What may weaken counts as if it did (`doubtful: "loosen"`), but where people declared the very
 * values that go out, and only an evaluation could tell.
 */
export function directionOf(
  { kind, identity, before, after }: Turn,
  doubtful: "loosen" | "neutral",
): "tighten" | "neutral" | "loosen" {
  const protection = PROTECTIONS.get(kind);
  if (protection === undefined) return "neutral";
  const lost = protection.weakened(before, after, identity);
  if (lost.some((one) => one.certain)) return "loosen";
  if (lost.length > 0) return doubtful;
  const gained = protection.weakened(after, before, identity);
  return gained.some((one) => one.certain) ? "tighten" : "neutral";
}
