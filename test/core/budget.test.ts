import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ask,
  type Budget,
  QUOTA,
  SWEEP_CALLS,
  sweepEveryMs,
  tell,
  type Told,
  UNUSED,
  type Urgency,
  WINDOW_MS,
} from "../../src/core/budget.ts";

const NOW = 1_800_000_000_000;
const SILENT: Told = { retryAfterMs: null, remaining: null, resetMs: null, policy: null };
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
    const told: Told = { ...SILENT, retryAfterMs: 60_000 };
    const blocked = tell(UNUSED, told, NOW);
    expect(ask(blocked, { urgency: "heal", calls: 1 }, NOW).grant).toEqual({
      granted: false,
      waitMs: 60_000,
    });
    expect(ask(blocked, { urgency: "heal", calls: 1 }, NOW + 60_000).grant.granted).toBe(true);
    const forEver = tell(UNUSED, { ...told, retryAfterMs: 1e12 }, NOW);
    expect(ask(forEver, { urgency: "heal", calls: 1 }, NOW + WINDOW_MS).grant.granted).toBe(true);
  });

  it("forgets what remained as soon as a block is over that ended the window", () => {
    const used = tell(UNUSED, { ...SILENT, remaining: 1_000, resetMs: 290_000 }, NOW);
    const shut = { ...SILENT, retryAfterMs: 3_000, remaining: 0, resetMs: 3_000 };
    const blocked = tell(used, shut, NOW);
    expect(ask(blocked, { urgency: "heal", calls: 1 }, NOW + 2_999).grant.granted).toBe(false);
    expect(ask(blocked, { urgency: "sweep", calls: 8 }, NOW + 3_000).grant.granted).toBe(true);
  });

  it("believes Cloudflare's count when little remains, for somebody else may use the token", () => {
    const scarce = tell(UNUSED, { ...SILENT, remaining: 3, resetMs: 20_000 }, NOW);
    expect(ask(scarce, { urgency: "look", calls: 1 }, NOW).grant.granted).toBe(false);
    expect(ask(scarce, { urgency: "look", calls: 1 }, NOW + 20_000).grant.granted).toBe(true);
  });

  it("keeps the heal's reserve of what remains, when somebody else has used the token up", () => {
    const scarce = tell(UNUSED, { ...SILENT, remaining: 250, resetMs: 20_000 }, NOW);
    const { grant } = ask(scarce, { urgency: "sweep", calls: 8 }, NOW);
    expect(grant).toEqual({ granted: false, waitMs: 20_000 });
    expect(ask(scarce, { urgency: "look", calls: 11 }, NOW).grant.granted).toBe(false);
    expect(ask(scarce, { urgency: "heal", calls: 190 }, NOW).grant.granted).toBe(true);
    expect(ask(scarce, { urgency: "heal", calls: 191 }, NOW).grant.granted).toBe(false);
  });

  it("does not take a window that begins anew at Cloudflare's for room of its own", () => {
    const { budget } = spend([{ urgency: "heal", calls: 1_100, afterMs: 0 }]);
    const anew = tell(budget, { ...SILENT, remaining: 1_200, resetMs: 300_000 }, NOW);
    expect(ask(anew, { urgency: "heal", calls: 100 }, NOW).grant.granted).toBe(false);
    expect(ask(anew, { urgency: "sweep", calls: 8 }, NOW).grant.granted).toBe(false);
  });

  it("fills the quota that Cloudflare names for five minutes, larger or smaller than the documented", () => {
    const named = (quota: number) =>
      tell(UNUSED, { ...SILENT, policy: { quota, windowMs: 300_000 } }, NOW);
    expect(ask(named(4_000), { urgency: "heal", calls: 3_800 }, NOW).grant.granted).toBe(true);
    expect(ask(named(4_000), { urgency: "heal", calls: 3_801 }, NOW).grant.granted).toBe(false);
    expect(ask(named(100), { urgency: "sweep", calls: 51 }, NOW).grant.granted).toBe(false);
  });

  it("keeps to a shorter window's limit beside its own", () => {
    const policy = { quota: 100, windowMs: 60_000 };
    const burst = tell(UNUSED, { ...SILENT, remaining: 100, resetMs: 60_000, policy }, NOW);
    expect(ask(burst, { urgency: "sweep", calls: 51 }, NOW).grant.granted).toBe(false);
    expect(ask(burst, { urgency: "heal", calls: 95 }, NOW).grant.granted).toBe(true);
    expect(ask(burst, { urgency: "heal", calls: 600 }, NOW + 60_000).grant.granted).toBe(true);
  });

  it("is never exceeded at Cloudflare's own fixed windows either, whatever it says and when they begin", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            urgency,
            calls: fc.integer({ min: 1, max: 200 }),
            afterMs: fc.integer({ min: 0, max: 40_000 }),
            others: fc.integer({ min: 0, max: 30 }),
          }),
          { minLength: 1, maxLength: 200 },
        ),
        (asks) => {
          let budget: Budget = UNUSED;
          let now = NOW;
          let window = { start: NOW, used: 0 };
          const granted: { at: number; calls: number }[] = [];
          for (const { afterMs, others, ...wish } of asks) {
            now += afterMs;
            if (now >= window.start + WINDOW_MS) window = { start: now, used: 0 };
            const answer = ask(budget, wish, now);
            budget = answer.budget;
            if (!answer.grant.granted) continue;
            granted.push({ at: now, calls: wish.calls });
            window.used += wish.calls + others;
            const remaining = Math.max(0, QUOTA - window.used);
            const resetMs = window.start + WINDOW_MS - now;
            const policy = { quota: QUOTA, windowMs: WINDOW_MS };
            budget = tell(budget, { retryAfterMs: null, remaining, resetMs, policy }, now);
          }
          for (const { at } of granted) expect(inWindow(granted, at)).toBeLessThanOrEqual(QUOTA);
        },
      ),
    );
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
