import { readFileSync } from "node:fs";
import path from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
// @ts-expect-error plain JavaScript, shared with `npm start`
import { buildWorkers, modulesOf } from "./scripts/bundle.mjs";

const root = import.meta.dirname;
/** The planted secret of the environment, as `test/support/honeytokens.ts` knows it. */
const HONEYTOKEN_ENV = "hny+env/k7Qz~9f=Xw2 env#8Jd";

interface BuiltWorker {
  readonly role: string;
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly code: string;
}

interface Module {
  readonly type: "ESModule";
  readonly path: string;
  readonly contents: string;
}

const moduleOf = (name: string): Module => ({
  type: "ESModule",
  path: name,
  contents: readFileSync(path.join(root, "test/support", name), "utf8"),
});

/** This one refuses entries where a test asks for it, and is the vault otherwise. */
const REFUSING_VAULT = moduleOf("refusing-vault.mjs");
const WATCHED_CONSOLE = moduleOf("watched-console.mjs");

/** The first module is the Worker; before it, its console is watched: modules are evaluated in the order in which they are imported. */
function watched(inner: readonly Module[]): readonly Module[] {
  const from = JSON.stringify(`./${inner[0]?.path}`);
  const contents = `export { Console } from "./${WATCHED_CONSOLE.path}"; export * from ${from}; export { default } from ${from};`;
  return [{ type: "ESModule", path: "watched.mjs", contents }, WATCHED_CONSOLE, ...inner];
}

/** The vault and the sandbox beside the swarm, bundled exactly as `npm start` does it. */
async function auxiliaries() {
  const workers = (await buildWorkers({ root })) as BuiltWorker[];
  return workers
    .filter(({ role }) => role !== "swarm")
    .map((worker) => ({
      ...worker.options,
      bindings: { ...(worker.options["bindings"] as object), HONEYTOKEN: HONEYTOKEN_ENV },
      name: worker.name,
      modules: watched([
        ...(worker.role === "vault" ? [REFUSING_VAULT] : []),
        ...(modulesOf(worker) as Module[]),
      ]),
    }));
}

/** As the `[[rules]]` of the wrangler files have it: policies and the page are text. */
const policyText = {
  name: "policy-text",
  transform: (code: string, id: string) =>
    /\.(?:cedar(?:schema)?|html)$/.test(id) ? `export default ${JSON.stringify(code)}` : null,
};

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [policyText],
        test: {
          name: "core",
          include: ["test/core/**/*.test.ts", "test/edge/**/*.test.ts", "test/*.test.ts"],
          // Properties over thousands of cases: a loaded machine may take its time over them.
          testTimeout: 60_000,
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: "./sandbox/wrangler.toml" } })],
        test: { name: "sandbox", include: ["test/sandbox/**/*.test.ts"], testTimeout: 30_000 },
      },
      {
        plugins: [
          policyText,
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: await readD1Migrations(path.join(root, "migrations")),
                SANDBOX_KEYS_CONFIRMED_BY: "dev-approver-1,dev-approver-2", // as `npm start` does it
                FEED_POLL_SECONDS: "600", // tests poll the feed themselves
                HONEYTOKEN: HONEYTOKEN_ENV,
                // Asked only where a test gives a role a model; the test answers in its place.
                INFERENCE: JSON.stringify([{ name: "hostile", base_url: "http://127.0.0.1:9/v1" }]),
              },
              // The vault's: what readers of the record see, and what a test takes away from them.
              r2Buckets: { RECORD: "driftless-record" },
              serviceBindings: {
                VAULT_CONSOLE: { name: "driftless-vault", entrypoint: "Console" },
                SANDBOX_CONSOLE: { name: "driftless-sandbox", entrypoint: "Console" },
              },
              workers: await auxiliaries(),
            },
          })),
        ],
        test: {
          name: "workers",
          env: Object.fromEntries(
            ["DRIFTLESS_FULL", "DRIFTLESS_FLOOD", "DRIFTLESS_FLOOD_SEED"].map((name) => [
              name,
              process.env[name] ?? "",
            ]),
          ),
          include: ["test/{durable-objects,scenarios}/**/*.test.ts"],
          setupFiles: ["./test/support/setup.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          teardownTimeout: 30_000,
        },
      },
      {
        test: {
          name: "process",
          include: ["test/process/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          // After all others, alone on the machine: seconds are counted here.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          // Real clients against the sandbox over HTTP.
          name: "clients",
          include: ["test/clients/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 150_000, // packages are installed in one
          fileParallelism: false,
          // After the process tests: Python and its like take the time of a whole core.
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
