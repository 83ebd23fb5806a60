/**
 * The five sentences that were promised, each from words to what stands in the account, and one that is asked back. English ones
 * on the shop's zone, Korean ones on the API's. Every step is held against the journal, the record and the drift.
 */
import { beforeAll, describe, expect, it, vi } from "vitest";
import golden from "../../examples/harbor-api.example.yaml?raw";
import books from "../../examples/harbor-books.example.yaml?raw";
import type { JsonObject } from "../../src/core/canonical.ts";
import { checkCertifiedWrites } from "../support/certified-writes.ts";
import { entries } from "../support/check-world.ts";
import {
  api,
  apiJson,
  approved,
  BOOKS,
  cloudflare,
  control,
  drift,
  putGolden,
  reconcile,
  type RunJson,
  runs,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const ACCOUNT_ID = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
const ACCOUNT = `account:${ACCOUNT_ID}`;
const API = "zone:harbor-api.example";
const API_ZONE = "b41f6d0e7a2c4c9f8e5d3b1a09f8e7d6";

interface IntentJson {
  readonly id: string;
  readonly phase: string;
  readonly status: string;
  readonly model: string | null;
  readonly confidence: number | null;
  readonly reasons: readonly string[];
  readonly question: { readonly about: string; readonly en: string; readonly ko: string } | null;
  readonly draft: {
    readonly paths: readonly { readonly path: string; readonly parameters: JsonObject }[];
    readonly parts: readonly { readonly scope: string }[];
    readonly notes: readonly string[];
  } | null;
  readonly plans: readonly ({
    readonly steps: readonly string[];
    readonly outcome: string;
  } | null)[];
}

const ask = (scope: string, text: string, planOnly: boolean): Promise<Response> =>
  api("/api/v1/intents", "dev-operator", {
    method: "POST",
    body: JSON.stringify({ scope, text, plan_only: planOnly }),
    headers: { "content-type": "application/json" },
  });

async function asked(scope: string, text: string, planOnly = false): Promise<IntentJson> {
  const response = await ask(scope, text, planOnly);
  expect(response.status, await response.clone().text()).toBe(202);
  return response.json();
}

const generation = async (scope: string): Promise<string | null> =>
  (await api(`/api/v1/scopes/${encodeURIComponent(scope)}/golden`)).headers.get("etag");

/** Until the intent is through and all it reaches is in order. Who has to agree is asked; nothing of theirs is written before. */
const carriedOut = (id: string, scopes: readonly string[]): Promise<void> =>
  vi.waitFor(
    async () => {
      for (const scope of scopes) {
        const [run] = await runs(scope);
        if (run?.phase !== "awaiting_approval") continue;
        expect(await releaseOf(run), "nobody has agreed yet").toBeUndefined();
        await approved(scope);
      }
      expect((await apiJson<IntentJson>(`/api/v1/intents/${id}`)).phase).toBe("amended");
      for (const scope of scopes) {
        const { status, why } = await drift(scope);
        expect(status, `${scope}: ${why}`).toBe("in_sync");
      }
    },
    { timeout: 28_000, interval: 200 },
  );

const releaseOf = async ({ plan_digest: digest }: RunJson) =>
  (await entries()).find(({ type, data }) => type === "release" && data["plan_digest"] === digest);

const rulesOf = async (zone: string, phase: string): Promise<readonly JsonObject[]> =>
  (
    await cloudflare<{ rules: JsonObject[] }>(
      "GET",
      `/zones/${zone}/rulesets/phases/${phase}/entrypoint`,
    )
  ).rules;
const setting = async (zone: string, name: string): Promise<unknown> =>
  (await cloudflare<{ value: unknown }>("GET", `/zones/${zone}/settings/${name}`)).value;

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(books)).status).toBe(200);
  expect((await putGolden(golden, { scope: API })).status).toBe(200);
  for (const scope of [BOOKS.scope, API])
    await settled(scope, ({ status }) => status === "in_sync");
});

const SENTENCES = [
  {
    text: "Secure edge cache for API with DDoS guardrails",
    scope: BOOKS.scope,
    path: "secure-api-edge",
  },
  {
    text: "Scale prod to 10k RPS with WAF",
    scope: BOOKS.scope,
    path: "scale-with-waf",
    parameters: { target_rps: 10_000 },
  },
  {
    text: "Provision a PCI-DSS compliant service",
    scope: BOOKS.scope,
    path: "pci-dss-baseline",
  },
  {
    text: "API용 엣지 캐시를 DDoS 가드레일과 함께 안전하게 구성해줘",
    scope: API,
    path: "secure-api-edge",
  },
  {
    text: "prod를 10k RPS로 확장하고 WAF를 적용해줘",
    scope: API,
    path: "scale-with-waf",
    parameters: { target_rps: 10_000 },
  },
] as const;
const reached = ({ scope, path }: { readonly scope: string; readonly path: string }) =>
  path === "pci-dss-baseline" ? [ACCOUNT, scope] : [scope];

describe("a sentence that leaves something open", () => {
  it.each(["Scale prod", "prod를 확장해줘"])(
    "%s: is asked back in both languages, and nothing happens",
    async (text) => {
      const before = await generation(BOOKS.scope);
      await control("DELETE", "/journal");
      const one = await asked(BOOKS.scope, text);
      expect(one).toMatchObject({ phase: "asking", question: { about: "missing_parameter" } });
      expect(one.question?.en).toMatch(/[a-z]/);
      expect(one.question?.ko).toMatch(/[가-힣]/);
      expect(await generation(BOOKS.scope)).toBe(before);
      expect(await vaultWrites()).toEqual([]);
    },
  );
});

describe.each(SENTENCES)("$text", (sentence) => {
  const { text, scope, path } = sentence;
  const parameters = "parameters" in sentence ? sentence.parameters : {};
  const scopes = reached(sentence);

  it("is shown as a plan, and nothing is written or amended (plan only)", async () => {
    const before = [await generation(scope), (await runs(scope)).length];
    await control("DELETE", "/journal");
    const one = await asked(scope, text, true);
    expect(one).toMatchObject({ phase: "proposed", model: "rules", question: null });
    expect(one.confidence).toBeGreaterThanOrEqual(0.9);
    expect(one.draft?.paths).toMatchObject([{ path, parameters }]);
    expect(one.draft?.parts.map((part) => part.scope)).toEqual(scopes);
    expect(one.plans.map((plan) => plan?.outcome)).toEqual(scopes.map(() => "heal"));
    expect(await vaultWrites()).toEqual([]);
    expect([await generation(scope), (await runs(scope)).length]).toEqual(before);
  });

  it("goes through votes, people where they are needed, the vault and the record, once", async () => {
    await control("DELETE", "/journal");
    const one = await asked(scope, text);
    expect(["amending", "amended"], JSON.stringify(one)).toContain(one.phase);
    await carriedOut(one.id, scopes);
    const incident = await apiJson<JsonObject>(`/api/v1/incidents/${one.id}`);
    expect(incident).toMatchObject({ cause: "intent", status: "resolved" });
    const writes = (await vaultWrites()).filter(({ applied }) => applied);
    expect(writes.length).toBeGreaterThan(0);
    expect(await checkCertifiedWrites()).toBe(writes.length);
    for (const each of scopes) {
      const [last] = await runs(each);
      expect(last?.phase).toBe("verified");
      const run = await apiJson<RunJson>(`/api/v1/runs/${last?.id}`);
      expect(run.ballots?.map(({ vote }) => vote)).toEqual(["yes", "yes", "yes", "yes"]);
      expect(await releaseOf(run)).toBeDefined();
    }
    const mine = (await entries()).filter(({ data }) => data["incident"] === one.id);
    expect(mine.map(({ type }) => type)).toEqual(["incident", "proposal"]);
    expect(JSON.stringify(mine)).not.toContain(text);
  });

  it("leaves nothing to do: said again or looked at again, the second plan is empty", async () => {
    await control("DELETE", "/journal");
    const again = await asked(scope, text);
    expect(again, JSON.stringify(again)).toMatchObject({ phase: "amended", draft: { parts: [] } });
    for (const each of scopes) expect((await reconcile(each)).status).toBe("in_sync");
    expect(await vaultWrites()).toEqual([]);
  });
});

describe("what stands there then", () => {
  const limits = async (zone: string) =>
    (await rulesOf(zone, "http_ratelimit")).map(({ ref }) => ref);

  it("on the shop's zone is what its plan has room for, and what the team said has the last word", async () => {
    expect(await limits(BOOKS.zoneId)).toEqual([
      "limit-login",
      "secure-api-edge-harbor-books-example-bursts",
    ]);
    const cache = await rulesOf(BOOKS.zoneId, "http_request_cache_settings");
    expect(cache.map(({ ref }) => ref)).toEqual([
      "secure-api-edge-harbor-books-example-cache",
      "scale-with-waf-harbor-books-example-static",
      "cache-covers",
      "bypass-account",
    ]);
    // A pro zone has no times below an hour, and whoever has logged in is not served from a cache.
    for (const rule of cache.slice(0, 2)) {
      expect(JSON.stringify(rule)).toContain("authorization");
      expect(JSON.stringify(rule)).not.toContain("override_origin");
    }
    const [waf, ...more] = await rulesOf(BOOKS.zoneId, "http_request_firewall_managed");
    expect(waf).toMatchObject({ ref: "execute-cloudflare-managed", enabled: true });
    expect(more).toEqual([]);
    expect(await setting(BOOKS.zoneId, "ssl")).toBe("strict");
    expect(await setting(BOOKS.zoneId, "min_tls_version")).toBe("1.2");
    expect(await setting(BOOKS.zoneId, "security_header")).toMatchObject({
      strict_transport_security: { enabled: true, max_age: 31_536_000, include_subdomains: true },
    });
  });

  it("in the account is a bucket that keeps logs for a year, and a sign-in before administration", async () => {
    const lock = await cloudflare<JsonObject>(
      "GET",
      `/accounts/${ACCOUNT_ID}/r2/buckets/pci-harbor-books-example-logs/lock`,
    );
    expect(lock).toMatchObject({
      rules: [{ enabled: true, condition: { type: "Age", maxAgeSeconds: 31_536_000 } }],
    });
    const apps = await cloudflare<JsonObject[]>("GET", `/accounts/${ACCOUNT_ID}/access/apps`);
    expect(apps.find(({ domain }) => domain === "harbor-books.example/admin")).toMatchObject({
      policies: [
        { decision: "allow", include: [{ email_domain: { domain: "harbor-books.example" } }] },
      ],
    });
  });

  it("on the API's zone keeps within the free plan, and TLS 1.3 stays", async () => {
    const [limit, ...more] = await rulesOf(API_ZONE, "http_ratelimit");
    expect(more).toEqual([]);
    expect(limit).toMatchObject({ ratelimit: { period: 10, mitigation_timeout: 10 } });
    expect(await setting(API_ZONE, "min_tls_version")).toBe("1.3");
    const text = "prod를 10k RPS로 확장하고 WAF를 적용해줘";
    const { draft } = await asked(API, text, true);
    expect(draft?.notes.join()).toContain("the whole WAF needs `pro`");
  });
});
