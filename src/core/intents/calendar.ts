import { PLACE } from "./places.ts";

const two = (value: number): string => String(value).padStart(2, "0");

/** Midnight of the day `days` after the instant's, counted without a clock. */
export function dayAfter(now: string, days: number): string {
  const [year = 0, month = 1, day = 1] = now.slice(0, 10).split("-").map(Number);
  // Days since 0000-03-01, and back (Hinnant's algorithm), so that core needs no clock.
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const total =
    era * 146_097 +
    yearOfEra * 365 +
    Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) +
    dayOfYear +
    days;
  const e = Math.floor(total / 146_097);
  const dayOfEra = total - e * 146_097;
  const yoe = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const doy = dayOfEra - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const d = doy - Math.floor((153 * mp + 2) / 5) + 1;
  const m = mp + (mp < 10 ? 3 : -9);
  return `${yoe + e * 400 + (m <= 2 ? 1 : 0)}-${two(m)}-${two(d)}T00:00:00Z`;
}

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const MONTH = `(${MONTHS.join("|")})[a-z]*\\.?`;
/** `2026-12-31`, `31 December 2026`, `December 31st, 2026`, `2026년 12월 31일`. Months in figures alone are written in two orders. */
const DATES: readonly (readonly [form: RegExp, order: readonly [number, number, number]])[] = [
  [/(?<!\d)(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?![\d])/, [1, 2, 3]],
  [/(\d{4})년 ?(\d{1,2})월 ?(\d{1,2})일/, [1, 2, 3]],
  [new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th)?(?: of)? ${MONTH},? (\\d{4})\\b`), [3, 2, 1]],
  [new RegExp(`\\b${MONTH} (\\d{1,2})(?:st|nd|rd|th)?,? (\\d{4})\\b`), [3, 1, 2]],
];

const monthOf = (word: string): number => {
  const at = MONTHS.indexOf(word.slice(0, 3));
  return at < 0 ? Number(word) : at + 1;
};

/** A day that is written out, at its beginning. Null: none, or one that is over or does not exist. */
export function dateIn(text: string, now: string): string | null {
  for (const [form, [year, month, day]] of DATES) {
    const found = form.exec(text);
    if (!found) continue;
    const start = `${found[year]}-${two(monthOf(found[month] ?? ""))}-01T00:00:00Z`;
    const wanted = `${start.slice(0, 8)}${two(Number(found[day]))}T00:00:00Z`;
    return dayAfter(start, Number(found[day]) - 1) === wanted && wanted > now ? wanted : null;
  }
  return null;
}

/** Without the days that are written out. */
export const withoutDates = (text: string): string =>
  DATES.reduce((so, [form]) => so.replace(form, ` ${PLACE} `), text);
