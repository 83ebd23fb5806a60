import { listsWithItems } from "./listed-items.ts";
import { objectList } from "./object-list.ts";

export const gatewayRules = objectList({ kind: "gateway_rule", perPage: null });

export const gatewayLists = listsWithItems({
  kind: "gateway_list",
  has: () => true,
  count: "count",
  // The most that the API gives at once.
  perPage: 1_000,
  paging: "page",
  objects: (list, items) => [{ ...list, items }],
  listId: (id) => id,
  listName: (group) => group,
});
