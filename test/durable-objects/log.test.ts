/**
 * The log at every touch of the outside: each write fails, or fails after it was applied; then everything in memory is
 * gone and it starts again. Nothing that was acknowledged is lost, no index ever names another entry, no path ever has
 * other bytes. What is published is checked with a second, naive implementation.
 */
import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { Log } from "../../durable-objects/log.ts";
import { parseCheckpoint } from "../../src/core/log/checkpoint.ts";
import type { Entry } from "../../src/core/log/entry.ts";
import { KEY_LIFE_MS, KEY_OVERLAP_MS } from "../../src/core/log/key-plan.ts";
import { leafHash } from "../../src/core/log/merkle.ts";
import { isIncluded } from "../../src/core/log/merkle.ts";
import { parseProof } from "../../src/core/log/tlog-proof.ts";
import { verifiedKeys } from "../../src/edge/signing/log-signer.ts";
import { TestWitness } from "../support/test-witness.ts";

import { checkPublished, entries, entry, idsOf, inLog, objects, type World } from "./log-world.ts";

describe("the log", () => {
  it("answers twice: durable at once, published after its round", async () => {
    await inLog(async (world) => {
      const log = await world.open();
      const first = await log.append(entries(3), "swarm");
      expect(await log.proofOf(first.last)).toBeNull();
      await log.publish();
      const proof = parseProof((await log.proofOf(first.last)) ?? "");
      const leaves = await checkPublished(world, log);
      const signed = proof.ok ? parseCheckpoint(proof.value.checkpoint) : proof;
      if (!proof.ok || !signed.ok) throw new Error("no proof");
      const { size, root } = signed.value.checkpoint;
      const leaf = leafHash(leaves[first.last] ?? new Uint8Array());
      expect(isIncluded({ leaf, index: first.last, size, path: proof.value.path, root })).toBe(
        true,
      );
    });
  });

  it("gives the same fact its first index again, and tells the Workers apart", async () => {
    await inLog(async (world) => {
      const log = await world.open();
      const first = await log.append(entries(2), "swarm");
      expect((await log.append(entries(3), "swarm")).indices.slice(0, 2)).toEqual(first.indices);
      expect((await log.append(entries(1), "vault")).indices).not.toContain(first.indices[0]);
      const twice = await log.append([entry("twice"), entry("twice")], "swarm");
      expect(twice.indices[0]).toBe(twice.indices[1]);
    });
  });

  it("grows over the ends of tiles, restarted after every round", async () => {
    await inLog(async (world) => {
      let log = await world.open();
      let count = 0;
      for (const size of [1, 200, 54, 1, 1, 255, 300]) {
        await log.append(entries(size, count), "swarm");
        count += size;
        await log.publish();
        log = await world.open();
        expect(await checkPublished(world, log)).toHaveLength(count + 1);
      }
      const read = await log.read(-1, 500);
      expect(read).toHaveLength(500);
      expect(read.map(({ index }) => index)).toEqual(read.map((_, index) => index));
    });
  });

  it("refuses what is not an entry, whole batches at a time", async () => {
    await inLog(async (world) => {
      const log = await world.open();
      const before = log.journal.size;
      const bad: Partial<Entry>[] = [
        { type: "nonsense" as Entry["type"] },
        { actor: "" },
        { scope: "" },
        { at: "yesterday" as Entry["at"] },
        { data: { size: 0.5 } },
        { data: { text: "x".repeat(65_536) } },
      ];
      for (const flaw of bad)
        await expect(
          log.append([entry("fine"), { ...entry("bad"), ...flaw }], "swarm"),
        ).rejects.toThrow(/entry `bad`/);
      expect(log.journal.size).toBe(before);
    });
  });

  it("keeps attachments beside itself, by digest, and stays whole when one is erased", async () => {
    await inLog(async (world) => {
      const log = await world.open();
      const attached = {
        people: {
          keep: "personal",
          mediaType: "application/json",
          text: '{"by":"kim@example.com"}',
        },
        plan: {
          keep: "evidence",
          mediaType: "application/vnd.driftless.plan.v1+json",
          text: "{}",
          sealed: true,
        },
      } as const;
      const { last } = await log.append([{ ...entry("with"), attached }], "swarm");
      await log.publish();
      const [read] = await log.read(last - 1, 1);
      const { people, plan } = read?.attached ?? {};
      const stored = await objects(world.prefix);
      const name = `personal/${people?.digest.slice(7)}.json`;
      expect(new TextDecoder().decode(stored.get(name))).toContain("kim@example.com");
      const sealed = stored.get(`evidence/${plan?.digest.slice(7)}.json`);
      expect(JSON.parse(new TextDecoder().decode(sealed))).toMatchObject({
        media_type: "application/vnd.dsse.envelope.v1+json",
      });
      const bundles = [...stored].filter(([path]) => path.startsWith("tile/entries"));
      for (const [, bytes] of bundles)
        expect(new TextDecoder().decode(bytes)).not.toContain("kim@");
      await log.store.erase(name);
      await checkPublished(world, await world.open());
    });
  });
});

describe("a fault at any write of an append and its publication", () => {
  it.each(["fails", "fails but is applied"] as const)(
    "when it %s, loses nothing and forks nothing",
    async (fault) => {
      let points = 0;
      for (let at = 1; points === at - 1; at += 1) {
        await inLog(async (world) => {
          let log = await world.open();
          await log.append(entries(250), "swarm");
          await log.publish();
          await checkPublished(world, log);
          const acknowledged = new Map<string, number>();
          world.outside.writes = 0;
          world.outside.at = at;
          world.outside.fault = fault;
          const batch = [
            ...entries(9, 1_000),
            {
              ...entry("kept"),
              attached: { note: { keep: "evidence", mediaType: "text/plain", text: "x" } },
            } as const,
          ];
          try {
            const { indices } = await log.append(batch, "swarm");
            for (const [place, { id }] of batch.entries())
              acknowledged.set(id, indices[place] ?? -1);
            await log.publish();
          } catch (thrown) {
            expect(String(thrown)).toContain("injected");
          }
          if (world.outside.writes >= at) points = at;
          world.outside.at = 0;
          // Everything in memory is gone; the caller asks again.
          log = await world.open();
          const again = await log.append(batch, "swarm");
          for (const [place, { id }] of batch.entries())
            expect(acknowledged.get(id) ?? again.indices[place], id).toBe(again.indices[place]);
          await log.publish();
          const ids = idsOf(await checkPublished(world, log));
          for (const [place, { id }] of batch.entries())
            expect(ids[again.indices[place] ?? -1]).toBe(`swarm/${id}`);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids).toHaveLength(261);
        });
      }
      // The attachment, the append, the commit and its sync, three tiles and two bundles, the checkpoint, its note and sync.
      expect(points).toBe(12);
    },
  );
});

describe("the start", () => {
  async function published(world: World): Promise<void> {
    const log = await world.open();
    await log.append(entries(20), "swarm");
    await log.publish();
  }

  it("refuses a log whose readers have seen more than it knows (I10)", async () => {
    await inLog(async (ahead) => {
      await published(ahead);
      const log = await ahead.open();
      await log.append(entries(5, 100), "swarm");
      await log.publish();
      await inLog(async (behind) => {
        await published(behind);
        const newer = await env.EVIDENCE.get(`${ahead.prefix}checkpoint`);
        await env.EVIDENCE.put(`${behind.prefix}checkpoint`, (await newer?.text()) ?? "");
        await expect(behind.open()).rejects.toThrow("26 entries are published, 21 were signed");
      });
    });
  });

  it.each(["checkpoint", "tile/0/000.p/21", "tile/entries/000.p/21"])(
    "refuses a log whose %s is gone or changed",
    async (path) => {
      await inLog(async (world) => {
        await published(world);
        const key = world.prefix + path;
        const text = new Uint8Array((await (await env.EVIDENCE.get(key))?.bytes()) ?? []);
        await env.EVIDENCE.put(key, text.with(text.length - 3, (text.at(-3) ?? 0) ^ 1));
        if (path !== "checkpoint") await expect(world.open()).rejects.toThrow(path);
        await env.EVIDENCE.delete(key);
        await expect(world.open()).rejects.toThrow(/gone|is not what was signed/);
        await env.EVIDENCE.put(key, text);
        await expect(world.open()).resolves.toBeInstanceOf(Log);
      });
    },
  );

  it("refuses to go on over an object that stands in its way", async () => {
    await inLog(async (world) => {
      const log = await world.open();
      await log.append(entries(20), "swarm");
      const key = `${world.prefix}tile/0/000.p/21`;
      await env.EVIDENCE.put(key, "somebody else's");
      await expect(log.publish()).rejects.toThrow("holds other bytes");
      await expect(world.open()).rejects.toThrow("holds other bytes");
      await env.EVIDENCE.delete(key);
      await checkPublished(world, await world.open());
    });
  });
});

describe("the keys", () => {
  it("are exchanged with an overlap, and old checkpoints and proofs stay verifiable", async () => {
    await inLog(async (world) => {
      let log = await world.open();
      const [before] = log.keys();
      await log.append(entries(3), "swarm");
      await log.publish();
      const old = (await log.store.checkpoint()) ?? "";
      const linesNow = async () => {
        await log.append([entry(`at ${world.nowMs}`)], "swarm");
        await log.publish();
        await checkPublished(world, log);
        const now = parseCheckpoint((await log.store.checkpoint()) ?? "");
        return now.ok ? now.value.note.signatures.map(({ keyId }) => keyId) : [];
      };
      world.nowMs += KEY_LIFE_MS;
      await log.stepKeys();
      expect(await linesNow()).toHaveLength(4);
      world.nowMs += KEY_OVERLAP_MS;
      log = await world.open();
      await log.stepKeys();
      const lines = await linesNow();
      expect(lines).toHaveLength(2);
      expect(lines).not.toContain(before?.id);
      expect(log.keys()).toHaveLength(4);
      const parsed = parseCheckpoint(old);
      if (!parsed.ok) throw new Error(parsed.error);
      expect(await verifiedKeys(parsed.value, log.keys())).toMatchObject({ ok: true });
      const told = (await log.read(-1, 500)).filter(({ type }) => type.startsWith("key_"));
      expect(told.map(({ type }) => type)).toEqual([
        "key_introduced",
        "key_introduced",
        "key_retired",
      ]);
    });
  });
});

describe("the witnesses", () => {
  const three = async () =>
    Promise.all(["a", "b", "c"].map((name) => TestWitness.make(`${name}.example`)));
  const linesOf = (witnesses: readonly TestWitness[], quorum: string): string =>
    [...witnesses.map((one) => `witness ${one.name} ${one.vkey} https://${one.name}`), quorum].join(
      "\n",
    );
  const namesOn = async (log: Log): Promise<Set<string>> => {
    const parsed = parseCheckpoint((await log.store.checkpoint()) ?? "");
    return new Set(parsed.ok ? parsed.value.note.signatures.map(({ name }) => name) : []);
  };

  it("sign what is published, as many as the quorum asks, from wherever each of them stands", async () => {
    await inLog(async (world) => {
      const witnesses = await three();
      world.witnesses = linesOf(witnesses, "group two 2 a.example b.example c.example\nquorum two");
      world.fetch = (request) => {
        const one = witnesses.find(({ name }) => name === new URL(request.url).hostname);
        return one?.answer(request) ?? Promise.reject(new Error("gone"));
      };
      const log = await world.open();
      for (const one of witnesses) one.learn(log.keys());
      await log.append(entries(10), "swarm");
      await log.publish();
      expect(await namesOn(log)).toEqual(
        new Set(["example.com/log", ...witnesses.map(({ name }) => name)]),
      );
      // One of them forgets, one is away: the other and the forgetful one are enough.
      witnesses[0]?.forget();
      witnesses.pop();
      await log.append(entries(300, 10), "swarm");
      await log.publish();
      expect(await namesOn(log)).toEqual(new Set(["example.com/log", "a.example", "b.example"]));
      // Too few: entries are durable, and not published.
      witnesses.pop();
      const before = await log.store.checkpoint();
      const { last } = await log.append(entries(5, 400), "swarm");
      await expect(log.publish()).rejects.toThrow("no quorum");
      expect(await log.store.checkpoint()).toBe(before);
      expect(await log.read(last - 1, 1)).toHaveLength(1);
    });
  });

  it("do not sign a second history, and lines that do not hold do not count", async () => {
    await inLog(async (world) => {
      const [witness = await TestWitness.make("a.example")] = await three();
      world.witnesses = linesOf([witness], "quorum a.example");
      world.fetch = (request) => witness.answer(request);
      const log = await world.open();
      witness.learn(log.keys());
      await log.append(entries(4), "swarm");
      witness.saw(3, new Uint8Array(32));
      await expect(log.publish()).rejects.toThrow("another history");
      witness.saw(9, new Uint8Array(32));
      await expect(log.publish()).rejects.toThrow("more than there are");
      witness.forget();
      witness.isLying = true;
      await expect(log.publish()).rejects.toThrow("does not hold");
      witness.isLying = false;
      witness.time = 0;
      witness.forget();
      await expect(log.publish()).rejects.toThrow("without a time");
      witness.time = 1_772_000_000;
      witness.forget();
      await log.publish();
      await checkPublished(world, log);
    });
  });
});
