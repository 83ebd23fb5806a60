/** `npm run deploy` up to where an account is needed: both Workers are built as they would be deployed. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const deploy = (...args: string[]) =>
  spawnSync(process.execPath, ["scripts/deploy.mjs", ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, CLOUDFLARE_API_TOKEN: "", CLOUDFLARE_ACCOUNT_ID: "" },
    timeout: 110_000,
  });

it("builds both Workers without an account, with Workers AI in the swarm's", () => {
  const { status, stdout, stderr } = deploy("--dry-run");
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/env\.AI\s+AI/);
  expect(stdout).toMatch(/env\.VAULT \(driftless-vault#VaultRpc\)/);
  expect(stdout).not.toMatch(/driftless-sandbox|sandbox-vault-write|sandbox-swarm-read/);
  expect(stdout).toContain(
    "driftless -- record lock --bucket driftless-record --shards 1 --account",
  );
  expect(stdout).toContain("still to be said in production.toml: vault.vars.LOG_ORIGIN");
});

it("deploys nothing while something is missing, and says what", () => {
  const { status, stdout, stderr } = deploy();
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toContain("production.toml has nothing in `vault.vars.LOG_ORIGIN`");
  expect(deploy("--dry").status).toBe(2);
});
