// What a decision costs at 60 policies, in Node and in workerd, and what the first one in an isolate costs.
import { fileURLToPath } from "node:url";
import { bundleWorker, importInstalled, modulesOf } from "../scripts/bundle.mjs";
import { Failure } from "../scripts/json-client.mjs";
import { openWorkbench } from "../scripts/policy/workbench.mjs";
import { bundleOfSixty, POLICIES, question } from "./policy-questions.mjs";
import { timed } from "./distribution.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const WARM_UP = 500;
const BATCH = 500;
const BATCHES = 20;
const BATCHES_QUICK = 4;
/** 2,000 decisions a second. */
const BAR_US = 500;

export const policyDecisions = {
  name: "policy-decisions",
  about: `one policy decision at ${POLICIES} policies, in Node and in workerd`,
  run: measure,
};

async function measure({ quick, report, log }) {
  const batches = quick ? BATCHES_QUICK : BATCHES;
  log("in Node");
  for (const line of await inNode(batches)) report(line);
  log("in workerd");
  for (const line of await inWorkerd(batches)) report(line);
}

async function inNode(batches) {
  const openedAt = performance.now();
  const bench = await openWorkbench(ROOT);
  const { engine } = bench;
  const loaded = engine.load(bundleOfSixty(bench));
  if (!loaded.ok) throw new Failure(loaded.error.detail);
  const work = (count) => {
    for (let index = 0; index < count; index += 1)
      if (!engine.decide(question(index)).allow) throw new Failure("a plain revert is refused");
  };
  work(1);
  const first = performance.now() - openedAt;
  work(WARM_UP);
  const sample = [];
  for (let batch = 0; batch < batches; batch += 1) {
    const startedAt = performance.now();
    work(BATCH);
    sample.push(((performance.now() - startedAt) * 1_000) / BATCH);
  }
  return [
    timed({ metric: "decision in Node", sample, unit: "us", bar: BAR_US }),
    timed({ metric: "bundling, loading and the first decision in Node", sample: [first] }),
  ];
}

/** Clocks stand still inside, so time is taken from outside: a batch less what a request costs. */
async function inWorkerd(batches) {
  const { Miniflare, convertV4MiniflareOptions } = await importInstalled("miniflare");
  const name = "policy-bench";
  const modulesRules = [{ type: "Text", include: ["**/*.cedar", "**/*.cedarschema"] }];
  const main = "bench/policy-worker.mjs";
  const built = await bundleWorker({ root: ROOT, main, name, modulesRules });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      host: "127.0.0.1",
      compatibilityDate: "2026-10-01",
      compatibilityFlags: ["nodejs_compat"],
      modules: modulesOf({ name, ...built }),
    }),
  );
  try {
    await miniflare.ready;
    const ask = async (count) => {
      const startedAt = performance.now();
      const response = await miniflare.dispatchFetch(`http://bench/?n=${count}`);
      const { allowed } = await response.json();
      if (allowed !== count) throw new Failure(`${count - allowed} plain reverts are refused`);
      return performance.now() - startedAt;
    };
    const empty = await ask(0);
    const first = await ask(1);
    await ask(WARM_UP);
    const idle = [];
    for (let index = 0; index < batches; index += 1) idle.push(await ask(0));
    const bare = idle.toSorted((a, b) => a - b)[Math.floor(idle.length / 2)];
    const sample = [];
    for (let batch = 0; batch < batches; batch += 1)
      sample.push((((await ask(BATCH)) - bare) * 1_000) / BATCH);
    return [
      timed({ metric: "decision in workerd", sample, unit: "us", bar: BAR_US }),
      timed({ metric: "engine made in workerd", sample: [empty - bare] }),
      timed({ metric: "bundle loaded and first decision in workerd", sample: [first - bare] }),
    ];
  } finally {
    await miniflare.dispose();
  }
}
