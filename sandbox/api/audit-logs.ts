/** Audit logs v2: the account's change feed. */
import type { Query } from "../api-request.ts";
import { invalidParameter, noRoute, type Answer } from "../envelope.ts";
import type { AuditEntry, Located, Position } from "../audit-trail.ts";
import type { Options } from "../options.ts";
import type { Call, Operation } from "../product.ts";
import { ownAccount } from "./accounts.ts";

const LIMIT = { initial: 100, max: 1000 };

type Field = (entry: AuditEntry) => string | undefined;

/** Every filter exists as `x=` and as `x.not=`, both repeatable. */
const FILTERS: Readonly<Record<string, Field>> = {
  id: (entry) => entry.id,
  audit_log_id: (entry) => entry.id,
  account_name: (entry) => entry.account.name,
  action_result: (entry) => entry.action.result,
  action_type: (entry) => entry.action.type,
  actor_context: (entry) => entry.actor.context,
  actor_email: (entry) => entry.actor.email,
  actor_id: (entry) => entry.actor.id,
  actor_ip_address: (entry) => entry.actor.ip_address,
  actor_token_id: (entry) => entry.actor.token_id,
  actor_token_name: (entry) => entry.actor.token_name,
  actor_type: (entry) => entry.actor.type,
  raw_cf_ray_id: (entry) => entry.raw.cf_ray_id,
  raw_method: (entry) => entry.raw.method,
  raw_status_code: (entry) => String(entry.raw.status_code),
  raw_uri: (entry) => entry.raw.uri,
  resource_id: (entry) => entry.resource.id,
  resource_product: (entry) => entry.resource.product,
  resource_scope: (entry) => entry.resource.scope,
  resource_type: (entry) => entry.resource.type,
  zone_id: (entry) => entry.zone?.id,
  zone_name: (entry) => entry.zone?.name,
};

function filter(query: Query): (entry: AuditEntry) => boolean {
  const tests = Object.entries(FILTERS).flatMap(([name, field]) => {
    const wanted = query.all(name);
    const unwanted = query.all(`${name}.not`);
    return [
      ...(wanted.length === 0 ? [] : [(entry: AuditEntry) => isOneOf(field(entry), wanted)]),
      ...(unwanted.length === 0 ? [] : [(entry: AuditEntry) => !isOneOf(field(entry), unwanted)]),
    ];
  });
  return (entry) => tests.every((test) => test(entry));
}

const isOneOf = (value: string | undefined, choices: readonly string[]): boolean =>
  value !== undefined && choices.includes(value);

/** An RFC 3339 instant, or a date, which means its first moment in UTC. */
function instant(query: Query, name: string): number {
  const text = query.text(name) ?? "";
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isInstant = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.test(
    text,
  );
  const time = isDate || isInstant ? Date.parse(text.toUpperCase()) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw invalidParameter(`\`${name}\` is required: an RFC 3339 time or a date`);
}

const encode = ({ time, seq }: Position): string => btoa(`${time}:${seq}`);

function decode(cursor: string | undefined): Position | undefined {
  if (cursor === undefined || cursor === "") return undefined;
  try {
    const match = /^(\d+):(\d+)$/.exec(atob(cursor));
    if (match !== null) return { time: Number(match[1]), seq: Number(match[2]) };
  } catch {
    // Not base64: refused below like any other text that is no cursor of ours.
  }
  throw invalidParameter("`cursor` is invalid");
}

/** The page and, if it is full, where the next one starts. */
function page(found: readonly Located[], limit: number, style: Options["audit_pagination"]) {
  const last = found.at(-1);
  const next = last !== undefined && found.length === limit ? encode(last.position) : undefined;
  const cursor = next === undefined || style === "cursors_after" ? {} : { cursor: next };
  const nested = next === undefined || style === "cursor" ? {} : { cursors: { after: next } };
  return {
    result: found.map(({ entry }) => entry),
    info: { count: String(found.length), ...cursor, ...nested },
  };
}

function search(call: Call, test: (entry: AuditEntry) => boolean): Answer & { info: object } {
  const { query, now } = call;
  const since = instant(query, "since");
  const before = instant(query, "before");
  const limit = query.integer("limit", LIMIT.initial);
  if (limit < 1 || limit > LIMIT.max) {
    throw invalidParameter(`\`limit\` must be from 1 to ${LIMIT.max}`);
  }
  const direction = query.oneOf("direction", ["asc", "desc"]) ?? "desc";
  const from = decode(query.text("cursor"));
  const found: Located[] = [];
  for (const located of call.audit.read({ since, before, direction, from, now })) {
    if (!test(located.entry)) continue;
    found.push(located);
    if (found.length === limit) break;
  }
  return page(found, limit, call.options.audit_pagination);
}

function list(call: Call): Answer {
  ownAccount(call);
  return search(call, filter(call.query));
}

/** The entries of the same resource. */
function history(call: Call): Answer {
  ownAccount(call);
  const entry = call.audit.find(call.param("id"), call.now);
  if (entry === undefined) throw noRoute(call.request.path);
  const { id, type } = entry.resource;
  const answer = search(call, ({ resource }) => resource.id === id && resource.type === type);
  return { ...answer, info: { ...answer.info, history_status: "exact" } };
}

const CATEGORIES = [
  {
    label: "DNS",
    value: "dns",
    products: [{ label: "DNS", value: "dns" }],
  },
  {
    label: "Zones",
    value: "zones",
    products: [
      { label: "Zones", value: "zones" },
      { label: "Zone settings", value: "zone_settings" },
    ],
  },
];

/** Products with a category of their own. */
const MORE = {
  access: "Access",
  api_tokens: "API tokens",
  gateway: "Gateway",
  notifications: "Notifications",
  queues: "Queues",
  workers: "Workers",
};

function categories(call: Call): Answer {
  ownAccount(call);
  const more = Object.entries(MORE).map(([value, label]) => {
    return { label, value, products: [{ label, value }] };
  });
  return { result: [...CATEGORIES, ...more] };
}

const AUDIT = "/accounts/:account_id/logs/audit";

export const AUDIT_LOGS: readonly Operation[] = [
  { method: "GET", path: AUDIT, needs: "audit:read", handle: list },
  { method: "GET", path: `${AUDIT}/product_categories`, needs: "audit:read", handle: categories },
  { method: "GET", path: `${AUDIT}/:id/history`, needs: "audit:read", handle: history },
];
