import { itemsObject } from "../../../core/kinds/ip-list.ts";
import { listsWithItems } from "./listed-items.ts";

export const ipLists = listsWithItems({
  kind: "ip_list",
  has: ({ kind }) => kind === "ip",
  count: "num_items",
  // The most that the API gives at once.
  perPage: 500,
  paging: "cursor",
  objects: (list, items) => [list, itemsObject(list, items)],
  listId: (id) => id.replace(/\.items$/, ""),
  listName: (group) => group.replace(/^items /, ""),
});
