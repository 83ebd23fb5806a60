/** How long what the record has in R2 is kept, by the name it stands under; enforced by lock rules of the bucket. */
import { prefixOf } from "./shards.ts";

const DAY_SECONDS = 24 * 60 * 60;
/** PCI DSS 10.5.1 asks for twelve; a month more, so that nothing ends before it was looked at. */
export const RETENTION_MONTHS = 13;
/** Thirteen times the longest month there is would be too long by half a week, thirteen short ones too short. */
const MONTH_DAYS = 31;

export interface LockRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly prefix: string;
  readonly condition: { readonly type: "Age"; readonly maxAgeSeconds: number };
}

/**
 * Written once and locked: tiles and evidence. Not locked: `checkpoint`, which is replaced every second, and `personal/`,
 * which can be erased. Each of several logs has tiles of its own.
 */
export function lockRulesOf(months: number, shards = 1): readonly LockRule[] {
  const others = shards === 1 ? [] : [...Array(shards).keys()].slice(1).map(prefixOf);
  const roots = shards === 1 ? [] : [prefixOf("root")];
  const prefixes = ["tile/", "evidence/", ...[...roots, ...others].map((log) => `${log}tile/`)];
  return prefixes.map((prefix) => ({
    id: `driftless-record-${prefix.slice(0, -1).replaceAll("/", "-")}`,
    enabled: true,
    prefix,
    condition: { type: "Age", maxAgeSeconds: months * MONTH_DAYS * DAY_SECONDS },
  }));
}
