/** A restart keeps Zero Trust, Workers with their code, tokens and notifications. */
import { evictAllDurableObjects } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { ACCOUNT, api, BOOKS, control, type Fields } from "./client.ts";

const account = `/accounts/${ACCOUNT}`;

const PLACES = [
  `${account}/gateway/rules`,
  `${account}/gateway/lists`,
  `${account}/access/apps`,
  `${account}/access/policies`,
  `${account}/access/identity_providers`,
  `${account}/workers/scripts`,
  `${account}/workers/scripts/harbor-api/settings`,
  `${account}/alerting/v3/policies`,
  `${account}/alerting/v3/destinations/webhooks`,
  `/zones/${BOOKS}/workers/routes`,
];

const everything = async () =>
  Promise.all(PLACES.map(async (path) => (await api(`GET ${path}`)).result));

async function code(): Promise<string> {
  const path = `/client/v4${account}/workers/scripts/harbor-api/content/v2`;
  const headers = { authorization: "Bearer sandbox-dashboard" };
  const answer = await exports.default.fetch(`http://sandbox${path}`, { headers });
  return await ((await answer.formData()).get("index.js") as File).text();
}

it("what was seeded and what was made survive a restart", async () => {
  await control("POST /reset");
  const rule = { name: "x", action: "block", filters: ["dns"], traffic: 'dns.fqdn == "x.example"' };
  await api(`POST ${account}/gateway/rules`, { body: rule });
  const [group] = (await api<Fields[]>(`GET ${account}/tokens/permission_groups?name=DNS%20Read`))
    .result;
  const resources = { [`com.cloudflare.api.account.zone.${BOOKS}`]: "*" };
  const policy = { effect: "allow", resources, permission_groups: [{ id: String(group?.["id"]) }] };
  const body = { name: "kept", policies: [policy] };
  const { result } = await api<{ value: string }>(`POST ${account}/tokens`, { body });
  const before = { all: await everything(), code: await code() };
  await evictAllDurableObjects();
  expect({ all: await everything(), code: await code() }).toEqual(before);
  const read = await api(`GET /zones/${BOOKS}/dns_records?per_page=1`, { token: result.value });
  expect(read.status).toBe(200);
});
