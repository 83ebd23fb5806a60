/** What the entries of a Driftless log say, beyond being in it: every field is there, every key is accounted for. */
import { isObject } from "../canonical.ts";
import { decodeLeaf, type DecodedLeaf } from "./leaf.ts";
import { parseVkey } from "./note.ts";

export class LeafAudit {
  readonly #origin: string;
  readonly types = new Map<string, number>();
  /** Key ids that have to sign a checkpoint over what was seen so far. */
  readonly signing = new Map<string, number>();
  readonly attached = new Map<string, "evidence" | "personal">();
  first: string | null = null;
  last: string | null = null;

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Null: as it has to be. */
  take(json: string, index: number): string | null {
    const leaf = decodeLeaf(json);
    if (!leaf.ok) return `entry ${index}: ${leaf.error}`;
    const { entry, origin, recordedAt } = leaf.value;
    if (entry.index !== index) return `entry ${index} calls itself ${entry.index}`;
    if (origin !== this.#origin) return `entry ${index} is of the log \`${origin}\``;
    this.first ??= recordedAt;
    this.last = recordedAt;
    this.types.set(entry.type, (this.types.get(entry.type) ?? 0) + 1);
    for (const { keep, digest } of Object.values(entry.attached ?? {}))
      this.attached.set(digest, keep);
    this.#follow(leaf.value);
    return null;
  }

  #follow({ entry: { type, data } }: DecodedLeaf): void {
    const generation = Number(data["generation"]);
    const vkeys = isObject(data) ? data["vkeys"] : null;
    if (type === "key_introduced" && Array.isArray(vkeys))
      for (const vkey of vkeys) {
        const key = parseVkey(String(vkey));
        if (key.ok) this.signing.set(key.value.id, generation);
      }
    if (type !== "key_retired") return;
    for (const [id, of] of this.signing) if (of === generation) this.signing.delete(id);
  }
}
