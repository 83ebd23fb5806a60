/** Durations as Go writes them: `24h` comes back as `24h0m0s` (case 49). */
import { invalidGateway } from "./refusal.ts";

const NS: Readonly<Record<string, number>> = {
  h: 3_600e9,
  m: 60e9,
  s: 1e9,
  ms: 1e6,
  us: 1e3,
  µs: 1e3,
  ns: 1,
};

const PART = /(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g;

export function formatDuration(text: string): string {
  if (text === "0") return "0s";
  const parts = [...text.matchAll(PART)];
  if (text === "" || parts.map(([part]) => part).join("") !== text) {
    throw invalidGateway(`\`${text}\` is not a duration such as 30m or 24h0m0s`);
  }
  const total = parts.reduce(
    (sum, [, count = "", unit = ""]) => sum + Math.round(Number(count) * (NS[unit] ?? 0)),
    0,
  );
  return written(total);
}

function written(total: number): string {
  if (total === 0) return "0s";
  if (total < 1e3) return `${total}ns`;
  if (total < 1e6) return `${total / 1e3}µs`;
  if (total < 1e9) return `${total / 1e6}ms`;
  const hours = Math.floor(total / 3_600e9);
  const minutes = Math.floor((total % 3_600e9) / 60e9);
  const seconds = `${(total % 60e9) / 1e9}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
