/**
 * Gateway writes expressions back in a format of its own. They are compared token by token: spaces, kinds of quotes and
 * spellings of operators say nothing outside a literal; inside one everything counts.
 */

/** Longer ones are compared as they are: the API takes no longer ones, and reading has a limit (I12). */
const CHARS_MAX = 65_536;

const TOKEN =
  /r"[^"]*"|"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|&&|\|\||\^\^|==|!=|<=|>=|[^\s()[\]{},"'&|^=!<>~]+|\S/g;

const OPERATORS: Readonly<Record<string, string>> = {
  "&&": "and",
  "||": "or",
  "^^": "xor",
  "!": "not",
  "~": "matches",
  "==": "eq",
  "!=": "ne",
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
};
const WORDS = new Set([...Object.values(OPERATORS), "in", "contains"]);

/** A literal by its content, an operator by its name, anything else as it stands. */
function normal(token: string): string {
  const first = token.charAt(0);
  const isLiteral = token.length > 1 && (first === '"' || first === "'");
  if (isLiteral) return `"${token.slice(1, -1).replace(/\\(["'\\])/g, "$1")}`;
  const lower = token.toLowerCase();
  return OPERATORS[token] ?? (WORDS.has(lower) ? lower : token);
}

const tokensOf = (expression: string): readonly string[] =>
  [...expression.matchAll(TOKEN)].map(([token]) => normal(token));

export function sameExpression(a: string, b: string): boolean {
  if (a === b || a.length > CHARS_MAX || b.length > CHARS_MAX) return a === b;
  const [left, right] = [tokensOf(a), tokensOf(b)];
  return left.length === right.length && left.every((token, index) => token === right[index]);
}
