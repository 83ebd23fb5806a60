#!/usr/bin/env node
// Starts `main.ts`. A Node that knows no TypeScript hands over to the one that the project brings along.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { visible } from "./visible.mjs";

if (process.features.typescript) {
  process.removeAllListeners("warning"); // experimental algorithms announce themselves
  process.on("warning", () => {});
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv.slice(2), {
    print: (text) => process.stdout.write(visible(text)),
    warn: (text) => process.stderr.write(visible(text)),
    env: process.env,
  });
} else {
  const node = createRequire(import.meta.url).resolve("node/bin/node");
  const own = fileURLToPath(import.meta.url);
  const { status } = spawnSync(node, [own, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
}
