import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conditionFault, sameExpression, valueFault } from "../../../src/core/expression/check.ts";
import { compileCondition } from "../../../src/core/expression/evaluate.ts";
import { parseExpression } from "../../../src/core/expression/parse.ts";
import { printExpression } from "../../../src/core/expression/print.ts";
import { compileRegex } from "../../../src/core/expression/regex/compile.ts";
import { Matcher } from "../../../src/core/expression/regex/match.ts";
import { factsOf, type RecordedRequest } from "../../../src/core/expression/request.ts";
import { requirementOf } from "../../../src/core/expression/requirements.ts";
import { NotAssessable } from "../../../src/core/expression/value.ts";

const REQUEST: RecordedRequest = {
  method: "POST",
  host: "www.harbor.example",
  uri: "/Blog/first-post.HTML?search=red+apples&filter=waf&filter=botm&filter=cdn&q=%253Cb%253E",
  scheme: "https",
  version: "HTTP/2",
  headers: [
    ["Host", "www.harbor.example"],
    ["User-Agent", "Mozilla/5.0"],
    ["Content-Type", "application/x-www-form-urlencoded"],
    ["Accept", "text/html"],
    ["accept", "application/json"],
    ["Cookie", "app=test; theme=d%20ark; app=two"],
    ["client_id", "MTIzYWJj"],
  ],
  body: "username=admin&text=an+xss+attack%21",
  ip: "113.10.0.2",
  asn: 64_500,
  country: "FR",
  fields: { "cf.bot_management.score": 5, "http.request.version": "HTTP/2" },
};

function truthOf(expression: string, request = REQUEST): boolean | string {
  const parsed = parseExpression(expression);
  if (!parsed.ok) throw new Error(parsed.error.problem);
  const truth = compileCondition(parsed.value)(factsOf(request));
  return truth instanceof NotAssessable ? truth.because : truth;
}

describe("an expression is true", () => {
  it.each([
    'lower(http.request.uri.path) eq "/blog/first-post.html"',
    'http.request.uri.path.extension eq "html"',
    'any(http.request.headers["accept"][*] eq "application/json")',
    'http.request.headers["accept"][1] eq "application/json"',
    'any(lower(http.request.headers.names[*])[*] eq "content-type")',
    'any(http.request.cookies["app"][*] eq "two")',
    'all(len(http.request.uri.args["filter"][*])[*] in {3 4})',
    'not all(not len(http.request.uri.args["filter"][*])[*] in {3 4})',
    'len(http.request.uri.args["filter"]) ge 0',
    'not len(http.request.uri.args["order"]) ge 0',
    'any(url_decode(http.request.body.form.values[*])[*] contains "an xss attack!")',
    'url_decode(http.request.uri.query, "r") contains "<b>"',
    'not url_decode(http.request.uri.query) contains "<b>"',
    'any(decode_base64(http.request.headers["client_id"][*])[*] eq "123abc")',
    "cidr(ip.src, 24, 24) eq 113.10.0.0",
    "cidr6(ip.src, 24) eq 113.10.0.2",
    'concat("a", http.request.uri.args["none"][0], http.request.method) eq "aPOST"',
    'substring(http.request.method, -2) eq "ST" and substring(http.request.method, 0, -2) eq "PO"',
    'remove_bytes(http.host, "\\x2e\\x77") eq "harborexample"',
    'starts_with(http.request.uri.path, "/Blog") and ends_with(http.host, ".example")',
    'http.request.full_uri wildcard "https://*.HARBOR.example/blog/*"',
    'not http.request.full_uri strict wildcard "https://*.HARBOR.example/blog/*"',
    "ip.src in {198.51.100.1 113.10.0.0/24 2001:db8::/32} and ip.src.asnum in {64496..64511}",
    "cf.bot_management.score & 4 and not cf.bot_management.score & 2",
    'join(http.request.headers["accept"], ",") eq "text/html,application/json"',
    'has_key(http.request.uri.args, "search") and has_value(http.request.uri.args["filter"], "waf")',
    "true and not false",
    'any((http.request.headers["accept"][*] contains "json" and http.request.headers["accept"][*] contains "app"))',
  ])("%s", (expression) => expect(truthOf(expression)).toBe(true));

  it("also about JSON in a body", () => {
    const request = { ...REQUEST, body: '{"networks":["a","b"],"version":2,"deep":[{"id":-7}]}' };
    expect(
      truthOf('lookup_json_string(http.request.body.raw, "networks", 1) eq "b"', request),
    ).toBe(true);
    expect(
      truthOf('lookup_json_integer(http.request.body.raw, "deep", 0, "id") eq -7', request),
    ).toBe(true);
    expect(truthOf('lookup_json_integer(http.request.body.raw, "none") eq 2', request)).toBe(false);
  });
});

describe("a missing value", () => {
  it.each([
    'http.request.headers["none"][0] eq "x"',
    'http.request.headers["none"][0] ne "x"',
    'http.request.headers["accept"][7] ne "x"',
    'any(http.request.headers["none"][*] ne "x")',
  ])("makes %s false", (expression) => expect(truthOf(expression)).toBe(false));

  it("leaves `all` nothing to fail on", () => {
    expect(truthOf('all(http.request.headers["none"][*] eq "x")')).toBe(true);
  });
});

describe("what is not assessable", () => {
  it.each([
    ["cf.waf.score lt 20", "the field `cf.waf.score`"],
    ["ip.src in $bad_addresses", "the list `$bad_addresses`"],
    [
      'is_timed_hmac_valid_v0("k", http.request.uri, 60, 1)',
      "the function `is_timed_hmac_valid_v0`",
    ],
    ['http.host matches "(?u)\\p{Greek}"', "the regular expression has Unicode mode"],
  ])("%s stays open", (expression, because) => expect(truthOf(expression)).toBe(because));

  it("does not stand in the way of what is decided", () => {
    expect(truthOf('cf.waf.score lt 20 and http.host eq "x"')).toBe(false);
    expect(truthOf('cf.waf.score lt 20 or http.host ne "x"')).toBe(true);
    expect(truthOf("not cf.waf.score lt 20")).toBe("the field `cf.waf.score`");
  });
});

describe("a problem names the place and what to do", () => {
  it.each([
    ["", "1:1: the expression ends too early; write a field such as http.request.uri.path"],
    [
      'http.hosst eq "a"',
      "1:1: `http.hosst` is not a known field or function; did you mean `http.host`?",
    ],
    [
      'http.host EQ "a"',
      "1:11: expected a comparison of this String; write an operator such as eq, in, contains or wildcard, and a value",
    ],
    ["http.host eq 'a'", '1:14: expected a string; write it in quotes, like "text"'],
    ['http.host in {"a", "b"}', "1:18: a comma in a set; separate its members by spaces"],
    [
      "ip.src eq 10.0.0.0/8",
      "1:11: not an IP address; write one like 192.0.2.1 or 2001:db8::1; networks stand in a set behind `in`",
    ],
    [
      "ip.src in {10.0.0.1/8}",
      "1:12: the address has bits behind the prefix; write the network's first address",
    ],
    ["tcp.dstport in {9..8}", "1:17: the range runs backwards; write the lower number first"],
    ["tcp.dstport eq 08", "1:16: not an octal number; a leading zero means octal: leave it out"],
    [
      'http.request.headers["a"] eq "b"',
      "1:27: this operator does not go with Array<String>; compare its elements: with an index, or with [*] inside any() or all()",
    ],
    [
      'http.request.headers["a"][*] eq "b"',
      "1:1: the expression is of type Array<Boolean>; put it into `any()` or `all()`",
    ],
    [
      'http.host eq "a" and\n(ssl or http.host)',
      "2:18: expected a comparison of this String; write an operator such as eq, in, contains or wildcard, and a value",
    ],
    ['(http.host eq "a"', "1:18: expected `)`; close the parenthesis that was opened"],
    [
      'http.host eq "a" http.host eq "b"',
      "1:18: the expression goes on where it should end; join conditions by `and`, `or` or `xor`, and close what was opened",
    ],
    [
      'http.host matches "(a"',
      "1:19: the regular expression has a group that is not closed; write it in the syntax of Rust's regex crate",
    ],
    [
      'http.host matches "(?=a)"',
      "1:19: the regular expression has look-around, which this language has not; write it in the syntax of Rust's regex crate",
    ],
    [
      'http.host wildcard "a**"',
      "1:20: two stars in a row; write `*` once for any text, `\\*` for a star and `\\\\` for a backslash",
    ],
    [
      'lower("a") eq "a" and len(ssl) eq 1',
      "1:27: this argument is of type Boolean; it has to be String or array or map",
    ],
    [
      'starts_with("/a", "/") or ssl',
      "1:13: this argument must not be a literal; give it a field or a call",
    ],
    ["cidr(ip.src, 33, 1) eq 1.1.1.1", "1:14: 33 is out of range; write 1 to 32"],
    [
      'to_string(cf.waf.score) eq "1"',
      "1:1: `to_string` does not stand in the expression of a rule; it is for the values of Transform Rules and redirects",
    ],
    [
      "any(http.request.headers.names)",
      '1:5: `any` takes Array<Boolean>, not Array<String>; compare the elements, like any(http.request.headers.names[*] eq "x")',
    ],
    [
      `http.host eq "${"a".repeat(4_096)}"`,
      "1:4097: the expression has 4111 characters; keep it within 4096, for example with a list or a second rule",
    ],
    [
      `${"(".repeat(200)}ssl${")".repeat(200)}`,
      "1:130: more than 128 levels of nesting; write it flatter, or as several rules",
    ],
  ])("%s", (expression, fault) => expect(conditionFault(expression)).toBe(fault));

  it("but a new field below `cf.` is left to the edge's own judgement", () => {
    expect(conditionFault("cf.quantum.entangled and ssl")).toBeNull();
    expect(conditionFault("cf.bot_management.scor lt 3")).toMatch(
      /did you mean `cf.bot_management.score`/,
    );
  });

  it("in values too", () => {
    expect(
      valueFault(
        'concat("https://", http.host, regex_replace(http.request.uri.path, "^/a", "/b"))',
      ),
    ).toBeNull();
    expect(valueFault("cf.waf.score")).toMatch(/not a String/);
    expect(
      valueFault('concat(regex_replace(http.host, "a", "b"), regex_replace(http.host, "a", "b"))'),
    ).toMatch(/once/);
  });
});

describe("the printed form", () => {
  it.each([
    ['(http.host=="a")&&(! ssl||ssl)', 'http.host eq "a" and (not ssl or ssl)'],
    ["tcp.dstport in {0x50 8000..8009}and ssl", "tcp.dstport in {80 8000..8009} and ssl"],
    ["ip.src in{192.0.2.0..192.0.2.255 2001:DB8:0::1}", "ip.src in {192.0.2.0/24 2001:db8::1}"],
    ['http.host ~ "a\\.\\"b"', 'http.host matches r#"a\\."b"#'],
    ['http.host eq 61:0a or http.host eq r"é\\"', 'http.host eq "a\\x0a" or http.host eq "é\\\\"'],
    ["not (not ssl) and (ssl and ssl)", "not not ssl and (ssl and ssl)"],
  ])("of %s", (written, printed) => {
    const parsed = parseExpression(written);
    expect(parsed.ok && printExpression(parsed.value)).toBe(printed);
    expect(sameExpression(written, printed)).toBe(true);
  });

  it("is not the same for another meaning", () => {
    expect(sameExpression("ssl and (ssl or not ssl)", "ssl and ssl or not ssl")).toBe(false);
    expect(sameExpression('http.host eq "A"', 'http.host eq "a"')).toBe(false);
    expect(sameExpression("nonsense (", "nonsense ( ")).toBe(false);
  });
});

describe("what an expression needs", () => {
  it.each([
    ["ssl", "free"],
    ['any(http.request.cookies["a"][*] eq "b")', "pro"],
    ['http.host matches "a"', "business"],
    ['http.host matches "a" and http.request.body.raw contains "x"', "enterprise"],
    ['cf.waf.score.class eq "attack"', "business"],
  ])("%s: %s", (expression, plan) => {
    const parsed = parseExpression(expression);
    expect(parsed.ok && requirementOf(parsed.value).plan).toBe(plan);
  });
});

describe("a regular expression", () => {
  const matcher = (pattern: string): Matcher => {
    const compiled = compileRegex(pattern);
    if (compiled.kind !== "program") throw new Error(compiled.problem);
    return new Matcher(compiled);
  };

  it("agrees with the platform's own engine where both mean the same", () => {
    const atom = fc.constantFrom(
      "a",
      "b",
      ".",
      "[ab]",
      "[^a]",
      "\\d",
      "\\w",
      "\\b",
      "^",
      "$",
      "(a|b)",
      "(?:ab|)",
    );
    const times = fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,2}");
    const pattern = fc.array(fc.tuple(atom, times), { maxLength: 6 }).map((parts) =>
      // The platform repeats no assertions.
      parts.map(([one, often]) => (/^(?:\\b|\^|\$)$/.test(one) ? one : one + often)).join(""),
    );
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom("a", "b", "0", " ", "\n"), maxLength: 12 }),
        (text, value) => {
          expect(matcher(text).test(value)).toBe(new RegExp(text).test(value));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("that backtracking would never finish is decided by looking at each byte once", () => {
    expect(matcher("^(?:a+)+$").test(`${"a".repeat(100_000)}b`)).toBe(false);
    expect(matcher("(?:x+x+)+y").test("x".repeat(50_000))).toBe(false);
    expect(matcher("(?:a|a?)+$").test("a".repeat(100_000))).toBe(true);
  });

  it("that costs too much stays open, and one that is too large is refused", () => {
    // Each place has another set of states to follow: remembering them does not help.
    let seed = 1;
    const noise = Array.from({ length: 100_000 }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % 2 === 0 ? "a" : "b";
    });
    expect(matcher("a[ab]{200}c").test(noise.join(""))).toBe("too_costly");
    expect(compileRegex("(?:a{1000}){1000}")).toMatchObject({ kind: "refused" });
  });
});
