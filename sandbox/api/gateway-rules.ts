/** Zero Trust Gateway rules. */
import type { Query } from "../api-request.ts";
import { invalidParameter, type Answer } from "../envelope.ts";
import { GATEWAY_LIST } from "../gateway/list.ts";
import { referencedLists } from "../gateway/expression.ts";
import { invalidGateway, unknownGateway } from "../gateway/refusal.ts";
import {
  acceptRule,
  GATEWAY_RULE,
  RuleInput,
  shownRule,
  withExpirationReset,
  type StoredRule,
} from "../gateway/rule.ts";
import { ACCOUNT } from "../model/account.ts";
import { uuid } from "../model/identifiers.ts";
import type { Call, Operation } from "../product.ts";
import { jsonBody } from "../api-request.ts";
import { ownAccount } from "./accounts.ts";

const PRECEDENCE_STEP = 1000;

const rules = (call: Call) => {
  ownAccount(call);
  return call.shelf(GATEWAY_RULE, ACCOUNT.id);
};

function find(call: Call): StoredRule {
  const rule = rules(call).get(call.param("rule_id"));
  if (rule === undefined) throw unknownGateway("rule");
  return rule;
}

function changed(call: Call, action: "create" | "update" | "delete", rule: StoredRule): unknown {
  const result = shownRule(rule, call.now);
  call.changed({
    action,
    resource: { id: rule.id, type: "gateway_rule", product: "gateway", scope: "accounts" },
    request: action === "delete" ? null : jsonBody(call.body),
    response: action === "delete" ? null : result,
  });
  return result;
}

/** Names need not differ; lists that a rule names must exist. */
function store(call: Call, before: StoredRule | undefined): Answer {
  const shelf = rules(call);
  const input = call.json(RuleInput);
  const highest = Math.max(0, ...shelf.list().map(({ precedence }) => precedence));
  const blank = { id: uuid(), version: 0, created_at: call.timestamp, precedence: 0 };
  const rule = acceptRule(input, before ?? blank, {
    options: call.options,
    timestamp: call.timestamp,
    nextPrecedence: highest + PRECEDENCE_STEP,
  });
  refuseUnknownLists(call, rule);
  shelf.put(rule);
  return { result: changed(call, before === undefined ? "create" : "update", rule) };
}

function refuseUnknownLists(call: Call, rule: StoredRule): void {
  const lists = call.shelf(GATEWAY_LIST, ACCOUNT.id).list();
  const known = new Set(lists.map(({ id }) => id.replaceAll("-", "")));
  const named = [rule.traffic, rule.identity, rule.device_posture].flatMap(referencedLists);
  const missing = named.find((id) => !known.has(id));
  if (missing === undefined) return;
  throw invalidGateway(`expression: list \`$${missing}\` does not exist`);
}

const create = (call: Call): Answer => store(call, undefined);
const replace = (call: Call): Answer => store(call, find(call));
const one = (call: Call): Answer => ({ result: shownRule(find(call), call.now) });

function remove(call: Call): Answer {
  const rule = find(call);
  rules(call).delete(rule.id);
  changed(call, "delete", rule);
  return { result: {} };
}

function resetExpiration(call: Call): Answer {
  const rule = withExpirationReset(find(call), call);
  rules(call).put(rule);
  return { result: changed(call, "update", rule) };
}

type Test = (rule: StoredRule) => boolean;

/** `filter=field:value`, repeatable. */
function fieldTest(pair: string): Test {
  const [field = "", ...rest] = pair.split(":");
  const value = rest.join(":").toLowerCase();
  switch (field) {
    case "name":
      return (rule) => rule.name.toLowerCase() === value;
    case "id":
      return (rule) => rule.id === value;
    case "action":
      return (rule) => rule.action === value;
    case "enabled":
      return (rule) => String(rule.enabled) === value;
    case "filters":
      return (rule) => rule.filters.some((filter) => filter === value);
    case "source_account":
      return () => ACCOUNT.id.includes(value.replaceAll("-", ""));
    case "is_shared":
      return () => value === "false";
    case "expression":
      return (rule) =>
        `${rule.traffic}\n${rule.identity}\n${rule.device_posture}`.toLowerCase().includes(value);
    default:
      throw invalidParameter(`Invalid value for \`filter\`: unknown field ${field}`);
  }
}

function selected(query: Query): Test {
  const tests = query.all("filter").map(fieldTest);
  const search = query.text("search")?.toLowerCase();
  if (search !== undefined) {
    tests.push(({ name, description }) => `${name}\n${description}`.toLowerCase().includes(search));
  }
  return (rule) => tests.every((test) => test(rule));
}

const ORDERS = ["name", "created_at", "updated_at", "precedence"] as const;

function list(call: Call): Answer {
  const found = rules(call).list().filter(selected(call.query));
  const order = call.query.oneOf("order_by", ORDERS) ?? "precedence";
  const sign = call.query.oneOf("direction", ["asc", "desc"]) === "desc" ? -1 : 1;
  const sorted = found.toSorted((a, b) => {
    if (a[order] === b[order]) return 0;
    return a[order] < b[order] ? -sign : sign;
  });
  return { result: sorted.map((rule) => shownRule(rule, call.now)) };
}

/** Rules of a parent organisation; this account has none. */
function tenant(call: Call): Answer {
  ownAccount(call);
  return { result: [] };
}

const RULES = "/accounts/:account_id/gateway/rules";
const RULE = `${RULES}/:rule_id`;

export const GATEWAY_RULES: readonly Operation[] = [
  { method: "GET", path: RULES, needs: "gateway:read", handle: list },
  { method: "POST", path: RULES, needs: "gateway:write", handle: create },
  { method: "GET", path: `${RULES}/tenant`, needs: "gateway:read", handle: tenant },
  { method: "GET", path: RULE, needs: "gateway:read", handle: one },
  { method: "PUT", path: RULE, needs: "gateway:write", handle: replace },
  { method: "DELETE", path: RULE, needs: "gateway:write", handle: remove },
  {
    method: "POST",
    path: `${RULE}/reset_expiration`,
    needs: "gateway:write",
    handle: resetExpiration,
  },
];
