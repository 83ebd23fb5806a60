import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import { digestOf } from "../src/core/canonical.ts";
import {
  admitted,
  contentOf,
  type LessonBundle,
  STATISTICS_MAX,
  type TrustedKey,
} from "../src/core/experience/bundle.ts";
import type { Experience, Learned } from "../src/core/experience/experience.ts";
import {
  asksForCare,
  type Counts,
  NOTHING,
  type Statistic,
  subjectOf,
  sum,
} from "../src/core/experience/statistic.ts";
import { type Digest, type Instant, instantOf } from "../src/core/ids.ts";
import { bundleEntry, cautionEntry, trustEntry } from "../src/core/log/experience-entries.ts";
import type { BookRefusal, LessonBookPort, Taught } from "../src/core/ports.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import { areKeys, keyIdOf, type PublicKeys, signedBytes } from "../src/core/signing.ts";
import {
  type KeyPair,
  newSeeds,
  openKeyPair,
  type Seeds,
  verify,
} from "../src/edge/signing/key-pair.ts";
import { postExperience } from "../src/edge/store/blackboard.ts";
import { logOf } from "./bindings.ts";
import { Driver } from "./driver.ts";
import { NamedValues } from "./named-values.ts";

const clock = (): Instant => instantOf(new Date().toISOString());

/** Organisations that one learns from, not a market place (I12). */
const TRUSTED_MAX = 50;
/** Ids of what was learned already. A run tells once, and again only within its own crash. */
const TAUGHT_MAX = 10_000;

interface Values {
  /** The last number given to what was learned. */
  seq: number;
  /** The version of the last bundle. */
  exported: number;
  seeds: Seeds;
}

interface StoredKey {
  readonly key: TrustedKey;
  readonly statistics: readonly Statistic[];
}

/**
 * What all scopes have learned: one for the whole system. Owns: the counts, whose bundles are taken and what they say, which
 * shapes of plans ask for care, and the key that signs bundles.
 *
 * It decides nothing. Whoever decides reads a copy from the blackboard, which may be old: what it says only orders what is
 * eligible, or asks for more care. Order: the record (I10), then one transaction, then the copy. A crash leaves an entry about
 * what nobody was promised, or a copy that the heartbeat makes good.
 */
export class LessonBook extends DurableObject<Env> implements LessonBookPort {
  readonly #driver = new Driver("lesson_book", () => this.#drive());
  readonly lifecycle = Lifecycle.install(this).use(this.#driver);
  readonly #sql = this.ctx.storage.sql;
  readonly #values = new NamedValues<Values>(this.#sql);
  #keyPair: Promise<KeyPair> | null = null;

  onStart(): void {
    const tables = [
      "statistic (subject text primary key, statistic text not null, seq integer not null)",
      "taught (id text primary key, seq integer not null)",
      "trusted (id text primary key, stored text not null)",
      "caution (shape text primary key)",
      // What a person has looked at and found good: counted no more against the shape.
      "pardon (shape text primary key, own integer not null, imported integer not null)",
    ];
    for (const table of tables) this.#sql.exec(`create table if not exists ${table}`);
  }

  async learn({ id, statistics, at }: Taught): Promise<void> {
    await this.lifecycle.start();
    if (statistics.length === 0 || this.#hasTaught(id)) return;
    // Before the counts move, so that what they lead to is in the record before it is in force.
    const raised = this.#raised(statistics);
    await this.#record(
      raised.map((shape) => cautionEntry(shape, { what: "raised", by: "lesson_book", at })),
    );
    this.ctx.storage.transactionSync(() => {
      if (this.#hasTaught(id)) return;
      this.#sql.exec("insert into taught values (?, ?)", id, this.#next());
      this.#sql.exec(
        "delete from taught where seq <= (select max(seq) from taught) - ?",
        TAUGHT_MAX,
      );
      for (const one of statistics) this.#count(one);
      this.#caution(raised);
    });
    await this.#driver.request();
  }

  async experience(): Promise<Experience> {
    await this.lifecycle.start();
    return this.#experience();
  }

  async keys(): Promise<{ readonly own: PublicKeys; readonly trusted: readonly TrustedKey[] }> {
    await this.lifecycle.start();
    const { publicKeys } = await this.#keys();
    return { own: publicKeys, trusted: this.#trusted().map(({ key }) => key) };
  }

  async trust({
    keys,
    label,
    by,
  }: Pick<TrustedKey, "keys" | "label" | "by">): Promise<Result<TrustedKey, BookRefusal>> {
    await this.lifecycle.start();
    const id = keyIdOf(keys);
    const own = keyIdOf((await this.#keys()).publicKeys);
    if (!areKeys(keys) || id === own) return err({ reason: "not_a_key" });
    const before = this.#find(id);
    if (before) return ok(before.key);
    if (this.#trusted().length >= TRUSTED_MAX)
      return err({ reason: "too_many_keys", max: TRUSTED_MAX });
    const at = clock();
    const key: TrustedKey = { id, keys, label, by, at, bundle: null };
    await this.#record([trustEntry(key, { what: "trusted", by, at })]);
    this.#keep({ key, statistics: [] });
    return ok(key);
  }

  async distrust(id: Digest, by: string): Promise<Result<TrustedKey, BookRefusal>> {
    await this.lifecycle.start();
    const stored = this.#find(id);
    if (!stored) return err({ reason: "no_such_key" });
    await this.#record([trustEntry(stored.key, { what: "distrusted", by, at: clock() })]);
    this.#sql.exec("delete from trusted where id = ?", id);
    // Care that was asked for on its word is lifted by a person, like any other.
    await this.#driver.request();
    return ok(stored.key);
  }

  async exported(by: string): Promise<LessonBundle> {
    await this.lifecycle.start();
    const pair = await this.#keys();
    const version = (this.#values.get("exported") ?? 0) + 1;
    const told = this.#own().filter(({ well, badly }) => well + badly > 0);
    const at = clock();
    const content = contentOf(told, { version, at, key: keyIdOf(pair.publicKeys) });
    // A crash after this leaves a version that nobody has; the next one is newer all the same.
    this.#values.set({ exported: version });
    await this.#record([bundleEntry(content, { what: "given", by, at })]);
    return { content, signature: await pair.sign(signedBytes("lessons/v1", content)) };
  }

  async take(
    bundle: LessonBundle,
    by: string,
  ): Promise<Result<{ readonly taken: number; readonly leftOut: number }, BookRefusal>> {
    await this.lifecycle.start();
    const { content, signature } = bundle;
    const stored = this.#find(content.key);
    const isSigned =
      stored !== null &&
      (await verify(signedBytes("lessons/v1", content), signature, stored.key.keys));
    const own = keyIdOf((await this.#keys()).publicKeys);
    const judge = () =>
      admitted(bundle, { own, of: this.#find(content.key)?.key ?? null, isSigned });
    const found = judge();
    if (!found.ok) return found;
    const { statistics, leftOut } = found.value;
    const at = clock();
    const raised = this.#raised([], { key: content.key, statistics });
    await this.#record([
      bundleEntry(content, { what: "taken", by, at }),
      ...raised.map((shape) => cautionEntry(shape, { what: "raised", by: "lesson_book", at })),
    ]);
    // Somebody may have been quicker with a newer one, or have taken the key away.
    const still = judge();
    const now = this.#find(content.key);
    if (!still.ok || now === null) return still.ok ? err({ reason: "no_such_key" }) : still;
    const { version, digest } = content;
    const kept = { version, digest, statistics: statistics.length, at };
    this.ctx.storage.transactionSync(() => {
      this.#keep({ key: { ...now.key, bundle: kept }, statistics });
      this.#caution(raised);
    });
    await this.#driver.request();
    return ok({ taken: statistics.length, leftOut });
  }

  async lift(shape: Digest, by: string): Promise<Result<{ readonly shape: Digest }, BookRefusal>> {
    await this.lifecycle.start();
    if (!this.#cautions().includes(shape)) return err({ reason: "no_such_caution" });
    await this.#record([cautionEntry(shape, { what: "lifted", by, at: clock() })]);
    const { own, imported } = this.#countsOf(shape, this.#own(), this.#others());
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec("delete from caution where shape = ?", shape);
      this.#sql.exec(
        "insert or replace into pardon values (?, ?, ?)",
        shape,
        own.badly,
        imported.badly,
      );
    });
    await this.#driver.request();
    return ok({ shape });
  }

  /** The copy that everybody reads. It throws when it cannot be written, and then it is tried again. */
  async #drive(): Promise<null> {
    await postExperience(this.env.BLACKBOARD, this.#experience());
    return null;
  }

  #experience(): Experience {
    const learned = new Map<Digest, Learned>();
    const add = (one: Statistic, of: "own" | "imported"): void => {
      const { cause, about } = one;
      const subject = subjectOf(one);
      const before = learned.get(subject) ?? { cause, about, own: NOTHING, imported: NOTHING };
      learned.set(subject, { ...before, [of]: sum(before[of], one) });
    };
    for (const one of this.#own()) add(one, "own");
    for (const one of this.#others()) add(one, "imported");
    return { statistics: [...learned.values()], cautions: this.#cautions() };
  }

  /** Shapes that ask for care once `more` is counted, or once `instead` stands for what a key has said, and that do not yet. */
  #raised(
    more: readonly Statistic[],
    instead: { readonly key: Digest; readonly statistics: readonly Statistic[] } | null = null,
  ): readonly Digest[] {
    const own = [...this.#own(), ...more];
    const imported = [
      ...this.#trusted()
        .filter(({ key }) => key.id !== instead?.key)
        .flatMap(({ statistics }) => statistics),
      ...(instead?.statistics ?? []),
    ];
    const known = new Set(this.#cautions());
    const shapes = new Set(
      [...more, ...(instead?.statistics ?? [])].flatMap(({ about }) =>
        about.of === "shape" ? [digestOf(about.changes)] : [],
      ),
    );
    return [...shapes].filter(
      (shape) => !known.has(shape) && asksForCare(this.#unpardoned(shape, own, imported)),
    );
  }

  #unpardoned(shape: Digest, own: readonly Statistic[], imported: readonly Statistic[]) {
    const counts = this.#countsOf(shape, own, imported);
    const [pardon] = this.#sql
      .exec<{ own: number; imported: number }>(
        "select own, imported from pardon where shape = ?",
        shape,
      )
      .toArray();
    return {
      own: less(counts.own, pardon?.own ?? 0),
      imported: less(counts.imported, pardon?.imported ?? 0),
    };
  }

  #countsOf(shape: Digest, own: readonly Statistic[], imported: readonly Statistic[]) {
    const of = (all: readonly Statistic[]): Counts =>
      all
        .filter(({ about }) => about.of === "shape" && digestOf(about.changes) === shape)
        .reduce<Counts>(sum, NOTHING);
    return { own: of(own), imported: of(imported) };
  }

  #count(one: Statistic): void {
    const subject = subjectOf(one);
    const [row] = this.#sql
      .exec<{ statistic: string }>("select statistic from statistic where subject = ?", subject)
      .toArray();
    const before = row ? (JSON.parse(row.statistic) as Statistic) : NOTHING;
    this.#sql.exec(
      "insert or replace into statistic values (?, ?, ?)",
      subject,
      JSON.stringify({ ...one, ...sum(before, one) }),
      this.#next(),
    );
    // What was not heard of for longest makes room.
    this.#sql.exec(
      "delete from statistic where subject not in (select subject from statistic order by seq desc limit ?)",
      STATISTICS_MAX,
    );
  }

  #caution(shapes: readonly Digest[]): void {
    for (const shape of shapes) this.#sql.exec("insert or ignore into caution values (?)", shape);
  }

  #own(): readonly Statistic[] {
    return this.#sql
      .exec<{ statistic: string }>("select statistic from statistic order by subject")
      .toArray()
      .map(({ statistic }) => JSON.parse(statistic) as Statistic);
  }

  #others(): readonly Statistic[] {
    return this.#trusted().flatMap(({ statistics }) => statistics);
  }

  #trusted(): readonly StoredKey[] {
    return this.#sql
      .exec<{ stored: string }>("select stored from trusted order by id")
      .toArray()
      .map(({ stored }) => JSON.parse(stored) as StoredKey);
  }

  #find(id: Digest): StoredKey | null {
    return this.#trusted().find(({ key }) => key.id === id) ?? null;
  }

  #keep(stored: StoredKey): void {
    this.#sql.exec(
      "insert or replace into trusted values (?, ?)",
      stored.key.id,
      JSON.stringify(stored),
    );
  }

  #cautions(): readonly Digest[] {
    return this.#sql
      .exec<{ shape: Digest }>("select shape from caution order by shape")
      .toArray()
      .map(({ shape }) => shape);
  }

  #hasTaught(id: string): boolean {
    return this.#sql.exec("select id from taught where id = ?", id).toArray().length > 0;
  }

  #next(): number {
    const seq = (this.#values.get("seq") ?? 0) + 1;
    this.#values.set({ seq });
    return seq;
  }

  /** Made here, kept here. */
  #keys(): Promise<KeyPair> {
    this.#keyPair ??= openKeyPair(this.#seeds());
    return this.#keyPair;
  }

  #seeds(): Seeds {
    const stored = this.#values.get("seeds");
    if (stored) return stored;
    const seeds = newSeeds();
    this.#values.set({ seeds });
    return seeds;
  }

  async #record(entries: Parameters<ReturnType<typeof logOf>["append"]>[0]): Promise<void> {
    if (entries.length > 0) await logOf(this.env).append(entries);
  }
}

const less = (of: Counts, by: number): Counts => ({ ...of, badly: Math.max(0, of.badly - by) });
