import { bytesToHex } from "@noble/hashes/utils.js";
import type { Entry, Source } from "../src/core/log/entry.ts";
import { EMPTY_ROOT } from "../src/core/log/merkle.ts";
import { Edge, TILE_WIDTH, tilePath, type TileId } from "../src/core/log/tile.ts";
import type { Seeds } from "../src/edge/signing/key-pair.ts";

/** Bound parameters of one statement are limited to 100. */
const ROWS_A_STATEMENT = 30;
/** Entries that stay readable here after they are published; older ones are read from their bundles. */
const KEPT = 10_000;

/** Leaves that have no row yet. */
export interface Leaf {
  readonly name: string;
  readonly index: number;
  readonly hash: Uint8Array;
  /** Its bytes are the UTF-8 of this. A text, because garbage of texts is collected sooner than that of byte arrays. */
  readonly text: string;
}

/** The tree head that was signed last. Binding for ever, also while nobody has seen it. */
export interface Committed {
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** The signed note; empty: nothing has been signed yet. */
  readonly note: string;
}

/** What is uploaded for a commit. `bytes` null: a bundle, made of the rows that it is about. */
export interface Staged {
  readonly tile: TileId;
  readonly bytes: Uint8Array | null;
}

/** `checkpoint` keys sign tree heads and nothing else; the `notary` signs for attachments. */
export type KeyPurpose = "checkpoint" | "notary";

export interface StoredKey {
  readonly generation: number;
  readonly seeds: Seeds;
  readonly introducedMs: number;
  /** Null: it signs. */
  readonly retiredMs: number | null;
}

const SCHEMA = [
  // `without rowid`: a name is looked up by itself, and stays for ever; entries are told apart by it.
  "create table if not exists name (id text primary key, idx integer not null) without rowid",
  "create table if not exists leaf (idx integer primary key, hash blob not null, bytes blob not null)",
  "create table if not exists head (one integer primary key check (one = 1), origin text not null, size integer not null, root text not null, note text not null, published integer not null, published_ms integer not null)",
  "create table if not exists edge (level integer primary key, hashes blob not null)",
  "create table if not exists staged (path text primary key, level text not null, idx integer not null, width integer not null, bytes blob)",
  "create table if not exists signer (purpose text not null, generation integer not null, seeds text not null, introduced_ms integer not null, retired_ms integer, primary key (purpose, generation))",
];

const placeholders = (rows: number, row: string): string => Array(rows).fill(row).join(", ");

function* chunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

/**
 * What a log has in SQLite. Invariant: published ≤ committed ≤ size; indices have no gaps, and an index never changes its
 * entry. Synchronous; what belongs together is one transaction.
 */
export class LogJournal {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  #size: number;

  /** Throws when the log in this storage is another one: its name is in everything that was ever signed. */
  constructor(storage: DurableObjectStorage, origin: string) {
    this.#storage = storage;
    this.#sql = storage.sql;
    for (const statement of SCHEMA) this.#sql.exec(statement);
    this.#sql.exec(
      "insert or ignore into head values (1, ?, 0, ?, '', 0, 0)",
      origin,
      bytesToHex(EMPTY_ROOT),
    );
    const { origin: stored } = this.#sql.exec<{ origin: string }>("select origin from head").one();
    if (stored !== origin)
      throw new Error(`this log is \`${stored}\`, and cannot become \`${origin}\``);
    this.#size = this.#sql
      .exec<{ size: number }>(
        "select max(coalesce(max(idx) + 1, 0), (select size from head)) as size from leaf",
      )
      .one().size;
  }

  get size(): number {
    return this.#size;
  }

  get published(): number {
    return this.#sql.exec<{ published: number }>("select published from head").one().published;
  }

  get publishedMs(): number {
    return this.#sql.exec<{ at: number }>("select published_ms as at from head").one().at;
  }

  committed(): Committed {
    return this.#sql
      .exec<Record<string, SqlStorageValue> & Committed>("select size, root, note from head")
      .one();
  }

  /** The indices of those names that are taken. */
  known(names: readonly string[]): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    for (const some of chunks(names, 3 * ROWS_A_STATEMENT)) {
      const marks = Array(some.length).fill("?").join(", ");
      const rows = this.#sql.exec<{ id: string; idx: number }>(
        `select id, idx from name where id in (${marks})`,
        ...some,
      );
      for (const { id, idx } of rows) found.set(id, idx);
    }
    return found;
  }

  /** All of them or none. */
  append(leaves: readonly Leaf[]): void {
    this.#storage.transactionSync(() => {
      for (const some of chunks(leaves, ROWS_A_STATEMENT)) {
        this.#sql.exec(
          `insert into name values ${placeholders(some.length, "(?, ?)")}`,
          ...some.flatMap(({ name, index }) => [name, index]),
        );
        this.#sql.exec(
          `insert into leaf values ${placeholders(some.length, "(?, ?, cast(? as blob))")}`,
          ...some.flatMap(({ index, hash, text }) => [index, hash, text]),
        );
      }
    });
    this.#size += leaves.length;
  }

  /** Leaves from `first` on; empty when they are no longer here. */
  rows(first: number, limit: number): readonly string[] {
    const rows = this.#sql
      .exec<{ idx: number; text: string }>(
        "select idx, cast(bytes as text) as text from leaf where idx >= ? order by idx limit ?",
        first,
        limit,
      )
      .toArray();
    return rows[0]?.idx === first ? rows.map(({ text }) => text) : [];
  }

  /** One after the other: a round has tens of thousands, which need not be in memory together. */
  *hashes(from: number, to: number): Generator<Uint8Array> {
    const rows = this.#sql.exec<{ hash: ArrayBuffer }>(
      "select hash from leaf where idx >= ? and idx < ? order by idx",
      from,
      to,
    );
    for (const { hash } of rows) yield new Uint8Array(hash);
  }

  /** The right edge of the committed tree. */
  edge(): Edge {
    const levels = this.#sql
      .exec<{ hashes: ArrayBuffer }>("select hashes from edge order by level")
      .toArray()
      .map(({ hashes }) => new Uint8Array(hashes));
    const edge = Edge.open(this.committed().size, levels);
    if (edge === null) throw new Error("the stored edge is not that of the committed tree");
    return edge;
  }

  /**
   * Stages what has to be uploaded and swaps the head, in one transaction. False: the head is no longer the one that this
   * was computed from; nothing is changed.
   */
  commit(next: Committed, from: Committed, of: { edge: Edge; staged: readonly Staged[] }): boolean {
    return this.#storage.transactionSync(() => {
      const swapped = this.#sql.exec(
        "update head set size = ?, root = ?, note = ? where size = ? and root = ? and published = size",
        next.size,
        next.root,
        next.note,
        from.size,
        from.root,
      ).rowsWritten;
      if (swapped === 0) return false;
      for (const [level, hashes] of of.edge.levels().entries())
        this.#sql.exec("insert or replace into edge values (?, ?)", level, hashes);
      for (const { tile, bytes } of of.staged)
        this.#sql.exec(
          "insert into staged values (?, ?, ?, ?, ?)",
          tilePath(tile),
          String(tile.level),
          tile.index,
          tile.width,
          bytes,
        );
      return true;
    });
  }

  staged(): readonly TileId[] {
    return this.#sql
      .exec<{ level: string; idx: number; width: number }>("select level, idx, width from staged")
      .toArray()
      .map(({ level, idx, width }) => ({
        level: level === "entries" ? level : Number(level),
        index: idx,
        width,
      }));
  }

  /** The bytes of a staged tile; null: a bundle. */
  stagedBytes(tile: TileId): Uint8Array | null {
    const { bytes } = this.#sql
      .exec<{ bytes: ArrayBuffer | null }>(
        "select bytes from staged where path = ?",
        tilePath(tile),
      )
      .one();
    return bytes === null ? null : new Uint8Array(bytes);
  }

  /** The committed tree is what readers see. Rows that a bundle has, and that are no longer asked for, go. */
  publish(note: string, atMs: number): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec("update head set published = size, note = ?, published_ms = ?", note, atMs);
      this.#sql.exec("delete from staged");
      const kept = Math.max(0, this.published - KEPT);
      this.#sql.exec("delete from leaf where idx < ?", kept - (kept % TILE_WIDTH));
    });
  }

  keys(purpose: KeyPurpose): readonly StoredKey[] {
    return this.#sql
      .exec<{
        generation: number;
        seeds: string;
        introduced_ms: number;
        retired_ms: number | null;
      }>(
        "select generation, seeds, introduced_ms, retired_ms from signer where purpose = ? order by generation",
        purpose,
      )
      .toArray()
      .map(({ generation, seeds, introduced_ms, retired_ms }) => ({
        generation,
        seeds: JSON.parse(seeds) as Seeds,
        introducedMs: introduced_ms,
        retiredMs: retired_ms,
      }));
  }

  addKey(purpose: KeyPurpose, { generation, seeds, introducedMs }: Omit<StoredKey, "retiredMs">) {
    this.#sql.exec(
      "insert into signer values (?, ?, ?, ?, null)",
      purpose,
      generation,
      JSON.stringify(seeds),
      introducedMs,
    );
  }

  retireKey(purpose: KeyPurpose, generation: number, atMs: number): void {
    this.#sql.exec(
      "update signer set retired_ms = ? where purpose = ? and generation = ?",
      atMs,
      purpose,
      generation,
    );
  }

  sync(): Promise<void> {
    return this.#storage.sync();
  }

  /** The first entries, at most `limit`, of the record's first form, which had no tree. */
  legacy(limit: number): readonly { readonly source: Source; readonly entry: Entry }[] {
    if (!this.#hasLegacy()) return [];
    return this.#sql
      .exec<{ source: Source; body: string }>(
        "select source, body from entry order by idx limit ?",
        limit,
      )
      .toArray()
      .map(({ source, body }) => ({ source, entry: JSON.parse(body) as Entry }));
  }

  /** After they have entered the log. */
  dropLegacy(count: number): void {
    if (!this.#hasLegacy()) return;
    this.#sql.exec(
      "delete from entry where idx in (select idx from entry order by idx limit ?)",
      count,
    );
  }

  #hasLegacy(): boolean {
    return (
      this.#sql
        .exec("select 1 from sqlite_master where type = 'table' and name = 'entry'")
        .toArray().length > 0
    );
  }
}

export const nameOf = (source: Source, id: string): string => `${source}/${id}`;
