/** A zone as stored. Ticking and constant fields are added when it is shown. */
import { noRoute } from "../envelope.ts";
import { ACCOUNT_ID } from "../identities.ts";
import type { Call } from "../product.ts";
import type { Kind } from "../store.ts";

export type Plan = "free" | "pro" | "enterprise";

export interface StoredZone {
  readonly id: string;
  readonly name: string;
  readonly status: "initializing" | "pending" | "active" | "moved";
  readonly paused: boolean;
  readonly type: "full" | "partial" | "secondary" | "internal";
  readonly plan: Plan;
  readonly name_servers: readonly string[];
  readonly original_name_servers: readonly string[] | null;
  readonly vanity_name_servers: readonly string[];
  readonly created_on: string;
  readonly modified_on: string;
  readonly activated_on: string | null;
}

export const ZONE: Kind<StoredZone> = { name: "zone", key: (zone) => zone.name };

/** What the plan allows, where the sandbox knows. */
export const PLAN_LIMITS: Readonly<Record<Plan, { ttlMin: number; batchMax: number }>> = {
  free: { ttlMin: 60, batchMax: 200 },
  pro: { ttlMin: 60, batchMax: 3500 },
  enterprise: { ttlMin: 30, batchMax: 3500 },
};

/** The zone of the route's `:zone_id`. */
export function zoneOf(call: Call): StoredZone {
  const zone = call.shelf(ZONE, ACCOUNT_ID).get(call.param("zone_id"));
  if (zone === undefined) throw noRoute(call.request.path);
  return zone;
}
