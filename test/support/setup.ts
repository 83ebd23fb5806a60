import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, expect } from "vitest";
import worker from "../../src/index.ts";
import {
  leaks,
  plant,
  sawConsoles,
  sawStores,
  watchedAnswer,
  watchedFetch,
} from "./honeytokens.ts";

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
await plant();

// Whoever asks, and however: what the Worker answers is read, and what goes out to an address.
const answer = worker.fetch.bind(worker);
worker.fetch = async (request, ...of) => {
  const response = await answer(request, ...of);
  return watchedAnswer(new URL(request.url).pathname, response);
};
globalThis.fetch = watchedFetch(globalThis.fetch);

// In every file of tests under workerd: no planted secret has gone out, in whatever dress.
afterAll(async () => {
  await sawStores();
  await sawConsoles();
  expect([...leaks]).toEqual([]);
});
