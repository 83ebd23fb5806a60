import type { JsonObject } from "../canonical.ts";

const NUMBER = String.raw`(-?\d+(?:\.\d*)?)`;
const ANGLE = String.raw`(\d+)(?:\s+(\d+)(?:\s+(\d+(?:\.\d*)?))?)?`;
const METRES = `${NUMBER}m?`;
/** RFC 1876 section 3: degrees, minutes, seconds and direction twice, altitude, then up to three sizes in metres. */
const LOCATION = new RegExp(
  String.raw`^${ANGLE}\s+([NS])\s+${ANGLE}\s+([EW])\s+${METRES}(?:\s+${METRES}(?:\s+${METRES}(?:\s+${METRES})?)?)?$`,
  "i",
);
const NAMES = [
  "lat_degrees",
  "lat_minutes",
  "lat_seconds",
  "lat_direction",
  "long_degrees",
  "long_minutes",
  "long_seconds",
  "long_direction",
  "altitude",
  "size",
  "precision_horz",
  "precision_vert",
] as const;

/** The members of a LOC record from its presentation form; null when it is none. */
export function parseLocation(content: string): JsonObject | null {
  const found = LOCATION.exec(content.trim());
  if (found === null) return null;
  const given = NAMES.map((name, position) => [name, found[position + 1]] as const);
  return Object.fromEntries(
    given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
