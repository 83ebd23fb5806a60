import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { Baseline, checkRecord, entries } from "../support/check-world.ts";
import {
  api,
  apiJson,
  BOOKS,
  cloudflare,
  control,
  putGolden,
  reconcile,
  record,
  records,
  type RunJson,
  runs,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const zone = `/zones/${BOOKS.zoneId}`;
let baseline: Baseline;
let address = 1;
/** A value that no test has used: the loop detector must see a new difference. */
const fresh = (): string => `192.0.2.${(address += 1)}`;

async function edit(
  type: string,
  name: string,
  { token, ...body }: Record<string, string | number | boolean> & { token?: string },
): Promise<void> {
  const found = await record(type, name);
  await cloudflare("PATCH", `${zone}/dns_records/${found?.id}`, {
    body,
    ...(token ? { token } : {}),
  });
}

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  baseline = await Baseline.take();
});

beforeEach(async () => {
  await control("DELETE", "/journal");
  return async () => {
    await baseline.check();
    await checkRecord();
    await control("DELETE", "/journal");
    const view = await reconcile();
    expect(view.status, "a second look finds nothing to do").toMatch(/in_sync|held/);
    expect(await vaultWrites()).toEqual([]);
  };
});

describe("drift is reverted", () => {
  it("puts an edited record back with exactly one write, and names who edited it", async () => {
    await edit("A", "bastion.harbor-books.example", { content: fresh() });
    expect((await reconcile()).status).toBe("in_sync");
    const writes = await vaultWrites();
    expect(writes.map(({ method, body }) => [method, body])).toEqual([
      ["PATCH", { content: "203.0.113.30" }],
    ]);
    const [run] = await runs();
    expect(run?.phase).toBe("verified");
    const { ballots } = await apiJson<{ ballots: { voter: string; vote: string }[] }>(
      `/api/v1/runs/${run?.id}`,
    );
    expect(ballots.map(({ vote }) => vote)).toEqual(["yes", "yes", "yes", "yes"]);
    const { items } = await apiJson<{
      items: { status: string; drift: { by: { actor: string; channel: string } }[] }[];
    }>("/api/v1/incidents?limit=1");
    expect(items[0]).toMatchObject({
      status: "resolved",
      drift: [{ by: { actor: "dashboard@sandbox.example", channel: "dash" } }],
    });
  });

  it("creates a deleted record again and names who deleted it", async () => {
    const status = await record("CNAME", "status.harbor-books.example");
    await cloudflare("DELETE", `${zone}/dns_records/${status?.id}`, { token: "sandbox-terraform" });
    expect((await reconcile()).status).toBe("in_sync");
    expect((await vaultWrites()).map(({ method }) => method)).toEqual(["POST"]);
    const { items } = await apiJson<{ items: { drift: { by: { token_name: string } }[] }[] }>(
      "/api/v1/incidents?limit=1",
    );
    expect(items[0]?.drift[0]?.by.token_name).toBe("terraform");
  });

  it("takes a rogue record away, where the golden state says so", async () => {
    await cloudflare("POST", `${zone}/dns_records`, {
      body: { type: "A", name: "payroll", content: "203.0.113.66", ttl: 1 },
    });
    expect((await reconcile()).status).toBe("in_sync");
    expect((await vaultWrites()).map(({ method }) => method)).toEqual(["DELETE"]);
  });

  it("puts a weakened zone setting back", async () => {
    await cloudflare("PATCH", `${zone}/settings/min_tls_version`, { body: { value: "1.0" } });
    expect((await reconcile()).status).toBe("in_sync");
    expect((await vaultWrites()).map(({ body }) => body)).toEqual([{ value: "1.2" }]);
  });

  it("heals several drifts in one batch, deletes before creates", async () => {
    await edit("CNAME", "help.harbor-books.example", {
      type: "A",
      content: fresh(),
      proxied: false,
    });
    await edit("MX", "harbor-books.example", { priority: 77 });
    await cloudflare("POST", `${zone}/dns_records`, {
      body: { type: "OPENPGPKEY", name: "x._openpgpkey", content: "AAAA", ttl: 1 },
    });
    expect((await reconcile()).status).toBe("in_sync");
    const writes = await vaultWrites();
    expect(writes.map(({ path }) => path.endsWith("/batch"))).toEqual([true]);
  });

  it("is woken by the change feed, and not by its own writes", async () => {
    const before = (await entries()).length;
    await edit("A", "bastion.harbor-books.example", {
      content: fresh(),
      token: "sandbox-terraform",
    });
    const [scope] = await apiJson<{ items: { zone_id: string }[] }>("/api/v1/scopes").then(
      ({ items }) => items,
    );
    expect(scope).toBeDefined();
    const account = (await cloudflare<{ account: { id: string } }>("GET", zone)).account.id;
    const feed = env.CHANGE_FEED.getByName(account);
    await feed.watch({
      accountId: account,
      scope: `account:${account}` as never,
      zones: [{ id: BOOKS.zoneId, scope: BOOKS.scope as never }],
    });
    await vi.waitFor(async () => expect(await vaultWrites()).toHaveLength(1), {
      timeout: 5_000,
      interval: 20,
    });
    await settled(BOOKS.scope);
    const seen = (await vaultWrites()).length;
    await feed.watch({
      accountId: account,
      scope: `account:${account}` as never,
      zones: [{ id: BOOKS.zoneId, scope: BOOKS.scope as never }],
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await vaultWrites()).toHaveLength(seen);
    const feedSignals = (await entries())
      .slice(before)
      .filter(({ type, data }) => type === "signal" && data["source"] === "change_feed");
    expect(feedSignals).toHaveLength(1);
  });

  it("leaves ACME challenges and records of external-dns alone while it heals", async () => {
    const challenge = await cloudflare<{ id: string }>("POST", `${zone}/dns_records`, {
      body: {
        type: "TXT",
        name: "_acme-challenge.www",
        content: "token-of-a-running-order",
        ttl: 120,
      },
    });
    await edit("A", "bastion.harbor-books.example", { content: fresh() });
    const view = await reconcile();
    expect(view.not_ours.map(({ identity }) => identity).join()).toContain("_acme-challenge.www");
    expect((await records()).some(({ id }) => id === challenge.id)).toBe(true);
    await cloudflare("DELETE", `${zone}/dns_records/${challenge.id}`);
  });

  it("records every arrow of the flow before its effect", async () => {
    await edit("A", "bastion.harbor-books.example", { content: fresh() });
    const before = (await entries()).length;
    await reconcile();
    const types = (await entries()).slice(before).map(({ type }) => type);
    const order = [
      "signal",
      "incident",
      "diagnosis",
      "proposal",
      "plan",
      "ballot",
      "release",
      "write",
      "write_result",
      "verification",
      "run",
      "lesson",
    ];
    expect(
      order
        .map((type) => types.indexOf(type as never))
        .every((at, index, all) => at >= 0 && (index === 0 || at > (all[index - 1] ?? -1))),
      types.join(" "),
    ).toBe(true);
    expect(types.filter((type) => type === "ballot")).toHaveLength(4);
  });
});

describe("one odd thing stops nothing else", () => {
  it("puts an object setting back that lost members, and can undo it", async () => {
    await cloudflare("PATCH", `${zone}/settings/security_header`, {
      body: { value: { strict_transport_security: { enabled: false, max_age: 7 } } },
    });
    await edit("A", "bastion.harbor-books.example", { content: fresh() });
    expect((await reconcile()).status).toBe("in_sync");
    const { value } = await cloudflare<{ value: { strict_transport_security: object } }>(
      "GET",
      `${zone}/settings/security_header`,
    );
    expect(value.strict_transport_security).toMatchObject({ enabled: true, max_age: 15552000 });
  });

  it("tells a surplus twin from the declared record that it is a twin of", async () => {
    const caa = { flags: 128, tag: "issue", value: "letsencrypt.org" };
    await cloudflare("POST", `${zone}/dns_records`, {
      body: { type: "CAA", name: "@", data: caa, ttl: 1 },
    });
    const declared = (await records()).find(
      ({ type, content }) => type === "CAA" && content === '0 issue "letsencrypt.org"',
    );
    await cloudflare("PATCH", `${zone}/dns_records/${declared?.id}`, { body: { ttl: 120 } });
    expect((await reconcile()).status).toBe("in_sync");
  });

  it("looks again when it could not read while a plan waits for a person", async () => {
    const extra = Array.from({ length: 26 }, (_, index) => ({
      type: "A",
      name: `wait-${index}`,
      content: "203.0.113.95",
      ttl: 1,
    }));
    const made = await cloudflare<{ posts: { id: string }[] }>(
      "POST",
      `${zone}/dns_records/batch`,
      { body: { posts: extra } },
    );
    await reconcile();
    await waitingRun();
    await control("PUT", "/faults", {
      rules: [
        {
          id: "once",
          match: { method: "GET", path: `*${zone}/dns_records`, token: "driftless-swarm-read" },
          times: 1,
          effect: { type: "status", status: 503 },
        },
      ],
    });
    await edit("A", "bastion.harbor-books.example", { content: fresh() });
    await apiJson(`/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/reconcile`, "dev-operator", {
      method: "POST",
    });
    await vi.waitFor(
      async () =>
        expect((await record("A", "bastion.harbor-books.example"))?.content).toBe("203.0.113.30"),
      { timeout: 8_000, interval: 100 },
    );
    await control("DELETE", "/faults");
    await cloudflare("POST", `${zone}/dns_records/batch`, {
      body: { deletes: made.posts.map(({ id }) => ({ id })) },
    });
    await vi.waitFor(async () => expect((await reconcile()).status).toBe("in_sync"), {
      timeout: 8_000,
    });
  });

  it("names nobody while the audit log is late, rather than whoever came before", async () => {
    await control("PUT", "/options", { audit_delay_ms: 1_500 });
    await edit("A", "bastion.harbor-books.example", {
      content: fresh(),
      token: "sandbox-terraform",
    });
    await reconcile();
    await new Promise((resolve) => setTimeout(resolve, 1_700));
    await edit("A", "bastion.harbor-books.example", { content: fresh() });
    await reconcile();
    await control("PUT", "/options", { audit_delay_ms: 0 });
    const { items } = await apiJson<{ items: { drift: { by: unknown }[] }[] }>(
      "/api/v1/incidents?limit=1",
    );
    expect(items[0]?.drift[0]?.by).toBeNull();
  });
});

describe("unknown is never missing (I8)", () => {
  const faults: [string, object][] = [
    ["a failed read", { type: "status", status: 503 }],
    ["a partial page", { type: "partial_page", keep: 0.5 }],
    ["a partial page that lies about its total", { type: "partial_page", keep: 0.5, lie: true }],
    ["an empty page", { type: "empty_page" }],
    ["an object with an empty id", { type: "empty_id" }],
    ["cut JSON", { type: "malformed" }],
    ["a lost connection", { type: "drop_request" }],
    ["a token that lost its rights", { type: "status", status: 403, code: 10000 }],
  ];

  it.each(faults)("changes nothing after %s", async (_, effect) => {
    await edit("A", "bastion.harbor-books.example", { content: fresh() });
    await control("DELETE", "/journal");
    await control("PUT", "/faults", {
      rules: [
        {
          id: "read",
          match: { method: "GET", path: `*${zone}/dns_records`, token: "driftless-swarm-read" },
          times: null,
          effect,
        },
      ],
    });
    const view = await reconcile();
    expect(view.status).toBe("unknown");
    expect(view.unknown?.reason).toBeTruthy();
    expect(await vaultWrites()).toEqual([]);
    await control("DELETE", "/faults");
    expect((await reconcile()).status).toBe("in_sync");
  });
});

describe("what comes straight back is quarantined (I14)", () => {
  it("writes the same diff twice, then holds and reports it", async () => {
    const stubborn = { content: "192.0.2.254" };
    for (const _ of [1, 2]) {
      await edit("A", "staging.harbor-books.example", stubborn);
      expect((await reconcile()).status).toBe("in_sync");
    }
    await edit("A", "staging.harbor-books.example", stubborn);
    await control("DELETE", "/journal");
    const view = await reconcile();
    expect(view.status).toBe("held");
    expect(view.quarantined.map(({ identity }) => identity)).toEqual([
      "A staging.harbor-books.example 203.0.113.15",
    ]);
    expect(await vaultWrites()).toEqual([]);
    await reconcile();
    expect((await entries()).filter(({ type }) => type === "quarantine")).toHaveLength(1);
    await edit("A", "checkout.harbor-books.example", { content: fresh() });
    expect((await reconcile()).status, "other drift is healed meanwhile").toBe("held");
    expect(await vaultWrites()).toHaveLength(1);
    await edit("A", "staging.harbor-books.example", { content: "203.0.113.15" });
    expect((await reconcile()).status).toBe("in_sync");
  });
});

/** A loaded machine takes its time to vote. */
const PATIENCE = { timeout: 10_000, interval: 20 };

const waitingRun = (): Promise<RunJson> =>
  vi.waitFor(async () => {
    const [run] = await runs();
    if (run?.phase !== "awaiting_approval") throw new Error(`the run is ${run?.phase}`);
    return run;
  }, PATIENCE);

describe("a plan that takes much away waits for a person", () => {
  it("stops, shows why, and goes on when an approver says so", async () => {
    const rogue = Array.from({ length: 30 }, (_, index) => ({
      type: "A",
      name: `rogue-${index}`,
      content: "203.0.113.99",
      ttl: 1,
    }));
    await cloudflare("POST", `${zone}/dns_records/batch`, { body: { posts: rogue } });
    const view = await reconcile();
    expect(view.status).toBe("held");
    expect(view.why).toContain("30 of");
    const waiting = await waitingRun();
    expect(waiting.tier).toBe(2);
    expect(await vaultWrites()).toEqual([]);
    const path = `/api/v1/runs/${waiting.id}/approvals`;
    const post = (token: string, body: unknown) =>
      api(path, token, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      });
    const approve = { digest: waiting.plan_digest, verdict: "approve" };
    expect((await post("dev-viewer", approve)).status).toBe(403);
    expect((await post("dev-operator", approve)).status).toBe(403);
    expect(
      (await post("dev-approver-1", { ...approve, digest: `sha256:${"0".repeat(64)}` })).status,
    ).toBe(409);
    expect((await post("dev-approver-1", approve)).status).toBe(200);
    await vi.waitFor(async () => expect((await runs())[0]?.phase).toBe("verified"), {
      timeout: 10_000,
    });
    // The scope hears of it a moment after the run is over.
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect(await vaultWrites()).toHaveLength(1);
  });

  it("does not ask again for what was denied", async () => {
    const ids = (await records())
      .filter(({ name }) => /^(voice|office|info|cdn|images)\./.test(name))
      .map(({ id }) => id);
    const extra = Array.from({ length: 26 }, (_, index) => ({
      type: "A",
      name: `other-${index}`,
      content: "203.0.113.98",
      ttl: 1,
    }));
    expect(ids.length).toBeGreaterThan(3);
    const made = await cloudflare<{ posts: { id: string }[] }>(
      "POST",
      `${zone}/dns_records/batch`,
      { body: { posts: extra } },
    );
    await reconcile();
    const waiting = await waitingRun();
    await apiJson(`/api/v1/runs/${waiting.id}/approvals`, "dev-approver-2", {
      method: "POST",
      body: JSON.stringify({ digest: waiting.plan_digest, verdict: "deny" }),
      headers: { "content-type": "application/json" },
    });
    await vi.waitFor(async () => expect((await runs())[0]?.phase).toBe("rejected"));
    await settled(BOOKS.scope);
    const view = await reconcile();
    expect(view.status).toBe("held");
    expect((await runs())[0]?.id).toBe(waiting.id);
    expect(await vaultWrites()).toEqual([]);
    await cloudflare("POST", `${zone}/dns_records/batch`, {
      body: { deletes: made.posts.map(({ id }) => ({ id })) },
    });
    expect((await reconcile()).status).toBe("in_sync");
  });

  it("is void when the golden state changes while it waits", async () => {
    const extra = Array.from({ length: 26 }, (_, index) => ({
      type: "A",
      name: `later-${index}`,
      content: "203.0.113.97",
      ttl: 1,
    }));
    const made = await cloudflare<{ posts: { id: string }[] }>(
      "POST",
      `${zone}/dns_records/batch`,
      { body: { posts: extra } },
    );
    await reconcile();
    const waiting = await waitingRun();
    const path = `/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/golden`;
    const etag = (await api(path)).headers.get("etag") ?? "";
    await putGolden(`${golden}# amended\n`, { ifMatch: etag });
    await vi.waitFor(async () => {
      const old = await apiJson<RunJson>(`/api/v1/runs/${waiting.id}`);
      expect(old.phase).toBe("superseded");
    });
    const approval = await api(`/api/v1/runs/${waiting.id}/approvals`, "dev-approver-1", {
      method: "POST",
      body: JSON.stringify({ digest: waiting.plan_digest, verdict: "approve" }),
      headers: { "content-type": "application/json" },
    });
    expect(approval.status).toBe(409);
    expect(await vaultWrites()).toEqual([]);
    await cloudflare("POST", `${zone}/dns_records/batch`, {
      body: { deletes: made.posts.map(({ id }) => ({ id })) },
    });
    expect((await reconcile()).status).toBe("in_sync");
  });

  it("does not hold up drift that needs nobody", async () => {
    const extra = Array.from({ length: 26 }, (_, index) => ({
      type: "A",
      name: `late-${index}`,
      content: "203.0.113.96",
      ttl: 1,
    }));
    const made = await cloudflare<{ posts: { id: string }[] }>(
      "POST",
      `${zone}/dns_records/batch`,
      { body: { posts: extra } },
    );
    await edit("A", "bastion.harbor-books.example", { content: fresh() });
    await reconcile();
    const first = await waitingRun();
    expect((await record("A", "bastion.harbor-books.example"))?.content).toBe("203.0.113.30");
    await edit("A", "bastion.harbor-books.example", { content: fresh() });
    await apiJson(`/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/reconcile`, "dev-operator", {
      method: "POST",
    });
    await vi.waitFor(
      async () => {
        const second = await waitingRun();
        expect(second.id).not.toBe(first.id);
      },
      { timeout: 5_000 },
    );
    expect((await record("A", "bastion.harbor-books.example"))?.content).toBe("203.0.113.30");
    expect((await vaultWrites()).map(({ method }) => method)).toEqual(["PATCH", "PATCH"]);
    await cloudflare("POST", `${zone}/dns_records/batch`, {
      body: { deletes: made.posts.map(({ id }) => ({ id })) },
    });
    await vi.waitFor(async () => expect((await reconcile()).status).toBe("in_sync"), {
      timeout: 5_000,
    });
  });
});
