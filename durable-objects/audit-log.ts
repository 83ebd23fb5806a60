import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import { canonicalise } from "../src/core/canonical.ts";
import { type Digest, type Instant, instantOf } from "../src/core/ids.ts";
import type { Entry, RecordedEntry, Source } from "../src/core/log/entry.ts";
import { attachmentKey } from "../src/core/log/leaf.ts";
import { vkeyOf } from "../src/core/log/note.ts";
import { originAt, type Place, placeOf, prefixOf } from "../src/core/log/shards.ts";
import type { AnchoredProof, Appended, Notary } from "../src/core/ports.ts";
import { SHIPPED } from "../src/edge/cedar/shipped.ts";
import { LogConflict } from "../src/edge/store/log-store.ts";
import { ConfigWatch } from "./config-watch.ts";
import { Driver } from "./driver.ts";
import { Log } from "./log.ts";
import { nameOf } from "./log-journal.ts";
import { LogRefusal } from "./log-publisher.ts";
import { ORCHESTRATION } from "./orchestration.ts";
import {
  type Admitted,
  type Claim,
  type Peer,
  peerIn,
  shardCount,
  Sharding,
} from "./log-sharding.ts";

/** What the vault's objects see of their Worker. */
export interface VaultEnv {
  readonly VAULT: DurableObjectNamespace;
  readonly AUDIT_LOG: DurableObjectNamespace;
  readonly TOKEN_SAFE: DurableObjectNamespace;
  readonly POLICY_REGISTER: DurableObjectNamespace;
  readonly REGISTER: DurableObjectNamespace;
  readonly PASSKEY_RP_ID: string;
  readonly PASSKEY_ORIGINS: string;
  readonly PASSKEYS_BEGIN_AGAIN: string;
  readonly RECORD: R2Bucket;
  readonly CF_API?: Fetcher;
  readonly CF_API_BASE: string;
  readonly CF_API_TOKEN: string;
  /** The record's name: a URL without its scheme, never to be changed. */
  readonly LOG_ORIGIN: string;
  /** How many logs the scopes are spread over; 1: one log. May be changed; what was recorded stays where it is. */
  readonly LOG_SHARDS: string;
  /** Witness, group and quorum lines of a tlog-policy file; empty: none. */
  readonly LOG_WITNESSES: string;
  readonly AWS_ACCOUNT_ID: string;
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
  readonly AWS_SESSION_TOKEN?: string;
  readonly CF_MINT_TOKEN?: string;
  readonly VAULT_SEAL_KEY?: string;
  readonly TOKEN_ROTATE_DAYS?: string;
}

const READ_MAX = 500;
const WAIT_MS_MAX = 10_000;

interface Opened {
  readonly log: Log;
  readonly sharding: Sharding;
}

/**
 * A log of the record: a transparency log, append-only, with this object as its only writer (log.ts). An entry is durable
 * when `append` returns; readers outside see it about a second later, and `proof` waits for that. Which log it is, its name
 * says: the first, a shard, or the root log over the shards' checkpoints (log-sharding.ts).
 */
export class AuditLog extends DurableObject<VaultEnv> implements Peer {
  readonly #driver = new Driver("audit-log", () => this.#drive());
  readonly lifecycle = Lifecycle.install(this).use(this.#driver);
  readonly #waiting = new Set<() => void>();
  #log: Promise<Opened> | null = null;
  /** The driver knows that there is work: it need not be told with every append. */
  #isDriven = false;

  get #place(): Place {
    const place = placeOf(this.lifecycle.name);
    if (place === null) throw new Error(`the record has no log called \`${this.lifecycle.name}\``);
    return place;
  }

  /**
   * `source` is the Worker that speaks: set by the entry point, never by the caller. `shards` is what it has been sent
   * here by: another count than ours is of another deployment, and would spread a scope over two logs.
   */
  async append(entries: readonly Entry[], source: Source, shards: number): Promise<Appended> {
    const { log, sharding } = await this.#opened();
    if (this.#place === "root" || shards !== shardCount(this.env))
      throw new Error(`entries of ${shards} shards do not belong into \`${this.lifecycle.name}\``);
    const before = await sharding.toldBefore(entries, source);
    const isNew = ({ id }: Entry): boolean => !before.has(nameOf(source, id));
    const { last, indices } = await log.append(entries.filter(isNew), source);
    this.#wakeReaders();
    if (!this.#isDriven) await this.#requestPublication();
    if (before.size === 0) return { last, indices };
    const rest = [...indices];
    const all = entries.map(({ id }) => before.get(nameOf(source, id)) ?? rest.shift() ?? -1);
    return { last, indices: all };
  }

  async latest(): Promise<number> {
    return (await this.#opened()).log.journal.size - 1;
  }

  async enrol(count: number): Promise<readonly number[]> {
    const { log, sharding } = await this.#opened();
    return sharding.enrol(log, count);
  }

  /** How many shards have entries, or had. */
  async shards(): Promise<number> {
    return Math.max(...(await this.#opened()).sharding.counts);
  }

  async known(names: readonly string[]): Promise<readonly (readonly [string, number])[]> {
    return [...(await this.#opened()).log.journal.known(names)];
  }

  async admit(claim: Claim): Promise<Admitted> {
    const { log, sharding } = await this.#opened();
    if (this.#place !== "root") throw new Error("only the root log takes in checkpoints");
    const admitted = sharding.admit(log, claim);
    if (!this.#isDriven) await this.#requestPublication();
    return admitted;
  }

  async admitted(place: number): Promise<Admitted | null> {
    return (await this.#opened()).sharding.admitted(place);
  }

  /** The third answer: the entry's shard is in the root log with a checkpoint over it. Null: not yet, ask again. */
  async anchored(query: { index: number; waitMs: number }): Promise<AnchoredProof | null> {
    const { log, sharding } = await this.#opened();
    if (!sharding.isAnchored || query.index >= log.journal.size) return null;
    const reaches = (): boolean =>
      (sharding.admitted(Number(this.#place))?.size ?? 0) > query.index;
    if (!reaches()) await this.#requestPublication();
    await this.#until(reaches, query.waitMs);
    return sharding.proofOf(log, query);
  }

  async read({
    after,
    limit,
    waitMs,
  }: {
    after: number;
    limit: number;
    waitMs: number;
  }): Promise<readonly RecordedEntry[]> {
    const { log } = await this.#opened();
    await this.#until(() => log.journal.size > after + 1, waitMs);
    const entries = await log.read(after, Math.min(limit, READ_MAX));
    const shard = Number(this.#place);
    return shard === 0 ? entries : entries.map((entry) => ({ ...entry, shard }));
  }

  /** The second answer: a proof file, once readers outside see the entry. Null: not yet, ask again. */
  async proof({ index, waitMs }: { index: number; waitMs: number }): Promise<string | null> {
    const { log } = await this.#opened();
    if (index >= log.journal.published && index < log.journal.size) {
      await this.#requestPublication();
      await this.#until(() => log.journal.published > index, waitMs);
    }
    return log.proofOf(index);
  }

  /** One vkey a line, all that ever signed. */
  async keys(): Promise<readonly string[]> {
    return (await this.#opened()).log.keys().map(vkeyOf);
  }

  /** Whose seals are on plans. */
  async notary(): Promise<Notary> {
    const { log } = await this.#opened();
    const keys = log.notaryKeys();
    if (keys === null) throw new Error("the notary's keys are not open");
    return { log: log.origin, keys };
  }

  /** The entry first (I10): a crash in between leaves an entry, and the request is made again. */
  async erase(
    { digest, by, at }: { digest: Digest; by: string; at: Instant },
    source: Source,
  ): Promise<void> {
    const id = `erasure/${digest}`;
    const entry = {
      id,
      type: "erasure",
      scope: "record",
      at,
      actor: by,
      data: { digest },
    } as const;
    await this.append([entry], source, shardCount(this.env));
    await (await this.#opened()).log.beside.erase(attachmentKey("personal", digest));
  }

  /** What is published under this name: the caller has checked that it is one of the log's. */
  async object(path: string): Promise<Uint8Array | null> {
    return (await this.#opened()).log.store.read(path);
  }

  /** A log that refuses to open is asked again with the next call: what is in its way may be gone by then. */
  async #opened(): Promise<Opened> {
    await this.lifecycle.start();
    this.#log ??= this.#open();
    try {
      return await this.#log;
    } catch (fault) {
      this.#log = null;
      throw fault;
    }
  }

  async #open(): Promise<Opened> {
    const place = this.#place;
    const log = await Log.open({
      storage: this.ctx.storage,
      bucket: this.env.RECORD,
      origin: originAt(this.env.LOG_ORIGIN, place),
      prefix: prefixOf(place),
      attachments: "",
      nowMs: () => Date.now(),
      sleep: (ms) => scheduler.wait(ms),
      witnesses: this.env.LOG_WITNESSES,
      fetch: (request) => fetch(request),
    });
    const sharding = new Sharding({
      storage: this.ctx.storage,
      place,
      count: shardCount(this.env),
      peer: peerIn(this.env.AUDIT_LOG),
      nowMs: () => Date.now(),
    });
    await sharding.join(log);
    if (place === 0) await this.#tellConfig(log);
    // A crash between an append and its request leaves entries that nobody has asked to publish.
    if (log.journal.published < log.journal.size) await this.#requestPublication();
    return { log, sharding };
  }

  /** Before anything is recorded under other settings, that they are others. */
  #tellConfig(log: Log): Promise<void> {
    const { env } = this;
    const settings = {
      orchestration: canonicalise(ORCHESTRATION),
      policies: canonicalise(SHIPPED),
      CF_API_BASE: env.CF_API_BASE,
      LOG_ORIGIN: env.LOG_ORIGIN,
      LOG_SHARDS: env.LOG_SHARDS,
      LOG_WITNESSES: env.LOG_WITNESSES,
      PASSKEY_RP_ID: env.PASSKEY_RP_ID,
      PASSKEY_ORIGINS: env.PASSKEY_ORIGINS,
      AWS_ACCOUNT_ID: env.AWS_ACCOUNT_ID,
      TOKEN_ROTATE_DAYS: env.TOKEN_ROTATE_DAYS ?? "",
    };
    const at = instantOf(new Date().toISOString());
    const record = (entries: readonly Entry[]) => log.append(entries, "vault");
    return new ConfigWatch(this.ctx.storage, "vault").tell(settings, { at, record });
  }

  async #requestPublication(): Promise<void> {
    this.#isDriven = true;
    await this.#driver.request();
  }

  async #drive(): Promise<number | null> {
    const { log, sharding } = await this.#opened();
    let anchorAtMs: number | null = null;
    try {
      await log.stepKeys();
      await log.publish();
      anchorAtMs = await sharding.anchor(log);
    } catch (fault) {
      // The state is in doubt: what is in memory goes, and nothing is appended before the checks of a fresh start hold.
      if (fault instanceof LogRefusal || fault instanceof LogConflict) this.#log = null;
      throw fault;
    }
    this.#wakeReaders();
    // Without an await in between: what is appended from here on asks for its publication itself.
    this.#isDriven = log.journal.published < log.journal.size;
    return this.#isDriven ? Date.now() : anchorAtMs;
  }

  #wakeReaders(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Until `done` holds, or the time is over. */
  async #until(done: () => boolean, waitMs: number): Promise<void> {
    const deadline = Date.now() + Math.min(waitMs, WAIT_MS_MAX);
    while (!done() && Date.now() < deadline) await this.#woken(deadline - Date.now());
  }

  #woken(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      this.#waiting.add(wake);
    });
  }
}
