/**
 * A light reader of the rules language: enough to refuse what is plainly broken (quotes, brackets,
 * operators without operands, unknown names), not enough to check types.
 */

/** Characters; the documented limit of one expression. */
const LENGTH_MAX = 4096;

const FIELDS = [
  /^(?:ssl|true|false)$/,
  /^http\.(?:cookie|host|referer|user_agent|x_forwarded_for|file\.\w+)$/,
  /^http\.(?:request|response)(?:\.\w+)+$/,
  /^raw\.http(?:\.\w+)+$/,
  /^ip\.(?:src|dst|geoip|proto|opt|hdr_len|len|ttl)(?:\.\w+)*$/,
  /^(?:cf|tcp|udp|icmp|gre|sip)(?:\.\w+)+$/,
];

const FUNCTIONS = new Set(
  (
    "all any bit_slice cidr cidr6 concat decode_base64 encode_base64 ends_with has_key has_value " +
    "is_timed_hmac_valid_v0 join len lookup_json_integer lookup_json_string lower regex_replace " +
    "remove_bytes remove_query_args sha256 split starts_with substring to_string upper url_decode " +
    "uuidv4 wildcard_replace"
  ).split(" "),
);

const BINARY = new Set(
  (
    "eq ne lt le gt ge == != < <= > >= & contains matches ~ wildcard strict_wildcard " +
    "and && or || xor ^^"
  ).split(" "),
);
const UNARY = new Set(["not", "!"]);

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]" };

interface Token {
  readonly type: "name" | "value" | "operator" | "bracket" | "list" | "set";
  readonly text: string;
  /** Where it begins. */
  readonly at: number;
}

export interface ReadExpression {
  /** Names behind `$`, without those of Cloudflare's own lists. */
  readonly lists: readonly string[];
  readonly usesRegex: boolean;
}

export class ExpressionError extends Error {}

/** What the expression refers to; throws an `ExpressionError` when it is broken. */
export function readExpression(text: string): ReadExpression {
  if (text.length > LENGTH_MAX) {
    throw new ExpressionError(`the expression is longer than ${LENGTH_MAX} characters`);
  }
  const tokens = [...lex(text)];
  new Grammar(tokens, text).check();
  const names = tokens.filter(({ type }) => type === "list").map((token) => token.text);
  return {
    lists: names.filter((name) => !name.startsWith("cf.")),
    usesRegex: tokens.some(
      ({ type, text: word }) => type === "operator" && ["matches", "~"].includes(word),
    ),
  };
}

const broken = (at: number, text: string, reason: string): ExpressionError => {
  const near = text.slice(at, at + 40);
  return new ExpressionError(
    `could not parse filter expression: Filter parsing error (1:${at + 1}): \`${near}\` ${reason}`,
  );
};

const PATTERNS: readonly (readonly [Token["type"], RegExp])[] = [
  ["operator", /^(?:strict\s+wildcard\b|&&|\|\||\^\^|==|!=|<=|>=|[<>~!&])/],
  ["list", /^\$[a-z0-9_][a-z0-9_.]*/],
  ["value", /^(?:\d[\d.:a-f/]*|[0-9a-f]*:[0-9a-f:.]*(?:\/\d+)?)/i],
  ["name", /^[A-Za-z_][\w.]*/],
  ["bracket", /^(?:[()[\],]|\*)/],
];

function* lex(text: string): Generator<Token> {
  let at = 0;
  while (at < text.length) {
    const space = /^\s+/.exec(text.slice(at))?.[0].length ?? 0;
    at += space;
    if (at >= text.length) return;
    const token = tokenAt(text, at);
    yield token.token;
    at = token.end;
  }
}

function tokenAt(text: string, at: number): { token: Token; end: number } {
  const quoted = stringAt(text, at);
  if (quoted !== undefined) {
    return { token: { type: "value", text: text.slice(at, quoted), at }, end: quoted };
  }
  if (text[at] === "{") return setAt(text, at);
  const rest = text.slice(at);
  for (const [type, pattern] of PATTERNS) {
    const word = pattern.exec(rest)?.[0];
    if (word === undefined) continue;
    const found = { type, text: type === "list" ? word.slice(1) : word, at };
    return { token: classified(found), end: at + word.length };
  }
  throw broken(at, text, "unexpected character");
}

/** Words are names or operators. */
function classified(token: Token): Token {
  if (token.type === "operator") return { ...token, text: token.text.replace(/\s+/, "_") };
  if (token.type !== "name") return token;
  const isOperator = BINARY.has(token.text) || UNARY.has(token.text) || token.text === "in";
  return isOperator ? { ...token, type: "operator" } : token;
}

/** Where the string that starts here ends: `"…"` with escapes, or raw as `r#"…"#`. */
function stringAt(text: string, at: number): number | undefined {
  const raw = /^r(#*)"/.exec(text.slice(at, at + 32));
  if (raw !== null) {
    const end = text.indexOf(`"${raw[1] ?? ""}`, at + raw[0].length);
    if (end < 0) throw broken(at, text, "unterminated string");
    return end + 1 + (raw[1] ?? "").length;
  }
  if (text[at] !== '"') return undefined;
  const whole = /^"(?:[^"\\]|\\[\s\S])*"/.exec(text.slice(at));
  if (whole === null) throw broken(at, text, "unterminated string");
  return at + whole[0].length;
}

/** `{"a" "b"}`, `{80 443 8000..8100}`, `{192.0.2.0/24 2001:db8::/32}`. */
function setAt(text: string, start: number): { token: Token; end: number } {
  let at = start + 1;
  let members = 0;
  for (;;) {
    at += /^\s*/.exec(text.slice(at))?.[0].length ?? 0;
    if (at >= text.length) throw broken(start, text, "unclosed set");
    if (text[at] === "}") break;
    const end = stringAt(text, at) ?? bareEnd(text, at);
    at = end;
    members += 1;
  }
  if (members === 0) throw broken(start, text, "empty set");
  return { token: { type: "set", text: text.slice(start, at + 1), at: start }, end: at + 1 };
}

function bareEnd(text: string, at: number): number {
  const word = /^[^\s{}"]+/.exec(text.slice(at))?.[0] ?? "";
  const separator = word.indexOf(",");
  if (separator >= 0) {
    throw broken(at + separator, text, "expected whitespace between set members");
  }
  const isValue =
    /^-?\d+(?:\.\.-?\d+)?$/.test(word) || /^[\da-f.:]+(?:\/\d+|\.\.[\da-f.:]+)?$/i.test(word);
  if (!isValue) throw broken(at, text, "invalid digit found in string");
  return at + word.length;
}

const isKnown = (name: string, isCall: boolean): boolean =>
  isCall ? FUNCTIONS.has(name) : FIELDS.some((field) => field.test(name));

/** Operands and operators must alternate, and brackets must match. */
class Grammar {
  readonly #tokens: readonly Token[];
  readonly #text: string;
  readonly #open: string[] = [];
  #wantsOperand = true;
  /** After `in`: only a set or a list may follow. */
  #wantsSet = false;

  constructor(tokens: readonly Token[], text: string) {
    this.#tokens = tokens;
    this.#text = text;
  }

  check(): void {
    for (const [index, token] of this.#tokens.entries()) {
      if (this.#wantsSet && token.type !== "set" && token.type !== "list") {
        throw this.#at(token, "expected a set or a list after `in`");
      }
      if (!this.#wantsOperand) this.#continuation(token);
      else if (token.type === "bracket") this.#bracket(index, token);
      else this.#operand(token, this.#tokens[index + 1]?.text === "(");
    }
    const last = this.#tokens.at(-1);
    if (this.#open.length > 0) throw broken(0, this.#text, "unbalanced parentheses or brackets");
    if (this.#wantsOperand && last !== undefined) {
      throw this.#at(last, "expected something behind it");
    }
  }

  #operand(token: Token, isCall: boolean): void {
    const { type, text } = token;
    if (type === "operator" && UNARY.has(text)) return;
    if (type === "operator") throw this.#at(token, "expected a field, a function or a value");
    if ((type === "set" || type === "list") && !this.#wantsSet) {
      throw this.#at(token, "a set or list is only allowed behind `in`");
    }
    if (type === "name" && !isKnown(text, isCall)) throw this.#at(token, "unknown identifier");
    this.#wantsSet = false;
    this.#wantsOperand = type === "name" && isCall;
  }

  /** An opening parenthesis, the `[*]` of an array, or the `()` of a call without arguments. */
  #bracket(index: number, token: Token): void {
    if (token.text === "(") {
      this.#open.push("(");
      return;
    }
    const isStar = token.text === "*" && this.#open.at(-1) === "[";
    const [callee, opening] = [this.#tokens[index - 2], this.#tokens[index - 1]];
    const isEmptyCall = token.text === ")" && opening?.text === "(" && callee?.type === "name";
    if (!isStar && !isEmptyCall) throw this.#at(token, "expected a field, a function or a value");
    if (isEmptyCall) this.#open.pop();
    this.#wantsOperand = false;
  }

  #continuation(token: Token): void {
    const inside = this.#open.at(-1);
    if (token.type === "operator" && !UNARY.has(token.text)) {
      this.#wantsOperand = true;
      this.#wantsSet = token.text === "in";
      return;
    }
    if (token.type !== "bracket") throw this.#at(token, "expected an operator before it");
    if (token.text === "[") this.#open.push("[");
    if (token.text === "[" || (token.text === "," && inside === "(")) {
      this.#wantsOperand = true;
      return;
    }
    const isClosing = inside !== undefined && token.text === CLOSING[inside];
    if (!isClosing) throw this.#at(token, "unbalanced parentheses or brackets");
    this.#open.pop();
  }

  #at(token: Token, reason: string): ExpressionError {
    return broken(token.at, this.#text, reason);
  }
}
