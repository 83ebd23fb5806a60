import { describe, expect, it } from "vitest";
import { matchRate } from "../../../src/core/expression/match-rate.ts";
import type { RecordedRequest } from "../../../src/core/expression/request.ts";

const request = (uri: string, more: Partial<RecordedRequest> = {}): RecordedRequest => ({
  method: "GET",
  host: "harbor.example",
  uri,
  ...more,
});

function rateOf(...args: Parameters<typeof matchRate>) {
  const rate = matchRate(...args);
  if (!rate.ok) throw new Error(rate.error.problem);
  return rate.value;
}

describe("the match rate of an expression", () => {
  it("is its share of the requests, with who would be hit", () => {
    const requests = [
      request("/login?next=/a", { country: "FR", asn: 64_500 }),
      request("/login", { country: "FR", asn: 64_501 }),
      request("/", { country: "DE", asn: 64_500 }),
      request("/api"),
    ];
    const rate = rateOf('http.request.uri.path eq "/login"', requests);
    expect(rate).toMatchObject({ requests: 4, matched: 2, share: 0.5, shareMax: 0.5 });
    expect(rate.hit.paths).toEqual([{ value: "/login", requests: 2 }]);
    expect(rate.hit.countries).toEqual([{ value: "FR", requests: 2 }]);
    expect(rate.hit.networks.map(({ value }) => value)).toEqual(["AS64500", "AS64501"]);
  });

  it("leaves open what was not recorded, and says what was missing (I8)", () => {
    const requests = [
      request("/a", { headers: [["User-Agent", "curl/8"]] }),
      request("/b"),
      request("/c", { headers: [] }),
    ];
    const rate = rateOf('http.user_agent contains "curl"', requests);
    expect(rate).toMatchObject({ matched: 1, notAssessable: 1, share: 0.5, shareMax: 2 / 3 });
    expect(rate.reasons).toEqual([{ value: "the field `http.user_agent`", requests: 1 }]);
  });

  it("decides as far as the rest decides it", () => {
    const rate = rateOf('cf.bot_management.score lt 30 and http.request.uri eq "/a"', [
      request("/b"),
      request("/a"),
      request("/a", { fields: { "cf.bot_management.score": 12 } }),
    ]);
    expect(rate).toMatchObject({ matched: 1, notAssessable: 1 });
  });

  it("knows named lists only when their members are given", () => {
    const requests = [request("/", { fields: { "http.request.version": "HTTP/2" } })];
    const expression = "http.request.version in $old_versions";
    expect(rateOf(expression, requests)).toMatchObject({ notAssessable: 1, share: null });
    const lists = { old_versions: new Set(["HTTP/1.0"]) };
    expect(rateOf(expression, requests, lists)).toMatchObject({ matched: 0, share: 0 });
  });

  it("of an expression that the edge would refuse is a problem with place and remedy", () => {
    expect(matchRate('http.request.uri.pth eq "/"', [])).toEqual({
      ok: false,
      error: {
        reason: "unknown_name",
        offset: 0,
        length: 20,
        problem: "`http.request.uri.pth` is not a known field or function",
        remedy: "did you mean `http.request.uri.path`?",
      },
    });
  });

  it("has no share without requests", () => {
    expect(rateOf("true", [])).toMatchObject({ requests: 0, share: null, shareMax: null });
  });
});
