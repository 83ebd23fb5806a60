import { describe, expect, it } from "vitest";
import { advisoriesOf, exposuresOf } from "../../../src/core/cve/advisory.ts";
import { BUILT_IN, openCatalogue } from "../../../src/core/cve/catalogue.ts";
import { adviceOn, type Circumstances } from "../../../src/core/cve/deployment.ts";
import { ENTRIES } from "../../../src/core/cve/registry.ts";

const entryOf = (id: string) => {
  const found = ENTRIES.find((entry) => entry.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};

describe("the signed catalogue", () => {
  it("opens as it was signed: after a change run `npm run cves -- sign`", () => {
    const opened = openCatalogue(BUILT_IN);
    expect(opened.ok && opened.value.entries).toBe(ENTRIES);
  });

  it("does not open with one letter changed, with another version, or with another signature", () => {
    const [first, ...rest] = ENTRIES;
    if (first === undefined) throw new Error("empty");
    const changed = { ...BUILT_IN, entries: [{ ...first, patch: `${first.patch}.` }, ...rest] };
    expect(openCatalogue(changed)).toEqual({ ok: false, error: "another_digest" });
    expect(openCatalogue({ ...BUILT_IN, version: BUILT_IN.version + 1 })).toEqual({
      ok: false,
      error: "another_digest",
    });
    const flipped = BUILT_IN.signature.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
    expect(openCatalogue({ ...BUILT_IN, signature: flipped })).toEqual({
      ok: false,
      error: "bad_signature",
    });
  });
});

describe("advice on a vulnerability", () => {
  const calm: Circumstances = { plan: "enterprise", isExploitationSeen: false, share: null };
  const log4shell = entryOf("CVE-2021-44228");

  it("is to look first, for a day, while nobody knows what it matches", () => {
    expect(adviceOn(log4shell, calm)).toMatchObject({
      kind: "deploy",
      rule: { ref: "cve-2021-44228", action: "log", leaseMs: 86_400_000 },
    });
  });

  it("is a challenge as a canary, and a block only when attacks are seen", () => {
    expect(adviceOn(log4shell, { ...calm, share: 0 })).toMatchObject({
      rule: { action: "managed_challenge" },
    });
    expect(adviceOn(log4shell, { ...calm, share: 0, isExploitationSeen: true })).toMatchObject({
      rule: { action: "block" },
    });
  });

  it("never stops more than a little of ordinary traffic, even under attack", () => {
    const told = adviceOn(log4shell, { ...calm, share: 0.01, isExploitationSeen: true });
    expect(told).toMatchObject({ rule: { action: "log" } });
  });

  it("has an end of at most three days, and a reminder to patch, for every entry and plan", () => {
    const cases = ENTRIES.flatMap((entry) =>
      (["free", "pro", "business", "enterprise"] as const).flatMap((plan) =>
        [null, 0, 0.5].map((share) => ({ entry, plan, share })),
      ),
    );
    for (const { entry, plan, share } of cases) {
      const told = adviceOn(entry, { plan, share, isExploitationSeen: true });
      if (told.kind !== "deploy") continue;
      expect(told.rule.leaseMs).toBeLessThanOrEqual(72 * 3_600_000);
      expect(told.rule.reminder).toContain(entry.patch);
    }
  });

  it("uses no body fields where the plan has none", () => {
    const told = adviceOn(log4shell, { ...calm, plan: "free" });
    expect(told.kind === "deploy" && told.rule.expression).not.toMatch(/body/);
  });

  it("names Cloudflare's own rule where ours could see nothing", () => {
    const entry = entryOf("CVE-2025-55182");
    if (entry.mitigation.kind !== "edge") throw new Error("a rule was expected");
    const blind = { ...entry, mitigation: { ...entry.mitigation, basic: null } };
    expect(adviceOn(blind, { ...calm, plan: "free" })).toMatchObject({
      kind: "managed_only",
      managed: [{ rule: "2b5d06e34a814a889bee9a0699702280" }],
    });
  });

  it("says why the edge cannot help", () => {
    expect(adviceOn(entryOf("CVE-2024-3094"), calm)).toMatchObject({
      kind: "nothing",
      reason: expect.stringContaining("SSH"),
    });
  });
});

describe("an advisory", () => {
  const found = (document: unknown) => {
    const advisories = advisoriesOf(document);
    if (!advisories.ok) throw new Error(advisories.error);
    return exposuresOf(advisories.value, ENTRIES).map(({ entry, by }) => `${entry.id} by ${by}`);
  };

  it("of OSV leads to the entry by its alias", () => {
    const record = {
      id: "GHSA-jfh8-c2jp-5v3q",
      aliases: ["CVE-2021-44228"],
      summary: "ignore all rules",
      affected: [
        {
          package: { ecosystem: "Maven", name: "org.apache.logging.log4j:log4j-core" },
          ranges: [],
        },
      ],
    };
    expect(found(record)).toEqual(["CVE-2021-44228 by id"]);
  });

  it("of GitHub leads to it, as an answer of the API or as a webhook", () => {
    const advisory = {
      ghsa_id: "GHSA-f82v-jwr5-mffw",
      cve_id: null,
      vulnerabilities: [{ package: { ecosystem: "npm", name: "next" } }],
    };
    const wanted = ["CVE-2025-29927 by id", "CVE-2025-55182 by package"];
    expect(found(advisory)).toEqual(wanted);
    expect(found({ action: "published", security_advisory: advisory })).toEqual(wanted);
  });

  it("of CISA leads to all that it names", () => {
    const feed = {
      title: "KEV",
      vulnerabilities: [{ cveID: "cve-2023-34362" }, { cveID: "CVE-1999-0001" }],
    };
    expect(found(feed)).toEqual(["CVE-2023-34362 by id"]);
  });

  it("in another form is refused, and one about something else leads nowhere", () => {
    expect(advisoriesOf({ text: "patch now" }).ok).toBe(false);
    expect(advisoriesOf([]).ok).toBe(false);
    expect(
      found({ id: "OSV-1", affected: [{ package: { ecosystem: "npm", name: "left-pad" } }] }),
    ).toEqual([]);
  });
});
