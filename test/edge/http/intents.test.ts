import { describe, expect, it } from "vitest";
import { FakeSwarm, SCOPE } from "./fake-swarm.ts";

const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "content-type": "application/json", ...headers },
});
const text = "Scale prod to 10k RPS with WAF";

describe("golden paths over the API", () => {
  it("are listed, and one of them shows its parameters as JSON Schema", async () => {
    const swarm = new FakeSwarm();
    const list = (await (await swarm.ask("/api/v1/golden-paths")).json()) as {
      items: { name: string }[];
    };
    expect(list.items.length).toBeGreaterThanOrEqual(10);
    for (const { name } of list.items) {
      const response = await swarm.ask(`/api/v1/golden-paths/${name}`);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ name, parameters: { type: "object" } });
    }
    expect((await swarm.ask("/api/v1/golden-paths/none")).status).toBe(404);
  });
});

describe("intents over the API", () => {
  it("answers 202 with the incident and where it is", async () => {
    const swarm = new FakeSwarm();
    const response = await swarm.ask("/api/v1/intents", {
      token: "dev-operator",
      ...post({ scope: SCOPE, text }),
    });
    expect(response.status).toBe(202);
    const body = (await response.json()) as { id: string };
    expect(body).toMatchObject({ scope: SCOPE, cause: "intent", status: "open", text });
    expect(body.id).toMatch(/^inc_/);
    expect(response.headers.get("location")).toBe(`/api/v1/intents/${body.id}`);
    expect((await swarm.ask(`/api/v1/intents/${body.id}`)).status).toBe(200);
    expect(await (await swarm.ask("/api/v1/intents")).json()).toMatchObject({
      items: [{ id: body.id }],
    });
  });

  it.each(["dev-viewer", "dev-approver-1"])(
    "never lets %s do by words what they may not do by hand (T5)",
    async (token) => {
      const swarm = new FakeSwarm();
      const amending = await swarm.ask("/api/v1/intents", {
        token,
        ...post({ scope: SCOPE, text }),
      });
      expect(amending.status).toBe(403);
      expect(swarm.asked).toEqual([]);
      const looking = await swarm.ask("/api/v1/intents", {
        token,
        ...post({ scope: SCOPE, text, plan_only: true }),
      });
      expect(looking.status).toBe(202);
      expect(swarm.asked).toMatchObject([{ planOnly: true, by: token }]);
      const [kept] = swarm.intentsKept;
      const applied = await swarm.ask(`/api/v1/intents/${kept?.id}/decision`, {
        token,
        ...post({ decision: "apply", draft_digest: "sha256:0" }),
      });
      expect(applied.status).toBe(403);
      expect(swarm.decisions).toEqual([]);
    },
  );

  it.each([
    [{ scope: SCOPE, text: "" }],
    [{ scope: SCOPE, text: "x".repeat(2_001) }],
    [{ scope: "harbor", text }],
    [{ scope: SCOPE, text, path: "geo-restriction" }],
  ])("refuses %j", async (body) => {
    const swarm = new FakeSwarm();
    const response = await swarm.ask("/api/v1/intents", {
      token: "dev-operator",
      ...post(body),
    });
    expect(response.status).toBe(422);
    expect(swarm.asked).toEqual([]);
  });

  it("hands the key on, and refuses one that cannot be one", async () => {
    const swarm = new FakeSwarm();
    const ask = (key: string) =>
      swarm.ask("/api/v1/intents", {
        token: "dev-operator",
        ...post({ scope: SCOPE, text }, { "idempotency-key": key }),
      });
    expect((await ask("k-1")).status).toBe(202);
    expect(swarm.asked).toMatchObject([{ key: "k-1" }]);
    expect((await ask("x".repeat(300))).status).toBe(400);
  });

  it.each([
    [{ reason: "key_reused" }, 422],
    [{ reason: "too_many", max: 500 }, 409],
    [{ reason: "draft_moved", digest: null }, 412],
    [{ reason: "not_waiting", phase: "amended" }, 409],
  ] as const)("tells %j as %i", async (refusal, status) => {
    const swarm = new FakeSwarm();
    await swarm.ask("/api/v1/intents", {
      token: "dev-operator",
      ...post({ scope: SCOPE, text }),
    });
    swarm.refusal = refusal;
    const response = await swarm.ask(`/api/v1/intents/${swarm.intentsKept[0]?.id}/decision`, {
      token: "dev-operator",
      ...post({ decision: "withdraw" }),
    });
    expect(response.status).toBe(status);
  });
});
