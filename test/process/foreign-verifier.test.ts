/**
 * The record as somebody sees it who knows the specifications and nothing else: verified over HTTP by another language's
 * standard library, and witnessed by a witness that answers to the letter.
 */
import { spawn, spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parseCheckpoint } from "../../src/core/log/checkpoint.ts";
import { parseVkey } from "../../src/core/log/note.ts";
import { decodeBundle, tileIn, tilePath } from "../../src/core/log/tile.ts";
import { witnessedPath } from "../../src/core/log/witness.ts";
import { TestWitness } from "../support/test-witness.ts";
// @ts-expect-error plain JavaScript, shared with the benches
import { startScratch } from "../../scripts/scratch-system.mjs";

interface Scratch {
  readonly url: string;
  stop(): Promise<void>;
}

const PROGRAM = join(import.meta.dirname, "../support/foreign_verifier.py");
const hasPython = spawnSync("python3", ["--version"]).status === 0;
let system: Scratch;
let server: Server;
let witness: TestWitness;
let folder: string;
const statuses: number[] = [];

const read = async (path: string): Promise<string> =>
  (await fetch(`${system.url}/log/${path}`)).text();

/** What it prints; 0: verified. */
function verifier(
  ...args: string[]
): Promise<{ code: number | null; report: Record<string, unknown> }> {
  return new Promise((resolve) => {
    const child = spawn("python3", [PROGRAM, ...args]);
    let out = "";
    child.stdout.on("data", (text) => (out += text));
    child.on("close", (code) =>
      resolve({ code, report: JSON.parse(out) as Record<string, unknown> }),
    );
  });
}

async function keys(): Promise<string[]> {
  return (await read("keys")).trim().split("\n");
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "driftless-foreign-"));
  witness = await TestWitness.make("witness.example/w1");
  server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", async () => {
      const { method = "GET", url = "/" } = incoming;
      const body = method === "POST" ? { body: Buffer.concat(parts) } : {};
      const answer = await witness.answer(
        new Request(`http://witness.example${url}`, { method, ...body }),
      );
      statuses.push(answer.status);
      outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
      outgoing.end(await answer.text());
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const lines = `witness w1 ${witness.vkey} http://127.0.0.1:${port}\nquorum w1\n`;
  system = (await startScratch({ vaultVars: { LOG_WITNESSES: lines } })) as Scratch;
}, 120_000);

afterAll(async () => {
  await system?.stop();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

describe("the record, witnessed", () => {
  it("is not published while the witness does not know it, and is as soon as it does", async () => {
    await vi.waitFor(() => expect(statuses).toContain(404), 20_000);
    expect((await fetch(`${system.url}/log/checkpoint`)).status).toBe(404);
    witness.learn(
      (await keys()).flatMap((vkey) => {
        const key = parseVkey(vkey);
        return key.ok ? [key.value] : [];
      }),
    );
    // The start alone leaves more than ten entries; the first checkpoint may have fewer.
    await vi.waitFor(
      async () => {
        const signed = parseCheckpoint(await read("checkpoint"));
        expect(signed.ok && signed.value.checkpoint.size > 10).toBe(true);
      },
      { timeout: 60_000, interval: 200 },
    );
    expect(statuses.filter((status) => ![200, 404, 409].includes(status))).toEqual([]);
    expect(await read("checkpoint")).toContain("\u2014 witness.example/w1 ");
  });

  it.skipIf(!hasPython)(
    "verifies whole with the keys of log and witness, and with no other",
    async () => {
      const all = [...(await keys()), witness.vkey];
      const { code, report } = await verifier("log", `${system.url}/log`, ...all);
      expect(report).toMatchObject({ ok: true, origin: "driftless.example/record" });
      expect([code, Number(report["size"]) > 10, Number(report["gzip"]) > 0]).toEqual([
        0,
        true,
        true,
      ]);
      const other = await TestWitness.make("witness.example/w1");
      const strange = await verifier("log", `${system.url}/log`, ...all, other.vkey);
      expect(strange).toMatchObject({
        code: 1,
        report: { fault: expect.stringContaining("no line of the key") },
      });
    },
  );

  it.skipIf(!hasPython)("proves an entry offline, and no other bytes than its own", async () => {
    const signed = parseCheckpoint(await read("checkpoint"));
    const size = signed.ok ? signed.value.checkpoint.size : 0;
    const tile = tileIn(size, "entries", 0);
    const bytes = await (await fetch(`${system.url}/log/${tilePath(tile)}`)).arrayBuffer();
    const bundle = decodeBundle(new Uint8Array(bytes), tile.width);
    const entry = bundle.ok ? (bundle.value[7] ?? new Uint8Array()) : new Uint8Array();
    const [proof, leaf] = [join(folder, "7.tlog-proof"), join(folder, "7.json")];
    const text = await read("proof/7");
    const all = [...(await keys()), witness.vkey];
    await writeFile(leaf, entry);
    const told = async (changed: string) => {
      await writeFile(proof, changed);
      return (await verifier("proof", proof, leaf, ...all)).report;
    };
    expect(await told(text)).toMatchObject({ ok: true, index: 7 });
    expect(await told(text.replace("index 7", "index 8"))).toMatchObject({ ok: false });
    expect(await told(text.replace(/\n[0-9]+\n/, "\n9999\n"))).toMatchObject({ ok: false });
    const lines = text.trimEnd().split("\n");
    for (let line = 1; line <= 3; line += 1)
      expect(await told(`${lines.toSpliced(-line, 1).join("\n")}\n`)).toMatchObject({
        ok: false,
        fault: expect.stringContaining("no line of the key"),
      });
    await writeFile(leaf, entry.with(5, 1));
    expect(await told(text)).toMatchObject({ fault: "the entry is not in the tree" });
  });

  it("is known to who monitors the witness: the last head, with the lines of both", async () => {
    const answer = await witness.answer(
      new Request(`http://witness.example/${witnessedPath("driftless.example/record")}`),
    );
    expect(answer.status).toBe(200);
    const last = parseCheckpoint(await answer.text());
    expect(last.ok && last.value.note.signatures.map(({ name }) => name)).toEqual([
      "driftless.example/record",
      "driftless.example/record",
      "witness.example/w1",
    ]);
  });
});
