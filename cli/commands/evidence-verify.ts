/** `driftless evidence verify`: a bundle from its own files alone. */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { parseTrustFile } from "../../src/core/log/trust-file.ts";
import type { Command } from "../command.ts";
import { Failure } from "../failure.ts";
import { folderSource } from "../log-source.ts";
import { type EvidenceReport, verifyEvidence } from "../verify-evidence.ts";

const HELP = `Usage: driftless evidence verify <folder> [options]

Verifies what \`evidence export\` wrote, without any network: every byte of every file against the list
that the record has, every entry against its proof, every dossier against its entries, and the
signatures on plans, ballots and approvals. Names the file of every mismatch.

  --trust FILE     trusted keys and quorum (tlog-policy), instead of those that the bundle brings
  --json           the report as JSON on stdout
  --help           print this

Exit code: 0 verified, 1 a mismatch or a fault, 2 wrong usage.
`;

function textOf(report: EvidenceReport): string {
  const { plans, ballots, approvals, sandbox } = report.seals;
  const lines = [
    `evidence    ${report.folder}`,
    `checked     ${report.files} files, ${report.dossiers} dossiers, ${report.entries} entries`,
    `signed      ${plans} plans, ${ballots} ballots, ${approvals} approvals${sandbox > 0 ? `, ${sandbox} of them with keys of a sandbox` : ""}`,
    ...report.problems.map(({ file, problem }) => `MISMATCH    ${file}: ${problem}`),
    "",
    report.ok
      ? "Verified. This does not prove:"
      : "NOT VERIFIED. Even with a pass, this would not prove:",
    ...report.doesNotProve.map((limit) => `  - ${limit}`),
  ];
  return `${lines.join("\n")}\n`;
}

export const evidenceVerify: Command = {
  name: "evidence verify",
  about: "verify a bundle of evidence from its files alone",
  help: HELP,
  async run(args, { print }) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { trust: { type: "string" }, json: { type: "boolean" } },
    });
    const [folder, ...more] = positionals;
    if (folder === undefined || more.length > 0)
      throw new Failure("one folder; see `driftless evidence verify --help`", 2);
    const trust =
      values.trust === undefined ? null : parseTrustFile(await readFile(values.trust, "utf8"));
    if (trust?.ok === false) throw new Failure(`${values.trust}: ${trust.error}`, 2);
    const report = await verifyEvidence({
      source: folderSource(folder),
      trust: trust?.value ?? null,
    });
    print(values.json === true ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
    return report.ok ? 0 : 1;
  },
};
