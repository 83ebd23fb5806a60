// Golden states as files: import, export, put, check. `node scripts/golden.mjs --help`
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { importInstalled } from "./bundle.mjs";
import { mergeFiles, readFiles } from "./golden/files.mjs";
import { GoldenApi } from "./golden/api.mjs";
import { visible } from "./visible.mjs";
import { Failure } from "./json-client.mjs";

const HELP = `Usage: node scripts/golden.mjs <command> <scope> [file or folder …] [--options]

  import <scope> [file]    what is live as a golden state, to the file (or a folder, or stdout)
  export <scope> [file]    what is live as Terraform (HCL), to the file or stdout
  put    <scope> <path …>  declares what the files say together
  check  <scope> <path …>  whether the files fit together, fit the schema, are what is in force,
                           and the scope is in sync; exit code 1 when not

The YAML and JSON files of a folder are one golden state: lists are put together, maps are merged, and what stands in two
files is refused.

  --api URL        DRIFTLESS_API, default http://127.0.0.1:8787
  --kinds a,b      import and export: only these kinds
  --generation N   put: only over this generation (0: there is none yet); default: over the one in force
  --force          import and export: over a file that exists

The token comes from DRIFTLESS_TOKEN; on this machine it is dev-operator when there is none.
`;

const USAGE_EXIT = 2;
const OPTIONS = {
  api: { type: "string" },
  kinds: { type: "string" },
  generation: { type: "string" },
  force: { type: "boolean" },
  help: { type: "boolean" },
};

/** Resolves to the exit code. `say` is for what people read, `write` for what they asked for. */
export async function main(argv, { env, say, write }) {
  const asked = parsed(argv);
  const [name, scope, ...paths] = asked.positionals;
  const command = COMMANDS[name];
  if (asked.values.help) {
    write(HELP);
    return 0;
  }
  if (!command || !scope) {
    say(`${misunderstood(name, command)}; see --help`);
    return USAGE_EXIT;
  }
  const { api, ...options } = asked.values;
  const base = api ?? env.DRIFTLESS_API ?? "http://127.0.0.1:8787";
  const golden = new GoldenApi({ base, token: tokenFor(base, env), scope });
  return await command({ golden, scope, paths, options, say, write });
}

function misunderstood(name, command) {
  if (name === undefined) return "nothing to do";
  if (command) return `${name}: of which scope? zone:<name> or account:<id>`;
  return `\`${name}\` is not a command: ${Object.keys(COMMANDS).join(", ")}`;
}

function parsed(args) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new Failure(error.message.split(/\. |\n/)[0]);
  }
}

/** A development token never leaves this machine. */
function tokenFor(base, env) {
  if (!URL.canParse(base))
    throw new Failure(`\`${base}\` is no address, such as http://127.0.0.1:8787`);
  if (env.DRIFTLESS_TOKEN) return env.DRIFTLESS_TOKEN;
  const { hostname } = new URL(base);
  if (["127.0.0.1", "localhost", "[::1]"].includes(hostname)) return "dev-operator";
  throw new Failure(`DRIFTLESS_TOKEN is not set, and ${hostname} is not this machine`);
}

const COMMANDS = { import: importScope, export: exportScope, put, check };

async function importScope({ golden, scope, paths, options, say, write }) {
  const text = await golden.text("import", options.kinds);
  return save({
    text,
    scope,
    path: paths[0],
    extension: ".yaml",
    force: options.force,
    say,
    write,
  });
}

async function exportScope({ golden, scope, paths, options, say, write }) {
  const text = await golden.text("export", options.kinds);
  return save({ text, scope, path: paths[0], extension: ".tf", force: options.force, say, write });
}

function save({ text, scope, path, extension, force, say, write }) {
  if (path === undefined) {
    write(text);
    return 0;
  }
  const name = `${scope.replace(/^[a-z]+:/, "").replaceAll(/[^\w.-]/g, "_")}${extension}`;
  const file = extname(path) === "" ? join(path, name) : path;
  if (existsSync(file) && !force) throw new Failure(`${file} exists; --force writes over it`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  say(`wrote ${file}`);
  return 0;
}

/** A single file goes out as it is, comments and all; several as what they say together. */
async function put({ golden, paths, options, say }) {
  const files = wanted(paths);
  const { document, placeOf } = await mergeFiles(files);
  const generation = options.generation ?? (await golden.generation());
  if (!/^\d{1,9}$/.test(String(generation))) throw new Failure("--generation must be a number");
  const [{ file, text }] = files;
  const single = files.length === 1;
  const stored = await golden.put({
    text: single ? text : JSON.stringify(document),
    type: single && !file.endsWith(".json") ? "application/yaml" : "application/json",
    generation: Number(generation),
    placeOf: (flaw) =>
      single && flaw.line !== undefined
        ? `${file}:${flaw.line}:${flaw.column}`
        : placeOf(flaw.pointer),
  });
  say(`generation ${stored.generation}, ${stored.digest}`);
  return 0;
}

async function check({ golden, paths, say }) {
  const { document, placeOf } = await mergeFiles(wanted(paths));
  const findings = await flaws(document, await golden.schema(), placeOf);
  const inForce = await golden.document();
  if (inForce === null) findings.push("no golden state is in force");
  else if (!isDeepStrictEqual(inForce, document))
    findings.push("the files are not what is in force");
  const { status, why } = await golden.drift();
  if (status !== "in_sync") findings.push(`the scope is ${status}: ${why}`);
  for (const finding of findings) say(finding);
  if (findings.length === 0) say("in force and in sync");
  return findings.length === 0 ? 0 : 1;
}

/** More than anybody corrects in one go. */
const FLAWS_MAX = 50;

async function flaws(document, schema, placeOf) {
  const { Ajv } = await importInstalled("ajv");
  const fits = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
  if (fits(document)) return [];
  // Of a choice only the deepest complaints say something.
  const errors = fits.errors.filter(
    ({ keyword }) => !["oneOf", "anyOf", "const"].includes(keyword),
  );
  const lines = (errors.length > 0 ? errors : fits.errors).map(
    ({ instancePath, message, params }) =>
      `${placeOf(instancePath) ?? instancePath}: ${message}${params.additionalProperty ? ` \`${params.additionalProperty}\`` : ""}`,
  );
  // Each of 21 types of records complains for itself.
  return [...new Set(lines)].slice(0, FLAWS_MAX);
}

function wanted(paths) {
  if (paths.length === 0) throw new Failure("say which files; see --help");
  return readFiles(paths);
}

const say = (line) => process.stderr.write(`${visible(line)}\n`);
const write = (text) => process.stdout.write(text);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = await main(process.argv.slice(2), { env: process.env, say, write });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
