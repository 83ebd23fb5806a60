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
