/** A log in a Durable Object's real storage, with every write to the outside counted, and spoilt on demand. */
import { env, runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";
import { Log, type LogInput } from "../../durable-objects/log.ts";
import { parseCheckpoint } from "../../src/core/log/checkpoint.ts";
import type { Entry } from "../../src/core/log/entry.ts";
import { decodeBundle } from "../../src/core/log/tile.ts";
import { isInstant, mint } from "../../src/core/ids.ts";
import { verifiedKeys } from "../../src/edge/signing/log-signer.ts";
import { naiveRoot, naiveTiles } from "../core/log/naive-tree.ts";

export const NOW = Date.parse("2026-03-01T12:00:00.000Z");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

let made = 0;
export const entry = (id: string): Entry => ({
  id,
  type: "signal",
  scope: "zone:example.com",
  at: mint(isInstant, "2026-03-01T12:00:00.000Z"),
  actor: "reconciler",
  data: { source: "cron" },
});
export const entries = (count: number, from = 0): Entry[] =>
  Array.from({ length: count }, (_, at) => entry(`e/${from + at}`));

type Fault = "fails" | "fails but is applied";

/** Counts the writes to the outside, and spoils one of them. */
class Outside {
  writes = 0;
  at = 0;
  fault: Fault = "fails";

  async write<T>(work: () => Promise<T>): Promise<T> {
    this.writes += 1;
    const isHit = this.writes === this.at;
    if (isHit && this.fault === "fails") throw new Error("injected");
    const done = await work();
    if (isHit) throw new Error("injected");
    return done;
  }

  writeNow<T>(work: () => T): T {
    this.writes += 1;
    const isHit = this.writes === this.at;
    if (isHit && this.fault === "fails") throw new Error("injected");
    const done = work();
    if (isHit) throw new Error("injected");
    return done;
  }
}

export interface World {
  readonly outside: Outside;
  readonly prefix: string;
  nowMs: number;
  /** Paths and what they held when they were first seen: to notice the second history. */
  readonly seen: Map<string, string>;
  witnesses: string;
  fetch: (request: Request) => Promise<Response>;
  open(): Promise<Log>;
}

/** A log of its own in a Durable Object's real storage, with R2 and SQLite behind the faults. */
export async function inLog(work: (world: World) => Promise<void>): Promise<void> {
  made += 1;
  const prefix = `log-${made}/`;
  const object = `log ${made}`;
  await runInDurableObject(env.GOVERNOR.getByName(object), async (_, state) => {
    const outside = new Outside();
    const storage = new Proxy(state.storage, {
      get(target, name) {
        if (name === "transactionSync")
          return <T>(body: () => T) => outside.writeNow(() => target.transactionSync(body));
        if (name === "sync") return () => outside.write(() => target.sync());
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    const bucket = new Proxy(env.EVIDENCE, {
      get(target, name) {
        if (name === "put")
          return (...of: Parameters<R2Bucket["put"]>) => outside.write(() => target.put(...of));
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    const world: World = {
      outside,
      prefix,
      nowMs: NOW,
      seen: new Map(),
      witnesses: "",
      fetch: () => Promise.reject(new Error("nobody is there")),
      open: () =>
        Log.open({
          storage,
          bucket,
          origin: "example.com/log",
          prefix,
          nowMs: () => (world.nowMs += 10),
          sleep: async (ms) => void (world.nowMs += ms),
          witnesses: world.witnesses,
          fetch: (request) => world.fetch(request),
        } satisfies LogInput),
    };
    await work(world);
  });
}

export async function objects(prefix: string): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  let cursor: string | undefined;
  do {
    const page = await env.EVIDENCE.list({ prefix, ...(cursor ? { cursor } : {}) });
    for (const { key } of page.objects) {
      const object = await env.EVIDENCE.get(key);
      if (object) found.set(key.slice(prefix.length), await object.bytes());
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor);
  return found;
}

/** Everything that readers can see, against the naive implementation. Returns the published leaves. */
export async function checkPublished(world: World, log: Log): Promise<readonly Uint8Array[]> {
  const found = await objects(world.prefix);
  for (const [path, bytes] of found) {
    if (!path.startsWith("tile/")) continue;
    expect(world.seen.get(path) ?? hex(bytes), `${path} changed`).toBe(hex(bytes));
    world.seen.set(path, hex(bytes));
  }
  const text = new TextDecoder().decode(found.get("checkpoint"));
  const signed = parseCheckpoint(text);
  if (!signed.ok) throw new Error(signed.error);
  const keys = await verifiedKeys(signed.value, log.keys());
  if (!keys.ok) throw new Error(keys.error);
  expect(new Set(keys.value.map(({ key }) => key.type))).toEqual(new Set([1, 6]));
  const { size, root } = signed.value.checkpoint;
  const leaves: Uint8Array[] = [];
  for (let at = 0; at * 256 < size; at += 1) {
    const width = Math.min(256, size - at * 256);
    const path = `tile/entries/${String(at).padStart(3, "0")}${width < 256 ? `.p/${width}` : ""}`;
    const bundle = decodeBundle(found.get(path) ?? new Uint8Array(), width);
    if (!bundle.ok) throw new Error(`${path} ${bundle.error}`);
    leaves.push(...bundle.value);
  }
  expect(hex(root)).toBe(hex(naiveRoot(leaves)));
  for (const [path, bytes] of naiveTiles(leaves))
    expect(hex(found.get(path) ?? new Uint8Array()), path).toBe(hex(bytes));
  return leaves;
}

export const idsOf = (leaves: readonly Uint8Array[]): string[] =>
  leaves.map((leaf) => (JSON.parse(new TextDecoder().decode(leaf)) as { id: string }).id);
