/** Zones come and go; what can be asked of one beside its fields. */
import { z } from "zod";
import { DNS_RECORD } from "../dns/record.ts";
import { ApiError, noRoute, type Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import { hexId } from "../model/identifiers.ts";
import { ZONE_SETTING } from "../model/zone-setting.ts";
import { ZONE, zoneOf, type StoredZone } from "../model/zone.ts";
import type { Call, Operation } from "../product.ts";
import { RULESET } from "../rulesets/ruleset.ts";
import type { Kind } from "../store.ts";
import { WORKER_ROUTE } from "../workers/route.ts";
import { ACCESS_RULE } from "./access-rules.ts";
import { dropZoneDomains } from "./workers-domains.ts";
import { PAGE_RULE } from "./page-rules.ts";
import { shownZone } from "./zones.ts";

/** Enough for every test, and for none that has forgotten how to stop. */
const ZONES_MAX = 5_000;

const NAME =
  /^(?=.{4,253}$)([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{2,59})$/;

const Create = z.object({
  name: z.string().trim().toLowerCase(),
  account: z.object({ id: z.string() }).nullish(),
  type: z.enum(["full", "partial", "secondary", "internal"]).nullish(),
  jump_start: z.boolean().nullish(),
});

function zoneChanged(call: Call, action: "create" | "delete", zone: StoredZone): void {
  call.changed({
    action,
    resource: { id: zone.id, type: "zone", product: "zones", scope: "zones" },
    zone: { id: zone.id, name: zone.name },
    request: action === "create" ? { name: zone.name, type: zone.type } : null,
    response: action === "create" ? shownZone(zone, call) : null,
  });
}

function create(call: Call): Answer {
  const zones = call.shelf(ZONE, ACCOUNT.id);
  const { name: given, account, type } = call.json(Create);
  const name = given.replace(/\.$/, "");
  if ((account?.id ?? ACCOUNT.id) !== ACCOUNT.id) {
    throw noRoute(`/accounts/${account?.id ?? ""}`);
  }
  if (!NAME.test(name)) {
    throw new ApiError(400, { code: 1003, message: "Invalid or missing zone name" });
  }
  if (zones.withKey(name).length > 0) {
    throw new ApiError(400, { code: 1061, message: `${name} already exists` });
  }
  if (zones.size >= ZONES_MAX) {
    throw new ApiError(400, { code: 1118, message: "You have reached the zone limit" });
  }
  const zone: StoredZone = {
    id: hexId(),
    name,
    status: "pending",
    paused: false,
    type: type ?? "full",
    plan: "free",
    name_servers: ["ada.ns.cloudflare.com", "kirk.ns.cloudflare.com"],
    original_name_servers: null,
    vanity_name_servers: [],
    created_on: call.timestamp,
    modified_on: call.timestamp,
    activated_on: null,
  };
  zones.put(zone);
  zoneChanged(call, "create", zone);
  return { result: shownZone(zone, call) };
}

/** All that stands in a zone goes with it. */
function remove(call: Call): Answer {
  const zone = zoneOf(call);
  dropZoneDomains(call, zone.id);
  const empty = <T extends { readonly id: string }>(kind: Kind<T>): void => {
    const shelf = call.shelf(kind, zone.id);
    for (const { id } of shelf.list()) shelf.delete(id);
  };
  empty(DNS_RECORD);
  empty(ZONE_SETTING);
  empty(WORKER_ROUTE);
  empty(RULESET);
  empty(ACCESS_RULE);
  empty(PAGE_RULE);
  call.shelf(ZONE, ACCOUNT.id).delete(zone.id);
  zoneChanged(call, "delete", zone);
  return { result: { id: zone.id } };
}

/** Nobody asks a registrar here: the name servers are always found to be right. */
function activate(call: Call): Answer {
  const zone = zoneOf(call);
  if (zone.status === "pending") {
    call.shelf(ZONE, ACCOUNT.id).put({
      ...zone,
      status: "active",
      activated_on: call.timestamp,
      modified_on: call.timestamp,
    });
  }
  return { result: { id: zone.id } };
}

const Purge = z.object({
  purge_everything: z.boolean().optional(),
  files: z.array(z.unknown()).optional(),
  tags: z.array(z.string()).optional(),
  hosts: z.array(z.string()).optional(),
  prefixes: z.array(z.string()).optional(),
});

/** There is no cache to be purged; only what is asked for is checked. */
function purge(call: Call): Answer {
  const { id } = zoneOf(call);
  if (!Object.values(call.json(Purge)).some((one) => one === true || Array.isArray(one))) {
    const names = '"purge_everything", "files", "tags", "hosts" or "prefixes"';
    throw new ApiError(400, { code: 1012, message: `Request must contain one of ${names}` });
  }
  return { result: { id } };
}

/** There are no certificates here; it is always on. */
function universalSsl(call: Call): Answer {
  zoneOf(call);
  return { result: { enabled: true } };
}

const ONE = "/zones/:zone_id";

export const ZONE_LIFECYCLE: readonly Operation[] = [
  { method: "POST", path: "/zones", needs: "zone:write", handle: create },
  { method: "DELETE", path: ONE, needs: "zone:write", handle: remove },
  { method: "PUT", path: `${ONE}/activation_check`, needs: "zone:write", handle: activate },
  { method: "POST", path: `${ONE}/purge_cache`, needs: "zone:write", handle: purge },
  {
    method: "GET",
    path: `${ONE}/ssl/universal/settings`,
    needs: "zone:read",
    handle: universalSsl,
  },
];
