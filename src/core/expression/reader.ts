/** Reads the literals of an expression from left to right. What is a literal depends on the type that is wanted. */
import type { Literal, LiteralSet, Span } from "./ast.ts";
import { bytesOfText } from "./bytes.ts";
import { type IpRange, onlyAddress, parseAddress, parseRange, type RangeFault } from "./ip.ts";
import { type ExpressionProblem, Refusal } from "./problem.ts";
import { type Type, typeName } from "./type.ts";

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;
/** Of a raw string. */
const HASHES_MAX = 255;

const RANGE_FAULTS: Readonly<Record<RangeFault, [problem: string, remedy: string]>> = {
  address: ["not an IP address", "write one like 192.0.2.1 or 2001:db8::1"],
  prefix: [
    "not a prefix length",
    "write 0 to 32 behind an IPv4 address, 0 to 128 behind an IPv6 one",
  ],
  host_part: ["the address has bits behind the prefix", "write the network's first address"],
  order: ["the range runs backwards, or mixes IPv4 and IPv6", "write the lower address first"],
};

type Fault = Pick<ExpressionProblem, "problem" | "remedy"> & Partial<ExpressionProblem>;

export class Reader {
  readonly text: string;
  at: number;
  /** White space around an expression says nothing. */
  readonly end: number;

  constructor(text: string) {
    this.text = text;
    this.end = text.trimEnd().length;
    this.at = text.length - text.trimStart().length;
  }

  fail(fault: Fault): never {
    throw new Refusal({ reason: "syntax", offset: this.at, length: 1, ...fault });
  }

  spanFrom(start: number): Span {
    return { start, end: this.at };
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  /** Tabs are no white space inside an expression. */
  skipSpace(): void {
    while (!this.isAtEnd && " \r\n".includes(this.text.charAt(this.at))) this.at += 1;
  }

  startsWith(word: string): boolean {
    return this.at + word.length <= this.end && this.text.startsWith(word, this.at);
  }

  take(word: string): boolean {
    if (!this.startsWith(word)) return false;
    this.at += word.length;
    return true;
  }

  expect(word: string, remedy: string): void {
    if (!this.take(word)) this.fail({ problem: `expected \`${word}\``, remedy });
  }

  /** What `pattern` (sticky) matches here; empty when it does not. */
  run(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const word = pattern.exec(this.text)?.[0].slice(0, this.end - this.at) ?? "";
    this.at += word.length;
    return word;
  }

  literal(type: Type): Literal {
    if (type === "String") return { kind: "bytes", bytes: this.bytes() };
    if (type === "Integer") return { kind: "integer", integer: this.integer() };
    if (type === "IP address") return { kind: "address", address: this.address() };
    return this.#noLiterals(type);
  }

  /** `{…}`: what stands between the braces is separated by spaces. */
  set(type: Type): LiteralSet {
    this.expect("{", "write a set like {1 2 3}, or a named list like $list");
    if (type === "String") return { type, members: this.#members(() => this.bytes()) };
    if (type === "Integer") return { type, members: this.#members(() => this.#integerRange()) };
    if (type === "IP address") return { type, members: this.#members(() => this.#range()) };
    return this.#noLiterals(type);
  }

  #noLiterals(type: Type): never {
    return this.fail({
      reason: "type",
      problem: `there are no literals of type ${typeName(type)}`,
      remedy: "compare an element of it, with an index or `[*]` inside `any()` or `all()`",
    });
  }

  #members<T>(one: () => T): readonly T[] {
    const start = this.at;
    const members: T[] = [];
    for (;;) {
      this.skipSpace();
      if (this.take("}")) return members;
      if (this.isAtEnd) {
        this.fail({ offset: start - 1, problem: "the set is not closed", remedy: "add `}`" });
      }
      if (this.startsWith(",")) {
        this.fail({ problem: "a comma in a set", remedy: "separate its members by spaces" });
      }
      members.push(one());
    }
  }

  integer(): bigint {
    const start = this.at;
    if (this.take("0x")) return this.#digits(start, this.run(/[0-9a-fA-F]*/y), 16);
    if (this.startsWith("0")) return this.#digits(start, this.run(/[0-9a-fA-F]*/y), 8);
    const isNegative = this.take("-");
    const magnitude = this.#digits(start, this.run(/[0-9a-fA-F]*/y), 10);
    return this.#bounded(start, isNegative ? -magnitude : magnitude);
  }

  /** A leading zero means octal, as in C. */
  #digits(start: number, digits: string, radix: 8 | 10 | 16): bigint {
    const fits = { 8: /^[0-7]+$/, 10: /^\d+$/, 16: /^[0-9a-f]+$/i }[radix].test(digits);
    if (!fits) {
      this.at = start;
      this.fail({
        problem: { 8: "not an octal number", 10: "not a number", 16: "not a hexadecimal number" }[
          radix
        ],
        remedy:
          radix === 8 ? "a leading zero means octal: leave it out" : "write digits, without quotes",
      });
    }
    const prefix = { 8: "0o", 10: "", 16: "0x" }[radix];
    const value = BigInt(`${prefix}${digits}`);
    // One beyond the largest is left for the sign.
    return radix === 10 ? value : this.#bounded(start, value);
  }

  #bounded(start: number, value: bigint): bigint {
    if (value >= INT_MIN && value <= INT_MAX) return value;
    this.at = start;
    return this.fail({ problem: "the integer is too large", remedy: "stay within 64 bits" });
  }

  #integerRange(): { first: bigint; last: bigint } {
    const start = this.at;
    const first = this.integer();
    const last = this.take("..") ? this.integer() : first;
    if (last < first) {
      this.at = start;
      this.fail({ problem: "the range runs backwards", remedy: "write the lower number first" });
    }
    return { first, last };
  }

  address(): IpRange {
    const start = this.at;
    const address = parseAddress(this.run(/[0-9a-fA-F:./]+/y));
    if (address !== null) return onlyAddress(address);
    this.at = start;
    const [problem, remedy] = RANGE_FAULTS.address;
    return this.fail({ problem, remedy: `${remedy}; networks stand in a set behind \`in\`` });
  }

  #range(): IpRange {
    const start = this.at;
    const word = this.run(/[0-9a-fA-F:./]+/y);
    const range = parseRange(word);
    if (typeof range !== "string") return range;
    this.at = start;
    const [problem, remedy] = RANGE_FAULTS[range];
    return this.fail({ length: Math.max(1, word.length), problem, remedy });
  }

  /** `"…"`, `r#"…"#`, or bytes like `0a:2f`. */
  bytes(): string {
    if (this.startsWith('"')) return this.quoted();
    if (this.startsWith("r")) return bytesOfText(this.raw());
    const word = this.run(/[0-9a-fA-F]{2}(?:[:.-][0-9a-fA-F]{2})+/y);
    if (word === "") {
      this.fail({ problem: "expected a string", remedy: 'write it in quotes, like "text"' });
    }
    return String.fromCharCode(...word.split(/[:.-]/).map((byte) => Number.parseInt(byte, 16)));
  }

  quoted(): string {
    const start = this.at;
    this.at += 1;
    let bytes = "";
    for (;;) {
      const plain = this.run(/[^"\\]+/y);
      bytes += bytesOfText(plain);
      if (this.isAtEnd) this.#unclosed(start, 'add `"`');
      if (this.take('"')) return bytes;
      bytes += this.#escape(start);
    }
  }

  #escape(start: number): string {
    const from = this.at;
    this.at += 1;
    if (this.isAtEnd) this.#unclosed(start, 'add `"`');
    const plain = this.run(/["\\]/y);
    if (plain !== "") return plain;
    const hex = this.run(/x[0-9a-fA-F]{2}/y);
    if (hex !== "") return String.fromCharCode(Number.parseInt(hex.slice(1), 16));
    const octal = this.run(/[0-3][0-7]{2}/y);
    if (octal !== "") return String.fromCharCode(Number.parseInt(octal, 8));
    this.at = from;
    return this.fail({
      length: 2,
      problem: `\`${this.text.slice(from, from + 2)}\` is no escape in a quoted string`,
      remedy:
        'only \\", \\\\, \\xHH and \\OOO are; a raw string r"…" takes everything as it stands',
    });
  }

  raw(): string {
    const start = this.at;
    const opening = this.run(/r#*"/y);
    const hashes = opening.length - 2;
    if (opening === "" || hashes > HASHES_MAX) {
      this.at = start;
      this.fail({
        problem: "not a raw string",
        remedy: `write r"…", with up to ${HASHES_MAX} # around it`,
      });
    }
    const closing = `"${"#".repeat(hashes)}`;
    const close = this.text.indexOf(closing, this.at);
    if (close < 0 || close + closing.length > this.end) this.#unclosed(start, `add \`${closing}\``);
    const content = this.text.slice(this.at, close);
    this.at = close + closing.length;
    return content;
  }

  /** In quotes a regular expression keeps its backslashes; only `\"` outside a class stands for the quote alone. */
  pattern(): string {
    if (this.startsWith("r")) return this.raw();
    const start = this.at;
    this.expect('"', 'write the regular expression as a string, best as r"…"');
    let pattern = "";
    let inClass = false;
    for (;;) {
      if (this.isAtEnd) this.#unclosed(start, 'add `"`');
      const char = this.text.charAt(this.at);
      this.at += 1;
      if (char === '"' && !inClass) return pattern;
      if (char === "\\" && !this.isAtEnd) {
        const next = this.text.charAt(this.at);
        this.at += 1;
        pattern += next === '"' && !inClass ? next : `\\${next}`;
        continue;
      }
      if (char === "[") inClass = true;
      if (char === "]") inClass = false;
      pattern += char;
    }
  }

  /** List names are lower case; a dot joins the names of Cloudflare's own lists. */
  listName(): string {
    this.expect("$", "write a list as $name");
    const start = this.at;
    const name = this.run(/[a-z0-9_.]*/y);
    if (name === "" || name.startsWith(".") || name.endsWith(".")) {
      this.at = start;
      this.fail({ problem: "not the name of a list", remedy: "names have a-z, 0-9 and _" });
    }
    return name;
  }

  #unclosed(start: number, remedy: string): never {
    return this.fail({ offset: start, problem: "the string is not closed", remedy });
  }
}
