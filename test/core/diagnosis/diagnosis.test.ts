import { describe, expect, it } from "vitest";
import { announcedAfter } from "../../../src/core/diagnosis/announcement.ts";
import { diagnose } from "../../../src/core/diagnosis/registry.ts";
import { isBetter } from "../../../src/core/diagnosis/replacement.ts";
import { isTroubled, troubledAfter } from "../../../src/core/diagnosis/trouble.ts";
import { windowOf } from "../../../src/core/diagnosis/window.ts";
import { blockSource } from "../../../src/core/guardrails/block-source.ts";
import { nextRung } from "../../../src/core/guardrails/ladder.ts";
import { TEMPLATES } from "../../../src/core/guardrails/registry.ts";
import { effectOf } from "../../../src/core/traffic/effect.ts";
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

  it("goes up no more by itself once it came down, and on few requests where each is an attack", () => {
    const rung = (mode: "log" | "challenge") =>
      ({ mode, at: challenge.placedAt, by: "sentinel", why: "measured" }) as const;
    const down = { ...challenge, mode: "log", rungs: [rung("challenge"), rung("log")] } as const;
    expect(nextRung(down, effect)).toBeNull();
    const precise = { ...guard("cve_rule"), mode: "log" } as const;
    expect(nextRung(precise, { ...effect, counted: 3 })).toMatchObject({ mode: "challenge" });
    expect(nextRung({ ...challenge, mode: "log" }, { ...effect, counted: 3 })).toBeNull();
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

describe("trouble", () => {
  const minute = (index: number): Parameters<typeof troubledAfter>[2] => ({
    recent: [0, 59].map((second) => seen(0, { atMs: NOW_MS + (index * 60 + second) * 1_000 })),
    surgeFromMs: null,
  });
  const after = (causes: readonly string[]) =>
    causes.reduce<ReturnType<typeof troubledAfter>>(
      (spans, cause, index) => troubledAfter(spans, cause, minute(index)),
      [],
    );

  it("lasts from the first look that finds it to the first that does not", () => {
    expect(after(["no_evidence", "l7_flood", "scanner", "no_evidence", "l7_flood"])).toEqual([
      { fromMs: NOW_MS + 60_000, toMs: NOW_MS + 179_000, isOpen: false },
      { fromMs: NOW_MS + 240_000, toMs: NOW_MS + 299_000, isOpen: true },
    ]);
    // Neither a look at the same minute nor one at nothing ends it; single attempts begin none.
    expect(troubledAfter(after(["l7_flood"]), "no_evidence", minute(0))[0]?.isOpen).toBe(true);
    expect(
      troubledAfter(after(["l7_flood"]), "no_evidence", { recent: [], surgeFromMs: null })[0]
        ?.isOpen,
    ).toBe(true);
    expect(after(["cve_exposure", "certificate_expiry"])).toEqual([]);
  });

  it("is no normal time, and takes none of its length away from the rest", () => {
    const all = normal(1_100);
    const [first] = all;
    const from = first?.atMs ?? 0;
    const troubled = [{ fromMs: from + 300_000, toMs: from + 599_999, isOpen: false }];
    const window = windowOf(all, NOW_MS, troubled);
    expect(window.normal.some(({ atMs }) => isTroubled(troubled, atMs))).toBe(false);
    expect(window.normal.length).toBeLessThan(800);
    expect(window.normalPerSecond).toBeCloseTo(1, 1);
  });

  it("that began some minutes before its log came is no normal time either", () => {
    const late = flood(1_000).map((one, index) => ({
      ...one,
      atMs: NOW_MS - index * 240,
      weight: 20,
    }));
    for (const quiet of [normal(960), normal(400)]) {
      const facts = factsOf([...quiet, ...late]);
      expect(facts.normal).toEqual(quiet);
      expect(troubledAfter([], "l7_flood", facts)).toEqual([
        { fromMs: NOW_MS - 240_000 + 1, toMs: NOW_MS, isOpen: true },
      ]);
      expect(facts.recent.every(({ atMs }) => atMs > NOW_MS - 60_000)).toBe(true);
      expect(diagnose(facts).remedy).toMatchObject({
        type: "guard",
        template: "block_source",
        mode: "challenge",
        trial: { collateral: 0 },
      });
    }
    // A look in between found the half of it: what it found counts once.
    const found = [{ fromMs: NOW_MS - 240_000, toMs: NOW_MS - 120_000, isOpen: true }];
    expect(windowOf([...normal(960), ...late], NOW_MS, found).normalPerSecond).toBeCloseTo(1, 1);
    // What half as much was before is usual.
    const busy = late.map((one) => ({ ...one, atMs: NOW_MS - 480_000 + (one.atMs - NOW_MS) * 2 }));
    expect(factsOf([...busy, ...late]).normal.length).toBeGreaterThan(late.length);
    const steady = factsOf(normal(1_200));
    expect(steady.normal.length + steady.recent.length).toBe(1_200);
  });

  it("of a site that nobody knows is a flood only if it is large, or somebody says so", () => {
    const first = Array.from({ length: 600 }, (_, index) =>
      seen(index, { atMs: NOW_MS - 60_000 + index * 100 }),
    );
    expect(diagnose(factsOf(first, { topics: new Set() })).cause).toBe("no_evidence");
    expect(diagnose(factsOf(first)).cause).toBe("l7_flood");
    expect(diagnose(factsOf(flood(), { topics: new Set() })).cause).toBe("l7_flood");
  });
});

describe("the effect of a guardrail", () => {
  const expression = `cf.bot_management.ja4 eq "${BOT_JA4}"`;
  const told = (action: string) =>
    effectOf(expression, {
      recent: flood(400).map((one) => ({ ...one, action })),
      normal: normal(),
      nowMs: NOW_MS,
      rungAtMs: NOW_MS - 60_000,
    });

  it("counts who was stopped as stopped, and who solved a challenge as through", () => {
    for (const action of ["block", "managed_challenge", "managedChallenge", "jschallenge"])
      expect(told(action).passedShare, action).toBe(0);
    for (const action of ["", "log", "managedChallengeNonInteractiveSolved", "challengeSolved"])
      expect(told(action).passedShare, action).toBe(1);
  });

  it("on others is not known from a few of them", () => {
    const few = { recent: flood(), nowMs: NOW_MS, rungAtMs: 0 };
    expect(effectOf(expression, { ...few, normal: normal(150) }).collateral).toBeNull();
    expect(effectOf(expression, { ...few, normal: normal(400) }).collateral).toBe(0);
  });

  it("makes way for a guardrail that hits nobody else", () => {
    const { remedy } = diagnose(factsOf([...normal(), ...flood()]));
    const wide = guard("block_source");
    expect(isBetter(remedy, wide, { collateral: 0.05 })).toBe(true);
    for (const collateral of [null, 0, 0.001])
      expect(isBetter(remedy, wide, { collateral })).toBe(false);
    if (remedy.type !== "guard") throw new Error("no guardrail");
    const parameters = must(blockSource.parse(remedy.parameters));
    const same = { ...wide, template: remedy.template, parameters };
    expect(isBetter(remedy, same, { collateral: 0.05 })).toBe(false);
    const unknown = { ...remedy, trial: null };
    expect(isBetter(unknown, wide, { collateral: 0.05 })).toBe(false);
  });
});

describe("an announced vulnerability", () => {
  const cve = "CVE-2025-29927";
  const attempts = (count: number, ago = 0) =>
    Array.from({ length: count }, (_, index) =>
      seen(index, {
        atMs: NOW_MS - ago - index * 1_000,
        request: {
          uri: "/cgi-bin/%%32%65%%32%65/%%32%65%%32%65/bin/sh",
          method: "POST",
          asn: 64_666,
          ip: "198.51.100.7",
        },
      }),
    );
  const known = { announced: ["CVE-2021-41773", cve], topics: new Set([]) };

  it("is answered when it is tried, however long ago the word came", () => {
    expect(diagnose(factsOf([...normal(), ...attempts(3)], known))).toMatchObject({
      cause: "cve_exposure",
      facts: { cve: "CVE-2021-41773", tried: 3 },
      remedy: { type: "guard", template: "cve_rule", mode: "block" },
    });
    expect(diagnose(factsOf(normal(), known)).cause).toBe("no_evidence");
  });

  it("may be tried seldom, and by somebody who was here before", () => {
    const seldom = [...normal(), ...attempts(3, 8 * 60_000), ...attempts(1)];
    expect(diagnose(factsOf(seldom, known))).toMatchObject({
      facts: { tried: 4 },
      remedy: { mode: "block" },
    });
    expect(diagnose(factsOf([...normal(), ...attempts(1)], known)).cause).toBe("no_evidence");
  });

  it("is remembered for a month, the newest first to stay", () => {
    const day = 86_400_000;
    const first = announcedAfter([], [cve], 0);
    expect(announcedAfter(first, [], 29 * day)).toEqual([{ cve, atMs: 0 }]);
    expect(announcedAfter(first, [], 31 * day)).toEqual([]);
    expect(announcedAfter(first, [cve], 20 * day)).toEqual([{ cve, atMs: 20 * day }]);
    const many = Array.from({ length: 150 }, (_, index) => `CVE-2025-${10_000 + index}`);
    const kept = announcedAfter(first, many, day);
    expect([kept.length, kept.at(-1)?.cve]).toEqual([100, "CVE-2025-10149"]);
  });
});
