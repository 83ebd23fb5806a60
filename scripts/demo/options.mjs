// What `npm run demo` was asked for: flags first, then the environment, then the defaults.
import { parseArgs } from "node:util";
import { Failure } from "../json-client.mjs";

export const HELP = `Usage: npm run demo [-- options]

Changes the sandbox account as somebody in its dashboard would, four times, and shows live how the
swarm notices, attributes, plans, votes, writes and verifies. Uses the system that \`npm start\` runs;
when none answers, it starts one of its own and removes it afterwards.

  --url URL            the swarm (default http://127.0.0.1:8787, or PORT)
  --sandbox-url URL    its sandbox (default http://127.0.0.1:8788, or SANDBOX_PORT)
  --json               print one JSON object at the end and nothing else
  --no-color           no colours (NO_COLOR); they are left out when the output is not a terminal
  --help               print this

Exit code 0: every change was healed, verified and attributed, and nothing else was touched.
`;

const FLAGS = {
  url: { type: "string" },
  "sandbox-url": { type: "string" },
  json: { type: "boolean" },
  color: { type: "boolean" },
  help: { type: "boolean" },
};

export function parseOptions({ argv, env, isTerminal }) {
  const flags = parseFlags(argv);
  return {
    help: flags.help === true,
    json: flags.json === true,
    colours: flags.color ?? (isTerminal && !env.NO_COLOR),
    url: origin("--url", flags.url ?? `http://127.0.0.1:${port("PORT", env.PORT, 8787)}`),
    sandboxUrl: origin(
      "--sandbox-url",
      flags["sandbox-url"] ?? `http://127.0.0.1:${port("SANDBOX_PORT", env.SANDBOX_PORT, 8788)}`,
    ),
    /** Somebody who names a system means that one, not another. */
    isNamed: flags.url !== undefined || flags["sandbox-url"] !== undefined,
  };
}

function parseFlags(args) {
  try {
    return parseArgs({ args, options: FLAGS, strict: true, allowNegative: true }).values;
  } catch (error) {
    throw new Failure(`${error.message.split(/\. |\n/)[0]}; see npm run demo -- --help`);
  }
}

function port(name, text, fallback) {
  if (text === undefined || text === "") return fallback;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new Failure(`${name} \`${text}\` is not a port`);
}

function origin(flag, text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url.origin;
  throw new Failure(`${flag} \`${text}\` is not an http address`);
}
