/**
 * The record under load is killed twelve times, runtime and all. Nothing that was acknowledged is lost, the same fact keeps
 * its index, no path ever has other bytes, and what is published verifies whole.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { urlSource } from "../../cli/log-source.ts";
import { verifyRecord } from "../../cli/verify-record.ts";
import { decodeBundle, tileIn, tilePath } from "../../src/core/log/tile.ts";
import { ROOT } from "./driftless.ts";

const KILLS = 12;
const APPENDERS = 8;
const BATCH = 16;
const READY_MS_MAX = 40_000;
const PUBLISHED_MS_MAX = 60_000;

interface Rig {
  readonly child: ChildProcess;
  readonly url: string;
}

let running: Rig | null = null;
const made: string[] = [];

async function start(stateDir: string, shards: number): Promise<Rig> {
  const script = join(ROOT, "test/process/log-rig-process.mjs");
  const child = spawn(join(ROOT, "node_modules/.bin/node"), [script, stateDir, String(shards)], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  let out = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
  const deadline = performance.now() + READY_MS_MAX;
  while (!out.includes("\n")) {
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`the record did not start: ${out}`);
    await sleep(10);
  }
  running = { child, url: out.trim() };
  return running;
}

/** Everything at once, as a machine that loses its power. */
async function kill({ child }: Rig): Promise<void> {
  const ended = once(child, "close");
  if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  await ended;
  running = null;
}

afterAll(async () => {
  if (running) await kill(running);
  for (const stateDir of made) await rm(stateDir, { recursive: true, force: true, maxRetries: 5 });
});

interface Appender {
  readonly name: string;
  next: number;
}

class Answers {
  /** Index by the entry's id, as it was acknowledged. */
  readonly acknowledged = new Map<string, number>();
  conflicts = 0;
  count = 0;

  take(id: string, index: number): void {
    if ((this.acknowledged.get(id) ?? index) !== index) this.conflicts += 1;
    this.acknowledged.set(id, index);
  }
}

/** Goes on with the batch that nobody acknowledged until the process is gone. */
async function appending(appender: Appender, url: string, answers: Answers): Promise<void> {
  for (;;) {
    const body = JSON.stringify({ name: appender.name, batch: appender.next, size: BATCH });
    let indices: readonly number[];
    try {
      const response = await fetch(`${url}/append`, { method: "POST", body });
      if (!response.ok) throw new Error(await response.text());
      ({ indices } = (await response.json()) as { indices: readonly number[] });
    } catch {
      return;
    }
    answers.count += 1;
    for (const [at, index] of indices.entries())
      answers.take(
        `run_${appender.name}_${String(appender.next).padStart(9, "0")}/ballot/${at}`,
        index,
      );
    appender.next += 1;
  }
}

async function sizeOf(url: string): Promise<number> {
  const response = await fetch(`${url}/checkpoint`);
  return response.ok ? Number((await response.text()).split("\n")[1]) : 0;
}

async function idsOf(url: string, size: number): Promise<string[]> {
  const source = urlSource(url, null);
  const ids: string[] = [];
  for (let at = 0; at * 256 < size; at += 1) {
    const tile = tileIn(size, "entries", at);
    const bundle = decodeBundle(
      (await source.read(tilePath(tile))) ?? new Uint8Array(),
      tile.width,
    );
    if (!bundle.ok) throw new Error(`${tilePath(tile)} ${bundle.error}`);
    for (const leaf of bundle.value)
      ids.push((JSON.parse(new TextDecoder().decode(leaf)) as { id: string }).id);
  }
  return ids;
}

/** Waits until all that is durable is published, in every shard, and in the root log. */
async function publishedSizes(url: string): Promise<readonly number[]> {
  const count = (await (await fetch(`${url}/shards`)).json()) as number;
  const sizes: number[] = [];
  for (let shard = 0; shard < count; shard += 1) {
    const size = (await (await fetch(`${url}/shard/${shard}/size`)).json()) as number;
    const deadline = performance.now() + PUBLISHED_MS_MAX;
    while ((await sizeOf(`${url}/shard/${shard}`)) < size && performance.now() < deadline)
      await sleep(200);
    sizes.push(await sizeOf(`${url}/shard/${shard}`));
    expect(sizes.at(-1)).toBe(size);
  }
  return sizes;
}

async function killed(shards: readonly number[], stateDir: string): Promise<void> {
  const answers = new Answers();
  const appenders = Array.from({ length: APPENDERS }, (_, at): Appender => ({
    name: `w${at}`,
    next: 0,
  }));
  for (let kills = 0; kills < KILLS; kills += 1) {
    const rig = await start(stateDir, shards[kills % shards.length] ?? 1);
    const before = answers.count;
    const work = Promise.all(appenders.map((one) => appending(one, rig.url, answers)));
    const deadline = performance.now() + READY_MS_MAX;
    while (answers.count < before + APPENDERS && performance.now() < deadline) await sleep(10);
    // From the first answers to some publications later.
    await sleep(150 + kills * 170);
    await kill(rig);
    await work;
  }
  const rig = await start(stateDir, shards.at(-1) ?? 1);
  // Once more what may or may not have been recorded when the last kill came.
  for (const one of appenders) {
    const body = JSON.stringify({ name: one.name, batch: one.next, size: BATCH });
    expect((await fetch(`${rig.url}/append`, { method: "POST", body })).ok).toBe(true);
  }
  const sizes = await publishedSizes(rig.url);
  const found = new Map<string, number>();
  let twice = 0;
  for (const [shard, size] of sizes.entries())
    for (const [index, id] of (await idsOf(`${rig.url}/shard/${shard}`, size)).entries()) {
      // What a log says of its own keys, each says for itself.
      if (found.has(id) && !id.startsWith("vault/key/")) twice += 1;
      found.set(id, index);
    }
  const { acknowledged, conflicts } = answers;
  const lost = [...acknowledged].filter(([id, index]) => found.get(`swarm/${id}`) !== index);
  expect(acknowledged.size).toBeGreaterThan(KILLS * APPENDERS * BATCH);
  expect({ lost, conflicts, twice }).toEqual({ lost: [], conflicts: 0, twice: 0 });
  // The root log is a little behind; then it has the last word of each shard.
  await sleep(4_000);
  const source = urlSource(rig.url, null);
  const report = await verifyRecord({ source, trust: null, seen: null, isForeign: false });
  expect(report.problems).toEqual([]);
  expect(report.logs).toHaveLength(Math.max(...shards) === 1 ? 0 : Math.max(...shards));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(
    `killed ${KILLS} times, ${shards.join(", ")} shards: ${total} entries, ${acknowledged.size} acknowledged, 0 lost`,
  );
  await kill(rig);
}

async function newState(): Promise<string> {
  const stateDir = await mkdtemp(join(tmpdir(), "driftless-log-kills-"));
  made.push(stateDir);
  return stateDir;
}

it(
  `the record is killed ${KILLS} times under load and loses nothing`,
  { timeout: 400_000 },
  async () => killed([1], await newState()),
);

it(
  `the record in shards, whose number changes, is killed ${KILLS} times under load and loses nothing`,
  { timeout: 400_000 },
  async () => killed([1, 3, 2, 4], await newState()),
);
