// Writes schema/golden-state.v1.json, which editors use where no swarm is running.
// node scripts/golden-schema.mjs [--check]
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { importInstalled } from "./bundle.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
export const SCHEMA_FILE = join(ROOT, "schema", "golden-state.v1.json");
const SOURCE = "src/core/golden-schema.ts";

/** The schema as the sources have it now. */
export async function generatedSchema() {
  const esbuild = await importInstalled("esbuild");
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(ROOT, SOURCE)],
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    write: false,
  });
  const code = Buffer.from(outputFiles[0].contents).toString("base64");
  const { goldenSchema } = await import(`data:text/javascript;base64,${code}`);
  return goldenSchema();
}

async function main(args) {
  const schema = await generatedSchema();
  if (args.includes("--check")) {
    if (isDeepStrictEqual(JSON.parse(readFileSync(SCHEMA_FILE, "utf8")), schema)) return 0;
    console.error("schema/golden-state.v1.json is old: run `node scripts/golden-schema.mjs`");
    return 1;
  }
  mkdirSync(dirname(SCHEMA_FILE), { recursive: true });
  writeFileSync(SCHEMA_FILE, JSON.stringify(schema));
  execFileSync(join(ROOT, "node_modules", ".bin", "oxfmt"), [SCHEMA_FILE]);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = await main(process.argv.slice(2));
