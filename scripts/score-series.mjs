// Scores a series: reads a CSV or JSON file (or standard input), prints a JSON line for each point.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { importInstalled } from "./bundle.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

async function detection() {
  const esbuild = await importInstalled("esbuild");
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(ROOT, "src", "core", "detection", "detector.ts")],
    bundle: true,
    format: "esm",
    platform: "neutral",
    write: false,
  });
  const code = Buffer.from(outputFiles[0].contents).toString("base64");
  return import(`data:text/javascript;base64,${code}`);
}

/** Instants as text are UTC; large numbers are unix seconds or milliseconds, small ones count intervals. */
function millisOf(text, intervalMs) {
  const number = Number(text);
  if (!Number.isFinite(number)) {
    const iso = text.trim().replace(" ", "T");
    return Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`);
  }
  if (number > 1e11) return number;
  return number > 1e8 ? number * 1000 : number * intervalMs;
}

/** The columns by the names of the header, or the first two. */
function columnsOf(header) {
  const names = header.map((name) => name.trim().toLowerCase());
  const at = names.findIndex((name) => /^(timestamps?|time|date|ds)$/.test(name));
  const value = names.findIndex((name) => /^(values?|y|count|requests)$/.test(name));
  return at >= 0 && value >= 0 ? [at, value] : [0, 1];
}

const USAGE = `Usage: npm run score --silent -- [series.csv | series.json] [options]

Scores a series point by point, as the sentinel does: a JSON line for each. Without a file it reads standard input.
CSV: columns are found by a header (timestamp, value), else they are the first two. JSON: a list of [timestamp, value], of
objects with these members, or of values; alone, as \`points\`, \`data\`, \`values\` or \`series\` of an object, or one a line.
Instants are text (UTC), unix time, or numbers of intervals.

  --alerts            print only the points that would wake somebody
  --rate R            false alarms that are accepted, as a share of points (0.001)
  --interval-ms N     how long an interval is, where instants count intervals (3600000)
  --help              print this`;

const OPTIONS = {
  help: { type: "boolean", default: false },
  alerts: { type: "boolean", default: false },
  rate: { type: "string", default: "0.001" },
  "interval-ms": { type: "string", default: "3600000" },
};

const LISTS = ["points", "data", "values", "series"];

/** The points of a JSON document, or of JSON lines; null: it is neither. */
function listed(text) {
  const documents = [text, `[${text.trim().split(/\r?\n/).join(",")}]`];
  for (const document of documents) {
    try {
      const found = JSON.parse(document);
      const list = Array.isArray(found) ? found : found[LISTS.find((name) => found?.[name])];
      if (Array.isArray(list)) return list.map(pointOf);
    } catch {
      // The other form, or CSV.
    }
  }
  return null;
}

function pointOf(given, index) {
  const [names, cells] = Array.isArray(given)
    ? [[], given]
    : typeof given === "object" && given !== null
      ? [Object.keys(given), Object.values(given)]
      : [[], [index, given]];
  const [at, value] = columnsOf(names);
  const number = typeof cells[value] === "string" ? cells[value].trim() : cells[value];
  const isNone = number === "" || number === null || number === undefined;
  return { timestamp: String(cells[at] ?? ""), value: isNone ? Number.NaN : Number(number) };
}

/** Cells of each line, and which of them are meant. */
function table(text) {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => line.split(","));
  const hasHeader = lines.length > 0 && Number.isNaN(Number(lines[0][1]));
  const [at, value] = hasHeader ? columnsOf(lines[0]) : [0, 1];
  return (hasHeader ? lines.slice(1) : lines).map((cells) => ({
    timestamp: cells[at] ?? "",
    value: (cells[value] ?? "").trim() === "" ? Number.NaN : Number(cells[value]),
  }));
}

const UNJUDGED = { score: 0, isAnomaly: false, isAlert: false, kind: null };

const lineOf = ({ timestamp, value }, told) =>
  JSON.stringify({
    timestamp,
    value: Number.isFinite(value) ? value : null,
    score: told.score,
    anomaly: told.isAnomaly,
    alert: told.isAlert,
    kind: told.kind,
    expected: told.expected ?? null,
    low: told.low ?? null,
    high: told.high ?? null,
  });

class Refusal extends Error {}

function asked(args) {
  try {
    return parseArgs({ args, allowPositionals: true, options: OPTIONS });
  } catch (fault) {
    throw new Refusal(`${fault.message}\n\n${USAGE}`);
  }
}

function textOf(file) {
  try {
    return readFileSync(file ?? 0, "utf8");
  } catch (fault) {
    throw new Refusal(`\`${file ?? "standard input"}\` cannot be read: ${fault.code}`);
  }
}

async function main(args) {
  const { values, positionals } = asked(args);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const settings = { falseAlarmRate: Number(values.rate) };
  if (!(settings.falseAlarmRate > 0 && settings.falseAlarmRate < 0.5))
    throw new Refusal("--rate is a share of points, such as 0.0001");
  const { newDetector, observe } = await detection();
  const intervalMs = Number(values["interval-ms"]);
  let detector = newDetector();
  const text = textOf(positionals[0]);
  // A list without brackets is CSV, not JSON lines.
  const points = (/^\s*[[{]/.test(text) ? listed(text) : null) ?? table(text);
  if (!points.some(({ value }) => Number.isFinite(value)))
    throw new Refusal(`no value is a number\n\n${USAGE}`);
  for (const { timestamp, value } of points) {
    const seen = observe(detector, { atMs: millisOf(timestamp, intervalMs), value }, settings);
    ({ detector } = seen);
    const told = seen.judgement ?? UNJUDGED;
    if (!values.alerts || told.isAlert) console.log(lineOf({ timestamp, value }, told));
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (fault) {
  if (!(fault instanceof Refusal)) throw fault;
  console.error(fault.message);
  process.exitCode = 2;
}
