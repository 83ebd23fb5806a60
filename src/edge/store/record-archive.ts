/** R2: the record's entries as JSON lines, written once, named by the index of their first entry. */
import type { RecordedEntry } from "../../core/log/entry.ts";

const keyOf = (first: number): string => `record/${String(first).padStart(12, "0")}.jsonl`;

export class RecordArchive {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  /**
   * Writes `entries` (not empty, consecutive). Returns how many of them are in the archive afterwards: an object of this
   * name that a crashed attempt left behind is kept as it is, and may hold fewer.
   */
  async write(entries: readonly RecordedEntry[]): Promise<number> {
    const [first] = entries;
    if (!first) return 0;
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
    const put = await this.#bucket.put(keyOf(first.index), text, {
      onlyIf: { etagDoesNotMatch: "*" },
      httpMetadata: { contentType: "application/x-ndjson" },
    });
    if (put) return entries.length;
    const there = (await (await this.#bucket.get(keyOf(first.index)))?.text()) ?? "";
    if (!text.startsWith(there)) throw new Error(`${keyOf(first.index)} holds other entries`);
    return there.split("\n").length - 1;
  }
}
