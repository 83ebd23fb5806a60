/** What single rules go through: cases 35 to 43 of `drift-cases.md`, and everything refused. */
import { beforeEach, describe, expect, it } from "vitest";
import { codes, reset, type Fields } from "./client.ts";
import {
  CUSTOM,
  entrypoint,
  MANAGED,
  messages,
  pointers,
  putEntrypoint,
  type Rule,
} from "./rules.ts";

beforeEach(reset);

const RATE = "http_ratelimit";
const CACHE = "http_request_cache_settings";

const rule = (expression: string, more: Fields = {}): Fields => ({
  ref: "r",
  action: "block",
  expression,
  ...more,
});

async function stored(sent: Fields, phase = CUSTOM): Promise<Rule | undefined> {
  const reply = await putEntrypoint([sent], phase);
  expect(messages(reply)).toBe("");
  return reply.result.rules[0];
}

const limit = (ratelimit: Fields | null): Fields => ({
  ...rule('http.request.uri.path eq "/x"'),
  ...(ratelimit === null
    ? {}
    : { ratelimit: { characteristics: ["ip.src"], period: 60, ...ratelimit } }),
});

const execute = (parameters: Fields): Fields => ({
  ref: "r",
  action: "execute",
  expression: "true",
  action_parameters: parameters,
});

describe("case 35 and 36: identity of rules", () => {
  it("computes id, version and last_updated, whatever the client says", async () => {
    const sent = { ...rule("true"), version: "17", last_updated: "2020-01-01T00:00:00Z" };
    const first = await stored(sent);
    expect(first).toMatchObject({ version: "1", ref: "r" });
    expect(first?.last_updated).not.toBe(sent.last_updated);
  });

  it("keeps rules by ref, and makes those without one anew", async () => {
    const anonymous = { action: "block", expression: "ssl" };
    const before = (await putEntrypoint([rule("true"), anonymous])).result.rules;
    expect(before[1]?.ref).toBe(before[1]?.id);
    const after = (await putEntrypoint([rule("true"), anonymous])).result.rules;
    expect(after[0]).toEqual(before[0]);
    expect(after[1]?.id).not.toBe(before[1]?.id);
    const echoed = (await putEntrypoint(after)).result.rules;
    expect(echoed).toEqual(after);
  });

  it("refuses two rules with one ref", async () => {
    const reply = await putEntrypoint([rule("true"), rule("ssl")]);
    expect([reply.status, ...pointers(reply)]).toEqual([400, "/rules/1/ref"]);
  });
});

describe("case 37 and 38: what is computed or left out", () => {
  it.each([undefined, null, ""])("has no description for %j", async (description) => {
    const sent = { ...rule("true"), ...(description === undefined ? {} : { description }) };
    const reply = await putEntrypoint([sent], CUSTOM, { isUndescribed: true });
    expect(reply.result.rules[0]).not.toHaveProperty("description");
  });

  it("logs what it skips unless told otherwise", async () => {
    const skip = { ...rule("ssl"), action: "skip", action_parameters: { ruleset: "current" } };
    expect((await stored(skip))?.logging).toEqual({ enabled: true });
    expect((await stored({ ...skip, logging: { enabled: false } }))?.logging).toEqual({
      enabled: false,
    });
    expect(await stored(rule("ssl"))).not.toHaveProperty("logging");
  });

  it("gives null parameters back as {}, absent ones as absent", async () => {
    expect(await stored(rule("ssl"))).not.toHaveProperty("action_parameters");
    const reply = await putEntrypoint([rule("ssl", { action_parameters: null })], CUSTOM, {
      isUndescribed: true,
    });
    expect(reply.result.rules[0]?.action_parameters).toEqual({});
  });

  it("drops empty lists of what to skip", async () => {
    const parameters = { phases: [], products: ["waf"], rulesets: [] };
    const skip = { ...rule("ssl"), action: "skip", action_parameters: parameters };
    expect((await stored(skip))?.action_parameters).toEqual({ products: ["waf"] });
  });
});

const counted = async (characteristics: string[]) =>
  (await stored(limit({ requests_per_period: 5, characteristics }), RATE))?.ratelimit?.[
    "characteristics"
  ];

describe("case 39 and 40: rate limits", () => {
  it.each([[undefined], [null], [""], ["ssl"]])(
    "keeps counting_expression %j apart from the others",
    async (counting) => {
      const given = counting === undefined ? {} : { counting_expression: counting };
      const sent = limit({ requests_per_period: 5, ...given });
      const reply = await putEntrypoint([sent], RATE, { isUndescribed: true });
      expect(reply.result.rules[0]?.ratelimit?.["counting_expression"]).toBe(counting ?? undefined);
    },
  );

  it("adds cf.colo.id to what is counted by", async () => {
    expect(await counted(["ip.src"])).toEqual(["cf.colo.id", "ip.src"]);
    expect(await counted(["ip.src", "cf.colo.id"])).toEqual(["ip.src", "cf.colo.id"]);
  });

  it.each([
    [null, "/rules/0/ratelimit"],
    [{ requests_per_period: 5, period: undefined }, "/rules/0/ratelimit/period"],
    [{ requests_per_period: 5, characteristics: undefined }, "/rules/0/ratelimit/characteristics"],
    [{ requests_per_period: 5, characteristics: [] }, "/rules/0/ratelimit/characteristics"],
    [{}, "/rules/0/ratelimit"],
    [{ requests_per_period: 5, period: 61 }, "/rules/0/ratelimit/period"],
    [{ requests_per_period: 5, period: 3600 }, "/rules/0/ratelimit/period"],
    [
      { requests_per_period: 5, characteristics: ["ip.src", "ip.src"] },
      "/rules/0/ratelimit/characteristics/1",
    ],
    [
      { requests_per_period: 5, counting_expression: "(" },
      "/rules/0/ratelimit/counting_expression",
    ],
  ])("refuses %j", async (ratelimit, pointer) => {
    const reply = await putEntrypoint([limit(ratelimit)], RATE);
    expect([reply.status, ...pointers(reply)]).toEqual([400, pointer]);
  });

  it("refuses a ratelimit in another phase", async () => {
    const reply = await putEntrypoint([limit({ requests_per_period: 5 })]);
    expect(pointers(reply)).toEqual(["/rules/0/ratelimit"]);
  });
});

const cache = (include: unknown): Fields => ({
  ...rule("true"),
  action: "set_cache_settings",
  action_parameters: { cache: true, cache_key: { custom_key: { query_string: { include } } } },
});

describe("case 41: cache keys", () => {
  it.each([
    [["*"], { all: true }],
    [{ list: ["*"] }, { all: true }],
    [{ all: true }, { all: true }],
    [["a"], { list: ["a"] }],
    [{ list: ["a", "b"] }, { list: ["a", "b"] }],
  ])("give the query string %j back as %j", async (sent, expected) => {
    const reply = await putEntrypoint([cache(sent)], CACHE, { isUndescribed: true });
    expect(reply.result.rules[0]?.action_parameters).toEqual(cache(expected)["action_parameters"]);
  });
});

const refs = async (order: Fields[]) =>
  (await putEntrypoint(order)).result.rules.map(({ ref }) => ref);

describe("case 42 and 43: order and overrides", () => {
  const PHASE = "http_request_firewall_managed";
  const LOG4J = "5de7edfa648c4d6891dc3e7f84534ffa";
  const GIT = "e3a567afc347477d9702d9047e97d760";

  it("keeps the order of rules and of overrides as it was sent", async () => {
    const rules = [
      { id: LOG4J, enabled: false },
      { id: GIT, action: "log" },
    ];
    for (const order of [rules, rules.toReversed()]) {
      const reply = await putEntrypoint(
        [execute({ id: MANAGED, overrides: { rules: order } })],
        PHASE,
      );
      expect(reply.result.rules[0]?.action_parameters).toEqual({
        id: MANAGED,
        overrides: { rules: order },
      });
    }
    const [a, b] = [rule("ssl", { ref: "a" }), rule("ssl", { ref: "b" })];
    expect([await refs([a, b]), await refs([b, a])]).toEqual([
      ["a", "b"],
      ["b", "a"],
    ]);
  });

  it.each([
    [{ id: "0".repeat(32) }, "/rules/0/action_parameters/id"],
    [
      { id: MANAGED, overrides: { rules: [{ id: "nobody", enabled: false }] } },
      "/rules/0/action_parameters/overrides/rules/0/id",
    ],
    [
      { id: MANAGED, overrides: { categories: [{ category: "nothing", enabled: false }] } },
      "/rules/0/action_parameters/overrides/categories/0/category",
    ],
    [
      { id: MANAGED, overrides: { sensitivity_level: "low" } },
      "/rules/0/action_parameters/overrides",
    ],
  ])("refuses to execute %j", async (parameters, pointer) => {
    const reply = await putEntrypoint([execute(parameters)], PHASE);
    expect([reply.status, ...pointers(reply)]).toEqual([400, pointer]);
  });
});

describe("expressions", () => {
  it.each([
    "true",
    "ssl",
    "not ssl",
    "(ip.src eq 192.0.2.1)",
    "ip.src in {192.0.2.0/24 2001:db8::/32 198.51.100.1}",
    "ip.src in $office_ips",
    "ip.src in $cf.open_proxies",
    'http.host eq "shop" and (ssl or not http.request.uri.path contains "\\"x\\"")',
    'any(http.request.headers["x-a"][*] eq "1")',
    'http.request.headers.names[0] == "a" && cf.threat_score > 5 || !ssl',
    'lower(http.user_agent) contains r#"a "quoted" word"#',
    "http.request.timestamp.sec in {1..5 9}",
    'http.request.uri.path wildcard "/a/*" or http.host strict wildcard "*.B"',
    'http.request.full_uri wildcard r"http*://*/a(b" xor ssl',
    'concat("a", http.host, to_string(tcp.srcport)) eq "a(b)"',
    "(((ssl)))",
    "ip.geoip.asnum in {64496 64500} and cf.edge.server_port ne 443",
    'http.request.method in {"GET" "HEAD"}',
  ])("takes %s", async (expression) => {
    expect((await stored(rule(expression)))?.expression).toBe(expression);
  });

  it.each([
    ["", /cannot be blank/, 20125],
    ["  ", /cannot be blank/, 20125],
    ['http.host eq "shop', /unterminated string/, 20127],
    ["(ssl", /unbalanced parentheses/, 20127],
    ["ssl)", /unbalanced parentheses/, 20127],
    ["ip.src in {192.0.2.1", /unclosed set/, 20127],
    ["ip.src in {}", /empty set/, 20127],
    ['http.host in {"a", "b"}', /whitespace between set members/, 20127],
    ["URI Path contains 1", /unknown identifier/, 20127],
    ['http.hots eq "a"', /unknown identifier/, 20127],
    ['shout(http.host) eq "a"', /unknown identifier/, 20127],
    ["ssl ssl", /expected an operator/, 20127],
    ["ssl and", /expected something behind it/, 20127],
    ["and ssl", /expected a field/, 20127],
    ['http.host eq eq "a"', /expected a field/, 20127],
    ["ip.src in 192.0.2.1", /expected a set/, 20127],
    ["ip.src eq {192.0.2.1}", /only allowed behind/, 20127],
    ["ip.src in $no_such_list", /the list \$no_such_list does not exist/, 20127],
    ["ip.src in {GET}", /invalid digit/, 20127],
    [`http.host eq "${"a".repeat(4096)}"`, /longer than 4096/, 20127],
    ["ssl ; drop", /unexpected character/, 20127],
  ])("refuses %s", async (expression, message, code) => {
    const reply = await putEntrypoint([rule("true", { ref: "a" }), rule(expression)]);
    expect([reply.status, ...codes(reply), ...pointers(reply)]).toEqual([
      400,
      code,
      "/rules/1/expression",
    ]);
    expect(messages(reply)).toMatch(message);
  });
});

const PATH = "/rules/0/action_parameters";

const REFUSED: readonly (readonly [string, Fields, string])[] = [
  [CUSTOM, { action: "set_config" }, "/rules/0/action"],
  [CUSTOM, { action: "explode" }, "/rules/0/action"],
  [CUSTOM, { action: undefined }, "/rules/0/action"],
  [CUSTOM, { action: "skip" }, PATH],
  [CUSTOM, { action: "skip", action_parameters: { products: ["nothing"] } }, `${PATH}/products/0`],
  [CUSTOM, { action: "skip", action_parameters: { phases: [RATE], rulesets: [MANAGED] } }, PATH],
  [CUSTOM, { action: "skip", action_parameters: { phase: "current" } }, PATH],
  [CUSTOM, { action_parameters: { response: { status_code: 200 } } }, `${PATH}/response`],
  [CUSTOM, { action: "log", action_parameters: { x: 1 } }, PATH],
  [CACHE, { action: "set_cache_settings" }, PATH],
  [CACHE, { action: "set_cache_settings", action_parameters: { cache: "yes" } }, `${PATH}/cache`],
  [
    CACHE,
    {
      action: "set_cache_settings",
      action_parameters: { edge_ttl: { mode: "override_origin" } },
    },
    `${PATH}/edge_ttl`,
  ],
  [
    "http_request_dynamic_redirect",
    { action: "redirect", action_parameters: { from_list: { key: "ssl", name: "x" } } },
    PATH,
  ],
  [
    "http_request_dynamic_redirect",
    {
      action: "redirect",
      action_parameters: { from_value: { target_url: { expression: "concat(" } } },
    },
    `${PATH}/from_value/target_url/expression`,
  ],
  [
    "http_response_headers_transform",
    { action: "rewrite", action_parameters: { uri: { path: { value: "/" } } } },
    PATH,
  ],
  [
    "http_response_headers_transform",
    { action: "rewrite", action_parameters: { headers: { a: { operation: "set" } } } },
    `${PATH}/headers/a`,
  ],
  ["http_config_settings", { action: "set_config", action_parameters: {} }, PATH],
  ["http_request_origin", { action: "route", action_parameters: { port: 1 } }, PATH],
];

describe("actions and their parameters", () => {
  it.each(REFUSED)("of %s: %j is refused", async (phase, more, pointer) => {
    const options = { isUndescribed: true };
    const reply = await putEntrypoint([rule("true", more)], phase, options);
    expect([reply.status, pointers(reply)[0]]).toEqual([400, pointer]);
    expect(codes(reply)[0]).toBeGreaterThan(10_000);
  });

  it("are refused with 20106 where they are missing", async () => {
    const sent = rule("true", { action: "set_cache_settings" });
    const reply = await putEntrypoint([sent], CACHE);
    expect(codes(reply)).toEqual([20106]);
    expect(messages(reply)).toBe(
      "action parameters are required for the set_cache_settings action",
    );
  });

  it("are checked for all rules at once, and nothing is stored", async () => {
    const before = (await entrypoint()).result;
    const reply = await putEntrypoint([rule(""), rule("ssl", { action: "route" })]);
    expect(pointers(reply)).toEqual(["/rules/0/expression", "/rules/1/action"]);
    expect((await entrypoint()).result).toEqual(before);
  });

  it.each([
    ["http_config_settings", "set_config", { ssl: "strict", email_obfuscation: true }],
    ["http_request_origin", "route", { origin: { port: 8443 }, host_header: "a.example" }],
    ["http_request_transform", "rewrite", { uri: { path: { value: "/new" } } }],
    ["http_request_transform", "rewrite", { uri: { query: { value: "" } } }],
    ["http_request_late_transform", "rewrite", { headers: { a: { operation: "remove" } } }],
  ])("of %s, %s, are stored as sent: %j", async (phase, action, parameters) => {
    const sent = rule("true", { action, action_parameters: parameters });
    expect((await stored(sent, phase))?.action_parameters).toEqual(parameters);
  });
});
