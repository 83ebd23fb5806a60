/** LOC: the one type whose content is not simply its fields in order. */
import { z } from "zod";
import { REASON, invalidRecord } from "./validation.ts";

const whole = (max: number) => z.number().int().min(0).max(max);
const seconds = z.number().min(0).max(59.999);

const Location = z.object({
  lat_degrees: whole(90),
  lat_minutes: whole(59).default(0),
  lat_seconds: seconds.default(0),
  lat_direction: z.enum(["N", "S"]),
  long_degrees: whole(180),
  long_minutes: whole(59).default(0),
  long_seconds: seconds.default(0),
  long_direction: z.enum(["E", "W"]),
  altitude: z.number().min(-100_000).max(42_849_672.95).default(0),
  size: z.number().min(0).max(90_000_000).default(0),
  precision_horz: z.number().min(0).max(90_000_000).default(0),
  precision_vert: z.number().min(0).max(90_000_000).default(0),
});

export type Location = z.infer<typeof Location>;

export function location(data: unknown): Location {
  const parsed = Location.safeParse(data);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(
    (issue) => `data.${issue.path.join(".")}: ${issue.message}`,
  );
  throw invalidRecord(REASON.invalidField, reasons.join("; "));
}

const angle = (degrees: number, minutes: number, rest: number): string =>
  `${degrees} ${minutes} ${rest.toFixed(3)}`;

export function formatLocation(at: Location): string {
  const metres = [at.altitude, at.size, at.precision_horz, at.precision_vert];
  return [
    angle(at.lat_degrees, at.lat_minutes, at.lat_seconds),
    at.lat_direction,
    angle(at.long_degrees, at.long_minutes, at.long_seconds),
    at.long_direction,
    ...metres.map((value) => `${value.toFixed(2)}m`),
  ].join(" ");
}

const anglePattern = (prefix: string, directions: string): string =>
  `(?<${prefix}_degrees>\\d+)(?: (?<${prefix}_minutes>\\d+))?(?: (?<${prefix}_seconds>[\\d.]+))?` +
  ` (?<${prefix}_direction>[${directions}])`;
const metrePattern = (name: string): string => `(?: (?<${name}>-?[\\d.]+)m?)?`;
const METRES = ["altitude", "size", "precision_horz", "precision_vert"];
const LOCATION = new RegExp(
  `^${anglePattern("lat", "NS")} ${anglePattern("long", "EW")}` +
    `${METRES.map(metrePattern).join("")}$`,
);

/** Minutes, seconds and everything after the altitude may be left out (RFC 1876). */
export function parseLocation(content: string): Record<string, unknown> {
  const groups = LOCATION.exec(content.trim().replace(/\s+/g, " "))?.groups;
  if (groups === undefined) {
    throw invalidRecord(REASON.invalidContent, "Content for LOC record is invalid.");
  }
  return Object.fromEntries(
    Object.entries(groups)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, name.endsWith("direction") ? value : Number(value)]),
  );
}
