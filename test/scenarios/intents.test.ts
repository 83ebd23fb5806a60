import { describe, expect, it, vi } from "vitest";
import books from "../../examples/harbor-books.example.yaml?raw";
import { NOT_TO_APPLY, PROMISED } from "../core/intents/labelled.ts";
import { entries } from "../support/check-world.ts";
import {
  api,
  apiJson,
  approved,
  BOOKS,
  control,
  putGolden,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const ACCOUNT = "account:8d6e3f0a5c1b4927a0f4c2d9b7e61835";

interface IntentJson {
  readonly id: string;
  readonly phase: string;
  readonly status: string;
  readonly confidence: number | null;
  readonly question: { readonly about: string; readonly ko: string } | null;
  readonly draft: {
    readonly digest: string;
    readonly paths: readonly {
      readonly path: string;
      readonly parameters: Record<string, unknown>;
    }[];
    readonly parts: readonly {
      readonly scope: string;
      readonly changes: readonly { readonly kind: string }[];
    }[];
  } | null;
  readonly plans: readonly ({
    readonly plan_digest: string;
    readonly steps: readonly string[];
  } | null)[];
  readonly amended: readonly { readonly scope: string; readonly generation: number }[];
  readonly errors: readonly unknown[];
}

const ask = (text: string, more: Record<string, unknown> = {}, key?: string): Promise<Response> =>
  api("/api/v1/intents", "dev-operator", {
    method: "POST",
    body: JSON.stringify({ scope: BOOKS.scope, text, ...more }),
    headers: { "content-type": "application/json", ...(key ? { "idempotency-key": key } : {}) },
  });

const asked = async (text: string, more?: Record<string, unknown>): Promise<IntentJson> => {
  const response = await ask(text, more);
  expect(response.status, await response.clone().text()).toBe(202);
  return response.json();
};

const decide = (id: string, body: unknown): Promise<Response> =>
  api(`/api/v1/intents/${id}/decision`, "dev-operator", {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

const generation = async (scope: string): Promise<string | null> =>
  (await api(`/api/v1/scopes/${encodeURIComponent(scope)}/golden`)).headers.get("etag");

const over = (id: string): Promise<IntentJson> =>
  vi.waitFor(
    async () => {
      const one = await apiJson<IntentJson>(`/api/v1/intents/${id}`);
      expect(one.phase, JSON.stringify(one.errors)).not.toMatch(/reading|amending/);
      return one;
    },
    { timeout: 25_000, interval: 100 },
  );

describe("intents", () => {
  it("begins with a zone in order", async () => {
    await tick();
    expect((await putGolden(books)).status).toBe(200);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    await control("POST", "/journal/reset").catch(() => null);
  });

  it.each(PROMISED)("plans without amending: $text", async ({ text, paths }) => {
    const before = await generation(BOOKS.scope);
    const one = await asked(text, { plan_only: true });
    expect(one.phase, JSON.stringify(one)).toBe("proposed");
    expect(one.draft?.paths.map(({ path }) => path)).toEqual(paths.map(([path]) => path));
    expect(one.plans.length).toBeGreaterThan(0);
    expect(one.plans.every((plan) => plan !== null && plan.steps.length > 0)).toBe(true);
    expect(await generation(BOOKS.scope)).toBe(before);
  });

  it("changes nothing for texts that leave a doubt, that ask or that instruct us", async () => {
    const before = await generation(BOOKS.scope);
    for (const text of NOT_TO_APPLY) {
      const one = await asked(text);
      expect(["asking", "cannot"], text).toContain(one.phase);
      expect(one.question?.ko ?? one.errors, text).toBeTruthy();
    }
    expect(await generation(BOOKS.scope)).toBe(before);
  });

  it("is the same intent for the same key, and a refusal for the key with other words", async () => {
    const once = (await (await ask("Scale prod", {}, "k-1")).json()) as IntentJson;
    const twice = (await (await ask("Scale prod", {}, "k-1")).json()) as IntentJson;
    expect(twice.id).toBe(once.id);
    expect((await ask("Scale prod now", {}, "k-1")).status).toBe(422);
  });

  it("asks for what is missing, and goes on when a person says it", async () => {
    const one = await asked("Block some countries");
    expect(one).toMatchObject({ phase: "asking", question: { about: "missing_parameter" } });
    const chosen = await decide(one.id, {
      decision: "choose",
      paths: [{ path: "geo-restriction", parameters: { mode: "block", countries: ["KP"] } }],
    });
    expect(chosen.status).toBe(200);
    const done = await over(one.id);
    expect(done).toMatchObject({ phase: "amended", amended: [{ scope: BOOKS.scope }] });
    await vi.waitFor(
      async () => expect(JSON.stringify(await vaultWrites())).toContain("ip.src.country"),
      { timeout: 20_000, interval: 50 },
    );
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect((await decide(one.id, { decision: "withdraw" })).status).toBe(409);
  });

  it("amends, and the ordinary flow makes it so", async () => {
    const one = await asked("Scale prod to 10k RPS with WAF");
    const done = await over(one.id);
    expect(done).toMatchObject({ phase: "amended", status: "resolved" });
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    const golden = await (
      await api(`/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/golden`)
    ).text();
    expect(golden).toContain("# The golden state of harbor-books.example");
    expect(golden).toContain("golden_paths:");
    expect(golden).toContain("target_rps: 10000");
    const record = await entries();
    const mine = record.filter(({ data }) => data["incident"] === one.id);
    expect(mine.map(({ type }) => type)).toEqual(["incident", "proposal"]);
    expect(JSON.stringify(mine)).not.toContain("Scale prod");
  });

  it("changes a path that is in use where it is named again", async () => {
    const one = await asked("Scale prod to 20k RPS");
    expect(await over(one.id)).toMatchObject({ phase: "amended" });
    const golden = await (
      await api(`/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/golden`)
    ).text();
    expect(
      golden.match(/scale-with-waf, version/g) ?? golden.match(/path: scale-with-waf/g),
    ).toHaveLength(1);
    expect(golden).toContain("target_rps: 20000");
    // A limit that lets more through protects less: that is for a person to say.
    await approved(BOOKS.scope);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  });

  it("brings uses of earlier versions to the ones that there are: first shown, then applied", async () => {
    const of = `/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/golden`;
    const text = await (await api(of)).text();
    const old = text.replace(/(path: scale-with-waf, version: )2/, "$11");
    expect(old).not.toBe(text);
    const ifMatch = (await generation(BOOKS.scope)) ?? "";
    expect((await putGolden(old, { ifMatch })).status).toBe(200);
    const upgrade = (more: object): Promise<Response> =>
      api("/api/v1/intents", "dev-operator", {
        method: "POST",
        body: JSON.stringify({ scope: BOOKS.scope, upgrade: true, ...more }),
        headers: { "content-type": "application/json" },
      });
    const shown: IntentJson = await (await upgrade({ plan_only: true })).json();
    expect(shown).toMatchObject({ phase: "proposed" });
    expect(shown.draft?.paths.map(({ path }) => path)).toEqual(["scale-with-waf"]);
    const { id }: IntentJson = await (await upgrade({})).json();
    expect(await over(id)).toMatchObject({ phase: "amended" });
    expect(await (await api(of)).text()).toContain("path: scale-with-waf, version: 2");
    // There is nothing left, and words beside it are a contradiction.
    const again: IntentJson = await (await upgrade({})).json();
    expect(again).toMatchObject({ phase: "amended", amended: [] });
    expect((await upgrade({ text: "Scale prod" })).status).toBe(422);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  });

  it("applies a plan that was shown, and not another", async () => {
    const one = await asked("Set up SPF and DMARC with a reject policy", { plan_only: true });
    expect(one.phase).toBe("proposed");
    const moved = await decide(one.id, { decision: "apply", draft_digest: "sha256:00" });
    expect(moved.status).toBe(412);
    const applied = await decide(one.id, {
      decision: "apply",
      draft_digest: one.draft?.digest,
    });
    expect(applied.status, await applied.clone().text()).toBe(200);
    expect(await over(one.id)).toMatchObject({ phase: "amended" });
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  });

  it("puts the account's part first, and the zone's when the account is in order", async () => {
    const one = await asked("Deploy a static site at brochure.harbor-books.example");
    const done = await over(one.id);
    expect(done, JSON.stringify(done)).toMatchObject({ phase: "amended" });
    expect(done.amended.map(({ scope }) => scope)).toEqual([ACCOUNT, BOOKS.scope]);
    const writes = await vaultWrites();
    const bucket = writes.findIndex(({ path }) => path.endsWith("/r2/buckets"));
    const worker = writes.findIndex(({ path }) => path.includes("/workers/scripts/site-"));
    expect(bucket).toBeGreaterThanOrEqual(0);
    expect(worker).toBeGreaterThan(bucket);
  });

  it("does not write over a Worker that nobody has declared, and goes on under another name", async () => {
    const one = await asked("Block some countries");
    const choose = (name: string) =>
      decide(one.id, {
        decision: "choose",
        paths: [
          {
            path: "api-service",
            parameters: {
              name,
              hostname: "fresh.harbor-books.example",
              kv: false,
              d1: false,
              r2: false,
            },
          },
        ],
      });
    const taken = (await (await choose("harbor-api")).json()) as IntentJson;
    expect(taken).toMatchObject({ phase: "asking", draft: null });
    expect(JSON.stringify(taken.errors)).toContain("a Worker `harbor-api` already");
    expect((await choose("fresh-api")).status).toBe(200);
    // Of two parts the second follows by itself, whoever chose.
    const done = await over(one.id);
    expect(done).toMatchObject({ phase: "amended" });
    expect(done.amended.map(({ scope }) => scope)).toEqual([ACCOUNT, BOOKS.scope]);
    const paths = (await vaultWrites()).map(({ path }) => path);
    expect(paths.some((path) => path.endsWith("/workers/scripts/harbor-api"))).toBe(false);
  });

  it("makes storage first and the Worker that is bound to it in the next plan", async () => {
    const one = await asked("Create a new API service called orders-api with KV and D1");
    const done = await over(one.id);
    expect(done, JSON.stringify(done)).toMatchObject({ phase: "amended" });
    await vi.waitFor(
      async () => {
        await api(`/api/v1/scopes/${encodeURIComponent(ACCOUNT)}/reconcile`, "dev-operator", {
          method: "POST",
        });
        const paths = (await vaultWrites()).map(({ path }) => path);
        expect(paths.some((path) => path.endsWith("/workers/scripts/orders-api"))).toBe(true);
      },
      { timeout: 20_000, interval: 500 },
    );
  });
});
