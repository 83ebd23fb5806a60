/** Lists that rules name. What a list is for, its rules say; an emptied one makes all of them do nothing. */
import type { Fields } from "../resource.ts";
import { certain, type Protection } from "./invariant.ts";

const countIn = (fields: Fields | null): number => {
  const items = fields?.["items"];
  return Array.isArray(items) ? items.length : 0;
};

export const listedAddresses: Protection = {
  kind: "ip_list",
  weakened: (before, after) =>
    countIn(before) > 0 && countIn(after) === 0 ? [certain("nothing is left in the list")] : [],
};

export const gatewayLists: Protection = { ...listedAddresses, kind: "gateway_list" };
