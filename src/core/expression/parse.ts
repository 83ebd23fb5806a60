/**
 * Expression text to a typed tree. The language is read without a lexer of its own, as the edge's engine does it:
 * operators need no space around them, and what a literal is depends on the type of what it is compared with.
 */
import {
  type Access,
  type Argument,
  type Condition,
  conditionType,
  type Index,
  type Logical,
} from "./ast.ts";
import { checkCall } from "./call-types.ts";
import { CLOUDFLARE } from "./functions.ts";
import { nearestName } from "./nearest-name.ts";
import { type ExpressionProblem, Refusal } from "./problem.ts";
import { Reader } from "./reader.ts";
import { err, ok, type Result } from "../result.ts";
import type { FunctionSpec, Scheme } from "./scheme.ts";
import { readOperator, readTest } from "./read-test.ts";
import { itemOf, type Type, typeName } from "./type.ts";

/** Cloudflare's limit for one expression, in characters. */
export const CHARS_MAX = 4_096;
/** Parentheses, `not` and calls inside each other; the edge's engine stops there too. */
const NESTING_MAX = 128;

/** A condition: what a rule's `expression` has to be. */
export const parseExpression = (
  text: string,
  scheme: Scheme = CLOUDFLARE,
): Result<Condition, ExpressionProblem> =>
  whole({ text, scheme, place: "condition" }, (parser) => {
    const condition = parser.condition();
    const type = conditionType(condition);
    if (type !== "Boolean") {
      parser.reader.fail({
        reason: "type",
        offset: condition.span.start,
        length: condition.span.end - condition.span.start,
        problem: `the expression is of type ${typeName(type)}`,
        remedy: "put it into `any()` or `all()`",
      });
    }
    return condition;
  });

/** A value: what computes a target URL or the content of a header. It has to be text. */
export const parseValue = (
  text: string,
  scheme: Scheme = CLOUDFLARE,
): Result<Argument, ExpressionProblem> =>
  whole({ text, scheme, place: "value" }, (parser) => {
    const start = parser.reader.at;
    const value = parser.argument();
    if (value.kind !== "bytes" && (value.kind !== "access" || value.type !== "String")) {
      parser.reader.fail({
        reason: "type",
        offset: start,
        problem: "the value is not a String",
        remedy: "use a field or function that gives text, or `to_string()`",
      });
    }
    return value;
  });

interface Source {
  readonly text: string;
  readonly scheme: Scheme;
  /** Some functions are for values alone. */
  readonly place: "condition" | "value";
}

function whole<T>(source: Source, read: (parser: Parser) => T): Result<T, ExpressionProblem> {
  const { text } = source;
  if (text.length > CHARS_MAX) {
    return err({
      reason: "limit",
      offset: CHARS_MAX,
      length: text.length - CHARS_MAX,
      problem: `the expression has ${text.length} characters`,
      remedy: `keep it within ${CHARS_MAX}, for example with a list or a second rule`,
    });
  }
  try {
    const parser = new Parser(source);
    const value = read(parser);
    parser.end();
    return ok(value);
  } catch (thrown) {
    if (thrown instanceof Refusal) return err(thrown.problem);
    throw thrown;
  }
}

/** Loosest first. */
const LOGICALS: readonly (readonly [Logical, readonly string[]])[] = [
  ["or", ["or", "||"]],
  ["xor", ["xor", "^^"]],
  ["and", ["and", "&&"]],
];

const IDENTIFIER = /[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*/y;

class Parser {
  readonly reader: Reader;
  readonly #scheme: Scheme;
  readonly #place: Source["place"];
  /** How often each function was called. */
  readonly #calls = new Map<string, number>();
  #depth = 0;

  constructor({ text, scheme, place }: Source) {
    this.reader = new Reader(text);
    this.#scheme = scheme;
    this.#place = place;
  }

  end(): void {
    if (this.reader.isAtEnd) return;
    this.reader.skipSpace();
    const isTab = this.reader.startsWith("\t");
    this.reader.fail({
      problem: isTab ? "a tab between the words" : "the expression goes on where it should end",
      remedy: isTab
        ? "use spaces or line breaks"
        : "join conditions by `and`, `or` or `xor`, and close what was opened",
    });
  }

  condition(level = 0): Condition {
    return this.#joined(level, null);
  }

  /** Conditions joined by the operators of `level` and tighter ones; `first` was read already. */
  #joined(level: number, first: Condition | null): Condition {
    const [operator, words] = LOGICALS[level] ?? [];
    if (operator === undefined || words === undefined) return first ?? this.#simple();
    const left = this.#joined(level + 1, first);
    const operands = [left];
    while (this.#takeLogical(words)) operands.push(this.#operand(left, level));
    if (operands.length === 1) return left;
    return { kind: "combined", operator, operands, span: this.reader.spanFrom(left.span.start) };
  }

  #takeLogical(words: readonly string[]): boolean {
    const before = this.reader.at;
    this.reader.skipSpace();
    if (words.some((word) => this.reader.take(word))) {
      this.reader.skipSpace();
      return true;
    }
    this.reader.at = before;
    return false;
  }

  #operand(left: Condition, level: number): Condition {
    const right = this.#joined(level + 1, null);
    const [leftType, rightType] = [conditionType(left), conditionType(right)];
    if ((leftType === "Boolean") !== (rightType === "Boolean")) {
      this.reader.fail({
        reason: "type",
        offset: right.span.start,
        length: right.span.end - right.span.start,
        problem: `${typeName(leftType)} is joined with ${typeName(rightType)}`,
        remedy: "reduce the array to one value by `any()` or `all()`",
      });
    }
    return right;
  }

  #simple(): Condition {
    const { reader } = this;
    const start = reader.at;
    if (reader.take("(")) {
      return this.#nested(() => {
        reader.skipSpace();
        const inner = this.condition();
        reader.skipSpace();
        reader.expect(")", "close the parenthesis that was opened");
        return inner;
      });
    }
    if (reader.take("not") || reader.take("!")) {
      return this.#nested(() => {
        reader.skipSpace();
        const operand = this.#simple();
        return { kind: "not", operand, span: reader.spanFrom(start) };
      });
    }
    return this.#constant() ?? this.#comparison(this.#access());
  }

  #constant(): Condition | null {
    if (!this.#scheme.constants) return null;
    const { reader } = this;
    const start = reader.at;
    const value = reader.run(IDENTIFIER) === "true";
    if (["true", "false"].includes(reader.text.slice(start, reader.at))) {
      return { kind: "constant", value, span: reader.spanFrom(start) };
    }
    reader.at = start;
    return null;
  }

  #nested<T>(read: () => T): T {
    if (this.#depth >= NESTING_MAX) {
      this.reader.fail({
        reason: "limit",
        problem: `more than ${NESTING_MAX} levels of nesting`,
        remedy: "write it flatter, or as several rules",
      });
    }
    this.#depth += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #comparison(left: Access): Condition {
    const test = readTest(this.reader, left, this.#scheme);
    return { kind: "comparison", left, test, span: this.reader.spanFrom(left.span.start) };
  }

  #access(): Access {
    const { reader } = this;
    const start = reader.at;
    const name = reader.run(IDENTIFIER);
    const field = this.#scheme.fields.get(name);
    const spec = this.#scheme.functions.get(name);
    if (field === undefined && spec === undefined) this.#unknown(name, start);
    const base: Access["base"] =
      spec === undefined
        ? { kind: "field", name, type: field ?? "String" }
        : this.#nested(() => this.#call(spec, start));
    const indexes: Index[] = [];
    let { type } = base;
    while (reader.take("[")) {
      const from = reader.at - 1;
      const index = this.#index();
      indexes.push(index);
      type = this.#indexed(type, index, from);
    }
    return { kind: "access", base, indexes, type, span: reader.spanFrom(start) };
  }

  #unknown(name: string, start: number): never {
    this.reader.at = start;
    if (name === "") {
      this.reader.fail({
        problem: this.reader.isAtEnd
          ? "the expression ends too early"
          : "expected a field or function",
        remedy: "write a field such as http.request.uri.path",
      });
    }
    const known = [...this.#scheme.fields.keys(), ...this.#scheme.functions.keys()];
    const nearest = nearestName(name, known);
    return this.reader.fail({
      reason: "unknown_name",
      length: name.length,
      problem: `\`${name}\` is not a known field or function`,
      remedy:
        nearest === null ? "see Cloudflare's fields reference" : `did you mean \`${nearest}\`?`,
    });
  }

  #index(): Index {
    const { reader } = this;
    reader.skipSpace();
    const index = this.#indexValue();
    reader.skipSpace();
    reader.expect("]", "close the index");
    return index;
  }

  #indexValue(): Index {
    const { reader } = this;
    if (reader.take("*")) return { kind: "each" };
    if (reader.startsWith('"')) return { kind: "key", key: reader.bytes() };
    const start = reader.at;
    const position = reader.integer();
    // The edge's engine counts in 32 bits.
    if (position >= 0n && position < 2n ** 32n)
      return { kind: "position", position: Number(position) };
    reader.at = start;
    return reader.fail({ problem: "not an index", remedy: "count from 0, or write [*] for all" });
  }

  #indexed(type: Type, index: Index, start: number): Type {
    const item = itemOf(type);
    const wanted = { position: "array", key: "map", each: null }[index.kind];
    if (item !== null && typeof type !== "string" && (wanted === null || wanted in type))
      return item;
    return this.reader.fail({
      reason: "type",
      offset: start,
      length: this.reader.at - start,
      problem: `${typeName(type)} has no such index`,
      remedy: "arrays take a number, maps a name in quotes, both [*]",
    });
  }

  #call(spec: FunctionSpec, start: number): Access["base"] {
    const { reader } = this;
    const name = reader.text.slice(start, reader.at);
    reader.skipSpace();
    reader.expect("(", `\`${name}\` is a function: write its arguments in parentheses`);
    reader.skipSpace();
    const args: Argument[] = [];
    const places: number[] = [];
    while (!reader.startsWith(")")) {
      if (args.length > 0) reader.expect(",", "separate arguments by commas, and close with `)`");
      reader.skipSpace();
      places.push(reader.at);
      args.push(this.argument());
      reader.skipSpace();
    }
    reader.expect(")", "close the call");
    const times = (this.#calls.get(spec.name) ?? 0) + 1;
    this.#calls.set(spec.name, times);
    if (spec.where === "rewrite" && this.#place === "condition") {
      reader.fail({
        reason: "type",
        offset: start,
        length: name.length,
        problem: `\`${name}\` does not stand in the expression of a rule`,
        remedy: "it is for the values of Transform Rules and redirects",
      });
    }
    const checked = checkCall(spec, args, times);
    if (checked.ok) return { kind: "call", name: spec.name, args, type: checked.value };
    const { argument, ...fault } = checked.error;
    return reader.fail({
      reason: "type",
      offset: argument === null ? start : (places[argument] ?? start),
      length: argument === null ? name.length : 1,
      ...fault,
    });
  }

  argument(): Argument {
    const { reader } = this;
    if (reader.startsWith('"') || /^r#*"/.test(reader.text.slice(reader.at, reader.at + 260))) {
      return { kind: "bytes", bytes: reader.bytes() };
    }
    const isCondition = ["(", "!", "not"].some((word) => reader.startsWith(word));
    if (isCondition) return this.condition();
    return this.#isNameHere() ? this.#accessOrCondition() : this.#literalArgument();
  }

  /** Bare addresses and bytes look like names: what the tables know is a name. */
  #isNameHere(): boolean {
    const { reader } = this;
    const start = reader.at;
    const name = reader.run(IDENTIFIER);
    reader.at = start;
    if (this.#scheme.fields.has(name) || this.#scheme.functions.has(name)) return true;
    return /[g-zG-Z_]/.test(name) && !name.startsWith("0x");
  }

  #accessOrCondition(): Argument {
    const access = this.#access();
    const { reader } = this;
    const behind = reader.at;
    reader.skipSpace();
    const isCompared = readOperator(reader) !== null;
    reader.at = behind;
    const isJoined =
      !isCompared && LOGICALS.some(([, words]) => this.#isAhead(() => this.#takeLogical(words)));
    if (!isCompared && !isJoined) return access;
    return this.#joined(0, this.#comparison(access));
  }

  #isAhead(take: () => boolean): boolean {
    const before = this.reader.at;
    const found = take();
    this.reader.at = before;
    return found;
  }

  #literalArgument(): Argument {
    const { reader } = this;
    const rest = reader.text.slice(reader.at, reader.end);
    if (/^[0-9a-fA-F]*:[0-9a-fA-F:]*:|^\d+\.\d+\.\d+\.\d+/.test(rest))
      return reader.literal("IP address");
    return /^[0-9a-fA-F]{2}[:.-][0-9a-fA-F]{2}/.test(rest)
      ? reader.literal("String")
      : reader.literal("Integer");
  }
}
