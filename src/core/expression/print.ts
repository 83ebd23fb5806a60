/**
 * The one way to write what a tree says: operators as words, single spaces, parentheses only where they matter, text in
 * quotes. Reading what was printed gives the same tree again.
 */
import type {
  Access,
  Argument,
  Condition,
  Index,
  Literal,
  LiteralSet,
  Logical,
  Test,
} from "./ast.ts";
import { textOfBytes } from "./bytes.ts";
import { printAddress, printRange } from "./ip.ts";

const TIGHTNESS: Readonly<Record<Logical, number>> = { or: 0, xor: 1, and: 2 };
/** Of `not` and of comparisons. */
const TIGHTEST = 3;

export const printExpression = (condition: Condition): string => printCondition(condition, 0);

function printCondition(condition: Condition, tightness: number): string {
  switch (condition.kind) {
    case "comparison": {
      const test = printTest(condition.test);
      return test === "" ? printAccess(condition.left) : `${printAccess(condition.left)} ${test}`;
    }
    case "constant":
      return `${condition.value}`;
    case "not":
      return `not ${printCondition(condition.operand, TIGHTEST)}`;
    case "combined": {
      const own = TIGHTNESS[condition.operator];
      // An operand of the same operator is a group of its own: the tree keeps it apart.
      const text = condition.operands
        .map((operand) => printCondition(operand, own + 1))
        .join(` ${condition.operator} `);
      return own < tightness ? `(${text})` : text;
    }
  }
}

function printAccess({ base, indexes }: Access): string {
  const start =
    base.kind === "field" ? base.name : `${base.name}(${base.args.map(printArgument).join(", ")})`;
  return start + indexes.map(printIndex).join("");
}

function printIndex(index: Index): string {
  switch (index.kind) {
    case "each":
      return "[*]";
    case "position":
      return `[${index.position}]`;
    case "key":
      return `[${printBytes(index.key)}]`;
  }
}

export function printArgument(argument: Argument): string {
  switch (argument.kind) {
    case "access":
      return printAccess(argument);
    case "bytes":
    case "integer":
    case "address":
      return printLiteral(argument);
    case "combined":
    case "comparison":
    case "constant":
    case "not":
      return printCondition(argument, 0);
  }
}

function printTest(test: Test): string {
  switch (test.kind) {
    case "is_true":
      return "";
    case "ordered":
      return `${test.operator} ${printLiteral(test.value)}`;
    case "bits":
      return `& ${test.mask}`;
    case "contains":
      return `contains ${printBytes(test.bytes)}`;
    case "matches":
      return `matches ${printRaw(test.pattern)}`;
    case "wildcard":
      return `${test.strict ? "strict wildcard" : "wildcard"} ${printBytes(test.pattern)}`;
    case "one_of":
      return `in {${printSet(test.set).join(" ")}}`;
    case "in_list":
      return `in $${test.list}`;
  }
}

function printSet(set: LiteralSet): readonly string[] {
  switch (set.type) {
    case "String":
      return set.members.map(printBytes);
    case "Integer":
      return set.members.map(({ first, last }) =>
        first === last ? `${first}` : `${first}..${last}`,
      );
    case "IP address":
      return set.members.map(printRange);
  }
}

function printLiteral(literal: Literal): string {
  switch (literal.kind) {
    case "bytes":
      return printBytes(literal.bytes);
    case "integer":
      return `${literal.integer}`;
    case "address":
      return printAddress({ version: literal.address.version, value: literal.address.first });
  }
}

/** As text where the bytes are UTF-8 without control characters, else byte by byte. */
function printBytes(bytes: string): string {
  const text = textOfBytes(bytes);
  const isPlain = text !== null && !/\p{Cc}/u.test(text);
  const body = isPlain
    ? text.replace(/["\\]/g, "\\$&")
    : bytes.replace(
        /[^ !#-[\]-~]/g,
        (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`,
      );
  return `"${body}"`;
}

/** Raw: nothing in a regular expression has to be escaped twice. */
function printRaw(text: string): string {
  let hashes = "";
  while (text.includes(`"${hashes}`)) hashes += "#";
  return `r${hashes}"${text}"${hashes}`;
}
