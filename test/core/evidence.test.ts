import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  bundleOf,
  type EvidenceInput,
  type Fetched,
  select,
  wantedBy,
} from "../../src/core/evidence/bundle.ts";
import { CONTROLS } from "../../src/core/evidence/controls.ts";
import type { AccountChange } from "../../src/core/evidence/completeness.ts";
import { seedOf } from "../../src/core/evidence/sample.ts";
import { digestOf } from "../../src/core/canonical.ts";
import { type Instant, isInstant, mint } from "../../src/core/ids.ts";
import type { EntryType, RecordedEntry } from "../../src/core/log/entry.ts";

const at = (minute: number): Instant =>
  mint(isInstant, new Date(Date.UTC(2026, 2, 1, 12, minute)).toISOString());
const checkpoint = { origin: "example.com/log", size: 500, root: new Uint8Array(32).fill(3) };
const period = { from: at(0), to: at(600) };

const VOTER = "simulation@zone:example.com";
const REQUEST = { method: "PATCH", path: "/zones/z/dns_records/r" };
const RAY = "0123456789abcdef";

/** One change as the record tells it; `but` leaves types out or changes who did it. */
function change(
  name: string,
  {
    first,
    minute = 10,
    without = [],
    actor = {},
    tier = 1,
    approvals = [],
  }: {
    first: number;
    minute?: number;
    without?: readonly EntryType[];
    actor?: Partial<Record<EntryType, string>>;
    tier?: number;
    /** What each was signed with. */
    approvals?: readonly string[];
  },
): RecordedEntry[] {
  const run = `run_${name}`;
  const plan_digest = digestOf(name);
  const actors: Partial<Record<EntryType, string>> = {
    plan: "reconciler",
    diagnosis: "reconciler",
    ballot: VOTER,
    approval: "kim",
    release: "vault",
    ...actor,
  };
  const told: [EntryType, RecordedEntry["data"]][] = [
    ["diagnosis", { run, incident: `inc_${name}`, cause: "out_of_band_change" }],
    ["plan", { run, plan_digest, tier, findings: [], policy: "allow", policy_bundle: digestOf(1) }],
    ["ballot", { run, vote: "yes", plan_digest }],
    ...approvals.map((by): [EntryType, RecordedEntry["data"]] => [
      "approval",
      { run, verdict: "approve", signed_with: by },
    ]),
    ["release", { plan_digest, voters: [VOTER] }],
    ["write", { plan_digest, pre_image_digest: digestOf("before"), ...REQUEST }],
    ["write_result", { plan_digest, result: "carried_out", ray: RAY, ...REQUEST }],
    ["verification", { run, verified: true }],
    ["run", { run, phase: "verified" }],
  ];
  return told
    .filter(([type]) => !without.includes(type))
    .map(([type, data], place) => ({
      id: `${run}/${type}`,
      type,
      scope: "zone:example.com",
      at: at(minute),
      actor: actors[type] ?? "vault",
      data,
      source: ["release", "write", "write_result"].includes(type) ? "vault" : "swarm",
      index: first + place,
      attached: {
        thing: {
          keep: type === "plan" ? "evidence" : "personal",
          digest: digestOf([name, type]),
          mediaType: "x",
          bytes: 1,
        },
      },
    }));
}

const input = (
  entries: readonly RecordedEntry[],
  of: Partial<EvidenceInput> = {},
): EvidenceInput => ({
  checkpoint,
  record: checkpoint.origin,
  note: "a note\n",
  trustFile: "quorum none\n",
  period,
  madeAt: at(700),
  sampleSize: 2,
  nonce: "",
  entries,
  account: { changes: [], why: null },
  msOf: (instant) => Date.parse(instant),
  ...of,
});

const verdictOf = (of: EvidenceInput, id: string) =>
  select(of).assessed.find(({ control }) => control.id === id)?.looked;

const three = [
  ...change("a", { first: 10 }),
  ...change("b", { first: 20 }),
  ...change("c", { first: 30, minute: 30 }),
];

const NOTHING: Fetched = {
  proofs: new Map(),
  leaves: new Map(),
  evidence: new Map(),
  keys: {
    notaries: [],
    register_root: { suite: "ed25519+ml-dsa-44", keys: {} },
    voters: [],
    people: [],
    relying_party: { id: "localhost", origins: [] },
  },
};

describe("evidence", () => {
  it("has every change of the period as its population, and no other", () => {
    const late = change("late", { first: 40, minute: 601 });
    const { changes } = select(input([...three, ...late]));
    expect(changes.map(({ run }) => run)).toEqual(["run_a", "run_b", "run_c"]);
    expect(changes[0]?.entries.map(({ type }) => type)).toContain("release");
  });

  it("samples what the checkpoint chooses, the same for everybody, and another nonce chooses anew", () => {
    const seed = createHash("sha256")
      .update(
        `driftless:sample/v1\nexample.com/log\n500\n${Buffer.from(checkpoint.root).toString("base64")}\n${period.from}\n${period.to}\nword\n`,
      )
      .digest("hex");
    expect(seedOf(checkpoint, period, "word")).toBe(seed);
    const ranked = ["run_a", "run_b", "run_c"].toSorted((a, b) => {
      const rank = (run: string) => createHash("sha256").update(`${seed}\n${run}`).digest("hex");
      return rank(a) < rank(b) ? -1 : 1;
    });
    const { sample } = select(input(three, { nonce: "word" }));
    expect(sample.map(({ run }) => run)).toEqual(ranked.slice(0, 2));
    const firsts = ["1", "2", "3", "4", "5", "6"].map(
      (nonce) => select(input(three, { nonce })).sample[0]?.run,
    );
    expect(new Set(firsts).size).toBeGreaterThan(1);
  });

  it("says `not assessable` where there is no evidence, and never that something passes", () => {
    const { assessed } = select(input([]));
    expect(assessed).toHaveLength(CONTROLS.length);
    for (const { control, looked } of assessed)
      expect(looked.verdict, control.id).toBe("not_assessable");
    expect(
      verdictOf(input(three, { account: { changes: [], why: "unreadable" } }), "CC6.8"),
    ).toMatchObject({
      verdict: "not_assessable",
      finding: "unreadable",
    });
  });

  it("finds changes without authorisation, separation, read-back or a way back", () => {
    expect(verdictOf(input(three), "CC8.1")?.verdict).toBe("satisfied");
    const cases: [string, Parameters<typeof change>[1]][] = [
      ["CC8.1", { first: 40, without: ["release"] }],
      ["CC8.1", { first: 40, without: ["ballot"] }],
      ["CC6.3", { first: 40, actor: { ballot: "reconciler" } }],
      ["6.5.2", { first: 40, without: ["verification"] }],
    ];
    for (const [id, flaw] of cases) {
      const entries = change("flawed", flaw);
      expect(verdictOf(input(entries), id), id).toMatchObject({
        verdict: "not_satisfied",
        finding: expect.stringContaining("run_flawed"),
      });
    }
    const bare = change("bare", { first: 40 }).map((entry) =>
      entry.type === "write" ? { ...entry, data: { plan_digest: digestOf("bare") } } : entry,
    );
    expect(verdictOf(input(bare), "6.5.1")?.verdict).toBe("not_satisfied");
  });

  it("finds in each dossier what a control asks for, and says so where there is nothing to go by", () => {
    const edited = (type: EntryType, data: RecordedEntry["data"]) =>
      change("one", { first: 40 }).map((entry) =>
        entry.type === type ? { ...entry, data: { ...entry.data, ...data } } : entry,
      );
    const of = (flaw: Partial<Parameters<typeof change>[1]>) =>
      change("one", { first: 40, ...flaw });
    const cases: [string, "not_satisfied" | "not_assessable" | "satisfied", RecordedEntry[]][] = [
      ["CC8.1", "satisfied", of({})],
      ["CC8.1", "not_assessable", of({ without: ["diagnosis"] })],
      ["CC8.1", "not_assessable", of({ without: ["ballot", "release"] })],
      ["CC8.1", "not_satisfied", edited("ballot", { vote: "no" })],
      ["CC8.1", "not_satisfied", edited("release", { voters: [VOTER, "policy@zone:example.com"] })],
      ["CC8.1", "not_satisfied", edited("run", { phase: "stuck" })],
      ["CC8.1", "not_assessable", of({ without: ["run"] })],
      ["CC6.1", "not_satisfied", of({ actor: { write: "somebody" } })],
      ["CC6.1", "not_satisfied", edited("plan", { policy: "forbid" })],
      ["CC6.1", "not_assessable", of({ without: ["plan"] })],
      ["6.5.1", "satisfied", of({})],
      ["6.5.1", "not_satisfied", of({ tier: 2 })],
      ["6.5.1", "satisfied", of({ tier: 2, approvals: ["passkey"] })],
      ["6.5.1", "not_satisfied", of({ tier: 3, approvals: ["passkey"] })],
      ["8.4.2", "not_assessable", of({})],
      ["8.4.2", "not_satisfied", of({ tier: 2, approvals: ["key"] })],
      ["8.4.2", "satisfied", of({ tier: 2, approvals: ["passkey"] })],
      ["1.2.8", "not_satisfied", edited("verification", { verified: false })],
      ["1.2.8", "not_assessable", of({ without: ["verification", "run"] })],
      ["10.3.4", "not_assessable", of({})],
    ];
    for (const [id, verdict, entries] of cases) {
      const looked = verdictOf(input(entries), id);
      expect([id, looked?.verdict, looked?.finding]).toEqual([id, verdict, expect.any(String)]);
    }
  });

  it("finds a change of the account by the ray of its request, by the request, and by time at last", () => {
    const account: AccountChange = {
      id: "by ray",
      at: at(10),
      action: "update",
      actor: "vault",
      channel: "api_token",
      resourceType: "dns_record",
      resourceId: "r",
      ray: RAY,
      method: "PATCH",
      path: "/zones/z/dns_records/r",
      isOurs: true,
    };
    const changes: AccountChange[] = [
      account,
      { ...account, id: "by request", ray: null },
      { ...account, id: "by time", ray: null, method: null, path: null },
      { ...account, id: "another request", ray: null, path: "/zones/z/dns_records/other" },
      { ...account, id: "too late", ray: null, at: at(60) },
      { ...account, id: "somebody else's", ray: RAY, isOurs: false },
    ];
    const { completeness } = select(
      input(change("a", { first: 10 }), { account: { changes, why: null } }),
    );
    expect(completeness.matched.map(({ id, by }) => [id, by])).toEqual([
      ["by ray", "ray"],
      ["by request", "request"],
      ["by time", "time"],
    ]);
    expect(completeness.unrecorded.map(({ id }) => id)).toEqual(["another request", "too late"]);
    expect(completeness.outside.map(({ id }) => id)).toEqual(["somebody else's"]);
    expect(completeness).toMatchObject({ status: "exceptions", ours: 5, changes: 6 });
  });

  it("lists what was changed outside, and what our token did without an entry", () => {
    const outside: AccountChange = {
      id: "x",
      at: at(5),
      action: "update",
      actor: "kim@example.com",
      channel: "dash",
      resourceType: "dns_record",
      resourceId: "r",
      ray: null,
      method: null,
      path: null,
      isOurs: false,
    };
    const ours = { ...outside, id: "y", at: at(10), isOurs: true };
    const stray = { ...outside, id: "z", at: at(300), isOurs: true };
    const { completeness } = select(
      input(three, { account: { changes: [outside, ours, stray], why: null } }),
    );
    expect(completeness).toMatchObject({
      status: "exceptions",
      changes: 3,
      ours: 2,
      unrecorded: [{ id: "z" }],
      outside: [{ id: "x" }],
    });
    expect(
      select(input(three, { account: { changes: [ours], why: null } })).completeness.status,
    ).toBe("complete");
  });

  it("becomes the same files from the same input, each under its digest, nothing personal among what is fetched", () => {
    const of = input(three);
    const selected = select(of);
    const wanted = wantedBy(selected);
    expect(wanted.evidence).toHaveLength(2);
    expect(wanted.entries).toHaveLength(16);
    const fetched = { ...NOTHING, proofs: new Map([["10", "a proof"]]) };
    const files = bundleOf(of, selected, fetched);
    expect(bundleOf(of, select(of), fetched)).toEqual(files);
    expect([...files.keys()]).toEqual(
      expect.arrayContaining([
        "report.html",
        "population.json",
        "sample.json",
        "controls.json",
        "completeness.json",
        "oscal-assessment-results.json",
        "proofs/10.tlog-proof",
      ]),
    );
    const manifest = JSON.parse(files.get("manifest.json") ?? "") as {
      files: { path: string; digest: string }[];
    };
    for (const { path, digest } of manifest.files)
      expect(digest, path).toBe(
        `sha256:${createHash("sha256")
          .update(files.get(path) ?? "")
          .digest("hex")}`,
      );
    expect(manifest.files).toHaveLength(files.size - 1);
  });

  it("is OSCAL assessment results, where an unknown is not satisfied for another reason than a failure", () => {
    const of = input(change("flawed", { first: 10, without: ["release"] }));
    const text = bundleOf(of, select(of), NOTHING).get("oscal-assessment-results.json");
    const { "assessment-results": results } = JSON.parse(text ?? "") as {
      "assessment-results": {
        uuid: string;
        results: {
          findings: {
            uuid: string;
            target: { "target-id": string; status: { state: string; reason: string } };
            "related-observations": { "observation-uuid": string }[];
          }[];
          observations: { uuid: string; methods: string[] }[];
        }[];
      };
    };
    const [result] = results.results;
    expect(results.uuid).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    const observed = new Set(result?.observations.map(({ uuid }) => uuid));
    expect(observed.size).toBe(CONTROLS.length);
    for (const finding of result?.findings ?? [])
      expect(observed).toContain(finding["related-observations"][0]?.["observation-uuid"]);
    const reasonOf = (id: string) =>
      result?.findings.find(({ target }) => target["target-id"] === id)?.target.status;
    expect(reasonOf("soc-2-cc8.1")).toMatchObject({ state: "not-satisfied", reason: "fail" });
    expect(reasonOf("soc-2-cc6.8")).toMatchObject({ state: "not-satisfied", reason: "other" });
    expect(reasonOf("pci-dss-4-0-1-10.2.2")).toMatchObject({ state: "satisfied" });
  });

  it("shows names from outside as text, never as markup", () => {
    const outside: AccountChange = {
      id: "<script>",
      at: at(5),
      action: "x",
      actor: '<img src=x onerror="1">',
      channel: "dash",
      resourceType: "dns_record",
      resourceId: "r",
      ray: null,
      method: null,
      path: null,
      isOurs: false,
    };
    const of = input(three, { account: { changes: [outside], why: null } });
    const html = bundleOf(of, select(of), NOTHING).get("report.html") ?? "";
    expect(html).toContain("&lt;img src=x onerror=&quot;1&quot;&gt;");
    // One script, which the page's own policy names by its digest; nothing of it comes from outside.
    const [, script = ""] = /<script>([^<]*)<\/script>/.exec(html) ?? [];
    expect(html.split("<script")).toHaveLength(2);
    const digest = createHash("sha256").update(script).digest("base64");
    expect(html).toContain(`script-src 'sha256-${digest}'`);
    const style = /<style>([^<]*)<\/style>/.exec(html)?.[1] ?? "";
    const styled = createHash("sha256").update(style).digest("base64");
    expect(html).toContain(`style-src 'sha256-${styled}'`);
    expect(html).not.toMatch(/<img|https?:\/\//);
  });
});
