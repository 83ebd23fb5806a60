/** Zero Trust Gateway: rules and lists, as far as drift detection depends on their answers. */
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectWritesAudited } from "./audited.ts";
import { formatExpression } from "../../sandbox/gateway/expression.ts";
import { ACCOUNT, api, codes, control, reset, type Fields } from "./client.ts";

const RULES = `/accounts/${ACCOUNT}/gateway/rules`;
const LISTS = `/accounts/${ACCOUNT}/gateway/lists`;

interface Rule extends Fields {
  id: string;
  name: string;
  precedence: number;
  traffic: string;
  version: number;
  rule_settings: Fields;
  updated_at: string;
}

const DNS_BLOCK = {
  name: "block phishing",
  action: "block",
  filters: ["dns"],
  traffic: "any(dns.security_category[*] in {80 131})",
  enabled: true,
};

const create = (body: Fields) => api<Rule>(`POST ${RULES}`, { body: { ...DNS_BLOCK, ...body } });
const put = (id: string, body: Fields) =>
  api<Rule>(`PUT ${RULES}/${id}`, { body: { ...DNS_BLOCK, ...body } });
const refusal = async (body: Fields) =>
  (await api(`POST ${RULES}`, { body: { ...DNS_BLOCK, ...body }, isUndescribed: true })).status;

beforeEach(reset);
afterEach(expectWritesAudited);

describe("Gateway rules", () => {
  it("are created, read, replaced and deleted, and count their versions", async () => {
    const { result } = await create({ precedence: 40 });
    expect(result).toMatchObject({ ...DNS_BLOCK, precedence: 40, version: 1, description: "" });
    expect((await api<Rule>(`GET ${RULES}/${result.id}`)).result).toEqual(result);
    const replaced = await put(result.id, { name: "block more", precedence: 40 });
    expect(replaced.result).toMatchObject({ id: result.id, name: "block more", version: 2 });
    expect((await api(`DELETE ${RULES}/${result.id}`)).status).toBe(200);
    expect((await api(`GET ${RULES}/${result.id}`)).status).toBe(404);
  });

  it("carry the members that only an answer has", async () => {
    const { result } = await create({});
    expect(result).toMatchObject({
      read_only: false,
      sharable: false,
      source_account: ACCOUNT,
      warning_status: null,
      deleted_at: null,
    });
  });

  it("may share a name", async () => {
    const first = await create({});
    const second = await create({});
    expect(second.status).toBe(200);
    expect(second.result.id).not.toBe(first.result.id);
  });

  it("without a precedence go to the end", async () => {
    const before = (await api<Rule[]>(`GET ${RULES}`)).result;
    const { result } = await create({});
    const after = (await api<Rule[]>(`GET ${RULES}`)).result;
    expect(after.map(({ id }) => id)).toEqual([...before.map(({ id }) => id), result.id]);
  });

  it.each([
    ["no filter", { filters: [] }],
    ["two filters", { filters: ["dns", "http"] }],
    ["an action of another filter", { action: "isolate" }],
    ["a schedule for http", { filters: ["http"], schedule: { mon: "08:00-17:00" } }],
    [
      "an expiration for l4",
      { filters: ["l4"], expiration: { expires_at: "2036-01-01T00:00:00Z" } },
    ],
    ["a duration that is none", { rule_settings: { check_session: { duration: "a day" } } }],
    ["an open quote", { traffic: 'dns.fqdn == "x' }],
    ["a lone bracket", { traffic: "any(dns.domains[*] in {1)" }],
    ["a list that does not exist", { traffic: `any(dns.domains[*] in $${"0".repeat(32)})` }],
    ["intervals in the wrong order", { schedule: { mon: "13:00-17:00,08:00-12:00" } }],
  ])("are refused with %s", async (_what, body) => {
    expect(await refusal(body)).toBe(400);
  });

  it("are listed by precedence, and selected by name, filter and text", async () => {
    const { result } = await create({ precedence: 1, description: "Phishing kits" });
    const names = async (query: string) =>
      (await api<Rule[]>(`GET ${RULES}${query}`)).result.map(({ name }) => name);
    expect((await names(""))[0]).toBe(result.name);
    expect((await names("?direction=desc")).at(-1)).toBe(result.name);
    expect(await names("?search=phishing%20kits")).toEqual([result.name]);
    expect(await names("?filter=name:block%20phishing&filter=filters:http")).toEqual([]);
    expect((await api(`GET ${RULES}/tenant`)).result).toEqual([]);
  });
});

describe("Gateway answers that differ from what was sent", () => {
  it("47 precedence comes back as sent, or with a hash of the name where that is switched on", async () => {
    expect((await create({ precedence: 1400 })).result.precedence).toBe(1400);
    await control("PUT /options", { gateway_precedence_noise: true });
    const { result } = await create({ precedence: 1400 });
    expect(Math.floor(result.precedence / 1000)).toBe(1400);
    const again = await put(result.id, { precedence: result.precedence });
    expect(again.result.precedence).toBe(result.precedence);
    expect((await put(result.id, { precedence: 1400 })).result.precedence).toBe(result.precedence);
  });

  it.each([{}, { rule_settings: {} }, { rule_settings: { add_headers: {}, override_ips: [] } }])(
    "48 empty settings come back as {}: %j",
    async (body) => {
      expect((await create(body)).result.rule_settings).toEqual({});
    },
  );

  it.each([
    ["24h", "24h0m0s"],
    ["90m", "1h30m0s"],
    ["45s", "45s"],
    ["24h0m0s", "24h0m0s"],
  ])("49 a duration of %s comes back as %s", async (sent, answered) => {
    const rule_settings = { check_session: { enforce: true, duration: sent } };
    const body = { filters: ["http"], action: "allow", traffic: "", rule_settings };
    expect((await create(body)).result.rule_settings["check_session"]).toMatchObject({
      duration: answered,
    });
  });

  it("S19 expressions come back formatted, unless that is switched off", async () => {
    const traffic = "any( dns.domains[*]   in {'a.example'\n\"b.example\"} ) && not(dns.fqdn=='c')";
    const formatted = 'any(dns.domains[*] in {"a.example" "b.example"}) and not (dns.fqdn == "c")';
    expect((await create({ traffic })).result.traffic).toBe(formatted);
    await control("PUT /options", { gateway_reformat: false });
    expect((await create({ traffic })).result.traffic).toBe(traffic);
  });

  it("schedules come back with padded hours", async () => {
    const schedule = { mon: "8:00-12:30, 13:30-24:00", time_zone: "Europe/Berlin" };
    expect((await create({ schedule })).result["schedule"]).toEqual({
      mon: "08:00-12:30,13:30-24:00",
      time_zone: "Europe/Berlin",
    });
  });
});

describe("the expiration of a DNS rule", () => {
  it("is told in UTC, passes with the account's clock and can start anew", async () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const { result } = await create({ expiration: { expires_at: inAnHour, duration: 120 } });
    expect(result["expiration"]).toMatchObject({ expired: false, duration: 120 });
    await control("PUT /options", { clock_offset_ms: 7_200_000 });
    const read = await api<Rule>(`GET ${RULES}/${result.id}`);
    expect(read.result["expiration"]).toMatchObject({ expired: true });
    const renewed = await api<Rule>(`POST ${RULES}/${result.id}/reset_expiration`);
    expect(renewed.result).toMatchObject({ version: 2, expiration: { expired: false } });
  });

  it("cannot start anew without a duration", async () => {
    const { result } = await create({ expiration: { expires_at: "2036-01-01T02:00:00+02:00" } });
    expect(result["expiration"]).toEqual({ expires_at: "2036-01-01T00:00:00Z", expired: false });
    expect((await api(`POST ${RULES}/${result.id}/reset_expiration`)).status).toBe(400);
  });
});

const token = fc.constantFrom(
  "any(",
  "all(",
  "(",
  ")",
  "{",
  "}",
  "dns.fqdn",
  "dns.domains[*]",
  "http.request.uri",
  "==",
  "!=",
  "&&",
  "||",
  "and",
  "OR",
  "!",
  "not",
  "in",
  "matches",
  "~",
  "eq",
  ",",
  "192.0.2.0/24",
  "2001:db8::/32",
  "1..5",
  "$0123456789abcdef0123456789abcdef",
  "80",
  '"a b"',
  "'a \"b\"'",
  "'it\\'s'",
  '"\\"q\\\\"',
  'r"raw"',
  'r#"ra"w"#',
  " ",
  "\n\t",
  "é",
);

it("S19 formatting an expression twice changes nothing more, whatever the expression", () => {
  fc.assert(
    fc.property(fc.array(token, { maxLength: 25 }), fc.constantFrom("", " "), (parts, glue) => {
      let once: string;
      try {
        once = formatExpression(parts.join(glue));
      } catch {
        return;
      }
      expect(formatExpression(once)).toBe(once);
    }),
    { numRuns: 3000 },
  );
});

const values = async (id: string) =>
  (await api<Fields[]>(`GET ${LISTS}/${id}/items`)).result.map(({ value }) => value);

describe("Gateway lists", () => {
  const DOMAINS = { name: "Partners", type: "DOMAIN", items: [{ value: "Shop.Example." }] };
  const newList = (body: Fields = {}) =>
    api<Fields & { id: string }>(`POST ${LISTS}`, { body: { ...DOMAINS, ...body } });

  it("are created, read, replaced and deleted; items are in the API's spelling", async () => {
    const { result } = await newList();
    expect(result).toMatchObject({ name: "Partners", type: "DOMAIN", count: 1 });
    expect(await values(result.id)).toEqual(["shop.example"]);
    const body = { name: "Friends", items: [{ value: "b.example" }, { value: "B.example" }] };
    expect((await api(`PUT ${LISTS}/${result.id}`, { body })).result["count"]).toBe(1);
    expect((await api(`GET ${LISTS}/${result.id}`)).result).toMatchObject({ name: "Friends" });
    await api(`DELETE ${LISTS}/${result.id}`);
    expect((await api(`GET ${LISTS}/${result.id}`)).status).toBe(404);
  });

  it("take and give single items by PATCH", async () => {
    const { result } = await newList();
    const body = { append: [{ value: "new.example" }], remove: ["SHOP.example"] };
    await api(`PATCH ${LISTS}/${result.id}`, { body });
    expect(await values(result.id)).toEqual(["new.example"]);
  });

  it.each([
    ["IP", "192.0.2.77/24", "192.0.2.0/24"],
    ["IP", "192.0.2.1", "192.0.2.1"],
    ["IP", "2001:DB8:0::1", "2001:db8::1"],
    ["EMAIL", "Ada@Harbor-Books.Example", "ada@harbor-books.example"],
    ["URL", "https://Harbor-Books.example/A", "https://harbor-books.example/A"],
  ])("57 of type %s spell %s as %s", async (type, sent, kept) => {
    const { result } = await newList({ type, items: [{ value: sent }] });
    expect(await values(result.id)).toEqual([kept]);
  });

  it("refuse values of another type", async () => {
    const refused = await newList({ type: "IP" });
    expect([refused.status, ...codes(refused)]).toEqual([400, 2002]);
  });

  it.each(["with dashes", "without dashes"])(
    "cannot be deleted while a rule names them, %s",
    async (form) => {
      const { result } = await newList();
      const id = form === "with dashes" ? result.id : result.id.replaceAll("-", "");
      const rule = await create({ traffic: `any(dns.domains[*] in $${id})` });
      expect((await api(`DELETE ${LISTS}/${result.id}`)).status).toBe(400);
      await api(`DELETE ${RULES}/${rule.result.id}`);
      expect((await api(`DELETE ${LISTS}/${result.id}`)).status).toBe(200);
    },
  );
});
