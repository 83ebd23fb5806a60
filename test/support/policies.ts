/** The policy engine in Node, with the shipped policies and their decision tables. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Bundle, bundleOf, NO_TEAM_POLICIES } from "../../src/core/policy/bundle.ts";
import type { PolicyFacts } from "../../src/core/policy/question.ts";
import type { Result } from "../../src/core/result.ts";
import { parseTable, parseWorld, type Table } from "../../src/core/policy/table.ts";
import { CedarEngine } from "../../src/edge/cedar/engine.ts";
import type { EngineFault } from "../../src/edge/cedar/instance.ts";
import { SHIPPED } from "../../src/edge/cedar/shipped.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** Left out of the types of Workers, where nothing may be compiled. */
const { compile } = WebAssembly as unknown as {
  readonly compile: (bytes: Uint8Array) => Promise<WebAssembly.Module>;
};
const module = await compile(
  readFileSync(path.join(ROOT, "node_modules/@cedar-policy/cedar-wasm/esm/cedar_wasm_bg.wasm")),
);

export const alarms: EngineFault[] = [];
export const engine = new CedarEngine(module, (fault) => alarms.push(fault));

function must<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

export const secondEngine = (): CedarEngine =>
  new CedarEngine(module, (fault) => alarms.push(fault));

export const shipped: Bundle = must(bundleOf(SHIPPED, NO_TEAM_POLICIES));
must(engine.load(shipped));

const fileOf = (name: string): unknown =>
  JSON.parse(readFileSync(path.join(ROOT, "policies", name), "utf8"));
export const world = must(parseWorld(fileOf("world.json")));
const tableFile = (name: string): Table => must(parseTable(fileOf(`tables/${name}.json`), world));

export const tables: Readonly<Record<string, Table>> = Object.fromEntries(
  Object.keys(SHIPPED.packs).map((name) => [name, tableFile(name)]),
);
export const wholeTable: Table = {
  ...world,
  rows: Object.values(tables).flatMap(({ rows }) => rows),
};

export const facts: PolicyFacts = {
  accountId: "a0",
  frameworks: [],
  frozen: false,
  recentRuns: 0,
};

/** What auditors are given where nobody has written policies of their own. */
export const policies = {
  decide: engine.decide,
  bundleDigest: shipped.digest,
  facts,
};
