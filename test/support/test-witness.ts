/** A witness as its specification has it, without a line of the product's: read, verify, sign and remember in one step. */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";

const SPKI = Buffer.from("302a300506032b6570032100", "hex");

interface Seen {
  readonly size: number;
  readonly root: Buffer;
}

const node = (left: Buffer, right: Buffer): Buffer =>
  createHash("sha256").update(Buffer.of(1)).update(left).update(right).digest();

const EMPTY = createHash("sha256").digest();
const plain = (status: number): Response => new Response(null, { status });
const DECIMAL = /^(?:0|[1-9]\d*)$/;

/** Canonical base64 of a hash; null: it is none. */
function hashIn(line: string): Buffer | null {
  const bytes = Buffer.from(line, "base64");
  return bytes.length === 32 && bytes.toString("base64") === line ? bytes : null;
}

/** What stands before and after the last, or the first, empty line. */
function parted(text: string, at: number): readonly [string[], string] | null {
  return at > 0 ? [text.slice(0, at).split("\n"), text.slice(at + 2)] : null;
}

/** A checkpoint to the letter of tlog-checkpoint and signed-note. Null: it is none. */
function checkpointIn(note: string) {
  const [[origin = "", size = "", root = "", ...rest], tail] = parted(
    note,
    note.lastIndexOf("\n\n"),
  ) ?? [[], ""];
  const lines = tail.slice(0, -1).split("\n");
  const hash = hashIn(root);
  const isSigned = lines.every((line) => /^\u2014 [^ +]+ [A-Za-z0-9+/]+=*$/.test(line));
  if (hash === null || !DECIMAL.test(size) || [origin, ...rest].includes("")) return null;
  if (!isSigned || !tail.endsWith("\n")) return null;
  const text = note.slice(0, note.length - tail.length - 1);
  return { origin, now: { size: Number(size), root: hash }, text, lines };
}

/** The body of `add-checkpoint`, to the letter of tlog-witness. Null: it is none. */
function parse(body: string) {
  const [[first = "", ...hashes], note] = parted(body, body.indexOf("\n\n")) ?? [[], ""];
  const old = /^old (0|[1-9]\d*)$/.exec(first)?.[1];
  const proof = hashes.map(hashIn);
  const checkpoint = checkpointIn(note);
  if (old === undefined || checkpoint === null || proof.includes(null) || hashes.length > 63)
    return null;
  return { ...checkpoint, old: Number(old), proof: proof.filter((hash) => hash !== null) };
}

/** RFC 9162, 2.1.4.2. */
function isContinued(old: Seen, now: Seen, proof: readonly Buffer[]): boolean {
  if (old.size === 0) return proof.length === 0;
  if (old.size === now.size) return proof.length === 0 && old.root.equals(now.root);
  return climbs(old, now, proof);
}

function climbs(old: Seen, now: Seen, proof: readonly Buffer[]): boolean {
  const path = (old.size & (old.size - 1)) === 0 ? [old.root, ...proof] : [...proof];
  const first = path.shift();
  if (!first) return false;
  let [fn, sn] = [old.size - 1, now.size - 1];
  while (fn & 1) [fn, sn] = [fn >> 1, sn >> 1];
  let [fr, sr] = [first, first];
  for (const c of path) {
    if (sn === 0) return false;
    if (fn & 1 || fn === sn) {
      [fr, sr] = [node(c, fr), node(c, sr)];
      while (!(fn & 1) && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else sr = node(sr, c);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  return sn === 0 && fr.equals(old.root) && sr.equals(now.root);
}

export class TestWitness {
  readonly name: string;
  readonly vkey: string;
  isLying = false;
  /** Zero stands for no time, which the line of a whole tree must not have. */
  time = 1_772_000_000;
  readonly #key: KeyObject;
  readonly #id: Buffer;
  #seen: Seen | null = null;
  /** As it is given to monitors. */
  #last: string | null = null;
  #logKeys: readonly {
    readonly name: string;
    readonly type: number;
    readonly id: string;
    readonly publicKey: Uint8Array;
  }[] = [];

  private constructor(
    name: string,
    { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject },
  ) {
    const raw = publicKey.export({ format: "der", type: "spki" }).subarray(SPKI.length);
    const typed = Buffer.concat([Buffer.of(4), raw]);
    this.name = name;
    this.#key = privateKey;
    this.#id = createHash("sha256").update(`${name}\n`).update(typed).digest().subarray(0, 4);
    this.vkey = `${name}+${this.#id.toString("hex")}+${typed.toString("base64")}`;
  }

  static async make(name: string): Promise<TestWitness> {
    return new TestWitness(name, generateKeyPairSync("ed25519"));
  }

  learn(
    keys: readonly {
      readonly name: string;
      readonly type: number;
      readonly id: string;
      readonly publicKey: Uint8Array;
    }[],
  ): void {
    this.#logKeys = keys;
  }

  forget(): void {
    this.#seen = null;
  }

  saw(size: number, root: Uint8Array): void {
    this.#seen = { size, root: Buffer.from(root) };
  }

  /** One step from the first look to the stored size: nothing in it is waited for but the body. */
  async answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === `/${this.#originHash()}/checkpoint` && request.method === "GET")
      return this.#last === null ? plain(404) : new Response(this.#last);
    if (pathname !== "/add-checkpoint" || request.method !== "POST") return plain(404);
    const asked = parse(Buffer.from(await request.arrayBuffer()).toString("utf8"));
    return asked === null ? plain(400) : this.#judge(asked);
  }

  #judge(asked: NonNullable<ReturnType<typeof parse>>): Response {
    const { old, proof, origin, now, text, lines } = asked;
    if (origin !== this.#origin) return plain(404);
    if (!this.#isLogs(text, lines)) return plain(403);
    if (old > now.size) return plain(400);
    const seen = this.#seen ?? { size: 0, root: EMPTY };
    if (old !== seen.size)
      return new Response(`${seen.size}\n`, {
        status: 409,
        headers: { "content-type": "text/x.tlog.size" },
      });
    if (now.size === 0 && !now.root.equals(EMPTY)) return plain(422);
    if (!isContinued(seen, now, proof)) return plain(422);
    this.#seen = now;
    const line = this.#line(text);
    this.#last = `${text}\n${lines.join("\n")}\n${line}`;
    return new Response(line);
  }

  get #origin(): string | undefined {
    return this.#logKeys[0]?.name;
  }

  #originHash(): string {
    return createHash("sha256")
      .update(this.#origin ?? "")
      .digest("hex");
  }

  /** At least one line of a key that it trusts, and none of such a key that is wrong. It knows Ed25519. */
  #isLogs(text: string, lines: readonly string[]): boolean {
    const known = this.#logKeys.filter(({ type }) => type === 1);
    const own = lines.flatMap((line) => {
      const [, name, encoded = ""] = line.split(" ");
      const bytes = Buffer.from(encoded, "base64");
      const key = known.find((one) => one.name === name && one.id === bytes.toString("hex", 0, 4));
      return key ? [{ key, signature: bytes.subarray(4) }] : [];
    });
    const holds = own.every(({ key: { publicKey }, signature }) =>
      verify(
        null,
        Buffer.from(text),
        createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: "der", type: "spki" }),
        signature,
      ),
    );
    return own.length > 0 && holds;
  }

  #line(text: string): string {
    const { time } = this;
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(time));
    const said = this.isLying ? "cosignature/v1\ntime 1\n" : `cosignature/v1\ntime ${time}\n`;
    const signature = sign(null, Buffer.from(said + text), this.#key);
    return `— ${this.name} ${Buffer.concat([this.#id, stamp, signature]).toString("base64")}\n`;
  }
}
