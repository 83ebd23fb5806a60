import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { GuardrailRequest } from "../../src/core/guardrails/guardrail.ts";
import type { ReconcilerPort } from "../../src/core/ports.ts";
import { type Instant, isScopeId, mint } from "../../src/core/ids.ts";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { checkRecord, entries } from "../support/check-world.ts";
import {
  api,
  apiJson,
  BOOKS,
  cloudflare,
  control,
  putGolden,
  reconcile,
  runs,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const WAF = `/zones/${BOOKS.zoneId}/rulesets/phases/http_request_firewall_custom/entrypoint`;
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

interface GuardrailJson {
  readonly id: string;
  readonly status: string;
  readonly mode: string;
  readonly ended: { readonly how: string } | null;
}

const send = (method: string, path: string, body?: unknown): Promise<Response> =>
  api(path, "dev-operator", {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });

let path = 0;
async function place(more: Record<string, unknown> = {}): Promise<GuardrailJson> {
  const response = await send("POST", "/api/v1/guardrails", {
    scope: BOOKS.scope,
    template: "block_source",
    parameters: { path: `/probe-${(path += 1)}` },
    mode: "block",
    reason: "somebody looks for holes",
    expires_at: inMs(3_600_000),
    ...more,
  });
  expect(response.status, await response.clone().text()).toBe(201);
  return response.json<GuardrailJson>();
}

const refs = async (): Promise<readonly string[]> => {
  const { rules } = await cloudflare<{ rules: { ref: string }[] }>("GET", WAF);
  return rules.map(({ ref }) => ref);
};
const refOf = ({ id }: GuardrailJson): string => id.replace("grd_", "guardrail-");
const isLive = (guardrail: GuardrailJson, live = true): Promise<void> =>
  vi.waitFor(
    async () => {
      if (live) expect(await refs()).toContain(refOf(guardrail));
      else expect(await refs()).not.toContain(refOf(guardrail));
    },
    { timeout: 20_000, interval: 20 },
  );
const show = ({ id }: GuardrailJson): Promise<GuardrailJson> => apiJson(`/api/v1/guardrails/${id}`);

beforeAll(async () => {
  await control("POST", "/reset", {});
  // Who waits here reads the zone again and again; that shall not be refused.
  await control("PUT", "/options", { ratelimit: { quota: 1_000_000 } });
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
});

beforeEach(async () => {
  await control("DELETE", "/journal");
  return async () => {
    await control("DELETE", "/faults");
    const { items } = await apiJson<{ items: GuardrailJson[] }>("/api/v1/guardrails");
    for (const { id } of items.filter(({ ended }) => ended === null))
      await send("DELETE", `/api/v1/guardrails/${id}`);
    await vi.waitFor(
      async () => expect((await refs()).filter((ref) => ref.startsWith("guardrail"))).toEqual([]),
      { timeout: 15_000, interval: 50 },
    );
    expect((await reconcile()).status, "nothing is left behind").toBe("in_sync");
    await checkRecord();
  };
});

describe("a guardrail", () => {
  it("is voted for, written behind the exemptions, recorded with its reason, and ended by its owner", async () => {
    const guardrail = await place();
    await isLive(guardrail);
    const order = await refs();
    expect(order.indexOf(refOf(guardrail))).toBe(order.indexOf("skip-healthchecks") + 1);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    const [run] = await runs();
    expect(run).toMatchObject({ phase: "verified", tier: 1 });
    const told = (await entries()).find(({ data }) => data["guardrail"] === guardrail.id);
    expect(told).toMatchObject({
      type: "proposal",
      actor: "dev-operator",
      data: { type: "guard", what: "add", reason: "somebody looks for holes" },
    });
    const ended = await send("DELETE", `/api/v1/guardrails/${guardrail.id}`);
    expect(await ended.json()).toMatchObject({ status: "ended" });
    await isLive(guardrail, false);
    expect((await send("DELETE", `/api/v1/guardrails/${guardrail.id}`)).status).toBe(200);
  });

  it("is one however often it is asked for, and two writes are all that ever come of it (I7)", async () => {
    const parameters = { path: "/once" };
    const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => place({ parameters })));
    expect(new Set([first, ...others].map((one) => one?.id)).size).toBe(1);
    if (!first) throw new Error("none was placed");
    await isLive(first);
    await reconcile();
    await send("DELETE", `/api/v1/guardrails/${first.id}`);
    await isLive(first, false);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect(await vaultWrites()).toHaveLength(4); // each rehearsed and written
  });

  it("goes by itself when its lease runs out, and nobody has to ask", async () => {
    const guardrail = await place({ expires_at: inMs(1_500) });
    await isLive(guardrail);
    await isLive(guardrail, false);
    await vi.waitFor(
      async () => {
        expect(await show(guardrail)).toMatchObject({
          status: "expired",
          ended: { how: "expired" },
        });
        const told = (await entries()).filter(({ data }) => data["guardrail"] === guardrail.id);
        expect(told.map(({ data }) => data["what"])).toEqual(["add", "end"]);
      },
      { timeout: 10_000, interval: 50 },
    );
  });

  it("is taken away after its lease although the first attempts to do so fail", async () => {
    const guardrail = await place({ expires_at: inMs(1_500) });
    await isLive(guardrail);
    await control("PUT", "/faults", {
      rules: [
        {
          id: "busy",
          match: { method: "PUT", path: "*/entrypoint" },
          times: 2,
          effect: { type: "status", status: 503 },
        },
      ],
    });
    await isLive(guardrail, false);
  }, 60_000);

  it.each([
    ["applied, and answered with 502", { type: "status_after", status: 502 }],
    ["applied, and the answer lost", { type: "drop_reply" }],
    ["lost before it was applied", { type: "drop_request" }],
    ["applied twice", { type: "duplicate" }],
  ])(
    "is taken away after its lease when the write that does so is %s",
    async (_, effect) => {
      const guardrail = await place({ expires_at: inMs(2_500) });
      await isLive(guardrail);
      await settled(BOOKS.scope, ({ status }) => status === "in_sync");
      // The first is the rehearsal.
      const rule = { id: "away", match: { method: "PUT", path: "*/entrypoint" }, after: 1, effect };
      await control("PUT", "/faults", { rules: [rule] });
      await isLive(guardrail, false);
      const { rules } = await control<{ rules: unknown[] }>("GET", "/faults");
      expect(rules).toMatchObject([{ fired: 1 }]);
      await control("DELETE", "/faults");
      await vi.waitFor(
        async () => expect(await show(guardrail)).toMatchObject({ status: "expired" }),
        { timeout: 20_000, interval: 50 },
      );
    },
    60_000,
  );

  it("is over when the clock jumps past its lease, and stays so when the clock jumps back", async () => {
    const guardrail = await place();
    await isLive(guardrail);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    const now = Date.now.bind(Date);
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + 2 * 3_600_000);
    const at = `/api/v1/guardrails/${guardrail.id}`;
    // Nothing has looked since the jump: the renewal itself finds that it comes too late.
    const renewal = await send("POST", `${at}/renewal`, { expires_at: inMs(2.5 * 3_600_000) });
    clock.mockRestore();
    expect(renewal.status).toBe(404);
    await isLive(guardrail, false);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect(await show(guardrail)).toMatchObject({ ended: { how: "expired" } });
    expect((await send("POST", `${at}/renewal`, { expires_at: inMs(60_000) })).status).toBe(404);
  }, 60_000);

  it("renewed at the edge of its lease is either in force to its new end or over, and then gone", async () => {
    const expiresAtMs = Date.now() + 3_000;
    const guardrail = await place({ expires_at: new Date(expiresAtMs).toISOString() });
    await isLive(guardrail);
    await new Promise((resolve) => setTimeout(resolve, expiresAtMs - Date.now() - 30));
    const at = `/api/v1/guardrails/${guardrail.id}/renewal`;
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * 6));
        return (await send("POST", at, { expires_at: inMs(1_500) })).status;
      }),
    );
    for (const status of answers) expect([200, 404]).toContain(status);
    // Once over, never again in force.
    expect(answers.lastIndexOf(200)).toBeLessThanOrEqual(
      answers.includes(404) ? answers.indexOf(404) : answers.length,
    );
    await isLive(guardrail, false);
    await vi.waitFor(
      async () => expect(await show(guardrail)).toMatchObject({ status: "expired" }),
      { timeout: 10_000, interval: 50 },
    );
  }, 60_000);

  it("is placed by an agent three times a day at most; then a person has to", async () => {
    // Its stub's type is more than the compiler wants to work out.
    const reconciler = env.RECONCILER.getByName(BOOKS.scope) as unknown as ReconcilerPort;
    const request: GuardrailRequest = {
      template: "block_source",
      parameters: { path: "/comes-and-goes" },
      mode: "challenge",
      reason: "incident: l7_flood",
      evidence: [],
      incident: null,
      owner: { type: "agent", name: "sentinel" },
      expiresAt: inMs(600_000) as Instant,
    };
    for (let flaps = 0; flaps < 3; flaps += 1) {
      const placed = await reconciler.guard({ do: "place", request });
      if (!placed.ok) throw new Error(placed.error.reason);
      await reconciler.guard({ do: "end", id: placed.value.id, how: "ended", by: "sentinel" });
    }
    expect(await reconciler.guard({ do: "place", request })).toMatchObject({
      ok: false,
      error: { reason: "flapping" },
    });
    await isLive(await place({ parameters: { path: "/comes-and-goes" }, mode: "challenge" }));
  }, 60_000);

  it("goes to no more zones an hour than the operator allows, however many ask at once", async () => {
    const watch = env.WATCH.getByName("an-account-of-its-own");
    const scopes = Array.from({ length: 60 }, (_, index) =>
      mint(isScopeId, `zone:z${index}.example`),
    );
    const answers = await Promise.all(scopes.map((scope) => watch.admit(scope)));
    const admitted = scopes.filter((_, index) => answers[index]?.ok);
    expect(admitted).toHaveLength(Number(env.GUARDRAIL_ZONES_PER_HOUR));
    expect(answers.find(({ ok }) => !ok)).toMatchObject({ error: { max: 20 } });
    const [again, other] = [admitted[0], scopes.find((scope) => !admitted.includes(scope))];
    if (!again || !other) throw new Error("nobody was admitted, or everybody");
    await runInDurableObject(watch, (_, state) => state.abort("killed by the test")).catch(
      () => undefined,
    );
    expect((await env.WATCH.getByName("an-account-of-its-own").admit(again)).ok).toBe(true);
    expect((await env.WATCH.getByName("an-account-of-its-own").admit(other)).ok).toBe(false);
  });

  it("is taken away when its reconciler was killed before the lease ran out", async () => {
    const guardrail = await place({ expires_at: inMs(2_000) });
    await isLive(guardrail);
    const stub = env.RECONCILER.getByName(BOOKS.scope);
    await runInDurableObject(stub, (_, state) => state.abort("killed by the test")).catch(
      () => undefined,
    );
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    // The alarm is what is left; nothing else knocks.
    await vi.waitFor(
      async () => {
        await runDurableObjectAlarm(env.RECONCILER.getByName(BOOKS.scope)).catch(() => false);
        expect(await refs()).not.toContain(refOf(guardrail));
      },
      { timeout: 15_000, interval: 200 },
    );
  });

  it("is put back when somebody deletes it, and its rule cannot be kept by hand after the lease", async () => {
    const guardrail = await place();
    await isLive(guardrail);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    const { id: ruleset, rules } = await cloudflare<{
      id: string;
      rules: { id: string; ref: string; action: string; expression: string }[];
    }>("GET", WAF);
    const own = rules.find(({ ref }) => ref === refOf(guardrail));
    await cloudflare("DELETE", `/zones/${BOOKS.zoneId}/rulesets/${ruleset}/rules/${own?.id}`);
    await reconcile();
    await isLive(guardrail);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    await send("DELETE", `/api/v1/guardrails/${guardrail.id}`);
    await isLive(guardrail, false);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    const { action = "", expression = "", ref = "" } = own ?? {};
    await cloudflare("POST", `/zones/${BOOKS.zoneId}/rulesets/${ruleset}/rules`, {
      body: { action, expression, ref, description: "planted again" },
    });
    await reconcile();
    await isLive(guardrail, false);
  });

  it("takes another rung and another end, and after its end neither", async () => {
    const guardrail = await place({ mode: "challenge" });
    await isLive(guardrail);
    const at = `/api/v1/guardrails/${guardrail.id}`;
    const stepped = await send("POST", `${at}/step`, { mode: "block", reason: "it does not help" });
    expect(await stepped.json()).toMatchObject({ mode: "block" });
    await vi.waitFor(
      async () => {
        const { rules } = await cloudflare<{ rules: { ref: string; action: string }[] }>(
          "GET",
          WAF,
        );
        expect(rules.find(({ ref }) => ref === refOf(guardrail))?.action).toBe("block");
      },
      { timeout: 10_000, interval: 20 },
    );
    const later = inMs(7_200_000);
    expect((await send("POST", `${at}/renewal`, { expires_at: later })).status).toBe(200);
    expect((await send("POST", `${at}/renewal`, { expires_at: inMs(1e9) })).status).toBe(422);
    await send("DELETE", at);
    expect((await send("POST", `${at}/renewal`, { expires_at: later })).status).toBe(404);
    expect((await send("POST", `${at}/step`, { mode: "log", reason: "too late" })).status).toBe(
      404,
    );
  });

  it("changes a setting that nobody declared, and leaves what it was told to leave", async () => {
    const level = async () =>
      (await cloudflare<{ value: string }>("GET", `/zones/${BOOKS.zoneId}/settings/security_level`))
        .value;
    const guardrail = await place({
      template: "under_attack",
      parameters: { afterwards: "high" },
      mode: "apply",
    });
    await vi.waitFor(async () => expect(await level()).toBe("under_attack"), { timeout: 10_000 });
    await send("DELETE", `/api/v1/guardrails/${guardrail.id}`);
    await vi.waitFor(async () => expect(await level()).toBe("high"), { timeout: 10_000 });
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    const refused = await send("POST", "/api/v1/guardrails", {
      scope: BOOKS.scope,
      template: "under_attack",
      parameters: {},
      mode: "apply",
      reason: "no way back",
      expires_at: inMs(60_000),
    });
    expect(refused.status).toBe(409);
  });
});
