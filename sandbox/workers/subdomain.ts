/** The account's name below workers.dev; there is one at most. */
import type { Kind } from "../store.ts";

export interface StoredSubdomain {
  readonly id: string;
  readonly subdomain: string;
}

export const WORKERS_SUBDOMAIN: Kind<StoredSubdomain> = { name: "workers_subdomain" };
