// From the wrangler files and `production.toml` to the configurations that are deployed. The wrangler
// files stay the only list of bindings.
import { dirname, resolve } from "node:path";

/** The vault first: the swarm is bound to it. */
export const DEPLOYED = [
  { role: "vault", file: "wrangler.vault.toml" },
  { role: "swarm", file: "wrangler.toml" },
];

/**
 * One Worker's configuration as it is deployed, and what has still to be said in `production.toml`.
 * `raw` is the wrangler file, `over` what lies over it, `names` the Workers that are deployed: bindings
 * to others (the sandbox) are left out.
 * @param {{ raw: object, over: object, file: string, names: readonly string[] }} input
 */
export function deploymentOf({ raw, over, file, names }) {
  const { secrets = {}, ...laid } = over;
  const { required = [], optional = [] } = secrets;
  const config = laidOver(raw, laid);
  for (const name of [...required, ...optional]) delete config.vars?.[name];
  const folder = dirname(file);
  config.main = resolve(folder, config.main);
  for (const database of config.d1_databases ?? [])
    database.migrations_dir = resolve(folder, database.migrations_dir ?? "migrations");
  config.services = (config.services ?? []).filter(({ service }) => names.includes(service));
  return { config, secrets: required, missing: missingIn(laid) };
}

/** Tables are joined, lists of bindings too, by their names; everything else is replaced by what is said. */
function laidOver(under, over) {
  if (Array.isArray(under) && Array.isArray(over)) {
    const joined = under.map((one) => {
      const more = over.find(({ binding }) => binding !== undefined && binding === one.binding);
      return more === undefined ? one : laidOver(one, more);
    });
    return [
      ...joined,
      ...over.filter((one) => !under.some(({ binding }) => binding === one.binding)),
    ];
  }
  if (!isTable(under) || !isTable(over)) return over;
  const names = new Set([...Object.keys(under), ...Object.keys(over)]);
  return Object.fromEntries(
    [...names].map((name) => {
      if (!(name in over)) return [name, structuredClone(under[name])];
      const isOpen = over[name] === "" && !MAY_BE_EMPTY.includes(name);
      if (isOpen && name in under) return [name, under[name]];
      return [name, name in under ? laidOver(under[name], over[name]) : over[name]];
    }),
  );
}

const isTable = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** What may stay empty: without it something is simply not used. */
const MAY_BE_EMPTY = ["AWS_ACCOUNT_ID", "AWS_ACCOUNT_NAME", "AI_GATEWAY"];

const missingIn = (value, at = []) => {
  if (value === "") return MAY_BE_EMPTY.includes(at.at(-1)) ? [] : [at.join(".")];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    missingIn(one, [...at, Array.isArray(value) ? (one.binding ?? name) : name]),
  );
};
