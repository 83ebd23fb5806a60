/** Changes of list items happen later: a client gets an operation and asks what became of it. */
import { ACCOUNT_ID } from "../identities.ts";
import { hexId } from "../model/identifiers.ts";
import type { Call } from "../product.ts";
import type { Kind, Shelf, Shelves } from "../store.ts";
import { BadItem, identityOf, LIST_ITEM, normalised, type StoredItem } from "./items.ts";
import { LIST } from "./list.ts";

/** As sent, in the list's form. */
export type SentItem = Omit<StoredItem, "id" | "comment" | "created_on" | "modified_on"> & {
  readonly comment?: string | null | undefined;
};

export type ItemChange =
  | { readonly type: "append" | "replace"; readonly items: readonly SentItem[] }
  | { readonly type: "delete"; readonly ids: readonly string[] };

interface StoredOperation {
  readonly id: string;
  readonly list_id: string;
  readonly change: ItemChange;
  readonly requested_at: number;
  readonly due_at: number;
  readonly outcome?: { readonly completed: string; readonly error?: string };
}

const OPERATION: Kind<StoredOperation> = { name: "list_operation" };

/** Nobody asks for older ones. */
const OPERATIONS_MAX = 200;

/** Where operations look and what the clock says. */
export type Moment = Shelves & Pick<Call, "now" | "options">;

export function request(at: Moment, listId: string, change: ItemChange): StoredOperation {
  const operation = {
    id: hexId(),
    list_id: listId,
    change,
    requested_at: at.now,
    due_at: at.now + at.options.list_operation_delay_ms,
  };
  const shelf = at.shelf(OPERATION, ACCOUNT_ID);
  const [oldest] = shelf.size >= OPERATIONS_MAX ? shelf.list() : [];
  if (oldest !== undefined) shelf.delete(oldest.id);
  shelf.put(operation);
  return operation;
}

/** One change at a time, for the whole account. */
export const isBusy = (at: Moment): boolean =>
  at
    .shelf(OPERATION, ACCOUNT_ID)
    .list()
    .some(({ outcome }) => outcome === undefined);

/** Whatever is due happens before anybody looks; time passes only when somebody does. */
export function settle(at: Moment): void {
  const shelf = at.shelf(OPERATION, ACCOUNT_ID);
  for (const operation of shelf.list()) {
    if (operation.outcome !== undefined || operation.due_at > at.now) continue;
    const completed = new Date(operation.due_at).toISOString();
    const error = applied(at, operation, completed);
    shelf.put({
      ...operation,
      // What was done is not needed again, and may be large.
      change: { type: "delete", ids: [] },
      outcome: { completed, ...(error === undefined ? {} : { error }) },
    });
  }
}

/** An operation as the API shows it. */
export function shown(at: Moment, id: string): Record<string, unknown> | undefined {
  const operation = at.shelf(OPERATION, ACCOUNT_ID).get(id);
  if (operation === undefined) return undefined;
  const { outcome, requested_at: from, due_at: to } = operation;
  if (outcome !== undefined) {
    return { id, status: outcome.error === undefined ? "completed" : "failed", ...outcome };
  }
  return { id, status: at.now < (from + to) / 2 ? "pending" : "running" };
}

/** All or nothing; the error that made it nothing. */
function applied(at: Moment, operation: StoredOperation, time: string): string | undefined {
  const list = at.shelf(LIST, ACCOUNT_ID).get(operation.list_id);
  if (list === undefined) return "the list does not exist any more";
  const items = at.shelf(LIST_ITEM, list.id);
  try {
    alter(items, operation.change, { time, room: roomBeside(at, list.id) });
  } catch (error) {
    if (error instanceof BadItem) return error.message;
    throw error;
  }
  at.shelf(LIST, ACCOUNT_ID).put({ ...list, modified_on: time });
  return undefined;
}

function roomBeside(at: Moment, listId: string): number {
  const others = at
    .shelf(LIST, ACCOUNT_ID)
    .list()
    .filter(({ id }) => id !== listId);
  const used = others.reduce((sum, { id }) => sum + at.shelf(LIST_ITEM, id).size, 0);
  return at.options.list_items_max - used;
}

interface Limits {
  readonly time: string;
  readonly room: number;
}

function alter(items: Shelf<StoredItem>, wanted: ItemChange, limits: Limits): void {
  if (wanted.type === "delete") remove(items, wanted.ids);
  else put(items, wanted, limits);
}

function remove(items: Shelf<StoredItem>, ids: readonly string[]): void {
  const unknown = ids.find((id) => items.get(id) === undefined);
  if (unknown !== undefined) throw new BadItem(`the list has no item '${unknown}'`);
  for (const id of ids) items.delete(id);
}

/** Everything is read and counted before the first item moves. */
function put(
  items: Shelf<StoredItem>,
  { type, items: sent }: Extract<ItemChange, { type: "append" | "replace" }>,
  { time, room }: Limits,
): void {
  const known = new Map(items.list().map((item) => [identityOf(item), item]));
  const wanted = new Map<string, StoredItem>();
  for (const item of sent) {
    const value = normalised(item);
    const identity = identityOf(value);
    const { id = hexId(), created_on = time } = known.get(identity) ?? {};
    const said = item.comment ?? "";
    const comment = said === "" ? {} : { comment: said };
    wanted.set(identity, { id, ...value, ...comment, created_on, modified_on: time });
  }
  const total = new Set([...(type === "append" ? known.keys() : []), ...wanted.keys()]).size;
  if (total > room) {
    throw new BadItem(`the account may have no more items: ${total} out of ${room}`);
  }
  if (type === "replace") for (const { id } of known.values()) items.delete(id);
  for (const item of wanted.values()) items.put(item);
}
