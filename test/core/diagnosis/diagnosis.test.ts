import { describe, expect, it } from "vitest";
import { diagnose } from "../../../src/core/diagnosis/registry.ts";
import { nextRung } from "../../../src/core/guardrails/ladder.ts";
import { TEMPLATES } from "../../../src/core/guardrails/registry.ts";
import { Sample } from "../../../src/core/traffic/sample.ts";
import { millisIn, seenRequest } from "../../../src/core/traffic/seen-request.ts";
import { tryOn } from "../../../src/core/traffic/trial.ts";
import { guard } from "../guardrails/guarded-zone.ts";
import { must, NOW_MS } from "../harbor.ts";
import { BOT_JA4, factsOf, flood, normal, now, seen } from "./traffic.ts";

const change = (resourceType: string, ms = 60_000) => ({
  id: "log1",
  atMs: NOW_MS - ms,
  resourceId: "r1",
  resourceType,
});
const failing = now(40, () => ({ status: 502, originStatus: 502 }));

describe("a diagnosis", () => {
  it("of nothing unusual is that there is nothing to do, and says why", () => {
    expect(diagnose(factsOf(normal()))).toMatchObject({
      cause: "no_evidence",
      remedy: { type: "nothing" },
    });
    expect(diagnose(factsOf(normal(), { isOver: true }))).toMatchObject({ cause: "recovered" });
    expect(diagnose(factsOf([]))).toMatchObject({ remedy: { type: "nothing" } });
  });

  it("of a flood is a guardrail that catches it and hurts nobody else", () => {
    const found = diagnose(factsOf([...normal(), ...flood()]));
    expect(found).toMatchObject({
      cause: "l7_flood",
      remedy: { type: "guard", mode: "challenge" },
    });
    if (found.remedy.type !== "guard") throw new Error("no guardrail");
    const template = TEMPLATES.get(found.remedy.template);
    const parameters = must(template?.parse(found.remedy.parameters) ?? { ok: false, error: 0 });
    const trial = tryOn(template?.expression(parameters) ?? "", {
      trouble: flood(),
      normal: normal(),
    });
    expect(trial).toMatchObject({ caught: 1, collateral: 0 });
  });

  it("without a record of what is normal only counts: nobody could say who else is hit", () => {
    const found = diagnose(factsOf(flood()));
    expect(found).toMatchObject({ cause: "l7_flood", remedy: { type: "guard", mode: "log" } });
  });

  it("of a flood that looks like everybody is left to a limit, or to a person", () => {
    const alike = now(3_000, (index) => ({ request: { uri: index % 10 < 8 ? "/search" : "/" } }));
    expect(diagnose(factsOf([...normal(), ...alike]))).toMatchObject({
      cause: "l7_flood",
      remedy: { type: "guard", template: "rate_limit" },
    });
    const everywhere = now(3_000, () => ({}));
    expect(diagnose(factsOf([...normal(), ...everywhere]))).toMatchObject({
      remedy: { type: "person" },
    });
  });

  it("of tried passwords is a challenge on the login, for whoever tries", () => {
    const tries = now(200, (index) => ({
      status: index % 20 === 0 ? 200 : 401,
      request: {
        method: "POST",
        uri: "/login",
        asn: 64_777,
        fields: { "cf.bot_management.ja4": BOT_JA4, "cf.client.bot": false },
      },
    }));
    const found = diagnose(factsOf([...normal(), ...tries]));
    expect(found).toMatchObject({
      cause: "credential_stuffing",
      remedy: {
        type: "guard",
        template: "managed_challenge",
        parameters: { path: "/login", methods: ["POST"] },
      },
    });
  });

  it("of a scan is a challenge for the scanner", () => {
    const scan = now(200, (index) => ({
      status: 404,
      request: {
        uri: `/wp-${index}.php`,
        headers: [["user-agent", "Nuclei - Open-source project"]],
      },
    }));
    expect(diagnose(factsOf([...normal(), ...scan]))).toMatchObject({
      cause: "scanner",
      remedy: { type: "guard", template: "block_source" },
    });
  });

  it("of an origin that fails blames the change just before it, and no other", () => {
    const requests = [...normal(), ...failing];
    expect(diagnose(factsOf(requests, { changes: [change("worker_script")] }))).toMatchObject({
      cause: "bad_deploy",
      remedy: { type: "revert" },
    });
    for (const changes of [[], [change("worker_script", 20 * 60_000)], [change("member")], null])
      expect(diagnose(factsOf(requests, { changes }))).toMatchObject({
        cause: "origin_errors",
        remedy: { type: "person" },
      });
  });

  it("of names, certificates, Gateway and advisories goes by what was said and what was changed", () => {
    const about = (topic: "dns" | "certificate", more = {}) =>
      diagnose(factsOf(normal(), { topics: new Set([topic]), ...more }));
    expect(about("dns", { changes: [change("dns_record")] }).remedy.type).toBe("revert");
    expect(about("dns").remedy.type).toBe("person");
    expect(about("certificate")).toMatchObject({ cause: "certificate_expiry" });
    expect(about("certificate", { isOver: true })).toMatchObject({ cause: "recovered" });
    const gateway = (count: number) =>
      diagnose(factsOf([], { gateway: [{ policyId: "p1234567", count }] })).remedy.type;
    expect([gateway(1), gateway(100)]).toEqual(["nothing", "person"]);
    expect(diagnose(factsOf([], { cves: ["CVE-2025-55182"] }))).toMatchObject({
      cause: "cve_exposure",
    });
  });

  it("of an announced hole is a rule where it is tried already, and else a person's", () => {
    const cves = ["CVE-2025-29927"];
    const probes = now(4, () => ({
      request: { headers: [["x-middleware-subrequest", "middleware:middleware:middleware"]] },
    }));
    expect(diagnose(factsOf([...normal(), ...probes], { cves }))).toMatchObject({
      cause: "cve_exposure",
      remedy: { type: "guard", template: "cve_rule", mode: "block" },
    });
    expect(diagnose(factsOf(normal(), { cves })).remedy.type).toBe("person");
    const unknown = { cves: ["CVE-1999-0001"] };
    expect(diagnose(factsOf([...normal(), ...probes], unknown)).remedy.type).toBe("person");
  });

  it("says whole numbers only, as the record takes them", () => {
    for (const requests of [flood(), [...normal(), ...failing], [...normal(), ...flood()]])
      for (const fact of Object.values(diagnose(factsOf(requests)).facts))
        if (typeof fact === "number") expect(Number.isSafeInteger(fact)).toBe(true);
  });

  it("is the same for the same facts", () => {
    const facts = factsOf([...normal(), ...flood()]);
    expect(diagnose(facts)).toEqual(diagnose(facts));
  });
});

describe("the ladder", () => {
  const effect = { passedShare: 0.5, counted: 500, collateral: 0, sinceMs: 60_000 };
  const challenge = { ...guard("block_source"), mode: "challenge" } as const;

  it("goes up only when it was given time, when enough was counted, and when nobody else is hit", () => {
    expect(nextRung(challenge, effect)).toMatchObject({ mode: "block" });
    for (const less of [
      { passedShare: 0.1 },
      { counted: 10 },
      { sinceMs: 1_000 },
      { collateral: null },
    ])
      expect(nextRung(challenge, { ...effect, ...less })).toBeNull();
    // On the lowest rung there is no way down, and none up for who would hit others.
    const log = { ...challenge, mode: "log" } as const;
    expect(nextRung(log, { ...effect, collateral: 0.01 })).toBeNull();
    expect(nextRung(log, effect)).toMatchObject({ mode: "challenge" });
  });

  it("goes down at once when it hits normal requests", () => {
    expect(nextRung(challenge, { ...effect, collateral: 0.01, sinceMs: 0 })).toMatchObject({
      mode: "log",
      why: "it hits 1.00 % of normal requests",
    });
  });
});

describe("a record of requests", () => {
  it("is bounded, keeps its weight, and is the same for the same stream", () => {
    const [one, other] = [new Sample(100), new Sample(100)];
    for (let index = 0; index < 10_000; index += 1) {
      one.add(seen(index));
      other.add(seen(index));
    }
    expect(one.kept().length).toBeLessThanOrEqual(100);
    expect(one.kept()).toEqual(other.kept());
    const weight = one.kept().reduce((sum, request) => sum + request.weight, 0);
    expect(Math.abs(weight - 10_000)).toBeLessThan(500);
  });

  it("reads times in every form that a job may write", () => {
    const at = Date.parse("2026-11-20T12:00:00Z");
    const forms = ["2026-11-20T12:00:00Z", at / 1_000, `${at / 1_000}`, at * 1_000_000];
    expect(forms.map((form) => millisIn(form, Date.parse))).toEqual([at, at, at, at]);
    expect(millisIn("yesterday", Date.parse)).toBeNull();
  });

  it("says nothing of a line that has no time or no host", () => {
    expect(seenRequest({ EdgeStartTimestamp: 1_793_000_000 }, Date.parse)).toBeNull();
    expect(seenRequest({ ClientRequestHost: "a.example" }, Date.parse)).toBeNull();
    expect(seenRequest("text", Date.parse)).toBeNull();
  });
});
