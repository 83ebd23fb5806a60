import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import type { Digest, Instant } from "../src/core/ids.ts";
import type { Entry, RecordedEntry, Source } from "../src/core/log/entry.ts";
import { attachmentKey } from "../src/core/log/leaf.ts";
import { vkeyOf } from "../src/core/log/note.ts";
import type { Appended } from "../src/core/ports.ts";
import { LogConflict } from "../src/edge/store/log-store.ts";
import { Driver } from "./driver.ts";
import { Log } from "./log.ts";
import { LogRefusal } from "./log-publisher.ts";

/** What the vault's objects see of their Worker. */
export interface VaultEnv {
  readonly VAULT: DurableObjectNamespace;
  readonly AUDIT_LOG: DurableObjectNamespace;
  readonly TOKEN_SAFE: DurableObjectNamespace;
  readonly POLICY_REGISTER: DurableObjectNamespace;
  readonly REGISTER: DurableObjectNamespace;
  readonly PASSKEY_RP_ID: string;
  readonly PASSKEY_ORIGINS: string;
  readonly RECORD: R2Bucket;
  readonly CF_API?: Fetcher;
  readonly CF_API_BASE: string;
  readonly CF_API_TOKEN: string;
  /** The record's name: a URL without its scheme, never to be changed. */
  readonly LOG_ORIGIN: string;
  /** Witness, group and quorum lines of a tlog-policy file; empty: none. */
  readonly LOG_WITNESSES: string;
  readonly CF_MINT_TOKEN?: string;
  readonly VAULT_SEAL_KEY?: string;
  readonly TOKEN_ROTATE_DAYS?: string;
}

const READ_MAX = 500;
const WAIT_MS_MAX = 10_000;

/**
 * The record: a transparency log, append-only, with this object as its only writer (log.ts). An entry is durable when
 * `append` returns; readers outside see it about a second later, and `proof` waits for that.
 */
export class AuditLog extends DurableObject<VaultEnv> {
  readonly #driver = new Driver("audit-log", () => this.#drive());
  readonly lifecycle = Lifecycle.install(this).use(this.#driver);
  readonly #waiting = new Set<() => void>();
  #log: Promise<Log> | null = null;
  /** The driver knows that there is work: it need not be told with every append. */
  #isDriven = false;

  /** `source` is the Worker that speaks: set by the entry point, never by the caller. */
  async append(entries: readonly Entry[], source: Source): Promise<Appended> {
    const log = await this.#opened();
    const appended = await log.append(entries, source);
    this.#wakeReaders();
    if (!this.#isDriven) await this.#requestPublication();
    return appended;
  }

  async latest(): Promise<number> {
    return (await this.#opened()).journal.size - 1;
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
    const log = await this.#opened();
    await this.#until(() => log.journal.size > after + 1, waitMs);
    return log.read(after, Math.min(limit, READ_MAX));
  }

  /** The second answer: a proof file, once readers outside see the entry. Null: not yet, ask again. */
  async proof({ index, waitMs }: { index: number; waitMs: number }): Promise<string | null> {
    const log = await this.#opened();
    if (index >= log.journal.published && index < log.journal.size) {
      await this.#requestPublication();
      await this.#until(() => log.journal.published > index, waitMs);
    }
    return log.proofOf(index);
  }

  /** One vkey a line, all that ever signed. */
  async keys(): Promise<readonly string[]> {
    return (await this.#opened()).keys().map(vkeyOf);
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
    await this.append([entry], source);
    await (await this.#opened()).store.erase(attachmentKey("personal", digest));
  }

  /** What is published under this name: the caller has checked that it is one of the log's. */
  async object(path: string): Promise<Uint8Array | null> {
    return (await this.#opened()).store.read(path);
  }

  /** A log that refuses to open is asked again with the next call: what is in its way may be gone by then. */
  async #opened(): Promise<Log> {
    await this.lifecycle.start();
    this.#log ??= this.#open();
    try {
      return await this.#log;
    } catch (fault) {
      this.#log = null;
      throw fault;
    }
  }

  async #open(): Promise<Log> {
    const log = await Log.open({
      storage: this.ctx.storage,
      bucket: this.env.RECORD,
      origin: this.env.LOG_ORIGIN,
      prefix: "",
      nowMs: () => Date.now(),
      sleep: (ms) => scheduler.wait(ms),
      witnesses: this.env.LOG_WITNESSES,
      fetch: (request) => fetch(request),
    });
    // A crash between an append and its request leaves entries that nobody has asked to publish.
    if (log.journal.published < log.journal.size) await this.#requestPublication();
    return log;
  }

  async #requestPublication(): Promise<void> {
    this.#isDriven = true;
    await this.#driver.request();
  }

  async #drive(): Promise<number | null> {
    const log = await this.#opened();
    try {
      await log.stepKeys();
      await log.publish();
    } catch (fault) {
      // The state is in doubt: what is in memory goes, and nothing is appended before the checks of a fresh start hold.
      if (fault instanceof LogRefusal || fault instanceof LogConflict) this.#log = null;
      throw fault;
    }
    this.#wakeReaders();
    // Without an await in between: what is appended from here on asks for its publication itself.
    this.#isDriven = log.journal.published < log.journal.size;
    return this.#isDriven ? Date.now() : null;
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
