import { describe, expect, it } from "vitest";
import { backoffMs } from "../../src/core/backoff.ts";

describe("backoff", () => {
  it("grows threefold, reaches its cap of 300 s and stays there (B1)", () => {
    const seconds = Array.from({ length: 10 }, (_, attempt) => backoffMs(attempt) / 1000);
    expect(seconds).toEqual([0, 2, 6, 18, 54, 162, 300, 300, 300, 300]);
  });

  it.each([Infinity, NaN, 1e9])("takes the cap for attempt %s", (attempt) => {
    expect(backoffMs(attempt)).toBe(300_000);
  });

  it("does not go below zero attempts", () => {
    expect(backoffMs(-1)).toBe(0);
  });

  it("stays away at least as long as it was asked to", () => {
    expect(backoffMs(0, 30_000)).toBe(30_000);
    expect(backoffMs(6, 30_000)).toBe(300_000);
    expect(backoffMs(2, null)).toBe(6000);
  });
});
