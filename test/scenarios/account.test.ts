/** Lists, Gateway and storage of an account: made in one run, put back with the fewest writes, never half. */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../../src/core/canonical.ts";
import { checkRecord } from "../support/check-world.ts";
import {
  api,
  cloudflare,
  control,
  type DriftView,
  drift,
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
const ITEMS = [
  { ip: "192.0.2.0/24", comment: "scanners" },
  { ip: "198.51.100.7" },
  { ip: "2001:db8:7::/48" },
];

const rule = (name: string, precedence: number, more: JsonObject = {}) => ({
  name,
  action: "block",
  enabled: true,
  filters: ["dns"],
  traffic: `dns.fqdn=='${name}.example' && not dns.fqdn in {"a  b"}`,
  precedence,
  ...more,
});

const resources = {
  ip_list: [{ name: "blocked", description: "who we do not serve", items: ITEMS }],
  gateway_list: [
    {
      name: "ads",
      type: "DOMAIN",
      description: "",
      items: [{ value: "Ads.example" }, { value: "pixel.example" }],
    },
  ],
  gateway_rule: [
    rule("first", 100, { rule_settings: { block_page_enabled: true, add_headers: null } }),
    rule("second", 200),
    rule("third", 300, { schedule: { mon: "8:00-17:00", time_zone: "Europe/Berlin" } }),
  ],
  kv_namespace: [{ title: "night-sessions" }],
  d1_database: [{ name: "ledger", jurisdiction: "eu" }],
  r2_bucket: [
    {
      name: "night-log",
      location: "weur",
      storage_class: "Standard",
      lock: [{ id: "all", enabled: true, prefix: "tile/", condition: { type: "Indefinite" } }],
    },
  ],
};

const goldenWith = (more: JsonObject = {}, spec: JsonObject = {}): string =>
  JSON.stringify({
    apiVersion: "driftless.dev/v1",
    kind: "GoldenState",
    metadata: { scope: SCOPE },
    spec: { resources: { ...resources, ...more }, ...spec },
  });

interface Named extends JsonObject {
  readonly id: string;
  readonly name: string;
}

async function named(path: string, name: string): Promise<Named> {
  const found = (await cloudflare<readonly Named[]>("GET", `${account}/${path}`)).find(
    (one) => one.name === name,
  );
  if (!found) throw new Error(`no \`${name}\``);
  return found;
}

const applied = async () => (await vaultWrites()).filter((write) => write.applied);
const written = async () =>
  (await applied()).map(({ method, path }) => `${method} ${path.split(account)[1]}`);
const inSync = (): Promise<DriftView> => settled(SCOPE, ({ status }) => status === "in_sync");
const options = (changed: JsonObject): Promise<unknown> => control("PUT", "/options", changed);

let generation = 0;
async function declare(text: string): Promise<void> {
  const ifMatch = `"${generation}"`;
  const answer = await putGolden(text, { scope: SCOPE, ...(generation > 0 ? { ifMatch } : {}) });
  expect(answer.status, await answer.clone().text()).toBe(200);
  generation = Number(/\d+/.exec(answer.headers.get("etag") ?? "")?.[0]);
}

async function itemsOf(name: string): Promise<readonly JsonObject[]> {
  const { id } = await named("rules/lists", name);
  return cloudflare<readonly JsonObject[]>("GET", `${account}/rules/lists/${id}/items`);
}

/** The list as somebody changed it, once that has happened. */
async function putItems(name: string, items: readonly JsonObject[]): Promise<string> {
  const { id } = await named("rules/lists", name);
  await cloudflare("PUT", `${account}/rules/lists/${id}/items`, { body: items as never });
  await vi.waitFor(async () => expect(await itemsOf(name)).toHaveLength(items.length));
  return id;
}

let round = 0;
/** A value that no test has used: the loop detector must see a new difference. */
const fresh = (): string => `203.0.113.${(round += 1)}`;

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  await control("DELETE", "/journal");
  await declare(goldenWith());
  await inSync();
});

beforeEach(async () => {
  await control("DELETE", "/journal");
  return async () => {
    await control("DELETE", "/faults");
    await control("DELETE", "/options");
    await inSync();
    await checkRecord();
    await control("DELETE", "/journal");
    await reconcile(SCOPE);
    expect(await vaultWrites(), "a second look finds nothing to do").toEqual([]);
  };
});

it("everything that is declared was made in one run, lists before their items", async () => {
  const [run] = (await runs(SCOPE)).toReversed();
  expect([run?.phase, run?.steps.length]).toEqual(["verified", 10]);
  expect(await itemsOf("blocked")).toMatchObject(ITEMS);
});

describe("an entry of a Gateway list that a guardrail adds", () => {
  const operator = (method: string, path: string, body?: JsonObject): Promise<Response> =>
    api(path, "dev-operator", {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const place = async (value: string, leaseMs: number): Promise<string> => {
    const answer = await operator("POST", "/api/v1/guardrails", {
      scope: SCOPE,
      template: "gateway_block",
      parameters: { list: "ads", type: "DOMAIN", value },
      mode: "apply",
      reason: "a domain that steals",
      expires_at: new Date(Date.now() + leaseMs).toISOString(),
    });
    expect(answer.status, await answer.clone().text()).toBe(201);
    return (await answer.json<{ id: string }>()).id;
  };
  const values = async (): Promise<readonly string[]> => {
    const { id } = await named("gateway/lists", "ads");
    const items = await cloudflare<readonly { value: string }[]>(
      "GET",
      `${account}/gateway/lists/${id}/items`,
    );
    return items.map(({ value }) => value).toSorted();
  };
  const DECLARED = ["ads.example", "pixel.example"];
  const areThere = (...more: readonly string[]): Promise<void> =>
    vi.waitFor(async () => expect(await values()).toEqual([...DECLARED, ...more].toSorted()), {
      timeout: 20_000,
      interval: 50,
    });

  it("stands beside what is declared, comes back when somebody takes it out, and goes when it is ended", async () => {
    const id = await place("thief.example", 600_000);
    await areThere("thief.example");
    await inSync();
    const { id: list } = await named("gateway/lists", "ads");
    await cloudflare("PATCH", `${account}/gateway/lists/${list}`, {
      body: { remove: ["thief.example"] },
    });
    await reconcile(SCOPE);
    await areThere("thief.example");
    await inSync();
    const unfounded = await putGolden(goldenWith({ gateway_list: [], gateway_rule: [] }), {
      scope: SCOPE,
      ifMatch: `"${generation}"`,
    });
    expect(unfounded.status, "what it rests on stays declared").toBe(422);
    await operator("DELETE", `/api/v1/guardrails/${id}`);
    await areThere();
  }, 60_000);

  it("goes by itself with its lease, although the write that takes it away is applied and not answered", async () => {
    await place("another-thief.example", 3_000);
    await areThere("another-thief.example");
    await inSync();
    await control("PUT", "/faults", {
      rules: [
        {
          id: "away",
          match: { method: "PUT", path: "*/gateway/lists/*" },
          effect: { type: "drop_reply" },
        },
      ],
    });
    await areThere();
    const { rules } = await control<{ rules: unknown[] }>("GET", "/faults");
    expect(rules).toMatchObject([{ fired: 1 }]);
  }, 60_000);
});

describe("drift is put back with the fewest writes", () => {
  it("items of a list: one write, whatever was taken out or put in", async () => {
    const id = await putItems("blocked", [{ ip: fresh() }, { ip: "198.51.100.7/32" }]);
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
    expect(await written()).toEqual([`PUT /rules/lists/${id}/items`]);
    expect(await itemsOf("blocked")).toMatchObject(ITEMS);
  });

  it("the description of a list", async () => {
    const { id } = await named("rules/lists", "blocked");
    await cloudflare("PUT", `${account}/rules/lists/${id}`, { body: { description: fresh() } });
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
    expect(await written()).toEqual([`PUT /rules/lists/${id}`]);
  });

  it("a rule that was switched off keeps what nobody declared", async () => {
    const { id } = await named("gateway/rules", "second");
    const body = { ...rule("second", 200), enabled: false, description: fresh() };
    await cloudflare("PUT", `${account}/gateway/rules/${id}`, { body });
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
    expect(await written()).toEqual([`PUT /gateway/rules/${id}`]);
    const { enabled, description } = await named("gateway/rules", "second");
    expect([enabled, description]).toEqual([true, body.description]);
  });

  it("a rule that was moved (case 47): one write", async () => {
    const { id, ...there } = await named("gateway/rules", "third");
    const precedence = 5;
    await cloudflare("PUT", `${account}/gateway/rules/${id}`, { body: { ...there, precedence } });
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
    expect(await written()).toEqual([`PUT /gateway/rules/${id}`]);
  });

  it("items of a Gateway list", async () => {
    const { id } = await named("gateway/lists", "ads");
    const body = { append: [{ value: `x${fresh()}.example` }], remove: ["ads.example"] };
    await cloudflare("PATCH", `${account}/gateway/lists/${id}`, { body });
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
    expect(await written()).toEqual([`PUT /gateway/lists/${id}`]);
  });

  it("a namespace, a database: made again, empty", async () => {
    const spaces = await cloudflare<readonly { id: string; title: string }[]>(
      "GET",
      `${account}/storage/kv/namespaces`,
    );
    const space = spaces.find(({ title }) => title === "night-sessions");
    const bases = await cloudflare<readonly { uuid: string; name: string }[]>(
      "GET",
      `${account}/d1/database`,
    );
    const base = bases.find(({ name }) => name === "ledger");
    await cloudflare("DELETE", `${account}/storage/kv/namespaces/${space?.id}`);
    await cloudflare("DELETE", `${account}/d1/database/${base?.uuid}`);
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
    expect(await written()).toEqual(["POST /storage/kv/namespaces", "POST /d1/database"]);
  });

  it("lock rules that somebody took away", async () => {
    await cloudflare("PUT", `${account}/r2/buckets/night-log/lock`, { body: { rules: [] } });
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
    expect(await written()).toEqual(["PUT /r2/buckets/night-log/lock"]);
  });
});

it("another storage class of a bucket: one write, without a body", async () => {
  const path = "/r2/buckets/night-log";
  const headers = {
    authorization: "Bearer sandbox-dashboard",
    "cf-r2-storage-class": "InfrequentAccess",
  };
  const init = { method: "PATCH", headers };
  await env.CF_API.fetch(`http://sandbox/client/v4${account}${path}`, init);
  expect((await reconcile(SCOPE)).status).toBe("in_sync");
  expect(await written()).toEqual([`PATCH ${path}`]);
  expect(await cloudflare("GET", account + path)).toMatchObject({ storage_class: "Standard" });
});

it("stored data goes only when two people say so", async () => {
  await declare(goldenWith({}, { unmanaged: { kv_namespace: "remove" } }));
  await vi.waitFor(async () => expect((await runs(SCOPE))[0]?.phase).toBe("awaiting_approval"));
  const [run] = await runs(SCOPE);
  expect([run?.tier, run?.steps.map(({ op }) => op)]).toEqual([3, ["delete", "delete"]]);
  expect(await vaultWrites()).toEqual([]);
  await declare(goldenWith());
});

describe("writes to items happen later", () => {
  it("a slow one is waited for", async () => {
    await putItems("blocked", [{ ip: fresh() }]);
    await options({ list_operation_delay_ms: 600 });
    expect((await reconcile(SCOPE)).status).toBe("in_sync");
    expect(await written()).toHaveLength(1);
  });

  it("one whose answer was lost is looked for, and not sent twice", async () => {
    await putItems("blocked", [{ ip: fresh() }]);
    await control("PUT", "/faults", {
      rules: [
        {
          id: "lost",
          match: { method: "PUT", path: "*/items", token: VAULT },
          times: 1,
          effect: { type: "drop_reply" },
        },
      ],
    });
    await reconcile(SCOPE);
    await inSync();
    expect(await written()).toHaveLength(1);
  });

  it("one that fails is a refusal with its reason: the account has no room", async () => {
    await putItems("blocked", [{ ip: fresh() }]);
    await options({ list_items_max: 1 });
    const view = await reconcile(SCOPE);
    expect(view.status).toBe("held");
    const [run] = await runs(SCOPE);
    expect(run).toMatchObject({
      phase: "rejected",
      because: {
        reason: "call_refused",
        report: { detail: expect.stringContaining("no more items") },
      },
    });
    await control("DELETE", "/options");
    await putItems("blocked", ITEMS);
    await reconcile(SCOPE);
  });

  it("a new list whose items do not fit is taken away again", async () => {
    await options({ list_items_max: 6 });
    const more = { name: "extra", items: [{ ip: "203.0.113.0/24" }, { ip: "192.0.2.1" }] };
    await declare(goldenWith({ ip_list: [...resources.ip_list, more] }));
    await vi.waitFor(
      async () => expect((await runs(SCOPE))[0]).toMatchObject({ phase: "reverted" }),
      { timeout: 15_000 },
    );
    await expect(named("rules/lists", "extra")).rejects.toThrow("no `extra`");
    await declare(goldenWith());
  });
});

describe("a new list", () => {
  it("comes with its items in one run", async () => {
    const more = { name: "guests", items: [{ ip: "192.0.2.44", comment: "today" }] };
    await declare(goldenWith({ ip_list: [...resources.ip_list, more] }));
    await vi.waitFor(async () => expect(await written()).toHaveLength(2), { timeout: 10_000 });
    await inSync();
    const { id } = await named("rules/lists", "guests");
    expect(await written()).toEqual(["POST /rules/lists", `PUT /rules/lists/${id}/items`]);
    await cloudflare("DELETE", `${account}/rules/lists/${id}`);
    await declare(goldenWith());
  });

  it.each(["drop_request", "drop_reply"])(
    "is made once and whole, also when an answer is lost (%s)",
    async (type) => {
      const name = `guests_${type}`;
      const more = { name, items: [{ ip: "192.0.2.45" }] };
      await control("PUT", "/faults", {
        rules: [
          {
            id: "post",
            match: { method: "POST", path: "*/rules/lists", token: VAULT },
            times: 1,
            effect: { type },
          },
          {
            id: "put",
            match: { method: "PUT", path: "*/items", token: VAULT },
            times: 1,
            effect: { type },
          },
        ],
      });
      await declare(goldenWith({ ip_list: [...resources.ip_list, more] }));
      await vi.waitFor(async () => expect(await written()).toHaveLength(2), { timeout: 20_000 });
      await inSync();
      expect(await itemsOf(name)).toMatchObject(more.items);
      await cloudflare("DELETE", `${account}/rules/lists/${(await named("rules/lists", name)).id}`);
      await declare(goldenWith());
    },
  );
});

describe("what a read does not give", () => {
  it("items that are not all there make the account unknown (I8)", async () => {
    await control("PUT", "/faults", {
      rules: [
        {
          id: "part",
          match: { method: "GET", path: "*/rules/lists/*/items" },
          times: 1,
          effect: { type: "partial_page", keep: 0.5 },
        },
      ],
    });
    const view = await reconcile(SCOPE);
    expect([view.status, view.unknown?.reason]).toEqual(["unknown", "partial_list"]);
    await control("DELETE", "/faults");
    await reconcile(SCOPE);
    expect(await vaultWrites()).toEqual([]);
  });

  it("everything that is declared nowhere stays (I9)", async () => {
    await drift(SCOPE);
    await reconcile(SCOPE);
    expect(await vaultWrites()).toEqual([]);
    expect(await itemsOf("office_ips")).toHaveLength(3);
  });
});
