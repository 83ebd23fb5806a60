/** The whole system with its record in four shards: it heals, streams, proves and exports as with one log. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { main } from "../../cli/main.ts";
import { parseCheckpoint } from "../../src/core/log/checkpoint.ts";
import { isIncluded, leafHash } from "../../src/core/log/merkle.ts";
import { parseProof } from "../../src/core/log/tlog-proof.ts";
// @ts-expect-error plain JavaScript, shared with the benches
import { startScratch } from "../../scripts/scratch-system.mjs";

interface Scratch {
  readonly url: string;
  readonly sandboxUrl: string;
  stop(): Promise<void>;
}

const ZONE = "3c2e8f1a9b7d4e60a5c4f3b2d1e0a987";
let system: Scratch;
let folder: string;

const asked = async (url: string, token: string, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${token}`);
  return fetch(url, { ...init, headers });
};

async function run(...args: string[]) {
  let [out, warned] = ["", ""];
  const token = args[1] === "verify" ? [] : ["--token", "dev-viewer"];
  const code = await main([...args, ...token], {
    print: (text) => (out += text),
    warn: (text) => (warned += text),
    env: {},
  });
  return { code, out, warned };
}

interface Entry {
  readonly id: string;
  readonly type: string;
  readonly index: number;
  readonly shard?: number;
}

async function entries(): Promise<Entry[]> {
  const all: Entry[] = [];
  let after = "-1";
  for (;;) {
    const page = await asked(`${system.url}/api/v1/events?after=${after}&limit=100`, "dev-viewer", {
      headers: { accept: "application/json" },
    });
    const { items, next } = (await page.json()) as { items: Entry[]; next: string };
    if (items.length === 0) return all;
    all.push(...items);
    after = next;
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "driftless-shards-"));
  system = (await startScratch({ vaultVars: { LOG_SHARDS: "4" } })) as Scratch;
  const records = `${system.sandboxUrl}/client/v4/zones/${ZONE}/dns_records`;
  const list = await asked(
    `${records}?name=bastion.harbor-books.example&type=A`,
    "sandbox-dashboard",
  );
  const { result } = (await list.json()) as { result: { id: string; content: string }[] };
  const path = `${records}/${result[0]?.id}`;
  const body = JSON.stringify({ content: "192.0.2.250" });
  await asked(path, "sandbox-dashboard", { method: "PATCH", body });
  await vi.waitFor(
    async () => {
      const now = (await (await asked(path, "sandbox-dashboard")).json()) as {
        result: { content: string };
      };
      expect(now.result.content).toBe(result[0]?.content);
    },
    { timeout: 60_000, interval: 200 },
  );
}, 180_000);
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("a record in shards", () => {
  it("is one stream of entries, whose positions go on where they ended", async () => {
    const all = await entries();
    expect(new Set(all.map(({ shard = 0 }) => shard)).size).toBeGreaterThan(1);
    expect(all.filter(({ type }) => type === "shards")).toHaveLength(1);
    const names = all.map(({ id, type }) => (type.startsWith("key_") ? Math.random() : id));
    expect(new Set(names).size).toBe(all.length);
    for (const shard of [0, 1, 2, 3]) {
      const indices = all.filter((entry) => (entry.shard ?? 0) === shard).map(({ index }) => index);
      expect(indices).toEqual(indices.map((_, index) => index));
    }
  });

  it("proves an entry in its shard, and that in the root log, to whoever asks", async () => {
    const entry = (await entries()).find(
      ({ shard, type }) => shard !== undefined && type === "plan",
    );
    const [shard, index] = [entry?.shard ?? 0, entry?.index ?? 0];
    const response = await fetch(`${system.url}/log/shard/${shard}/anchored/${index}`);
    const proofs = (await response.json()) as { entry: string; checkpoint: string };
    const [below, above] = [parseProof(proofs.entry), parseProof(proofs.checkpoint)];
    if (!below.ok || !above.ok) throw new Error("no proof");
    const root = parseCheckpoint(above.value.checkpoint);
    if (!root.ok) throw new Error("no checkpoint");
    expect(root.value.checkpoint.origin).toMatch(/\/root$/);
    const leaf = leafHash(new TextEncoder().encode(below.value.checkpoint));
    expect(isIncluded({ ...root.value.checkpoint, ...above.value, leaf })).toBe(true);
    expect((await fetch(`${system.url}/log/shard/4/checkpoint`)).status).toBe(404);
    expect((await fetch(`${system.url}/log/shard/x/keys`)).status).toBe(404);
  });

  it("verifies whole from outside, every log of it", async () => {
    await vi.waitFor(
      async () => {
        const { code, out, warned } = await run("verify", `${system.url}/log`, "--json");
        expect(warned).toBe("");
        const report = JSON.parse(out) as { problems: unknown[]; logs: { origin: string }[] };
        expect(report.problems).toEqual([]);
        expect(report.logs.map(({ origin }) => origin)).toContain("driftless.example/record/root");
        expect(code).toBe(0);
      },
      { timeout: 30_000, interval: 500 },
    );
  });

  it("is exported as evidence: every sampled entry with its proof in the shard, and that in the root log", async () => {
    const out = join(folder, "evidence");
    const to = new Date(Date.now() + 60_000).toISOString();
    const where = ["--api", system.url, "--out", out];
    const told = await run("evidence", "export", "--from", "2026-01-01", "--to", to, ...where);
    expect(told).toMatchObject({ code: 0, warned: "" });
    const files = await readdir(join(out, "proofs"));
    expect(files.some((name) => name.startsWith("root-"))).toBe(true);
    const population = JSON.parse(await readFile(join(out, "population.json"), "utf8")) as {
      origin: string;
      changes: { entries: string[] }[];
    };
    expect(population.origin).toBe("driftless.example/record/root");
    for (const { entries: places } of population.changes)
      for (const place of places) expect(files).toContain(`${place}.tlog-proof`);
  });

  it("is exported in files that verify offline, and a changed byte of any of them is named", async () => {
    const out = join(folder, "evidence");
    const whole = await run("evidence", "verify", out, "--json");
    const report = JSON.parse(whole.out) as { seals: Record<string, number>; problems: unknown[] };
    expect(report.problems).toEqual([]);
    expect(whole.code).toBe(0);
    expect(report.seals).toMatchObject({ plans: 1, ballots: expect.any(Number) });
    const listed = await readdir(out, { recursive: true, withFileTypes: true });
    const files = listed.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
    for (const file of files) {
      const bytes = await readFile(file);
      const at = Math.floor(Math.random() * bytes.length);
      await writeFile(file, bytes.with(at, (bytes[at] ?? 0) ^ 1));
      const { code, out: told } = await run("evidence", "verify", out, "--json");
      await writeFile(file, bytes);
      const { problems } = JSON.parse(told) as { problems: { file: string }[] };
      const name = relative(out, file);
      expect([code, problems.map((one) => one.file)], `${name} at ${at}`).toEqual([
        1,
        expect.arrayContaining([name]),
      ]);
    }
  }, 120_000);
});
