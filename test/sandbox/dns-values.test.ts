/** S1 to S5 of `drift-cases.md`, section 8.1: in which form names and contents are stored. */
import { beforeEach, describe, expect, it } from "vitest";
import { codes, create, patch, put, reset, type Fields } from "./client.ts";

const ZONE = "harbor-books.example";

beforeEach(reset);

describe("S1 names", () => {
  it.each([
    ["promo", `promo.${ZONE}`],
    ["PROMO.Harbor-Books.Example.", `promo.${ZONE}`],
    [`sub.promo.${ZONE}`, `sub.promo.${ZONE}`],
    ["@", ZONE],
    [ZONE, ZONE],
    ["*.promo", `*.promo.${ZONE}`],
    ["münchen", `xn--mnchen-3ya.${ZONE}`],
    ["xn--mnchen-3ya", `xn--mnchen-3ya.${ZONE}`],
  ])("stores the name `%s` as `%s`", async (name, stored) => {
    const { result } = await create({ type: "TXT", name, content: "x" });
    expect(result.name).toBe(stored);
  });

  it.each([
    ["CNAME", "Target.Example.ORG.", "target.example.org"],
    ["NS", "NS1.Example.org.", "ns1.example.org"],
    ["PTR", "Host.Example.org.", "host.example.org"],
    ["CNAME", "@", ZONE],
    ["CNAME", "bücher.example", "xn--bcher-kva.example"],
  ])("stores the %s target `%s` as `%s`", async (type, content, stored) => {
    expect((await create({ type, name: "alias", content })).result.content).toBe(stored);
  });

  it.each(["a..b", "-a", "l".repeat(64), "a b", "x.*.y"])("refuses the name `%s`", async (name) => {
    const reply = await create({ type: "TXT", name, content: "x" });
    expect([reply.status, ...codes(reply)]).toEqual([400, 1004, 9000]);
  });
});

describe("S2 proxied", () => {
  it("forces ttl 1 whatever was asked", async () => {
    const body = { type: "A", name: "promo", content: "192.0.2.1", ttl: 3600, proxied: true };
    const { result } = await create(body);
    expect(result).toMatchObject({ ttl: 1, proxied: true, proxiable: true });
    expect((await patch(result.id, { ttl: 600 })).result.ttl).toBe(1);
    expect((await patch(result.id, { proxied: false, ttl: 600 })).result.ttl).toBe(600);
  });

  it("is refused for a type that cannot be proxied", async () => {
    const reply = await create({ type: "TXT", name: "promo", content: "x", proxied: true });
    expect([reply.status, ...codes(reply)]).toEqual([400, 1004, 9041]);
    const { result } = await create({ type: "TXT", name: "promo", content: "x" });
    expect(result).toMatchObject({ proxied: false, proxiable: false });
  });

  it.each([59, 30, 0, 2, 86_401, 1.5])("refuses the ttl %s", async (ttl) => {
    const reply = await create({ type: "A", name: "promo", content: "192.0.2.1", ttl });
    expect([reply.status, ...codes(reply)]).toEqual([400, 1004, 9021]);
  });

  it("drops flatten_cname of a proxied CNAME without a word", async () => {
    const settings = { flatten_cname: true };
    const body = { type: "CNAME", name: "promo", content: "a.example", settings };
    const { result } = await create({ ...body, proxied: true });
    expect(result.settings).toEqual({});
    expect((await put(result.id, body)).result.settings).toEqual(settings);
  });
});

describe("S3 TXT", () => {
  const long = "a".repeat(300);
  it.each([
    ["v=spf1 -all", '"v=spf1 -all"'],
    ['"v=spf1 -all"', '"v=spf1 -all"'],
    ['say "hi"', String.raw`"say \"hi\""`],
    [String.raw`"say \"hi\""`, String.raw`"say \"hi\""`],
    [String.raw`v=DMARC1\; p=none`, '"v=DMARC1; p=none"'],
    [String.raw`"v=DMARC1\; p=none"`, '"v=DMARC1; p=none"'],
    ['"aa""bb"', '"aa" "bb"'],
    [String.raw`"\"x\""`, String.raw`"\"x\""`],
    [long, `"${"a".repeat(255)}" "${"a".repeat(45)}"`],
    [`"${long}"`, `"${"a".repeat(255)}" "${"a".repeat(45)}"`],
    [String.raw`back\slash`, String.raw`"back\\slash"`],
  ])("stores %s quoted and split", async (content, stored) => {
    const { result } = await create({ type: "TXT", name: "note", content });
    expect(result.content).toBe(stored);
    const again = await put(result.id, { type: "TXT", name: "note", content: stored });
    expect(again.result.content).toBe(stored);
  });

  it("never splits a character: chunks are counted in bytes", async () => {
    const { result } = await create({ type: "TXT", name: "note", content: "ü".repeat(200) });
    expect(result.content).toBe(`"${"ü".repeat(127)}" "${"ü".repeat(73)}"`);
  });
});

describe("S4 AAAA", () => {
  it.each([
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:0db8:0000:0001::", "2001:db8:0:1::"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
  ])("returns %s as %s", async (content, stored) => {
    expect((await create({ type: "AAAA", name: "six", content })).result.content).toBe(stored);
  });

  it.each([
    ["A", "192.0.2.256", 9005],
    ["A", "2001:db8::1", 9005],
    ["A", "192.0.2.01", 9005],
    ["AAAA", "192.0.2.1", 9006],
    ["AAAA", "2001:db8:::1", 9006],
    ["CNAME", "not a host", 9009],
  ])("refuses %s %s with its own code", async (type, content, code) => {
    const reply = await create({ type, name: "bad", content });
    expect([reply.status, ...codes(reply)]).toEqual([400, 1004, code]);
  });
});

/** One record of every structured type: what is sent, and the content computed from it. */
const STRUCTURED: readonly (readonly [type: string, data: Fields, content: string])[] = [
  ["CAA", { flags: 0, tag: "issue", value: "letsencrypt.org" }, '0 issue "letsencrypt.org"'],
  ["CERT", { type: 1, key_tag: 12, algorithm: 8, certificate: "TUlJQw==" }, "1 12 8 TUlJQw=="],
  ["DNSKEY", { flags: 257, protocol: 3, algorithm: 13, public_key: "mdss" }, "257 3 13 mdss"],
  ["DS", { key_tag: 1, algorithm: 13, digest_type: 2, digest: "AB12" }, "1 13 2 ab12"],
  ["HTTPS", { priority: 1, target: ".", value: 'alpn="h3,h2"' }, '1 . alpn="h3,h2"'],
  ["SVCB", { priority: 2, target: "svc.example.", value: "port=53" }, "2 svc.example. port=53"],
  [
    "NAPTR",
    {
      order: 100,
      preference: 10,
      flags: "S",
      service: "SIP+D2T",
      regex: "",
      replacement: "_sip._tcp.example.",
    },
    '100 10 "S" "SIP+D2T" "" _sip._tcp.example',
  ],
  ["SMIMEA", { usage: 3, selector: 0, matching_type: 1, certificate: "aa" }, "3 0 1 aa"],
  ["SSHFP", { algorithm: 4, type: 2, fingerprint: "ab cd" }, "4 2 abcd"],
  ["TLSA", { usage: 3, selector: 1, matching_type: 1, certificate: "AB" }, "3 1 1 ab"],
  [
    "LOC",
    {
      lat_degrees: 53,
      lat_minutes: 32,
      lat_seconds: 40.5,
      lat_direction: "N",
      long_degrees: 9,
      long_direction: "E",
      altitude: -2,
    },
    "53 32 40.500 N 9 0 0.000 E -2.00m 0.00m 0.00m 0.00m",
  ],
];

describe("S5 structured types", () => {
  it.each(STRUCTURED)("compute the content of %s from its data", async (type, data, content) => {
    const { result } = await create({ type, name: "thing", data });
    expect(result.content).toBe(content);
    const again = await put(result.id, { type, name: "thing", data: result.data });
    expect(again.result).toMatchObject({ content, data: result.data });
    // lexicon and other simple clients send `content` and `data: null` instead.
    const plain = await put(result.id, { type, name: "thing", content });
    expect(plain.result).toMatchObject({ content, data: result.data });
  });

  it("carry the priority of SRV at top level and in data", async () => {
    const data = { priority: 0, weight: 5, port: 5060, target: "sip.example." };
    const { result } = await create({ type: "SRV", name: "_sip._tls", data });
    expect(result).toMatchObject({
      priority: 0,
      content: "5 5060 sip.example",
      data: { ...data, target: "sip.example" },
    });
    const patched = await patch(result.id, { priority: 7 });
    expect(patched.result).toMatchObject({ priority: 7, data: { priority: 7, port: 5060 } });
    const back = await patch(result.id, { data: { priority: 0, weight: 5, port: 1, target: "." } });
    expect(back.result).toMatchObject({ priority: 0, content: "5 1 ." });
  });

  it("carry the priority of URI at top level only", async () => {
    const data = { weight: 1, target: "https://a.example/x" };
    const { result } = await create({ type: "URI", name: "_http._tcp", data, priority: 10 });
    expect(result).toMatchObject({ priority: 10, content: '1 "https://a.example/x"', data });
  });

  it("accept the priority 0 of MX, at top level or in data, and require one", async () => {
    const body = { type: "MX", name: "mail", content: "mx.example." };
    const { result } = await create({ ...body, priority: 0 });
    expect(result).toMatchObject({ priority: 0, content: "mx.example" });
    const other = await create({
      type: "MX",
      name: "mail",
      data: { priority: 5, target: "b.example" },
    });
    expect(other.result).toMatchObject({ priority: 5, content: "b.example" });
    expect(codes(await create(body))).toEqual([1004, 9101]);
  });

  it("take CAA flags as a number in any spelling", async () => {
    const data = { flags: "128", tag: "ISSUE", value: "ca.example" };
    const { result } = await create({ type: "CAA", name: "ca", data }, { isUndescribed: true });
    expect(result.data).toEqual({ flags: 128, tag: "issue", value: "ca.example" });
    expect(codes(await create({ type: "CAA", name: "ca", data: { ...data, flags: 256 } }))).toEqual(
      [1004, 9207],
    );
    expect(codes(await create({ type: "CAA", name: "ca", data: { flags: 0 } }))).toEqual([
      1004, 9101,
    ]);
  });

  it("store OPENPGPKEY, the last of the 21 types", async () => {
    const { result } = await create({ type: "OPENPGPKEY", name: "k", content: "mQIN BFxz" });
    expect(result).toMatchObject({ content: "mQINBFxz", settings: {}, tags: [], comment: null });
  });
});
