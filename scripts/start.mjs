// `npm start`: everything on this machine, ready to be used, until Ctrl-C.
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { declareExamples } from "./golden-examples.mjs";
import { principals, takeAccount, takeVaultVars } from "./live-account.mjs";
import { watchNpm } from "./npm-watch.mjs";
import { StartError } from "./start-error.mjs";
import { HELP, parseOptions } from "./start-options.mjs";
import { liveText, welcomeText } from "./welcome.mjs";
import { SEATING_PEOPLE, startWorkers } from "./workers.mjs";

const READY_MS_MAX = 15_000;
const PROBE_MS_MAX = 3_000;
const PROBE_EVERY_MS = 50;
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const INTERRUPTED_EXIT = 130;

const root = fileURLToPath(new URL("..", import.meta.url));
const signals = watchSignals();
// Whoever read our output may have gone: no reason to stop working.
process.stderr.on("error", () => {});
await main();

async function main() {
  let workers;
  try {
    const options = parseOptions({ argv: process.argv.slice(2), env: process.env, root });
    if (options.help) return process.stdout.write(HELP);
    workers = await begin(options);
    const ended = await Promise.race([workers.exited, signals.received]);
    await finish({ ended, options });
  } catch (error) {
    report(error);
  } finally {
    await workers?.stop();
  }
  // Miniflare and esbuild may keep handles; everything of ours has ended here.
  process.exit();
}

/** All or nothing: whatever fails after the Workers run takes them down again. */
async function begin(options) {
  const startedAt = performance.now();
  const account = options.live ? takeAccount(process.env) : undefined;
  const vaultVars = takeVaultVars(process.env);
  const logs = printer(options);
  const workers = await startWorkers({
    ...workerOptions(options, { account, vaultVars }),
    log: (line) => logs.print(line),
  });
  signals.own();
  try {
    await Promise.race([
      ready({ options, account, workers, startedAt }),
      workers.exited.then(({ signal, code }) => {
        throw new StartError(`workerd ended while starting (${signal ?? `exit ${code}`})`);
      }),
      signals.received,
    ]);
    return workers;
  } catch (error) {
    await workers.stop();
    throw error;
  } finally {
    logs.release();
  }
}

function workerOptions({ live, port, sandboxPort, stateDir, fresh }, { account, vaultVars }) {
  const base = { root, port, sandboxPort, stateDir, fresh, withSandbox: !live, vaultVars };
  if (!live) return base;
  const { apiBase, aws, readToken, writeToken } = account;
  return {
    ...base,
    vars: (path) => ({
      CF_API_BASE: apiBase,
      CF_API_TOKEN: readToken,
      // A rehearsal against a sandbox: there is nobody else there who could sign.
      ...(!account.isCloudflare && { SANDBOX_KEYS_CONFIRMED_BY: SEATING_PEOPLE.join(",") }),
      ...aws.swarm,
      API_PRINCIPALS: JSON.stringify(principals(credentialsFile(path))),
    }),
    vaultVars: { ...vaultVars, CF_API_BASE: apiBase, CF_API_TOKEN: writeToken, ...aws.vault },
  };
}

function credentialsFile(stateDir) {
  return join(stateDir, "credentials.json");
}

async function ready({ options, account, workers, startedAt }) {
  await answers("the swarm", () => workers.fetch("/healthz", probe()));
  if (options.live) return announceLive({ options, account, workers, startedAt });
  // The first answer is also what seeds a new sandbox.
  await answers("the sandbox", () => workers.sandboxFetch("/sandbox", probe()));
  const scopes = await declareExamples({ root, workers });
  const zone = await findZone(workers, scopes);
  const ms = Math.round(performance.now() - startedAt);
  const text = () => welcomeText({ workers, scopes, zone, colours: coloured(process.stdout), ms });
  announce({ options, text, facts: { ...factsOf(workers, ms), scopes } });
}

function announceLive({ options, account, workers, startedAt }) {
  const ms = Math.round(performance.now() - startedAt);
  const credentials = credentialsFile(workers.stateDir);
  const text = () =>
    liveText({ workers, account, credentials, colours: coloured(process.stdout), ms });
  announce({ options, text, facts: { ...factsOf(workers, ms), credentials } });
}

function announce({ options, text, facts }) {
  process.stdout.write(options.json ? `${JSON.stringify(facts)}\n` : `\n${text()}`);
}

function factsOf({ url, sandboxUrl, workerdPid, stateDir, timings }, readyMs) {
  return {
    ready: true,
    url,
    sandboxUrl,
    pid: process.pid,
    workerdPid,
    stateDir,
    timings: { ...timings, readyMs },
  };
}

function probe() {
  return { signal: AbortSignal.timeout(PROBE_MS_MAX) };
}

async function answers(who, ask) {
  const deadline = performance.now() + READY_MS_MAX;
  for (;;) {
    const last = await ask().then(
      async (response) => ({
        ok: response.ok,
        text: `${response.status} ${await response.text()}`,
      }),
      (error) => ({ ok: false, text: error.message }),
    );
    if (last.ok) return;
    if (performance.now() > deadline)
      throw new StartError(`${who} does not become ready: ${last.text.slice(0, 300)}`);
    await sleep(PROBE_EVERY_MS);
  }
}

/** The zone id makes the printed command exact; without it the command is left out. */
async function findZone(workers, scopes) {
  const name = scopes.find((scope) => scope.startsWith("zone:"))?.slice("zone:".length);
  if (name === undefined) return undefined;
  const path = `/client/v4/zones?name=${encodeURIComponent(name)}`;
  const headers = { authorization: "Bearer sandbox-dashboard" };
  const body = await workers
    .sandboxFetch(path, { ...probe(), headers })
    .then((response) => response.json())
    .catch(() => undefined);
  const id = body?.result?.[0]?.id;
  return id === undefined ? undefined : { id, name };
}

function watchSignals() {
  let resolve;
  const received = new Promise((done) => (resolve = done));
  let stopping = false;
  const onSignal = (signal) => {
    if (stopping) process.exit(INTERRUPTED_EXIT); // a second Ctrl-C does not wait
    stopping = true;
    own();
    resolve({ signal, asked: true });
  };
  // Miniflare's own listeners end the process in the middle of an orderly stop.
  const own = () => {
    for (const signal of STOP_SIGNALS)
      for (const listener of process.listeners(signal))
        if (listener !== onSignal) process.removeListener(signal, listener);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  watchNpm(() => onSignal("SIGHUP"));
  return { received, own, isStopping: () => stopping };
}

/** Ctrl-C reaches workerd too, perhaps before us: its end is a crash only if no signal follows. */
async function finish({ ended, options }) {
  const asked = ended.asked === true || (await Promise.race([signals.received, sleep(300)]))?.asked;
  if (!options.json) process.stderr.write(asked ? "\nstopped\n" : "");
  if (asked) return;
  const how = ended.signal ?? `exit code ${ended.code}`;
  throw new StartError(`workerd (pid ${ended.pid}) ended unexpectedly: ${how}; the state is kept`);
}

/**
 * While starting, lines are held, each once: when workerd refuses to start, its reason is the one
 * line of the StartError, and when a Worker fails its health check, it says the same at every
 * probe.
 */
function printer({ verbose }) {
  const held = new Set();
  let holding = !verbose;
  return {
    print({ level, message }) {
      if (!verbose && level !== "warn" && level !== "error") return;
      // A runtime that is being stopped complains about its broken connections.
      if (signals.isStopping()) return;
      const line = `[${level}] ${message}\n`;
      if (holding) held.add(line);
      else process.stderr.write(line);
    },
    release() {
      holding = false;
      for (const line of held) process.stderr.write(line);
      held.clear();
    },
  };
}

function coloured(stream) {
  return stream.isTTY === true && !process.env.NO_COLOR;
}

function report(error) {
  // Ctrl-C while starting takes workerd away under Miniflare: that failure is what was asked for.
  if (signals.isStopping()) return;
  const known = error instanceof StartError;
  process.stderr.write(`npm start: ${known ? error.message : error.stack}\n`);
  process.exitCode = known ? error.exitCode : 1;
}
