// The record with a million entries: the memory of its isolate while it is filled, at rest and after a restart; what it
// keeps in SQLite and in R2; and the whole of it verified.
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { urlSource } from "../cli/log-source.ts";
import { verifyRecord } from "../cli/verify-record.ts";
import { Failure } from "../scripts/json-client.mjs";
import { startLogRig } from "../scripts/log-rig.mjs";
import { isolateMemory } from "./isolate-memory.mjs";

const ENTRIES = 1_000_000;
const ENTRIES_QUICK = 50_000;
const BATCH = 64;
const PARALLEL = 8;
/** Loads of this size: the answer of one has a latency for each batch. */
const LOAD = 50_000;
const BAR_MIB = 64;
const LOOK_MS = 250;
/** To look at what is alive, garbage has to be collected, which stops everything for a moment. */
const LOOK_LIVE_MS = 10_000;
const PUBLISHED_MS_MAX = 300_000;
const MIB = 1024 * 1024;

export const logMemory = {
  name: "log-memory",
  about: "the record at 1,000,000 entries: memory of its isolate, SQLite, R2, verified whole",
  /** A million entries are appended, published and verified. */
  msMax: 14 * 60_000,
  async run(context) {
    const stateDir = await mkdtemp(join(tmpdir(), "driftless-log-"));
    try {
      await filled(stateDir, context);
      await restarted(stateDir, context);
    } finally {
      await rm(stateDir, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};

/**
 * V8 leaves garbage lying about until its heap is as large as it may be, and nobody limits that in a local workerd. So the
 * heap is limited to the bar: an object that needs more ends the runtime, and the bench.
 */
const limitHeap = () => {
  process.env.MINIFLARE_WORKERD_V8_FLAGS = `--max-heap-size=${BAR_MIB}`;
};

async function inRig(stateDir, signal, work) {
  limitHeap();
  const rig = await startLogRig({ stateDir, inspected: true });
  try {
    // The first call opens the object.
    await latestOf(rig);
    const memory = await isolateMemory(rig.inspectorUrl, signal);
    await work(rig, memory);
    memory.close();
  } finally {
    await rig.stop();
  }
}

const filled = (stateDir, { quick, report, log, signal }) =>
  inRig(stateDir, signal, async (rig, memory) => {
    const count = quick ? ENTRIES_QUICK : ENTRIES;
    const told = memoryLines(report, count);
    told("isolate with an empty log, live", await memory.live());
    const watch = watched(memory, rig.pid);
    const startedAt = performance.now();
    for (let at = 0; at * LOAD < count; at += 1) {
      signal.throwIfAborted();
      const batches = Math.ceil(LOAD / BATCH);
      await rig.load({ name: `m${at}`, batch: BATCH, batches, parallel: PARALLEL });
      if (at % 4 === 3) log(`${(await latestOf(rig)) + 1} entries are durable`);
    }
    const size = (await latestOf(rig)) + 1;
    const seconds = (performance.now() - startedAt) / 1_000;
    report({
      metric: `filled, ${size} entries`,
      value: Math.round(size / seconds),
      unit: "entries/s",
    });
    await published(rig, size, signal);
    const { peak, peakLive, peakRss } = await watch.stop();
    told("isolate while it is filled and published, live, highest", peakLive, BAR_MIB);
    told("isolate while it is filled and published, highest, garbage included", peak, BAR_MIB);
    told("isolate at rest, live", await memory.live(), BAR_MIB);
    if (peakRss !== null) told("whole workerd with its R2 simulator, resident, highest", peakRss);
    await verified({ rig, size, report });
    await reportDisk({ stateDir, size, report });
  });

const restarted = (stateDir, { report, signal, quick }) =>
  inRig(stateDir, signal, async (rig, memory) => {
    const told = memoryLines(report, quick ? ENTRIES_QUICK : ENTRIES);
    told("isolate after a restart, garbage included", await memory.used(), BAR_MIB);
    await rig.load({ name: "after", batch: BATCH, batches: 100, parallel: PARALLEL });
    await published(rig, (await latestOf(rig)) + 1, signal);
    told("isolate after a restart and 6,400 more entries, live", await memory.live(), BAR_MIB);
  });

const memoryLines = (report, count) => (what, bytes, bar) =>
  report({
    metric: `${what} (${count} entries)`,
    value: rounded(bytes / MIB),
    unit: "MiB",
    ...(bar === undefined ? {} : { bar }),
  });

/** Looks again and again until it is stopped. */
function watched(memory, pid) {
  const stopped = new AbortController();
  let peak = 0;
  let peakLive = 0;
  let peakRss = null;
  let lookAgainAt = performance.now() + LOOK_LIVE_MS;
  const looking = (async () => {
    while (!stopped.signal.aborted) {
      peak = Math.max(peak, await memory.used());
      const rss = residentOf(pid);
      if (rss !== null) peakRss = Math.max(peakRss ?? 0, rss);
      if (performance.now() > lookAgainAt) {
        peakLive = Math.max(peakLive, await memory.live());
        lookAgainAt = performance.now() + LOOK_LIVE_MS;
      }
      await sleep(LOOK_MS);
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await looking;
      return { peak, peakLive: Math.max(peakLive, await memory.live()), peakRss };
    },
  };
}

/** Linux only; elsewhere there is no figure. */
function residentOf(pid) {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kib === undefined ? null : Number(kib) * 1_024;
  } catch {
    return null;
  }
}

const latestOf = async (rig) => await (await fetch(`${rig.url}/latest`)).json();

async function published(rig, size, signal) {
  const deadline = performance.now() + PUBLISHED_MS_MAX;
  for (;;) {
    signal.throwIfAborted();
    const response = await fetch(`${rig.url}/checkpoint`);
    const seen = response.ok ? Number((await response.text()).split("\n")[1]) : 0;
    if (seen >= size) return;
    if (performance.now() > deadline) throw new Failure(`${seen} of ${size} entries are published`);
    await sleep(500);
  }
}

/** Every entry, every tile with its length, both signatures: the specification at this size. */
async function verified({ rig, size, report }) {
  const startedAt = performance.now();
  const source = urlSource(rig.url, null);
  const told = await verifyRecord({ source, trust: null, seen: null, isForeign: false });
  if (!told.ok || told.size < size)
    throw new Failure(`not verified: ${JSON.stringify(told.problems.slice(0, 3))}`);
  const seconds = rounded((performance.now() - startedAt) / 1_000);
  report({
    metric: `verified whole, ${told.size} entries`,
    value: seconds,
    unit: "s",
    files: told.files,
  });
}

/** SQLite has the names for ever and the last entries; the R2 simulator keeps an object in a file. */
async function reportDisk({ stateDir, size, report }) {
  const found = await readdir(stateDir, { recursive: true, withFileTypes: true });
  const files = found.filter((one) => one.isFile());
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return { path, bytes: (await stat(path)).size };
    }),
  );
  const sqlite = sizes.filter(({ path }) => /AuditLog.*\.sqlite/.test(path));
  const blobs = sizes.filter(({ path }) => /[\\/]r2[\\/].*[\\/]blobs[\\/]/.test(path));
  report({ metric: "SQLite of the object", value: rounded(sum(sqlite) / MIB), unit: "MiB" });
  report({ metric: "SQLite for one entry", value: Math.round(sum(sqlite) / size), unit: "bytes" });
  report({ metric: "objects in R2", value: blobs.length, unit: "objects" });
  report({ metric: "R2 for one entry", value: Math.round(sum(blobs) / size), unit: "bytes" });
}

const sum = (some) => some.reduce((total, { bytes }) => total + bytes, 0);
const rounded = (value) => Math.round(value * 100) / 100;
