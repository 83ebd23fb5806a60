/** Enough of HCL's native syntax to read back what is printed, written from the language's specification. */
import type { Json } from "../../src/core/canonical.ts";

export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  /** Attributes; a reference such as `a.b` becomes `{ ref: "a.b" }`. */
  readonly body: Readonly<Record<string, Json>>;
}

const ESCAPED: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  '"': '"',
  "\\": "\\",
};

export function parseHcl(text: string): Block[] {
  return new Parser(text).file();
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  file(): Block[] {
    const blocks: Block[] = [];
    for (this.#space(); this.#at < this.#text.length; this.#space()) blocks.push(this.#block());
    return blocks;
  }

  #block(): Block {
    const type = this.#take(/[A-Za-z_][\w-]*/y);
    const labels: string[] = [];
    for (this.#space(); this.#peek() === '"'; this.#space()) labels.push(this.#string());
    return { type, labels, body: this.#members() };
  }

  /** `{ … }` of a block or an object: attributes and blocks below, one a line. */
  #members(): Record<string, Json> {
    const body = new Map<string, Json>();
    this.#take(/\{/y);
    for (this.#space(); this.#peek() !== "}"; this.#space()) {
      const key = this.#peek() === '"' ? this.#string() : this.#take(/[A-Za-z_][\w-]*/y);
      if (body.has(key)) throw new Error(`\`${key}\` stands twice`);
      this.#blank();
      if (this.#peek() === "{") body.set(key, this.#members());
      else {
        this.#take(/=/y);
        this.#blank();
        body.set(key, this.#value());
      }
      this.#blank();
      this.#take(/\n/y);
    }
    this.#take(/\}/y);
    return Object.fromEntries(body);
  }

  #value(): Json {
    const next = this.#peek();
    if (next === '"') return this.#string();
    if (next === "{")
      return this.#text.startsWith("{}", this.#at) ? this.#empty() : this.#members();
    if (next === "[") return this.#list();
    if (/[-\d]/.test(next)) return Number(this.#take(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y));
    const word = this.#take(/[A-Za-z_][\w.-]*/y);
    if (word === "null") return null;
    return word === "true" || word === "false" ? word === "true" : { ref: word };
  }

  #empty(): Json {
    this.#take(/\{\}/y);
    return {};
  }

  #list(): Json[] {
    const items: Json[] = [];
    this.#take(/\[/y);
    for (this.#space(); this.#peek() !== "]"; this.#space()) {
      items.push(this.#value());
      this.#space();
      if (this.#peek() !== "]") this.#take(/,/y);
    }
    this.#take(/\]/y);
    return items;
  }

  #string(): string {
    let text = "";
    this.#take(/"/y);
    while (this.#peek() !== '"') {
      const [, sign] = this.#matched(/([$%])\1\{/y) ?? [];
      const [, escape, short, long] = sign
        ? []
        : (this.#matched(/\\(?:([nrt"\\])|u([0-9a-f]{4})|U([0-9a-f]{8}))/y) ?? []);
      if (sign) text += `${sign}{`;
      else if (escape) text += ESCAPED[escape];
      else if (short ?? long)
        text += String.fromCodePoint(Number.parseInt(short ?? long ?? "", 16));
      else {
        if (/[$%]\{/y.test(this.#text.slice(this.#at, this.#at + 2))) throw new Error("a template");
        text += this.#take(/[^\\\n\r]/uy);
      }
    }
    this.#take(/"/y);
    return text;
  }

  #peek(): string {
    return this.#text[this.#at] ?? "";
  }

  #blank(): void {
    this.#matched(/[ \t]*/y);
  }

  #space(): void {
    this.#matched(/(?:\s|#[^\n]*(?=\n))*/y);
  }

  #take(pattern: RegExp): string {
    const [found] = this.#matched(pattern) ?? [];
    if (found !== undefined) return found;
    const near = this.#text.slice(this.#at, this.#at + 40);
    throw new Error(`expected ${pattern.source} at ${JSON.stringify(near)}`);
  }

  #matched(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at += match[0].length;
    return match;
  }
}
