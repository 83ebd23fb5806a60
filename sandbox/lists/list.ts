/** A list of IP addresses, redirects, hostnames or networks that rules can name. */
import { ACCOUNT_ID } from "../identities.ts";
import type { Kind } from "../store.ts";
import type { Shelves } from "../store.ts";

export const LIST_KINDS = ["ip", "redirect", "hostname", "asn"] as const;
export type ListKind = (typeof LIST_KINDS)[number];

export interface StoredList {
  readonly id: string;
  readonly kind: ListKind;
  readonly name: string;
  readonly description?: string;
  readonly created_on: string;
  readonly modified_on: string;
}

export const LIST: Kind<StoredList> = { name: "list", key: (list) => list.name };

/** The list that rules call `$name`. */
export const listNamed = (shelves: Shelves, name: string): StoredList | undefined =>
  shelves.shelf(LIST, ACCOUNT_ID).withKey(name)[0];
