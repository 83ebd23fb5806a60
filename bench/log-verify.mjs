// The whole record verified from its files: 100,000 entries over HTTP, against hashing them alone.
import { createHash } from "node:crypto";
import { urlSource } from "../cli/log-source.ts";
import { verifyRecord } from "../cli/verify-record.ts";
import { Failure } from "../scripts/json-client.mjs";
import { Edge } from "../src/core/log/tile.ts";
import { timed } from "./distribution.mjs";
import { onLogRig } from "./on-log-rig.mjs";

const ENTRIES = 100_000;
const ENTRIES_QUICK = 20_000;
const BATCH = 500;
const BAR_MS = 10_000;
const PUBLISHED_MS_MAX = 120_000;
const LEAF_BYTES = 1_100;

export const logVerify = {
  name: "log-verify",
  about:
    "the record: full verification of 100,000 entries from tiles and keys, ratio to bare hashing",
  run: onLogRig(measure),
};

async function measure({ rig, quick, report, log, signal }) {
  const count = quick ? ENTRIES_QUICK : ENTRIES;
  await rig.load({ name: "fill", batch: BATCH, batches: count / BATCH, parallel: 4 });
  log(`${count} entries are durable`);
  const deadline = performance.now() + PUBLISHED_MS_MAX;
  for (let size = 0; size < count;) {
    signal.throwIfAborted();
    if (performance.now() > deadline)
      throw new Failure(`${size} of ${count} entries are published`);
    await new Promise((done) => setTimeout(done, 500));
    const response = await fetch(`${rig.url}/checkpoint`);
    size = response.ok ? Number((await response.text()).split("\n")[1]) : 0;
  }
  const sample = [];
  for (let run = 0; run < (quick ? 1 : 3); run += 1) {
    const startedAt = performance.now();
    const source = urlSource(rig.url, null);
    const verified = await verifyRecord({ source, trust: null, seen: null, isForeign: false });
    sample.push(performance.now() - startedAt);
    if (!verified.ok || verified.size < count)
      throw new Failure(`not verified: ${JSON.stringify(verified.problems.slice(0, 3))}`);
  }
  const bare = bareMs(count);
  report(timed({ metric: `verify ${count} entries`, sample, ...(quick ? {} : { bar: BAR_MS }) }));
  report(timed({ metric: `bare SHA-256 and tree of ${count} entries`, sample: [bare] }));
  report({
    metric: "verification takes longer by",
    value: Math.round((Math.min(...sample) / bare) * 100) / 100,
    unit: "times",
  });
}

function bareMs(count) {
  const leaf = Buffer.alloc(LEAF_BYTES, 7);
  const startedAt = performance.now();
  const edge = new Edge();
  for (let at = 0; at < count; at += 1) {
    leaf.writeUInt32BE(at);
    edge.grow([new Uint8Array(createHash("sha256").update("\0").update(leaf).digest())]);
  }
  edge.root();
  return performance.now() - startedAt;
}
