/** When a DNS rule is active: intervals per weekday, in increasing order. */
import { z } from "zod";
import { invalidGateway } from "./refusal.ts";

const day = z.string().nullish();

export const ScheduleInput = z.object({
  mon: day,
  tue: day,
  wed: day,
  thu: day,
  fri: day,
  sat: day,
  sun: day,
  time_zone: day,
});
export type ScheduleInput = z.infer<typeof ScheduleInput>;

const INTERVALS_MAX = 6;

/** `8:00-12:30, 13:30-17:00` comes back as `08:00-12:30,13:30-17:00`. */
function intervals(name: string, text: string): string {
  const parts = text.split(",").map((part) => part.trim());
  let end = -1;
  const written = parts.map((part) => {
    const [, from = "", until = ""] = /^(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})$/.exec(part) ?? [];
    const [start, stop] = [minutes(from), minutes(until)];
    if (!(start >= end && stop > start && stop <= 24 * 60)) {
      throw invalidGateway(`schedule.${name}: \`${text}\` are no intervals in increasing order`);
    }
    end = stop;
    return `${from.padStart(5, "0")}-${until.padStart(5, "0")}`;
  });
  if (parts.length <= INTERVALS_MAX) return written.join(",");
  throw invalidGateway(`schedule.${name}: more than ${INTERVALS_MAX} intervals`);
}

function minutes(text: string): number {
  const [hours = "", rest = ""] = text.split(":");
  return text === "" || Number(rest) > 59 ? Number.NaN : Number(hours) * 60 + Number(rest);
}

export function acceptSchedule(
  filter: string,
  input: ScheduleInput | null | undefined,
): Record<string, string> | null {
  if (input === null || input === undefined) return null;
  if (filter !== "dns" && filter !== "dns_resolver") {
    throw invalidGateway("schedule can be set for dns and dns_resolver rules only");
  }
  const written = Object.entries(input).flatMap(([name, text]): [string, string][] => {
    if (text === null || text === undefined || text === "") return [];
    return [[name, name === "time_zone" ? text : intervals(name, text)]];
  });
  return written.length === 0 ? null : Object.fromEntries(written);
}
