/** A log's storage and bucket without a Workers runtime: SQLite of Node, and a map. Every write can be spoilt. */
import { createHash } from "node:crypto";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { Log, type LogInput } from "../../durable-objects/log.ts";
import { vkeyOf } from "../../src/core/log/note.ts";
import type { LogSource } from "../../cli/log-source.ts";

export type Fault = "fails" | "fails but is applied";

/** Counts the writes to the outside, and spoils one of them. */
class Outside {
  writes = 0;
  at = 0;
  fault: Fault = "fails";

  write<T>(work: () => T): T {
    this.writes += 1;
    const isHit = this.writes === this.at;
    if (isHit && this.fault === "fails") throw new Error("injected");
    const done = work();
    if (isHit) throw new Error("injected");
    return done;
  }
}

const inSql = (value: unknown): SQLInputValue =>
  value instanceof Uint8Array || typeof value === "string" || value === null
    ? value
    : Number(value);

/** Rows as the platform gives them: blobs are ArrayBuffers. */
const rowOf = (row: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Uint8Array ? value.slice().buffer : value,
    ]),
  );

function storageOf(outside: Outside): DurableObjectStorage {
  const database = new DatabaseSync(":memory:");
  const exec = (text: string, ...of: unknown[]) => {
    const statement = database.prepare(text);
    const reads = /^select/i.test(text);
    const rows = reads ? statement.all(...of.map(inSql)).map(rowOf) : [];
    const rowsWritten = reads ? 0 : Number(statement.run(...of.map(inSql)).changes);
    const one = () => {
      if (rows.length !== 1) throw new Error(`${rows.length} rows`);
      return rows[0];
    };
    return {
      toArray: () => rows,
      one,
      rowsWritten,
      [Symbol.iterator]: () => rows[Symbol.iterator](),
    };
  };
  let depth = 0;
  const transactionSync = <T>(body: () => T): T => {
    if (depth > 0) return body();
    depth += 1;
    database.exec("begin");
    try {
      const done = body();
      database.exec("commit");
      return done;
    } catch (fault) {
      database.exec("rollback");
      throw fault;
    } finally {
      depth -= 1;
    }
  };
  const storage = {
    sql: { exec },
    transactionSync: <T>(body: () => T): T => outside.write(() => transactionSync(body)),
    sync: async () => outside.write(() => undefined),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the part of it that a log uses
  return storage as unknown as DurableObjectStorage;
}

function bucketOf(outside: Outside, objects: Map<string, Uint8Array>): R2Bucket {
  const bucket = {
    put: async (key: string, bytes: Uint8Array, { onlyIf, sha256 }: R2PutOptions = {}) =>
      outside.write(() => {
        if (onlyIf !== undefined && objects.has(key)) return null;
        if (createHash("sha256").update(bytes).digest("hex") !== sha256)
          throw new Error("another checksum");
        objects.set(key, bytes.slice());
        return { key };
      }),
    get: async (key: string) => {
      const bytes = objects.get(key);
      return bytes === undefined
        ? null
        : { bytes: async () => bytes.slice(), text: async () => new TextDecoder().decode(bytes) };
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the part of it that a log uses
  return bucket as unknown as R2Bucket;
}

export class NodeLog {
  readonly outside = new Outside();
  readonly objects = new Map<string, Uint8Array>();
  readonly storage = storageOf(this.outside);
  readonly #bucket = bucketOf(this.outside, this.objects);
  nowMs = Date.parse("2026-03-01T12:00:00.000Z");

  open(origin: string): Promise<Log> {
    return Log.open({
      storage: this.storage,
      bucket: this.#bucket,
      origin,
      prefix: "",
      nowMs: () => (this.nowMs += 10),
      sleep: async (ms) => void (this.nowMs += ms),
      witnesses: "",
      fetch: () => Promise.reject(new Error("nobody is there")),
    } satisfies LogInput);
  }

  /** What readers see, with the keys that the log names. */
  source(log: Log): LogSource {
    const keys = `${log.keys().map(vkeyOf).join("\n")}\n`;
    return {
      name: log.origin,
      read: async (path) =>
        path === "keys" ? new TextEncoder().encode(keys) : (this.objects.get(path) ?? null),
      list: async () => [...this.objects.keys()],
    };
  }
}
