/** The record against Cloudflare's own audit log: what happened there and is told nowhere here. */
import type { Instant } from "../ids.ts";
import { type EntryPlace, placeOfEntry, type RecordedEntry } from "../log/entry.ts";

/** A change as the account's audit log tells it. */
export interface AccountChange {
  readonly id: string;
  readonly at: Instant;
  readonly action: string;
  readonly actor: string;
  readonly channel: string;
  readonly resourceType: string;
  readonly resourceId: string;
  /** Of the request that made it; null: the log does not have it. */
  readonly ray: string | null;
  readonly method: string | null;
  readonly path: string | null;
  /** Made with the vault's token. */
  readonly isOurs: boolean;
}

/**
 * How a change was found in the record, best first: by the ray of the very request; by its method and path, close in time; by
 * nothing but a time, where the account's log has neither.
 */
export type MatchedBy = "ray" | "request" | "time";

export interface Matched {
  readonly id: string;
  readonly by: MatchedBy;
  readonly entry: EntryPlace;
}

export interface Reconciliation {
  readonly status: "complete" | "exceptions" | "not_assessable";
  readonly why: string | null;
  readonly changes: number;
  readonly ours: number;
  readonly matched: readonly Matched[];
  /** With our token, and no entry of a write before it: the record is not complete, or the token is elsewhere. */
  readonly unrecorded: readonly AccountChange[];
  /** Made by others, past the process. Not a fault of the record; an auditor asks about each. */
  readonly outside: readonly AccountChange[];
}

/** The vault records a write and sends it at once; one call may take a while to be carried out. */
const WITHIN_MS = 10 * 60_000;
/** The account's clock has seconds; ours is a moment earlier. */
const CLOCKS_MS = 1_000;

interface Told {
  readonly entry: RecordedEntry;
  readonly ms: number;
}

const textIn = ({ data }: RecordedEntry, name: string): string =>
  typeof data[name] === "string" ? data[name] : "";

const requestOf = (method: string, path: string): string => `${method} ${path.split("?")[0] ?? ""}`;

/** What the vault said that it did, found by ray, by request, by time. */
class Writes {
  readonly #rays = new Map<string, RecordedEntry>();
  readonly #requests = new Map<string, Told[]>();
  readonly #tokens: Told[] = [];
  readonly #all: Told[] = [];

  constructor(entries: readonly RecordedEntry[], msOf: (at: Instant) => number) {
    for (const entry of entries)
      if (entry.source === "vault") this.#add({ entry, ms: msOf(entry.at) });
  }

  #add(told: Told): void {
    const { entry } = told;
    const ray = textIn(entry, "ray");
    if (entry.type === "write_result" && ray !== "") this.#rays.set(ray, entry);
    if (entry.type === "token") this.#tokens.push(told);
    if (entry.type !== "write" && entry.type !== "revert") return;
    this.#all.push(told);
    const request = requestOf(textIn(entry, "method"), textIn(entry, "path"));
    const same = this.#requests.get(request) ?? [];
    this.#requests.set(request, [...same, told]);
  }

  find({ ray, method, path }: AccountChange, ms: number): Omit<Matched, "id"> | null {
    const byRay = ray === null ? undefined : this.#rays.get(ray);
    if (byRay) return { by: "ray", entry: placeOfEntry(byRay) };
    if (method !== null && path !== null) {
      const same = near(this.#requests.get(requestOf(method, path)) ?? [], ms);
      if (same) return { by: "request", entry: placeOfEntry(same) };
      // The safe's own tokens: entries about those name no request.
      if (!/\/tokens(?:\/|$)/.test(path)) return null;
    }
    const close = near(method === null || path === null ? this.#all : this.#tokens, ms);
    return close ? { by: "time", entry: placeOfEntry(close) } : null;
  }
}

/** The last that was told before it, not too long ago. */
const near = (told: readonly Told[], ms: number): RecordedEntry | null =>
  told.findLast((one) => one.ms <= ms + CLOCKS_MS && ms - one.ms <= WITHIN_MS)?.entry ?? null;

export function reconcile(
  entries: readonly RecordedEntry[],
  account: { readonly changes: readonly AccountChange[]; readonly why: string | null },
  msOf: (at: Instant) => number,
): Reconciliation {
  const { changes, why } = account;
  const writes = new Writes(entries, msOf);
  const matched: Matched[] = [];
  const unrecorded: AccountChange[] = [];
  const outside: AccountChange[] = [];
  for (const change of changes) {
    const found = change.isOurs ? writes.find(change, msOf(change.at)) : null;
    if (found) matched.push({ id: change.id, ...found });
    else (change.isOurs ? unrecorded : outside).push(change);
  }
  const ours = matched.length + unrecorded.length;
  const told = { changes: changes.length, ours, matched, unrecorded, outside };
  if (why !== null) return { status: "not_assessable", why, ...told };
  const isClean = unrecorded.length === 0 && outside.length === 0;
  return { status: isClean ? "complete" : "exceptions", why: null, ...told };
}
