// The sandbox's Worker alone, on a free loopback port, in memory; prints its address as one line of JSON.
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { buildWorkers } from "../../scripts/bundle.mjs";

const workers = await buildWorkers({ root: fileURLToPath(new URL("../..", import.meta.url)) });
const { name, options, code } = workers.find(({ role }) => role === "sandbox");
const modules = [{ type: "ESModule", path: "sandbox.mjs", contents: code }];
const worker = { ...options, name, modules };
const miniflare = new Miniflare(
  convertV4MiniflareOptions({ host: "127.0.0.1", port: 0, cf: false, workers: [worker] }),
);
const url = await miniflare.ready;
process.stdout.write(`${JSON.stringify({ ready: true, sandboxUrl: url.origin })}\n`);
// The test's process is our parent: without it nobody would end us.
const parent = process.ppid;
setInterval(() => process.ppid === parent || stop(), 500);

async function stop() {
  await miniflare.dispose();
  process.exit(0);
}
