/** `driftless evidence export`: a folder that an auditor can begin with at report.html. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { askApi, DEFAULT_API } from "../api.ts";
import type { Command } from "../command.ts";
import { Failure } from "../failure.ts";

const HELP = `Usage: driftless evidence export --from INSTANT --to INSTANT [options]

Writes the evidence of a period's changes into a folder: population, a reproducible sample, one dossier
a change with proofs, control mapping, completeness against the account's own audit log, OSCAL, report.

  --from, --to     the period, for example 2026-01-01 and 2026-02-01 (the end is not in it)
  --out DIR        where to write (default: ./evidence); existing files are not overwritten
  --sample N       how many changes are sampled, 0 to 50 (default: 25)
  --nonce TEXT     the auditor's own word, part of the sample's seed
  --api URL        the API (default: DRIFTLESS_API or ${DEFAULT_API})
  --token TOKEN    bearer token (default: DRIFTLESS_TOKEN)
  --json           what was written, as JSON on stdout
  --help           print this

Exit code: 0 written, 1 a fault, 2 wrong usage, 4 a token is needed.
`;

const TIMEOUT_MS = 300_000;
const answer = z.object({ files: z.array(z.object({ path: z.string(), text: z.string() })) });
/** Nothing but names like these may come out of an answer and become a file. */
const SAFE = /^(?:[a-z]+\/)?[\w-][\w.:@-]*$/;

async function writeAll(out: string, files: z.infer<typeof answer>["files"]): Promise<void> {
  for (const { path: name, text } of files) {
    if (!SAFE.test(name)) throw new Failure(`the answer has a file called \`${name}\``);
    const target = path.join(out, name);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text, { flag: "wx" });
  }
}

export const evidenceExport: Command = {
  name: "evidence export",
  about: "evidence of a period's changes, for an auditor",
  help: HELP,
  async run(args, { print, env }) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        from: { type: "string" },
        to: { type: "string" },
        out: { type: "string", default: "evidence" },
        sample: { type: "string", default: "25" },
        nonce: { type: "string", default: "" },
        api: { type: "string", default: env["DRIFTLESS_API"] ?? DEFAULT_API },
        token: { type: "string" },
        json: { type: "boolean" },
      },
    });
    const { from, to, out, sample, nonce, api } = values;
    if (from === undefined || to === undefined)
      throw new Failure("--from and --to are needed; see `driftless evidence export --help`", 2);
    const token = values.token ?? env["DRIFTLESS_TOKEN"];
    const body = { from, to, sample: Number(sample), nonce };
    const { files } = answer.parse(
      await askApi(
        { base: api, token },
        { method: "POST", path: "evidence", body, timeoutMs: TIMEOUT_MS },
      ),
    );
    await writeAll(out, files);
    const report = path.join(out, "report.html");
    print(
      values.json === true
        ? `${JSON.stringify({ out, files: files.map((file) => file.path) }, null, 2)}\n`
        : `${files.length} files in ${out}; begin with ${report}\n`,
    );
    return 0;
  },
};
