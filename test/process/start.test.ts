/** `npm start` as its user sees it. */
import { createServer } from "node:net";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Account, SCOPE, Swarm, until } from "./account.ts";
import {
  canListen,
  Child,
  Driftless,
  type Ended,
  freePorts,
  isAlive,
  leaveNothing,
  newPlace,
  type Place,
  placeArgs,
  start,
  workerdPids,
} from "./driftless.ts";
import { edit } from "./drifts.ts";

const FAILED = { code: 1, signal: null };
const MISUSED = { code: 2, signal: null };
const STOPPED = { code: 0, signal: null };

interface Output extends Ended {
  readonly stdout: string;
  readonly stderr: string;
}

async function outcome(child: Child): Promise<Output> {
  const ended = await child.ended;
  return { ...ended, stdout: child.stdout, stderr: child.stderr };
}

const refused = (...args: string[]): Promise<Output> => outcome(start(args));

afterAll(leaveNothing);

describe("npm start, asked for something", () => {
  it("prints its help through npm, and starts nothing", async () => {
    const { code, stdout } = await outcome(new Child(["start", "--", "--help"], "npm"));
    expect(code).toBe(0);
    for (const flag of ["--fresh", "--port N", "--sandbox-port N", "--state-dir DIR", "--json"])
      expect(stdout).toContain(flag);
  });

  it("refuses what it does not know, in one line", async () => {
    const answers = await Promise.all([
      refused("--prot", "1"),
      refused("--port", "eighty"),
      refused("--port", "65536"),
    ]);
    for (const answer of answers) expect(answer).toMatchObject({ ...MISUSED, stdout: "" });
    expect(answers.map(({ stderr }) => stderr)).toEqual([
      "npm start: Unknown option '--prot'; see npm start -- --help\n",
      "npm start: --port `eighty` is not a port (0 to 65535)\n",
      "npm start: --port `65536` is not a port (0 to 65535)\n",
    ]);
  });

  it("refuses a PORT of the environment that is none", async () => {
    const env = ["-c", `PORT=http exec "$0" scripts/start.mjs`, process.execPath];
    const answer = await outcome(new Child(env, "/bin/sh"));
    expect(answer).toMatchObject(MISUSED);
    expect(answer.stderr).toBe("npm start: PORT `http` is not a port (0 to 65535)\n");
  });

  it("names the port that is in use and what moves it, and leaves nothing running", async () => {
    const place = await newPlace();
    const holder = createServer().listen(place.sandboxPort, "127.0.0.1");
    try {
      const answer = await refused(...placeArgs(place));
      expect(answer).toMatchObject({ ...FAILED, stdout: "" });
      expect(answer.stderr).toBe(
        `npm start: port ${place.sandboxPort} is in use; set SANDBOX_PORT to a free one\n`,
      );
      expect(workerdPids(place.stateDir)).toEqual([]);
      expect(await canListen(place.port)).toBe(true);
    } finally {
      await new Promise((done) => holder.close(done));
    }
  });

  it("leaves a folder alone that is not its own", async () => {
    const folder = await mkdtemp(join(tmpdir(), "driftless-foreign-"));
    try {
      await writeFile(join(folder, "thesis.txt"), "years of work");
      const [port = 0, sandboxPort = 0] = await freePorts(2);
      const place = { stateDir: folder, port, sandboxPort };
      const answer = await refused("--fresh", ...placeArgs(place));
      expect(answer).toMatchObject(FAILED);
      expect(answer.stderr).toContain("not empty and not a Driftless state directory");
      expect(existsSync(join(folder, "thesis.txt"))).toBe(true);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

interface Memory {
  readonly generation: string | null;
  readonly golden: string;
  readonly incidents: unknown;
  readonly runs: unknown;
  readonly record: number;
}

const GOLDEN = `/api/v1/scopes/${encodeURIComponent(SCOPE)}/golden`;

/** One system through its starts and stops. */
class Life {
  readonly driftless: Driftless;
  readonly account: Account;
  readonly swarm: Swarm;

  constructor(driftless: Driftless) {
    this.driftless = driftless;
    this.account = new Account(driftless);
    this.swarm = new Swarm(driftless);
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", "Bearer dev-operator");
    const response = await fetch(this.driftless.facts.url + path, { ...init, headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  async inSync(): Promise<void> {
    await until("everything is in sync", 15_000, async () => {
      const { status } = await this.swarm.drift();
      return status === "in_sync";
    });
    await this.account.quiet();
  }

  /** What a restart must not lose. */
  async memory(): Promise<Memory> {
    await this.inSync();
    const golden = await this.fetch(GOLDEN);
    return {
      generation: golden.headers.get("etag"),
      golden: await golden.text(),
      incidents: await (await this.fetch("/api/v1/incidents?limit=200")).json(),
      runs: await (await this.fetch("/api/v1/runs?limit=200")).json(),
      record: (await this.swarm.record()).length,
    };
  }

  /** A second generation of the golden state, and a heal. */
  async live(): Promise<void> {
    const { golden } = await this.memory();
    await this.fetch(GOLDEN, {
      method: "PUT",
      body: `${golden}\n# the second generation\n`,
      headers: { "content-type": "application/yaml", "if-match": '"1"' },
    });
    const [last] = await this.swarm.runs(1);
    await edit().make(this.account);
    await this.swarm.reconcile();
    await until("the edit is healed", 15_000, async () => {
      const [run] = await this.swarm.runs(1);
      return run?.phase === "verified" && run.epoch > (last?.epoch ?? 0);
    });
  }
}

/** The tests are the chapters of one life, in this order. */
describe("npm start, from the first start to a fresh one", () => {
  let life: Life;
  let place: Place;
  let before: Memory;

  beforeAll(async () => {
    life = new Life(await Driftless.make());
    place = life.driftless.place;
    await life.driftless.start();
  });
  it("says in one line of JSON where everything is", async () => {
    const { child, facts } = life.driftless;
    expect(child.stdout).toBe(`${JSON.stringify(facts)}\n`);
    expect(facts).toMatchObject({
      ready: true,
      url: `http://127.0.0.1:${place.port}`,
      sandboxUrl: `http://127.0.0.1:${place.sandboxPort}`,
      pid: child.pid,
      workerdPid: workerdPids(place.stateDir)[0],
      stateDir: place.stateDir,
    });
    expect(facts.scopes).toContain(SCOPE);
    await life.inSync();
    expect(child.stderr).toBe("");
  });

  it("refuses a second start on the same state, or on the same port, and names the reason", async () => {
    const [port = 0, sandboxPort = 0] = await freePorts(2);
    const second = await refused(...placeArgs({ ...place, port, sandboxPort }));
    expect(second).toMatchObject(FAILED);
    expect(second.stderr).toBe(
      `npm start: already running on ${place.stateDir} (pid ${life.driftless.child.pid}); stop it, or choose another --state-dir\n`,
    );
    const third = await refused(...placeArgs({ ...(await newPlace()), port: place.port }));
    const stderr = `npm start: port ${place.port} is in use; set PORT to a free one\n`;
    expect(third).toMatchObject({ ...FAILED, stderr });
    await life.fetch("/healthz");
  });

  it("stops at Ctrl-C without a trace: no process, both ports free", async () => {
    await life.live();
    before = await life.memory();
    expect(before.generation).toBe('"2"');
    const pids = [life.driftless.child.pid, ...workerdPids(place.stateDir)];
    expect(await life.driftless.stop("SIGINT", "group")).toEqual(STOPPED);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await Promise.all([place.port, place.sandboxPort].map(canListen))).toEqual([true, true]);
    expect(existsSync(join(place.stateDir, "processes.json"))).toBe(false);
  });

  it("goes on where it was: golden state, incidents, runs and record are still there", async () => {
    await life.driftless.start();
    expect(await life.memory()).toEqual(before);
  });

  it("begins anew when asked to, and only then", async () => {
    expect(await life.driftless.stop("SIGTERM")).toEqual(STOPPED);
    await life.driftless.start(undefined, "--fresh");
    const now = await life.memory();
    expect(now.generation).toBe('"1"');
    expect(now.golden).not.toContain("# the second generation");
    expect(now.record).toBeLessThan(before.record);
    expect(await life.driftless.stop("SIGTERM")).toEqual(STOPPED);
  });
});
