import { beforeAll, describe, expect, it, vi } from "vitest";
import { checkRecord, entries } from "../support/check-world.ts";
import { VisitedZone } from "../support/edge.ts";
import { api, apiJson, control, settled, tick } from "../support/world.ts";

/** It gets past any filter that asks for no browser; with `solves`, past those that do. */
const FLOOD = { kind: "flood", per_second: 250, sources: 1 };
/** A rung is judged after half a minute, of traffic that came since. */
const RUNG_MS = 31_000;

interface GuardrailJson {
  readonly id: string;
  readonly template: string;
  readonly mode: string;
  readonly steps: readonly { readonly mode: string; readonly by: string; readonly why: string }[];
  readonly ended: { readonly how: string } | null;
}

interface IncidentJson {
  readonly cause: string;
  readonly status: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

const guardrailsOf = async ({ scope }: VisitedZone): Promise<readonly GuardrailJson[]> =>
  (await apiJson<{ items: GuardrailJson[] }>(`/api/v1/guardrails?scope=${scope}`)).items;

const actsWith = (zone: VisitedZone, action: string): Promise<void> =>
  vi.waitFor(async () => expect(await zone.rules()).toMatchObject([{ action }]), {
    timeout: 20_000,
    interval: 50,
  });

const standing = async (zone: VisitedZone): Promise<void> => {
  const [guardrail] = await guardrailsOf(zone);
  const since = guardrail?.steps.length ?? 0;
  // Asked for nothing for ten seconds the sandbox would be put to sleep, and forget who has solved a challenge.
  for (const end = Date.now() + RUNG_MS; Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await control("GET", "/journal?limit=1");
  }
  expect((await guardrailsOf(zone))[0]?.steps).toHaveLength(since);
};

beforeAll(async () => {
  await control("POST", "/reset", {});
  await control("PUT", "/options", { ratelimit: { quota: 1_000_000 } });
  await tick();
});

describe("the ladder", () => {
  it("goes from log to challenge to block, each time for what was measured, and to an end", async () => {
    const zone = await VisitedZone.open("ladder.example", { visited: false });
    // Nobody knows who visits here: then a rule only counts.
    zone.skipTo(Date.now() - 5 * 60_000);
    await zone.play({ seconds: 12, attacks: [FLOOD] });
    await actsWith(zone, "log");
    // It pauses, people come, and now somebody knows.
    for (let part = 0; part < 3; part += 1) await zone.play({ seconds: 60, visitors: 8 });
    expect((await guardrailsOf(zone)).map(({ mode }) => mode)).toEqual(["log"]);
    await standing(zone);
    const again = await zone.playNow({ seconds: 20, attacks: [FLOOD] });
    expect(again.attack.stopped).toBe(0);
    await actsWith(zone, "managed_challenge");
    // A challenge that is solved stops nobody.
    await standing(zone);
    const solved = await zone.playNow({ seconds: 20, attacks: [{ ...FLOOD, solves: true }] });
    expect(solved.attack.stopped).toBe(0);
    await actsWith(zone, "block");
    const blocked = await zone.playNow({ seconds: 10, attacks: [{ ...FLOOD, solves: true }] });
    expect(blocked.attack.stopped).toBe(blocked.attack.visits);
    expect(blocked.normal.hurt).toBe(0);
    const [guardrail, ...others] = await guardrailsOf(zone);
    expect(others).toEqual([]);
    expect(guardrail?.steps).toMatchObject([
      { mode: "log", why: "placed" },
      {
        mode: "challenge",
        by: "sentinel",
        why: expect.stringMatching(/^\d+ % of it still gets through$/),
      },
      {
        mode: "block",
        by: "sentinel",
        why: expect.stringMatching(/^\d+ % of it still gets through$/),
      },
    ]);
    const told = (await entries()).filter(
      ({ scope, data }) => scope === zone.scope && data["guardrail"] === guardrail?.id,
    );
    expect(told.map(({ data }) => [data["what"], data["mode"]])).toEqual([
      ["add", "log"],
      ["step", "challenge"],
      ["step", "block"],
    ]);
    await api(`/api/v1/guardrails/${guardrail?.id}/renewal`, "dev-operator", {
      method: "POST",
      body: JSON.stringify({ expires_at: new Date(Date.now() + 1_500).toISOString() }),
      headers: { "content-type": "application/json" },
    });
    await vi.waitFor(async () => expect(await zone.rules()).toEqual([]), {
      timeout: 20_000,
      interval: 100,
    });
    await settled(zone.scope, ({ status }) => status === "in_sync");
    await checkRecord();
  }, 200_000);

  it("is not climbed where the next rung would hit who is no part of it", async () => {
    const zone = await VisitedZone.open("shared.example", { visited: false });
    zone.skipTo(Date.now() - 5 * 60_000);
    await zone.play({ seconds: 12, attacks: [FLOOD] });
    await actsWith(zone, "log");
    // In peace somebody comes from there, too, now and then.
    const seldom = { ...FLOOD, per_second: 0.3 };
    for (let part = 0; part < 3; part += 1)
      await zone.play({ seconds: 60, visitors: 8, attacks: [seldom] });
    await standing(zone);
    await zone.playNow({ seconds: 20, attacks: [FLOOD] });
    await settled(zone.scope, ({ status }) => ["in_sync", "held"].includes(status));
    expect(await guardrailsOf(zone)).toMatchObject([{ mode: "log", steps: [{ mode: "log" }] }]);
    expect(await zone.rules()).toMatchObject([{ action: "log" }]);
    await checkRecord();
  }, 120_000);

  it("what came and went three times within the hour is a person's, whatever becomes of the guardrails", async () => {
    const zone = await VisitedZone.open("flaps.example");
    const incidents = async () =>
      (
        await apiJson<{ items: IncidentJson[] }>(`/api/v1/incidents?scope=${zone.scope}`)
      ).items.filter(({ cause }) => cause === "l7_flood");
    for (let time = 1; time <= 3; time += 1) {
      await zone.play({ seconds: 12, attacks: [FLOOD] });
      await vi.waitFor(async () => expect(await zone.rules()).toHaveLength(1), {
        timeout: 20_000,
        interval: 50,
      });
      // Somebody thinks that it was not needed, and it goes.
      const [guardrail] = await guardrailsOf(zone);
      expect(
        (await api(`/api/v1/guardrails/${guardrail?.id}`, "dev-operator", { method: "DELETE" }))
          .status,
      ).toBe(200);
      await zone.play({ seconds: 75 });
      await vi.waitFor(
        async () => {
          expect(await zone.rules()).toEqual([]);
          const found = (await incidents()).map(({ status }) => status);
          expect(found).toEqual(Array.from({ length: time }, () => "resolved"));
        },
        { timeout: 20_000, interval: 100 },
      );
    }
    await zone.play({ seconds: 12, attacks: [FLOOD] });
    await vi.waitFor(
      async () =>
        expect(await incidents()).toMatchObject([
          {
            status: "waiting",
            facts: { remedy: "person", why: expect.stringContaining("come and gone 3 times") },
          },
          {},
          {},
          {},
        ]),
      { timeout: 10_000, interval: 100 },
    );
    expect(await zone.rules()).toEqual([]);
    await checkRecord();
  }, 120_000);
});
