// What `npm start` was asked for: flags first, then the environment, then the defaults.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { StartError, USAGE_EXIT } from "./start-error.mjs";

export const HELP = `Usage: npm start [-- options]

Starts the Driftless swarm, its vault and a sandbox Cloudflare account on this machine.

  --fresh              begin anew: delete the state first
  --port N             where the swarm listens (PORT, default 8787; 0 is any free port)
  --sandbox-port N     where the sandbox listens (SANDBOX_PORT, default 8788; 0 is any free port)
  --state-dir DIR      where the state lives (default .driftless/sandbox or .driftless/live)
  --json               print one line of JSON on stdout when ready, and everything else on stderr
  --verbose            print what the Workers log, not only warnings and errors
  --live               work on a real Cloudflare account, without the sandbox; needs
                       CLOUDFLARE_READ_TOKEN and CLOUDFLARE_WRITE_TOKEN, takes CF_API_BASE
                       Both modes take CLOUDFLARE_MINT_TOKEN (a short-lived token for each plan),
                       TOKEN_ROTATE_DAYS and VAULT_SEAL_KEY for the vault: docs/operations.md
  --help               print this
`;

const FLAGS = {
  fresh: { type: "boolean" },
  port: { type: "string" },
  "sandbox-port": { type: "string" },
  "state-dir": { type: "string" },
  json: { type: "boolean" },
  verbose: { type: "boolean" },
  live: { type: "boolean" },
  help: { type: "boolean" },
};

export function parseOptions({ argv, env, root }) {
  const flags = parseFlags(argv);
  const live = flags.live === true;
  return {
    help: flags.help === true,
    fresh: flags.fresh === true,
    json: flags.json === true,
    verbose: flags.verbose === true,
    live,
    port: parsePort([
      ["--port", flags.port],
      ["PORT", env.PORT],
      ["", "8787"],
    ]),
    sandboxPort: parsePort([
      ["--sandbox-port", flags["sandbox-port"]],
      ["SANDBOX_PORT", env.SANDBOX_PORT],
      ["", "8788"],
    ]),
    // Golden states of the sandbox and of a real account never share a directory.
    stateDir: flags["state-dir"] ?? join(root, ".driftless", live ? "live" : "sandbox"),
  };
}

function parseFlags(args) {
  try {
    return parseArgs({ args, options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Node appends advice on positionals to its first sentence.
    const [reason] = error.message.split(/\. |\n/);
    throw new StartError(`${reason}; see npm start -- --help`, USAGE_EXIT);
  }
}

function parsePort(sources) {
  const [name, text] = sources.find(([, value]) => value !== undefined && value !== "");
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new StartError(`${name} \`${text}\` is not a port (0 to 65535)`, USAGE_EXIT);
}
