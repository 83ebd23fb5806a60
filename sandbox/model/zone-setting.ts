/** A zone setting as stored: only what was ever set; the rest is a default. */
import type { Kind } from "../store.ts";

export interface StoredSetting {
  readonly id: string;
  /** For `ssl_recommender` this is what the API calls `enabled`. */
  readonly value: unknown;
  readonly modified_on: string;
}

export const ZONE_SETTING: Kind<StoredSetting> = { name: "zone_setting" };

const DEVELOPMENT_MODE_MS = 3 * 60 * 60 * 1000;

/**
 * Seconds that development mode still lasts; negative: seconds since it ended; 0: never used.
 * This is why `development_mode` of a zone differs on every read.
 */
export function developmentModeSeconds(setting: StoredSetting | undefined, now: number): number {
  if (setting === undefined) return 0;
  const changedAt = Date.parse(setting.modified_on);
  const endsAt = setting.value === "on" ? changedAt + DEVELOPMENT_MODE_MS : changedAt;
  return Math.trunc((endsAt - now) / 1000);
}
