import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { instantOf } from "../src/core/ids.ts";
import type { Entry, Source } from "../src/core/log/entry.ts";
import { type Checkpoint, parseCheckpoint } from "../src/core/log/checkpoint.ts";
import { consistencyRanges, inclusionRanges, isConsistent } from "../src/core/log/merkle.ts";
import {
  CHANGES_MAX,
  homesOf,
  objectAt,
  originAt,
  parseShardCount,
  type Place,
  shardsEntry,
} from "../src/core/log/shards.ts";
import { formatProof } from "../src/core/log/tlog-proof.ts";
import type { AnchoredProof } from "../src/core/ports.ts";
import { nameOf } from "./log-journal.ts";
import type { Log } from "./log.ts";
import { LogRefusal } from "./log-publisher.ts";

/** A checkpoint is 2.6 KB, and each becomes an entry of the root log: this often, of a shard that grows, and no oftener. */
const ANCHOR_MS = 2_000;
/** The root has seen more than we know of: told once, the next try fits. */
const TRIES_MAX = 3;

/** A checkpoint on its way into the root log, as `add-checkpoint` of tlog-witness has it. */
export interface Claim {
  readonly place: number;
  /** The size that the root log is thought to have. */
  readonly from: number;
  /** Hex. */
  readonly proof: readonly string[];
  readonly note: string;
}

/** What the root log has of a shard. */
export interface Admitted {
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** The signed checkpoint, to the byte. */
  readonly note: string;
  /** Of the entry that these bytes are. */
  readonly index: number;
}

/** What the objects of the record ask of each other. All are in one Worker. */
export interface Peer {
  /** The counts that have been in force, oldest first. Refuses another count than its own: both are of one deployment. */
  enrol(count: number): Promise<readonly number[]>;
  known(names: readonly string[]): Promise<readonly (readonly [string, number])[]>;
  /** What the root log has of the shard by then: the claim, or more, which has to be gone on from. */
  admit(claim: Claim): Promise<Admitted>;
  admitted(place: number): Promise<Admitted | null>;
  proof(query: { index: number; waitMs: number }): Promise<string | null>;
}

const SCHEMA = [
  "create table if not exists sharding (seq integer primary key, count integer not null)",
  "create table if not exists admitted (place integer primary key, size integer not null, root text not null, note text not null, idx integer not null, at_ms integer not null)",
];

export interface ShardingInput {
  readonly storage: DurableObjectStorage;
  readonly place: Place;
  readonly count: number;
  readonly peer: (place: Place) => Peer;
  readonly nowMs: () => number;
}

/**
 * One log's part in a record of several. Owns: in the first log the counts that were in force; in the root log what it
 * has taken in of each shard; in a shard what the root log is known to have of it.
 */
export class Sharding {
  readonly #input: ShardingInput;
  readonly #sql: SqlStorage;
  #counts: readonly number[] = [1];

  constructor(input: ShardingInput) {
    this.#input = input;
    this.#sql = input.storage.sql;
    for (const statement of SCHEMA) this.#sql.exec(statement);
  }

  /** There is a root log, and this one's checkpoints belong into it. */
  get isAnchored(): boolean {
    return this.#input.place !== "root" && this.#counts.some((count) => count > 1);
  }

  get counts(): readonly number[] {
    return this.#counts;
  }

  /** Before anything is appended. The entry about another count is durable before the first entry under it (I10). */
  async join(log: Log): Promise<void> {
    const { place, count, peer } = this.#input;
    if (place === "root") return;
    this.#counts = place === 0 ? await this.enrol(log, count) : await peer(0).enrol(count);
    if (this.isAnchored) await this.#compare(log);
  }

  /** Only the first log. A crash after the entry leaves it alone: the same name again, then the row. */
  async enrol(log: Log, count: number): Promise<readonly number[]> {
    if (count !== this.#input.count)
      throw new LogRefusal(`the record has ${this.#input.count} shards here and ${count} there`);
    const rows = this.#sql.exec<{ count: number }>("select count from sharding order by seq");
    const before = [1, ...rows.toArray().map((row) => row.count)];
    const last = before.at(-1) ?? 1;
    if (last === count) return before;
    if (before.length > CHANGES_MAX)
      throw new LogRefusal(`the number of shards has changed ${CHANGES_MAX} times`);
    const at = instantOf(new Date(this.#input.nowMs()).toISOString());
    await log.append(
      [shardsEntry({ count, before: last, changes: before.length - 1 }, at)],
      "vault",
    );
    this.#sql.exec("insert or ignore into sharding values (?, ?)", before.length, count);
    this.#counts = [...before, count];
    return this.#counts;
  }

  /** Storage that was set back together with its readers' copy is behind the root log: it must not sign on (a fork). */
  async #compare(log: Log): Promise<void> {
    const { place, peer } = this.#input;
    const there = await peer("root").admitted(Number(place));
    if (there === null) return;
    const { size } = log.journal.committed();
    if (there.size > size)
      throw new LogRefusal(
        `the root log has ${there.size} entries of this log, ${size} were signed`,
      );
    if (bytesToHex(await log.rootAt(there.size)) !== there.root)
      throw new LogRefusal(`the root log has another tree of ${there.size} entries`);
  }

  /**
   * Facts that a scope's former shard has recorded. Nothing is asked for a scope that never moved. What is told there and
   * told again here stays one entry.
   */
  async toldBefore(
    entries: readonly Entry[],
    source: Source,
  ): Promise<ReadonlyMap<string, number>> {
    const { place, peer } = this.#input;
    const asked = new Map<number, string[]>();
    for (const { id, scope } of entries)
      for (const home of homesOf(scope, this.#counts)) {
        if (home === place) continue;
        asked.set(home, [...(asked.get(home) ?? []), nameOf(source, id)]);
      }
    const found = new Map<string, number>();
    for (const [home, names] of asked)
      for (const [name, index] of await peer(home).known(names)) found.set(name, index);
    return found;
  }

  /** What of this log the root log has, as far as this log knows. */
  #own(): (Admitted & { readonly atMs: number }) | null {
    return this.#row(Number(this.#input.place));
  }

  /** Brings the published checkpoint into the root log. Returns when to be called again; null: there is no need. */
  async anchor(log: Log): Promise<number | null> {
    if (!this.isAnchored) return null;
    const own = this.#own() ?? { size: 0, atMs: 0 };
    if (own.size >= log.journal.published) return null;
    const dueMs = own.atMs + ANCHOR_MS;
    if (dueMs > this.#input.nowMs()) return dueMs;
    const note = await log.store.checkpoint();
    if (note === null) throw new LogRefusal("the published checkpoint is gone");
    const { size } = checkpointIn(note, log.origin);
    await this.#claim(log, { note, size, from: own.size });
    return null;
  }

  async #claim(log: Log, of: { note: string; size: number; from: number }): Promise<void> {
    const { place, peer, nowMs } = this.#input;
    let { from } = of;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const hashes = await log.hashesOf(consistencyRanges(from, of.size), of.size);
      const proof = hashes.map(bytesToHex);
      const there = await peer("root").admit({ place: Number(place), from, proof, note: of.note });
      // A crash here: the root log has it, and says so when it is told again.
      if (there.size === of.size) return this.#keep(Number(place), there, nowMs());
      if (there.size > of.size) throw new LogRefusal("the root log is ahead of what is published");
      from = there.size;
    }
    throw new Error("the root log is always elsewhere");
  }

  /** Only the root log. It takes in no tree that does not continue the one before: a fork of a shard ends here. */
  admit(log: Log, { place, from, proof, note }: Claim): Admitted {
    const { origin, size, root } = checkpointIn(note, `shard ${place}`);
    if (origin !== originAt(log.origin.slice(0, -"/root".length), place))
      throw new LogRefusal(`\`${origin}\` is not shard ${place}`);
    const before = this.admitted(place);
    if (before !== null && (before.size !== from || before.size === size)) {
      if (before.size === size && before.root !== bytesToHex(root))
        throw new LogRefusal(`shard ${place} has two trees of ${size} entries`);
      return before;
    }
    const fromRoot = before === null ? new Uint8Array() : hexToBytes(before.root);
    const continues =
      before === null ||
      isConsistent({ from, fromRoot, size, root, proof: proof.map((hex) => hexToBytes(hex)) });
    if (!continues) throw new LogRefusal(`shard ${place} does not continue its tree of ${from}`);
    return this.#input.storage.transactionSync(() => {
      const index = log.appendText(`shard/${place}/${size}`, note);
      const admitted = { size, root: bytesToHex(root), note, index };
      this.#keep(place, admitted, this.#input.nowMs());
      return admitted;
    });
  }

  admitted(place: number): Admitted | null {
    const row = this.#row(place);
    return row && { size: row.size, root: row.root, note: row.note, index: row.index };
  }

  /** Under the newest checkpoint that the root log has; null: that one does not reach the entry yet. */
  async proofOf(log: Log, { index, waitMs }: { index: number; waitMs: number }) {
    const own = this.#own();
    if (own === null || index < 0 || index >= own.size) return null;
    const path = await log.hashesOf(inclusionRanges(index, own.size), own.size);
    const checkpoint = await this.#input.peer("root").proof({ index: own.index, waitMs });
    if (checkpoint === null) return null;
    const entry = formatProof({ index, path, checkpoint: own.note });
    return { entry, checkpoint } satisfies AnchoredProof;
  }

  #keep(place: number, { size, root, note, index }: Admitted, atMs: number): void {
    this.#sql.exec(
      "insert or replace into admitted values (?, ?, ?, ?, ?, ?)",
      place,
      size,
      root,
      note,
      index,
      atMs,
    );
  }

  #row(place: number): (Admitted & { readonly atMs: number }) | null {
    const [row] = this.#sql
      .exec<{ size: number; root: string; note: string; idx: number; at_ms: number }>(
        "select size, root, note, idx, at_ms from admitted where place = ?",
        place,
      )
      .toArray();
    return row === undefined
      ? null
      : { size: row.size, root: row.root, note: row.note, index: row.idx, atMs: row.at_ms };
  }
}

function checkpointIn(note: string, of: string): Checkpoint {
  const signed = parseCheckpoint(note);
  if (!signed.ok) throw new LogRefusal(`the checkpoint of ${of} ${signed.error}`);
  return signed.value.checkpoint;
}

/** The other objects of the record. */
export const peerIn =
  (namespace: DurableObjectNamespace) =>
  (place: Place): Peer =>
    namespace.getByName(objectAt(place)) as unknown as Peer;

/** Fails where a guess would send a scope's entries astray. */
export function shardCount({ LOG_SHARDS }: { readonly LOG_SHARDS: string }): number {
  const count = parseShardCount(LOG_SHARDS);
  if (!count.ok) throw new Error(`LOG_SHARDS ${count.error}`);
  return count.value;
}
