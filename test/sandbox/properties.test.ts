/** What must hold for any records, not only for the ones we thought of. */
import * as fc from "fast-check";
import { beforeEach, expect, it } from "vitest";
import { batch, control, create, list, put, read, reset, type DnsRecord } from "./client.ts";

const RUNS = { numRuns: 60 };

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
const host = name.map((labels) => `${labels}.Example.`);
const ttl = fc.oneof(fc.constant(1), fc.integer({ min: 60, max: 86_400 }));
const byte = fc.integer({ min: 0, max: 255 });
const ipv4 = byte.map((last) => `192.0.2.${last}`);
const ipv6 = fc
  .array(fc.integer({ min: 0, max: 65_535 }), { minLength: 6, maxLength: 6 })
  .map((groups) => `2001:DB8:${groups.map((group) => group.toString(16)).join(":")}`);
const text = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 600 }),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }),
  )
  .filter((value) => value.trim() !== "" && !/^"*$/.test(value.trim()));

const value = fc.oneof(
  fc.record({ type: fc.constant("A"), content: ipv4, proxied: fc.boolean() }),
  fc.record({ type: fc.constant("AAAA"), content: ipv6, proxied: fc.boolean() }),
  fc.record({ type: fc.constant("CNAME"), content: host, proxied: fc.boolean() }),
  fc.record({ type: fc.constant("TXT"), content: text }),
  fc.record({ type: fc.constant("MX"), content: host, priority: byte }),
  fc.record({
    type: fc.constant("SRV"),
    data: fc.record({ priority: byte, weight: byte, port: byte, target: host }),
  }),
  fc.record({
    type: fc.constant("CAA"),
    data: fc.record({
      flags: byte,
      tag: fc.constant("issue"),
      value: fc.string({ maxLength: 30 }),
    }),
  }),
);

const record = fc
  .tuple(
    value,
    name,
    ttl,
    fc.option(fc.string({ maxLength: 50 })),
    fc.array(label, { maxLength: 3 }),
  )
  .map(([fields, labels, seconds, comment, tags]) => ({
    ...fields,
    name: `x.${labels}`,
    ttl: seconds,
    ...(comment === null ? {} : { comment }),
    tags,
  }));

/** Without the fields that every write moves. */
const stable = (stored: DnsRecord) =>
  Object.fromEntries(Object.entries(stored).filter(([field]) => !field.endsWith("modified_on")));

beforeEach(async () => {
  await reset();
  await control("PUT /options", { ratelimit: { quota: 1_000_000 } });
});

it("a record is the same after it was read and written back, by PUT of all or of what was sent", async () => {
  await fc.assert(
    fc.asyncProperty(record, async (body) => {
      await control("POST /reset");
      const created = await create(body);
      expect(created.status).toBe(200);
      const { id } = created.result;
      const stored = stable(created.result);
      expect(stable((await put(id, body)).result)).toEqual(stored);
      const { comment, ...echo } = created.result;
      const said = comment === null ? echo : { ...echo, comment };
      expect(stable((await put(id, said)).result)).toEqual(stored);
      expect(stable((await read(id)).result)).toEqual(stored);
    }),
    RUNS,
  );
});

it("a batch is all or nothing", async () => {
  const posts = fc.uniqueArray(record, {
    minLength: 1,
    maxLength: 12,
    selector: (body) => body.name,
  });
  await fc.assert(
    fc.asyncProperty(posts, fc.nat(), async (bodies, at) => {
      const before = (await list("?per_page=5000")).result;
      const place = at % (bodies.length + 1);
      const broken = bodies.toSpliced(place, 0, {
        ...bodies[0],
        type: "A",
        content: "no",
      } as never);
      const deletes = before.slice(0, 2).map(({ id }) => ({ id }));
      const refused = await batch({ deletes, posts: broken });
      expect(refused.status).toBe(400);
      expect((await list("?per_page=5000")).result).toEqual(before);
      expect((await batch({ posts: bodies })).status).toBe(200);
      const after = (await list("?per_page=5000")).result;
      expect(after).toHaveLength(before.length + bodies.length);
      await control("POST /reset");
    }),
    { numRuns: 25 },
  );
});

it("pages partition the list, whatever their size, filter and order", async () => {
  await control("POST /seed", { zones: [{ name: "harbor-books.example", records: 160 }] });
  const query = fc.record({
    size: fc.integer({ min: 1, max: 300 }),
    filter: fc.constantFrom("", "&type=A", "&proxied=false", "&name.contains=host-000"),
    order: fc.constantFrom("", "&order=name", "&order=ttl&direction=desc"),
  });
  await fc.assert(
    fc.asyncProperty(query, async ({ size, filter, order }) => {
      const all = (await list(`?per_page=5000${filter}${order}`)).result.map(({ id }) => id);
      const seen: string[] = [];
      for (let page = 1; ; page += 1) {
        const { result, info } = await list(`?page=${page}&per_page=${size}${filter}${order}`);
        expect(info).toMatchObject({ total_count: all.length, count: result.length });
        if (result.length === 0) break;
        seen.push(...result.map(({ id }) => id));
      }
      expect(seen).toEqual(all);
    }),
    { numRuns: 25 },
  );
});
