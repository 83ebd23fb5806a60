/** S12 of `drift-cases.md`, section 8.1, and what else concerns a zone as a whole. */
import { beforeEach, describe, expect, it } from "vitest";
import { API, api, BOOKS, create, list, remove, reset, type DnsRecord } from "./client.ts";

beforeEach(reset);

const shape = ({ name, type, content, ttl, proxied, comment, tags, priority }: DnsRecord) =>
  JSON.stringify([name, type, content, ttl, proxied, comment, tags, priority]);

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
