/** What makes an agent a voter: its keys, made in its own storage and never given out, and the votes that it has cast. */
import {
  type Ballot,
  BALLOT_TTL_MS,
  type Motion,
  said,
  type SignedBallot,
} from "../../src/core/ballot.ts";
import { type Digest, type Instant, instantOf, isVoterId, mint } from "../../src/core/ids.ts";
import type { Permit, SignedPermit } from "../../src/core/permit.ts";
import type { RegisterPort } from "../../src/core/ports.ts";
import type { Result } from "../../src/core/result.ts";
import { keyIdOf, signedBytes } from "../../src/core/signing.ts";
import type {
  Introduction,
  RegisterRefusal,
  SignedIntroduction,
} from "../../src/core/voter-register.ts";
import {
  type KeyPair,
  newSeeds,
  openKeyPair,
  type Seeds,
} from "../../src/edge/signing/key-pair.ts";

/** Keys sign for so long; then the voter makes new ones by itself. */
const KEY_AGE_MAX_MS = 90 * 24 * 60 * 60_000;

const instant = (ms: number): Instant => instantOf(new Date(ms).toISOString());

/** What a voter says of a motion, signed or not. */
export type Judgement = Pick<Ballot, "vote" | "reasons" | "tier">;

interface StoredKey {
  readonly seeds: Seeds;
  readonly madeAt: number;
  /** `made`: it has no voice yet. `in_force`: the register counts it. */
  readonly state: "made" | "in_force";
}

export class Booth {
  readonly #sql: SqlStorage;
  readonly #register: RegisterPort;
  readonly #opened = new Map<string, Promise<KeyPair>>();

  constructor({ sql }: DurableObjectStorage, register: RegisterPort) {
    this.#sql = sql;
    this.#register = register;
    sql.exec(
      "create table if not exists key (position integer primary key autoincrement, stored text not null)",
    );
    sql.exec(
      "create table if not exists ballot (epoch integer primary key, plan_digest text not null, signed text not null)",
    );
  }

  /**
   * One ballot per scope and epoch: the first is stored before it is sent, and asked again about the same motion the same
   * ballot comes back. Another plan for the same epoch gets no ballot at all.
   */
  async vote(
    name: string,
    motion: Motion,
    judge: (nowMs: number) => Promise<Judgement>,
  ): Promise<SignedBallot> {
    const before = this.#cast(motion);
    if (before) return before;
    const keys = await this.#keyInForce(name, motion.scope);
    const now = Date.now();
    const { vote, reasons, tier } = await judge(now);
    const ballot: Ballot = {
      version: 2,
      voter: mint(isVoterId, name),
      suite: keys.publicKeys.suite,
      key: keyIdOf(keys.publicKeys),
      ...motion,
      vote,
      reasons,
      tier,
      castAt: instant(now),
      expiresAt: instant(now + BALLOT_TTL_MS),
    };
    const signed: SignedBallot = {
      ballot,
      signature: await keys.sign(signedBytes("ballot/v2", ballot)),
    };
    // Judging left this object's thread: another request may have voted meanwhile, and then that ballot stands.
    const meanwhile = this.#cast(motion);
    if (meanwhile) return meanwhile;
    const { epoch, planDigest } = motion;
    this.#sql.exec(
      "insert into ballot values (?, ?, ?)",
      epoch,
      planDigest,
      JSON.stringify(signed),
    );
    return signed;
  }

  /** A statement that is no vote: as often as it is asked for, with the key that votes. */
  async permit(
    name: string,
    of: Omit<Permit, "version" | "voter" | "suite" | "key">,
  ): Promise<SignedPermit> {
    const keys = await this.#keyInForce(name, of.scope);
    const { suite } = keys.publicKeys;
    const voter = mint(isVoterId, name);
    const permit: Permit = { version: 1, voter, suite, key: keyIdOf(keys.publicKeys), ...of };
    return { permit, signature: await keys.sign(signedBytes("permit/v1", permit)) };
  }

  /** Asks for its seat with the keys that it signs with. What the register says of them, the register shows. */
  async enrol(name: string, scope: Motion["scope"]): Promise<SignedIntroduction> {
    const known = this.#keys().findLast(({ state }) => state === "in_force");
    const seeds = known?.seeds ?? this.#next();
    const introduction = await this.#introduction({ name, scope }, seeds, null);
    const entered = await this.#register.introduce(introduction);
    if (entered.ok && entered.value.standing === "in_force") this.#enter(seeds);
    return introduction;
  }

  async rotate(
    name: string,
    scope: Motion["scope"],
  ): Promise<Result<{ readonly key: Digest }, RegisterRefusal>> {
    const current = await this.#keyInForce(name, scope);
    return this.#introduce({ name, scope }, this.#next(), current);
  }

  #cast(motion: Motion): SignedBallot | null {
    const [row] = this.#sql
      .exec<{ signed: string }>("select signed from ballot where epoch = ?", motion.epoch)
      .toArray();
    const before = said(row ? (JSON.parse(row.signed) as SignedBallot) : null, motion);
    if (!before.ok) throw new Error(`has voted on another plan in epoch ${motion.epoch}`);
    return before.value;
  }

  /** The newest keys that the register knows. Without any, the first are made; old ones are followed by new ones. */
  async #keyInForce(name: string, scope: Motion["scope"]): Promise<KeyPair> {
    const known = this.#keys().findLast(({ state }) => state === "in_force");
    if (known) {
      const keys = await this.#open(known.seeds);
      if (Date.now() - known.madeAt < KEY_AGE_MAX_MS) return keys;
      const next = this.#next();
      const entered = await this.#introduce({ name, scope }, next, keys);
      // The old keys go on where the new ones are refused: it is the register that says which count.
      return entered.ok ? this.#open(next) : keys;
    }
    const first = this.#next();
    await this.#introduce({ name, scope }, first, null);
    return this.#open(first);
  }

  async #introduce(
    { name, scope }: { readonly name: string; readonly scope: Motion["scope"] },
    seeds: Seeds,
    current: KeyPair | null,
  ): Promise<Result<{ readonly key: Digest }, RegisterRefusal>> {
    const signed = await this.#introduction({ name, scope }, seeds, current);
    const entered = await this.#register.introduce(signed);
    if (!entered.ok) return entered;
    // Keys that wait for people stay the newest ones: asked about again with every vote, until they count.
    if (entered.value.standing === "in_force") this.#enter(seeds);
    return entered;
  }

  async #introduction(
    { name, scope }: { readonly name: string; readonly scope: Motion["scope"] },
    seeds: Seeds,
    current: KeyPair | null,
  ): Promise<SignedIntroduction> {
    const keys = await this.#open(seeds);
    const introduction: Introduction = {
      version: 1,
      scope,
      voter: mint(isVoterId, name),
      keys: keys.publicKeys,
      at: instant(Date.now()),
    };
    const bytes = signedBytes("introduction/v1", introduction);
    return {
      introduction,
      proof: await keys.sign(bytes),
      vouching: current && {
        key: keyIdOf(current.publicKeys),
        signature: await current.sign(bytes),
      },
    };
  }

  #keys(): readonly StoredKey[] {
    return this.#sql
      .exec<{ stored: string }>("select stored from key order by position")
      .toArray()
      .map(({ stored }) => JSON.parse(stored) as StoredKey);
  }

  /** Stored before anybody hears of them; those that were never entered (a crash, a refusal) are asked for again. */
  #next(): Seeds {
    const made = this.#keys().find(({ state }) => state === "made");
    if (made) return made.seeds;
    const seeds = newSeeds();
    const stored: StoredKey = { seeds, madeAt: Date.now(), state: "made" };
    this.#sql.exec("insert into key (stored) values (?)", JSON.stringify(stored));
    return seeds;
  }

  #enter(seeds: Seeds): void {
    const stored = this.#keys();
    const position = stored.findIndex((one) => JSON.stringify(one.seeds) === JSON.stringify(seeds));
    const found = stored[position];
    if (!found) throw new Error("these keys are not this voter's");
    this.#sql.exec(
      "update key set stored = ? where position = (select position from key order by position limit 1 offset ?)",
      JSON.stringify({ ...found, state: "in_force" } satisfies StoredKey),
      position,
    );
  }

  #open(seeds: Seeds): Promise<KeyPair> {
    const name = JSON.stringify(seeds);
    const known = this.#opened.get(name) ?? openKeyPair(seeds);
    this.#opened.set(name, known);
    return known;
  }
}
