/** `driftless lessons …`: what was learned, and its way to and from other organisations. */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { type Api, askApi, DEFAULT_API } from "../api.ts";
import type { Command, Surroundings } from "../command.ts";
import { Failure } from "../failure.ts";

const OPTIONS = `
  --api URL        the API (default: DRIFTLESS_API or ${DEFAULT_API})
  --token TOKEN    bearer token (default: DRIFTLESS_TOKEN)
  --help           print this

Exit code: 0 done, 1 refused or a fault, 2 wrong usage, 4 a token is needed.
`;

interface Given {
  readonly api: Api;
  readonly file: string | undefined;
  readonly label: string | undefined;
  readonly out: string | undefined;
}

function given(args: readonly string[], { env }: Surroundings): Given {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      api: { type: "string", default: env["DRIFTLESS_API"] ?? DEFAULT_API },
      token: { type: "string" },
      label: { type: "string" },
      out: { type: "string" },
    },
  });
  const token = values.token ?? env["DRIFTLESS_TOKEN"];
  return {
    api: { base: values.api, token },
    file: positionals[0],
    label: values.label,
    out: values.out,
  };
}

/** JSON out of a file that somebody else has written: its form is the API's to judge. */
async function jsonIn(file: string | undefined, what: string): Promise<unknown> {
  if (file === undefined) throw new Failure(`${what} is needed; see --help`, 2);
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (fault) {
    throw new Failure(`${file}: ${fault instanceof Error ? fault.message : "cannot be read"}`, 2);
  }
}

const printed = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const keyOf = z.object({ own: z.object({ id: z.string(), public_keys: z.unknown() }) });

const list: Command = {
  name: "lessons list",
  about: "what was learned, and which plans ask for care",
  help: `Usage: driftless lessons list [options]\n\nPrints counts, weights and cautions as JSON.\n${OPTIONS}`,
  async run(args, of) {
    const { api } = given(args, of);
    of.print(printed(await askApi(api, { method: "GET", path: "lessons/experience" })));
    return 0;
  },
};

const exportBundle: Command = {
  name: "lessons export",
  about: "a signed bundle of what was counted here",
  help: `Usage: driftless lessons export [--out FILE] [options]

Writes a bundle that another organisation can take once it trusts the key of this one
(\`driftless lessons key\`). It has no name, scope or time of a run in it.

  --out FILE       where to write (default: stdout); an existing file is not overwritten
${OPTIONS}`,
  async run(args, of) {
    const { api, out } = given(args, of);
    const bundle = printed(await askApi(api, { method: "POST", path: "lessons/exports" }));
    if (out === undefined) of.print(bundle);
    else await writeFile(out, bundle, { flag: "wx" });
    return 0;
  },
};

const key: Command = {
  name: "lessons key",
  about: "the key that bundles are signed with here",
  help: `Usage: driftless lessons key [options]\n\nPrints id and public keys as JSON, for whoever is to trust them.\n${OPTIONS}`,
  async run(args, of) {
    const { api } = given(args, of);
    const { own } = keyOf.parse(await askApi(api, { method: "GET", path: "lessons/keys" }));
    of.print(printed(own));
    return 0;
  },
};

const trust: Command = {
  name: "lessons trust",
  about: "takes bundles of another organisation from now on",
  help: `Usage: driftless lessons trust KEYFILE --label TEXT [options]

KEYFILE is what \`driftless lessons key\` printed there. Compare the id with its owner by another way.

  --label TEXT     who they are, for your own eyes
${OPTIONS}`,
  async run(args, of) {
    const { api, file, label } = given(args, of);
    if (label === undefined) throw new Failure("--label is needed; see --help", 2);
    const { public_keys } = z
      .object({ public_keys: z.unknown() })
      .parse(await jsonIn(file, "KEYFILE"));
    const body = { public_keys, label };
    of.print(printed(await askApi(api, { method: "POST", path: "lessons/keys", body })));
    return 0;
  },
};

const distrust: Command = {
  name: "lessons distrust",
  about: "takes a key away, and all that came with it",
  help: `Usage: driftless lessons distrust KEYID [options]\n\nCare that was asked for on its word stays until it is lifted.\n${OPTIONS}`,
  async run(args, of) {
    const { api, file: id } = given(args, of);
    if (id === undefined) throw new Failure("KEYID is needed; see --help", 2);
    const path = `lessons/keys/${encodeURIComponent(id)}`;
    of.print(printed(await askApi(api, { method: "DELETE", path })));
    return 0;
  },
};

const importBundle: Command = {
  name: "lessons import",
  about: "takes a bundle of a trusted organisation",
  help: `Usage: driftless lessons import FILE [options]\n\nThe newest bundle of a key takes the place of the one before.\n${OPTIONS}`,
  async run(args, of) {
    const { api, file } = given(args, of);
    const body = await jsonIn(file, "FILE");
    of.print(printed(await askApi(api, { method: "POST", path: "lessons/imports", body })));
    return 0;
  },
};

export const lessonCommands: readonly Command[] = [
  list,
  exportBundle,
  importBundle,
  key,
  trust,
  distrust,
];
