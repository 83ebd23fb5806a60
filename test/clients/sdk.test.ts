/** The official SDK against the sandbox: zones, records, settings, tokens, audit log, errors and retries. */
import {
  type Cloudflare,
  APIConnectionTimeoutError,
  BadRequestError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from "cloudflare";
import type { AuditListResponse } from "cloudflare/resources/accounts/logs/audit";
import { beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, BOOKS, READER, type Row, useSandbox, ZONE_NAME } from "./sandbox.ts";
import { all, codesOf, connect, failureOf } from "./sdk-client.ts";

const sandbox = useSandbox();
let client: Cloudflare;

beforeEach(() => {
  client = connect(sandbox());
});

const zone = { zone_id: BOOKS };
const account = { account_id: ACCOUNT };
const promo = { ...zone, type: "A", name: "promo", content: "192.0.2.80", ttl: 300 } as const;
const promoName = `promo.${ZONE_NAME}`;

/** How often the API was called at this path. */
const callsTo = async (path: string): Promise<number> =>
  (await sandbox().calls()).filter((call) => call.path === path).length;

describe("zones of the SDK", () => {
  it("are listed to the end, found by name and by account, and read", async () => {
    const names = (await all(client.zones.list({ per_page: 5 }))).map(({ name }) => name);
    expect(names).toEqual(["harbor-api.example", ZONE_NAME]);
    const filter = { name: ZONE_NAME, account: { id: ACCOUNT } };
    expect(await all(client.zones.list(filter))).toMatchObject([{ id: BOOKS }]);
    expect(await all(client.zones.list({ account: { id: "0".repeat(32) } }))).toEqual([]);
    expect(await client.zones.get(zone)).toMatchObject({ id: BOOKS, name: ZONE_NAME });
  });

  it("have settings that are read and changed", async () => {
    const before = await client.zones.settings.get("ssl", zone);
    expect(before).toMatchObject({ id: "ssl", value: "strict", editable: true });
    const edited = await client.zones.settings.edit("ssl", { ...zone, value: "full" });
    expect(edited).toMatchObject({ id: "ssl", value: "full" });
    expect(await client.zones.settings.get("ssl", zone)).toEqual(edited);
    const hsts = { strict_transport_security: { enabled: true, max_age: 60 } };
    await client.zones.settings.edit("security_header", { ...zone, value: hsts });
    expect(await client.zones.settings.get("security_header", zone)).toMatchObject({ value: hsts });
    const wrong = client.zones.settings.edit("ssl", { ...zone, value: "sometimes" });
    expect(await failureOf(wrong)).toBeInstanceOf(BadRequestError);
  });
});

describe("DNS records of the SDK", () => {
  it("come in pages, and the iteration ends after the last (S8)", async () => {
    const kept = await sandbox().read<Row[]>(`/zones/${BOOKS}/dns_records`);
    const listed = await all(client.dns.records.list({ ...zone, per_page: 10 }));
    expect(listed.length).toBeGreaterThan(30);
    const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id).toSorted();
    expect(ids(listed)).toEqual(ids(kept));
  });

  it("of a large zone are complete as well", async () => {
    const zones = [{ name: "big.example", records: 1_000 }];
    await sandbox().control("POST /seed", { zones });
    const [big] = await all(client.zones.list({ name: "big.example" }));
    const rows = await all(client.dns.records.list({ zone_id: big?.id ?? "", per_page: 300 }));
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThanOrEqual(1_000);
  });

  it("are filtered with nested names", async () => {
    const found = await all(
      client.dns.records.list({ ...zone, type: "A", name: { startswith: "orig" } }),
    );
    expect(found.map(({ content }) => String(content)).toSorted()).toEqual([
      "192.0.2.21",
      "192.0.2.22",
      "192.0.2.23",
    ]);
    const exact = { name: { exact: `www.${ZONE_NAME}` } };
    expect(await all(client.dns.records.list({ ...zone, ...exact }))).toHaveLength(1);
  });

  it("are created, edited, replaced and deleted", async () => {
    const made = await client.dns.records.create({ ...promo, comment: "spring" });
    expect(made).toMatchObject({ name: promoName, content: "192.0.2.80", comment: "spring" });
    const edited = await client.dns.records.edit(made.id, {
      ...zone,
      type: "A",
      name: promoName,
      ttl: 600,
    });
    expect(edited).toMatchObject({ content: "192.0.2.80", ttl: 600, comment: "spring" });
    const put = await client.dns.records.update(made.id, { ...promo, content: "192.0.2.81" });
    expect(put).toMatchObject({ id: made.id, content: "192.0.2.81", ttl: 300 });
    expect(put.comment ?? null).toBeNull();
    expect(await client.dns.records.get(made.id, zone)).toEqual(put);
    expect(await client.dns.records.delete(made.id, zone)).toEqual({ id: made.id });
    expect(await sandbox().records(promoName)).toEqual([]);
    expect(await failureOf(client.dns.records.get(made.id, zone))).toBeInstanceOf(NotFoundError);
  });

  it("change in a batch as a whole or not at all (S9)", async () => {
    const [first, second] = await Promise.all(
      ["192.0.2.1", "192.0.2.2"].map((content) => client.dns.records.create({ ...promo, content })),
    );
    const { zone_id: _zone, ...posted } = { ...promo, content: "192.0.2.3" };
    const done = await client.dns.records.batch({
      ...zone,
      deletes: [{ id: first?.id ?? "" }],
      patches: [{ id: second?.id ?? "", type: "A", name: promoName, ttl: 60 }],
      posts: [posted],
    });
    expect(done).toMatchObject({ deletes: [{}], patches: [{ ttl: 60 }], posts: [{}] });
    const after = await sandbox().records(promoName);
    expect(after.map(({ content }) => content).toSorted()).toEqual(["192.0.2.2", "192.0.2.3"]);
    const refused = client.dns.records.batch({
      ...zone,
      deletes: [{ id: second?.id ?? "" }],
      posts: [{ ...posted, content: "not an address" }],
    });
    expect(await failureOf(refused)).toBeInstanceOf(BadRequestError);
    expect(await sandbox().records(promoName)).toEqual(after);
  });

  it("are exported as a zone file, which can be imported", async () => {
    const text = await client.dns.records.export(zone);
    expect(text).toMatch(/^www\.harbor-books\.example\.\s+\d+\s+IN\s+CNAME\s/m);
    const file = `promo.${ZONE_NAME}. 300 IN A 192.0.2.80\n`;
    const done = await client.dns.records.import({ ...zone, file });
    expect(done).toMatchObject({ recs_added: 1, total_records_parsed: 1 });
    expect(await sandbox().records(promoName)).toMatchObject([{ content: "192.0.2.80" }]);
  });
});

describe("account tokens of the SDK", () => {
  const from = "198.51.100.77";

  async function dnsPolicies() {
    const groups = await all(client.accounts.tokens.permissionGroups.list(account));
    const ids = ["DNS Write", "Zone Read"].map((name) => {
      return { id: groups.find((group) => group.name === name)?.id ?? "" };
    });
    const resources = { [`com.cloudflare.api.account.zone.${BOOKS}`]: "*" };
    return [{ effect: "allow" as const, permission_groups: ids, resources }];
  }

  it("are made, verified, rolled and revoked", async () => {
    const policies = await dnsPolicies();
    const made = await client.accounts.tokens.create({ ...account, name: "step", policies });
    const { id = "", value = "" } = made;
    const minted = connect(sandbox(), { apiToken: value });
    expect(await minted.accounts.tokens.verify(account)).toMatchObject({ id, status: "active" });
    expect(await all(minted.zones.list())).toMatchObject([{ id: BOOKS }]);
    await minted.dns.records.create(promo);
    const denied = await failureOf(minted.zones.settings.get("ssl", zone));
    expect(denied).toBeInstanceOf(PermissionDeniedError);
    const rolled = await client.accounts.tokens.value.update(id, account);
    expect(await failureOf(minted.zones.get(zone))).toBeInstanceOf(PermissionDeniedError);
    const renewed = connect(sandbox(), { apiToken: rolled });
    expect(await renewed.zones.get(zone)).toMatchObject({ id: BOOKS });
    const listed = await all(client.accounts.tokens.list(account));
    expect(listed.map(({ name }) => name)).toContain("step");
    await client.accounts.tokens.delete(id, account);
    expect(await failureOf(renewed.zones.get(zone))).toBeInstanceOf(PermissionDeniedError);
  });

  it("keep to an address only when it is sent as `request.ip` (cloudflare.md 2.6)", async () => {
    const policies = await dnsPolicies();
    const typed = { ...account, name: "typed", policies };
    const open = await client.accounts.tokens.create({
      ...typed,
      condition: { request_ip: { in: [`${from}/32`] } },
    });
    const read = await client.accounts.tokens.get(open.id ?? "", account);
    expect(read).not.toHaveProperty("condition");
    const body = { name: "raw", policies, condition: { "request.ip": { in: [`${from}/32`] } } };
    const { result } = await client.post<{ result: { id: string; value: string } }>(
      `/accounts/${ACCOUNT}/tokens`,
      { body },
    );
    expect(await client.accounts.tokens.get(result.id, account)).toMatchObject({
      condition: { "request.ip": { in: [`${from}/32`] } },
    });
    const at = (ip: string) =>
      connect(sandbox(), {
        apiToken: result.value,
        defaultHeaders: { "sandbox-client-ip": ip },
      });
    expect(await at(from).zones.get(zone)).toMatchObject({ id: BOOKS });
    expect(codesOf(await failureOf(at("203.0.113.9").zones.get(zone)))).toEqual([9109]);
  });
});

describe("the audit log of the SDK", () => {
  const window = { since: "2026-01-01", before: "2036-01-01", limit: 2 };

  interface Page {
    readonly result: readonly AuditListResponse[] | null;
    readonly result_info?: { readonly cursor?: string; readonly cursors?: { after?: string } };
  }

  /** What `drift-cases.md` asks of every client: both cursors, and an end. */
  async function ownLoop(): Promise<AuditListResponse[]> {
    const entries: AuditListResponse[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < 20; page += 1) {
      const query = { ...window, direction: "asc", ...(cursor === undefined ? {} : { cursor }) };
      const { result, result_info: info } = await client.get<Page>(
        `/accounts/${ACCOUNT}/logs/audit`,
        { query },
      );
      entries.push(...(result ?? []));
      cursor = info?.cursor ?? info?.cursors?.after;
      if (cursor === undefined || cursor === "") return entries;
    }
    throw new Error("the audit log does not end");
  }

  const change = async (): Promise<string[]> => {
    const ids: string[] = [];
    for (let count = 1; count <= 5; count += 1) {
      const content = `192.0.2.${count}`;
      ids.push((await client.dns.records.create({ ...promo, content })).id);
    }
    return ids;
  };

  it.each(["cursor", "cursors_after", "both"])("is complete with `%s`", async (style) => {
    await sandbox().control("PUT /options", { audit_pagination: style });
    const ids = await change();
    expect((await ownLoop()).map(({ resource }) => resource?.id)).toEqual(ids);
    const iterated = await all(client.accounts.logs.audit.list({ ...account, ...window }));
    // The package knows `cursors.after` only and stops in silence at the documented cursor.
    expect(iterated).toHaveLength(style === "cursor" ? 2 : 5);
  });

  it("takes nested and repeated filters", async () => {
    await change();
    const [first, second] = await ownLoop();
    const ids = [first?.resource?.id ?? "", second?.resource?.id ?? ""];
    const of = { ...account, ...window, limit: 100 };
    const found = await all(client.accounts.logs.audit.list({ ...of, resource_id: { not: ids } }));
    expect(found).toHaveLength(3);
    const tokens = [first?.actor?.token_id ?? ""];
    const others = client.accounts.logs.audit.list({ ...of, actor_token_id: { not: tokens } });
    expect(await all(others)).toEqual([]);
  });
});

describe("errors of the SDK", () => {
  it("have the class of their status and the codes of the API", async () => {
    const nobody = connect(sandbox(), { apiToken: "nobody" });
    const reader = connect(sandbox(), { apiToken: READER });
    await client.dns.records.create(promo);
    const list = { ...account, kind: "ip", name: "office_ips" } as const;
    const calls = [
      [() => client.dns.records.create(promo), BadRequestError, 400, 81058],
      [() => nobody.zones.list(), PermissionDeniedError, 403, 10000],
      [() => reader.dns.records.create(promo), PermissionDeniedError, 403, 10000],
      [() => client.dns.records.get("0".repeat(32), zone), NotFoundError, 404, 81044],
      [() => client.rules.lists.create(list), ConflictError, 409, 10026],
    ] as const;
    for (const [call, type, status, code] of calls) {
      const error = await failureOf(call());
      expect(error).toBeInstanceOf(type);
      expect([error.status, codesOf(error)]).toEqual([status, [code]]);
    }
  });

  it("tell a quota that is used up, with the time to wait", async () => {
    await sandbox().control("POST /ratelimit/block", { token: "dashboard", seconds: 30 });
    const error = await failureOf(client.zones.list());
    expect(error).toBeInstanceOf(RateLimitError);
    expect(codesOf(error)).toEqual([971]);
    const wait = Number(error.headers?.get("retry-after"));
    expect(wait).toBeGreaterThan(25);
    expect(wait).toBeLessThanOrEqual(30);
  });

  it("include an answer that comes too late", async () => {
    const slow = { id: "slow", effect: { type: "latency", ms: 1_500 } };
    await sandbox().control("PUT /faults", { rules: [slow] });
    const late = await failureOf(client.zones.list({}, { timeout: 300 }));
    expect(late).toBeInstanceOf(APIConnectionTimeoutError);
  });
});

describe("retries of the SDK", () => {
  const RECORDS = `/zones/${BOOKS}/dns_records`;
  const failing = (effect: Record<string, unknown>, times = 1) =>
    sandbox().control("PUT /faults", {
      rules: [{ id: "failing", match: { method: "POST" }, times, effect }],
    });

  it("wait as long as Retry-After says", async () => {
    await failing({ type: "status", status: 429, retry_after: 1 });
    const startedAt = performance.now();
    const made = await client.dns.records.create(promo, { maxRetries: 1 });
    const took = performance.now() - startedAt;
    expect(took).toBeGreaterThanOrEqual(990);
    expect(took).toBeLessThan(5_000);
    expect(await sandbox().records(promoName)).toMatchObject([{ id: made.id }]);
    expect(await callsTo(RECORDS)).toBe(3); // refused, done, and our own look
  });

  it.each([500, 502, 503])("get over %d without Retry-After", async (status) => {
    await failing({ type: "status", status });
    const made = await client.dns.records.create(promo, { maxRetries: 2 });
    expect(await sandbox().records(promoName)).toMatchObject([{ id: made.id }]);
  });

  it("end after maxRetries", async () => {
    await failing({ type: "status", status: 503, retry_after: 0 }, 5);
    const error = await failureOf(client.dns.records.create(promo, { maxRetries: 2 }));
    expect(error).toBeInstanceOf(InternalServerError);
    expect(await callsTo(RECORDS)).toBe(3);
    expect(await failureOf(client.dns.records.create(promo))).toBeInstanceOf(InternalServerError);
    expect(await callsTo(RECORDS)).toBe(4);
    expect(await sandbox().records(promoName)).toEqual([]);
  });

  it("meet what the lost answer had done (B12): a write is not to be repeated blindly", async () => {
    await failing({ type: "drop_reply" });
    const error = await failureOf(client.dns.records.create(promo, { maxRetries: 1 }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(codesOf(error)).toEqual([81058]);
    expect(await sandbox().records(promoName)).toHaveLength(1);
  });
});
