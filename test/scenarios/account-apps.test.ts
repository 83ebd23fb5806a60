/** Applications of the account: Workers, Access, notifications, tokens. What somebody does to them is taken back. */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/core/canonical.ts";
import { checkRecord, entries } from "../support/check-world.ts";
import {
  apiJson,
  BOOKS,
  cloudflare,
  control,
  drift,
  type DriftView,
  putGolden,
  reconcile,
  runs,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const ACCOUNT = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
const SCOPE = `account:${ACCOUNT}`;
const account = `/accounts/${ACCOUNT}`;
const VAULT = "driftless-vault-write";
const WORKER = "shop-orders";
const script = `${account}/workers/scripts/${WORKER}`;

const code = (answer: string): string =>
  `export default { fetch: () => new Response("${answer}") };\n`;
const CODE = code("orders");
const REGION = { name: "REGION", type: "plain_text", text: "eu" };
const SECRET = { name: "PAYMENTS", type: "secret_text" };

let round = 0;
/** A value that no test has used: the loop detector must see a new difference. */
const fresh = (): string => `edited ${(round += 1)}`;

async function upload(
  name: string,
  text: string,
  bindings: readonly JsonObject[] = [REGION],
): Promise<void> {
  const form = new FormData();
  const metadata = {
    main_module: "worker.js",
    compatibility_date: "2026-01-01",
    bindings,
    keep_bindings: ["secret_text"],
  };
  form.append("metadata", new Blob([JSON.stringify(metadata)], { type: "application/json" }));
  const module = new Blob([text], { type: "application/javascript+module" });
  form.append("worker.js", module, "worker.js");
  const response = await env.CF_API.fetch(
    new Request(`http://sandbox/client/v4${account}/workers/scripts/${name}`, {
      method: "PUT",
      headers: { authorization: "Bearer sandbox-dashboard" },
      body: form,
    }),
  );
  expect(response.status, await response.text()).toBe(200);
}

async function codeOf(name: string): Promise<string> {
  const response = await env.CF_API.fetch(
    new Request(`http://sandbox/client/v4${account}/workers/scripts/${name}/content/v2`, {
      headers: { authorization: "Bearer sandbox-dashboard" },
    }),
  );
  return new TextDecoder().decode(await response.arrayBuffer());
}

const bindingsOf = async (name: string): Promise<readonly JsonObject[]> =>
  (
    await cloudflare<{ bindings: readonly JsonObject[] }>(
      "GET",
      `${account}/workers/scripts/${name}/settings`,
    )
  ).bindings;

interface Named {
  readonly id: string;
  readonly name: string;
}

const named = async (path: string, name: string): Promise<Named & JsonObject> => {
  const all = await cloudflare<readonly (Named & JsonObject)[]>("GET", `${account}/${path}`);
  const found = all.find((one) => one.name === name);
  if (!found) throw new Error(`no \`${name}\``);
  return found;
};

const APP = {
  name: "Back office",
  type: "self_hosted",
  domain: "backoffice.harbor-books.example",
  tags: [],
  policies: [
    {
      name: "staff",
      decision: "allow",
      include: [{ email_domain: { domain: "harbor-books.example" } }],
    },
  ],
};
const DOMAIN = { hostname: "counter.harbor-books.example", service: WORKER };
const HOOK = { name: "night shift", url: "https://hooks.harbor-books.example/night" };
const ALERT = {
  name: "Attacks at night",
  alert_type: "advanced_ddos_attack_l7_alert",
  enabled: true,
  description: "",
};
const GROUP = "Zone Read";

const resources = {
  access_application: [APP],
  worker: [
    {
      name: WORKER,
      main_module: "worker.js",
      content: CODE,
      compatibility_date: "2026-01-01",
      bindings: [REGION, { ...SECRET, secret: true }],
    },
  ],
  worker_domain: [{ ...DOMAIN, zone: "harbor-books.example" }],
  api_token: [
    {
      name: "ci",
      policies: [
        { resources: { "com.cloudflare.api.account.zone.*": "*" }, permission_groups: [GROUP] },
      ],
      status: "active",
    },
  ],
  notification_webhook: [HOOK],
  notification_policy: [{ ...ALERT, mechanisms: { webhooks: [HOOK.name] } }],
};

const golden = JSON.stringify({
  apiVersion: "driftless.dev/v1",
  kind: "GoldenState",
  metadata: { scope: SCOPE },
  spec: { resources },
});

async function build(): Promise<void> {
  await upload(WORKER, CODE, [REGION, { ...SECRET, text: "never-to-be-seen" }]);
  await upload("shop-carts", code("carts"));
  await cloudflare("PUT", `${account}/workers/domains`, { body: DOMAIN });
  await cloudflare("POST", `${account}/access/apps`, { body: APP });
  const hook = await cloudflare<Named>("POST", `${account}/alerting/v3/destinations/webhooks`, {
    body: { ...HOOK, secret: "also-never-to-be-seen" },
  });
  await cloudflare("POST", `${account}/alerting/v3/policies`, {
    body: { ...ALERT, mechanisms: { webhooks: [{ id: hook.id }] } },
  });
  const groups = await cloudflare<readonly Named[]>(
    "GET",
    `${account}/tokens/permission_groups?name=${encodeURIComponent(GROUP)}`,
  );
  await cloudflare("POST", `${account}/tokens`, {
    body: {
      name: "ci",
      policies: [
        {
          effect: "allow",
          resources: { "com.cloudflare.api.account.zone.*": "*" },
          permission_groups: groups.map(({ id }) => ({ id })),
        },
      ],
    },
  });
}

async function evidence(): Promise<readonly string[]> {
  const { objects } = await env.EVIDENCE.list();
  const found = await Promise.all(objects.map(({ key }) => env.EVIDENCE.get(key)));
  return Promise.all(found.map(async (one) => (one ? one.text() : "")));
}

const applied = async () => (await vaultWrites()).filter((write) => write.applied);
const written = async () =>
  (await applied()).map(({ method, path }) => `${method} ${path.split(account)[1]}`);
const whole = (): Promise<DriftView> => settled(SCOPE, ({ status }) => status === "in_sync");

beforeAll(async () => {
  await control("POST", "/reset", {});
  await build();
  await tick();
  const answer = await putGolden(golden, { scope: SCOPE });
  expect(answer.status, await answer.text()).toBe(200);
  await whole();
});

beforeEach(async () => {
  await control("DELETE", "/journal");
  return async () => {
    await control("DELETE", "/faults");
    await checkRecord();
    await control("DELETE", "/journal");
    await reconcile(SCOPE);
    expect(await vaultWrites(), "a second look finds nothing to do").toEqual([]);
  };
});

describe("drift in the account is reverted with the fewest writes", () => {
  it("foreign code in a Worker: one upload, and the secret survives", async () => {
    await upload(WORKER, code(fresh()));
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
    expect(await written()).toEqual([`PUT /workers/scripts/${WORKER}`]);
    expect(await codeOf(WORKER)).toContain(CODE);
    expect(await bindingsOf(WORKER)).toEqual([SECRET, REGION]);
    const { items } = await apiJson<{ items: { drift: DriftView["drift"] }[] }>(
      "/api/v1/incidents?limit=1",
    );
    expect(items[0]?.drift[0]?.by?.actor).toBe("dashboard@sandbox.example");
  });

  it("another binding, and a secret that nobody declared: the binding goes, the secret stays", async () => {
    const extra = { name: "EXTRA", type: "secret_text" };
    await upload(WORKER, CODE, [
      { ...REGION, text: fresh() },
      { ...extra, text: "x" },
    ]);
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
    expect(await written()).toEqual([`PUT /workers/scripts/${WORKER}`]);
    expect(await bindingsOf(WORKER)).toEqual([extra, SECRET, REGION]);
    await cloudflare<null>("DELETE", `${script}/secrets/EXTRA`);
  });

  it("a domain that answers with another Worker", async () => {
    const body = { ...DOMAIN, service: "shop-carts" };
    await cloudflare("PUT", `${account}/workers/domains`, { body });
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
    expect(await written()).toEqual(["PUT /workers/domains"]);
  });

  it("an application that is open to everybody", async () => {
    const { id, ...there } = await named("access/apps", APP.name);
    const policies = [{ name: "staff", decision: "allow", include: [{ everyone: {} }] }];
    const body = { ...there, policies, custom_deny_message: "closed" };
    await cloudflare("PUT", `${account}/access/apps/${id}`, { body });
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
    expect(await written()).toEqual([`PUT /access/apps/${id}`]);
    expect(await named("access/apps", APP.name)).toMatchObject({
      id,
      policies: [{ include: APP.policies[0]?.include }],
      custom_deny_message: "closed",
    });
  });

  it("a webhook that leads elsewhere, and a policy that is off: its secret stays", async () => {
    const { id } = await named("alerting/v3/destinations/webhooks", HOOK.name);
    const policy = await named("alerting/v3/policies", ALERT.name);
    const url = "https://evil.example/night";
    const path = `${account}/alerting/v3`;
    await cloudflare("PUT", `${path}/destinations/webhooks/${id}`, { body: { ...HOOK, url } });
    await cloudflare("PUT", `${path}/policies/${policy.id}`, { body: { enabled: false } });
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
    expect(await written()).toEqual([
      `PUT /alerting/v3/destinations/webhooks/${id}`,
      `PUT /alerting/v3/policies/${policy.id}`,
    ]);
    const { deliveries } = await control<{
      deliveries: readonly { webhook_id: string; url: string; headers: JsonObject }[];
    }>("GET", "/deliveries");
    const last = deliveries.findLast(({ webhook_id }) => webhook_id === id);
    expect(last).toMatchObject({
      url: HOOK.url,
      headers: { "cf-webhook-auth": "also-never-to-be-seen" },
    });
  });

  it("a webhook and the policy that names it are gone: the policy follows with the new id", async () => {
    const hook = await named("alerting/v3/destinations/webhooks", HOOK.name);
    const policy = await named("alerting/v3/policies", ALERT.name);
    await cloudflare<null>("DELETE", `${account}/alerting/v3/policies/${policy.id}`);
    await cloudflare<null>("DELETE", `${account}/alerting/v3/destinations/webhooks/${hook.id}`);
    await reconcile(SCOPE);
    await reconcile(SCOPE);
    await whole();
    expect(await written()).toEqual([
      "POST /alerting/v3/destinations/webhooks",
      "POST /alerting/v3/policies",
    ]);
    const { id } = await named("alerting/v3/destinations/webhooks", HOOK.name);
    expect((await named("alerting/v3/policies", ALERT.name))["mechanisms"]).toEqual({
      webhooks: [{ id }],
    });
  });

  it("no value of a secret is in an answer, an entry or a dossier (I6)", async () => {
    const texts = [
      JSON.stringify(await drift(SCOPE)),
      JSON.stringify(await runs(SCOPE)),
      JSON.stringify(await entries()),
      ...(await evidence()),
    ];
    for (const text of texts) expect(text).not.toContain("never-to-be-seen");
  });

  it("everything else in the account is told and left alone (I9)", async () => {
    await reconcile(SCOPE);
    expect(await vaultWrites()).toEqual([]);
    expect(await codeOf("shop-carts")).toContain("carts");
  });
});

describe("an upload happens whole or not at all", () => {
  const fault = (effect: object): Promise<unknown> =>
    control("PUT", "/faults", {
      rules: [
        {
          id: "upload",
          match: { method: "PUT", path: `*${script}`, token: VAULT },
          times: 1,
          effect,
        },
      ],
    });

  it.each<[string, object]>([
    ["never arrives", { type: "drop_request" }],
    ["is carried out and not answered", { type: "drop_reply" }],
    ["fails on the other side", { type: "status", status: 503 }],
    ["is carried out, and an error told", { type: "status_after", status: 502 }],
  ])("one that %s is looked at and, if need be, sent again", async (_, effect) => {
    await upload(WORKER, code(fresh()));
    await fault(effect);
    await reconcile(SCOPE);
    await whole();
    expect(await written()).toEqual([`PUT /workers/scripts/${WORKER}`]);
    expect(await codeOf(WORKER)).toContain(CODE);
    expect(await bindingsOf(WORKER)).toEqual([SECRET, REGION]);
  });

  it("one that is refused changes nothing, and the refusal has a reason", async () => {
    const text = code(fresh());
    await upload(WORKER, text);
    await fault({ type: "status", status: 400, code: 10021 });
    const view = await reconcile(SCOPE);
    expect(view.status).toBe("held");
    expect(await applied()).toEqual([]);
    const [run] = await runs(SCOPE);
    expect([run?.phase, run?.because?.reason]).toEqual(["rejected", "call_refused"]);
    expect(await codeOf(WORKER)).toContain(text);
    await upload(WORKER, CODE);
  });
});

describe("what is told and never written", () => {
  it("a secret that is missing: nobody here knows its value", async () => {
    await cloudflare<null>("DELETE", `${script}/secrets/PAYMENTS`);
    const view = await reconcile(SCOPE);
    expect(view.status).toBe("held");
    expect(JSON.stringify(view)).toContain("PAYMENTS");
    expect(await vaultWrites()).toEqual([]);
    await cloudflare("PUT", `${script}/secrets`, { body: { ...SECRET, text: "again" } });
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
  });

  it("a token that may do more", async () => {
    const { id, ...token } = await named("tokens?include_expired=true", "ci");
    const policies = token["policies"];
    const body = { name: "ci", policies: policies ?? [], status: "disabled" };
    await cloudflare("PUT", `${account}/tokens/${id}`, { body });
    const view = await reconcile(SCOPE);
    expect(view.status).toBe("held");
    expect(JSON.stringify(view)).toContain("never written");
    expect(await vaultWrites()).toEqual([]);
    await cloudflare("PUT", `${account}/tokens/${id}`, { body: { ...body, status: "active" } });
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
  });
});

describe("a Worker that is gone", () => {
  it("is uploaded again with its domain, and its secret asked of people", async () => {
    await cloudflare<null>("DELETE", `${script}?force=true`);
    await reconcile(SCOPE);
    const view = await reconcile(SCOPE);
    expect(view.status).toBe("held");
    expect(await written()).toEqual([`PUT /workers/scripts/${WORKER}`, "PUT /workers/domains"]);
    expect(await codeOf(WORKER)).toContain(CODE);
    await cloudflare("PUT", `${script}/secrets`, { body: { ...SECRET, text: "again" } });
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
  });
});

describe("routes of a zone", () => {
  it("one that leads to another Worker is put back with one write", async () => {
    const zone = `/zones/${BOOKS.zoneId}`;
    const route = { pattern: "harbor-books.example/orders/*", script: WORKER };
    const { id } = await cloudflare<Named>("POST", `${zone}/workers/routes`, { body: route });
    const text = JSON.stringify({
      apiVersion: "driftless.dev/v1",
      kind: "GoldenState",
      metadata: { scope: BOOKS.scope },
      spec: { resources: { worker_route: [route] } },
    });
    expect((await putGolden(text)).status).toBe(200);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    const body = { ...route, script: "shop-carts" };
    await cloudflare("PUT", `${zone}/workers/routes/${id}`, { body });
    expect((await reconcile()).status).toBe("in_sync");
    expect((await applied()).map(({ method, body: sent }) => [method, sent])).toEqual([
      ["PUT", route],
    ]);
    expect((await drift()).status).toBe("in_sync");
  });
});
