/** The whole system with a mint token: what is written is written with a token made for it, and none is left. */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
// @ts-expect-error plain JavaScript, shared with the benches
import { startScratch } from "../../scripts/scratch-system.mjs";

interface Scratch {
  readonly url: string;
  readonly sandboxUrl: string;
  stop(): Promise<void>;
}

const ZONE = "3c2e8f1a9b7d4e60a5c4f3b2d1e0a987";
const ACCOUNT = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
const SCOPE = "zone:harbor-books.example";
let system: Scratch;

const json = async <T>(url: string, token: string, init: RequestInit = {}): Promise<T> => {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(url, { ...init, headers });
  expect(response.ok, `${url}: ${response.status}`).toBe(true);
  return (await response.json()) as T;
};
const cloudflare = async <T>(path: string, init?: RequestInit): Promise<T> =>
  (await json<{ result: T }>(`${system.sandboxUrl}/client/v4${path}`, "sandbox-dashboard", init))
    .result;

beforeAll(async () => {
  system = (await startScratch({
    vaultVars: { CF_MINT_TOKEN: "sandbox-vault-mint", VAULT_SEAL_KEY: "5a".repeat(32) },
  })) as Scratch;
});
afterAll(() => system?.stop());

it("heals with a token of the plan's own, knows it as its own, and leaves none behind", async () => {
  const [found] = await cloudflare<{ id: string; content: string }[]>(
    `/zones/${ZONE}/dns_records?name=bastion.harbor-books.example&type=A`,
  );
  const path = `/zones/${ZONE}/dns_records/${found?.id}`;
  await cloudflare(path, { method: "PATCH", body: JSON.stringify({ content: "192.0.2.250" }) });
  await vi.waitFor(
    async () => expect((await cloudflare<{ content: string }>(path)).content).toBe(found?.content),
    { timeout: 30_000, interval: 100 },
  );
  const { entries } = await json<{
    entries: { token_name: string; path: string; applied: boolean }[];
  }>(`${system.sandboxUrl}/sandbox/journal?writes=true&limit=5000`, "none");
  const writes = entries
    .filter((entry) => entry.applied && entry.path === path)
    .map((entry) => entry.token_name);
  expect(writes).toEqual([
    "dashboard",
    expect.stringMatching(/^driftless-vault-write [0-9a-f]{24} /),
  ]);
  await vi.waitFor(
    async () => {
      const tokens = await cloudflare<{ name: string }[]>(`/accounts/${ACCOUNT}/tokens`);
      expect(tokens.filter(({ name }) => name.startsWith("driftless"))).toEqual([]);
    },
    { timeout: 20_000, interval: 200 },
  );
  const drift = `${system.url}/api/v1/scopes/${SCOPE}/drift`;
  await vi.waitFor(
    async () =>
      expect((await json<{ status: string }>(drift, "dev-viewer")).status).toBe("in_sync"),
    { timeout: 20_000, interval: 200 },
  );
  // One heal: its own write, seen in the audit log, led to no second run.
  const runs = await json<{ items: unknown[] }>(
    `${system.url}/api/v1/runs?scope=${SCOPE}`,
    "dev-viewer",
  );
  expect(runs.items).toHaveLength(1);
});

it("says that the swarm's own token only reads", async () => {
  const health = await json<{ swarm_token: string }>(`${system.url}/healthz`, "none");
  expect(health.swarm_token).toBe("read_only");
});
