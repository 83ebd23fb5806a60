// `npm start` without its cron tick and without declaring anything: after a crash nothing but what is
// stored can set the swarm going again.
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { startWorkers } from "../../scripts/workers.mjs";

const { values } = parseArgs({
  options: {
    json: { type: "boolean" },
    "state-dir": { type: "string" },
    port: { type: "string" },
    "sandbox-port": { type: "string" },
  },
});
const workers = await startWorkers({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  stateDir: values["state-dir"],
  port: Number(values.port),
  sandboxPort: Number(values["sandbox-port"]),
  crons: false,
  log: ({ level, message }) => process.stderr.write(`[${level}] ${message}\n`),
});
const { url, sandboxUrl, workerdPid, stateDir } = workers;
await workers.fetch("/healthz");
const facts = { ready: true, url, sandboxUrl, pid: process.pid, workerdPid, stateDir, scopes: [] };
process.stdout.write(`${JSON.stringify(facts)}\n`);
// The test's process is our parent: without it nobody would end us.
const parent = process.ppid;
setInterval(() => process.ppid === parent || stop(), 500).unref();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, stop);
await workers.exited;
process.exit(1);

async function stop() {
  await workers.stop();
  process.exit(0);
}
