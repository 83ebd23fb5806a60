/** `driftless verify` on a folder: any byte of any file that is changed is noticed, and the file is named. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../cli/main.ts";
import { checkpointText } from "../src/core/log/checkpoint.ts";
import { isInstant, mint } from "../src/core/ids.ts";
import type { Entry } from "../src/core/log/entry.ts";
import { encodeLeaf } from "../src/core/log/leaf.ts";
import { formatNote, NOTE_TYPES, noteKey, vkeyOf } from "../src/core/log/note.ts";
import { newSeeds } from "../src/edge/signing/key-pair.ts";
import { type LogSigner, openLogSigner } from "../src/edge/signing/log-signer.ts";
import { naiveRoot, naiveTiles } from "./core/log/naive-tree.ts";

const ORIGIN = "example.com/log";
const SIZE = 530;
const AT = mint(isInstant, "2026-03-01T12:00:00.000Z");
const scratch = mkdtempSync(path.join(tmpdir(), "driftless-verify-"));
let signer: LogSigner;
let leaves: readonly Uint8Array[];

function leaf(index: number, of: Partial<Entry>): Uint8Array {
  const entry: Entry = {
    id: `e/${index}`,
    type: "signal",
    scope: "zone:example.com",
    at: AT,
    actor: "reconciler",
    data: {},
    ...of,
  };
  const timeMs = Date.parse(AT);
  const text = encodeLeaf({
    entry,
    source: "vault",
    origin: ORIGIN,
    index,
    recordedAt: AT,
    recordedMs: timeMs,
    timeMs,
    attached: {},
  });
  if (!text.ok) throw new Error(text.error);
  return new TextEncoder().encode(text.value);
}

async function checkpointOf(of: readonly Uint8Array[], by = [signer]): Promise<string> {
  const checkpoint = { origin: ORIGIN, size: of.length, root: new Uint8Array(naiveRoot(of)) };
  const lines = await Promise.all(by.map((one) => one.sign(checkpoint, 1_772_000_000)));
  return formatNote({ text: checkpointText(checkpoint), signatures: lines.flat() });
}

function put(folder: string, name: string, bytes: Uint8Array | string): void {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), bytes);
}

async function build(name: string, of = leaves): Promise<string> {
  const folder = path.join(scratch, name);
  for (const [file, bytes] of naiveTiles(of)) put(folder, file, bytes);
  for (const [file, bytes] of naiveTiles(of.slice(0, 300))) put(folder, file, bytes);
  put(folder, "checkpoint", await checkpointOf(of));
  put(folder, "keys", `${signer.keys.map(vkeyOf).join("\n")}\n`);
  const attachment = '{"media_type":"text/plain","salt":"00","text":"x"}';
  const digest = createHash("sha256").update(attachment).digest("hex");
  put(folder, `evidence/${digest}.json`, attachment);
  return folder;
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => path.relative(folder, path.join(one.parentPath, one.name)));

async function run(...args: string[]) {
  let out = "";
  let warned = "";
  const code = await main(args, {
    print: (text) => (out += text),
    warn: (text) => (warned += text),
    env: {},
  });
  return { code, out, warned };
}

interface ReportJson {
  readonly ok: boolean;
  readonly size: number;
  readonly problems: readonly { readonly file: string; readonly problem: string }[];
  readonly doesNotProve: readonly string[];
}

async function verify(folder: string, ...args: string[]): Promise<ReportJson & { code: number }> {
  const { code, out, warned } = await run("verify", folder, "--json", ...args);
  expect(warned).toBe("");
  return { ...(JSON.parse(out) as ReportJson), code };
}

let whole: string;

beforeAll(async () => {
  signer = await openLogSigner(ORIGIN, newSeeds());
  const data = { generation: 1, vkeys: signer.keys.map(vkeyOf) };
  leaves = Array.from({ length: SIZE }, (_, index) =>
    leaf(index, index === 0 ? { type: "key_introduced", data } : {}),
  );
  whole = await build("whole");
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it("what a terminal would obey is printed as its escape", () => {
  const strange = "\u001B[2K\u009b31m x\u202Eseya\u2066\u{E0041}\u2028\r\nfine\t.";
  const cli = path.join(import.meta.dirname, "..", "cli", "driftless.mjs");
  for (const args of [[strange], ["verify", strange], ["verify", strange, "--json"]]) {
    const { stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: "utf8" });
    expect(stdout + stderr).not.toMatch(/[^\P{C}\n\t]|\u2028/u);
    expect(stdout + stderr).toContain(String.raw`\u001b[2K\u009b31m x\u202eseya\u2066\udb40\udc41`);
  }
});

describe("driftless verify", () => {
  it("passes a whole log, and says what that does not prove", async () => {
    const report = await verify(whole);
    expect(report).toMatchObject({ ok: true, code: 0, size: SIZE, problems: [] });
    expect(report.doesNotProve.join(" ")).toMatch(
      /true.*everything.*own clock.*--trust.*witness.*--seen/,
    );
    expect((await run("verify", whole)).out).toMatch(/Verified\. This does not prove:/);
  });

  it("names the file, whichever byte of whichever file is changed", async () => {
    const files = filesOf(whole);
    expect(files.length).toBeGreaterThan(10);
    const change = fc.constantFrom(...files).chain((file) =>
      fc.record({
        file: fc.constant(file),
        at: fc.nat(readFileSync(path.join(whole, file)).length - 1),
        bits: fc.integer({ min: 1, max: 255 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(change, async ({ file, at, bits }) => {
        const bytes = readFileSync(path.join(whole, file));
        const changed = Uint8Array.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ bits;
        try {
          writeFileSync(path.join(whole, file), changed);
          const { code, problems } = await verify(whole);
          expect(code, `${file}, byte ${at}`).toBe(1);
          const named = problems.map((one) => one.file);
          // Changed keys and a changed checkpoint contradict each other, and nothing else can decide.
          const pair = ["keys", "checkpoint"];
          if (pair.includes(file)) expect(pair).toContain(named[0]);
          else expect(new Set(named), `byte ${at}`).toEqual(new Set([file]));
        } finally {
          writeFileSync(path.join(whole, file), bytes);
        }
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it("names a file that is gone, cut short or longer", async () => {
    // Attachments may be erased, and partial tiles of earlier sizes may be cleaned away.
    const mayGo = /^evidence|\.p\/44$|^tile\/1\/000\.p\/1$/;
    const files = filesOf(whole).filter((file) => !mayGo.test(file));
    for (const [at, file] of files.entries()) {
      const folder = path.join(scratch, `gone-${at}`);
      cpSync(whole, folder, { recursive: true });
      const bytes = readFileSync(path.join(whole, file));
      for (const other of [null, bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.of(0)])]) {
        if (other === null) rmSync(path.join(folder, file));
        else writeFileSync(path.join(folder, file), other);
        const { code, problems } = await verify(folder);
        expect(code).toBe(1);
        expect(problems.map((one) => one.file)).toContain(file);
      }
    }
  }, 120_000);

  it("notices a head that was signed by somebody else, by half, or over another history", async () => {
    const folder = await build("others");
    const other = await openLogSigner(ORIGIN, newSeeds());
    const text = await checkpointOf(leaves);
    const [body = "", lines = ""] = text.split("\n\n");
    const [first, second] = lines.split("\n");
    for (const note of [
      await checkpointOf(leaves, [other]),
      `${body}\n\n${first}\n`,
      `${body}\n\n${second}\n`,
      await checkpointOf(leaves, [signer, other]),
      await checkpointOf(leaves.toSpliced(3, 1)),
    ]) {
      put(folder, "checkpoint", note);
      expect(await verify(folder)).toMatchObject({ ok: false, code: 1 });
    }
  });

  it("wants the signature of every key that the log says is in force", async () => {
    const second = await openLogSigner(ORIGIN, newSeeds());
    const data = { generation: 2, vkeys: second.keys.map(vkeyOf) };
    const during = [...leaves, leaf(SIZE, { type: "key_introduced", data })];
    const keys = `${[...signer.keys, ...second.keys].map(vkeyOf).join("\n")}\n`;
    const folder = await build("rotation", during);
    put(folder, "keys", keys);
    expect((await verify(folder)).problems[0]?.problem).toMatch(/lacks the line of key/);
    put(folder, "checkpoint", await checkpointOf(during, [signer, second]));
    expect(await verify(folder)).toMatchObject({ ok: true });
    // Who knows the old keys only still verifies during the overlap.
    put(folder, "keys.trust", `log ${signer.keys.map(vkeyOf).join("\nlog ")}\nquorum none\n`);
    expect(await verify(folder, "--trust", path.join(folder, "keys.trust"))).toMatchObject({
      ok: true,
    });
    const after = [...during, leaf(SIZE + 1, { type: "key_retired", data: { generation: 1 } })];
    const done = await build("rotated", after);
    put(done, "keys", keys);
    put(done, "checkpoint", await checkpointOf(after, [second]));
    expect(await verify(done)).toMatchObject({ ok: true });
  });

  it("notices a log that does not continue what was seen before", async () => {
    const seen = path.join(scratch, "seen");
    for (const [of, ok] of [
      [leaves.slice(0, 300), true],
      [leaves, true],
      [leaves.slice(0, 300).toSpliced(2, 1, leaf(2, { actor: "vault" })), false],
      [[...leaves, leaf(SIZE, {})], false],
    ] as const) {
      writeFileSync(seen, await checkpointOf(of));
      expect(await verify(whole, "--seen", seen)).toMatchObject({ ok });
    }
  });

  it("wants the quorum of a trust file", async () => {
    const trust = path.join(scratch, "trust");
    const log = `log ${signer.keys.map(vkeyOf).join("\nlog ")}\n`;
    writeFileSync(trust, `${log}quorum none\n`);
    expect(await verify(whole, "--trust", trust)).toMatchObject({ ok: true });
    const witness = noteKey("w.example", NOTE_TYPES.cosignature, new Uint8Array(32).fill(9));
    writeFileSync(trust, `${log}witness w ${vkeyOf(witness)}\nquorum w\n`);
    expect((await verify(whole, "--trust", trust)).problems).toEqual([
      { file: "checkpoint", problem: "is not signed by the quorum of the trust file" },
    ]);
  });

  it("refuses entries that lack what PCI DSS 10.2.2 asks, unless the log is foreign", async () => {
    const bare = [...leaves.slice(0, 5), Buffer.from('{"hello":"world"}')];
    const folder = await build("foreign", bare);
    expect((await verify(folder)).problems[0]?.file).toBe("tile/entries/000.p/6");
    expect(await verify(folder, "--foreign")).toMatchObject({ ok: true });
  });

  it("has help, and tells wrong usage by its exit code", async () => {
    expect((await run("verify", "--help")).out).toMatch(/^Usage: driftless verify/);
    expect((await run()).out).toMatch(/^Usage: driftless/);
    expect((await run("verify")).code).toBe(2);
    expect((await run("verify", whole, "--nonsense")).code).toBe(2);
    expect((await run("nonsense")).code).toBe(2);
    expect((await run("verify", path.join(scratch, "nowhere"))).code).toBe(1);
  });
});
