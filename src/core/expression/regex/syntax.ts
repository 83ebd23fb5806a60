/**
 * Regular expressions in the syntax of Rust's `regex` crate, over bytes (the edge's engine turns Unicode off). What
 * would need Unicode tables is refused as not assessable, which is something else than wrong.
 */
import {
  ANY_BYTE,
  bytesIn,
  type ByteSet,
  complement,
  NOT_NEWLINE,
  PERL,
  withoutCase,
} from "./byte-set.ts";
import { bytesOfText } from "../bytes.ts";
import { classAt } from "./class.ts";
import { escapeAt } from "./escape.ts";
import { Fault, Pattern } from "./pattern.ts";

export type Look =
  | "text_start"
  | "text_end"
  | "line_start"
  | "line_end"
  | "word_boundary"
  | "no_word_boundary"
  | "word_start"
  | "word_end"
  | "word_start_half"
  | "word_end_half";

export type Node =
  | { readonly kind: "bytes"; readonly set: ByteSet }
  | { readonly kind: "look"; readonly look: Look }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly parts: readonly Node[] }
  | {
      readonly kind: "repeat";
      readonly inner: Node;
      readonly min: number;
      /** Null: without end. */
      readonly max: number | null;
    };

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
}

const PLAIN: Flags = { i: false, m: false, s: false, x: false };

/** `{2}`, `{2,}`, `{2,5}`: an end that is left out has no space for it, but in the spaced mode. */
const COUNTED = {
  plain: /\{\s*\d+\s*(?:,(?:\s*\d+\s*)?)?\}/y,
  spaced: /\{\s*\d+\s*(?:,\s*(?:\d+\s*)?)?\}/y,
};

/** The same bound as the `regex` crate's. */
const NESTING_MAX = 250;

export function parseRegex(text: string): Node | Fault {
  try {
    const reader = new RegexReader(text);
    return reader.whole();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
}

class RegexReader {
  readonly #pattern: Pattern;
  #flags = PLAIN;
  readonly #names = new Set<string>();
  #depth = 0;

  constructor(text: string) {
    this.#pattern = new Pattern(text);
  }

  whole(): Node {
    const node = this.#choice();
    if (!this.#pattern.isAtEnd) this.#pattern.refuse("a parenthesis that nothing opened");
    return node;
  }

  /** Flags that are set inside a group end with it. */
  #choice(): Node {
    const before = this.#flags;
    const parts = [this.#sequence()];
    while (this.#pattern.take("|")) parts.push(this.#sequence());
    this.#flags = before;
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: "choice", parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    for (;;) {
      this.#skipComments();
      if (this.#pattern.isAtEnd || "|)".includes(this.#pattern.peek)) break;
      const atom = this.#atom();
      if (atom === null) continue;
      parts.push(this.#repeated(atom));
    }
    return { kind: "sequence", parts };
  }

  #skipComments(): void {
    if (this.#flags.x) this.#pattern.skipIgnored();
  }

  #repeated(atom: Node): Node {
    let node = atom;
    for (;;) {
      this.#skipComments();
      const times = this.#times();
      if (times === null) return node;
      // Lazy or greedy: whether something matches is the same.
      this.#pattern.take("?");
      node = { kind: "repeat", inner: node, ...times };
    }
  }

  #times(): { min: number; max: number | null } | null {
    const pattern = this.#pattern;
    if (pattern.take("*")) return { min: 0, max: null };
    if (pattern.take("+")) return { min: 1, max: null };
    if (pattern.take("?")) return { min: 0, max: 1 };
    if (pattern.peek !== "{") return null;
    const counted = pattern.run(COUNTED[this.#flags.x ? "spaced" : "plain"]);
    if (counted === "") pattern.refuse("a `{` that begins no repetition; write `\\{`");
    const [low, high] = counted
      .slice(1, -1)
      .split(",")
      .map((part) => part.trim());
    const min = Number(low);
    if (high === undefined) return { min, max: min };
    if (high === "") return { min, max: null };
    if (Number(high) < min) pattern.refuse("a repetition whose end is below its start");
    return { min, max: Number(high) };
  }

  /** Null: flags were set, nothing stands here. */
  #atom(): Node | null {
    const pattern = this.#pattern;
    const char = pattern.peek;
    if ("*+?{".includes(char)) pattern.refuse(`a \`${char}\` that repeats nothing`);
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        return this.#bytes(classAt(pattern, this.#flags));
      case "\\":
        return this.#escape();
      default:
        pattern.skip();
        return this.#sign(char) ?? this.#text(char);
    }
  }

  #sign(char: string): Node | null {
    const { m, s } = this.#flags;
    switch (char) {
      case ".":
        return { kind: "bytes", set: s ? ANY_BYTE : NOT_NEWLINE };
      case "^":
        return { kind: "look", look: m ? "line_start" : "text_start" };
      case "$":
        return { kind: "look", look: m ? "line_end" : "text_end" };
      default:
        return null;
    }
  }

  /** One character; beyond ASCII it is as many bytes as UTF-8 needs. */
  #text(char: string): Node {
    const bytes = bytesOfText(char);
    const parts = bytes.split("").map((byte) => this.#bytes(bytesIn(byte)));
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: "sequence", parts };
  }

  #bytes(set: ByteSet): Node {
    return { kind: "bytes", set: this.#flags.i ? withoutCase(set) : set };
  }

  #escape(): Node {
    const found = escapeAt(this.#pattern);
    switch (found.kind) {
      case "look":
        return found;
      case "perl":
        return { kind: "bytes", set: PERL[found.letter] ?? complement(ANY_BYTE) };
      case "byte":
        return this.#bytes(bytesIn(String.fromCharCode(found.byte)));
      case "char":
        return this.#text(found.char);
    }
  }

  #group(): Node | null {
    const pattern = this.#pattern;
    pattern.skip();
    this.#depth += 1;
    if (this.#depth > NESTING_MAX) pattern.refuse("groups too deep inside each other");
    const outer = this.#flags;
    const name = pattern.run(/\?P?<[A-Za-z_][\w.[\]]*>/y).replace(/^\?P?/, "");
    if (this.#names.has(name)) pattern.refuse(`two groups of the name \`${name}\``);
    if (name !== "") this.#names.add(name);
    else if (pattern.take("?") && this.#setFlags()) {
      this.#depth -= 1;
      return null;
    }
    const inner = this.#choice();
    this.#flags = outer;
    this.#depth -= 1;
    if (!pattern.take(")")) pattern.refuse("a group that is not closed");
    return inner;
  }

  /** `i-s:` in front of a group, or `i-s)`, which holds to the end of the enclosing one. */
  #setFlags(): boolean {
    const pattern = this.#pattern;
    if (/[=!<]/.test(pattern.peek)) pattern.refuse("look-around, which this language has not");
    const written = pattern.run(/[a-zA-Z]*(?:-[a-zA-Z]+)?/y);
    const end = pattern.peek;
    if (end !== ":" && end !== ")") pattern.refuse("an unknown kind of group");
    if (end === ")" && written === "") pattern.refuse("an empty group of flags");
    const [on = "", off = ""] = written.split("-");
    if (/[^imsUuxR]/.test(on + off)) pattern.refuse("an unknown flag");
    if (on.includes("u")) pattern.giveUp("Unicode mode");
    if (on.includes("R")) pattern.giveUp("CRLF mode");
    const set = (flag: keyof Flags): boolean =>
      on.includes(flag) || (this.#flags[flag] && !off.includes(flag));
    this.#flags = { i: set("i"), m: set("m"), s: set("s"), x: set("x") };
    pattern.skip();
    return end === ")";
  }
}
