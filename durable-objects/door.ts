import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import { instantOf } from "../src/core/ids.ts";
import {
  type Failures,
  logInsFailedEntry,
  type LogInMethod,
} from "../src/core/log/access-entries.ts";
import type { DoorPort } from "../src/core/ports.ts";
import { logOf } from "./bindings.ts";
import { ConfigWatch, type Settings } from "./config-watch.ts";
import { Driver } from "./driver.ts";

/** Failed log-ins make at most one entry in this time, however many there are. */
const TOLD_EVERY_MS = 60_000;
/** Addresses that are kept apart until the record is told; what comes from more is counted without one. */
const ADDRESSES_MAX = 100;

const NOBODY = "";

/**
 * One for the whole swarm. Owns: failed log-ins that the record has not been told of, and which settings it was told of. Attempts that come while one sum is
 * being told are in the next one; a crash after the record has it and before it is forgotten tells the same entry again.
 */
export class Door extends DurableObject<Env> implements DoorPort {
  readonly #driver = new Driver("door", () => this.#tell());
  readonly lifecycle = Lifecycle.install(this).use(this.#driver);
  readonly #sql = this.ctx.storage.sql;
  readonly #config = new ConfigWatch(this.ctx.storage, "swarm");

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql.exec(
      "create table if not exists failed (batch integer not null, method text not null, address text not null, attempts integer not null, first_at text not null, last_at text not null, primary key (batch, method, address))",
    );
    this.#sql.exec(
      "create table if not exists telling (one integer primary key check (one = 1), batch integer not null, told_ms integer not null)",
    );
    this.#sql.exec("insert or ignore into telling values (1, 0, 0)");
  }

  async configured(settings: Settings): Promise<void> {
    await this.lifecycle.start();
    const at = instantOf(new Date().toISOString());
    await this.#config.tell(settings, { at, record: (entries) => logOf(this.env).append(entries) });
  }

  async turnedAway(failures: readonly Failures[]): Promise<void> {
    await this.lifecycle.start();
    const { batch } = this.#telling();
    this.ctx.storage.transactionSync(() => {
      for (const one of failures) this.#count(batch, one);
    });
    await this.#driver.request();
  }

  #telling(): { readonly batch: number; readonly told_ms: number } {
    return this.#sql
      .exec<{ batch: number; told_ms: number }>("select batch, told_ms from telling")
      .one();
  }

  #count(batch: number, { method, address, attempts, firstAt, lastAt }: Failures): void {
    const { apart } = this.#sql
      .exec<{ apart: number }>("select count(*) as apart from failed where batch = ?", batch)
      .one();
    this.#sql.exec(
      "insert into failed values (?1, ?2, ?3, ?4, ?5, ?6) on conflict do update set attempts = attempts + ?4, first_at = min(first_at, ?5), last_at = max(last_at, ?6)",
      batch,
      method,
      apart < ADDRESSES_MAX ? (address ?? NOBODY) : NOBODY,
      attempts,
      firstAt,
      lastAt,
    );
  }

  /** The oldest sum first. From the moment that one is being told, what comes belongs to the next. */
  async #tell(): Promise<number | null> {
    const { batch, told_ms: toldMs } = this.#telling();
    const [oldest] = this.#sql
      .exec<{ batch: number }>("select batch from failed order by batch limit 1")
      .toArray();
    if (oldest === undefined) return null;
    const dueMs = toldMs + TOLD_EVERY_MS;
    if (Date.now() < dueMs) return dueMs;
    if (oldest.batch === batch) this.#sql.exec("update telling set batch = batch + 1");
    const entry = logInsFailedEntry(this.#failures(oldest.batch));
    if (entry) await logOf(this.env).append([entry]);
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec("delete from failed where batch = ?", oldest.batch);
      this.#sql.exec("update telling set told_ms = ?", Date.now());
    });
    return Date.now() + TOLD_EVERY_MS;
  }

  #failures(batch: number): readonly Failures[] {
    return this.#sql
      .exec<{
        method: LogInMethod;
        address: string;
        attempts: number;
        first_at: string;
        last_at: string;
      }>(
        "select method, address, attempts, first_at, last_at from failed where batch = ? order by method, address",
        batch,
      )
      .toArray()
      .map(({ method, address, attempts, first_at, last_at }) => ({
        method,
        address: address === NOBODY ? null : address,
        attempts,
        firstAt: instantOf(first_at),
        lastAt: instantOf(last_at),
      }));
  }
}
