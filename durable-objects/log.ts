import { createHash } from "node:crypto";
import { bytesToHex } from "@noble/hashes/utils.js";
import { digestOfText } from "../src/core/canonical.ts";
import { type Instant, instantOf } from "../src/core/ids.ts";
import type { Attached, Attachment, Entry, RecordedEntry, Source } from "../src/core/log/entry.ts";
import { ENVELOPE_TYPE, sealedEnvelope } from "../src/core/log/envelope.ts";
import { keyStep, nextKeyStepMs } from "../src/core/log/key-plan.ts";
import { attachmentKey, attachmentText, decodeLeaf, encodeLeaf } from "../src/core/log/leaf.ts";
import { parseCheckpoint, type SignedCheckpoint } from "../src/core/log/checkpoint.ts";
import {
  consistencyRanges,
  inclusionRanges,
  type Range,
  rangeHash,
} from "../src/core/log/merkle.ts";
import { type NoteKey, vkeyOf } from "../src/core/log/note.ts";
import {
  decodeBundle,
  subtreesIn,
  TILE_WIDTH,
  type TileId,
  tileIn,
  tilePath,
  tilesOfRanges,
} from "../src/core/log/tile.ts";
import { formatProof } from "../src/core/log/tlog-proof.ts";
import type { Appended } from "../src/core/ports.ts";
import { keyIdOf, preAuthEncoding } from "../src/core/signing.ts";
import { type KeyPair, newSeeds, openKeyPair } from "../src/edge/signing/key-pair.ts";
import { type LogSigner, openLogSigner, verifiedKeys } from "../src/edge/signing/log-signer.ts";
import { LogStore } from "../src/edge/store/log-store.ts";
import { cosigned, witnessesIn } from "../src/edge/witness/client.ts";
import { type Leaf, LogJournal, nameOf } from "./log-journal.ts";
import { LogPublisher } from "./log-publisher.ts";

const APPEND_MAX = 1_000;
/** Keys change while nearly everything is published, so that the head that says so is signed by those it names. */
const BACKLOG_MAX = 10_000;
/** Entries of the record's first form that enter the log in one step. */
const LEGACY_BATCH = 500;

export interface LogInput {
  readonly storage: DurableObjectStorage;
  readonly bucket: R2Bucket;
  /** The log's name, in everything that it signs. */
  readonly origin: string;
  /** Before the names of its objects; empty or with a slash at its end. */
  readonly prefix: string;
  /** Before the names of attachments, where several logs share them; left out: the same. */
  readonly attachments?: string;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Witnesses and their quorum, as lines of a trust file. Empty: nobody is asked. */
  readonly witnesses: string;
  readonly fetch: (request: Request) => Promise<Response>;
}

interface OpenSigner {
  readonly signer: LogSigner;
  readonly isRetired: boolean;
}

/**
 * A log at work, on its storage and its bucket. Owns: the order of entries and the keys that sign. `durable` and
 * `published` are two answers: `append` returns the first, `proofOf` waits for the second.
 */
export class Log {
  readonly journal: LogJournal;
  readonly store: LogStore;
  /** Where attachments are. */
  readonly beside: LogStore;
  readonly #input: LogInput;
  readonly #publisher: LogPublisher;
  #signers: readonly OpenSigner[] = [];
  #notary: KeyPair | null = null;

  private constructor(input: LogInput) {
    this.#input = input;
    this.journal = new LogJournal(input.storage, input.origin);
    this.store = new LogStore(input.bucket, input.prefix);
    this.beside = new LogStore(input.bucket, input.attachments ?? input.prefix);
    this.#publisher = new LogPublisher({
      origin: input.origin,
      journal: this.journal,
      store: this.store,
      signers: () =>
        this.#signers.filter(({ isRetired }) => !isRetired).map(({ signer }) => signer),
      keys: () => this.keys(),
      cosign: (note) => this.#cosign(note),
      nowMs: input.nowMs,
      sleep: input.sleep,
    });
  }

  /** Throws when what is stored and what is published are not one history: then nothing can be recorded (I10). */
  static async open(input: LogInput): Promise<Log> {
    const log = new Log(input);
    await log.#openKeys();
    await log.#publisher.check();
    if (log.journal.keys("checkpoint").length === 0) await log.stepKeys();
    await log.#adoptLegacy();
    return log;
  }

  /** Nothing is published that too few witnesses have signed. Entries are durable all the same. */
  #cosign(note: string): Promise<string> {
    const { witnesses, fetch } = this.#input;
    if (witnesses.trim() === "") return Promise.resolve(note);
    const trust = witnessesIn(witnesses, this.keys());
    return cosigned(
      { trust, fetch, verify: holdsFor },
      {
        note,
        published: this.journal.published,
        consistency: (from, size) => this.hashesOf(consistencyRanges(from, size), size),
      },
    );
  }

  get origin(): string {
    return this.#input.origin;
  }

  async #openKeys(): Promise<void> {
    const stored = this.journal.keys("checkpoint");
    this.#signers = await Promise.all(
      stored.map(async ({ seeds, retiredMs }) => ({
        signer: await openLogSigner(this.origin, seeds),
        isRetired: retiredMs !== null,
      })),
    );
    const [notary] = this.journal.keys("notary");
    const seeds = notary?.seeds ?? newSeeds();
    const opened = await openKeyPair(seeds);
    // Another request may have come first while the key was opened.
    if (this.journal.keys("notary").length === 0)
      this.journal.addKey("notary", { generation: 1, seeds, introducedMs: this.#input.nowMs() });
    this.#notary = opened;
  }

  /** Every key that ever signed a checkpoint, oldest first. */
  keys(): readonly NoteKey[] {
    return this.#signers.flatMap(({ signer }) => signer.keys);
  }

  nextKeyStepMs(): number {
    return nextKeyStepMs(this.journal.keys("checkpoint"));
  }

  /** Introduces or retires a key when its time has come. The entry and the key are one transaction. */
  async stepKeys(): Promise<void> {
    if (this.journal.size - this.journal.published > BACKLOG_MAX) return;
    const step = keyStep(this.journal.keys("checkpoint"), this.#input.nowMs());
    if (step === null) return;
    const seeds = newSeeds();
    const signer = step.type === "introduce" ? await openLogSigner(this.origin, seeds) : null;
    const generationOf = step.generation;
    const known = this.journal
      .keys("checkpoint")
      .find(({ generation }) => generation === generationOf);
    if ((signer === null) !== (known !== undefined)) return;
    const nowMs = this.#input.nowMs();
    this.#input.storage.transactionSync(() => {
      if (signer === null) this.journal.retireKey("checkpoint", step.generation, nowMs);
      else
        this.journal.addKey("checkpoint", {
          generation: step.generation,
          seeds,
          introducedMs: nowMs,
        });
      this.#add(
        [
          {
            id: `key/${step.generation}/${step.type}`,
            type: signer === null ? "key_retired" : "key_introduced",
            scope: this.origin,
            at: instant(nowMs),
            actor: "record",
            data: {
              generation: step.generation,
              ...(signer === null
                ? {}
                : { vkeys: signer.keys.map(vkeyOf), ...this.#notaryNamed() }),
              ...(step.type === "introduce" ? { replaces: step.replaces } : {}),
            },
          },
        ],
        { source: "vault", attached: new Map() },
      );
    });
    await this.#openKeys();
  }

  /** Entries that were recorded before there was a tree keep their order, at new indices. */
  async #adoptLegacy(): Promise<void> {
    for (;;) {
      const legacy = this.journal.legacy(LEGACY_BATCH);
      if (legacy.length === 0) return;
      for (const { source, entry } of legacy) await this.append([entry], source);
      this.journal.dropLegacy(legacy.length);
    }
  }

  /**
   * Durable when the caller gets the answer (the output gate holds it until then). The same fact again keeps its index.
   * Attachments are in R2 before the entry that names them; a crash in between leaves objects that nobody names.
   */
  async append(entries: readonly Entry[], source: Source): Promise<Appended> {
    if (entries.length > APPEND_MAX)
      throw new Error(`${entries.length} entries at once, at most ${APPEND_MAX}`);
    const attached = await this.#attach(entries, source);
    return this.#add(entries, { source, attached });
  }

  #add(
    entries: readonly Entry[],
    {
      source,
      attached,
    }: { source: Source; attached: ReadonlyMap<string, Readonly<Record<string, Attached>>> },
  ): Appended {
    const recordedMs = this.#input.nowMs();
    const recordedAt = instant(recordedMs);
    const names = entries.map(({ id }) => nameOf(source, id));
    // Per source: what one Worker says can never stand in for what another one did.
    const indices = new Map(this.journal.known(names));
    const leaves: Leaf[] = [];
    for (const [at, entry] of entries.entries()) {
      const name = names[at] ?? "";
      if (indices.has(name)) continue;
      const index = this.journal.size + leaves.length;
      const text = encodeLeaf({
        entry,
        source,
        origin: this.origin,
        index,
        recordedAt,
        recordedMs,
        timeMs: Date.parse(entry.at),
        attached: attached.get(name) ?? {},
      });
      if (!text.ok) throw new Error(`entry \`${entry.id}\`: ${text.error}`);
      leaves.push({ name, index, text: text.value, hash: leafHashOf(text.value) });
      indices.set(name, index);
    }
    this.journal.append(leaves);
    return { last: this.journal.size - 1, indices: names.map((name) => indices.get(name) ?? -1) };
  }

  /** What is no entry of ours: a checkpoint that a root log takes in. The same name again keeps its index. */
  appendText(name: string, text: string): number {
    const known = this.journal.known([name]).get(name);
    if (known !== undefined) return known;
    const index = this.journal.size;
    this.journal.append([{ name, index, text, hash: leafHashOf(text) }]);
    return index;
  }

  async #attach(entries: readonly Entry[], source: Source) {
    const attached = new Map<string, Readonly<Record<string, Attached>>>();
    const having = entries.filter((entry) => entry.attached !== undefined);
    const known = this.journal.known(having.map(({ id }) => nameOf(source, id)));
    for (const entry of having) {
      const name = nameOf(source, entry.id);
      if (known.has(name)) continue;
      const kept: [string, Attached][] = [];
      for (const [label, attachment] of Object.entries(entry.attached ?? {}))
        kept.push([label, await this.#keep(attachment)]);
      attached.set(name, Object.fromEntries(kept));
    }
    return attached;
  }

  async #keep(attachment: Attachment): Promise<Attached> {
    const { keep, mediaType, text } = attachment.sealed ? await this.#seal(attachment) : attachment;
    const salt = bytesToHex(crypto.getRandomValues(new Uint8Array(16)));
    const stored = attachmentText({ mediaType, text }, salt);
    const digest = digestOfText(stored);
    await this.beside.attach(attachmentKey(keep, digest), stored);
    return { keep, digest, mediaType, bytes: Buffer.byteLength(stored) };
  }

  async #seal({ mediaType, text, keep }: Attachment): Promise<Attachment> {
    if (this.#notary === null) throw new Error("the notary's keys are not open");
    const signature = await this.#notary.sign(preAuthEncoding(mediaType, text));
    return {
      keep,
      mediaType: ENVELOPE_TYPE,
      text: JSON.stringify(sealedEnvelope(mediaType, text, signature)),
    };
  }

  /** Public keys of the notary. */
  notaryKeys() {
    return this.#notary?.publicKeys ?? null;
  }

  /** What the notary's keys are called: whoever has the log's entry knows them from others. */
  #notaryNamed(): { notary?: string } {
    const keys = this.notaryKeys();
    return keys === null ? {} : { notary: keyIdOf(keys) };
  }

  publish(): Promise<boolean> {
    return this.#publisher.publish();
  }

  /** Entries after index `after`, oldest first. Those that have left this storage come from their bundles. */
  async read(after: number, limit: number): Promise<readonly RecordedEntry[]> {
    const first = after + 1;
    if (first >= this.journal.size) return [];
    const rows = this.journal.rows(first, limit);
    if (rows.length > 0) return rows.map(entryIn);
    return (await this.#archived(first, limit)).map((bytes) => entryIn(decoder.decode(bytes)));
  }

  async #archived(first: number, limit: number): Promise<readonly Uint8Array[]> {
    const index = Math.floor(first / TILE_WIDTH);
    const tile = tileIn(this.journal.published, "entries", index);
    const bytes = await this.store.read(tilePath(tile));
    const entries = bytes && decodeBundle(bytes, tile.width);
    if (!entries?.ok) throw new Error(`${tilePath(tile)} cannot be read`);
    return entries.value.slice(first % TILE_WIDTH, (first % TILE_WIDTH) + limit);
  }

  /** Where the fact stands; null: it was never recorded. */
  indexOf(source: Source, id: string): number | null {
    return this.journal.known([nameOf(source, id)]).get(nameOf(source, id)) ?? null;
  }

  /** A proof file under the published checkpoint; null: it does not reach this entry yet. */
  async proofOf(index: number): Promise<string | null> {
    const checkpoint = await this.store.checkpoint();
    const signed = checkpoint === null ? null : parseCheckpoint(checkpoint);
    if (checkpoint === null || !signed?.ok) return null;
    const { size } = signed.value.checkpoint;
    if (index < 0 || index >= size) return null;
    const path = await this.hashesOf(inclusionRanges(index, size), size);
    return formatProof({ index, path, checkpoint });
  }

  /** The root of the tree of `size` leaves, which has been published. */
  async rootAt(size: number): Promise<Uint8Array> {
    const [root] = await this.hashesOf([{ start: 0, end: size }], size);
    if (root === undefined) throw new Error(`no tree of ${size} leaves`);
    return root;
  }

  /** Hashes of subtrees of the published tree of `size` leaves. */
  async hashesOf(ranges: readonly Range[], size: number): Promise<readonly Uint8Array[]> {
    const tiles = new Map<string, Uint8Array>();
    for (const tile of tilesOfRanges(ranges, size)) {
      const bytes = await this.store.read(tilePath(tile));
      if (bytes === null) throw new Error(`${tilePath(tile)} is not there`);
      tiles.set(label(tile), bytes);
    }
    const hashAt = subtreesIn(
      (level, index) => tiles.get(label({ level, index })) ?? new Uint8Array(),
    );
    return ranges.map((range) => rangeHash(hashAt, range));
  }
}

/** The same as `leafHash` of core, with the runtime's hash: it is most of what an append computes. */
const leafHashOf = (text: string): Uint8Array =>
  new Uint8Array(createHash("sha256").update(LEAF).update(text).digest());

const holdsFor = async (signed: SignedCheckpoint, key: NoteKey): Promise<boolean> =>
  (await verifiedKeys(signed, [key])).ok;

const label = ({ level, index }: Pick<TileId, "level" | "index">): string => `${level}/${index}`;

const LEAF = Uint8Array.of(0);

const instant = (ms: number): Instant => instantOf(new Date(ms).toISOString());

const decoder = new TextDecoder();

function entryIn(text: string): RecordedEntry {
  const leaf = decodeLeaf(text);
  if (!leaf.ok) throw new Error(`an entry of the log ${leaf.error}`);
  return leaf.value.entry;
}
