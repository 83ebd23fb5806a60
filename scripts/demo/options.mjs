// What `npm run demo` was asked for: flags first, then the environment, then the defaults.
import { parseArgs } from "node:util";
import { Failure } from "../json-client.mjs";

const STORIES = ["drift", "attack", "cve"];

export const HELP = `Usage: npm run demo [-- drift | attack | cve] [-- options]

drift (when nothing is said)
Changes the sandbox account as somebody in its dashboard would, four times, and shows live how the
swarm notices, attributes, plans, votes, writes and verifies. Uses the system that \`npm start\` runs;
when none answers, it starts one of its own and removes it afterwards.

attack, cve
Plays a day's visitors and an attack through the sandbox's edge: a flood of searches, or somebody who
tries a known hole. Shows the alert, the diagnosis, the guardrail with its trial and its ballots, what
becomes of the attack and of everybody else, and that nothing is left when the lease is over. On a
system of its own unless --url names one.

  --seed N             the same number is the same traffic (default 1)
  --speed N            simulated seconds in a real one, 1 to 10 (default 2)
  --url URL            the swarm (default http://127.0.0.1:8787, or PORT)
  --sandbox-url URL    its sandbox (default http://127.0.0.1:8788, or SANDBOX_PORT)
  --json               print one JSON object at the end and nothing else
  --no-color           no colours (NO_COLOR); they are left out when the output is not a terminal
  --help               print this

Exit code 0: every change was healed, verified and attributed, and nothing else was touched; the attack
was stopped, at most 0.1 % of the others were hurt, and no rule was left behind.
`;

const FLAGS = {
  url: { type: "string" },
  "sandbox-url": { type: "string" },
  json: { type: "boolean" },
  color: { type: "boolean" },
  help: { type: "boolean" },
  seed: { type: "string" },
  speed: { type: "string" },
};

export function parseOptions({ argv, env, isTerminal }) {
  const { flags, words } = parseFlags(argv);
  const [story = "drift", ...rest] = words;
  if (!STORIES.includes(story) || rest.length > 0)
    throw new Failure(`\`${words.join(" ")}\` is none of ${STORIES.join(", ")}; see --help`);
  return {
    story,
    seed: wholeNumber("--seed", flags.seed, { initial: 1, min: 0, max: 1_000_000 }),
    speed: wholeNumber("--speed", flags.speed, { initial: 2, min: 1, max: 10 }),
    help: flags.help === true,
    json: flags.json === true,
    isTerminal: isTerminal === true,
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
    const settings = { strict: true, allowNegative: true, allowPositionals: true };
    const { values, positionals } = parseArgs({ args, options: FLAGS, ...settings });
    return { flags: values, words: positionals };
  } catch (error) {
    throw new Failure(`${error.message.split(/\. |\n/)[0]}; see npm run demo -- --help`);
  }
}

function wholeNumber(flag, text, { initial, min, max }) {
  if (text === undefined) return initial;
  const number = Number(text);
  if (/^\d{1,7}$/.test(text) && number >= min && number <= max) return number;
  throw new Failure(`${flag} \`${text}\` is not a whole number from ${min} to ${max}`);
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
