/** A Gateway list: values of one type, which rules name as `$<id>`. */
import { z } from "zod";
import { formatAddressOrNetwork, parseNetwork } from "../model/network.ts";
import type { Kind } from "../store.ts";
import { invalidGateway } from "./refusal.ts";

export const LIST_TYPES = [
  "SERIAL",
  "URL",
  "DOMAIN",
  "EMAIL",
  "IP",
  "CATEGORY",
  "LOCATION",
  "DEVICE",
  "AAGUID",
] as const;
export type ListType = (typeof LIST_TYPES)[number];

/** Enterprise takes 5,000 items; the standard plan 1,000. */
const ITEMS_MAX = 5000;

export const Item = z.object({ value: z.string(), description: z.string().nullish() });
export type Item = z.infer<typeof Item>;

export interface StoredItem {
  readonly value: string;
  readonly description?: string;
  readonly created_at: string;
}

export interface StoredList {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly type: ListType;
  readonly items: readonly StoredItem[];
  readonly created_at: string;
  readonly updated_at: string;
}

export const GATEWAY_LIST: Kind<StoredList> = { name: "gateway_list", key: (list) => list.name };

const LABELS = /^(\*\.)?([\p{L}\p{N}_]([\p{L}\p{N}_-]*[\p{L}\p{N}])?\.)*[\p{L}\p{N}-]+$/u;

/** How each type spells a value; undefined is not one of its values. */
const SPELLING: Readonly<Record<ListType, (value: string) => string | undefined>> = {
  SERIAL: (value) => value,
  URL: (value) => {
    const url = URL.parse(value);
    return url === null || !url.protocol.startsWith("http") ? undefined : url.href;
  },
  DOMAIN: (value) => {
    const name = value.toLowerCase().replace(/\.$/, "");
    return LABELS.test(name) ? name : undefined;
  },
  EMAIL: (value) => (/^[^@\s]+@[^@\s]+$/.test(value) ? value.toLowerCase() : undefined),
  IP: (value) => {
    const network = parseNetwork(value);
    return network === undefined ? undefined : formatAddressOrNetwork(network);
  },
  CATEGORY: (value) => (/^\d+$/.test(value) ? value : undefined),
  LOCATION: (value) => value,
  DEVICE: (value) => value,
  AAGUID: (value) => value.toLowerCase(),
};

export function spelled(type: ListType, given: string): string {
  const value = given.trim();
  const known = value === "" ? undefined : SPELLING[type](value);
  if (known !== undefined) return known;
  throw invalidGateway(`\`${given}\` is not a value for a list of type ${type}`);
}

/** Items as stored: each value once, the old ones keep their time. */
export function mergedItems(
  list: Pick<StoredList, "type" | "items">,
  added: readonly Item[],
  timestamp: string,
): StoredItem[] {
  const items = new Map(list.items.map((item) => [item.value, item]));
  for (const { value: given, description } of added) {
    const value = spelled(list.type, given);
    const created_at = items.get(value)?.created_at ?? timestamp;
    const note = description === null || description === undefined ? {} : { description };
    items.set(value, { value, ...note, created_at });
  }
  if (items.size <= ITEMS_MAX) return [...items.values()];
  throw invalidGateway(`a list can have ${ITEMS_MAX} items at most`);
}
