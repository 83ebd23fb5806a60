/** What the entries of a Driftless log say, beyond being in it: every field is there, every key is accounted for. */
import { isObject } from "../canonical.ts";
import { decodeLeaf, type DecodedLeaf } from "./leaf.ts";
import { parseCheckpoint, type SignedCheckpoint } from "./checkpoint.ts";
import { parseVkey } from "./note.ts";
import { countIn, homesOf, originAt, type Place, SHARDS_MAX } from "./shards.ts";

export interface Audited {
  /** The first log's name. */
  readonly record: string;
  readonly place: Place;
  /** How many shards there were, one after the other; scopes of others than these have no business in a shard. */
  readonly counts: readonly number[];
}

export class LeafAudit {
  readonly #of: Audited;
  readonly #origin: string;
  /** In a root log: the shards' checkpoints, oldest first. */
  readonly heads = new Map<number, SignedCheckpoint[]>();
  /** In the first log: what its entries say about the number of shards. */
  readonly counts: number[] = [1];
  readonly types = new Map<string, number>();
  /** Key ids that have to sign a checkpoint over what was seen so far. */
  readonly signing = new Map<string, number>();
  readonly attached = new Map<string, "evidence" | "personal">();
  first: string | null = null;
  last: string | null = null;

  constructor(of: Audited) {
    this.#of = of;
    this.#origin = originAt(of.record, of.place);
  }

  /** Null: as it has to be. */
  take(text: string, index: number): string | null {
    const isHead = this.#of.place === "root" && !text.startsWith("{");
    return isHead ? this.#takeHead(text, index) : this.#takeLeaf(text, index);
  }

  /** A root log takes in checkpoints of shards, each larger than the one before. */
  #takeHead(text: string, index: number): string | null {
    const signed = parseCheckpoint(text);
    if (!signed.ok) return `entry ${index}, a checkpoint, ${signed.error}`;
    const { origin, size } = signed.value.checkpoint;
    const shard = SHARDS.find((place) => originAt(this.#of.record, place) === origin);
    if (shard === undefined) return `entry ${index} is a checkpoint of \`${origin}\`, no shard`;
    const before = this.heads.get(shard) ?? [];
    this.heads.set(shard, before);
    if (size <= (before.at(-1)?.checkpoint.size ?? 0))
      return `entry ${index} has shard ${shard} at ${size} entries, which is no more than before`;
    before.push(signed.value);
    return null;
  }

  #takeLeaf(json: string, index: number): string | null {
    const leaf = decodeLeaf(json);
    if (!leaf.ok) return `entry ${index}: ${leaf.error}`;
    const { entry, origin, recordedAt } = leaf.value;
    if (entry.index !== index) return `entry ${index} calls itself ${entry.index}`;
    if (origin !== this.#origin) return `entry ${index} is of the log \`${origin}\``;
    const { place, counts } = this.#of;
    if (typeof place === "number" && place > 0 && !isAtHome(entry.scope, place, counts))
      return `entry ${index} is of \`${entry.scope}\`, which never was in this shard`;
    this.first ??= recordedAt;
    this.last = recordedAt;
    this.types.set(entry.type, (this.types.get(entry.type) ?? 0) + 1);
    for (const { keep, digest } of Object.values(entry.attached ?? {}))
      this.attached.set(digest, keep);
    this.#follow(leaf.value);
    return null;
  }

  #follow({ entry: { type, data } }: DecodedLeaf): void {
    const count = type === "shards" ? countIn({ data }) : null;
    if (count !== null) this.counts.push(count);
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

const SHARDS = Array.from({ length: SHARDS_MAX }, (_, shard) => shard);

/** What a log says of itself, its own keys, it says under its own name. */
const isAtHome = (scope: string, place: number, counts: readonly number[]): boolean =>
  scope.endsWith(`/shard/${place}`) || homesOf(scope, counts).has(place);
