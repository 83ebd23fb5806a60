// Policies and their decision tables: test, lint, mutate. `node scripts/policy.mjs --help`
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { visible } from "./visible.mjs";
import { Failure } from "./json-client.mjs";
import { openWorkbench } from "./policy/workbench.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const SHIPPED = join(ROOT, "policies");

const HELP = `Usage: npm run policy -- <command> [folder] [--options]

  test   [folder]   whether every row of the decision tables holds; exit code 1 when not
  lint   [folder]   whether the policies can be read, are of bounded size, and fit the schema
  mutate [folder]   whether the tables notice when a policy is wrong in one place

Without a folder: the policies that are shipped, in policies/. A folder of your own has policies (*.cedar) and their tables
(*.json, with \`rows\`, and \`entities\` where they need more than the shipped ones). They are tried together with what is
shipped, as the API does when they are proposed.

  --policy ID   mutate: only this one
  --verbose     test: every row, not only those that do not hold
  --help        print this

Exit codes: 0 all is well, 1 something is not, 2 the command was not understood.
`;

const USAGE_EXIT = 2;
const OPTIONS = {
  policy: { type: "string" },
  verbose: { type: "boolean" },
  help: { type: "boolean" },
};

/** Resolves to the exit code. `say` is for what people read, `write` for what they asked for. */
export async function main(argv, { say, write }) {
  const { values, positionals } = parsed(argv);
  const [name, folder, ...more] = positionals;
  if (values.help) {
    write(HELP);
    return 0;
  }
  const command = COMMANDS[name];
  if (!command || more.length > 0) {
    say(`${name ? `\`${positionals.join(" ")}\` is not understood` : "nothing to do"}; see --help`);
    return USAGE_EXIT;
  }
  const bench = await openWorkbench(ROOT);
  const set = readSet(bench, folder ?? SHIPPED);
  return command({ bench, set, options: values, write, say });
}

function parsed(args) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new Failure(`${error.message.split(/\. |\n/)[0]}; see --help`);
  }
}

const COMMANDS = { test, lint, mutate };

/**
 * What is in `folder`: a bundle, which policies of it are judged, and tables by file name. The shipped folder stands for
 * itself, any other is what a team would add to it.
 */
function readSet(bench, folder) {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new Failure(`there is no folder ${folder}`);
  const world = read(join(SHIPPED, "world.json"), bench.parseWorld);
  const isShipped = relative(SHIPPED, folder) === "";
  const text = isShipped
    ? ""
    : names(folder, ".cedar")
        .map((name) => readFileSync(join(folder, name), "utf8"))
        .join("\n");
  if (!isShipped && text === "") throw new Failure(`${folder} has no .cedar file`);
  const from = isShipped ? join(folder, "tables") : folder;
  const files = names(from, ".json");
  if (files.length === 0) throw new Failure(`${from} has no decision table`);
  const tables = files.map((name) => [
    name,
    read(join(from, name), (document) => bench.parseTable({ format: 1, ...document }, world)),
  ]);
  const team = { policies: text, frameworks: {} };
  const bundle = bench.bundleOf(bench.SHIPPED, team);
  if (!bundle.ok) throw new Failure(bundle.error.map(faultLine).join("\n"));
  const shippedIds = new Set(
    Object.values(bench.SHIPPED.packs).flatMap((pack) =>
      bench.policiesIn(pack).value.map(({ id }) => id),
    ),
  );
  const judged = bundle.value.policies.filter(({ id }) => isShipped === shippedIds.has(id));
  return { bundle: bundle.value, judged, author: isShipped ? "shipped" : "team", tables };
}

const names = (folder, end) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(end))
    .toSorted();

function read(file, parse) {
  let document;
  try {
    document = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Failure(`${file}: ${error.message}`);
  }
  const result = parse(document);
  if (!result.ok) throw new Failure(`${file}: ${result.error}`);
  return result.value;
}

const faultLine = ({ line, problem }) => (line === null ? problem : `line ${line}: ${problem}`);

function faultsOf({ bench, set }) {
  const { bundle, judged, author } = set;
  const linted = judged.flatMap((policy) => bench.lintOf(bench.engine, policy, author));
  return linted.length > 0 ? linted : bench.invalidIn(bench.engine, bundle);
}

function lint(context) {
  const faults = faultsOf(context);
  for (const fault of faults) context.write(`${faultLine(fault)}\n`);
  const { judged, bundle } = context.set;
  if (faults.length === 0)
    context.say(`${judged.length} policies fit the schema, bundle ${bundle.digest}`);
  return faults.length === 0 ? 0 : 1;
}

function test(context) {
  const { bench, set, options, write, say } = context;
  const faults = faultsOf(context);
  for (const fault of faults) write(`${faultLine(fault)}\n`);
  if (faults.length > 0) return 1;
  let [asked, broken] = [0, 0];
  for (const [name, table] of set.tables) {
    const results = trial(bench, set.bundle, (decide) => bench.runTable(table, decide));
    const failing = results.filter(({ holds }) => !holds);
    asked += results.length;
    broken += failing.length;
    for (const result of options.verbose ? results : failing) write(`${rowLine(name, result)}\n`);
    write(`${name}: ${results.length - failing.length} of ${results.length} rows hold\n`);
  }
  const untested = undecided(set);
  for (const id of untested) write(`no row is decided by \`${id}\`\n`);
  say(`${asked} rows, ${broken} broken, bundle ${set.bundle.digest}`);
  return broken + untested.length === 0 ? 0 : 1;
}

function trial(bench, bundle, work) {
  const tried = bench.engine.trial(bundle, work);
  if (!tried.ok) throw new Failure(`the policies do not load: ${tried.error.detail}`);
  return tried.value;
}

const undecided = ({ judged, tables }) => {
  const decided = new Set(tables.flatMap(([, { rows }]) => rows.flatMap(({ why }) => why)));
  return judged.filter(({ id }) => !decided.has(id)).map(({ id }) => id);
};

const told = ({ want, why }) => `${want} (${[why].flat().join(", ")})`;

function rowLine(file, { row, holds, got, errors }) {
  const outcome = holds ? `ok    ${told(got)}` : `BROKEN wants ${told(row)}, gets ${told(got)}`;
  const because = errors.length > 0 && !holds ? `: ${errors.join("; ")}` : "";
  return `${file} ${row.id} ${outcome}${because} - ${row.name}`;
}

function mutate({ bench, set, options, write, say }) {
  const { bundle, judged, tables } = set;
  const policies = judged.filter(({ id }) => options.policy === undefined || id === options.policy);
  if (policies.length === 0) throw new Failure(`there is no policy \`${options.policy}\``);
  const table = { ...tables[0][1], rows: tables.flatMap(([, { rows }]) => rows) };
  table.entities = tables.flatMap(([, { entities }]) => entities);
  const excused = new Map(equivalents().map(({ mutant, because }) => [mutant, because]));
  const mutated = bench.mutate(bench.engine, bundle, { policies, table });
  const alive = mutated.filter(({ fate }) => fate === "survived");
  for (const { mutant, text } of alive) {
    const because = excused.get(mutant.id);
    write(
      `${because ? "means the same" : "SURVIVED"} ${mutant.id}${because ? `: ${because}` : ""}\n`,
    );
    if (!because) write(`  ${text?.replaceAll(/\s+/g, " ") ?? mutant.what}\n`);
  }
  const left = alive.filter(({ mutant }) => !excused.has(mutant.id));
  say(
    `${mutated.length} mutants, ${left.length} survived, ${alive.length - left.length} mean the same`,
  );
  return left.length === 0 ? 0 : 1;
}

const equivalents = () =>
  JSON.parse(readFileSync(join(SHIPPED, "mutants.json"), "utf8")).equivalent;

const say = (line) => process.stderr.write(`${visible(line)}\n`);
const write = (text) => process.stdout.write(text);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = await main(process.argv.slice(2), { say, write });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
