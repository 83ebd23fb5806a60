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
  readonly #key: KeyObject;
  readonly #id: Buffer;
  #seen: Seen | null = null;
  #logKeys: readonly {
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
    keys: readonly { readonly type: number; readonly id: string; readonly publicKey: Uint8Array }[],
  ): void {
    this.#logKeys = keys;
  }

  forget(): void {
    this.#seen = null;
  }

  saw(size: number, root: Uint8Array): void {
    this.#seen = { size, root: Buffer.from(root) };
  }

  async answer(request: Request): Promise<Response> {
    const body = await request.text();
    if (!request.url.endsWith("/add-checkpoint")) return new Response(null, { status: 404 });
    const [head = "", text = "", lines = ""] = body.split("\n\n");
    const [old = "", ...proof] = head.split("\n");
    const [, size = "", root = ""] = text.split("\n");
    if (!this.#isLogs(`${text}\n`, lines)) return new Response(null, { status: 403 });
    const now = { size: Number(size), root: Buffer.from(root, "base64") };
    const seen = this.#seen ?? { size: 0, root: Buffer.of() };
    if (Number(old.slice("old ".length)) !== seen.size)
      return new Response(`${seen.size}\n`, {
        status: 409,
        headers: { "content-type": "text/x.tlog.size" },
      });
    const hashes = proof.map((line) => Buffer.from(line, "base64"));
    if (!isContinued(seen, now, hashes)) return new Response(null, { status: 422 });
    this.#seen = now;
    return new Response(this.#line(`${text}\n`));
  }

  /** The Ed25519 line of a key that it knows. */
  #isLogs(text: string, lines: string): boolean {
    return this.#logKeys.some(({ type, id, publicKey }) => {
      const line = lines
        .split("\n")
        .map((one) => Buffer.from(one.split(" ")[2] ?? "", "base64"))
        .find((bytes) => bytes.subarray(0, 4).toString("hex") === id);
      if (type !== 1 || !line) return false;
      const key = createPublicKey({
        key: Buffer.concat([SPKI, publicKey]),
        format: "der",
        type: "spki",
      });
      return verify(null, Buffer.from(text), key, line.subarray(4));
    });
  }

  #line(text: string): string {
    const time = 1_772_000_000;
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(time));
    const said = this.isLying ? "cosignature/v1\ntime 1\n" : `cosignature/v1\ntime ${time}\n`;
    const signature = sign(null, Buffer.from(said + text), this.#key);
    return `— ${this.name} ${Buffer.concat([this.#id, stamp, signature]).toString("base64")}\n`;
  }
}
