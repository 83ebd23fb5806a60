/** `[a-z&&[^aeiou]]`: classes, which may stand inside each other. */
import {
  bytesIn,
  byteRange,
  type ByteSet,
  complement,
  difference,
  intersection,
  noBytes,
  PERL,
  POSIX,
  symmetricDifference,
  union,
  withoutCase,
} from "./byte-set.ts";
import { escapeAt } from "./escape.ts";
import type { Pattern } from "./pattern.ts";

/** The same bound as for groups. */
const NESTING_MAX = 250;

const COMBINED: Readonly<Record<string, (a: ByteSet, b: ByteSet) => ByteSet>> = {
  "&&": intersection,
  "--": difference,
  "~~": symmetricDifference,
};

/** The class that begins here. Case is folded before anything is combined or negated. */
export const classAt = (pattern: Pattern, modes: Modes): ByteSet =>
  new ClassReader(pattern, modes).read(0);

interface Modes {
  /** Ignores case. */
  readonly i: boolean;
  /** Ignores white space and comments, inside classes too. */
  readonly x: boolean;
}

class ClassReader {
  readonly #pattern: Pattern;
  readonly #modes: Modes;

  constructor(pattern: Pattern, modes: Modes) {
    this.#pattern = pattern;
    this.#modes = modes;
  }

  read(depth: number): ByteSet {
    const pattern = this.#pattern;
    if (depth > NESTING_MAX) pattern.refuse("classes too deep inside each other");
    pattern.skip();
    this.#skipIgnored();
    const isNegated = pattern.take("^");
    this.#skipIgnored();
    let left: ByteSet | null = null;
    let combine = COMBINED["&&"];
    let current = this.#leading();
    for (;;) {
      this.#skipIgnored();
      if (pattern.isAtEnd) pattern.refuse("a class that is not closed");
      const operator = pattern.run(/&&|--|~~/y);
      const isEnd = operator === "" && pattern.take("]");
      if (operator !== "" || isEnd) {
        const operand = this.#modes.i ? withoutCase(current) : current;
        left = left === null || combine === undefined ? operand : combine(left, operand);
        if (isEnd) break;
        combine = COMBINED[operator];
        current = noBytes();
        continue;
      }
      current = union(current, this.#item(depth));
    }
    return isNegated ? complement(left) : left;
  }

  #skipIgnored(): void {
    if (this.#modes.x) this.#pattern.skipIgnored();
  }

  /** A bracket or hyphens at the start stand for themselves. */
  #leading(): ByteSet {
    const hyphens = this.#pattern.run(/-+/y);
    if (hyphens !== "") return bytesIn("-");
    return this.#pattern.take("]") ? bytesIn("]") : noBytes();
  }

  #item(depth: number): ByteSet {
    const pattern = this.#pattern;
    if (pattern.peek === "[") return this.#posix() ?? this.read(depth + 1);
    const first = this.#one();
    if (typeof first !== "number") return first;
    this.#skipIgnored();
    const isRange =
      pattern.peek === "-" && !/^-[-\]]/.test(pattern.text.slice(pattern.at, pattern.at + 2));
    if (!isRange) return byteRange(first, first);
    pattern.skip();
    this.#skipIgnored();
    const last = this.#one();
    if (typeof last !== "number") return pattern.refuse("a class as the end of a range");
    if (last < first) pattern.refuse("a range whose end is below its start");
    return byteRange(first, last);
  }

  /** A byte, or a whole set such as `\d`. */
  #one(): number | ByteSet {
    const pattern = this.#pattern;
    if (pattern.isAtEnd) pattern.refuse("a class that is not closed");
    if (pattern.peek !== "\\") return this.#byteOf(this.#char());
    const found = escapeAt(pattern);
    switch (found.kind) {
      case "byte":
        return found.byte;
      case "char":
        return this.#byteOf(found.char);
      case "perl":
        return PERL[found.letter] ?? noBytes();
      case "look":
        return pattern.refuse("an assertion inside a class");
    }
  }

  #char(): string {
    const char = this.#pattern.peek;
    this.#pattern.skip();
    return char;
  }

  #byteOf(char: string): number {
    const code = char.codePointAt(0) ?? 0;
    if (code > 127) this.#pattern.refuse("a character beyond ASCII in a class, without (?u)");
    return code;
  }

  /** Null: it only looks like one, and is a class of these characters. */
  #posix(): ByteSet | null {
    const start = this.#pattern.at;
    const word = this.#pattern.run(/\[:\^?[a-z]+:\]/y);
    const isNegated = word.startsWith("[:^");
    const set = POSIX[word.slice(isNegated ? 3 : 2, -2)];
    if (set === undefined) {
      this.#pattern.at = start;
      return null;
    }
    return isNegated ? complement(set) : set;
  }
}
