/** What time it is, as far as a team has said anything about time. */
import type { Instant } from "../ids.ts";
import { millisOf } from "../instant.ts";
import { type Freeze, type Hours, type RiskSettings, WEEKDAYS } from "../risk-settings.ts";
import type { Timing } from "./tables.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** 1970 began on a Thursday. */
const FIRST_WEEKDAY = 3;

const isWithin = (now: Instant) => {
  const minutes = Math.floor(millisOf(now) / MINUTE_MS);
  const day = WEEKDAYS[(Math.floor(minutes / DAY_MINUTES) + FIRST_WEEKDAY) % WEEKDAYS.length];
  const minute = minutes % DAY_MINUTES;
  return ({ days, from, until }: Hours): boolean =>
    day !== undefined && days.includes(day) && from <= minute && minute < until;
};

/** The freeze that `now` is in, if it is in one. */
export const freezeAt = ({ freezes }: RiskSettings, now: Instant): Freeze | null =>
  freezes.find(({ from, until }) => from <= now && now < until) ?? null;

/** Null: nobody has said anything, which counts as the worst. */
export function timingAt(settings: RiskSettings, now: Instant): Timing | null {
  if (freezeAt(settings, now) !== null) return "incident";
  const of = settings.hours.filter(isWithin(now));
  if (of.some(({ are }) => are === "peak")) return "peak";
  if (of.some(({ are }) => are === "window")) return "window";
  return settings.hours.length === 0 ? null : "offwindow";
}
