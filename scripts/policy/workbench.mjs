// The policy engine as the Worker has it, in Node: the same files, bundled.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { importInstalled } from "../bundle.mjs";
import { Failure } from "../json-client.mjs";

const MODULES = [
  "src/core/policy/bundle.ts",
  "src/core/policy/table.ts",
  "src/core/policy/text.ts",
  "src/edge/cedar/engine.ts",
  "src/edge/cedar/examine.ts",
  "src/edge/cedar/mutation.ts",
  "src/edge/cedar/shipped.ts",
];
const WASM = "node_modules/@cedar-policy/cedar-wasm/esm/cedar_wasm_bg.wasm";

/** Everything those files export, and an engine with the shipped policies loaded. */
export async function openWorkbench(root) {
  const { build } = await importInstalled("esbuild");
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: {
      contents: MODULES.map((file) => `export * from "./${file}";`).join("\n"),
      resolveDir: root,
    },
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    loader: { ".cedar": "text", ".cedarschema": "text" },
    write: false,
  });
  const code = Buffer.from(outputFiles[0].contents).toString("base64");
  const bench = await import(`data:text/javascript;base64,${code}`);
  const module = await WebAssembly.compile(readFileSync(join(root, WASM)));
  const engine = new bench.CedarEngine(module, ({ reason, detail }) => {
    process.stderr.write(`policy engine: ${reason}: ${detail}\n`);
  });
  const shipped = bench.bundleOf(bench.SHIPPED, bench.NO_TEAM_POLICIES);
  if (!shipped.ok) throw new Failure(`the shipped policies: ${shipped.error[0].problem}`);
  const loaded = engine.load(shipped.value);
  if (!loaded.ok) throw new Failure(`the shipped policies do not load: ${loaded.error.detail}`);
  return { ...bench, engine };
}
