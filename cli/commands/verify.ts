/** `driftless verify`: a log from its files and keys alone, without a server that has to be believed. */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { parseCheckpoint } from "../../src/core/log/checkpoint.ts";
import { parseTrustFile } from "../../src/core/log/trust-file.ts";
import type { Result } from "../../src/core/result.ts";
import { Failure } from "../failure.ts";
import { folderSource, type LogSource, urlSource } from "../log-source.ts";
import { type RecordReport, verifyRecord } from "../verify-record.ts";
import type { Command } from "../command.ts";

const HELP = `Usage: driftless verify <url or folder> [options]

Recomputes the whole log from its tiles and keys: signatures, every entry, every tile, the root. Names
the file of every mismatch. Works on a copy of the log without any network.

  <url>            where \`checkpoint\`, \`keys\` and \`tile/\` are, for example http://127.0.0.1:8787/log
  --trust FILE     trusted keys and quorum (tlog-policy), instead of the keys that the log names itself
  --seen FILE      a checkpoint kept from before: the log has to continue it
  --token TOKEN    bearer token, where the log is not public (or DRIFTLESS_TOKEN)
  --foreign        another product's log: entries are bytes, nothing is asked of their contents
  --json           the report as JSON on stdout
  --help           print this

Exit code: 0 verified, 1 a mismatch or a fault, 2 wrong usage.
`;

async function sourceOf(where: string, token: string | undefined): Promise<LogSource> {
  if (!/^https?:\/\//.test(where)) return folderSource(where);
  const source = urlSource(where, token ?? null);
  const isHere = where.endsWith("/log") || (await source.read("checkpoint")) !== null;
  // The address of the product itself will do too.
  return isHere ? source : urlSource(`${where.replace(/\/+$/, "")}/log`, token ?? null);
}

async function fileOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (fault) {
    throw new Failure(`${path}: ${fault instanceof Error ? fault.message : "cannot be read"}`);
  }
}

async function parsed<T>(
  path: string | undefined,
  parse: (text: string) => Result<T, string>,
): Promise<T | null> {
  if (path === undefined) return null;
  const value = parse(await fileOf(path));
  if (!value.ok) throw new Failure(`${path}: ${value.error}`, 2);
  return value.value;
}

function textOf(report: RecordReport): string {
  const lines = [
    `log         ${report.origin ?? "unknown"} (${report.log})`,
    `tree        ${report.size} entries, root ${report.root ?? "unknown"}`,
    `signed      ${report.signedAt ?? "without a time"}`,
    ...report.signedBy.map((by) => `            ${by}`),
    `keys        from ${report.keysFrom}`,
    ...report.logs.map(
      ({ origin, size, root }) =>
        `and         ${origin ?? "unknown"}: ${size} entries, root ${root ?? "unknown"}`,
    ),
    `checked     ${report.files} files`,
    ...(report.period === null ? [] : [`period      ${report.period.join(" to ")}`]),
    ...report.problems.map(({ file, problem }) => `MISMATCH    ${file}: ${problem}`),
    "",
    report.ok
      ? "Verified. This does not prove:"
      : "NOT VERIFIED. Even with a pass, this would not prove:",
    ...report.doesNotProve.map((limit) => `  - ${limit}`),
  ];
  return `${lines.join("\n")}\n`;
}

export const verify: Command = {
  name: "verify",
  about: "verify a log from its tiles and keys alone",
  help: HELP,
  async run(args, { print, env }) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        trust: { type: "string" },
        seen: { type: "string" },
        token: { type: "string" },
        foreign: { type: "boolean" },
        json: { type: "boolean" },
      },
    });
    const [where, ...more] = positionals;
    if (where === undefined || more.length > 0)
      throw new Failure("one address or folder; see `driftless verify --help`", 2);
    const isForeign = values.foreign === true;
    const report = await verifyRecord({
      source: await sourceOf(where, values.token ?? env["DRIFTLESS_TOKEN"]),
      trust: await parsed(values.trust, parseTrustFile),
      seen: await parsed(values.seen, (text) =>
        parseCheckpoint(text, isForeign ? "foreign" : "ours"),
      ),
      isForeign,
    });
    print(values.json === true ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
    return report.ok ? 0 : 1;
  },
};
