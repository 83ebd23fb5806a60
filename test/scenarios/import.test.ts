/** What is there becomes what is wanted: an import changes nothing, and nothing is forgotten in it. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { KINDS } from "../../src/core/kinds/registry.ts";
import { type Block, parseHcl } from "../core/hcl-parser.ts";
import {
  api,
  apiJson,
  BOOKS,
  cloudflare,
  control,
  drift,
  putGolden,
  reconcile,
  records,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const scope = `/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}`;
const read = async (path: string, token = "dev-operator") => api(`${scope}${path}`, token);
const fault = (path: string, effect: object) =>
  control("PUT", "/faults", {
    rules: [
      {
        id: "read",
        match: { method: "GET", path, token: "driftless-swarm-read" },
        times: null,
        effect,
      },
    ],
  });

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
});

describe("an import", () => {
  it("declared as it stands is in sync, without a write", async () => {
    const response = await read("/import");
    expect(response.status, await response.clone().text()).toBe(200);
    const text = await response.text();
    expect(text).toContain(
      "- { name: bastion, type: A, content: 203.0.113.30, ttl: 600, comment: jump host }",
    );
    expect(text).toContain('min_tls_version: "1.2"');
    expect(text).toMatch(/# - external-dns `[^`]+` owns it/);
    await control("DELETE", "/journal");
    expect((await putGolden(text)).status).toBe(200);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect((await reconcile()).status).toBe("in_sync");
    expect(await vaultWrites()).toEqual([]);
    const { managed } = await apiJson<{ managed: Record<string, number> }>(scope);
    const { not_ours: notOurs } = await drift();
    const ofRecords = notOurs.filter((one) => (one as { kind?: string }).kind === "dns_record");
    expect((managed["dns_record"] ?? 0) + ofRecords.length).toBe((await records()).length);
  });

  it("is the same the second time, but for the hour", async () => {
    const undated = async () => (await (await read("/import")).text()).replace(/found at \S+/, "");
    expect(await undated()).toBe(await undated());
  });

  it("of some kinds has only these", async () => {
    const text = await (await read("/import?kinds=zone_setting")).text();
    expect(text).toContain("zone_setting:");
    expect(text).not.toContain("dns_record");
  });

  const faults: [string, string, object][] = [
    ["records cannot be read", "/dns_records", { type: "status", status: 503 }],
    ["a page is cut", "/dns_records", { type: "partial_page", keep: 0.5 }],
    ["a page is cut and lies", "/dns_records", { type: "partial_page", keep: 0.5, lie: true }],
    ["settings cannot be read", "/settings", { type: "status", status: 500 }],
    ["the list of settings is cut", "/settings", { type: "partial_page", keep: 0.5 }],
    ["the token lost its rights", "/dns_records", { type: "status", status: 403, code: 10000 }],
  ];
  it.each(faults)("is refused whole when %s (I8)", async (_, path, effect) => {
    await fault(`*/zones/${BOOKS.zoneId}${path}`, effect);
    const response = await read("/import");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ type: expect.stringContaining("unavailable") });
    await control("DELETE", "/faults");
  });

  it("asks for settings one by one where the list of all is refused", async () => {
    const list = `*/zones/${BOOKS.zoneId}/settings`;
    await fault(list, { type: "status", status: 404, code: 7003 });
    const text = await (await read("/import?kinds=zone_setting")).text();
    expect(text).toContain("ssl: strict");
    expect(text).toMatch(/# Not checked: .*\bpolish\b/);
    await control("DELETE", "/faults");
  });
});

describe("the whole account", () => {
  const ACCOUNT = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
  const ofAccount = `/accounts/${ACCOUNT}`;
  const whole = `account:${ACCOUNT}`;
  const asked = `/api/v1/scopes/${encodeURIComponent(whole)}`;
  const hook = "https://hooks.slack.example/services/T0A1B2C3D/B0E4F5G6H/k3YfJ8aQz0LmN4vXw2RtBc7D";

  beforeAll(async () => {
    const bucket = { name: "night-log", locationHint: "weur" };
    await env.CF_API.fetch(
      new Request(`http://sandbox/client/v4${ofAccount}/r2/buckets`, {
        method: "POST",
        headers: {
          authorization: "Bearer sandbox-dashboard",
          "content-type": "application/json",
          "cf-r2-jurisdiction": "eu",
        },
        body: JSON.stringify(bucket),
      }),
    );
    await cloudflare("POST", `${ofAccount}/alerting/v3/destinations/webhooks`, {
      body: { name: "chat", url: hook },
    });
  });

  it("imported and declared is in sync, without a write", async () => {
    const response = await api(`${asked}/import`, "dev-operator");
    const text = await response.text();
    expect(response.status, text).toBe(200);
    for (const [kind] of [...KINDS].filter(([, { level }]) => level === "account"))
      if (kind !== "worker_domain") expect(text).toMatch(new RegExp(`^    ${kind}:$`, "m"));
    expect(text).toContain("jurisdiction: eu");
    expect(text).toContain("tiles-forever");
    expect(text).not.toContain("cannot be imported yet");
    await control("DELETE", "/journal");
    const put = await putGolden(text, { scope: whole });
    expect(put.status, await put.text()).toBe(200);
    await settled(whole, ({ status }) => status === "in_sync");
    const view = await reconcile(whole);
    expect([view.status, view.drift]).toEqual(["in_sync", []]);
    expect(await vaultWrites()).toEqual([]);
    const again = await (await api(`${asked}/import`, "dev-operator")).text();
    expect(again.replace(/found at \S+/, "")).toBe(text.replace(/found at \S+/, ""));
  });

  it("shows no address that is a secret, neither in an import nor in an export (I6)", async () => {
    for (const path of ["/import", "/export?format=hcl"]) {
      const text = await (await api(`${asked}${path}`, "dev-operator")).text();
      expect(text).toMatch(/# - its URL looks like a secret, .*: webhook chat/);
      expect(text).not.toContain("k3YfJ8aQz0LmN4vX");
    }
  });

  it("exported has a resource or a word for everything, and imports what can be", async () => {
    const text = await (await api(`${asked}/export?format=hcl`, "dev-viewer")).text();
    const blocks = parseHcl(text);
    const of = (type: string) => blocks.filter((block) => block.type === type);
    const imported = of("import").map(({ body }) => (body["to"] as { ref: string }).ref);
    const resources = of("resource").map(({ labels }) => labels.join("."));
    const locks = resources.filter((address) => address.startsWith("cloudflare_r2_bucket_lock."));
    expect(locks).toHaveLength(1);
    expect(resources.filter((address) => !imported.includes(address))).toEqual(locks);
    const types = new Set(of("resource").map(({ labels: [type = ""] }) => type));
    expect([...types].toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "cloudflare_d1_database",
      "cloudflare_list",
      "cloudflare_notification_policy",
      "cloudflare_notification_policy_webhooks",
      "cloudflare_r2_bucket",
      "cloudflare_r2_bucket_lock",
      "cloudflare_workers_kv_namespace",
      "cloudflare_workers_script",
      "cloudflare_zero_trust_access_application",
      "cloudflare_zero_trust_gateway_policy",
      "cloudflare_zero_trust_list",
    ]);
    expect(text).toMatch(/# - Terraform would keep its value.*: token ci-deploy/);
    expect(text).not.toContain("it has no form in Terraform here");
  });

  it("is refused whole when items cannot be read (I8)", async () => {
    await fault(`*${ofAccount}/gateway/lists/*/items`, { type: "status", status: 503 });
    expect((await api(`${asked}/import`, "dev-operator")).status).toBe(503);
    await control("DELETE", "/faults");
  });
});

describe("an export", () => {
  it("is Terraform's language, with an import for every resource", async () => {
    const response = await read("/export?format=hcl", "dev-viewer");
    expect(response.status).toBe(200);
    const blocks = parseHcl(await response.text());
    const of = (type: string): Block[] => blocks.filter((block) => block.type === type);
    const address = ({ labels }: Block) => labels.join(".");
    expect(new Set(of("resource").map(address)).size).toBe(of("resource").length);
    expect(of("import").map(({ body }) => (body["to"] as { ref: string }).ref)).toEqual(
      of("resource").map(address),
    );
    const live = new Set((await records()).map(({ id }) => `${BOOKS.zoneId}/${id}`));
    const imported = of("import").flatMap(({ body }) => {
      const { ref } = body["to"] as { ref: string };
      return ref.startsWith("cloudflare_dns_record.") ? [body["id"]] : [];
    });
    expect(imported.length).toBeGreaterThan(35);
    expect(imported.filter((id) => !live.has(id as string))).toEqual([]);
  });
});
