// Hostile models in numbers through the whole system, judged from the journal of the sandbox: what the scenario of this name
// does, piece by piece, each in a system of its own and with dice of its own. DRIFTLESS_FLOOD says how many proposals.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../scripts/json-client.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const PROPOSALS = 3_000;
const PROPOSALS_QUICK = 300;
/** What was declared and asked for stays in a system, and slows it down: so many, and then a new one. */
const PIECE = 3_000;
/** Dice of one piece do not reach those of the next. */
const SEEDS = 1_000_000;
const TAIL_CHARS = 6_000;
/** What fails so often fails for a reason that the first ones have told. */
const FAILED_MAX = 3;

export const hostileFlood = {
  name: "hostile-flood",
  about:
    "proposals of hostile models through the whole system, every write judged from the journal; DRIFTLESS_FLOOD=100000",
  /** 100,000 take hours on a machine that others work on. */
  msMax: 6 * 60 * 60_000,
  async run({ quick, report, log, signal }) {
    const wanted = Number(process.env.DRIFTLESS_FLOOD) || (quick ? PROPOSALS_QUICK : PROPOSALS);
    const first = Number(process.env.DRIFTLESS_FLOOD_SEED) || 0;
    const total = { proposals: 0, reviews: 0, intents: 0, shown: 0, applied: 0, writes: 0 };
    let failed = 0;
    for (let piece = 0; total.proposals < wanted; piece += 1) {
      const size = Math.min(PIECE, wanted - total.proposals);
      const seed = first + piece * SEEDS;
      const { code, output, lines } = await flooded({ size, seed, signal });
      for (const { answers, reviews } of lines) {
        total.proposals += answers;
        total.reviews += reviews;
      }
      // These are sums of all models so far.
      for (const name of ["intents", "shown", "applied", "writes"])
        total[name] += lines.at(-1)?.[name] ?? 0;
      log(`seed ${seed}: ${code === 0 ? "held" : "FAILED"}; so far ${JSON.stringify(total)}`);
      if (code === 0) continue;
      failed += 1;
      log(output.slice(-TAIL_CHARS));
      if (failed === FAILED_MAX) throw new Failure(`${failed} pieces failed`);
    }
    report({
      metric: "pieces in which a write was not permitted, or that did not end",
      value: failed,
      unit: "pieces",
      bar: 0,
      ...total,
    });
  },
};

/** One piece: its exit code, and what it said of each model. */
function flooded({ size, seed, signal }) {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const test = "test/scenarios/hostile-flood.test.ts";
  const child = spawn(process.execPath, [vitest, "run", "--project", "workers", test], {
    cwd: root,
    env: {
      ...process.env,
      DRIFTLESS_FLOOD: String(size),
      DRIFTLESS_FLOOD_SEED: String(seed),
      NO_COLOR: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  return new Promise((resolve, reject) => {
    // An abort comes as an error of the child's: what was aborted for says the signal.
    child.once("error", (error) => reject(signal.aborted ? signal.reason : error));
    child.once("close", (code) => {
      const lines = [...output.matchAll(/^flood (\{.*\})$/gm)].map(([, json]) => JSON.parse(json));
      resolve({ code, output, lines });
    });
  });
}
