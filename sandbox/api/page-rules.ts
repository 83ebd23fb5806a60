/** Page rules of a zone: old, and still what DNS tools ask for before anything else. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import { ApiError, type Answer } from "../envelope.ts";
import { hexId } from "../model/identifiers.ts";
import { zoneOf } from "../model/zone.ts";
import type { Call, Operation } from "../product.ts";
import type { Kind } from "../store.ts";

const Rule = z.object({
  targets: z
    .array(
      z.object({
        target: z.literal("url"),
        constraint: z.object({ operator: z.literal("matches"), value: z.string().min(1) }),
      }),
    )
    .length(1),
  actions: z.array(z.looseObject({ id: z.string() })).min(1),
  priority: z.number().int().optional(),
  status: z.enum(["active", "disabled"]).optional(),
});

interface StoredPageRule {
  readonly id: string;
  readonly targets: z.infer<typeof Rule>["targets"];
  readonly actions: z.infer<typeof Rule>["actions"];
  readonly priority: number;
  readonly status: "active" | "disabled";
  readonly created_on: string;
  readonly modified_on: string;
}

export const PAGE_RULE: Kind<StoredPageRule> = { name: "page_rule" };

const whole = ({ targets, actions, priority = 1, status = "disabled" }: z.infer<typeof Rule>) => ({
  targets,
  actions,
  priority,
  status,
});

/** Without what was not said. */
const defined = <T extends object>(said: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };

/** What a free zone may have. */
const RULES_MAX = 3;

const shelf = (call: Call) => call.shelf(PAGE_RULE, zoneOf(call).id);

function find(call: Call): StoredPageRule {
  const rule = shelf(call).get(call.param("pagerule_id"));
  if (rule !== undefined) return rule;
  throw new ApiError(404, { code: 1002, message: "Invalid Page Rule identifier" });
}

function store(call: Call, rule: StoredPageRule, action: "create" | "update"): Answer {
  shelf(call).put(rule);
  changed(call, action, rule);
  return { result: rule };
}

function changed(call: Call, action: "create" | "update" | "delete", rule: StoredPageRule): void {
  const zone = zoneOf(call);
  call.changed({
    action,
    resource: { id: rule.id, type: "page_rule", product: "page_rules", scope: "zones" },
    zone: { id: zone.id, name: zone.name },
    request: action === "delete" ? null : jsonBody(call.body),
    response: action === "delete" ? null : rule,
  });
}

function list(call: Call): Answer {
  const status = call.query.oneOf("status", ["active", "disabled"]);
  const result = shelf(call)
    .list()
    .filter((rule) => (status ?? rule.status) === rule.status)
    .toSorted((a, b) => b.priority - a.priority);
  return { result };
}

function create(call: Call): Answer {
  if (shelf(call).size >= RULES_MAX) {
    const message = "You have reached the maximum number of Page Rules for this zone";
    throw new ApiError(400, { code: 1004, message });
  }
  const times = { created_on: call.timestamp, modified_on: call.timestamp };
  return store(call, { id: hexId(), ...whole(call.json(Rule)), ...times }, "create");
}

function replace(call: Call): Answer {
  const { id, created_on } = find(call);
  const rule = { id, ...whole(call.json(Rule)), created_on, modified_on: call.timestamp };
  return store(call, rule, "update");
}

function patch(call: Call): Answer {
  const before = find(call);
  const said = call.json(Rule.partial());
  const rule = {
    ...before,
    ...whole({ ...before, ...defined(said) }),
    modified_on: call.timestamp,
  };
  return store(call, rule, "update");
}

function remove(call: Call): Answer {
  const rule = find(call);
  shelf(call).delete(rule.id);
  changed(call, "delete", rule);
  return { result: { id: rule.id } };
}

const RULES = "/zones/:zone_id/pagerules";
const RULE = `${RULES}/:pagerule_id`;

export const PAGE_RULES: readonly Operation[] = [
  { method: "GET", path: RULES, needs: "page_rules:read", handle: list },
  { method: "POST", path: RULES, needs: "page_rules:write", handle: create },
  {
    method: "GET",
    path: RULE,
    needs: "page_rules:read",
    handle: (call) => ({ result: find(call) }),
  },
  { method: "PUT", path: RULE, needs: "page_rules:write", handle: replace },
  { method: "PATCH", path: RULE, needs: "page_rules:write", handle: patch },
  { method: "DELETE", path: RULE, needs: "page_rules:write", handle: remove },
];
