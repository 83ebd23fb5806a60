/** D1 databases, as objects of the account; what they hold is not imitated. */
import type { Kind } from "../store.ts";

export interface StoredDatabase {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly created_at: string;
  readonly jurisdiction: "eu" | "fedramp" | "us" | null;
  readonly primary_location_hint?: string;
  readonly read_replication: { readonly mode: "auto" | "disabled" };
}

export const D1_DATABASE: Kind<StoredDatabase> = {
  name: "d1_database",
  key: (database) => database.name,
};
