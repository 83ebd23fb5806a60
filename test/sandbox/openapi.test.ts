/** The client of these tests checks every exchange; here every operation of ours is exercised once. */
import { expect, it } from "vitest";
import { ACCOUNT, api, BOOKS, control, create, patch, put, read, remove } from "./client.ts";
import { checkExchange, covered } from "./openapi.ts";

it("every operation that Cloudflare describes and the sandbox has answers as described", async () => {
  await control("POST /reset");
  const zone = `/zones/${BOOKS}`;
  const window = "?since=2026-01-01&before=2036-01-01";
  const record = { type: "TXT", name: "probe", content: "x" };
  const { id } = (await create(record)).result;
  await put(id, { ...record, content: "y" });
  await patch(id, { content: "z" });
  await read(id);
  await remove(id);
  await api(`POST ${zone}/dns_records/batch`, { body: { posts: [{ ...record, ttl: 1 }] } });
  const form = new FormData();
  form.set("file", new Blob(["probe2 60 IN A 192.0.2.1"]));
  await api(`POST ${zone}/dns_records/import`, { body: form });
  const account = `/accounts/${ACCOUNT}`;
  const audit = await api<{ id: string }[]>(`GET ${account}/logs/audit${window}`);
  const reads = [
    "/zones",
    zone,
    `${zone}/dns_records?per_page=5000&include_shadow_metadata=true`,
    `${zone}/dns_records/export`,
    "/accounts",
    account,
    `${account}/logs/audit/product_categories`,
    `${account}/logs/audit/${audit.result[0]?.id}/history${window}&action_time=2026-11-20`,
    "/user/tokens/verify",
    "/ips",
  ];
  for (const path of reads) expect((await api(`GET ${path}`)).status, path).toBe(200);
  await api(`GET ${account}/tokens/verify`, { token: "sandbox-terraform" });
  await api(`PATCH ${zone}`, { body: { paused: false } });
  const settings = (await api<{ id: string }[]>(`GET ${zone}/settings`)).result;
  for (const setting of settings) await api(`GET ${zone}/settings/${setting.id}`);
  await api(`PATCH ${zone}/settings/ssl`, { body: { value: "full" } });
  expect([...covered].toSorted()).toEqual([
    "DELETE /zones/{zone_id}/dns_records/{dns_record_id}",
    "GET /accounts",
    "GET /accounts/{account_id}",
    "GET /accounts/{account_id}/logs/audit",
    "GET /accounts/{account_id}/logs/audit/product_categories",
    "GET /accounts/{account_id}/logs/audit/{id}/history",
    "GET /accounts/{account_id}/tokens/verify",
    "GET /ips",
    "GET /user/tokens/verify",
    "GET /zones",
    "GET /zones/{zone_id}",
    "GET /zones/{zone_id}/dns_records",
    "GET /zones/{zone_id}/dns_records/export",
    "GET /zones/{zone_id}/dns_records/{dns_record_id}",
    "GET /zones/{zone_id}/settings/{setting_id}",
    "PATCH /zones/{zone_id}",
    "PATCH /zones/{zone_id}/dns_records/{dns_record_id}",
    "PATCH /zones/{zone_id}/settings/{setting_id}",
    "POST /zones/{zone_id}/dns_records",
    "POST /zones/{zone_id}/dns_records/batch",
    "POST /zones/{zone_id}/dns_records/import",
    "PUT /zones/{zone_id}/dns_records/{dns_record_id}",
  ]);
});

it("the check itself notices an answer that is not as described", () => {
  const exchange = {
    method: "GET",
    path: "/zones",
    body: undefined,
    contentType: "application/json",
  };
  const answer = { success: true, errors: [], messages: [], result: [{ id: 5 }] };
  expect(() => checkExchange({ ...exchange, status: 200, answer })).toThrow(/not as described/);
});
