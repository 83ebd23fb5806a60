// `npm run deploy`: both Workers to the account, the vault first. `-- --dry-run` builds them as they
// would be deployed and needs no account.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { importInstalled } from "./bundle.mjs";
import { DEPLOYED, deploymentOf } from "./deployment.mjs";
import { StartError, USAGE_EXIT } from "./start-error.mjs";

const HELP = `Usage: npm run deploy [-- options]

Deploys the vault and the swarm to a Cloudflare account, with production.toml laid over the wrangler
files, locks the record's bucket, and applies the migrations of D1 in between. wrangler logs in, or
takes CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID; the lock wants CLOUDFLARE_R2_TOKEN and the account.

  --dry-run   build both as they would be deployed, and say what is still missing; deploys nothing
  --help      print this
`;

const root = join(import.meta.dirname, "..");
const out = join(root, ".driftless", "deploy");

function flagsOf(args) {
  try {
    const options = { "dry-run": { type: "boolean" }, help: { type: "boolean" } };
    return parseArgs({ args, options, strict: true }).values;
  } catch (error) {
    throw new StartError(
      `${error.message.split("\n")[0]}; see npm run deploy -- --help`,
      USAGE_EXIT,
    );
  }
}

/** The configurations, written down for wrangler to read. */
async function prepared() {
  const { experimental_readRawConfig: read } = await importInstalled("wrangler");
  const rawOf = (file) => read({ config: join(root, file) }).rawConfig;
  const production = rawOf("production.toml");
  const raws = DEPLOYED.map(({ role, file }) => ({ role, file, raw: rawOf(file) }));
  const names = raws.map(({ raw }) => raw.name);
  mkdirSync(out, { recursive: true });
  return raws.map(({ role, file, raw }) => {
    const over = production[role] ?? {};
    const { config, secrets, missing } = deploymentOf({ raw, over, file: join(root, file), names });
    const written = join(out, `wrangler.${role}.json`);
    writeFileSync(written, `${JSON.stringify(config, null, 2)}\n`);
    return { role, config, written, secrets, missing: missing.map((at) => `${role}.${at}`) };
  });
}

async function run(name, command, args) {
  const child = spawn(command, args, {
    stdio: "inherit",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  const [code] = await once(child, "exit");
  if (code !== 0)
    throw new StartError(`${name} ${args[0]} ended with ${code}; what came before stays`);
}

const wrangler = (args) => run("wrangler", join(root, "node_modules", ".bin", "wrangler"), args);

/** Before the swarm is there, so that the bucket keeps the record from its first entry on. The same rules again change nothing. */
async function lockRecord({ r2_buckets: buckets, vars }, dry) {
  const { bucket_name: bucket } = buckets.find(({ binding }) => binding === "RECORD");
  const { CLOUDFLARE_ACCOUNT_ID: account, CLOUDFLARE_R2_TOKEN: token } = process.env;
  const args = ["record", "lock", "--bucket", bucket, "--shards", vars.LOG_SHARDS];
  if (!dry && account && token)
    return run("driftless", process.execPath, [
      join(root, "cli", "driftless.mjs"),
      ...args,
      "--account",
      account,
    ]);
  const how = `npm run driftless -- ${args.join(" ")} --account ID`;
  console.log(
    `the record's bucket is not locked${dry ? "" : ": CLOUDFLARE_R2_TOKEN or CLOUDFLARE_ACCOUNT_ID is not set"}; to do it: ${how}`,
  );
}

async function main() {
  const flags = flagsOf(process.argv.slice(2));
  if (flags.help === true) return process.stdout.write(HELP);
  const workers = await prepared();
  const missing = workers.flatMap((worker) => worker.missing);
  const dry = flags["dry-run"] === true;
  if (missing.length > 0 && !dry)
    throw new StartError(
      `production.toml has nothing in ${missing.map((at) => `\`${at}\``).join(", ")}`,
    );
  for (const { role, config, written, secrets } of workers) {
    if (!dry && role === "swarm")
      await wrangler(["d1", "migrations", "apply", "DB", "--remote", "-c", written]);
    const built = dry ? ["--dry-run", "--outdir", join(out, role)] : [];
    await wrangler(["deploy", "-c", written, ...built]);
    if (role === "vault") await lockRecord(config, dry);
    for (const name of dry ? [] : secrets)
      console.log(`${role}: if it is not set yet: npx wrangler secret put ${name} -c ${written}`);
  }
  for (const at of missing) console.log(`still to be said in production.toml: ${at}`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(`deploy: ${error.message}`);
  process.exitCode = error.exitCode;
}
