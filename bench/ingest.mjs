// A flood of webhooks: identical and different ones, beside a bare Hono handler that reads the same bodies in the same run.
import { setTimeout as sleep } from "node:timers/promises";
import { importInstalled } from "../scripts/bundle.mjs";
import { Failure } from "../scripts/json-client.mjs";
import { timed } from "./distribution.mjs";
import { inOneInstance, FEED_AT_REST } from "./instance.mjs";
import { editableRecords, SCOPE, strangeAddress } from "./record-edits.mjs";
import { alertFor, WebhookClient } from "./webhook-client.mjs";

const COUNT = 100_000;
const COUNT_QUICK = 5_000;
const SOCKETS = 32;
const PATH = "/webhooks/cloudflare/notifications";
const ZONE = "harbor-api.example";
const HEAL_MS_MAX = 15_000;
const SHARE_BAR = 0.5;
/** Heals of the other zone, spread over the flood of different messages, and the bar that they have without a flood. */
const HEALS = 5;
const HEALS_QUICK = 1;
const HEAL_PAUSE_MS = 2_000;
const HEAL_BAR_MS = 300;

const BARE = `
import { Hono } from "hono";
const app = new Hono();
app.post("${PATH}", async (context) => {
  await context.req.json();
  return context.json({ accepted: true }, 202);
});
export default app;
`;

export const ingest = inOneInstance({
  name: "ingest",
  about:
    "identical and different webhooks, against a bare handler; an unrelated zone heals meanwhile",
  feedSeconds: FEED_AT_REST,
  measure,
});

async function measure({ swarm, account, url }, { quick, report }) {
  const count = quick ? COUNT_QUICK : COUNT;
  await swarm.inSync({ scope: SCOPE, ms: 20_000 });
  const bare = await withBareHandler((bareUrl) =>
    floodOf({ url: bareUrl, count, bodyOf: different }),
  );
  const after = await account.journalEnd();
  const same = alertFor(ZONE, "the same");
  const identical = await floodOf({ url, count, bodyOf: () => same });
  const heals = quick ? HEALS_QUICK : HEALS;
  const healing = healsWhile({ swarm, account, heals });
  const distinct = await floodOf({ url, count, bodyOf: different });
  const healed = await healing;
  const writes = (await account.journal({ after, writes: true })).filter(
    ({ token_name: by }) => by === "driftless-vault-write",
  );
  report({ metric: "bare handler", value: Math.round(bare), unit: "1/s", n: count });
  for (const [kind, rate] of [
    ["identical", identical],
    ["different", distinct],
  ]) {
    report({ metric: `${kind} messages`, value: Math.round(rate), unit: "1/s", n: count });
    report({
      metric: `${kind} messages, bare over ours`,
      value: bare / rate,
      unit: "×",
      bar: 1 / SHARE_BAR,
    });
  }
  report({ metric: "writes by all of them", value: writes.length - heals, unit: "", bar: 0 });
  report(
    timed({ metric: "another zone's drift healed meanwhile", sample: healed, bar: HEAL_BAR_MS }),
  );
}

/** No two are alike, and none is a repetition. */
const different = (index) => alertFor(ZONE, `message ${index}`);

async function floodOf({ url, count, bodyOf }) {
  const client = new WebhookClient({ url, sockets: SOCKETS });
  try {
    await client.flood({
      path: PATH,
      count: 200,
      sockets: SOCKETS,
      bodyOf: (index) => bodyOf(-1 - index),
    });
    const { perSecond, statuses } = await client.flood({
      path: PATH,
      count,
      sockets: SOCKETS,
      bodyOf,
    });
    const refused = [...statuses].filter(([status]) => status !== 202 && status !== 200);
    if (refused.length > 0) throw new Failure(`answered with ${refused.join("; ")}`);
    return perSecond;
  } finally {
    client.close();
  }
}

async function healsWhile({ swarm, account, heals }) {
  const records = await editableRecords(account);
  const sample = [];
  for (let index = 0; index < heals; index += 1) {
    if (index > 0) await sleep(HEAL_PAUSE_MS);
    const record = records[index % records.length];
    sample.push(await healOf({ swarm, account, record, content: strangeAddress(7 + index) }));
    await swarm.atRest({ scope: SCOPE, ms: HEAL_MS_MAX });
  }
  return sample;
}

async function healOf({ swarm, account, record, content }) {
  await account.call("PATCH", record.path, { content });
  const startedAt = Date.now();
  await swarm.reconcile(SCOPE);
  const deadline = startedAt + HEAL_MS_MAX;
  while ((await account.call("GET", record.path)).content !== record.golden)
    if (Date.now() > deadline) throw new Failure("the other zone is not healed");
  return Date.now() - startedAt;
}

async function withBareHandler(work) {
  const { build } = await importInstalled("esbuild");
  const { Miniflare, convertV4MiniflareOptions } = await importInstalled("miniflare");
  const { outputFiles } = await build({
    stdin: { contents: BARE, resolveDir: import.meta.dirname },
    write: false,
    bundle: true,
    format: "esm",
    logLevel: "silent",
  });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      cf: false,
      modules: [{ type: "ESModule", path: "bare.mjs", contents: outputFiles[0].text }],
      compatibilityDate: "2026-10-01",
    }),
  );
  try {
    const url = await miniflare.ready;
    return await work(url.origin);
  } finally {
    await miniflare.dispose();
  }
}
