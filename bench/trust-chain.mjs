// What trust costs: CPU of workerd for one plan's way through policies, risk, simulation, three ballots with both
// signatures, certificate, the permit of the release and the vault's own checks. With ML-DSA of the runtime, and with the library instead.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { bundleWorker, importInstalled, modulesOf } from "../scripts/bundle.mjs";
import { Failure } from "../scripts/json-client.mjs";
import { timed } from "./distribution.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const NATIVE_FLAG = "webcrypto_modern_algorithms";
const VARIANTS = [
  { name: "native ML-DSA", flags: [NATIVE_FLAG], native: true, bar: 25 },
  { name: "ML-DSA of the library", flags: [], native: false, bar: 60 },
];
/** Chains in one request: the clock of the process is read twice for all of them. */
const BATCH = 10;
const BATCHES = 15;
const BATCHES_QUICK = 4;
/** Until the compiler has seen everything. */
const WARM_UP = 60;

export const trustChain = {
  name: "trust-chain",
  about:
    "CPU of policy, risk, simulation, three ballots, certificate, permit and the vault's checks for one change",
  async run({ quick, report, log }) {
    const built = await bundleWorker({
      root,
      main: "bench/trust-chain-worker.mjs",
      name: "trust-chain",
      modulesRules: [{ type: "Text", include: ["**/*.cedar", "**/*.cedarschema"] }],
    });
    const document = exampleDocument();
    for (const variant of VARIANTS) {
      log(variant.name);
      await measured({ variant, built, document, quick, report });
    }
  },
};

/** The example zone, its records alone: what else it declares has no part in the plan. */
function exampleDocument() {
  const file = join(root, "examples/harbor-books.example.yaml");
  const document = parse(readFileSync(file, "utf8"));
  const { dns_record: records } = document.spec.resources;
  return { ...document, spec: { ...document.spec, resources: { dns_record: records } } };
}

async function measured({ variant, built, document, quick, report }) {
  const { Miniflare, convertV4MiniflareOptions } = await importInstalled("miniflare");
  const before = new Set(workerds());
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      workers: [
        {
          name: "trust-chain",
          modules: modulesOf({ name: "trust-chain", ...built }),
          compatibilityDate: "2026-10-01",
          compatibilityFlags: ["nodejs_compat", ...variant.flags],
        },
      ],
    }),
  );
  try {
    await miniflare.ready;
    const [pid] = workerds().filter((one) => !before.has(one));
    const run = async (runs) => {
      const body = JSON.stringify({ document, runs });
      const response = await miniflare.dispatchFetch("http://bench/", { method: "POST", body });
      if (!response.ok) throw new Failure(`the chain broke: ${await response.text()}`);
      return response.json();
    };
    const facts = await run(WARM_UP);
    if (facts.native !== variant.native)
      throw new Failure(`${variant.name}: the runtime has the other one`);
    const sample = [];
    for (let batch = 0; batch < (quick ? BATCHES_QUICK : BATCHES); batch += 1) {
      const started = cpuMs(pid);
      await run(BATCH);
      sample.push((cpuMs(pid) - started) / BATCH);
    }
    const metric = `CPU of the whole chain, one change among ${facts.records} records, ${variant.name}`;
    report({
      ...timed({ metric, sample, bar: variant.bar }),
      voters: facts.voters,
      tier: facts.tier,
    });
  } finally {
    await miniflare.dispose();
  }
}

/** Runtimes that this process has started. */
function workerds() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [, name, rest] = /^\d+ \((.*)\) \S (.*)$/s.exec(
          readFileSync(`/proc/${pid}/stat`, "utf8"),
        );
        return name.startsWith("workerd") && Number(rest.split(" ")[0]) === process.pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** CPU time of all threads, to the nanosecond: a chain is shorter than a clock tick. */
function cpuMs(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const ns = tasks.map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]),
  );
  return ns.reduce((sum, one) => sum + one, 0) / 1e6;
}
