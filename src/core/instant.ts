import type { Instant } from "./ids.ts";

/** Milliseconds since 1970 of an instant, which always has this form. */
export function millisOf(instant: Instant): number {
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millis = 0] =
    /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z$/.exec(instant)?.map(Number) ?? [];
  const years = month > 2 ? year : year - 1;
  const leaps = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  const days =
    years * 365 + leaps + Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - DAYS_TO_1970;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + millis;
}

/** The year begins in March here, so that the leap day is its last. */
const DAYS_TO_1970 = 719_469;
