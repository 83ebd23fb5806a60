/** Who is let in, which names a Worker gets, and until when a credential is good. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { listOf, type PathState, said } from "../../../src/core/golden-paths/golden-path.ts";
import { GOLDEN_PATHS } from "../../../src/core/golden-paths/registry.ts";
import { instantOf } from "../../../src/core/ids.ts";
import { matchRate } from "../../../src/core/expression/match-rate.ts";
import { must } from "../harbor.ts";
import { GROUND, refused, stateOf } from "./ground.ts";

const open = (name: string, parameters: JsonObject, state: PathState = stateOf(GROUND)) =>
  GOLDEN_PATHS.get(name)?.open(parameters, state);
const ruleOf = (parameters: JsonObject): string => {
  const found = open("geo-restriction", parameters);
  if (!found?.ok) throw new Error(JSON.stringify(found));
  return said(listOf(found.value.declares["waf_rule"])[0]?.["expression"]);
};
const isHit = (expression: string, uri: string, country: string): boolean =>
  must(
    matchRate(expression, [
      {
        method: "GET",
        host: "www.harbor.example",
        uri,
        country: country.slice(0, 2),
        asn: 64_500,
        fields: { "cf.client.bot": country.endsWith("+bot") },
      },
    ]),
  ).matched === 1;

describe("a restriction by country or network", () => {
  it("lets only the listed in, and everywhere the checks of who issues certificates", () => {
    const rule = ruleOf({ mode: "allow_only", countries: ["kr"] });
    expect(isHit(rule, "/", "DE")).toBe(true);
    expect(isHit(rule, "/", "KR")).toBe(false);
    expect(isHit(rule, "/.well-known/acme-challenge/token", "US")).toBe(false);
    expect(isHit(rule, "/", "US+bot")).toBe(true);
    const friendly = ruleOf({ mode: "allow_only", countries: ["KR"], verified_bots: true });
    expect(isHit(friendly, "/", "US+bot")).toBe(false);
    expect(isHit(friendly, "/", "US")).toBe(true);
  });

  it("turns the listed away below a path, by country or by network", () => {
    const rule = ruleOf({ mode: "block", countries: ["KP"], asns: [64_500], path: "/checkout" });
    expect(isHit(rule, "/checkout/pay", "DE")).toBe(true);
    expect(isHit(rule, "/books", "KP")).toBe(false);
    expect(rule).not.toContain("acme");
  });

  it.each([
    [{ mode: "block", countries: ["ZZ"] }, "no country's code"],
    [{ mode: "block", countries: ["UK"] }, "no country's code"],
    [{ mode: "block", countries: ["KP"], hostname: "www.other.example" }, "not in the zone"],
    [{ mode: "block", asns: [0] }, "asns"],
  ])("refuses %j: it would match nobody", (parameters, why) => {
    expect(JSON.stringify(refused("geo-restriction", parameters as JsonObject))).toContain(why);
  });

  it("takes what the edge knows beside countries: Tor, nobody knows, Kosovo", () => {
    expect(ruleOf({ mode: "block", countries: ["t1", "XX", "XK"] })).toContain('{"T1" "XK" "XX"}');
  });

  it("is brought from version 1, which turned away the checks for certificates, in its place", () => {
    const use = {
      path: "geo-restriction",
      version: 1,
      parameters: { mode: "block", countries: ["KP"] },
    };
    const path = GOLDEN_PATHS.get("geo-restriction");
    const old = path?.openEarlier(use, stateOf(GROUND));
    const now = open("geo-restriction", path?.upgraded(use) ?? {});
    const [before] = listOf(old?.declares["waf_rule"]);
    const [after] = now?.ok ? listOf(now.value.declares["waf_rule"]) : [];
    expect(after?.["ref"]).toBe(before?.["ref"]);
    expect(before?.["expression"]).not.toContain("acme");
    expect(after?.["expression"]).toContain("acme");
  });
});

describe("the name of a Worker", () => {
  const taken = (name: string): PathState => ({
    ...stateOf(GROUND),
    declared: { dns_record: [{ name, type: "CNAME", content: "elsewhere.example" }] },
  });

  it.each(["api-service", "static-site"])("of %s is in the zone and has no record yet", (name) => {
    const hostname = "new.harbor.example";
    expect(open(name, { hostname })?.ok).toBe(true);
    expect(open(name, { hostname }, taken("other"))?.ok).toBe(true);
    for (const at of ["new", "new.harbor.example"])
      expect(open(name, { hostname }, taken(at))).toMatchObject({
        ok: false,
        error: [{ problem: expect.stringContaining("has a record in DNS already") }],
      });
    expect(open(name, { hostname: "new.other.example" })).toMatchObject({
      error: [{ problem: expect.stringContaining("not in the zone") }],
    });
  });

  it("of an API service is `api` in the zone when nobody says another", () => {
    expect(open("api-service", {}, taken("api"))).toMatchObject({ ok: false });
    expect(open("api-service", {})?.ok).toBe(true);
  });
});

describe("credentials", () => {
  const state = { ...stateOf(GROUND), now: instantOf("2026-11-20T18:00:00Z") };

  it("are not declared to have ended already, to the second", () => {
    for (const over of ["2020-01-01T00:00:00Z", "2026-11-20T18:00:00Z", "2026-11-20T17:59:59.999Z"])
      expect(open("credential-rotation", { expires_on: over }, state), over).toMatchObject({
        ok: false,
        error: [{ problem: expect.stringContaining("is over") }],
      });
    expect(open("credential-rotation", { expires_on: "2026-11-20T18:00:01Z" }, state)?.ok).toBe(
      true,
    );
  });

  it("say what has no notice of its own, and refuse names that nobody declared", () => {
    const expires = { expires_on: "2027-01-31T00:00:00Z" };
    const found = open(
      "credential-rotation",
      { ...expires, notify: ["ops@harbor.example"] },
      state,
    );
    expect(found?.ok && found.value.notes.join()).toContain("the drift is what tells of it");
    expect(
      JSON.stringify(refused("credential-rotation", { ...expires, tokens: ["nope"] })),
    ).toContain("every token that is named is declared");
  });
});
