/** What `npm run deploy` makes of the wrangler files, which start on any machine, and of `production.toml`. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { experimental_readRawConfig as readRaw } from "wrangler";
// @ts-expect-error plain JavaScript, shared with `npm run deploy`
import { DEPLOYED, deploymentOf } from "../scripts/deployment.mjs";

const root = path.resolve(import.meta.dirname, "..");
type Table = Readonly<Record<string, unknown>>;
interface Deployed {
  readonly config: Table & {
    readonly vars: Readonly<Record<string, string>>;
    readonly services: readonly { readonly service: string }[];
  };
  readonly secrets: readonly string[];
  readonly missing: readonly string[];
}

const rawOf = (file: string): Table => ({
  ...readRaw({ config: path.join(root, file) }).rawConfig,
});
const production = rawOf("production.toml");
const raws = (DEPLOYED as { role: string; file: string }[]).map(({ role, file }) => ({
  role,
  file,
  raw: rawOf(file),
}));
const names = raws.map(({ raw }) => raw["name"]);

function deployed(role: string, more: Table = {}): Deployed {
  const one = raws.find((each) => each.role === role);
  const over = { ...(production[role] as Table), ...more };
  const input = { raw: one?.raw, over, file: path.join(root, one?.file ?? ""), names };
  return deploymentOf(input) as Deployed;
}

describe("a deployment", () => {
  it("has Workers AI, which no configuration of this machine has", () => {
    expect(deployed("swarm").config["ai"]).toEqual({ binding: "AI" });
    for (const file of ["wrangler.toml", "wrangler.vault.toml", "sandbox/wrangler.toml"])
      expect(rawOf(file)["ai"], file).toBeUndefined();
    expect(deployed("vault").config["ai"]).toBeUndefined();
  });

  it.each(["swarm", "vault"])("is the wrangler file of the %s but for what is said", (role) => {
    const raw = raws.find((each) => each.role === role)?.raw ?? {};
    const { config } = deployed(role);
    const changed = ["vars", "services", "main", "ai", "kv_namespaces", "d1_databases"];
    for (const [name, value] of Object.entries(raw))
      if (!changed.includes(name)) expect(config[name], name).toEqual(value);
    for (const binding of ["kv_namespaces", "d1_databases", "r2_buckets"])
      expect((config[binding] as unknown[] | undefined)?.length).toBe(
        (raw[binding] as unknown[] | undefined)?.length,
      );
    expect(config["main"]).toBe(path.join(root, String(raw["main"])));
  });

  it.each(["swarm", "vault"])(
    "of the %s knows nothing of the sandbox, and has no secret",
    (role) => {
      const { config, secrets } = deployed(role);
      expect(config.services.map(({ service }) => service)).not.toContain("driftless-sandbox");
      expect(config.vars["CF_API_BASE"]).toBe("https://api.cloudflare.com/client/v4");
      expect(JSON.stringify(config)).not.toMatch(/sandbox-|SANDBOX[A-Z]+\d|127\.0\.0\.1/);
      expect(secrets).toContain("CF_API_TOKEN");
      for (const name of secrets) expect(config.vars).not.toHaveProperty(name);
    },
  );

  it("is asked for what is needed and not said, by its place", () => {
    expect(deployed("swarm").missing).toEqual([
      "kv_namespaces.BLACKBOARD.id",
      "d1_databases.DB.database_id",
    ]);
    expect(deployed("vault").missing).toContain("vars.LOG_ORIGIN");
    const said = deployed("swarm", {
      kv_namespaces: [{ binding: "BLACKBOARD", id: "k1" }],
      d1_databases: [{ binding: "DB", database_id: "d1" }],
    });
    expect(said.missing).toEqual([]);
    expect(said.config["d1_databases"]).toMatchObject([
      { binding: "DB", database_name: "driftless", database_id: "d1" },
    ]);
  });
});
