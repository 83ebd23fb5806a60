/** Access applications and policies: what comes back is not what was sent. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectWritesAudited } from "./audited.ts";
import { ACCOUNT, api, codes, reset, type Fields } from "./client.ts";

// Not in the description: the shapes are those of the `cloudflare` package and the documentation.
const APPS = `/accounts/${ACCOUNT}/access/apps`;
const POLICIES = `/accounts/${ACCOUNT}/access/policies`;

interface Policy extends Fields {
  id: string;
  include: Fields[];
  precedence: number;
  session_duration: string;
}

interface App extends Fields {
  id: string;
  policies: Policy[];
  tags: string[];
}

const APP = { type: "self_hosted", name: "Reports", domain: "reports.harbor-books.example" };
const STAFF = {
  name: "Staff",
  decision: "allow",
  include: [{ email_domain: { domain: "harbor-books.example" } }],
};

const create = (body: Fields = {}) => api<App>(`POST ${APPS}`, { body: { ...APP, ...body } });
const put = (id: string, body: Fields) =>
  api<App>(`PUT ${APPS}/${id}`, { body: { ...APP, ...body } });
const newPolicy = (body: Fields = {}) =>
  api<Policy>(`POST ${POLICIES}`, { body: { ...STAFF, ...body } });

beforeEach(reset);
afterEach(expectWritesAudited);

describe("Access applications", () => {
  it("are created, read, found, replaced and deleted", async () => {
    const { result } = await create();
    expect(result["aud"]).toMatch(/^[0-9a-f]{64}$/);
    expect((await api<App>(`GET ${APPS}/${result.id}`)).result).toEqual(result);
    const found = await api<App[]>(`GET ${APPS}?domain=reports`);
    expect(found.result.map(({ id }) => id)).toEqual([result.id]);
    const changed = await put(result.id, { name: "Monthly reports" });
    expect(changed.result).toMatchObject({ name: "Monthly reports", aud: result["aud"] });
    await api(`DELETE ${APPS}/${result.id}`);
    expect(codes(await api(`GET ${APPS}/${result.id}`))).toEqual([11021]);
  });

  it("53 have defaults for what was not said", async () => {
    const { result } = await create({ allowed_idps: null, tags: null });
    expect(result).toMatchObject({
      session_duration: "24h",
      http_only_cookie_attribute: true,
      eager_redirect_cookie_setting: true,
      enable_binding_cookie: false,
      app_launcher_visible: true,
      allowed_idps: [],
      policies: [],
      tags: [],
      self_hosted_domains: [APP.domain],
      destinations: [{ type: "public", uri: APP.domain }],
    });
  });

  it("53 keep a cookie flag that was switched off, and sort their tags", async () => {
    const { result } = await create({ http_only_cookie_attribute: false, tags: ["b", "a"] });
    expect(result).toMatchObject({ http_only_cookie_attribute: false, tags: ["a", "b"] });
  });

  it("53 show a reusable policy as a whole", async () => {
    const policy = (await newPolicy()).result;
    const other = (await newPolicy({ name: "Auditors" })).result;
    const policies = [
      { id: other.id, precedence: 2 },
      { id: policy.id, precedence: 1 },
    ];
    const { result } = await create({ policies });
    expect(result.policies.map(({ id, precedence }) => [id, precedence])).toEqual([
      [policy.id, 1],
      [other.id, 2],
    ]);
    expect(result.policies[0]).toMatchObject({ ...STAFF, reusable: true });
    const shown = await api<Policy>(`GET ${POLICIES}/${policy.id}`);
    expect(shown.result).toMatchObject({ reusable: true, app_count: 1 });
    const refused = await api(`DELETE ${POLICIES}/${policy.id}`);
    expect(refused.status).toBe(409);
    const emptied = await put(result.id, { policies: [] });
    expect(emptied.result.policies).toEqual([]);
    expect((await api(`DELETE ${POLICIES}/${policy.id}`)).status).toBe(200);
  });

  it("keep their policies when a PUT does not name them", async () => {
    const { result } = await create({ policies: [STAFF] });
    const changed = await put(result.id, { session_duration: "6h" });
    expect(changed.result.policies).toEqual(result.policies);
  });

  it.each([
    ["a hostname of nobody", { domain: "reports.example.org" }, 12130],
    ["a hostname that another one has", { domain: "admin.harbor-books.example" }, 11010],
    ["a policy that does not exist", { policies: ["nope"] }, 12130],
    ["a duration that is none", { session_duration: "a day" }, 12130],
  ])("are refused with %s", async (_what, body, code) => {
    expect(codes(await create(body))).toEqual([code]);
  });
});

describe("Access policies", () => {
  it.each([{}, { session_duration: "" }, { session_duration: null }, { session_duration: "24h" }])(
    "51 last for 24h unless said otherwise: %j",
    async (body) => {
      expect((await newPolicy(body)).result.session_duration).toBe("24h");
    },
  );

  it.each([
    ["192.0.2.1", "192.0.2.1/32"],
    ["2001:DB8::1", "2001:db8::1/128"],
    ["192.0.2.77/24", "192.0.2.0/24"],
  ])("52 a rule for %s comes back for %s", async (sent, told) => {
    const { result } = await newPolicy({ include: [{ ip: { ip: sent } }] });
    expect(result.include).toEqual([{ ip: { ip: told } }]);
  });

  it("56 keep the markers that say everything by being there", async () => {
    expect((await newPolicy({ include: [{ everyone: {} }] })).result.include).toEqual([
      { everyone: {} },
    ]);
  });

  it("have lists for rules that were not said", async () => {
    expect((await newPolicy({ exclude: null })).result).toMatchObject({ exclude: [], require: [] });
  });

  it.each([
    ["no include rule", { include: [] }],
    ["an unknown selector", { include: [{ shoe_size: {} }] }],
    ["two selectors in one rule", { include: [{ everyone: {}, ip: { ip: "192.0.2.1" } }] }],
    ["an unknown decision", { decision: "maybe" }],
  ])("are refused with %s", async (_what, body) => {
    expect((await newPolicy(body)).status).toBe(400);
  });
});

describe("the policies of one application", () => {
  it("are its own: made, moved, replaced and deleted there", async () => {
    const { result: app } = await create();
    const path = `${APPS}/${app.id}/policies`;
    const first = (await api<Policy>(`POST ${path}`, { body: STAFF })).result;
    const body = { ...STAFF, name: "Owners", precedence: 1 };
    const second = (await api<Policy>(`POST ${path}`, { body })).result;
    const order = async () => (await api<Policy[]>(`GET ${path}`)).result.map(({ id }) => id);
    expect(await order()).toEqual([second.id, first.id]);
    await api(`PUT ${path}/${second.id}`, { body: { ...body, precedence: 5 } });
    expect(await order()).toEqual([first.id, second.id]);
    expect((await api(`GET ${POLICIES}/${first.id}`)).status).toBe(404);
    await api(`DELETE ${path}/${first.id}`);
    expect(await order()).toEqual([second.id]);
    await api(`DELETE ${APPS}/${app.id}`);
  });

  it("can be made reusable, and are then changed elsewhere", async () => {
    const { result: app } = await create({ policies: [STAFF] });
    const id = app.policies[0]?.id ?? "";
    await api(`PUT ${APPS}/${app.id}/policies/${id}/make_reusable`);
    expect((await api(`GET ${POLICIES}/${id}`)).status).toBe(200);
    const refused = await api(`PUT ${APPS}/${app.id}/policies/${id}`, { body: STAFF });
    expect(codes(refused)).toEqual([12130]);
  });
});

it("the keys of Access are rotated, on demand and every so many days", async () => {
  const path = `/accounts/${ACCOUNT}/access/keys`;
  const body = { key_rotation_interval_days: 30 };
  expect((await api(`PUT ${path}`, { body })).result).toMatchObject(body);
  await api(`POST ${path}/rotate`);
  expect((await api(`GET ${path}`)).result).toMatchObject({ days_until_next_rotation: 30 });
  const wrong = await api(`PUT ${path}`, { body: { key_rotation_interval_days: 1 } });
  expect(wrong.status).toBe(400);
});

it("the seeded shop has an administration behind Access", async () => {
  const { result } = await api<App[]>(`GET ${APPS}`);
  expect(result).toMatchObject([
    { domain: "admin.harbor-books.example", policies: [{ decision: "allow", reusable: true }] },
  ]);
});

describe("identity providers", () => {
  const PROVIDERS = `/accounts/${ACCOUNT}/access/identity_providers`;
  const OIDC = {
    name: "Staff directory",
    type: "oidc",
    config: {
      client_id: "shop",
      client_secret: "not to be told",
      redirect_url: "https://x.example",
    },
    scim_config: { enabled: true, scim_base_url: "https://x.example" },
  };

  it("54 55 never tell a secret, and have addresses that nobody can set", async () => {
    const { result, text } = await api<Fields & { id: string }>(`POST ${PROVIDERS}`, {
      body: OIDC,
    });
    expect(text).not.toContain("not to be told");
    expect(result["config"]).toEqual({
      client_id: "shop",
      redirect_url: "https://harbor-books.cloudflareaccess.com/cdn-cgi/access/callback",
    });
    expect(result["scim_config"]).toMatchObject({ enabled: true });
    expect(JSON.stringify(result["scim_config"])).not.toContain("x.example");
    const listed = await api<Fields[]>(`GET ${PROVIDERS}`);
    expect(listed.result).toMatchObject([{ type: "onetimepin" }, { id: result.id }]);
    const app = await create({ allowed_idps: [result.id] });
    expect(app.result["allowed_idps"]).toEqual([result.id]);
    expect((await put(app.result.id, { allowed_idps: ["nope"] })).status).toBe(400);
    expect((await api(`DELETE ${PROVIDERS}/${result.id}`)).status).toBe(200);
  });
});
