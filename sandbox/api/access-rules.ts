/** IP access rules of zones, of the account and of a user: what fail2ban and bouncers write. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import { ApiError, type Answer } from "../envelope.ts";
import { ACCOUNT } from "../model/account.ts";
import { hexId } from "../model/identifiers.ts";
import { parseNetwork } from "../model/network.ts";
import { zoneOf } from "../model/zone.ts";
import type { Call, Operation } from "../product.ts";
import type { Kind } from "../store.ts";
import { ownAccount } from "./accounts.ts";

const MODES = ["block", "challenge", "js_challenge", "managed_challenge", "whitelist"] as const;
const TARGETS = ["ip", "ip6", "ip_range", "asn", "country"] as const;

const Configuration = z.object({ target: z.enum(TARGETS), value: z.string().min(1) });
const Rule = z.object({
  mode: z.enum(MODES),
  configuration: Configuration,
  notes: z.string().max(500).nullish(),
});

interface StoredAccessRule {
  readonly id: string;
  readonly mode: (typeof MODES)[number];
  readonly configuration: z.infer<typeof Configuration>;
  readonly notes: string;
  readonly created_on: string;
  readonly modified_on: string;
}

export const ACCESS_RULE: Kind<StoredAccessRule> = {
  name: "access_rule",
  key: ({ configuration }) => `${configuration.target} ${configuration.value}`,
};

const refusal = (code: number, message: string, status = 400): ApiError =>
  new ApiError(status, { code, message });

/** Whose rules the route is about; a zone's are shown as those of its account. */
interface Owner {
  readonly id: string;
  readonly type: "organization" | "user";
  readonly zone?: { readonly id: string; readonly name: string };
}

function ownerOf(call: Call): Owner {
  const { path } = call.request;
  if (path.startsWith("/zones/")) {
    const { id, name } = zoneOf(call);
    return { id, type: "organization", zone: { id, name } };
  }
  if (path.startsWith("/accounts/")) return { id: ownAccount(call).id, type: "organization" };
  return { id: call.identity?.actor.id ?? ACCOUNT.id, type: "user" };
}

const shelf = (call: Call) => call.shelf(ACCESS_RULE, ownerOf(call).id);

function find(call: Call): StoredAccessRule {
  const rule = shelf(call).get(call.param("rule_id"));
  if (rule !== undefined) return rule;
  throw refusal(10001, "firewallaccessrules.api.not_found", 404);
}

/** What the API knows by itself: how long a prefix may be, and how a network is written. */
function accepted({ target, value }: z.infer<typeof Configuration>) {
  if (target === "asn") {
    const number = /^(?:AS)?(\d{1,10})$/i.exec(value)?.[1];
    if (number !== undefined) return { target, value: `AS${number}` };
  } else if (target === "country") {
    if (/^[A-Z][A-Z0-9]$/i.test(value)) return { target, value: value.toUpperCase() };
  } else {
    const network = parseNetwork(value);
    if (network !== undefined && (target === "ip_range") === value.includes("/"))
      return { target: target === "ip" && value.includes(":") ? ("ip6" as const) : target, value };
  }
  throw refusal(10014, `firewallaccessrules.api.invalid_configuration: ${target} ${value}`);
}

const shown = (rule: StoredAccessRule, { id, type, zone }: Owner): Record<string, unknown> => ({
  ...rule,
  allowed_modes: MODES,
  scope: { id: zone === undefined ? id : ACCOUNT.id, type },
});

function changed(call: Call, action: "create" | "update" | "delete", rule: StoredAccessRule): void {
  const owner = ownerOf(call);
  call.changed({
    action,
    resource: {
      id: rule.id,
      type: "access_rule",
      product: "firewall",
      scope: owner.zone === undefined ? "accounts" : "zones",
    },
    ...(owner.zone === undefined ? {} : { zone: owner.zone }),
    request: action === "delete" ? null : jsonBody(call.body),
    response: action === "delete" ? null : shown(rule, owner),
  });
}

function create(call: Call): Answer {
  const { mode, configuration: given, notes } = call.json(Rule);
  const configuration = accepted(given);
  if (shelf(call).withKey(`${configuration.target} ${configuration.value}`).length > 0) {
    throw refusal(10009, "firewallaccessrules.api.duplicate_of_existing");
  }
  const times = { created_on: call.timestamp, modified_on: call.timestamp };
  const rule = { id: hexId(), mode, configuration, notes: notes ?? "", ...times };
  shelf(call).put(rule);
  changed(call, "create", rule);
  return { result: shown(rule, ownerOf(call)) };
}

const Edit = Rule.partial();

/** What a rule is about cannot be changed; it may be repeated. */
function edit(call: Call): Answer {
  const before = find(call);
  const { mode = before.mode, notes } = call.json(Edit);
  const rule = {
    ...before,
    mode,
    notes: notes ?? before.notes,
    modified_on: call.timestamp,
  };
  shelf(call).put(rule);
  changed(call, "update", rule);
  return { result: shown(rule, ownerOf(call)) };
}

function remove(call: Call): Answer {
  const rule = find(call);
  shelf(call).delete(rule.id);
  changed(call, "delete", rule);
  return { result: { id: rule.id } };
}

/** Newer clients write `configuration.target`, older ones `configuration_target`. */
const asked = (call: Call, name: string): string | undefined =>
  call.query.text(`configuration.${name}`) ?? call.query.text(`configuration_${name}`);

function list(call: Call): Answer {
  const owner = ownerOf(call);
  const notes = call.query.text("notes")?.toLowerCase();
  const [mode, target, value] = [
    call.query.text("mode"),
    asked(call, "target"),
    asked(call, "value"),
  ];
  const tests = [
    ...(notes === undefined
      ? []
      : [(rule: StoredAccessRule) => rule.notes.toLowerCase().includes(notes)]),
    ...(mode === undefined ? [] : [(rule: StoredAccessRule) => rule.mode === mode]),
    ...(target === undefined
      ? []
      : [({ configuration }: StoredAccessRule) => configuration.target.startsWith(target)]),
    ...(value === undefined
      ? []
      : [({ configuration }: StoredAccessRule) => configuration.value === value]),
  ];
  const isAny = call.query.oneOf("match", ["any", "all"]) === "any" && tests.length > 0;
  const found = shelf(call)
    .list()
    .filter((rule) =>
      isAny ? tests.some((test) => test(rule)) : tests.every((test) => test(rule)),
    );
  const { result, info } = call.query.page(found, { min: 1, max: 1_000, initial: 20 });
  return { result: result.map((rule) => shown(rule, owner)), info };
}

const one = (call: Call): Answer => ({ result: shown(find(call), ownerOf(call)) });

const operationsOf = (root: string): readonly Operation[] => {
  const rules = `${root}/firewall/access_rules/rules`;
  const rule = `${rules}/:rule_id`;
  return [
    { method: "GET", path: rules, needs: "access_rules:read", handle: list },
    { method: "POST", path: rules, needs: "access_rules:write", handle: create },
    { method: "GET", path: rule, needs: "access_rules:read", handle: one },
    { method: "PATCH", path: rule, needs: "access_rules:write", handle: edit },
    { method: "DELETE", path: rule, needs: "access_rules:write", handle: remove },
  ];
};

export const ACCESS_RULES: readonly Operation[] = [
  ...operationsOf("/zones/:zone_id"),
  ...operationsOf("/accounts/:account_id"),
  ...operationsOf("/user"),
];
