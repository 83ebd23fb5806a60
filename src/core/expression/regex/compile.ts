/**
 * A regular expression to a program for `match.ts`: states without backtracking, so that the time for a match grows with
 * the length of the text alone.
 */
import type { ByteSet } from "./byte-set.ts";
import { Fault } from "./pattern.ts";
import { type Look, type Node, parseRegex } from "./syntax.ts";

export type Instruction =
  | { readonly op: "bytes"; readonly set: ByteSet; readonly next: number }
  | { readonly op: "look"; readonly look: Look; readonly next: number }
  | { readonly op: "split"; next: number; other: number }
  | { readonly op: "match" };

export interface Program {
  readonly kind: "program";
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

export type Compiled =
  | Program
  /** It is wrong: the edge would refuse it. */
  | { readonly kind: "refused"; readonly problem: string; readonly remedy: string }
  /** It may be right, and is not evaluated here. */
  | { readonly kind: "not_assessable"; readonly problem: string };

/** Instructions; the edge's own bound for a compiled expression is some megabytes. */
const SIZE_MAX = 50_000;

export function compileRegex(text: string): Compiled {
  const node = parseRegex(text);
  if (node instanceof Fault) {
    const problem = `the regular expression has ${node.message}`;
    if (!node.isWrong) return { kind: "not_assessable", problem };
    return { kind: "refused", problem, remedy: "write it in the syntax of Rust's regex crate" };
  }
  const builder = new Builder();
  const start = builder.whole(node);
  if (start === null) {
    return {
      kind: "refused",
      problem: "the regular expression is too large",
      remedy: "lower the counts of its repetitions",
    };
  }
  return { kind: "program", instructions: builder.instructions, start };
}

class Builder {
  readonly instructions: Instruction[] = [];

  /** Built from the end: each piece knows what follows it. Null: too large. */
  whole(node: Node): number | null {
    return this.#piece(node, this.#add({ op: "match" }));
  }

  #add(instruction: Instruction): number {
    this.instructions.push(instruction);
    return this.instructions.length - 1;
  }

  #piece(node: Node, next: number): number | null {
    if (this.instructions.length > SIZE_MAX) return null;
    switch (node.kind) {
      case "bytes":
        return this.#add({ op: "bytes", set: node.set, next });
      case "look":
        return this.#add({ op: "look", look: node.look, next });
      case "sequence":
        return node.parts.reduceRight<number | null>(
          (behind, part) => (behind === null ? null : this.#piece(part, behind)),
          next,
        );
      case "choice":
        return this.#choice(node.parts, next);
      case "repeat":
        return this.#repeat(node, next);
    }
  }

  #choice(parts: readonly Node[], next: number): number | null {
    return parts.reduceRight<number | null>((other, part, index) => {
      const one = this.#piece(part, next);
      if (one === null || other === null) return null;
      return index === parts.length - 1 ? one : this.#add({ op: "split", next: one, other });
    }, next);
  }

  #repeat({ inner, min, max }: Extract<Node, { kind: "repeat" }>, next: number): number | null {
    let tail: number | null = max === null ? this.#loop(inner, next) : next;
    const optional = max === null ? 0 : max - min;
    for (let times = 0; times < optional; times += 1) {
      const body: number | null = tail === null ? null : this.#piece(inner, tail);
      if (body === null) return null;
      tail = this.#add({ op: "split", next: body, other: next });
    }
    for (let times = 0; times < min; times += 1) {
      if (tail === null) return null;
      tail = this.#piece(inner, tail);
    }
    return tail;
  }

  #loop(inner: Node, next: number): number | null {
    const split: Instruction = { op: "split", next, other: next };
    const entry = this.#add(split);
    const body = this.#piece(inner, entry);
    if (body === null) return null;
    split.next = body;
    return entry;
  }
}
