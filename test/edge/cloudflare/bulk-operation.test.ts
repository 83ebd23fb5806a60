import { expect, it } from "vitest";
import type { Json } from "../../../src/core/canonical.ts";
import { finished } from "../../../src/edge/cloudflare/bulk-operation.ts";
import type { Answer } from "../../../src/core/provider-api.ts";

const LISTS = "/accounts/a1/rules/lists";
const answered = (result: Json): Answer => ({ type: "ok", result, info: {} });
const begun = answered({ operation_id: "op1" });
const lost: Answer = { type: "unavailable", detail: "status 503", retryAfterMs: null };

/** What becomes of an items write when the polls are answered like this, the last one for ever. */
async function told(polls: readonly Answer[], path = `${LISTS}/l1/items`, answer: Answer = begun) {
  const asked: string[] = [];
  const waits: number[] = [];
  const get = (place: string): Promise<Answer> => {
    const poll = polls[Math.min(asked.length, polls.length - 1)] ?? lost;
    asked.push(place);
    return Promise.resolve(poll);
  };
  const wait = (ms: number): Promise<void> => {
    waits.push(ms);
    return Promise.resolve();
  };
  const request = { method: "PUT", path, body: null } as const;
  return { answer: await finished({ get }, { request, answer }, wait), asked, waits };
}
const running = answered({ status: "running" });

it("an operation is waited for, through answers that fail", async () => {
  const done = await told([running, lost, answered({ status: "completed" })]);
  expect(done.answer).toBe(begun);
  expect(done.asked).toEqual(Array.from({ length: 3 }, () => `${LISTS}/bulk_operations/op1`));
});

it("one that failed was refused, with what the API says about it, cut short", async () => {
  const error = `no room\u0000${"x".repeat(500)}`;
  const { answer } = await told([answered({ status: "failed", error })]);
  expect(answer).toMatchObject({ type: "refused", detail: `no room?${"x".repeat(192)}` });
});

it.each([running, lost, answered({ status: "anything" }), answered(null)])(
  "one that is not finished in time may still happen (%#)",
  async (poll) => {
    const { answer, asked, waits } = await told([poll]);
    expect(answer).toMatchObject({ type: "unavailable" });
    expect(asked).toHaveLength(20);
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(10_000);
  },
);

it.each<[string, Answer]>([
  [`${LISTS}/l1`, begun],
  ["/accounts/a1/gateway/rules/r1", begun],
  [`${LISTS}/l1/items`, answered({ operation_id: "../../x" })],
  [`${LISTS}/l1/items`, answered(null)],
  [`${LISTS}/l1/items`, lost],
])("any other answer is the answer (%s)", async (path, answer) => {
  const given = await told([running], path, answer);
  expect([given.answer, given.asked]).toEqual([answer, []]);
});
