// Cron triggers do not fire by themselves under a local workerd: this is their clock.

const MINUTE_MS = 60_000;
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

// Cloudflare counts week days from Sunday = 1 and reads the clock in UTC.
const FIELDS = [
  { name: "minute", min: 0, max: 59, of: (at) => at.getUTCMinutes() },
  { name: "hour", min: 0, max: 23, of: (at) => at.getUTCHours() },
  { name: "day", min: 1, max: 31, of: (at) => at.getUTCDate() },
  { name: "month", min: 1, max: 12, names: MONTHS, of: (at) => at.getUTCMonth() + 1 },
  { name: "week day", min: 1, max: 7, names: DAYS, of: (at) => at.getUTCDay() + 1 },
];

/**
 * The expression as a test of a Date. Forms that only production knows (L, W, #) are refused, not
 * guessed.
 */
export function parseCron(expression) {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== FIELDS.length)
    throw new Error(`cron \`${expression}\` needs ${FIELDS.length} fields`);
  const sets = parts.map((part, index) => parseField(part, FIELDS[index]));
  return (at) => FIELDS.every((field, index) => sets[index].has(field.of(at)));
}

function parseField(text, field) {
  return new Set(text.split(",").flatMap((item) => parseItem(item, field)));
}

function parseItem(item, field) {
  const match = /^(\*|\w+)(?:-(\w+))?(\/\d+)?$/.exec(item);
  const range = match === null ? [] : parseRange(match, field);
  const [from, to, step] = range;
  if (!(from >= field.min && from <= to && to <= field.max && step > 0))
    throw new Error(`cron ${field.name} \`${item}\` is not understood locally`);
  const count = Math.floor((to - from) / step) + 1;
  return Array.from({ length: count }, (_, index) => from + index * step);
}

function parseRange([, first, last, slash], field) {
  const step = slash === undefined ? 1 : Number(slash.slice(1));
  if (first === "*") return last === undefined ? [field.min, field.max, step] : [];
  const from = parseValue(first, field);
  if (last !== undefined) return [from, parseValue(last, field), step];
  return [from, slash === undefined ? from : field.max, step]; // `5/15` means from 5 on
}

function parseValue(text, { names = [], min }) {
  const named = names.indexOf(text.toUpperCase());
  return named >= 0 ? named + min : Number(text);
}

/**
 * Runs every expression once now, then whenever its minute comes. Returns the function that stops
 * it.
 */
export function tickCrons(expressions, run) {
  const schedule = expressions.map((cron) => ({ cron, matches: parseCron(cron) }));
  if (schedule.length === 0) return () => {};
  let timer;
  // The next minute is counted from the last one and not from the clock: a timer may fire a moment
  // early.
  const wait = (minute) => {
    timer = setTimeout(() => {
      for (const { cron, matches } of schedule) if (matches(new Date(minute))) run(cron);
      wait(Math.max(minute, lastMinute()) + MINUTE_MS);
    }, minute - Date.now());
  };
  for (const { cron } of schedule) run(cron);
  wait(lastMinute() + MINUTE_MS);
  return () => clearTimeout(timer);
}

function lastMinute() {
  return Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
}
