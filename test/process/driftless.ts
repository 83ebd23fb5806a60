/** `npm start` as a child in a process group of its own: it can be killed whole, and nothing outlives the tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const ROOT = resolve(import.meta.dirname, "../..");
const START = "scripts/start.mjs";
const READY_MS_MAX = 40_000;
const GONE_MS_MAX = 10_000;

export interface Facts {
  readonly ready: true;
  readonly url: string;
  readonly sandboxUrl: string;
  readonly pid: number;
  readonly workerdPid: number;
  readonly stateDir: string;
  readonly scopes: readonly string[];
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Place {
  readonly stateDir: string;
  readonly port: number;
  readonly sandboxPort: number;
}

const started = new Set<Child>();
const directories = new Set<string>();

/** A process of ours, its output, and its end. */
export class Child {
  stdout = "";
  stderr = "";
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly #process: ChildProcess;

  constructor(args: readonly string[], command: string = process.execPath) {
    // What is in the environment of npm or of vitest is not this start's. The variable makes the start end by itself
    // when its parent, the test worker, is gone: even a killed test run leaves nothing behind.
    const { PATH = "", HOME = "", TMPDIR = tmpdir() } = process.env;
    const env = { PATH, HOME, TMPDIR, NO_COLOR: "1", npm_lifecycle_event: "start" };
    this.#process = spawn(command, args, {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      // The Workers' variables, which their types add to every environment, are not ours to set.
      env: env as unknown as NodeJS.ProcessEnv,
    });
    this.#process.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.pid = this.#process.pid ?? -1;
    this.ended = once(this.#process, "close").then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
    started.add(this);
    void this.ended.then(() => started.delete(this));
  }

  /** To the leader alone, as `kill` does it, or to the group, as a terminal's Ctrl-C does. */
  send(signal: NodeJS.Signals, to: "leader" | "group"): void {
    if (this.pid <= 0) return;
    try {
      process.kill(to === "group" ? -this.pid : this.pid, signal);
    } catch {
      // It has ended already.
    }
  }

  /** The line of JSON that says that everything is up. */
  async ready(): Promise<Facts> {
    const deadline = performance.now() + READY_MS_MAX;
    let over = false;
    void this.ended.then(() => (over = true));
    while (!this.stdout.includes("\n")) {
      if (over || performance.now() > deadline)
        throw new Error(`the start did not become ready: ${this.stdout}${this.stderr}`);
      await sleep(5);
    }
    return JSON.parse(this.stdout.slice(0, this.stdout.indexOf("\n"))) as Facts;
  }

  async end(): Promise<Ended> {
    this.send("SIGKILL", "group");
    return await this.ended;
  }
}

export const start = (args: readonly string[]): Child => new Child([START, ...args]);

export const placeArgs = ({ stateDir, port, sandboxPort }: Place): string[] => [
  "--state-dir",
  stateDir,
  "--port",
  String(port),
  "--sandbox-port",
  String(sandboxPort),
];

/** One state directory with its ports, and whatever runs on it at the moment. */
export class Driftless {
  readonly place: Place;
  #child: Child | null = null;
  #facts: Facts | null = null;

  private constructor(place: Place) {
    this.place = place;
  }

  static async make(): Promise<Driftless> {
    return new Driftless(await newPlace());
  }

  get facts(): Facts {
    if (!this.#facts) throw new Error("it is not running");
    return this.#facts;
  }

  get child(): Child {
    if (!this.#child) throw new Error("it is not running");
    return this.#child;
  }

  get running(): boolean {
    return this.#facts !== null;
  }

  /** The process exists when this returns; `ready` says when it is up. */
  spawn(script = START, ...flags: string[]): Child {
    if (this.#child) throw new Error("it is running already");
    this.#child = new Child([script, "--json", ...flags, ...placeArgs(this.place)]);
    return this.#child;
  }

  async start(script?: string, ...flags: string[]): Promise<Facts> {
    this.#facts = await this.spawn(script, ...flags).ready();
    return this.#facts;
  }

  /** SIGKILL for everything at once. Returns when the kernel has taken all of it away. */
  async kill(): Promise<void> {
    const { child } = this;
    const runtimes = workerdPids(this.place.stateDir);
    child.send("SIGKILL", "group");
    await this.#gone(child, runtimes);
  }

  /** Lets workerd run for some ms, and stops it again. Whatever is on the disk then is what a kill would leave. */
  async slice(ms: number): Promise<void> {
    const pid = this.facts.workerdPid;
    process.kill(pid, "SIGCONT");
    await sleep(ms);
    process.kill(pid, "SIGSTOP");
  }

  /** SIGKILL for workerd alone; the runner is left to notice. */
  async killRuntime(): Promise<Ended> {
    const { child } = this;
    const runtimes = workerdPids(this.place.stateDir);
    for (const pid of runtimes) process.kill(pid, "SIGKILL");
    const ended = await child.ended;
    await this.#gone(child, runtimes);
    return ended;
  }

  async stop(signal: NodeJS.Signals = "SIGTERM", to: "leader" | "group" = "leader") {
    const { child } = this;
    const runtimes = workerdPids(this.place.stateDir);
    child.send(signal, to);
    const ended = await child.ended;
    await this.#gone(child, runtimes);
    return ended;
  }

  async #gone(child: Child, runtimes: readonly number[]): Promise<void> {
    this.#child = null;
    this.#facts = null;
    await child.ended;
    const deadline = performance.now() + GONE_MS_MAX;
    while (runtimes.some(isAlive)) {
      if (performance.now() > deadline)
        throw new Error(`workerd ${runtimes.join(", ")} has outlived its process group`);
      await sleep(5);
    }
  }
}

/** What the runner itself has written down about its children. */
export function workerdPids(stateDir: string): number[] {
  const file = join(stateDir, "processes.json");
  if (!existsSync(file)) return [];
  const { workerd } = JSON.parse(readFileSync(file, "utf8")) as { workerd: { pid: number }[] };
  return workerd.map(({ pid }) => pid);
}

/** A process that nobody has collected yet is dead all the same. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    return code !== "ESRCH" && !existsSync("/proc/self/stat");
  }
}

export async function newPlace(): Promise<Place> {
  const stateDir = await mkdtemp(join(tmpdir(), "driftless-process-"));
  directories.add(stateDir);
  const [port = 0, sandboxPort = 0] = await freePorts(2);
  return { stateDir, port, sandboxPort };
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

export const canListen = (port: number): Promise<boolean> => {
  const server = createServer();
  return new Promise((done) => {
    server.once("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
};

/** For `afterAll`: ends what is still running, by its id, and removes its directories. */
export async function leaveNothing(): Promise<void> {
  const runtimes = [...directories].flatMap(workerdPids).filter(isAlive);
  await Promise.all([...started].map((child) => child.end()));
  for (const pid of runtimes.filter(isAlive)) process.kill(pid, "SIGKILL");
  await Promise.all(
    [...directories].map((path) => rm(path, { recursive: true, force: true, maxRetries: 5 })),
  );
  directories.clear();
}
