/** Notifications: destinations, policies, history, silences. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectWritesAudited } from "./audited.ts";
import { ACCOUNT, api, control, reset, type Fields } from "./client.ts";

const ALERTING = `/accounts/${ACCOUNT}/alerting/v3`;
const WEBHOOKS = `${ALERTING}/destinations/webhooks`;
const POLICIES = `${ALERTING}/policies`;
const HOOK = { name: "pager", url: "https://pager.example/in", secret: "not to be told" };

interface Delivery extends Fields {
  webhook_id: string;
  headers: Record<string, string>;
  body: Fields;
}

const newHook = async (body: Fields = {}) =>
  (await api<{ id: string }>(`POST ${WEBHOOKS}`, { body: { ...HOOK, ...body } })).result.id;

const newPolicy = async (hook: string, body: Fields = {}) => {
  const policy = {
    name: "Origin errors",
    alert_type: "http_alert_origin_error",
    enabled: true,
    mechanisms: { webhooks: [{ id: hook }], email: [{ id: "b@x.example" }, { id: "a@x.example" }] },
    ...body,
  };
  return api<{ id: string }>(`POST ${POLICIES}`, { body: policy });
};

const deliveries = async () =>
  (await control<{ deliveries: Delivery[] }>("GET /deliveries")).deliveries;

beforeEach(reset);
afterEach(expectWritesAudited);

describe("webhook destinations", () => {
  it("never tell their secret, and keep it for the messages", async () => {
    const id = await newHook();
    const { text, result } = await api(`GET ${WEBHOOKS}/${id}`);
    expect(result).toMatchObject({ id, name: "pager", url: HOOK.url, type: "generic" });
    const window = "?since=2026-01-01&before=2036-01-01";
    const audit = await api(`GET /accounts/${ACCOUNT}/logs/audit${window}`);
    for (const told of [text, (await api(`GET ${WEBHOOKS}`)).text, audit.text]) {
      expect(told).not.toContain(HOOK.secret);
    }
    expect(await deliveries()).toMatchObject([
      { webhook_id: id, headers: { "cf-webhook-auth": HOOK.secret } },
    ]);
  });

  it("are tried whenever they are written, but nothing leaves the sandbox", async () => {
    const id = await newHook();
    await api(`PUT ${WEBHOOKS}/${id}`, { body: { ...HOOK, name: "second pager" } });
    const sent = await deliveries();
    expect(sent).toHaveLength(2);
    expect(Object.keys(sent[1]?.body ?? {})).toEqual(["text"]);
    expect(sent[1]?.body["text"]).toMatch(/^Hello World! This is a test message/);
    await control("DELETE /deliveries");
    expect(await deliveries()).toEqual([]);
  });

  it.each([
    ["https://hooks.slack.com/services/x", "slack"],
    ["https://discord.com/api/webhooks/x", "discord"],
    ["https://pager.example:443/", "generic"],
  ])("know the service behind %s", async (url, type) => {
    const id = await newHook({ url });
    expect((await api(`GET ${WEBHOOKS}/${id}`)).result["type"]).toBe(type);
  });

  it.each(["ftp://x.example", "https://x.example:8443/", "nothing"])("refuse %s", async (url) => {
    const refused = await api(`POST ${WEBHOOKS}`, { body: { ...HOOK, url } });
    expect(refused.status).toBe(400);
  });

  it("cannot be deleted while a policy needs them", async () => {
    const hook = await newHook();
    const { result } = await newPolicy(hook);
    expect((await api(`DELETE ${WEBHOOKS}/${hook}`)).status).toBe(409);
    await api(`DELETE ${POLICIES}/${result.id}`);
    expect((await api(`DELETE ${WEBHOOKS}/${hook}`)).status).toBe(200);
    expect((await api(`GET ${WEBHOOKS}/${hook}`)).status).toBe(404);
  });
});

describe("notification policies", () => {
  it("60 come back with lists in an order of their own", async () => {
    const { result } = await newPolicy(await newHook(), { filters: { slo: ["99.9", "99.7"] } });
    expect((await api(`GET ${POLICIES}/${result.id}`)).result).toMatchObject({
      mechanisms: { email: [{ id: "a@x.example" }, { id: "b@x.example" }] },
      filters: { slo: ["99.7", "99.9"] },
    });
  });

  it("are changed in what a PUT names, listed and deleted", async () => {
    const { result } = await newPolicy(await newHook());
    await api(`PUT ${POLICIES}/${result.id}`, { body: { enabled: false } });
    const read = await api(`GET ${POLICIES}/${result.id}`);
    expect(read.result).toMatchObject({ enabled: false, name: "Origin errors" });
    expect((await api<Fields[]>(`GET ${POLICIES}`)).result).toHaveLength(3);
    await api(`DELETE ${POLICIES}/${result.id}`);
    expect((await api(`GET ${POLICIES}/${result.id}`)).status).toBe(404);
  });

  it.each([
    ["an unknown alert type", { alert_type: "coffee_is_ready" }],
    ["an unknown filter", { filters: { colour: ["red"] } }],
    ["a destination that does not exist", { mechanisms: { webhooks: [{ id: "nope" }] } }],
    ["no destination", { mechanisms: {} }],
  ])("are refused with %s", async (_what, body) => {
    expect((await newPolicy(await newHook(), body)).status).toBe(400);
  });

  it("know all alert types of the package by product", async () => {
    const { result } = await api<Record<string, Fields[]>>(`GET ${ALERTING}/available_alerts`);
    expect(Object.values(result).flat()).toHaveLength(69 + 2);
    const eligible = await api(`GET ${ALERTING}/destinations/eligible`);
    expect(eligible.result).toHaveProperty("webhooks");
  });
});

const fire = (body: Fields) => control<{ sent: Fields[] }>("POST /alerts", body);

describe("an alert", () => {
  it("goes to every destination of its policy and into the history", async () => {
    const hook = await newHook();
    const { result } = await newPolicy(hook);
    await fire({
      policy_id: result.id,
      text: "5xx above the objective",
      data: { severity: "high" },
    });
    const message = (await deliveries()).at(-1);
    expect(message).toMatchObject({
      webhook_id: hook,
      body: {
        alert_type: "http_alert_origin_error",
        alert_event: "ALERT_STATE_EVENT_START",
        policy_id: result.id,
        data: { severity: "high" },
      },
    });
    const history = await api<Fields[]>(`GET ${ALERTING}/history?page=1&per_page=2`);
    expect(history.info).toMatchObject({ total_count: 3, count: 2 });
    const page = await api<Fields[]>(`GET ${ALERTING}/history?before=2026-01-01T00:00:00Z`);
    expect(page.result).toEqual([]);
    await expect(fire({ policy_id: "nope" })).rejects.toThrow(/404/);
  });

  it("of a policy that is switched off goes nowhere", async () => {
    const { result } = await newPolicy(await newHook(), { enabled: false });
    expect((await fire({ policy_id: result.id })).sent).toEqual([]);
  });
});

it("silences are made, changed, listed and deleted", async () => {
  const { result: policy } = await newPolicy(await newHook());
  const path = `${ALERTING}/silences`;
  const times = { start_time: "2026-12-01T00:00:00Z", end_time: "2026-12-02T00:00:00Z" };
  await api(`POST ${path}`, { body: [{ policy_id: policy.id, ...times }] });
  const [silence] = (await api<Fields[]>(`GET ${path}`)).result;
  const id = String(silence?.["id"]);
  await api(`PUT ${path}`, { body: [{ id, end_time: "2026-12-03T00:00:00Z" }] });
  expect((await api(`GET ${path}/${id}`)).result).toMatchObject({
    start_time: times.start_time,
    end_time: "2026-12-03T00:00:00Z",
  });
  const wrong = await api(`PUT ${path}`, { body: [{ id, end_time: "2026-11-01T00:00:00Z" }] });
  expect(wrong.status).toBe(400);
  expect((await api(`DELETE ${path}/${id}`)).status).toBe(200);
});
