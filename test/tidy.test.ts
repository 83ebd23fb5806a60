import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

/**
 * The shape of the project as a test. A rule takes the whole tree and returns its violations, so that each can also be
 * shown to fail: every rule is run on the tree as it is, and on the tree with one violation planted in it.
 */

const ROOT = path.resolve(import.meta.dirname, "..");

/** File names below the root, with their text. */
type Tree = ReadonlyMap<string, string>;

const FOLDERS = [
  "src",
  "durable-objects",
  "sandbox",
  "scripts",
  "bench",
  "cli",
  "test",
  "docs",
  "portal",
];
const PAPERS = ["README.md", "AGENTS.md", "SECURITY.md"];
const SETTINGS = ["package.json", "vitest.config.ts", "wrangler.toml", "wrangler.vault.toml"];
const GENERATED = /(?:^|\/)(?:node_modules|dist|\.wrangler|\.driftless)\//;
const READ = /\.(?:ts|mjs|js|html|md|toml|json)$/;

function readTree(): Tree {
  const top = new Set(readdirSync(ROOT));
  const names = FOLDERS.filter((folder) => top.has(folder)).flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" }).map(
      (name) => `${folder}/${name}`,
    ),
  );
  const wanted = [...names, ...[...PAPERS, ...SETTINGS].filter((name) => top.has(name))];
  const readable = wanted.filter((name) => READ.test(name) && !GENERATED.test(name));
  return new Map(
    readable.toSorted().map((name) => [name, readFileSync(path.join(ROOT, name), "utf8")]),
  );
}

const tree = readTree();

/** Entries of Workers, named by their wrangler files; nothing imports them. */
const ENTRIES = ["src/index.ts", "src/vault.ts", "sandbox/index.ts", "cli/driftless.mjs"];

/** From inside out: a file imports from its own ring and from those before it. */
const RINGS = ["src/core/", "src/edge/", "durable-objects/", "src/"];

/**
 * The flow. A core file imports only what stands before it; a folder is one stage, but for a file that is named here
 * by itself.
 */
const FLOW = [
  // the floor
  "result",
  "ids",
  "instant",
  "canonical",
  "log/base64",
  "hcl",
  "provider",
  "resource",
  "expression",
  "cve",
  "detection",
  "kinds",
  "backoff",
  "signing",
  "attestation",
  // what is wanted, what is there, what differs
  "budget",
  "signal",
  "intake",
  "risk-settings",
  "golden",
  "golden-schema",
  "observation",
  "provider-api",
  "reader",
  "diff",
  "publish",
  "recurrence",
  "guardrails",
  "traffic",
  "hold",
  "incident",
  "diagnosis",
  "routing",
  "scope-view",
  // what would be done, and what would come of it
  "proposal",
  "adoption",
  "golden-paths",
  "intents",
  "inference",
  "experience",
  "plan",
  "plan-parts",
  "prediction",
  "invariants",
  "check",
  "simulate",
  "risk",
  "verification",
  "reconcile",
  "policy",
  "inference/routing",
  "rehearsal",
  // who agrees
  "dossier",
  "auditors",
  "review",
  "review-task",
  "ballot",
  "orchestration",
  "quorum",
  "voter-register",
  "passkey-register",
  "approval",
  "permit",
  "admission",
  "aws-requests",
  "prohibitions",
  "token-grant",
  // what was done
  "execution",
  "run",
  "run-view",
  "lesson",
  // what is recorded, and what the rings ask of each other
  "entry-types",
  "log/entry",
  "log/access-entries",
  "log/shards",
  "ports",
  "log",
  "evidence",
];

const isCode = (name: string): boolean => /\.(?:ts|mjs|js)$/.test(name) && !name.endsWith(".d.ts");
const isSource = (name: string): boolean =>
  isCode(name) && /^(?:src|durable-objects|sandbox|scripts|cli)\//.test(name);
const sources = (of: Tree): string[] => [...of.keys()].filter(isSource);

interface Import {
  /** A path below the root, or the name of a package. */
  readonly target: string;
  readonly typesOnly: boolean;
}

const STATEMENT =
  /^(?:import|export)\s+(type\s+)?([^"';]*?)\s*from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm;

function importsOf(of: Tree, name: string): Import[] {
  return [...(of.get(name) ?? "").matchAll(STATEMENT)].map(
    ([, type, clause, from, bare, dynamic]) => {
      const specifier = from ?? bare ?? dynamic ?? "";
      const named = /^\{([^}]*)\}$/.exec(clause ?? "")?.[1];
      const everyOneIsType =
        named !== undefined &&
        named.split(",").every((one) => one.trim() === "" || one.trim().startsWith("type "));
      return {
        target: specifier.startsWith(".")
          ? path.posix.join(path.posix.dirname(name), specifier)
          : specifier,
        typesOnly: type !== undefined || everyOneIsType,
      };
    },
  );
}

/** Violations of a rule about single imports. */
const everyImport = (
  of: Tree,
  names: readonly string[],
  problem: (name: string, found: Import) => string | null,
): string[] =>
  names.flatMap((name) =>
    importsOf(of, name).flatMap((found) => {
      const said = problem(name, found);
      return said === null ? [] : [`${name} -> ${found.target}: ${said}`];
    }),
  );

const ringOf = (name: string): number => RINGS.findIndex((prefix) => name.startsWith(prefix));
const systemOf = (name: string): string | undefined => /^src\/edge\/([^/]+)\//.exec(name)?.[1];

function stageOf(name: string): number {
  const inside = name.slice("src/core/".length).replace(/\.ts$/, "");
  const exact = FLOW.indexOf(inside);
  return exact >= 0 ? exact : FLOW.indexOf(inside.split("/")[0] ?? "");
}

const definesObject = (of: Tree, name: string): boolean =>
  /\bextends DurableObject\b/.test(of.get(name) ?? "");

const place = (file: string): string => /^(?:sandbox|scripts)\//.exec(file)?.[0] ?? "product";

const RULES: Readonly<Record<string, (of: Tree) => string[]>> = {
  "rings import only inward": (of) =>
    everyImport(of, sources(of), (name, { target }) =>
      ringOf(name) >= 0 && ringOf(target) > ringOf(name) ? "outward" : null,
    ),

  "core imports only core, zod and noble": (of) =>
    everyImport(
      of,
      sources(of).filter((name) => ringOf(name) === 0),
      (_, { target }) => (/^(?:src\/core\/|zod$|@noble\/)/.test(target) ? null : "not for core"),
    ),

  "core follows the flow": (of) => {
    const core = sources(of).filter((name) => ringOf(name) === 0);
    const unplaced = core
      .filter((name) => stageOf(name) < 0)
      .map((name) => `${name}: has no place in the flow`);
    const against = everyImport(of, core, (name, { target }) =>
      ringOf(target) === 0 && stageOf(target) > stageOf(name) ? "against the flow" : null,
    );
    return [...unplaced, ...against];
  },

  "the flow names nothing that does not exist": (of) =>
    FLOW.filter(
      (stage) =>
        ![...of.keys()].some(
          (name) => name === `src/core/${stage}.ts` || name.startsWith(`src/core/${stage}/`),
        ),
    ),

  "outside systems do not know each other": (of) =>
    everyImport(
      of,
      sources(of).filter((name) => systemOf(name) !== undefined),
      (name, { target }) =>
        systemOf(target) !== undefined && systemOf(target) !== systemOf(name) ? "a sibling" : null,
    ),

  "durable objects reach each other only through bindings": (of) =>
    everyImport(
      of,
      sources(of).filter((name) => name.startsWith("durable-objects/")),
      (_, { target, typesOnly }) =>
        !typesOnly && target.startsWith("durable-objects/") && definesObject(of, target)
          ? "a durable object's class, at run time"
          : null,
    ),

  "nothing imports an entry or a test": (of) =>
    everyImport(of, sources(of), (_, { target }) => {
      if (ENTRIES.includes(target)) return "an entry";
      return target.startsWith("test/") ? "a test" : null;
    }),

  "sandbox, scripts and the rest do not know each other": (of) =>
    everyImport(of, sources(of), (name, { target }) => {
      // The sandbox's edge reads rules with the product's own reader, which is held against Cloudflare's engine.
      const isLanguage =
        name.startsWith("sandbox/edge/") && target.startsWith("src/core/expression/");
      return target.includes("/") && of.has(target) && place(target) !== place(name) && !isLanguage
        ? "another world"
        : null;
    }),

  "imports lead somewhere": (of) =>
    everyImport(of, sources(of), (_, { target }) =>
      /^(?:src|durable-objects|sandbox|scripts)\//.test(target) && !of.has(target)
        ? "is not there"
        : null,
    ),

  "no file is dead": (of) => {
    const scripts = JSON.stringify(JSON.parse(of.get("package.json") ?? "{}").scripts ?? {});
    // Tests and benchmarks keep a script alive, but nothing of the product.
    const imported = new Set(
      [...of.keys()].filter(isCode).flatMap((name) =>
        importsOf(of, name)
          .map(({ target }) => target)
          .filter((target) => isSource(name) || target.startsWith("scripts/")),
      ),
    );
    // A script that runs the product's own code bundles it, and names the files.
    const bundled = [...of].filter(([name]) => name.startsWith("scripts/")).map(([, text]) => text);
    const alive = (name: string): boolean =>
      imported.has(name) ||
      ENTRIES.includes(name) ||
      scripts.includes(name) ||
      bundled.some((text) => text.includes(`"${name}"`));
    return sources(of).filter((name) => !alive(name));
  },

  "no junk drawers": (of) =>
    [...of.keys()].filter(
      (name) =>
        isCode(name) && /(?:^|[/.-])(?:utils?|common|misc|manager|helpers?)(?:[/.-]|$)/i.test(name),
    ),

  "nothing is left to do": (of) =>
    [...of]
      .filter(([name]) => isCode(name) && name !== "test/tidy.test.ts")
      .flatMap(([name, text]) =>
        [...text.matchAll(/\b(?:TODO|FIXME|XXX)\b/g)].map(([word]) => `${name}: ${word}`),
      ),

  "papers name commands that exist": (of) => {
    const { scripts = {} } = JSON.parse(of.get("package.json") ?? "{}") as {
      scripts?: Record<string, string>;
    };
    return [...of]
      .filter(([name]) => name.endsWith(".md"))
      .flatMap(([name, text]) =>
        [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)]
          .map(([, run, short]) => run ?? short ?? "")
          .filter((command) => !(command in scripts))
          .map((command) => `${name}: npm run ${command}`),
      );
  },

  "wrangler files name what exists": (of) => {
    const configs = [...of].filter(([name]) => /(?:^|\/)wrangler[\w.]*\.toml$/.test(name));
    const workers = new Set(configs.map(([, text]) => /^name = "([^"]+)"/m.exec(text)?.[1]));
    return configs.flatMap(([name, text]) => {
      const main = path.posix.join(
        path.posix.dirname(name),
        /^main = "([^"]+)"/m.exec(text)?.[1] ?? "",
      );
      const entry = of.get(main);
      if (entry === undefined) return [`${name}: main \`${main}\` is not there`];
      const exported = [
        ...entry.matchAll(/^export (?:\{([^}]*)\}|(?:default )?class (\w+))/gm),
      ].flatMap(([, list, single]) => (single ?? list ?? "").split(",").map((one) => one.trim()));
      const classes = [...text.matchAll(/^class_name = "([^"]+)"/gm)].map(([, one = ""]) => one);
      const migrated = [...text.matchAll(/^new_sqlite_classes = \[([^\]]*)\]/gm)].flatMap(
        ([, list = ""]) => [...list.matchAll(/"([^"]+)"/g)].map(([, one = ""]) => one),
      );
      const services = [...text.matchAll(/^service = "([^"]+)"/gm)].map(([, one = ""]) => one);
      return [
        ...classes
          .filter((one) => !exported.includes(one))
          .map((one) => `${name}: \`${main}\` does not export ${one}`),
        ...classes
          .filter((one) => !migrated.includes(one))
          .map((one) => `${name}: ${one} has no migration`),
        ...migrated
          .filter((one) => !classes.includes(one))
          .map((one) => `${name}: ${one} has no binding`),
        ...services
          .filter((one) => !workers.has(one))
          .map((one) => `${name}: there is no worker \`${one}\``),
      ];
    });
  },
};

/** One violation for each rule (several where it has several sides): a file, and text that is added to its end. */
const PLANTED: readonly [rule: string, name: string, text: string][] = [
  [
    "rings import only inward",
    "src/core/plan.ts",
    'import { connect } from "../edge/cloudflare/connect.ts";',
  ],
  [
    "rings import only inward",
    "src/edge/cloudflare/client.ts",
    'import type { Vault } from "../../../durable-objects/vault.ts";',
  ],
  ["rings import only inward", "durable-objects/run.ts", 'import worker from "../src/index.ts";'],
  [
    "core imports only core, zod and noble",
    "src/core/plan.ts",
    'import { readFileSync } from "node:fs";',
  ],
  ["core imports only core, zod and noble", "src/core/plan.ts", 'import { Hono } from "hono";'],
  ["core follows the flow", "src/core/plan.ts", 'import type { Run } from "./run.ts";'],
  [
    "core follows the flow",
    "src/core/log/entry.ts",
    'import {\n  type RunStart,\n} from "../ports.ts";',
  ],
  ["core follows the flow", "src/core/afterthought.ts", "export {};"],
  [
    "outside systems do not know each other",
    "src/edge/http/body.ts",
    'import { connect } from "../cloudflare/connect.ts";',
  ],
  [
    "durable objects reach each other only through bindings",
    "durable-objects/vault.ts",
    'import { AuditLog } from "./audit-log.ts";',
  ],
  [
    "durable objects reach each other only through bindings",
    "durable-objects/pass.ts",
    'import { type Env, Run } from "./run.ts";',
  ],
  [
    "nothing imports an entry or a test",
    "scripts/start.mjs",
    'import worker from "../src/index.ts";',
  ],
  [
    "nothing imports an entry or a test",
    "src/edge/http/body.ts",
    'import { world } from "../../../test/support/world.ts";',
  ],
  [
    "sandbox, scripts and the rest do not know each other",
    "sandbox/world.ts",
    'import { diff } from "../src/core/diff.ts";',
  ],
  [
    "sandbox, scripts and the rest do not know each other",
    "sandbox/edge/firewall.ts",
    'import { tryOn } from "../../src/core/traffic/trial.ts";',
  ],
  [
    "sandbox, scripts and the rest do not know each other",
    "src/edge/http/body.ts",
    'import { World } from "../../../sandbox/world.ts";',
  ],
  [
    "sandbox, scripts and the rest do not know each other",
    "scripts/start.mjs",
    'const seeds = await import("../sandbox/seed/seeds.ts");',
  ],
  ["imports lead somewhere", "src/core/plan.ts", 'import { gone } from "./gone.ts";'],
  ["no file is dead", "src/edge/http/forgotten.ts", "export const forgotten = 1;"],
  ["no file is dead", "scripts/forgotten.mjs", "export const forgotten = 1;"],
  ["no junk drawers", "src/core/kinds/dns-utils.ts", "export {};"],
  ["no junk drawers", "src/edge/common/clock.ts", "export {};"],
  ["nothing is left to do", "src/core/plan.ts", "// TODO: think"],
  ["papers name commands that exist", "README.md", "Then `npm run conquer`."],
  [
    "wrangler files name what exists",
    "wrangler.toml",
    '[[durable_objects.bindings]]\nname = "GHOST"\nclass_name = "Ghost"',
  ],
  [
    "wrangler files name what exists",
    "wrangler.toml",
    '[[services]]\nbinding = "X"\nservice = "driftless-nowhere"',
  ],
  [
    "wrangler files name what exists",
    "wrangler.ghost.toml",
    'name = "ghost"\nmain = "src/ghost.ts"',
  ],
];

describe("tidy", () => {
  it("sees the tree", () => {
    expect(sources(tree).length).toBeGreaterThan(100);
    expect(importsOf(tree, "src/core/plan.ts")).toContainEqual({
      target: "src/core/canonical.ts",
      typesOnly: false,
    });
    expect(importsOf(tree, "src/core/plan.ts")).toContainEqual({
      target: "src/core/proposal.ts",
      typesOnly: true,
    });
  });

  it.each(Object.keys(RULES))("%s", (rule) => expect(RULES[rule]?.(tree)).toEqual([]));

  it.each(PLANTED)("%s: seen to fail in %s on %j", (rule, name, text) => {
    const before = RULES[rule]?.(tree) ?? [];
    const planted = new Map([...tree, [name, `${tree.get(name) ?? ""}\n${text}\n`]]);
    expect(RULES[rule]?.(planted).length).toBeGreaterThan(before.length);
  });

  it("shows every rule to fail, but for the one that has no file to plant in", () => {
    const shown = new Set(PLANTED.map(([rule]) => rule));
    expect(Object.keys(RULES).filter((rule) => !shown.has(rule))).toEqual([
      "the flow names nothing that does not exist",
    ]);
    expect(RULES["the flow names nothing that does not exist"]?.(new Map())).toEqual(FLOW);
  });
});
