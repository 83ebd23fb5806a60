import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/core/canonical.ts";
import { windowOf } from "../../../src/core/diagnosis/window.ts";
import { analyticsBatch, unloggedPeriod } from "../../../src/core/traffic/analytics.ts";
import { weightOf } from "../../../src/core/traffic/sample.ts";
import { must } from "../harbor.ts";

const AT = Date.parse("2026-11-20T10:00:00Z");
const MINUTE = 60_000;
const parse = (text: string): number => Date.parse(text);
const group = (count: Json, minute: number, more: Record<string, Json> = {}): Json => ({
  count,
  dimensions: {
    datetimeMinute: new Date(AT + minute * MINUTE).toISOString(),
    clientRequestHTTPMethodName: "GET",
    clientRequestHTTPHost: "Shop.example",
    clientRequestPath: "/search",
    clientAsn: "64512",
    clientCountryName: "de",
    userAgent: "curl/8",
    edgeResponseStatus: 200,
    originResponseStatus: 0,
    securityAction: "unknown",
    ...more,
  },
});
const answer = (...groups: readonly Json[]): Json => ({
  viewer: { zones: [{ httpRequestsAdaptiveGroups: [...groups] }] },
});

describe("analytics", () => {
  it("tell the same of a request as a log does, and count for as many as they stand for", () => {
    const { requests, unreadable } = must(analyticsBatch(answer(group(600, 0)), parse));
    expect([weightOf(requests), unreadable]).toEqual([600, 0]);
    expect(requests[0]).toMatchObject({
      atMs: AT,
      status: 200,
      action: "",
      request: { method: "GET", host: "shop.example", uri: "/search", asn: 64_512, country: "DE" },
    });
    expect(requests[0]?.request).not.toHaveProperty("ip");
  });

  it("are a minute's and not a moment's: a rate is what it was", () => {
    const { requests } = must(analyticsBatch(answer(group(1, -4), group(600, 0)), parse));
    const { recentPerSecond } = windowOf(requests, AT + 3 * MINUTE);
    expect(recentPerSecond).toBeGreaterThan(9);
    expect(recentPerSecond).toBeLessThan(11);
  });

  it("that are not of the form asked for are unknown, and groups that say nothing are left out", () => {
    for (const nothing of [
      null,
      {},
      { viewer: null },
      { viewer: { zones: [] } },
      { viewer: { zones: [{}] } },
    ])
      expect(analyticsBatch(nothing, parse).ok).toBe(false);
    const odd = [group("x", 0), group(-5, 0), group(2, 0, { datetimeMinute: "soon" }), 7, null];
    expect(must(analyticsBatch(answer(...odd), parse)).requests).toEqual([]);
    expect(must(analyticsBatch(answer(), parse)).requests).toEqual([]);
  });

  it("keep at most 400 requests, however many groups come (I12)", () => {
    const many = Array.from({ length: 2_000 }, (_, index) => group(10, -(index % 5)));
    expect(must(analyticsBatch(answer(...many), parse)).requests.length).toBeLessThanOrEqual(400);
  });
});

describe("the minutes to ask for", () => {
  const never = { loggedAtMs: 0, toldToMs: 0 };

  it("are whole, two minutes late, and follow each other without a gap", () => {
    const first = unloggedPeriod(never, AT + 30_000);
    expect(first).toEqual({ fromMs: AT - 7 * MINUTE, toMs: AT - 2 * MINUTE });
    const told = { loggedAtMs: 0, toldToMs: first?.toMs ?? 0 };
    expect(unloggedPeriod(told, AT + 50_000)).toBeNull();
    expect(unloggedPeriod(told, AT + 5 * MINUTE)).toEqual({
      fromMs: AT - 2 * MINUTE,
      toMs: AT + 3 * MINUTE,
    });
  });

  it("are none where logs came lately, and not more than fifteen after a long time", () => {
    expect(unloggedPeriod({ ...never, loggedAtMs: AT - 14 * MINUTE }, AT)).toBeNull();
    const late = unloggedPeriod({ loggedAtMs: 0, toldToMs: AT - 600 * MINUTE }, AT);
    expect(late).toEqual({ fromMs: AT - 17 * MINUTE, toMs: AT - 2 * MINUTE });
  });

  it("begin anew when the clock was set back", () => {
    expect(unloggedPeriod({ loggedAtMs: 0, toldToMs: AT + 60 * MINUTE }, AT)).toEqual({
      fromMs: AT - 7 * MINUTE,
      toMs: AT - 2 * MINUTE,
    });
  });
});
