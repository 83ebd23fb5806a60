/** Operators and what they compare with. */
import { type Access, type Ordering, type Test, unpackings } from "./ast.ts";
import type { Reader } from "./reader.ts";
import { compileRegex } from "./regex/compile.ts";
import type { Scheme } from "./scheme.ts";
import { itemOf, type Type, typeName } from "./type.ts";
import { parseWildcard } from "./wildcard.ts";

const ORDERINGS: readonly (readonly [word: string, operator: Ordering])[] = [
  ["eq", "eq"],
  ["==", "eq"],
  ["ne", "ne"],
  ["!=", "ne"],
  ["ge", "ge"],
  [">=", "ge"],
  ["le", "le"],
  ["<=", "le"],
  ["gt", "gt"],
  [">", "gt"],
  ["lt", "lt"],
  ["<", "lt"],
];

type TextOperator = "contains" | "matches" | "wildcard" | "strict wildcard";

interface Place {
  readonly reader: Reader;
  readonly scheme: Scheme;
}

type Operator =
  | { readonly kind: "ordered"; readonly operator: Ordering }
  | { readonly kind: "in" | "bits" | TextOperator };

const OTHERS: readonly (readonly [word: string, kind: Exclude<Operator["kind"], "ordered">])[] = [
  ["in", "in"],
  ["&", "bits"],
  ["bitwise_and", "bits"],
  ["contains", "contains"],
  ["matches", "matches"],
  ["~", "matches"],
  ["wildcard", "wildcard"],
  ["strict wildcard", "strict wildcard"],
];

/** The comparison behind `left`; a truth value needs none. */
export function readTest(reader: Reader, left: Access, scheme: Scheme): Test {
  if (left.type === "Boolean") return { kind: "is_true" };
  if (itemOf(left.type) === "Boolean" && unpackings(left) === 0) return { kind: "is_true" };
  reader.skipSpace();
  const start = reader.at;
  const operator = readOperator(reader);
  if (operator === null) {
    return reader.fail({
      problem: `expected a comparison of this ${typeName(left.type)}`,
      remedy: "write an operator such as eq, in, contains or wildcard, and a value",
    });
  }
  const length = reader.at - start;
  reader.skipSpace();
  const test = testBy(operator, left.type, { reader, scheme });
  if (test !== null) return test;
  return reader.fail({
    reason: "type",
    offset: start,
    length,
    problem: `this operator does not go with ${typeName(left.type)}`,
    remedy: fittingOperators(left.type),
  });
}

export function readOperator(reader: Reader): Operator | null {
  for (const [word, kind] of OTHERS) if (reader.take(word)) return { kind };
  for (const [word, operator] of ORDERINGS) {
    if (reader.take(word)) return { kind: "ordered", operator };
  }
  return null;
}

/** Null: the operator is not for this type. */
function testBy(operator: Operator, type: Type, { reader, scheme }: Place): Test | null {
  if (typeof type !== "string") return null;
  if (operator.kind === "ordered") {
    return { kind: "ordered", operator: operator.operator, value: reader.literal(type) };
  }
  if (operator.kind === "in") return membership(type, { reader, scheme });
  if (operator.kind === "bits") {
    return type === "Integer" ? { kind: "bits", mask: reader.integer() } : null;
  }
  return type === "String" ? textTest(operator.kind, reader) : null;
}

function membership(type: Type, { reader, scheme }: Place): Test | null {
  if (!reader.startsWith("$")) return { kind: "one_of", set: reader.set(type) };
  return scheme.lists.includes(typeName(type))
    ? { kind: "in_list", list: reader.listName() }
    : null;
}

function textTest(kind: TextOperator, reader: Reader): Test {
  const start = reader.at;
  if (kind === "contains") return { kind, bytes: reader.bytes() };
  if (kind === "matches") {
    const pattern = reader.pattern();
    const compiled = compileRegex(pattern);
    if (compiled.kind === "refused") {
      const { problem, remedy } = compiled;
      reader.fail({ offset: start, length: reader.at - start, problem, remedy });
    }
    return { kind, pattern };
  }
  const pattern = reader.startsWith("r") || reader.startsWith('"') ? reader.bytes() : null;
  if (pattern === null) {
    return reader.fail({ problem: "expected a string", remedy: 'write it like "/blog/*"' });
  }
  const parsed = parseWildcard(pattern, kind !== "wildcard");
  if (typeof parsed === "string") {
    reader.fail({
      offset: start,
      length: reader.at - start,
      problem: parsed,
      remedy: "write `*` once for any text, `\\*` for a star and `\\\\` for a backslash",
    });
  }
  return { kind: "wildcard", strict: kind === "strict wildcard", pattern };
}

const FITTING: Readonly<Record<string, string>> = {
  String: "text takes eq, ne, lt, le, gt, ge, contains, matches, wildcard, strict wildcard and in",
  Integer: "numbers take eq, ne, lt, le, gt, ge, in and &",
  "IP address": "addresses take eq, ne and in",
};
const fittingOperators = (type: Type): string =>
  FITTING[typeName(type)] ??
  "compare its elements: with an index, or with [*] inside any() or all()";
