import { bytesToHex } from "@noble/hashes/utils.js";
import { checkpointText, parseCheckpoint } from "../src/core/log/checkpoint.ts";
import { leafHash, sameBytes } from "../src/core/log/merkle.ts";
import { formatNote, type NoteKey, type NoteSignature } from "../src/core/log/note.ts";
import {
  decodeBundle,
  type Edge,
  encodeBundle,
  hashesOf,
  TILE_WIDTH,
  type TileId,
  tileIn,
  tilePath,
  tilesBetween,
  type Utf8,
} from "../src/core/log/tile.ts";
import { type LogSigner, verifiedKeys } from "../src/edge/signing/log-signer.ts";
import type { LogStore } from "../src/edge/store/log-store.ts";
import type { Committed, LogJournal, Staged } from "./log-journal.ts";

/** Leaves that one checkpoint takes in: what a round holds in memory is a megabyte of hashes, and it ends in seconds. */
const ROUND_MAX = 32_768;
/** R2 takes one write a second of one key, and every round writes the checkpoint. */
const PUBLISH_MS = 1_000;
/** Connections that a Worker may have at once. */
const PARALLEL = 6;

const encoder = new TextEncoder();
const UTF8: Utf8 = {
  lengthOf: (text) => Buffer.byteLength(text),
  write: (text, into) => encoder.encodeInto(text, into),
};

/** Bundles have some 300 KB. Much larger ones are rare, and not kept in memory. */
const SCRATCH_BYTES = 512 * 1024;

/** Memory for one upload after the other: byte arrays are garbage that piles up to half of what an isolate has. */
class Scratch {
  #bytes: Uint8Array | null = null;

  of(length: number): Uint8Array {
    if (length > SCRATCH_BYTES) return new Uint8Array(length);
    this.#bytes ??= new Uint8Array(SCRATCH_BYTES);
    return this.#bytes.subarray(0, length);
  }
}

/** What was stored and what was published contradict each other. Nothing may be signed or appended on top of it. */
export class LogRefusal extends Error {}

export interface PublisherInput {
  readonly origin: string;
  readonly journal: LogJournal;
  readonly store: LogStore;
  /** Those that sign now. */
  readonly signers: () => readonly LogSigner[];
  /** All that ever signed. */
  readonly keys: () => readonly NoteKey[];
  /** Adds witnesses' lines to the note, or throws while there are too few. */
  readonly cosign: (note: string) => Promise<string>;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

interface Round {
  readonly from: Committed;
  readonly size: number;
  readonly edge: Edge;
  readonly staged: readonly Staged[];
}

/**
 * Brings what is durable to where readers see it. One round: snapshot → sign → stage and compare-and-swap → tiles → the
 * checkpoint → discard. Recovery is the same road: a commit that was not published yet is uploaded before anything else.
 * Runs alone; appends go on meanwhile.
 */
export class LogPublisher {
  readonly #input: PublisherInput;

  constructor(input: PublisherInput) {
    this.#input = input;
  }

  /** One round, or the rest of one that was cut off. Whether readers see more than before. */
  async publish(): Promise<boolean> {
    const { journal, nowMs, sleep } = this.#input;
    if (journal.size === journal.published) return false;
    const wait = journal.publishedMs + PUBLISH_MS - nowMs();
    if (wait > 0) await sleep(Math.min(wait, PUBLISH_MS));
    if (journal.published === journal.committed().size) await this.#commit(this.#snapshot());
    await this.#upload();
    return true;
  }

  /** Without an await: appends that come later are not in it. A crash here leaves nothing. */
  #snapshot(): Round {
    const { journal } = this.#input;
    const from = journal.committed();
    const size = Math.min(journal.size, from.size + ROUND_MAX);
    const edge = journal.edge();
    const full = new Map(
      edge
        .grow(journal.hashes(from.size, size))
        .map(({ level, index, bytes }) => [tilePath({ level, index, width: TILE_WIDTH }), bytes]),
    );
    if (edge.size !== size) throw new LogRefusal(`leaves before ${size} are not there`);
    const levels = edge.levels();
    const staged = tilesBetween(from.size, size).map((tile): Staged => {
      if (tile.level === "entries") return { tile, bytes: null };
      const bytes = full.get(tilePath(tile)) ?? levels[tile.level];
      if (bytes === undefined) throw new LogRefusal(`${tilePath(tile)} has no hashes`);
      return { tile, bytes };
    });
    return { from, size, edge, staged };
  }

  /**
   * A signature that is not stored leaves no trace, and a later, larger checkpoint is consistent with it: only durable
   * leaves are signed. From the swap on this head binds, also if nobody has seen it.
   */
  async #commit({ from, size, edge, staged }: Round): Promise<void> {
    const { journal, origin, signers, nowMs } = this.#input;
    const root = edge.root();
    const checkpoint = { origin, size, root };
    const at = Math.floor(nowMs() / 1_000);
    const lines = await Promise.all(signers().map((signer) => signer.sign(checkpoint, at)));
    const note = formatNote({
      text: checkpointText(checkpoint),
      signatures: lines.flat() satisfies readonly NoteSignature[],
    });
    const next = { size, root: bytesToHex(root), note };
    if (!journal.commit(next, from, { edge, staged }))
      throw new LogRefusal("another instance of this log has signed meanwhile");
    await journal.sync();
  }

  /** Every tile before the checkpoint that needs it. A crash anywhere here repeats all of it, which changes nothing. */
  async #upload(): Promise<void> {
    const { journal, store, cosign, nowMs } = this.#input;
    const tiles = [...journal.staged()];
    const worker = async (): Promise<void> => {
      const scratch = new Scratch();
      for (let tile = tiles.pop(); tile !== undefined; tile = tiles.pop())
        await store.writeOnce(tilePath(tile), this.#bytesOf(tile, scratch));
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    const note = await cosign(journal.committed().note);
    await store.putCheckpoint(note);
    // A crash here: readers are ahead of what is noted; the same objects are written again.
    journal.publish(note, nowMs());
    await journal.sync();
  }

  #bytesOf(tile: TileId, scratch: Scratch): Uint8Array {
    const { journal } = this.#input;
    const bytes = journal.stagedBytes(tile);
    if (bytes !== null) return bytes;
    const entries = journal.rows(tile.index * TILE_WIDTH, tile.width);
    if (entries.length !== tile.width) throw new LogRefusal(`${tilePath(tile)} has lost entries`);
    return encodeBundle(entries, { utf8: UTF8, bytesFor: (length) => scratch.of(length) });
  }

  /**
   * Before anything is appended: what is stored, what was signed and what readers see have to be one history. Storage that
   * was set back to an earlier state is behind its readers; signing on from there would be a fork. What was signed and not
   * uploaded is uploaded now: an object in its way has to be found before more is recorded.
   */
  async check(): Promise<void> {
    const { journal } = this.#input;
    await this.#compare(journal.committed());
    if (journal.published < journal.committed().size) await this.publish();
  }

  async #compare(committed: Committed): Promise<void> {
    const { journal, store } = this.#input;
    const edge = journal.edge();
    if (bytesToHex(edge.root()) !== committed.root)
      throw new LogRefusal("the stored edge has another root than was signed");
    if (committed.note !== "") await this.#checkNote(committed.note, committed);
    const seen = await store.checkpoint();
    if (seen === null) {
      if (journal.published > 0) throw new LogRefusal("the published checkpoint is gone");
      return;
    }
    const published = parseCheckpoint(seen);
    if (!published.ok) throw new LogRefusal(`the published checkpoint ${published.error}`);
    const { size, root } = published.value.checkpoint;
    if (size > committed.size)
      throw new LogRefusal(`${size} entries are published, ${committed.size} were signed`);
    if (size === committed.size && bytesToHex(root) !== committed.root)
      throw new LogRefusal(`another tree of ${size} entries is published`);
    if (size < journal.published)
      throw new LogRefusal(`${journal.published} entries were published, ${size} are there`);
    if (size === committed.size && journal.published === committed.size)
      await this.#checkEdge(edge);
  }

  async #checkNote(note: string, { size, root }: Committed): Promise<void> {
    const signed = parseCheckpoint(note);
    if (!signed.ok) throw new LogRefusal(`the signed checkpoint ${signed.error}`);
    const { checkpoint } = signed.value;
    if (checkpoint.size !== size || bytesToHex(checkpoint.root) !== root)
      throw new LogRefusal("the signed checkpoint is of another tree");
    const keys = await verifiedKeys(signed.value, this.#input.keys());
    if (!keys.ok) throw new LogRefusal(keys.error);
    if (keys.value.length < 2) throw new LogRefusal("the signed checkpoint lacks a line of ours");
  }

  /** The partial tiles as readers get them, and the last bundle against its level-0 tile. */
  async #checkEdge(edge: Edge): Promise<void> {
    const { store } = this.#input;
    const levels = edge.levels();
    for (const [level, hashes] of levels.entries()) {
      if (hashes.length === 0) continue;
      const path = tilePath(tileIn(edge.size, level, this.#lastOf(edge.size, level)));
      const there = await store.read(path);
      if (there === null || !sameBytes(there, hashes))
        throw new LogRefusal(`${path} is not what was signed`);
    }
    const leaves = hashesOf(levels[0] ?? new Uint8Array());
    if (leaves.length === 0) return;
    const bundle = tileIn(edge.size, "entries", this.#lastOf(edge.size, 0));
    const bytes = await store.read(tilePath(bundle));
    const entries = bytes && decodeBundle(bytes, bundle.width);
    const isSame =
      entries?.ok === true &&
      entries.value.every((entry, at) => sameBytes(leafHash(entry), leaves[at] ?? entry));
    if (!isSame) throw new LogRefusal(`${tilePath(bundle)} is not what was signed`);
  }

  #lastOf = (size: number, level: number): number => Math.floor(size / TILE_WIDTH ** (level + 1));
}
