// The swarm, the vault and the sandbox in one local workerd. `npm start`, the benches and the crash
// tests use this.
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import {
  buildWorkers,
  bundled,
  importInstalled,
  modulesOf,
  readConfigs,
  sourceFrames,
} from "./bundle.mjs";
import { tickCrons } from "./cron.mjs";
import { applyMigrations } from "./migrations.mjs";
import { freePort } from "./ports.mjs";
import { openStateDir } from "./state-dir.mjs";
import { StartError } from "./start-error.mjs";

export { buildWorkers, StartError };

const READY_MS_MAX = 30_000;
const STOP_MS_MAX = 1_500;

/**
 * A sandbox has nobody who could sign for the first keys of its voters, so its two development
 * approvers do, whose keys everybody can work out: they show how it goes and prove nothing. On a
 * live account people sign, over the API.
 */
export const SEATING_PEOPLE = ["dev-approver-1", "dev-approver-2"];

/** As `wrangler.vault.toml` has it. */
const SHIPPED_ORIGIN = "http://localhost:8787";

/** Which start a child process belongs to: several may run in one process. */
const starting = new AsyncLocalStorage();

/** @typedef {Record<string, string> | ((stateDir: string) => Record<string, string>)} Vars */

/**
 * Starts the Workers of `root` on the state in `stateDir` (created when absent; one runner at a
 * time). A port of 0 means any free one. `vars`, `vaultVars` and `sandboxVars` replace values of
 * `[vars]`; CF_API_BASE follows the sandbox's real port by itself. A function gets the opened state
 * directory's path. `log` receives `{ level, message }` of the Workers. Throws StartError, with
 * nothing left running, when it cannot start.
 *
 * @param {{ root: string, stateDir: string, port?: number, sandboxPort?: number, host?: string,
 *   withSandbox?: boolean, fresh?: boolean, crons?: boolean,
 *   vars?: Vars, vaultVars?: Vars, sandboxVars?: Vars,
 *   log?: (line: { level: string, message: string }) => void }} input
 */
export async function startWorkers(input) {
  const options = {
    host: "127.0.0.1",
    port: 0,
    sandboxPort: 0,
    withSandbox: true,
    crons: true,
    ...input,
  };
  const startedAt = performance.now();
  const mode = options.withSandbox ? "sandbox" : "live";
  const state = await openStateDir({ dir: options.stateDir, mode, fresh: options.fresh });
  const children = watchRuntimes(state);
  try {
    return await starting.run(state, async () => {
      // After the state directory is ours: an orphan of a killed runner no longer holds the ports.
      const ports = await choosePorts(options);
      const workers = await prepare(options, state);
      const preparedAt = performance.now();
      const miniflare = await launch({ options, ports, workers });
      const timings = {
        prepareMs: Math.round(preparedAt - startedAt),
        workerdMs: Math.round(performance.now() - preparedAt),
        readyMs: Math.round(performance.now() - startedAt),
      };
      return handle({ options, ports, workers, children, state, miniflare, timings });
    });
  } catch (error) {
    await children.end();
    state.close();
    throw error;
  }
}

async function choosePorts({ host, port, sandboxPort, withSandbox }) {
  const swarm = await freePort({ host, wanted: port, setting: "PORT" });
  if (!withSandbox) return { swarm };
  if (port !== 0 && port === sandboxPort)
    throw new StartError(`PORT and SANDBOX_PORT are both ${port}, they must differ`);
  return { swarm, sandbox: await freePort({ host, wanted: sandboxPort, setting: "SANDBOX_PORT" }) };
}

/** Bundles and migrations do not need each other and run side by side. */
async function prepare({ root, withSandbox }, { path, storage }) {
  const configs = await readConfigs({ root, withSandbox });
  const databases = configs.flatMap((config) => config.databases);
  const [workers] = await Promise.all([bundled(configs), applyMigrations({ databases, storage })]);
  return { list: workers, path, storage };
}

/**
 * Miniflare does not tell its workerd's pid and restarts a crashed one in silence. Node announces
 * every child process, so each workerd is recorded the moment it exists and its end is seen.
 */
function watchRuntimes(state) {
  const live = new Set();
  const listeners = new Set();
  const adopt = (child) => {
    if (child.pid === undefined || !/\bworkerd[^/]*$/.test(child.spawnfile)) return;
    live.add(child);
    state.track(child);
    child.once("exit", (code, signal) => {
      live.delete(child);
      for (const listener of listeners) listener({ pid: child.pid, code, signal });
    });
  };
  const onSpawn = ({ process: child }) => {
    // Announced while it is made: the pid is there when the spawning call has returned.
    if (starting.getStore() === state) queueMicrotask(() => adopt(child));
  };
  subscribe("child_process", onSpawn);
  const kill = () => {
    for (const child of live) child.kill("SIGKILL");
  };
  return {
    pid: () => [...live].at(-1)?.pid,
    onExit: (listener) => listeners.add(listener),
    kill,
    /** Resolves when the kernel has taken them away and their ports are free. */
    async end() {
      unsubscribe("child_process", onSpawn);
      kill();
      const gone = [...live].map((child) => once(child, "exit"));
      await Promise.race([Promise.all(gone), sleep(STOP_MS_MAX, undefined, { ref: false })]);
    },
  };
}

async function launch({ options, ports, workers }) {
  const { Miniflare, convertV4MiniflareOptions } = await importInstalled("miniflare");
  const readable = sourceFrames(workers.list);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: options.host,
      port: ports.swarm,
      cf: false, // a placeholder request.cf, instead of one fetched from the network
      resourcePersistencePath: workers.storage,
      handleStructuredLogs: ({ level, message }) =>
        options.log?.({ level, message: readable(message) }),
      workers: workers.list.map((worker) => runtimeOptions({ worker, workers, options, ports })),
    }),
  );
  try {
    await within(READY_MS_MAX, miniflare.ready, "workerd did not become ready");
  } catch (error) {
    await dispose(miniflare);
    throw error instanceof StartError ? error : new StartError(readable(explain(error)));
  }
  return miniflare;
}

/**
 * Bounded, and silent about a runtime that is gone already: there is nothing left to do about it.
 */
async function dispose(miniflare) {
  const late = sleep(STOP_MS_MAX, undefined, { ref: false });
  await Promise.race([miniflare.dispose().catch(() => {}), late]);
}

function runtimeOptions({ worker, workers, options, ports }) {
  const { host } = options;
  const present = new Set(workers.list.map(({ name }) => name));
  const services = Object.entries(worker.options.serviceBindings ?? {});
  const overrides =
    options[{ swarm: "vars", vault: "vaultVars", sandbox: "sandboxVars" }[worker.role]];
  const bindings = { ...worker.options.bindings };
  if (ports.sandbox !== undefined && "CF_API_BASE" in bindings)
    bindings.CF_API_BASE = `http://${host}:${ports.sandbox}/client/v4`;
  // Passkeys are bound to a name, and an address is none. Whoever has set another origin keeps it.
  if (bindings.PASSKEY_ORIGINS === SHIPPED_ORIGIN)
    bindings.PASSKEY_ORIGINS = `http://localhost:${ports.swarm}`;
  if (worker.role === "swarm" && options.withSandbox)
    bindings.SANDBOX_KEYS_CONFIRMED_BY = SEATING_PEOPLE.join(",");
  if ("DELIVER_TO" in bindings) bindings.DELIVER_TO = `http://${host}:${ports.swarm}`;
  return {
    ...worker.options,
    name: worker.name,
    modules: modulesOf(worker),
    bindings: {
      ...bindings,
      ...(typeof overrides === "function" ? overrides(workers.path) : overrides),
    },
    // Without the sandbox its service binding must be absent, not broken: the Workers then use the
    // network.
    serviceBindings: Object.fromEntries(services.filter(([, { name }]) => present.has(name))),
    ...(worker.role === "sandbox" && { unsafeDirectSockets: [{ host, port: ports.sandbox }] }),
  };
}

function handle({ options, ports, workers, children, state, miniflare, timings }) {
  const url = `http://${options.host}:${ports.swarm}`;
  const sandboxUrl = ports.sandbox && `http://${options.host}:${ports.sandbox}`;
  const workerdPid = children.pid();
  const [swarm] = workers.list;
  const runCron = async (cron) => {
    const worker = await miniflare.getWorker(swarm.name);
    return await worker.scheduled({ cron, scheduledTime: new Date() });
  };
  let stopping;
  const tick = (cron) =>
    void runCron(cron).catch((error) => {
      if (stopping === undefined)
        options.log?.({ level: "error", message: `cron ${cron}: ${error.message}` });
    });
  const stopCrons = options.crons ? tickCrons(swarm.crons, tick) : () => {};
  const end = async () => {
    stopCrons();
    // Also after a crash: it keeps Miniflare from starting a second workerd behind our back.
    await dispose(miniflare);
    await children.end();
    state.close();
  };
  const stop = () => (stopping ??= end());
  const exited = new Promise((resolve) => {
    children.onExit((exit) => {
      resolve({ ...exit, expected: stopping !== undefined });
      void stop();
    });
  });
  return {
    url,
    sandboxUrl,
    workerdPid,
    stateDir: state.path,
    timings,
    miniflare,
    exited,
    stop,
    /** SIGKILL for workerd, as a crash test wants it; `exited` reports it as unexpected. */
    kill: () => children.kill(),
    runCron,
    fetch: (path, init) => fetch(new URL(path, url), init),
    sandboxFetch: (path, init) => fetch(new URL(path, sandboxUrl), init),
  };
}

async function within(limitMs, promise, message) {
  const timer = new AbortController();
  const late = sleep(limitMs, undefined, { signal: timer.signal }).then(() => {
    throw new StartError(`${message} within ${limitMs / 1000} s`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
    late.catch(() => {}); // the abort itself
  }
}

/**
 * One line for what Miniflare says at length; workerd's own words, where quoted, are one JSON
 * object a line.
 */
function explain(error) {
  const lines = String(error.message).split("\n");
  const quoted = lines.find((line) => line.startsWith("{"));
  return quoted === undefined ? lines[0] : `workerd refused: ${quotedMessage(quoted)}`;
}

function quotedMessage(line) {
  try {
    return JSON.parse(line).message.split("\n").slice(0, 2).join("").trim();
  } catch {
    return line;
  }
}
