import { describe, expect, it } from "vitest";
import { FakeSwarm } from "./fake-swarm.ts";

const ask = (path: string, body: unknown) =>
  new FakeSwarm().ask(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

/** Half a day of minutes with a wave, and a flood at the end. */
const values = Array.from({ length: 720 }, (_, index) =>
  index >= 700 ? 900 : Math.round(100 + 10 * Math.sin(index / 7) + (index % 5)),
);
const atOf = (index: number): number => 1_767_225_600_000 + index * 60_000;

describe("a series over the API", () => {
  it("gets a score for each point, and an alert where it goes astray", async () => {
    const answer = await ask("/api/v1/series/assessments", {
      points: values.map((value, index) => [atOf(index), value]),
    });
    const body = (await answer.json()) as { scores: number[]; alerts: unknown[] };
    expect(body.scores).toHaveLength(720);
    expect(body.alerts).toEqual([expect.objectContaining({ at_ms: atOf(700), kind: "spike" })]);
  });

  it("of counted traffic names the feature", async () => {
    const windows = values.map((requests, index) => ({ at_ms: atOf(index), requests }));
    const answer = await ask("/api/v1/traffic/assessments", { windows });
    expect(await answer.json()).toMatchObject({
      oddities: [{ feature: "rate", at_ms: atOf(700) }],
    });
  });

  it("is refused when it is none", async () => {
    expect((await ask("/api/v1/series/assessments", { points: [[1]] })).status).toBe(422);
    expect((await ask("/api/v1/traffic/assessments", { windows: [{ requests: 1 }] })).status).toBe(
      422,
    );
  });
});
