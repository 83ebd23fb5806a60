/** Expressions and requests that fit each other often enough to be worth comparing. */
import * as fc from "fast-check";
import type { SharedRequest } from "./wirefilter.ts";

const WORDS = [
  "",
  "a",
  "ab",
  "abc",
  "ABC",
  "example.com",
  "/api/v1/users",
  "x=1",
  "é",
  "日本",
  "0",
  'a"b',
  "a\\b",
  "a*b",
  "..",
  "<script>",
  "%2e%2e",
  "_",
  "-",
];
const word = fc.constantFrom(...WORDS);
const text = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 2, arbitrary: fc.tuple(word, word).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
);

/** Headers come without white space around them, and a comma would be read as two of them. */
const trimmed = text.map((value) => value.replaceAll(",", ";").trim());

const ADDRESSES = [
  "192.0.2.1",
  "192.0.2.77",
  "10.1.2.3",
  "255.255.255.255",
  "2001:db8::1",
  "2001:db8:0:1::",
  "::1",
  "::ffff:192.0.2.1",
];
const address = fc.constantFrom(...ADDRESSES);

export const request: fc.Arbitrary<SharedRequest> = fc.record({
  ip: address,
  method: fc.constantFrom("GET", "POST", "PURGE"),
  host: fc.constantFrom("example.com", "API.example.com", "abc", "xn--bcher-kva.example"),
  path: text.map((rest) => `/${rest}`),
  query: fc.constant("?q=abc&empty=&r=%41b+c"),
  headers: fc.record({
    "user-agent": trimmed,
    "x-a": trimmed,
    "content-type": fc.constantFrom("text/html", "application/json; charset=utf-8"),
  }),
  cookies: fc.constant("a=b"),
  local: fc.record({ one: text, two: text }),
});

const textField = fc.constantFrom(
  "http.host",
  "http.request.method",
  "http.request.uri.path",
  'http.request.headers["user-agent"]',
  'http.request.headers["x-a"]',
  'http.request.headers[ "content-type" ]',
  'http.request.uri.args["q"]',
  'http.request.uri.args["r"]',
  'local["one"]',
  'local["two"]',
);
const textValue: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: textField },
  { weight: 1, arbitrary: textField.map((field) => `lower(${field})`) },
  { weight: 1, arbitrary: textField.map((field) => `upper( ${field} )`) },
  { weight: 1, arbitrary: textField.map((field) => `lower(upper(${field}))`) },
);
const lengthValue = textValue.map((value) => `len(${value})`);

const escaped = (value: string): string => value.replace(/["\\]/g, "\\$&");
const hexed = (value: string): string =>
  [...Buffer.from(value)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
const octal = (value: string): string =>
  [...Buffer.from(value)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
const raw = (value: string): string => {
  const hashes = "#".repeat(value.includes('"') ? (value.match(/"#*/g) ?? []).length + 2 : 0);
  return `r${hashes}"${value}"${hashes}`;
};
const bare = (value: string): string =>
  [...Buffer.from(value)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");

const literal = text.chain((value) =>
  fc.constantFrom(
    `"${escaped(value)}"`,
    `"${escaped(value)}"`,
    `"${hexed(value)}"`,
    `"${octal(value)}"`,
    raw(value),
    Buffer.byteLength(value) > 1 ? bare(value) : `"${escaped(value)}"`,
  ),
);

const atom = fc.oneof(
  fc.constantFrom("a", "b", "/", "e", "x", "0", "=", "-", "_", " ", "<", ">", "%", ",", ":"),
  fc.constantFrom(
    ".",
    "\\d",
    "\\w",
    "\\s",
    "\\D",
    "\\W",
    "\\S",
    "\\.",
    "\\/",
    "\\*",
    "\\-",
    "\\x41",
    "\\x{61}",
    "\\u0062",
    "\\t",
    "\\n",
  ),
  fc.constantFrom(
    "[a-z]",
    "[^a-z]",
    "[[:alpha:]]",
    "[[:^digit:]x]",
    "[a-z&&[^b]]",
    "[\\w--b]",
    "[a~~b]",
    "[]a]",
    "[-a]",
    "[a-]",
    "[^]a]",
    "[\\]a]",
    "[a\\-z]",
    "[.*]",
    "[\\d.]",
  ),
  fc.constantFrom(
    "^",
    "$",
    "\\b",
    "\\B",
    "\\A",
    "\\z",
    "\\b{start}",
    "\\b{end}",
    "\\<",
    "\\>",
    "(?m:^)",
    "(?i:AB)",
    "(?s:.)",
    "(?-i:a)",
    "()",
    "(a)",
    "(?:b)",
    "(?P<n>c)",
    "(?<m>d)",
    "é",
  ),
);
const repeated = fc
  .tuple(
    atom,
    fc.constantFrom(
      "",
      "",
      "",
      "*",
      "+",
      "?",
      "*?",
      "+?",
      "??",
      "{2}",
      "{0,2}",
      "{1,}",
      "{3,4}",
      "**",
    ),
  )
  .map((parts) => parts.join(""));
const piece = fc.array(repeated, { maxLength: 3 }).map((parts) => parts.join(""));
const group = fc
  .tuple(
    fc.constantFrom("(", "(?:", "(?i)", "(?i-s:", "(?x: "),
    fc.array(piece, { minLength: 1, maxLength: 3 }),
    fc.constantFrom("", "", "*", "+", "?", "{1,2}"),
  )
  .map(([open, parts, times]) =>
    open === "(?i)" ? open + parts.join("|") : `${open}${parts.join("|")})${times}`,
  );
const nested = fc.tuple(piece, group).map(([before, inside]) => `(${before}${inside})?`);
const pattern = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: repeated },
      { weight: 2, arbitrary: group },
      { weight: 1, arbitrary: nested },
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(""));

const regex = pattern.chain((value) =>
  fc.constantFrom(raw(value), raw(value), `"${value.replaceAll('"', '\\"')}"`),
);

const wildcard = fc
  .array(fc.oneof(word, fc.constantFrom("*", "*", "\\*", "\\\\", "a", "B")), { maxLength: 5 })
  .map((parts) => parts.join(""))
  .chain((value) => fc.constantFrom(raw(value), `"${escaped(value)}"`));

const integer = fc
  .oneof(fc.integer({ min: -3, max: 30 }), fc.constantFrom(0, 255, 65_536))
  .chain((value) =>
    value < 0
      ? fc.constant(`${value}`)
      : fc.constantFrom(`${value}`, `0x${value.toString(16)}`, `0${value.toString(8)}`),
  );
const integerRange = fc
  .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }))
  .map(([low, more]) => `${low}..${low + more}`);

const range = fc.oneof(
  address,
  fc.constantFrom(
    "192.0.2.0/24",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "2001:db8::/32",
    "::/0",
    "::1/128",
    "192.0.2.1..192.0.2.80",
    "::1..2001:db8::1",
    "10.1.2.3/32",
    "192.0.2.1/24",
    "1.2.3.4..1.2.3.3",
    "1.1.1.1..::1",
  ),
);

const gap = fc.constantFrom(" ", " ", " ", "  ", "\n", "\r\n ");
const maybe = fc.constantFrom("", " ", "  ");
const set = (member: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(member, { maxLength: 4 }), maybe)
    .map(([members, space]) => `{${space}${members.join(" ")}${space}}`);

const ordering = fc.constantFrom(
  "eq",
  "==",
  "ne",
  "!=",
  "lt",
  "<",
  "le",
  "<=",
  "gt",
  ">",
  "ge",
  ">=",
);
const joined = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(fc.tuple(...parts), gap).map(([words, space]) => words.join(space));

const comparison = fc.oneof(
  { weight: 3, arbitrary: joined(textValue, ordering, literal) },
  { weight: 2, arbitrary: joined(textValue, fc.constant("contains"), literal) },
  { weight: 4, arbitrary: joined(textValue, fc.constantFrom("matches", "~"), regex) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(textValue, fc.constantFrom("wildcard", "strict wildcard"), wildcard)
      .map((parts) => parts.join(" ")),
  },
  { weight: 2, arbitrary: joined(textValue, fc.constant("in"), set(literal)) },
  { weight: 2, arbitrary: joined(lengthValue, ordering, integer) },
  { weight: 1, arbitrary: joined(lengthValue, fc.constantFrom("&", "bitwise_and"), integer) },
  {
    weight: 1,
    arbitrary: joined(lengthValue, fc.constant("in"), set(fc.oneof(integer, integerRange))),
  },
  { weight: 1, arbitrary: joined(fc.constant("ip.src"), ordering, address) },
  { weight: 2, arbitrary: joined(fc.constant("ip.src"), fc.constant("in"), set(range)) },
);

const operators = fc.constantFrom("and", "&&", "or", "||", "xor", "^^");
const joinedBy = (one: fc.Arbitrary<string>, max: number): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(one, operators), { minLength: 1, maxLength: max })
    .map((parts) =>
      parts
        .map(([part, operator], index) => (index === 0 ? part : `${operator} ${part}`))
        .join(" "),
    );
const not = fc.constantFrom("not ", "!", "not", "! ");
const negatedOf = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(not, one).map((parts) => parts.join(""));
const groupOf = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(maybe, joinedBy(one, 3), maybe)
    .map(([before, inner, after]) => `(${before}${inner}${after})`);

const simple = fc.oneof(
  { weight: 4, arbitrary: comparison },
  { weight: 1, arbitrary: negatedOf(comparison) },
);
const inner = groupOf(simple);
const deeper = groupOf(fc.oneof(simple, inner, negatedOf(inner)));
const condition = joinedBy(
  fc.oneof(
    { weight: 6, arbitrary: simple },
    { weight: 2, arbitrary: inner },
    { weight: 1, arbitrary: negatedOf(inner) },
    { weight: 1, arbitrary: deeper },
  ),
  4,
);

/** Something was cut, doubled or put in: mostly no expression any more. */
const broken = fc
  .tuple(
    condition,
    fc.nat(),
    fc.constantFrom("", "(", ")", '"', "\\", " ", "{", "}", "and", "0", "..", ",", "\t", "r", "#"),
  )
  .map(([whole, seed, put]) => {
    const at = seed % (whole.length + 1);
    return whole.slice(0, at) + put + whole.slice(at + (seed % 3));
  });

/** The engine takes no longer ones; ours takes what Cloudflare does. */
export const BYTES_MAX = 1_024;

export const expression = fc
  .oneof({ weight: 6, arbitrary: condition }, { weight: 1, arbitrary: broken })
  .filter((written) => Buffer.byteLength(written) <= BYTES_MAX);
