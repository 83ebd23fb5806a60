import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ask,
  type Budget,
  QUOTA,
  SWEEP_CALLS,
  sweepEveryMs,
  tell,
  UNUSED,
  type Urgency,
  WINDOW_MS,
} from "../../src/core/budget.ts";

const NOW = 1_800_000_000_000;
const urgency = fc.constantFrom<Urgency>("heal", "look", "feed", "sweep");

/** Asks one after the other; returns what was granted when. */
function spend(asks: readonly { urgency: Urgency; calls: number; afterMs: number }[]) {
  let budget: Budget = UNUSED;
  let now = NOW;
  const granted: { at: number; calls: number; urgency: Urgency }[] = [];
  for (const { afterMs, ...wish } of asks) {
    now += afterMs;
    const answer = ask(budget, wish, now);
    budget = answer.budget;
    if (answer.grant.granted) granted.push({ at: now, calls: wish.calls, urgency: wish.urgency });
  }
  return { budget, granted, now };
}

const inWindow = (granted: readonly { at: number; calls: number }[], end: number): number =>
  granted.reduce(
    (sum, { at, calls }) => (at > end - WINDOW_MS && at <= end ? sum + calls : sum),
    0,
  );

describe("the budget", () => {
  it("is never exceeded in any five minutes, whoever asks for what and when", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            urgency,
            calls: fc.integer({ min: 1, max: 200 }),
            afterMs: fc.integer({ min: 0, max: 40_000 }),
          }),
          { minLength: 1, maxLength: 200 },
        ),
        (asks) => {
          const { granted } = spend(asks);
          for (const { at } of granted) expect(inWindow(granted, at)).toBeLessThanOrEqual(QUOTA);
        },
      ),
    );
  });

  it("keeps a reserve: when sweeps have taken all they may, a heal is still granted", () => {
    const sweeps = Array.from({ length: 1_000 }, () => ({
      urgency: "sweep" as const,
      calls: SWEEP_CALLS,
      afterMs: 0,
    }));
    const { budget, granted, now } = spend(sweeps);
    expect(inWindow(granted, now)).toBeLessThanOrEqual(QUOTA / 2);
    expect(ask(budget, { urgency: "sweep", calls: 8 }, now).grant.granted).toBe(false);
    expect(ask(budget, { urgency: "feed", calls: 1 }, now).grant.granted).toBe(true);
    expect(ask(budget, { urgency: "heal", calls: 400 }, now).grant.granted).toBe(true);
  });

  it("says when to ask again, and then grants", () => {
    const { budget } = spend([{ urgency: "sweep", calls: 600, afterMs: 0 }]);
    const { grant } = ask(budget, { urgency: "sweep", calls: 8 }, NOW + 1_000);
    if (grant.granted) throw new Error("granted too much");
    expect(grant.waitMs).toBeLessThanOrEqual(WINDOW_MS + 5_000);
    const later = NOW + 1_000 + grant.waitMs;
    expect(ask(budget, { urgency: "sweep", calls: 8 }, later).grant.granted).toBe(true);
  });

  it("leaves Cloudflare alone for as long as it asks, and no longer than its own block lasts", () => {
    const told = { retryAfterMs: 60_000, remaining: null, resetMs: null };
    const blocked = tell(UNUSED, told, NOW);
    expect(ask(blocked, { urgency: "heal", calls: 1 }, NOW).grant).toEqual({
      granted: false,
      waitMs: 60_000,
    });
    expect(ask(blocked, { urgency: "heal", calls: 1 }, NOW + 60_000).grant.granted).toBe(true);
    const forEver = tell(UNUSED, { ...told, retryAfterMs: 1e12 }, NOW);
    expect(ask(forEver, { urgency: "heal", calls: 1 }, NOW + WINDOW_MS).grant.granted).toBe(true);
  });

  it("believes Cloudflare's count when little remains, for somebody else may use the token", () => {
    const scarce = tell(UNUSED, { retryAfterMs: null, remaining: 3, resetMs: 20_000 }, NOW);
    expect(ask(scarce, { urgency: "look", calls: 1 }, NOW).grant.granted).toBe(false);
    expect(ask(scarce, { urgency: "look", calls: 1 }, NOW + 20_000).grant.granted).toBe(true);
  });

  it("believes Cloudflare's count when it leaves more than ours, until it is old or spent", () => {
    const { budget } = spend([{ urgency: "heal", calls: 1_100, afterMs: 0 }]);
    expect(ask(budget, { urgency: "look", calls: 100 }, NOW).grant.granted).toBe(false);
    const raised = tell(budget, { retryAfterMs: null, remaining: 250, resetMs: 20_000 }, NOW);
    const first = ask(raised, { urgency: "look", calls: 150 }, NOW);
    expect(first.grant.granted).toBe(true);
    expect(ask(first.budget, { urgency: "look", calls: 150 }, NOW).grant.granted).toBe(false);
    expect(ask(raised, { urgency: "look", calls: 150 }, NOW + 20_000).grant.granted).toBe(false);
  });

  it("stays small whatever is asked (I12)", () => {
    const many = Array.from({ length: 5_000 }, () => ({
      urgency: "look" as const,
      calls: 1,
      afterMs: 700,
    }));
    expect(spend(many).budget.granted.length).toBeLessThanOrEqual(WINDOW_MS / 5_000 + 2);
  });

  it("spreads sweeps so that they take half of their share, and not below the cron's step", () => {
    expect(sweepEveryMs(2, 300_000)).toBe(300_000);
    for (const scopes of [100, 1_000, 10_000]) {
      const perWindow = (scopes * SWEEP_CALLS * WINDOW_MS) / sweepEveryMs(scopes, 300_000);
      expect(perWindow).toBeLessThanOrEqual(QUOTA / 4);
    }
  });
});
