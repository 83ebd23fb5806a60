// The vault Worker alone in a workerd, with its record under load: for benches and for the test that kills it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildWorkers, importInstalled } from "./bundle.mjs";
import { openStateDir } from "./state-dir.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Speaks to the record over the same binding as the swarm. `/load` appends from inside the runtime, as fast as the
 * record answers, or at a rate, and returns every latency; `/append` appends what it is sent; the rest is read.
 */
const DRIVER = `
const entryOf = (id, at) => ({
  id, type: "ballot", scope: "zone:harbor-books-" + (at % 16) + ".example", at: "2026-03-01T12:00:00.000Z",
  actor: "simulation@zone:harbor-books-" + (at % 16) + ".example",
  data: { run: id.slice(0, 36), incident: "inc_00000000000000000000000000000000", vote: "yes", tier: 1, reasons: [],
    plan_digest: "sha256:" + "0".repeat(64), ballot_digest: "sha256:" + "1".repeat(64) },
});
const batchOf = (name, batch, size) =>
  Array.from({ length: size }, (_, at) => entryOf("run_" + name + "_" + String(batch).padStart(9, "0") + "/ballot/" + at, batch + at));
async function load({ name, batch, batches, parallel, perSecond }, log) {
  const latencies = [];
  let next = 0;
  const startedAt = Date.now();
  const worker = async () => {
    for (let own = next++; own < batches; own = next++) {
      if (perSecond) {
        const due = startedAt + (own * batch * 1000) / perSecond;
        if (due > Date.now()) await scheduler.wait(due - Date.now());
      }
      const entries = batchOf(name, own, batch);
      const before = performance.now();
      await log.append(entries);
      latencies.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return { latencies, ms: Date.now() - startedAt };
}
export default {
  async fetch(request, { LOG: log }) {
    const { pathname } = new URL(request.url);
    try {
      if (pathname === "/load") return Response.json(await load(await request.json(), log));
      if (pathname === "/append") {
        const { name, batch, size } = await request.json();
        return Response.json(await log.append(batchOf(name, batch, size)));
      }
      if (pathname === "/latest") return Response.json(await log.latest());
      const [, root, shard, file] = /^\\/(?:(root)\\/|shard\\/(\\d+)\\/)?(.*)$/.exec(pathname);
      const place = root ?? Number(shard ?? 0);
      if (file === "shards") return Response.json(await log.shards());
      if (file === "size") return Response.json((await log.latest(place)) + 1);
      if (place !== 0 && (await log.shards()) === 1) return new Response(null, { status: 404 });
      if (file === "keys") return new Response((await log.keys(place)).join("\\n") + "\\n");
      const bytes = await log.object(file, place);
      return bytes === null ? new Response(null, { status: 404 }) : new Response(bytes);
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
};`;

function runtimeOf(parent) {
  try {
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8");
    const pids = children.trim().split(" ");
    return pids.findLast((pid) => /workerd/.test(readFileSync(`/proc/${pid}/comm`, "utf8")));
  } catch {
    return undefined;
  }
}

async function inspectorOf(miniflare, worker) {
  const { host } = await miniflare.getInspectorURL();
  const isolates = await (await fetch(`http://${host}/json`)).json();
  const found = isolates.find(({ id }) => id.endsWith(`:${worker}`));
  if (!found)
    throw new Error(`no isolate of ${worker}: ${isolates.map(({ id }) => id).join(", ")}`);
  return `ws://${host}/${found.id}`;
}

/**
 * `inspected`: the runtime's inspector listens, so that its isolates can be measured.
 * @param {{ stateDir: string, inspected?: boolean, shards?: number, log?: (line: { level: string, message: string }) => void }} input
 */
export async function startLogRig({ stateDir, inspected = false, shards = 1, log = () => {} }) {
  const state = await openStateDir({ dir: stateDir, mode: "sandbox" });
  const vault = (await buildWorkers({ root })).find(({ role }) => role === "vault");
  const { Miniflare, convertV4MiniflareOptions } = await importInstalled("miniflare");
  const { serviceBindings: _, ...options } = vault.options;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      cf: false,
      ...(inspected ? { inspectorPort: 0 } : {}),
      resourcePersistencePath: state.storage,
      handleStructuredLogs: log,
      workers: [
        {
          name: "driver",
          compatibilityDate: options.compatibilityDate,
          modules: [{ type: "ESModule", path: "driver.mjs", contents: DRIVER }],
          serviceBindings: { LOG: { name: vault.name, entrypoint: "LogRpc" } },
        },
        {
          ...options,
          bindings: { ...options.bindings, LOG_SHARDS: String(shards) },
          name: vault.name,
          modules: [{ type: "ESModule", path: "vault.mjs", contents: vault.code }],
        },
      ],
    }),
  );
  const url = String(await miniflare.ready).replace(/\/$/, "");
  const post = async (path, body) => {
    const response = await fetch(url + path, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return await response.json();
  };
  return {
    url,
    /** Of workerd; undefined where nobody tells (outside Linux). */
    pid: runtimeOf(process.pid),
    /** Of the vault Worker's isolate, in which the record lives; null unless `inspected`. */
    inspectorUrl: inspected ? await inspectorOf(miniflare, vault.name) : null,
    load: (of) => post("/load", of),
    append: (of) => post("/append", of),
    async stop() {
      await miniflare.dispose();
      state.close();
    },
  };
}
