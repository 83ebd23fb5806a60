/**
 * How Gateway writes an expression back. The documentation says only that it "formats and
 * sanitizes"; the form chosen here is a guess with two certain properties: it depends on nothing
 * but the expression, and formatting twice changes nothing more.
 */
import { invalidGateway } from "./refusal.ts";

export const EXPRESSION_CHARS_MAX = 65_536;

type Token =
  /** `text` stands between double quotes, escaped. */
  | { readonly type: "string"; readonly text: string }
  | { readonly type: "word"; readonly text: string }
  | { readonly type: "operator"; readonly text: string }
  | { readonly type: "open" | "close"; readonly text: string }
  | { readonly type: "comma"; readonly text: string };

/** Spellings of the same operator; words are compared in lower case. */
const OPERATORS: Readonly<Record<string, string>> = {
  "&&": "and",
  "||": "or",
  "^^": "xor",
  "!": "not",
  "~": "matches",
  "==": "==",
  "!=": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
  "&": "&",
  and: "and",
  or: "or",
  xor: "xor",
  not: "not",
  in: "in",
  matches: "matches",
  contains: "contains",
  eq: "==",
  ne: "!=",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
};

/** One kind of token: where it starts, and what it becomes. Tried in this order. */
const LEXEMES: readonly { at: RegExp; make: (text: string) => Token }[] = [
  { at: /r(#*)"[^]*?"\1/y, make: (text) => ({ type: "word", text }) },
  { at: /"(?:[^"\\]|\\[^])*"/y, make: (text) => ({ type: "string", text: text.slice(1, -1) }) },
  { at: /'(?:[^'\\]|\\[^])*'/y, make: (text) => ({ type: "string", text: requoted(text) }) },
  { at: /&&|\|\||\^\^|==|!=|<=|>=|[<>!~&]/y, make: operator },
  { at: /[([{]/y, make: (text) => ({ type: "open", text }) },
  { at: /[)\]}]/y, make: (text) => ({ type: "close", text }) },
  { at: /,/y, make: (text) => ({ type: "comma", text }) },
  { at: /[^\s()[\]{},"'&|^=!<>~]+/y, make: word },
];

function operator(text: string): Token {
  return { type: "operator", text: OPERATORS[text] ?? text };
}

function word(text: string): Token {
  const known = OPERATORS[text.toLowerCase()];
  return known === undefined ? { type: "word", text } : { type: "operator", text: known };
}

/** The inside of a single-quoted string as it stands between double quotes. */
const requoted = (text: string): string =>
  text.slice(1, -1).replace(/\\([^])|"/g, (match, escaped: string | undefined) => {
    if (escaped === undefined) return '\\"';
    return escaped === "'" ? "'" : match;
  });

const SPACE = /\s+/y;

function* tokens(expression: string): Generator<Token> {
  let position = 0;
  while (position < expression.length) {
    SPACE.lastIndex = position;
    const space = SPACE.exec(expression);
    position += space?.[0].length ?? 0;
    if (position === expression.length) return;
    const found = lexeme(expression, position);
    if (found === undefined) {
      const near = expression.slice(position, position + 20);
      throw invalidGateway(`expression: unrecognised input at ${position}: \`${near}\``);
    }
    position += found.length;
    yield found.token;
  }
}

function lexeme(expression: string, position: number) {
  for (const { at, make } of LEXEMES) {
    at.lastIndex = position;
    const text = at.exec(expression)?.[0];
    if (text !== undefined) return { token: make(text), length: text.length };
  }
  return undefined;
}

const PAIRS: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

function refuseUnbalanced(list: readonly Token[]): void {
  const open: string[] = [];
  for (const { type, text } of list) {
    if (type === "open") open.push(text);
    if (type !== "close" || open.pop() === PAIRS[text]) continue;
    throw invalidGateway(`expression: unexpected \`${text}\``);
  }
  if (open.length > 0) throw invalidGateway(`expression: \`${open.at(-1)}\` is never closed`);
}

function isSpaced(left: Token, right: Token): boolean {
  if (left.type === "open" || right.type === "close" || right.type === "comma") return false;
  if (right.type !== "open") return true;
  // Calls and indexes stand at the name: `any(…)`, `dns.domains[*]`; sets and groups do not.
  const isAttached = left.type === "word" || left.type === "close";
  return right.text === "{" || !isAttached;
}

const shown = ({ type, text }: Token): string => (type === "string" ? `"${text}"` : text);

/** Throws for what cannot be an expression: an open quote, a stray character, a lone bracket. */
export function parseExpression(expression: string): readonly Token[] {
  if (expression.length > EXPRESSION_CHARS_MAX) {
    throw invalidGateway(`expression: longer than ${EXPRESSION_CHARS_MAX} characters`);
  }
  const list = [...tokens(expression)];
  refuseUnbalanced(list);
  return list;
}

export function formatExpression(expression: string): string {
  let text = "";
  let left: Token | undefined;
  for (const token of parseExpression(expression)) {
    text += left !== undefined && isSpaced(left, token) ? ` ${shown(token)}` : shown(token);
    left = token;
  }
  return text;
}

/** Ids of the lists that an expression names, without dashes as the API wants them. */
export function referencedLists(expression: string): string[] {
  return [...expression.matchAll(/\$([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})\b/gi)].map(
    ([, id = ""]) => id.replaceAll("-", "").toLowerCase(),
  );
}
