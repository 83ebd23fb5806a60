import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, expect } from "vitest";
import { leaks, plant, saw, sawStores } from "./honeytokens.ts";

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

// In every file of tests under workerd: no planted secret has gone out, in whatever dress.
afterAll(async () => {
  await sawStores();
  expect([...leaks]).toEqual([]);
});
