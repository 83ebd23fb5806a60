// The record under load: how many entries become durable in a second, how long one waits, what memory a million takes.
import { createHash } from "node:crypto";
import { Edge } from "../src/core/log/tile.ts";
import { cpuMsOf } from "./process-time.mjs";
import { Failure } from "../scripts/json-client.mjs";
import { onLogRig } from "./on-log-rig.mjs";

const BATCH = 64;
const RATE_BAR = 15_000;
const P99_BAR_MS = 20;
const STEADY_PER_SECOND = 500;
/** About what an entry has. */
const LEAF_BYTES = 1_100;
const PUBLISHED_MS_MAX = 60_000;

export const logAppend = {
  name: "log-append",
  about:
    "the record: durable entries a second at batch 64, p99 at 500 entries/s, ratio to bare hashing",
  run: onLogRig(measure),
};

async function measure({ rig, quick, report, log, signal }) {
  await rig.load({ name: "warm", batch: BATCH, batches: 50, parallel: 4 });
  const bare = bareRate(quick ? 20_000 : 100_000);
  report({ metric: "bare SHA-256 and tree", value: Math.round(bare), unit: "entries/s" });
  const rates = [];
  const cpuBefore = cpuMsOf(rig.pid);
  let appended = 0;
  for (let run = 0; run < (quick ? 1 : 3); run += 1) {
    signal.throwIfAborted();
    const batches = quick ? 300 : 1_200;
    const { ms } = await rig.load({ name: `load${run}`, batch: BATCH, batches, parallel: 8 });
    appended += batches * BATCH;
    rates.push((batches * BATCH * 1_000) / ms);
    log(`run ${run}: ${Math.round(rates.at(-1))} entries/s`);
    await published(rig);
  }
  const cpuMs = cpuMsOf(rig.pid) - cpuBefore;
  const rate = rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)];
  // A rate has its bar from below: the report compares the other way, so it is told as time for one entry too.
  report({
    metric: "durable entries",
    value: Math.round(rate),
    unit: "entries/s",
    min: Math.round(Math.min(...rates)),
  });
  report({
    metric: "time for one durable entry",
    value: rounded(1e6 / rate),
    unit: "us",
    bar: rounded(1e6 / RATE_BAR),
  });
  // What a busy machine does not change: append, R2 simulator and publication together, in one thread.
  if (Number.isFinite(cpuMs))
    report({
      metric: "CPU of workerd for one entry, published",
      value: rounded((cpuMs * 1_000) / appended),
      unit: "us",
    });
  report({ metric: "bare hashing is faster by", value: rounded(bare / rate), unit: "times" });
  await measureSteady({ rig, quick, report });
  const state = edgeBytes(1_000_000);
  report({
    metric: "tree kept in memory at 1,000,000 entries",
    value: rounded(state / 1024),
    unit: "KiB",
  });
}

async function measureSteady({ rig, quick, report }) {
  const seconds = quick ? 4 : 15;
  const steady = {
    perSecond: STEADY_PER_SECOND,
    batch: 1,
    batches: STEADY_PER_SECOND * seconds,
    parallel: 64,
  };
  const { latencies } = await rig.load({ name: "steady", ...steady });
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share) => rounded(sorted[Math.ceil(share * sorted.length) - 1]);
  report({
    metric: "durable answer, p99 at 500 entries/s",
    value: at(0.99),
    unit: "ms",
    bar: P99_BAR_MS,
    median: at(0.5),
    max: at(1),
    n: sorted.length,
  });
}

/** Waits until everything is published, so that runs do not share their uploads. */
async function published(rig) {
  const deadline = performance.now() + PUBLISHED_MS_MAX;
  const latest = await (await fetch(`${rig.url}/latest`)).json();
  for (;;) {
    const response = await fetch(`${rig.url}/checkpoint`);
    const size = response.ok ? Number((await response.text()).split("\n")[1]) : 0;
    if (size > latest) return;
    if (performance.now() > deadline)
      throw new Failure(`${size} of ${latest + 1} entries are published`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** The same number of leaves hashed and put into a tree, with nothing around it. */
function bareRate(count) {
  const leaf = Buffer.alloc(LEAF_BYTES, 7);
  const startedAt = performance.now();
  const edge = new Edge();
  for (let done = 0; done < count; done += BATCH) {
    const leaves = Array.from({ length: BATCH }, (_, at) => {
      leaf.writeUInt32BE(done + at);
      return new Uint8Array(createHash("sha256").update("\0").update(leaf).digest());
    });
    edge.grow(leaves);
  }
  edge.root();
  return (count * 1_000) / (performance.now() - startedAt);
}

function edgeBytes(count) {
  const edge = new Edge();
  const hashes = Array.from({ length: 10_000 }, () => new Uint8Array(32));
  for (let done = 0; done < count; done += hashes.length) edge.grow(hashes);
  return edge.levels().reduce((sum, { length }) => sum + length, 0);
}

const rounded = (value) => Math.round(value * 100) / 100;
