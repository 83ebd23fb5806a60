import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, expect } from "vitest";
import worker from "../../src/index.ts";
import { leaks, plant, saw, sawAnswer, sawStores, watchedFetch } from "./honeytokens.ts";

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
await plant();

for (const level of ["debug", "info", "log", "warn", "error"] as const) {
  const write = console[level].bind(console);
  console[level] = (...of: unknown[]) => {
    saw(
      "console",
      of.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(" "),
    );
    write(...of);
  };
}

// Whoever asks, and however: what the Worker answers is read, and what goes out to an address.
const answer = worker.fetch.bind(worker);
worker.fetch = async (request, ...of) => {
  const response = await answer(request, ...of);
  await sawAnswer(new URL(request.url).pathname, response);
  return response;
};
globalThis.fetch = watchedFetch(globalThis.fetch);

// In every file of tests under workerd: no planted secret has gone out, in whatever dress.
afterAll(async () => {
  await sawStores();
  expect([...leaks]).toEqual([]);
});
