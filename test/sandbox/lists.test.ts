/** S17 and case 56: lists that rules name, and items that change later. */
import { evictAllDurableObjects } from "cloudflare:test";
import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, api, codes, reset, type Fields, type Reply } from "./client.ts";
import { block, entrypoint, LISTS, messages, options, putEntrypoint } from "./rules.ts";

beforeEach(reset);

interface List extends Fields {
  id: string;
  name: string;
  num_items: number;
  num_referencing_filters: number;
}

interface Item extends Fields {
  id: string;
  comment?: string;
}

const lists = async (): Promise<List[]> => (await api<List[]>(`GET ${LISTS}`)).result;

async function office(): Promise<string> {
  return (await lists()).find(({ name }) => name === "office_ips")?.id ?? "";
}

const create = (body: Fields): Promise<Reply<List>> => api(`POST ${LISTS}`, { body });

async function newList(kind: string): Promise<string> {
  return (await create({ kind, name: `my_${kind}` })).result.id;
}

const items = async (id: string, query = ""): Promise<Item[]> =>
  (await api<Item[]>(`GET ${LISTS}/${id}/items${query}`)).result;

const status = async (operation: string): Promise<Fields> =>
  (await api(`GET ${LISTS}/bulk_operations/${operation}`)).result;

const change = (call: string, body: unknown): Promise<Reply<{ operation_id: string }>> =>
  api(call, { body });

/** The change, and what became of it. */
async function done(call: string, body: unknown): Promise<Fields> {
  const { result, errors } = await change(call, body);
  expect(errors).toEqual([]);
  return status(result.operation_id);
}

const ips = async (id: string): Promise<string[]> =>
  (await items(id)).map(({ ip }) => String(ip)).toSorted((a, b) => (a < b ? -1 : 1));

describe("lists", () => {
  it("count their items and the rules that name them", async () => {
    expect(await lists()).toMatchObject([
      { name: "office_ips", kind: "ip", num_items: 3, num_referencing_filters: 1 },
    ]);
    await putEntrypoint([]);
    expect(await lists()).toMatchObject([{ num_referencing_filters: 0 }]);
  });

  it("have a name once, of lower-case letters, digits and _", async () => {
    expect((await create({ kind: "ip", name: "a_1" })).result).toMatchObject({ num_items: 0 });
    const again = await create({ kind: "asn", name: "a_1" });
    expect([again.status, ...codes(again)]).toEqual([409, 10026]);
    for (const name of ["A", "a-b", "", "a".repeat(51)]) {
      expect((await create({ kind: "ip", name })).status).toBe(400);
    }
  });

  it("change their description only, and go when no rule names them", async () => {
    const id = await office();
    const body = { description: "new", name: "other" };
    const { result } = await api(`PUT ${LISTS}/${id}`, { body });
    expect(result).toMatchObject({ name: "office_ips", description: "new" });
    const refused = await api(`DELETE ${LISTS}/${id}`);
    expect([refused.status, ...codes(refused)]).toEqual([400, 10031]);
    await putEntrypoint([]);
    expect((await api(`DELETE ${LISTS}/${id}`)).result).toEqual({ id });
    expect((await api(`GET ${LISTS}/${id}`)).status).toBe(404);
    const gone = await putEntrypoint([{ ...block("a"), expression: "ip.src in $office_ips" }]);
    expect(messages(gone)).toMatch("does not exist");
  });

  it("are for those who may", async () => {
    const token = "sandbox-swarm-read";
    expect((await api(`GET ${LISTS}`, { token })).status).toBe(200);
    const body = { kind: "ip", name: "x" };
    expect((await api(`POST ${LISTS}`, { token, body })).status).toBe(403);
    expect((await api(`POST ${LISTS}`, { token: "sandbox-vault-write", body })).status).toBe(200);
  });
});

describe("S17 list items", () => {
  it("are pending, then running, then completed, and only then there", async () => {
    await options({ list_operation_delay_ms: 10_000 });
    const id = await office();
    const sent = await change(`POST ${LISTS}/${id}/items`, [{ ip: "192.0.2.9" }]);
    const operation = sent.result.operation_id;
    expect(await status(operation)).toEqual({ id: operation, status: "pending" });
    await options({ clock_offset_ms: 6000 });
    expect(await status(operation)).toEqual({ id: operation, status: "running" });
    expect(await items(id)).toHaveLength(3);
    await options({ clock_offset_ms: 11_000 });
    expect(await items(id)).toHaveLength(4);
    const after = await status(operation);
    expect(after).toMatchObject({ status: "completed" });
    expect(after["completed"]).toMatch(/^\d{4}-/);
  });

  it("change one operation at a time", async () => {
    await options({ list_operation_delay_ms: 10_000 });
    const id = await office();
    await change(`POST ${LISTS}/${id}/items`, [{ ip: "192.0.2.9" }]);
    const second = await change(`PUT ${LISTS}/${id}/items`, []);
    expect(second.status).toBe(429);
    await options({ clock_offset_ms: 11_000 });
    expect((await change(`PUT ${LISTS}/${id}/items`, [])).status).toBe(200);
  });

  it("are appended, replaced and deleted", async () => {
    const id = await newList("ip");
    await done(`POST ${LISTS}/${id}/items`, [{ ip: "192.0.2.1", comment: "one" }]);
    await done(`POST ${LISTS}/${id}/items`, [{ ip: "192.0.2.2" }, { ip: "192.0.2.1/32" }]);
    expect(await ips(id)).toEqual(["192.0.2.1", "192.0.2.2"]);
    const [first] = await items(id);
    expect((await api(`GET ${LISTS}/${id}/items/${first?.id}`)).result).toEqual(first);
    await done(`DELETE ${LISTS}/${id}/items`, { items: [{ id: first?.id }] });
    expect(await ips(id)).toEqual(["192.0.2.2"]);
    await done(`PUT ${LISTS}/${id}/items`, [{ ip: "192.0.2.3" }]);
    expect(await ips(id)).toEqual(["192.0.2.3"]);
    expect((await api<List>(`GET ${LISTS}/${id}`)).result.num_items).toBe(1);
    expect((await api(`GET ${LISTS}/${id}/items/${first?.id}`)).status).toBe(404);
  });
});

describe("S17 list items that fail", () => {
  it("fail as a whole when one is bad, and nothing changes", async () => {
    const id = await office();
    const before = await items(id);
    for (const ip of ["192.0.2.256", "10.0.0.0/4", "2001:db8::/96", "somewhere"]) {
      const body = [{ ip: "192.0.2.1" }, { ip }];
      const result = await done(`PUT ${LISTS}/${id}/items`, body);
      expect(result).toMatchObject({ status: "failed" });
      expect(result["error"]).toMatch(ip);
    }
    const unknown = await done(`DELETE ${LISTS}/${id}/items`, { items: [{ id: "x" }] });
    expect(unknown["status"]).toBe("failed");
    expect(await items(id)).toEqual(before);
  });

  it("of another kind are refused at once", async () => {
    const reply = await change(`POST ${LISTS}/${await office()}/items`, [{ asn: 64_500 }]);
    expect(reply.status).toBe(400);
  });

  it("have room for so many in the whole account", async () => {
    await options({ list_items_max: 4 });
    const id = await newList("ip");
    const two = [{ ip: "192.0.2.1" }, { ip: "192.0.2.2" }];
    const refused = await done(`PUT ${LISTS}/${id}/items`, two);
    expect(refused).toMatchObject({ status: "failed" });
    expect(refused["error"]).toMatch("2 out of 1");
    expect(await done(`PUT ${LISTS}/${id}/items`, two.slice(1))).toMatchObject({
      status: "completed",
    });
  });
});

describe("S17 reading and recording list items", () => {
  it("come in cursor pages with the cursor inside `cursors`", async () => {
    const id = await newList("asn");
    await done(
      `PUT ${LISTS}/${id}/items`,
      Array.from({ length: 25 }, (_, asn) => ({ asn: 64_500 + asn })),
    );
    const seen: unknown[] = [];
    for (let query: string | undefined = "?per_page=10"; query !== undefined;) {
      const { result, info } = await api<Item[]>(`GET ${LISTS}/${id}/items${query}`);
      seen.push(...result.map(({ asn }) => asn));
      const { after } = info["cursors"] as { after?: string };
      query = after === undefined ? undefined : `?per_page=10&cursor=${after}`;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, asn) => 64_500 + asn));
    expect(await items(id, "?search=64510")).toMatchObject([{ asn: 64_510 }]);
    expect((await api(`GET ${LISTS}/${id}/items?cursor=nonsense`)).status).toBe(400);
  });

  it("are audited once per change, and an operation survives a restart", async () => {
    await options({ list_operation_delay_ms: 10_000 });
    const id = await office();
    const { result } = await change(`POST ${LISTS}/${id}/items`, [{ ip: "192.0.2.9" }]);
    await evictAllDurableObjects();
    expect(await status(result.operation_id)).toMatchObject({ status: "pending" });
    await options({ clock_offset_ms: 11_000 });
    expect(await items(id)).toHaveLength(4);
    const query = "?since=2026-01-01&before=2036-01-01";
    const { result: entries } = await api<Fields[]>(`GET /accounts/${ACCOUNT}/logs/audit${query}`);
    expect(entries).toMatchObject([
      { action: { type: "update" }, resource: { id, type: "list", product: "rules_lists" } },
    ]);
  });
});

/** Items without their order. */
const byId = (all: Item[]) => all.map((item) => `${item.id} ${String(item["ip"])}`).toSorted();

describe("case 56 and 57: how items come back", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["192.0.2.1/32", "192.0.2.1"],
    ["198.51.100.77/28", "198.51.100.64/28"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8::1/128", "2001:db8::1"],
    ["2001:db8:0:0:ffff::/48", "2001:db8::/48"],
  ])("the address %s as %s", async (sent, expected) => {
    const id = await newList("ip");
    await done(`PUT ${LISTS}/${id}/items`, [{ ip: sent }]);
    expect(await ips(id)).toEqual([expected]);
  });

  it("redirects and hostnames without the members of other kinds", async () => {
    const redirects = await newList("redirect");
    const redirect = { source_url: "HTTPS://Shop.Example", target_url: "https://b.example/x" };
    await done(`PUT ${LISTS}/${redirects}/items`, [{ redirect, comment: "" }]);
    const [item] = await items(redirects);
    expect(item?.["redirect"]).toEqual({ ...redirect, source_url: "https://shop.example/" });
    for (const member of ["comment", "hostname", "ip", "asn"])
      expect(item).not.toHaveProperty(member);
    const hostnames = await newList("hostname");
    const hostname = { url_hostname: "Bücher.Example." };
    await done(`PUT ${LISTS}/${hostnames}/items`, [{ hostname }]);
    expect(await items(hostnames)).toMatchObject([
      { hostname: { url_hostname: "xn--bcher-kva.example" } },
    ]);
  });

  it("as a set: writing what was read changes nothing, in any order", async () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const ip = fc.oneof(
      byte.map((last) => `192.0.2.${last}`),
      fc
        .tuple(byte, fc.integer({ min: 8, max: 32 }))
        .map(([last, bits]) => `10.1.2.${last}/${bits}`),
      fc.tuple(byte, fc.integer({ min: 4, max: 64 })).map(([a, bits]) => `2001:db8:${a}::/${bits}`),
    );
    const id = await newList("ip");
    await fc.assert(
      fc.asyncProperty(fc.array(ip, { maxLength: 8 }), async (sent) => {
        await done(
          `PUT ${LISTS}/${id}/items`,
          sent.map((one) => ({ ip: one })),
        );
        const read = await items(id);
        const echo = read.map(({ ip: value }) => ({ ip: value })).toReversed();
        await done(`PUT ${LISTS}/${id}/items`, echo);
        expect(byId(await items(id))).toEqual(byId(read));
      }),
      { numRuns: 25 },
    );
    expect((await entrypoint()).status).toBe(200);
  });
});
