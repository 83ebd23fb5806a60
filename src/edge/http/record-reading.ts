/**
 * The record as one stream of entries, however many shards it has. A position says how far each shard was read: `12` of
 * one, `12.7.-1` of three. Shards that came later begin at their first entry.
 */
import type { RecordedEntry } from "../../core/log/entry.ts";
import { SHARDS_MAX } from "../../core/log/shards.ts";
import type { LogPort } from "../../core/ports.ts";

/** Index of the last entry read, by shard; -1: none. */
export type Position = readonly number[];

const POSITION = /^(?:-1|0|[1-9]\d{0,14})(?:\.(?:-1|0|[1-9]\d{0,14}))*$/;

export const isPosition = (text: string): boolean =>
  POSITION.test(text) && text.split(".").length <= SHARDS_MAX;

export const positionIn = (text: string): Position => text.split(".").map(Number);

export const positionText = (position: Position): string => position.join(".");

export async function latestOf(log: LogPort): Promise<Position> {
  const shards = await log.shards();
  return Promise.all(Array.from({ length: shards }, (_, shard) => log.latest(shard)));
}

export interface Page {
  readonly entries: readonly RecordedEntry[];
  /** After each of the entries. */
  readonly positions: readonly Position[];
}

interface Query {
  readonly after: Position;
  readonly limit: number;
  readonly waitMs: number;
}

/** The next entries: in each shard by index, between shards by the time of what they tell. */
export async function readRecord(log: LogPort, { after, limit, waitMs }: Query): Promise<Page> {
  const shards = await log.shards();
  const from = Array.from({ length: shards }, (_, shard) => after[shard] ?? -1);
  const pages = await pagesOf(log, { after: from, limit, waitMs });
  const merged: RecordedEntry[] = [];
  const positions: Position[] = [];
  const at = pages.map(() => 0);
  while (merged.length < limit) {
    const shard = oldest(pages.map((page, place) => page[at[place] ?? 0]));
    const entry = pages[shard]?.[at[shard] ?? 0];
    if (entry === undefined) break;
    at[shard] = (at[shard] ?? 0) + 1;
    from[shard] = entry.index;
    merged.push(entry);
    positions.push([...from]);
  }
  return { entries: merged, positions };
}

/** Waits only where nothing is there yet, and no longer than for the first shard that has something. */
async function pagesOf(log: LogPort, { after, limit, waitMs }: Query) {
  const ask = (ms: number) =>
    after.map((seen, shard) => log.read({ shard, after: seen, limit, waitMs: ms }));
  if (after.length === 1) return Promise.all(ask(waitMs));
  const now = await Promise.all(ask(0));
  if (waitMs <= 0 || now.some((page) => page.length > 0)) return now;
  const nothing: readonly RecordedEntry[] = [];
  const waited = ask(waitMs).map(async (page, shard) => {
    const entries = await page;
    if (entries.length === 0) throw new Error("nothing came");
    return now.map((_, place) => (place === shard ? entries : nothing));
  });
  // Every shard that came to nothing, or to a fault, which the next call meets again.
  return Promise.any(waited).catch(() => now);
}

function oldest(heads: readonly (RecordedEntry | undefined)[]): number {
  let found = -1;
  for (const [shard, head] of heads.entries())
    if (head !== undefined && (found < 0 || head.at < (heads[found]?.at ?? ""))) found = shard;
  return found;
}
