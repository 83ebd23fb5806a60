// From the wrangler files and the sources to what Miniflare runs. The toml files are the only list
// of bindings.
import { existsSync, readFileSync } from "node:fs";
import { builtinModules, SourceMap } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { StartError } from "./start-error.mjs";

/** Role of a Worker and its configuration; the first one answers on the main port. */
const CONFIGS = {
  swarm: "wrangler.toml",
  vault: "wrangler.vault.toml",
  sandbox: "sandbox/wrangler.toml",
};

/**
 * Bundles by root and role: benches and crash tests start the same Workers many times in one
 * process.
 */
const built = new Map();

/**
 * Reads and bundles the Workers of `root`. Each is
 * `{ role, name, options, code, map, wasm, crons, databases: [{ binding, directory, table }] }`.
 * @param {{ root: string, withSandbox?: boolean }} input
 */
export async function buildWorkers({ root, withSandbox = true }) {
  return await bundled(await readConfigs({ root, withSandbox }));
}

/**
 * Waits for the bundles that `readConfigs` began: what happens in between costs no time of its own.
 */
export async function bundled(configs) {
  return await Promise.all(
    configs.map(async (config) => ({ ...config, ...(await config.bundle) })),
  );
}

export async function readConfigs({ root, withSandbox = true }) {
  const roles = Object.keys(CONFIGS).filter((role) => withSandbox || role !== "sandbox");
  for (const role of roles) requireFile(root, CONFIGS[role]);
  // Nothing but these files may decide what a Worker is given.
  process.env.CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV = "false";
  process.env.WRANGLER_SEND_METRICS = "false";
  process.env.X_LOCAL_OBSERVABILITY = "false";
  const wrangler = await importInstalled("wrangler");
  return roles.map((role) => readConfig({ root, role, wrangler }));
}

export async function importInstalled(name) {
  try {
    return await import(name);
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new StartError(`the package \`${name}\` is not installed; run it through \`npm start\``);
  }
}

function requireFile(root, file) {
  if (!existsSync(join(root, file))) throw new StartError(`${file} is missing in ${root}`);
}

function readConfig({ root, role, wrangler }) {
  const file = join(root, CONFIGS[role]);
  const config = wrangler.unstable_readConfig({ config: file }, { hideWarnings: true });
  const { workerOptions, main } = wrangler.unstable_getMiniflareWorkerOptions(config);
  requireFile(root, relative(root, main));
  // The modules are bundled here, so Miniflare needs no rules, but text files stay text.
  const { modulesRules, ...options } = workerOptions;
  const key = `${root}\0${role}`;
  if (!built.has(key))
    built.set(key, bundleWorker({ root, main, name: config.name, modulesRules }));
  built.get(key).catch(() => built.delete(key)); // a mended source is tried again
  return {
    role,
    name: config.name,
    options: { ...options, rootPath: dirname(file) },
    crons: config.triggers?.crons ?? [],
    databases: config.d1_databases.map((database) => ({
      binding: database.binding,
      id: options.d1Databases[database.binding].id,
      directory: join(dirname(file), database.migrations_dir ?? "migrations"),
      table: database.migrations_table ?? "d1_migrations",
    })),
    bundle: built.get(key),
  };
}

/** One Worker as a single module, with the WebAssembly that it imports beside it. */
export async function bundleWorker({ root, main, name, modulesRules }) {
  const { build } = await importInstalled("esbuild");
  try {
    const wasm = new Map();
    const { outputFiles } = await build({
      absWorkingDir: root,
      entryPoints: [main],
      // Not written: the base of the paths in the source map.
      outfile: join(root, `${name}.mjs`),
      write: false,
      bundle: true,
      format: "esm",
      target: "es2024",
      conditions: ["workerd", "worker", "browser"],
      external: ["cloudflare:*"],
      define: {
        "process.env.NODE_ENV": '"development"',
        "navigator.userAgent": '"Cloudflare-Workers"',
      },
      loader: Object.fromEntries(textExtensions(modulesRules).map((ext) => [ext, "text"])),
      keepNames: true,
      sourcemap: "external", // workerd has no use for it and starts faster without
      plugins: [nodeModules, wasmModules(wasm)],
      logLevel: "silent",
    });
    const [map, code] = ["map", "mjs"].map((end) =>
      outputFiles.find(({ path }) => path.endsWith(end)),
    );
    return { code: code.text, map: map.text, wasm: [...wasm.values()] };
  } catch (error) {
    throw new StartError(condense(error));
  }
}

function textExtensions(rules) {
  const text = rules.filter(({ type }) => type === "Text").flatMap(({ include }) => include);
  return text.flatMap((pattern) => /\.\w+$/.exec(pattern) ?? []);
}

/**
 * workerd knows Node's modules only with their prefix, and has no `require` for CommonJS packages.
 */
const nodeModules = {
  name: "node-modules",
  setup(build) {
    const names = builtinModules.filter((name) => !/^(_|node:)/.test(name));
    const filter = new RegExp(`^(node:.*|${names.join("|")})$`);
    build.onResolve({ filter }, ({ path, kind }) => {
      const prefixed = path.startsWith("node:") ? path : `node:${path}`;
      return kind === "require-call"
        ? { path: prefixed, namespace: "required" }
        : { path: prefixed, external: true };
    });
    build.onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({
      contents: `import library from "${path}"; module.exports = library;`,
    }));
  },
};

/**
 * WebAssembly may not be compiled at run time: it stays a module of its own beside the bundle, and is
 * collected in `found`.
 */
const wasmModules = (found) => ({
  name: "wasm-modules",
  setup(build) {
    build.onResolve({ filter: /\.wasm(\?module)?$/ }, ({ path, resolveDir }) => {
      const file = join(resolveDir, path.replace("?module", ""));
      const name = basename(file);
      if (!found.has(file))
        found.set(file, { type: "CompiledWasm", path: name, contents: readFileSync(file) });
      return { path: `./${name}`, external: true };
    });
  },
});

/** What Miniflare is given of a bundled Worker. */
export const modulesOf = ({ name, code, wasm }) => [
  { type: "ESModule", path: `${name}.mjs`, contents: code },
  ...wasm,
];

/** esbuild's message on one line: where, what, and how many more. */
function condense(error) {
  const [first, ...more] = error.errors ?? [];
  if (first === undefined) return `bundling failed: ${error.message}`;
  const { file, line, column } = first.location ?? {};
  const where = file === undefined ? "" : `${file}:${line}:${column + 1}: `;
  const rest = more.length === 0 ? "" : ` (and ${more.length} more)`;
  return `bundling failed: ${where}${first.text}${rest}`;
}

/** Rewrites stack frames that point into a bundle to the source file and line. */
export function sourceFrames(workers) {
  const maps = new Map();
  const mapOf = (name) => {
    const text = workers.find((worker) => worker.name === name)?.map;
    if (!maps.has(name)) maps.set(name, text && new SourceMap(JSON.parse(text)));
    return maps.get(name);
  };
  const rewrite = (frame, ...[name, line, column]) => {
    const origin = mapOf(name)?.findEntry(line - 1, column - 1);
    if (origin?.originalSource === undefined) return frame;
    return `${origin.originalSource}:${origin.originalLine + 1}:${origin.originalColumn + 1}`;
  };
  return (stack) => stack.replaceAll(/(?:file:\/\/)?[^\s():]*?([\w-]+)\.mjs:(\d+):(\d+)/g, rewrite);
}
