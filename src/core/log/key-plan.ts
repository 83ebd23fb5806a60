/** When the log's keys change. The old key goes on signing for a while beside the new one, so that nobody is cut off. */
const DAY_MS = 24 * 60 * 60_000;
/** How long a key signs before its successor is made. */
export const KEY_LIFE_MS = 90 * DAY_MS;
/** How long both sign: readers get to know the new key from the old one's checkpoints. */
export const KEY_OVERLAP_MS = 2 * DAY_MS;

export interface KeyAge {
  readonly generation: number;
  readonly introducedMs: number;
  readonly retiredMs: number | null;
}

export type KeyStep =
  | { readonly type: "introduce"; readonly generation: number; readonly replaces: number | null }
  | { readonly type: "retire"; readonly generation: number };

/** The next step that is due; null: none. One at a time, oldest first. */
export function keyStep(keys: readonly KeyAge[], nowMs: number): KeyStep | null {
  const signing = keys.filter(({ retiredMs }) => retiredMs === null);
  const newest = signing.at(-1);
  if (newest === undefined)
    return { type: "introduce", generation: (keys.at(-1)?.generation ?? 0) + 1, replaces: null };
  const [oldest = newest] = signing;
  if (oldest !== newest && nowMs - newest.introducedMs >= KEY_OVERLAP_MS)
    return { type: "retire", generation: oldest.generation };
  return signing.length === 1 && nowMs - newest.introducedMs >= KEY_LIFE_MS
    ? { type: "introduce", generation: newest.generation + 1, replaces: newest.generation }
    : null;
}

/** When a step is due next (epoch ms). */
export function nextKeyStepMs(keys: readonly KeyAge[]): number {
  const signing = keys.filter(({ retiredMs }) => retiredMs === null);
  const newest = signing.at(-1)?.introducedMs ?? 0;
  return newest + (signing.length > 1 ? KEY_OVERLAP_MS : KEY_LIFE_MS);
}
