/** S6 to S11 of `drift-cases.md`, section 8.1: fields, lists, batches and refusals of DNS records. */
import { beforeEach, describe, expect, it } from "vitest";
import {
  API,
  api,
  batch,
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
} from "./client.ts";

const ZONE = "harbor-books.example";

beforeEach(reset);

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
    const free = `POST /zones/${API}/dns_records/batch`;
    expect((await api(free, { body: { posts } })).status).toBe(400);
    const allowed = await api(free, { body: { posts: posts.slice(1) } });
    expect(allowed.result["posts"]).toHaveLength(200);
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
});

describe("S10 codes of updates, routes and read-only records", () => {
  const a = { type: "A", name: "host", content: "192.0.2.1" };
  const cname = { type: "CNAME", name: "host", content: "a.example" };

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
