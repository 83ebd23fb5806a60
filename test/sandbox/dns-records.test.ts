/** DNS records behave as `drift-cases.md`, section 8.1, says of the real API. */
import { beforeEach, describe, expect, it } from "vitest";
import {
  API,
  api,
  batch,
  BOOKS,
  codes,
  control,
  create,
  list,
  patch,
  put,
  read,
  remove,
  reset,
  type DnsRecord,
  type Fields,
} from "./client.ts";

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

  it.each(["a..b", "-a", `${"l".repeat(64)}`, "a b", "x.*.y"])(
    "refuses the name `%s`",
    async (name) => {
      const reply = await create({ type: "TXT", name, content: "x" });
      expect([reply.status, ...codes(reply)]).toEqual([400, 1004, 9000]);
    },
  );
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
  ["SVCB", { priority: 2, target: "svc.example.", value: "port=53" }, "2 svc.example port=53"],
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

describe("S6 fields", () => {
  it("has the keys of a recorded record and neither zone_id nor zone_name", async () => {
    const data = { flags: 0, tag: "issue", value: "ca.example" };
    const { result } = await create({ type: "CAA", name: "ca", data });
    expect(Object.keys(result).toSorted()).toEqual(
      "comment content created_on data id meta modified_on name proxiable proxied settings tags ttl type".split(
        " ",
      ),
    );
    expect(result.id).toMatch(/^[0-9a-f]{32}$/);
    expect(result.meta).toEqual({});
  });

  it("keeps tags as a set, comment null when unset, and says when they changed", async () => {
    const body = { type: "A", name: "promo", content: "192.0.2.1" };
    const { result } = await create({ ...body, comment: "", tags: ["b:2", "a", "b:2"] });
    expect(result).toMatchObject({ comment: null, tags: ["a", "b:2"] });
    expect(result).toHaveProperty("tags_modified_on");
    expect(result).not.toHaveProperty("comment_modified_on");
    const noted = await patch(result.id, { comment: "why" });
    expect(noted.result).toMatchObject({ comment: "why", tags: ["a", "b:2"] });
    expect(noted.result).toHaveProperty("comment_modified_on");
    const cleared = await patch(result.id, { comment: "" });
    expect(cleared.result.comment).toBeNull();
  });

  it("moves modified_on with every write and leaves created_on", async () => {
    const body = { type: "A", name: "promo", content: "192.0.2.1" };
    const { result } = await create(body);
    await control("PUT /options", { clock_offset_ms: 5000 });
    const after = (await put(result.id, body)).result;
    expect(after["created_on"]).toBe(result["created_on"]);
    expect(Date.parse(after.modified_on)).toBeGreaterThan(Date.parse(result.modified_on));
  });

  it("is not changed by what a client sends back of the read-only fields", async () => {
    const { result } = await create({ type: "A", name: "promo", content: "192.0.2.1" });
    const echoed = { ...result, id: "f".repeat(32), meta: { read_only: true }, zone_name: "x" };
    const after = await patch(result.id, { ...echoed, content: "192.0.2.2" });
    expect(after.result).toMatchObject({ id: result.id, meta: {}, content: "192.0.2.2" });
  });
});

describe("S7 and the list filters", () => {
  const names = async (query: string): Promise<string[]> =>
    (await list(`${query}&per_page=1000`)).result.map(({ name }) => name.replace(`.${ZONE}`, ""));

  it("finds a TXT record by its unquoted content, as certbot asks", async () => {
    const content = "Xq1r-OeS4_challenge";
    await create({ type: "TXT", name: "_acme-challenge.www", content });
    const query = `?type=TXT&name=_acme-challenge.www.${ZONE}&content=${content}&per_page=1`;
    const { result, info } = await list(query);
    expect(result.map((record) => record.content)).toEqual([`"${content}"`]);
    expect(info["total_count"]).toBe(1);
  });

  it.each([
    [`?name=checkout.${ZONE}&type=AAAA`, ["checkout"]],
    [`?name.exact=CHECKOUT.${ZONE}.&type=A`, ["checkout"]],
    ["?name.startswith=_d", ["_dmarc"]],
    ["?name.contains=cdn", ["cdn"]],
    ["?content.endswith=k8s-prod.example", ["catalog"]],
    ["?content=mx1.mailharbor.example.", [ZONE]],
    ["?content.contains=ahoy, reader", ["info"]],
    ["?comment=card payments", ["checkout"]],
    ["?comment.startswith=jump", ["bastion"]],
    ["?tag=team:support", ["help"]],
    ["?tag.present=pci&type=A", ["checkout"]],
    ["?tag.contains=team:port", ["help"]],
    ["?tag.contains=pci:port", []],
    ["?tag.startswith=team:supp", ["help"]],
    ["?tag=team:support&tag=pci&tag_match=any&proxied=false", ["help"]],
    ["?tag=pci&tag=team:support", []],
    ["?type=MX&match=any&name=help.harbor-books.example", [ZONE, ZONE, "help"]],
    ["?name=b%C3%BCcher.harbor-books.example", ["xn--bcher-kva"]],
  ])("answers %s", async (query, expected) => {
    expect((await names(query)).toSorted()).toEqual(expected);
  });

  it("tells comments that are present from absent ones", async () => {
    const all = (await list("?per_page=1000")).result;
    const present = (await list("?comment.present=true&per_page=1000")).result;
    const absent = (await list("?comment.absent=true&per_page=1000")).result;
    expect(present.every((record) => record.comment !== null)).toBe(true);
    expect(present.length + absent.length).toBe(all.length);
  });

  it.each(["name", "type", "content", "ttl", "proxied"])(
    "orders by %s both ways",
    async (order) => {
      const up = (await list(`?order=${order}&direction=asc&per_page=1000`)).result;
      const down = (await list(`?order=${order}&direction=desc&per_page=1000`)).result;
      const values = up.map((record) => record[order] as string);
      expect(values).toEqual(values.toSorted((a, b) => (a < b ? -1 : Number(a > b))));
      expect(down[0]?.[order]).toBe(values.at(-1));
    },
  );
});

describe("S8 paging", () => {
  it("counts records and pages, and answers an empty page after the last", async () => {
    const all = (await list("?per_page=5000")).result;
    const pages = Math.ceil(all.length / 20);
    const first = await list("?page=1&per_page=20");
    expect(first.info).toEqual({
      page: 1,
      per_page: 20,
      count: 20,
      total_count: all.length,
      total_pages: pages,
    });
    const beyond = await list(`?page=${pages + 1}&per_page=20`);
    expect(beyond.result).toEqual([]);
    expect(beyond.info).toMatchObject({ count: 0, total_count: all.length, total_pages: pages });
  });

  it("defaults to 100 records", async () => {
    await control("POST /seed", { zones: [{ name: ZONE, records: 200 }] });
    expect((await list()).info).toMatchObject({ per_page: 100, count: 100 });
  });
});

describe("S9 batch", () => {
  it("executes deletes, patches, puts, posts in this order whatever the body's", async () => {
    const a = (await create({ type: "A", name: "swap", content: "192.0.2.1" })).result;
    const b = (await create({ type: "A", name: "kept", content: "192.0.2.2" })).result;
    const reply = await batch({
      posts: [{ type: "CNAME", name: "swap", content: "target.example", ttl: 1 }],
      puts: [{ id: b.id, type: "A", name: "kept", content: "192.0.2.4", ttl: 60 }],
      patches: [{ id: b.id, content: "192.0.2.3", comment: "patched first" }],
      deletes: [{ id: a.id }],
    });
    expect(reply.status).toBe(200);
    expect(reply.result["deletes"]?.map(({ id }) => id)).toEqual([a.id]);
    expect(reply.result["patches"]?.[0]).toMatchObject({ content: "192.0.2.3" });
    expect(reply.result["puts"]?.[0]).toMatchObject({ content: "192.0.2.4", comment: null });
    expect(reply.result["posts"]?.[0]).toMatchObject({ type: "CNAME", name: `swap.${ZONE}` });
  });

  it("changes nothing when one operation is refused, and points at it", async () => {
    const before = (await list("?per_page=1000")).result;
    const victim = before.find((record) => record.name.startsWith("staging"))?.id;
    const reply = await batch({
      deletes: [{ id: victim }],
      posts: [
        { type: "A", name: "new", content: "192.0.2.1", ttl: 1 },
        { type: "A", name: "new", content: "nonsense", ttl: 1 },
      ],
    });
    expect([reply.status, ...codes(reply)]).toEqual([400, 1004, 9005]);
    expect(reply.errors[0]).toMatchObject({ source: { pointer: "/posts/1" } });
    expect((await list("?per_page=1000")).result).toEqual(before);
  });

  it("takes 200 operations on a free plan and 3,500 on a paid one", async () => {
    const posts = Array.from({ length: 201 }, (_, i) => ({
      type: "A",
      name: `h${i}`,
      content: "192.0.2.1",
      ttl: 1,
    }));
    expect((await batch({ posts })).status).toBe(400);
    expect((await batch({ posts: posts.slice(1) })).result["posts"]).toHaveLength(200);
    await control("POST /seed", { zones: [{ name: "paid.example", plan: "pro" }] });
    const paid = (await api<{ id: string }[]>("GET /zones?name=paid.example")).result[0]?.id;
    const reply = await api(`POST /zones/${paid}/dns_records/batch`, { body: { posts } });
    expect(reply.status).toBe(200);
  });
});

describe("S10 codes", () => {
  const a = { type: "A", name: "host", content: "192.0.2.1" };
  const cname = { type: "CNAME", name: "host", content: "a.example" };

  it("answers 81044 and 404 for a record that does not exist", async () => {
    const gone = "0123456789abcdef0123456789abcdef";
    for (const reply of [
      await read(gone),
      await remove(gone),
      await patch(gone, {}),
      await put(gone, a),
    ]) {
      expect([reply.status, ...codes(reply)]).toEqual([404, 81044]);
    }
    const reply = await batch({ deletes: [{ id: gone }] });
    expect([reply.status, ...codes(reply)]).toEqual([404, 81044]);
  });

  it.each([
    ["a CNAME beside an A", a, cname],
    ["an A beside a CNAME", cname, a],
    ["an AAAA beside a CNAME", cname, { ...a, type: "AAAA", content: "2001:db8::1" }],
    ["a second CNAME", cname, { ...cname, content: "b.example" }],
  ])("answers 81053 for %s", async (_, first, second) => {
    expect((await create(first)).status).toBe(200);
    const reply = await create(second);
    expect([reply.status, ...codes(reply)]).toEqual([400, 81053]);
  });

  it("lets TXT and MX stand beside a CNAME, and several A on one name", async () => {
    await create(cname);
    expect((await create({ type: "TXT", name: "host", content: "x" })).status).toBe(200);
    await create({ ...a, name: "pool" });
    expect((await create({ ...a, name: "pool", content: "192.0.2.2" })).status).toBe(200);
  });

  it("answers 81058 for an identical record, or 81057 when told to", async () => {
    await create(a);
    expect(codes(await create({ ...a, ttl: 600, comment: "same value" }))).toEqual([81058]);
    await control("PUT /options", { identical_record_code: 81057 });
    expect(codes(await create(a))).toEqual([81057]);
  });

  it("refuses an update that would make two records identical", async () => {
    await create(a);
    const other = (await create({ ...a, content: "192.0.2.2" })).result;
    expect(codes(await patch(other.id, { content: "192.0.2.1" }))).toEqual([81058]);
  });

  it("refuses NS beside any other type, except DS and except at the apex", async () => {
    const ns = { type: "NS", name: "dept", content: "ns.example" };
    await create(ns);
    expect(codes(await create({ ...a, name: "dept" }))).toEqual([81056]);
    expect((await create({ ...ns, content: "ns2.example" })).status).toBe(200);
    const ds = { key_tag: 1, algorithm: 13, digest_type: 2, digest: "ab" };
    expect((await create({ type: "DS", name: "dept", data: ds })).status).toBe(200);
    expect((await create({ ...ns, name: "@" })).status).toBe(200);
  });

  it("answers 7003 and 404 for an unknown zone, account or route", async () => {
    for (const path of ["/zones/nope", "/zones/nope/dns_records", "/accounts/nope", "/nope"]) {
      const reply = await api(`GET ${path}`);
      expect([reply.status, ...codes(reply)], path).toEqual([404, 7003]);
    }
  });

  it("changes the type of a record when its new value fits", async () => {
    const { result } = await create(a);
    const changed = await put(result.id, cname);
    expect(changed.result).toMatchObject({ id: result.id, type: "CNAME", content: "a.example" });
  });

  it("refuses to touch a read-only record", async () => {
    const { result } = await list("?name.startswith=cf2024-1");
    const locked = result[0] as DnsRecord;
    expect(locked.meta).toMatchObject({ read_only: true });
    for (const reply of [await remove(locked.id), await patch(locked.id, { ttl: 300 })]) {
      expect([reply.status, ...codes(reply)]).toEqual([400, 1043]);
    }
  });
});

describe("S11 PUT and PATCH", () => {
  it("resets settings, comment, tags and ttl with a PUT that does not name them", async () => {
    const { result } = await create({
      type: "CNAME",
      name: "flat",
      content: "a.example",
      ttl: 300,
      settings: { flatten_cname: true },
      comment: "c",
      tags: ["t"],
    });
    const patched = await patch(result.id, { content: "b.example" });
    expect(patched.result).toMatchObject({
      settings: { flatten_cname: true },
      comment: "c",
      ttl: 300,
    });
    const replaced = await put(result.id, { type: "CNAME", name: "flat", content: "b.example" });
    expect(replaced.result).toMatchObject({ settings: {}, comment: null, tags: [], ttl: 1 });
  });
});

describe("zone files", () => {
  const EXPORT = `/zones/${BOOKS}/dns_records/export`;

  it("S12 reads back everything that it exports", async () => {
    const exported = await api(`GET ${EXPORT}`);
    expect(exported.headers.get("content-type")).toMatch(/^text\/plain/);
    const before = (await list("?per_page=1000")).result;
    for (const record of before.filter(({ meta }) => meta["read_only"] !== true)) {
      await remove(record.id);
    }
    const form = new FormData();
    form.set("file", new Blob([exported.text]), "zone.txt");
    const reply = await api(`POST /zones/${BOOKS}/dns_records/import`, { body: form });
    expect(reply.result).toEqual({
      recs_added: before.length - 1,
      total_records_parsed: before.length,
    });
    const shape = ({ name, type, content, ttl, proxied, comment, tags, priority }: DnsRecord) =>
      JSON.stringify([name, type, content, ttl, proxied, comment, tags, priority]);
    const after = (await list("?per_page=1000")).result;
    expect(after.map(shape).toSorted()).toEqual(before.map(shape).toSorted());
  });

  it("understands relative names, directives, parentheses and comments of other exporters", async () => {
    const file = [
      "$ORIGIN harbor-api.example.",
      "$TTL 1h",
      "@ IN SOA ns1 admin 1 2 3 4 5 ; ours is not theirs",
      "@ NS ns1.old.example.",
      "alias 300 IN CNAME target",
      '      TXT ( "one; " ; inside',
      '        "two" )',
      "mail IN 600 MX 10 mx.example.",
    ].join("\n");
    const form = new FormData();
    form.set("file", new Blob([file]), "zone.txt");
    form.set("proxied", "true");
    const reply = await api(`POST /zones/${API}/dns_records/import`, { body: form });
    expect(reply.result).toEqual({ recs_added: 3, total_records_parsed: 3 });
    const { result } = await api<DnsRecord[]>(`GET /zones/${API}/dns_records?per_page=500`);
    const found = (name: string, type: string) =>
      result.find((record) => record.name.startsWith(name) && record.type === type);
    expect(found("alias", "CNAME")).toMatchObject({
      content: "target.harbor-api.example",
      proxied: true,
    });
    expect(found("alias", "TXT")).toMatchObject({ content: '"one; " "two"', ttl: 3600 });
    expect(found("mail", "MX")).toMatchObject({ priority: 10, ttl: 600, proxied: false });
  });
});

describe("shadow metadata", () => {
  it("is in meta only when asked for", async () => {
    await create({ type: "A", name: "box.warehouse", content: "192.0.2.1" });
    const query = "?name.endswith=warehouse.harbor-books.example";
    expect((await list(query)).result.every(({ meta }) => Object.keys(meta).length === 0)).toBe(
      true,
    );
    const { result } = await list(`${query}&include_shadow_metadata=true`);
    const box = result.find(({ type }) => type === "A");
    const delegations = result.filter(({ type }) => type === "NS");
    expect(box?.meta["shadowed_by"]).toEqual(delegations.map(({ id }) => id));
    expect(delegations[0]?.meta).toEqual({ shadowed_records_count: 1 });
  });
});
