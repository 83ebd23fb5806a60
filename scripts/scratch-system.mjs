// A Driftless of one's own on free ports and a temporary state directory, gone without a trace
// afterwards.
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { declareExamples } from "./golden-examples.mjs";
import { Failure } from "./json-client.mjs";
import { watchNpm } from "./npm-watch.mjs";
import { startWorkers } from "./workers.mjs";

const ANSWER_MS_MAX = 15_000;
const PROBE_MS_MAX = 3_000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * @param {{ vars?: Record<string, string>, vaultVars?: Record<string, string>, examples?: boolean,
 *   log?: (line: { level: string, message: string }) => void }} [input]
 *   `examples`: declare the golden states of `examples/` (yes, unless told otherwise)
 */
export async function startScratch({ vars = {}, vaultVars = {}, examples = true, log } = {}) {
  const stateDir = await mkdtemp(join(tmpdir(), "driftless-"));
  const always = { recursive: true, force: true, maxRetries: 3 };
  const remove = () => rm(stateDir, always);
  // While Miniflare starts, its own listeners end the process at a Ctrl-C.
  process.once("exit", () => rmSync(stateDir, always));
  let workers;
  try {
    workers = await startWorkers({ root, stateDir, crons: false, vars, vaultVars, log });
    disownSignals();
    await answering("the swarm", () => workers.fetch("/healthz", limit()));
    await answering("the sandbox", () => workers.sandboxFetch("/sandbox", limit()));
    if (examples) await declareExamples({ root, workers });
  } catch (error) {
    await workers?.stop();
    await remove();
    throw error;
  }
  const stop = async () => {
    await workers.stop();
    await remove();
  };
  return { url: workers.url, sandboxUrl: workers.sandboxUrl, pid: workers.workerdPid, stop };
}

/** Miniflare's own listeners end the process in the middle of an orderly stop. */
function disownSignals() {
  for (const signal of SIGNALS)
    for (const listener of process.listeners(signal))
      if (!OURS.has(listener)) process.removeListener(signal, listener);
}

const OURS = new WeakSet();

/** Calls `stop` at the first Ctrl-C; the second one ends the process at once. */
export function onInterrupt(stop) {
  let stopping = false;
  const listener = () => {
    if (stopping) process.exit(130);
    stopping = true;
    stop();
  };
  OURS.add(listener);
  for (const signal of SIGNALS) process.on(signal, listener);
  watchNpm(listener);
}

const limit = () => ({ signal: AbortSignal.timeout(PROBE_MS_MAX) });

async function answering(who, ask) {
  const deadline = performance.now() + ANSWER_MS_MAX;
  for (;;) {
    const last = await ask().then(
      async (response) => (response.ok ? undefined : `status ${response.status}`),
      (error) => error.message,
    );
    if (last === undefined) return;
    if (performance.now() > deadline) throw new Failure(`${who} does not become ready: ${last}`);
    await sleep(50);
  }
}
