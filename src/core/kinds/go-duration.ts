/** Nanoseconds. */
const UNITS: Readonly<Record<string, number>> = {
  h: 3_600e9,
  m: 60e9,
  s: 1e9,
  ms: 1e6,
  us: 1e3,
  µs: 1e3,
  ns: 1,
};
const PART = /(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g;
const WHOLE = /^(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|ns))+$/;

/** A duration as Go writes it, in nanoseconds: `24h` and `24h0m0s` are the same (case 49). Null: it is none. */
export const nanosecondsOf = (text: string): number | null =>
  WHOLE.test(text)
    ? [...text.matchAll(PART)].reduce(
        (sum, [, count, unit = ""]) => sum + Math.round(Number(count) * (UNITS[unit] ?? 0)),
        0,
      )
    : null;
