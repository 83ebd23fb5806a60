/** Zero Trust Gateway lists and their items. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import { ApiError, type Answer } from "../envelope.ts";
import { referencedLists } from "../gateway/expression.ts";
import { GATEWAY_LIST, Item, LIST_TYPES, mergedItems, spelled } from "../gateway/list.ts";
import type { StoredList } from "../gateway/list.ts";
import { unknownGateway } from "../gateway/refusal.ts";
import { GATEWAY_RULE } from "../gateway/rule.ts";
import { ACCOUNT } from "../model/account.ts";
import { uuid } from "../model/identifiers.ts";
import type { Call, Operation } from "../product.ts";
import { ownAccount } from "./accounts.ts";

const ITEMS_PER_PAGE = { min: 1, max: 1000, initial: 50 };

const lists = (call: Call) => {
  ownAccount(call);
  return call.shelf(GATEWAY_LIST, ACCOUNT.id);
};

function find(call: Call): StoredList {
  const list = lists(call).get(call.param("list_id"));
  if (list === undefined) throw unknownGateway("list");
  return list;
}

/** The list in lists and answers; its items are a list of their own. */
function summary({ items, ...list }: StoredList): Record<string, unknown> {
  return { ...list, count: items.length };
}

function put(call: Call, action: "create" | "update", list: StoredList): Answer {
  lists(call).put(list);
  return { result: changed(call, action, list) };
}

function changed(call: Call, action: "create" | "update" | "delete", list: StoredList): unknown {
  const result = { ...summary(list), items: list.items };
  call.changed({
    action,
    resource: { id: list.id, type: "gateway_list", product: "gateway", scope: "accounts" },
    request: action === "delete" ? null : jsonBody(call.body),
    response: action === "delete" ? null : result,
  });
  return result;
}

const ListInput = z.object({
  name: z.string().min(1).max(255),
  description: z.string().max(5000).nullish(),
  items: z.array(Item).nullish(),
});
const NewList = ListInput.extend({ type: z.enum(LIST_TYPES) });

function create(call: Call): Answer {
  ownAccount(call);
  const { name, description, type, items } = call.json(NewList);
  return put(call, "create", {
    id: uuid(),
    name,
    description: description ?? "",
    type,
    items: mergedItems({ type, items: [] }, items ?? [], call.timestamp),
    created_at: call.timestamp,
    updated_at: call.timestamp,
  });
}

/** Without `items` those that the list has stay. */
function replace(call: Call): Answer {
  const before = find(call);
  const { name, description, items } = call.json(ListInput);
  const kept = { type: before.type, items: [] };
  return put(call, "update", {
    ...before,
    name,
    description: description ?? "",
    items:
      items === null || items === undefined
        ? before.items
        : mergedItems(kept, items, call.timestamp),
    updated_at: call.timestamp,
  });
}

const Edit = z.object({
  append: z.array(Item).nullish(),
  remove: z.array(z.string()).nullish(),
});

function edit(call: Call): Answer {
  const before = find(call);
  const { append, remove: removed } = call.json(Edit);
  const gone = new Set((removed ?? []).map((value) => spelled(before.type, value)));
  const left = { type: before.type, items: before.items.filter(({ value }) => !gone.has(value)) };
  const items = mergedItems(left, append ?? [], call.timestamp);
  return put(call, "update", { ...before, items, updated_at: call.timestamp });
}

function remove(call: Call): Answer {
  const list = find(call);
  const id = list.id.replaceAll("-", "");
  const user = call
    .shelf(GATEWAY_RULE, ACCOUNT.id)
    .list()
    .find((rule) =>
      [rule.traffic, rule.identity, rule.device_posture].flatMap(referencedLists).includes(id),
    );
  if (user !== undefined) {
    const message = `list is in use by the rule \`${user.name}\` and cannot be deleted`;
    throw new ApiError(400, { code: 2024, message });
  }
  lists(call).delete(list.id);
  changed(call, "delete", list);
  return { result: {} };
}

const one = (call: Call): Answer => ({ result: summary(find(call)) });

function all(call: Call): Answer {
  const type = call.query.oneOf("type", LIST_TYPES);
  const search = call.query.text("search")?.toLowerCase() ?? "";
  const found = lists(call)
    .list()
    .filter((list) => type === undefined || list.type === type)
    .filter((list) => `${list.name}\n${list.description}`.toLowerCase().includes(search));
  return { result: found.map(summary) };
}

function itemsOf(call: Call): Answer {
  return call.query.page(find(call).items, ITEMS_PER_PAGE);
}

const LISTS = "/accounts/:account_id/gateway/lists";
const LIST = `${LISTS}/:list_id`;

export const GATEWAY_LISTS: readonly Operation[] = [
  { method: "GET", path: LISTS, needs: "gateway:read", handle: all },
  { method: "POST", path: LISTS, needs: "gateway:write", handle: create },
  { method: "GET", path: LIST, needs: "gateway:read", handle: one },
  { method: "PUT", path: LIST, needs: "gateway:write", handle: replace },
  { method: "PATCH", path: LIST, needs: "gateway:write", handle: edit },
  { method: "DELETE", path: LIST, needs: "gateway:write", handle: remove },
  { method: "GET", path: `${LIST}/items`, needs: "gateway:read", handle: itemsOf },
];
