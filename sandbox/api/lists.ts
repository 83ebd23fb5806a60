/** Lists that rules name, and their items, which change asynchronously. */
import { z } from "zod";
import { jsonBody } from "../api-request.ts";
import type { Change } from "../audit-trail.ts";
import { ApiError, invalidParameter, type Answer } from "../envelope.ts";
import { ITEM_FORM, LIST_ITEM, type StoredItem } from "../lists/items.ts";
import { LIST, LIST_KINDS, listNamed, type StoredList } from "../lists/list.ts";
import { isBusy, request, settle, shown, type ItemChange } from "../lists/operations.ts";
import { hexId } from "../model/identifiers.ts";
import { parseBody, type Call, type Operation } from "../product.ts";
import { referencesTo } from "../rulesets/references.ts";
import type { Shelf } from "../store.ts";
import { ownAccount } from "./accounts.ts";

/** 10031 was reported by others; the rest is a guess. */
const CODE = { notFound: 10001, exists: 10026, inUse: 10031, busy: 10038 } as const;

/** The lists of this account, with every operation that is due already done. */
function listsOf(call: Call): Shelf<StoredList> {
  const account = ownAccount(call);
  settle(call);
  return call.shelf(LIST, account.id);
}

function listOf(call: Call): StoredList {
  const list = listsOf(call).get(call.param("list_id"));
  if (list !== undefined) return list;
  throw new ApiError(404, { code: CODE.notFound, message: "could not find list" });
}

function withCounts(list: StoredList, call: Call): Record<string, unknown> {
  return {
    ...list,
    num_items: call.shelf(LIST_ITEM, list.id).size,
    num_referencing_filters: referencesTo(call, list.name),
  };
}

function changed(
  call: Call,
  change: Pick<Change, "action" | "response"> & { readonly id: string },
): void {
  call.changed({
    action: change.action,
    resource: { id: change.id, type: "list", product: "rules_lists", scope: "accounts" },
    request: call.body.type === "none" ? null : jsonBody(call.body),
    response: change.response,
  });
}

const all = (call: Call): Answer => ({
  result: listsOf(call)
    .list()
    .map((list) => withCounts(list, call)),
});

const one = (call: Call): Answer => ({ result: withCounts(listOf(call), call) });

const Create = z.object({
  kind: z.enum(LIST_KINDS),
  name: z.string().regex(/^[a-z0-9_]{1,50}$/, "may have lower-case letters, digits and _"),
  description: z.string().max(500).nullish(),
});

function create(call: Call): Answer {
  const lists = listsOf(call);
  const { description, ...body } = call.json(Create);
  if (listNamed(call, body.name) !== undefined) {
    const message = `a list with the name \`${body.name}\` exists already`;
    throw new ApiError(409, { code: CODE.exists, message });
  }
  const list = {
    id: hexId(),
    ...body,
    ...(description === undefined || description === null ? {} : { description }),
    created_on: call.timestamp,
    modified_on: call.timestamp,
  };
  lists.put(list);
  const result = withCounts(list, call);
  changed(call, { action: "create", id: list.id, response: result });
  return { result };
}

/** Only the description can change. */
function describe(call: Call): Answer {
  const before = listOf(call);
  const { description } = call.json(z.object({ description: z.string().max(500).nullish() }));
  const list = { ...before, description: description ?? "", modified_on: call.timestamp };
  call.shelf(LIST, ownAccount(call).id).put(list);
  const result = withCounts(list, call);
  changed(call, { action: "update", id: list.id, response: result });
  return { result };
}

function remove(call: Call): Answer {
  const { id, name } = listOf(call);
  if (referencesTo(call, name) > 0) {
    throw new ApiError(400, { code: CODE.inUse, message: "filters.api.list_in_use" });
  }
  const shelf = call.shelf(LIST_ITEM, id);
  for (const item of shelf.list()) shelf.delete(item.id);
  call.shelf(LIST, ownAccount(call).id).delete(id);
  changed(call, { action: "delete", id, response: { id } });
  return { result: { id } };
}

const PER_PAGE = { initial: 500, max: 500 };

/** Cursor pages in both directions; the cursor is where the page begins. */
function items(call: Call): Answer {
  const list = listOf(call);
  const { query } = call;
  const search = query.text("search")?.toLowerCase() ?? "";
  const found = call.shelf(LIST_ITEM, list.id).list().filter(matching(search));
  const size = Math.max(1, query.integer("per_page", PER_PAGE.initial));
  const perPage = Math.min(PER_PAGE.max, size);
  const from = startOf(query.text("cursor") ?? "");
  const cursors = {
    ...(from > 0 ? { before: cursorAt(Math.max(0, from - perPage)) } : {}),
    ...(from + perPage < found.length ? { after: cursorAt(from + perPage) } : {}),
  };
  return { result: found.slice(from, from + perPage), info: { cursors } };
}

const cursorAt = (index: number): string => btoa(`item ${index}`);

function startOf(cursor: string): number {
  if (cursor === "") return 0;
  const index = /^[A-Za-z0-9+/]+=*$/.test(cursor) ? /^item (\d+)$/.exec(atob(cursor)) : null;
  if (index === null) throw invalidParameter("Invalid value for `cursor`");
  return Number(index[1]);
}

const matching =
  (search: string) =>
  ({ id: _id, created_on: _created, modified_on: _modified, ...said }: StoredItem): boolean =>
    search === "" || JSON.stringify(said).toLowerCase().includes(search);

function oneItem(call: Call): Answer {
  const item = call.shelf(LIST_ITEM, listOf(call).id).get(call.param("item_id"));
  if (item !== undefined) return { result: item };
  throw new ApiError(404, { code: CODE.notFound, message: "could not find list item" });
}

const ITEMS_MAX = 10_000;

/** Accepts the change and answers what to ask for. */
function later(call: Call, list: StoredList, change: ItemChange): Answer {
  if (isBusy(call)) {
    const message = "another operation on a list of this account is still running";
    throw new ApiError(429, { code: CODE.busy, message });
  }
  const { id } = request(call, list.id, change);
  changed(call, { action: "update", id: list.id, response: { operation_id: id } });
  return { result: { operation_id: id } };
}

const put =
  (type: "append" | "replace") =>
  (call: Call): Answer => {
    const list = listOf(call);
    const sent = parseBody(jsonBody(call.body), z.array(ITEM_FORM[list.kind]).max(ITEMS_MAX));
    return later(call, list, { type, items: sent });
  };

function removeItems(call: Call): Answer {
  const list = listOf(call);
  const schema = z.object({ items: z.array(z.object({ id: z.string() })).max(ITEMS_MAX) });
  const { items: wanted } = call.json(schema);
  return later(call, list, { type: "delete", ids: wanted.map(({ id }) => id) });
}

function operation(call: Call): Answer {
  listsOf(call);
  const result = shown(call, call.param("operation_id"));
  if (result !== undefined) return { result };
  throw new ApiError(404, { code: CODE.notFound, message: "could not find operation" });
}

const ROOT = "/accounts/:account_id/rules/lists";
const ONE = `${ROOT}/:list_id`;
const ITEMS = `${ONE}/items`;

export const LISTS: readonly Operation[] = [
  { method: "GET", path: ROOT, needs: "lists:read", handle: all },
  { method: "POST", path: ROOT, needs: "lists:write", handle: create },
  {
    method: "GET",
    path: `${ROOT}/bulk_operations/:operation_id`,
    needs: "lists:read",
    handle: operation,
  },
  { method: "GET", path: ONE, needs: "lists:read", handle: one },
  { method: "PUT", path: ONE, needs: "lists:write", handle: describe },
  { method: "DELETE", path: ONE, needs: "lists:write", handle: remove },
  { method: "GET", path: ITEMS, needs: "lists:read", handle: items },
  { method: "POST", path: ITEMS, needs: "lists:write", handle: put("append") },
  { method: "PUT", path: ITEMS, needs: "lists:write", handle: put("replace") },
  { method: "DELETE", path: ITEMS, needs: "lists:write", handle: removeItems },
  { method: "GET", path: `${ITEMS}/:item_id`, needs: "lists:read", handle: oneItem },
];
