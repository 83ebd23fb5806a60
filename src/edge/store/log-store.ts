/** R2: the log's tiles and bundles, written once; its checkpoint, the only object that is ever replaced; and attachments. */
import { createHash } from "node:crypto";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { sameBytes } from "../../core/log/merkle.ts";

/** A tile never changes: readers and caches in between may keep it. */
const TILE = {
  contentType: "application/octet-stream",
  cacheControl: "public, max-age=604800, immutable",
};
const CHECKPOINT = { contentType: "text/plain; charset=utf-8", cacheControl: "no-store" };

/** Another object stands where this one belongs. Two histories must never be served: the log stops. */
export class LogConflict extends Error {}

export class LogStore {
  readonly #bucket: R2Bucket;
  readonly #prefix: string;

  /** `prefix` ends in a slash, or is empty: logs of one bucket must not share one. */
  constructor(bucket: R2Bucket, prefix: string) {
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  /** R2 itself refuses bytes that are not those of the checksum. The same object again is no fault: a crash repeats. */
  async writeOnce(path: string, bytes: Uint8Array, httpMetadata: R2HTTPMetadata = TILE) {
    const put = await this.#bucket.put(this.#prefix + path, bytes, {
      onlyIf: { etagDoesNotMatch: "*" },
      sha256: createHash("sha256").update(bytes).digest("hex"),
      httpMetadata,
    });
    if (put !== null) return;
    const there = await this.read(path);
    // Null: taken away between the two calls, which nothing of ours does.
    if (there === null || !sameBytes(there, bytes))
      throw new LogConflict(`${this.#prefix}${path} holds other bytes`);
  }

  async read(path: string): Promise<Uint8Array | null> {
    const object = await this.#bucket.get(this.#prefix + path);
    return object === null ? null : await object.bytes();
  }

  async checkpoint(): Promise<string | null> {
    const object = await this.#bucket.get(`${this.#prefix}checkpoint`);
    return object === null ? null : await object.text();
  }

  /** At most once a second: R2 takes no more for one key. */
  async putCheckpoint(note: string): Promise<void> {
    const bytes = utf8ToBytes(note);
    await this.#bucket.put(`${this.#prefix}checkpoint`, bytes, {
      sha256: createHash("sha256").update(bytes).digest("hex"),
      httpMetadata: CHECKPOINT,
    });
  }

  attach(key: string, text: string): Promise<void> {
    return this.writeOnce(key, utf8ToBytes(text), {
      contentType: "application/json",
      cacheControl: "no-store",
    });
  }

  /** Only what may be erased stands under such a name (`attachmentKey`). */
  async erase(key: string): Promise<void> {
    await this.#bucket.delete(this.#prefix + key);
  }
}
