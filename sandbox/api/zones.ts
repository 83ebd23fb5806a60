/** Zones: list, read, pause. */
import { z } from "zod";
import type { Query } from "../api-request.ts";
import type { Answer } from "../envelope.ts";
import { grants } from "../identities.ts";
import { ACCOUNT } from "../model/account.ts";
import { developmentModeSeconds, ZONE_SETTING } from "../model/zone-setting.ts";
import { zoneOf, ZONE, type Plan, type StoredZone } from "../model/zone.ts";
import type { Call, Operation } from "../product.ts";

const PER_PAGE = { min: 5, max: 50, initial: 20 };

const PLANS: Readonly<Record<Plan, { id: string; name: string; price: number }>> = {
  free: { id: "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", name: "Free Website", price: 0 },
  pro: { id: "1feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", name: "Pro Website", price: 20 },
  enterprise: { id: "94f3b7b768b0458b56d2cac4fe5ec0f9", name: "Enterprise Website", price: 0 },
};

/** A zone as the API shows it. */
export function shownZone(zone: StoredZone, call: Call): Record<string, unknown> {
  const { plan, ...stored } = zone;
  const development = call.shelf(ZONE_SETTING, zone.id).get("development_mode");
  return {
    ...stored,
    development_mode: developmentModeSeconds(development, call.now),
    original_registrar: null,
    original_dnshost: null,
    account: ACCOUNT,
    owner: { id: ACCOUNT.id, type: "organization", name: ACCOUNT.name },
    meta: {
      step: 2,
      custom_certificate_quota: 0,
      page_rule_quota: 3,
      phishing_detected: false,
    },
    permissions: permissions(call),
    plan: {
      ...PLANS[plan],
      currency: "USD",
      frequency: "",
      is_subscribed: plan !== "free",
      can_subscribe: false,
      legacy_id: plan,
      legacy_discount: false,
      externally_managed: false,
    },
  };
}

function permissions(call: Call): string[] {
  const rights = call.identity?.rights ?? [];
  const verbs = rights.includes("*:write") || rights.includes("dns:write") ? ["edit"] : [];
  return ["dns_records", "zone", "zone_settings"].flatMap((area) =>
    ["read", ...verbs].map((verb) => `#${area}:${verb}`),
  );
}

const TEXT: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  equal: (value, wanted) => value === wanted,
  not_equal: (value, wanted) => value !== wanted,
  starts_with: (value, wanted) => value.startsWith(wanted),
  ends_with: (value, wanted) => value.endsWith(wanted),
  contains: (value, wanted) => value.includes(wanted),
};

/** `name=shop.example` or `name=contains:shop`. */
function textTest(wanted: string): (value: string) => boolean {
  const [operator = "", ...rest] = wanted.split(":");
  const compare = TEXT[operator];
  if (compare === undefined) return (value) => value === wanted.toLowerCase();
  return (value) => compare(value, rest.join(":").toLowerCase());
}

type Test = (zone: StoredZone) => boolean;

function filter(query: Query): Test {
  const tests: Test[] = [];
  const name = query.text("name");
  if (name !== undefined && name !== "") {
    // lexicon asks with a trailing dot where it does not know the public suffix.
    const test = textTest(name.replace(/\.$/, ""));
    tests.push((zone) => test(zone.name));
  }
  const status = query.oneOf("status", ["initializing", "pending", "active", "moved"]);
  if (status !== undefined) tests.push((zone) => zone.status === status);
  const types = query.all("type").flatMap((value) => value.split(","));
  if (types.length > 0) tests.push((zone) => types.includes(zone.type));
  const accountId = query.text("account.id");
  if (accountId !== undefined) tests.push(() => accountId === ACCOUNT.id);
  const accountName = query.text("account.name");
  if (accountName !== undefined) tests.push(() => textTest(accountName)(ACCOUNT.name));
  if (tests.length === 0) return () => true;
  const isAny = query.oneOf("match", ["any", "all"]) === "any";
  return (zone) => (isAny ? tests.some((test) => test(zone)) : tests.every((test) => test(zone)));
}

function ordered(zones: readonly StoredZone[], query: Query): StoredZone[] {
  const orders = ["name", "status", "account.id", "account.name", "plan.id"] as const;
  const order = query.oneOf("order", orders) ?? "name";
  const sign = query.oneOf("direction", ["asc", "desc"]) === "desc" ? -1 : 1;
  const key = (zone: StoredZone): string => {
    if (order === "status") return zone.status;
    return order === "plan.id" ? zone.plan : zone.name;
  };
  return zones.toSorted((a, b) => sign * (key(a) < key(b) ? -1 : 1));
}

/** A token for some zones sees no others. */
const visible =
  ({ identity }: Call): Test =>
  ({ id }) =>
    identity !== undefined && grants(identity, "zone:read", { type: "zone", id });

function list(call: Call): Answer {
  const zones = call
    .shelf(ZONE, ACCOUNT.id)
    .list()
    .filter(visible(call))
    .filter(filter(call.query));
  const { result, info } = call.query.page(ordered(zones, call.query), PER_PAGE);
  return { result: result.map((zone) => shownZone(zone, call)), info };
}

const one = (call: Call): Answer => ({ result: shownZone(zoneOf(call), call) });

const Edit = z.object({
  paused: z.boolean().optional(),
  type: z.enum(["full", "partial", "secondary", "internal"]).optional(),
  vanity_name_servers: z.array(z.string()).optional(),
});

function edit(call: Call): Answer {
  const before = zoneOf(call);
  const body = call.json(Edit);
  const zone = {
    ...before,
    paused: body.paused ?? before.paused,
    type: body.type ?? before.type,
    vanity_name_servers: body.vanity_name_servers ?? before.vanity_name_servers,
    modified_on: call.timestamp,
  };
  call.shelf(ZONE, ACCOUNT.id).put(zone);
  const result = shownZone(zone, call);
  call.changed({
    action: "update",
    resource: { id: zone.id, type: "zone", product: "zones", scope: "zones" },
    zone: { id: zone.id, name: zone.name },
    request: body,
    response: result,
  });
  return { result };
}

export const ZONES: readonly Operation[] = [
  { method: "GET", path: "/zones", needs: "zone:read", handle: list },
  { method: "GET", path: "/zones/:zone_id", needs: "zone:read", handle: one },
  { method: "PATCH", path: "/zones/:zone_id", needs: "zone:write", handle: edit },
];
