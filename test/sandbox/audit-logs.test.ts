/** S18: the audit log is a complete feed of changes, with the token behind each. */
import { beforeEach, describe, expect, it } from "vitest";
import {
  ACCOUNT,
  api,
  BOOKS,
  codes,
  control,
  create,
  fault,
  patch,
  remove,
  reset,
  type Fields,
  type Reply,
} from "./client.ts";

interface Entry extends Fields {
  id: string;
  action: { time: string; type: string };
  actor: Fields;
  resource: Fields;
  raw: Fields;
}

const ALWAYS = "?since=2026-01-01&before=2036-01-01";
const audit = (query = ALWAYS): Promise<Reply<Entry[]>> =>
  api(`GET /accounts/${ACCOUNT}/logs/audit${query}`);

const PROMO = { type: "A", name: "promo", content: "192.0.2.1", ttl: 1 };
const records = `/zones/${BOOKS}/dns_records`;

beforeEach(reset);

describe("S18 entries", () => {
  it("say who changed what, through which token, and how", async () => {
    const headers = { "user-agent": "terraform/1.9" };
    const { result } = await create(PROMO, { token: "sandbox-terraform", headers });
    const [entry] = (await audit()).result;
    expect(entry).toMatchObject({
      account: { id: ACCOUNT, name: "Harbor Books (sandbox)" },
      action: { type: "create", result: "success" },
      actor: { type: "account", context: "api_token", token_name: "terraform" },
      raw: {
        method: "POST",
        uri: `/client/v4${records}`,
        status_code: 200,
        user_agent: "terraform/1.9",
      },
      resource: { id: result.id, type: "dns_record", product: "dns", scope: "zones" },
      zone: { id: BOOKS, name: "harbor-books.example" },
    });
    expect(entry?.actor["token_id"]).toMatch(/^[0-9a-f]{32}$/);
    expect(entry?.resource).toMatchObject({ request: PROMO, response: result });
    expect(entry?.action.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(entry?.raw["cf_ray_id"]).toMatch(/^[0-9a-f]{16}$/);
  });

  it("call a person a user of the dashboard", async () => {
    await create(PROMO);
    const [entry] = (await audit()).result;
    expect(entry?.actor).toMatchObject({
      type: "user",
      context: "dash",
      email: "dashboard@sandbox.example",
    });
  });

  it("are written for every mutation of every product, and for no read or refusal", async () => {
    const { result } = await create(PROMO);
    await patch(result.id, { ttl: 300 });
    await remove(result.id);
    await remove(result.id);
    await api(`PATCH /zones/${BOOKS}/settings/ssl`, { body: { value: "full" } });
    await api(`PATCH /zones/${BOOKS}`, { body: { paused: true } });
    await api("GET /zones");
    const entries = (await audit(`${ALWAYS}&direction=asc`)).result;
    expect(
      entries.map(({ action, resource }) => `${action.type} ${String(resource["type"])}`),
    ).toEqual([
      "create dns_record",
      "update dns_record",
      "delete dns_record",
      "update zone_setting",
      "update zone",
    ]);
  });
});

describe("S18 entries of unusual calls", () => {
  it("are one for each operation of a batch, and none for a batch that was undone", async () => {
    const body = { posts: [PROMO, { ...PROMO, name: "b" }, { ...PROMO, name: "c" }] };
    await api(`POST ${records}/batch`, { body });
    expect((await audit()).result).toHaveLength(3);
    await api(`POST ${records}/batch`, { body: { posts: [{ ...PROMO, name: "d" }, PROMO] } });
    expect((await audit()).result).toHaveLength(3);
  });

  it("exist for a change whose reply was lost", async () => {
    await fault({ match: { method: "POST" }, effect: { type: "drop_reply" } });
    await expect(create(PROMO)).rejects.toThrow();
    expect((await audit()).result).toHaveLength(1);
  });
});

describe("S18 reading", () => {
  it.each(["", "?since=2026-01-01", "?before=2026-01-01", "?since=soon&before=2026-01-01"])(
    "needs since and before: `%s` is refused",
    async (query) => {
      expect((await audit(query)).status).toBe(400);
    },
  );

  it("includes `since` and excludes `before`", async () => {
    await create(PROMO);
    const time = (await audit()).result[0]?.action.time ?? "";
    expect((await audit(`?since=${time}&before=2036-01-01`)).result).toHaveLength(1);
    expect((await audit(`?since=2026-01-01&before=${time}`)).result).toEqual([]);
  });

  it.each([
    ["cursor", ["cursor"]],
    ["cursors_after", ["cursors"]],
    ["both", ["cursor", "cursors"]],
  ])("pages with audit_pagination %s", async (style, keys) => {
    await control("PUT /options", { audit_pagination: style });
    for (let i = 0; i < 7; i += 1) await create({ ...PROMO, name: `n${i}` });
    const everything = (await audit()).result.map(({ id }) => id);
    const seen: string[] = [];
    let cursor = "";
    do {
      const page = await audit(`${ALWAYS}&limit=3${cursor}`);
      seen.push(...page.result.map(({ id }) => id));
      const info = page.info as { cursor?: string; cursors?: { after?: string } };
      if (cursor === "") expect(Object.keys(info)).toEqual(["count", ...keys]);
      const next = info.cursor ?? info.cursors?.after;
      cursor = next === undefined ? "" : `&cursor=${encodeURIComponent(next)}`;
    } while (cursor !== "");
    expect(seen).toEqual(everything);
    expect((await audit(`${ALWAYS}&limit=2`)).info["count"]).toBe("2");
  });
});

describe("S18 filters and history", () => {
  it("filters by any field, by its negation and by repeated keys", async () => {
    await create(PROMO);
    await create({ ...PROMO, name: "b" }, { token: "sandbox-terraform" });
    await create({ ...PROMO, name: "c" }, { token: "sandbox-vault-write" });
    const tokens = async (query: string): Promise<unknown[]> =>
      (await audit(`${ALWAYS}&direction=asc${query}`)).result.map(
        ({ actor }) => actor["token_name"] ?? actor["email"],
      );
    const ours = (await audit(`${ALWAYS}&actor_token_name=driftless-vault-write`)).result[0];
    const id = String(ours?.actor["token_id"]);
    expect(await tokens(`&actor_token_id.not=${id}`)).toEqual([
      "dashboard@sandbox.example",
      "terraform",
    ]);
    const repeated = "&actor_token_name.not=terraform&actor_token_name.not=driftless-vault-write";
    expect(await tokens(repeated)).toEqual(["dashboard@sandbox.example"]);
    expect(await tokens("&actor_type=user")).toEqual(["dashboard@sandbox.example"]);
    expect(await tokens(`&zone_id.not=${BOOKS}`)).toEqual([]);
    expect(await tokens("&action_type=create&resource_type=zone")).toEqual([]);
  });

  it("shows entries only after the delay", async () => {
    await control("PUT /options", { audit_delay_ms: 30_000 });
    await create(PROMO);
    expect((await audit()).result).toEqual([]);
    await control("PUT /options", { clock_offset_ms: 31_000 });
    expect((await audit()).result).toHaveLength(1);
  });

  it("gives the history of one resource", async () => {
    const { result } = await create(PROMO);
    await patch(result.id, { ttl: 300 });
    await create({ ...PROMO, name: "other" });
    const entry = (await audit(`${ALWAYS}&resource_id=${result.id}`)).result[0];
    const query = `${ALWAYS}&action_time=${entry?.action.time}`;
    const path = `/accounts/${ACCOUNT}/logs/audit/${entry?.id}/history${query}`;
    const history = await api<Entry[]>(`GET ${path}`);
    expect(history.result.map(({ action }) => action.type)).toEqual(["update", "create"]);
    expect(history.info["history_status"]).toBe("exact");
  });

  it("refuses a foreign cursor, a limit out of range and another account", async () => {
    expect((await audit(`${ALWAYS}&cursor=nope`)).status).toBe(400);
    expect((await audit(`${ALWAYS}&limit=1001`)).status).toBe(400);
    expect(codes(await api(`GET /accounts/nope/logs/audit${ALWAYS}`))).toEqual([7003]);
    expect((await api(`GET /accounts/${ACCOUNT}/logs/audit/product_categories`)).status).toBe(200);
  });
});
