/** The record against Cloudflare's own audit log: what happened there and is told nowhere here. */
import type { Instant } from "../ids.ts";
import type { RecordedEntry } from "../log/entry.ts";

/** A change as the account's audit log tells it. */
export interface AccountChange {
  readonly id: string;
  readonly at: Instant;
  readonly action: string;
  readonly actor: string;
  readonly channel: string;
  readonly resourceId: string;
  /** Made with the vault's token. */
  readonly isOurs: boolean;
}

export interface Reconciliation {
  readonly status: "complete" | "exceptions" | "not_assessable";
  readonly why: string | null;
  readonly changes: number;
  readonly ours: number;
  /** With our token, and no entry of a write before it: the record is not complete, or the token is elsewhere. */
  readonly unrecorded: readonly AccountChange[];
  /** Made by others, past the process. Not a fault of the record; an auditor asks about each. */
  readonly outside: readonly AccountChange[];
}

/** The vault records a write and sends it at once; one call may take a while to be carried out. */
const WITHIN_MS = 10 * 60_000;

export function reconcile(
  entries: readonly RecordedEntry[],
  account: { readonly changes: readonly AccountChange[]; readonly why: string | null },
  msOf: (at: Instant) => number,
): Reconciliation {
  const { changes, why } = account;
  const writes = entries
    .filter(({ type, source }) => source === "vault" && (type === "write" || type === "revert"))
    .map(({ at }) => msOf(at));
  const isTold = ({ at }: AccountChange): boolean => {
    const ms = msOf(at);
    // The account's clock has seconds; ours is a moment earlier.
    return writes.some((write) => write <= ms + 1_000 && ms - write <= WITHIN_MS);
  };
  const ours = changes.filter(({ isOurs }) => isOurs);
  const unrecorded = ours.filter((change) => !isTold(change));
  const outside = changes.filter(({ isOurs }) => !isOurs);
  const told = { changes: changes.length, ours: ours.length, unrecorded, outside };
  if (why !== null) return { status: "not_assessable", why, ...told };
  const isClean = unrecorded.length === 0 && outside.length === 0;
  return { status: isClean ? "complete" : "exceptions", why: null, ...told };
}
