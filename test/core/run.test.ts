import { describe, expect, it } from "vitest";
import type { Approval } from "../../src/core/approval.ts";
import type { Motion } from "../../src/core/ballot.ts";
import { digestOf } from "../../src/core/canonical.ts";
import type { ExecutionReport, RevertReport } from "../../src/core/execution.ts";
import {
  incidentIdOf,
  type Instant,
  instantOf,
  isVoterId,
  mint,
  runIdOf,
} from "../../src/core/ids.ts";
import { learn } from "../../src/core/lesson.ts";
import type { Plan } from "../../src/core/plan.ts";
import type { CheckedBallot, Electorate } from "../../src/core/quorum.ts";
import { viewOf } from "../../src/core/run-view.ts";
import {
  advance,
  effectOf,
  isFinished,
  type Run,
  type RunEvent,
  type RunPhase,
  start,
} from "../../src/core/run.ts";
import { SUITE } from "../../src/core/signing.ts";
import type { Tier } from "../../src/core/risk.ts";
import { PARTS, SCOPE, ZONE } from "./harbor.ts";

const planDigest = digestOf("plan");
const motion: Motion = {
  scope: SCOPE,
  epoch: 7,
  planDigest,
  dossierDigest: digestOf("dossier"),
  stateDigest: digestOf("state"),
  parts: PARTS,
  policyDigest: null,
  riskDigest: digestOf("risk"),
};
const NOON = instantOf("2026-03-01T12:00:00Z");
const EXPIRY = instantOf("2026-03-01T13:00:00Z");
const LATE = instantOf("2026-03-01T13:00:00.001Z");
const voter = mint(isVoterId, `policy@${SCOPE}`);
const electorate: Electorate = {
  scope: SCOPE,
  strategy: "consensus_voting",
  voters: [
    {
      id: voter,
      power: "vote",
      quarantined: false,
      waiting: [],
      keys: [{ id: digestOf("key"), keys: { suite: SUITE, keys: {} } }],
    },
  ],
  floor: 0,
};

const ballot = (
  tier: Tier,
  vote: "yes" | "no" = "yes",
  expiresAt: Instant = EXPIRY,
): CheckedBallot => ({
  signed: {
    ballot: {
      version: 2,
      suite: SUITE,
      key: digestOf("key"),
      voter,
      ...motion,
      vote,
      reasons: [],
      tier,
      castAt: NOON,
      expiresAt,
    },
    signature: { suite: SUITE, signatures: {} },
  },
  verified: true,
});
const ballots = (...cast: CheckedBallot[]): RunEvent => ({
  type: "ballots_collected",
  ballots: cast,
  electorate,
  at: NOON,
  approvalExpiresAt: EXPIRY,
});
const approval = (by: string, more: Partial<Approval> = {}, at: Instant = NOON): RunEvent => ({
  type: "approval_given",
  signed: {
    approval: {
      version: 1,
      scope: SCOPE,
      planDigest,
      stateDigest: motion.stateDigest,
      verdict: "approve",
      by,
      at,
      expiresAt: EXPIRY,
      nonce: "",
      ...more,
    },
    attestation: {
      type: "key",
      key: digestOf(by),
      signature: { suite: SUITE, signatures: {} },
    },
  },
  at,
});
const executed = (report: ExecutionReport): RunEvent => ({ type: "executed", report, at: NOON });
const reverted = (report: RevertReport): RunEvent => ({ type: "inverses_run", report, at: NOON });
const mismatch = { step: 0, identity: "A", expected: "as_planned", fields: ["ttl"] } as const;

/** Everything that can happen to a run, at least once. */
const EVENTS: readonly RunEvent[] = [
  ...([0, 2, 3, 4] as const).map((tier) => ballots(ballot(tier))),
  ballots(ballot(0, "no")),
  ballots(),
  { type: "voters_unreachable", at: NOON },
  approval("ana"),
  approval("bo"),
  approval("bo", { verdict: "deny" }),
  approval("olga"),
  approval(voter),
  approval("bo", { planDigest: digestOf("another") }),
  approval("bo", { stateDigest: digestOf("another") }),
  approval("bo", {}, EXPIRY),
  { type: "clock", at: NOON },
  { type: "clock", at: EXPIRY },
  { type: "clock", at: LATE },
  executed({ outcome: "done", calls: 2 }),
  executed({ outcome: "refused", refusal: { reason: "never_automatic" } }),
  ...[0, 1].flatMap((written) => [
    executed({ outcome: "basis_moved", call: 1, written, mismatches: [mismatch] }),
    executed({ outcome: "call_refused", call: 1, written, status: 400, codes: [81_053] }),
    executed({ outcome: "unavailable", call: 1, written, detail: "503", retryAfterMs: null }),
  ]),
  { type: "read_back", mismatches: [], at: NOON },
  { type: "read_back", mismatches: [mismatch], at: NOON },
  { type: "unreadable", at: NOON },
  reverted({ outcome: "reverted", steps: 1 }),
  reverted({ outcome: "stuck", detail: "refused" }),
  reverted({ outcome: "unavailable", detail: "503", retryAfterMs: null }),
];

const FIRST = start({
  incident: incidentIdOf(planDigest),
  motion,
  requestedBy: "olga",
  id: runIdOf(planDigest),
  at: NOON,
});
const PHASES: readonly RunPhase[] = [
  "voting",
  "awaiting_approval",
  "executing",
  "verifying",
  "reverting",
  "verified",
  "rejected",
  "expired",
  "superseded",
  "reverted",
  "stuck",
];
const FINISHED: readonly RunPhase[] = PHASES.slice(5);

interface Transition {
  readonly from: Run;
  readonly event: RunEvent;
  readonly to: Run | null;
}

/** Breadth first: every event in every state that can be reached. The walk ends because every counter does (I12). */
function walk(): { runs: readonly Run[]; transitions: readonly Transition[] } {
  const seen = new Map<string, Run>([[JSON.stringify(FIRST), FIRST]]);
  const transitions: Transition[] = [];
  for (const run of seen.values()) {
    for (const event of EVENTS) {
      const next = advance(run, event);
      transitions.push({ from: run, event, to: next.ok ? next.value : null });
      if (next.ok && !seen.has(JSON.stringify(next.value)))
        seen.set(JSON.stringify(next.value), next.value);
      if (seen.size > 20_000) throw new Error("a run without end");
    }
  }
  return { runs: [...seen.values()], transitions };
}

const { runs, transitions } = walk();
const moves = transitions.flatMap(({ from, event, to }) => (to ? [{ from, event, to }] : []));

it("a run in any state knows every phase, and each can be reached", () => {
  expect(new Set(runs.map(({ phase }) => phase))).toEqual(new Set(PHASES));
});

it("a run in any state has something to do in every phase (I11)", () => {
  for (const run of runs) {
    expect(effectOf(run)).toBeTypeOf("string");
    expect(isFinished(run)).toBe(FINISHED.includes(run.phase));
  }
});

it("a run in any state stays finished, whatever happens", () => {
  const ended = transitions.filter(({ from }) => FINISHED.includes(from.phase));
  expect(ended.length).toBeGreaterThan(100);
  for (const { from, event } of ended) {
    expect(advance(from, event)).toEqual({
      ok: false,
      error: { reason: "run_finished", phase: from.phase },
    });
  }
});

it("a run in any state counts every attempt, and to an end (I12)", () => {
  for (const run of runs) if ("attempt" in run) expect(run.attempt).toBeLessThan(6);
});

it("a run in any state executes, verifies and reverts only with a certificate for its own plan (I1)", () => {
  for (const run of runs.filter(({ phase }) =>
    ["awaiting_approval", "executing", "verifying", "reverting"].includes(phase),
  )) {
    expect(run).toMatchObject({ certificate: { motion: { planDigest } } });
    expect(run.tier).not.toBeNull();
  }
});

it("a run in any state executes only with as many different people as its risk asks for", () => {
  const needed = { 0: 0, 1: 0, 2: 1, 3: 2, 4: Infinity };
  for (const run of runs) {
    if (run.phase !== "executing" && run.phase !== "verifying" && run.phase !== "reverting")
      continue;
    const people = new Set(run.approvals.map(({ approval: { by } }) => by));
    expect(people.size).toBeGreaterThanOrEqual(needed[run.certificate.tier]);
    expect(
      run.approvals.every(
        ({ approval: given }) =>
          given.verdict === "approve" && given.planDigest === planDigest && given.by !== "olga",
      ),
    ).toBe(true);
    expect(run.approvers).toEqual([...people]);
  }
});

const rank = (phase: RunPhase) => PHASES.indexOf(phase);

it("a run in any state never goes back", () => {
  for (const { from, to } of moves) expect(rank(to.phase)).toBeGreaterThanOrEqual(rank(from.phase));
});

it("a run in any state writes nothing but through executing and reverting, and verifies only what was executed (I1, I4)", () => {
  for (const { from, to } of moves) {
    if (to.phase === "verifying" && from.phase !== "verifying")
      expect(from.phase).toBe("executing");
    if (to.phase === "verified") expect(from.phase).toBe("verifying");
    if (to.phase === "reverting" && from.phase !== "reverting")
      expect(["executing", "verifying"]).toContain(from.phase);
    if (to.phase === "reverted") expect(from.phase).toBe("reverting");
  }
});

it("a run in any state is never left behind half written (I4)", () => {
  for (const { from, event, to } of moves) {
    if (from.phase !== "executing" || event.type !== "executed" || !("written" in event.report))
      continue;
    if (event.report.written > 0) expect(["executing", "reverting"]).toContain(to.phase);
  }
});

it("a run in any state is not ended while nobody knows whether the last call was carried out (I4)", () => {
  for (const { from, event, to } of moves) {
    if (
      from.phase === "executing" &&
      event.type === "executed" &&
      event.report.outcome === "unavailable"
    ) {
      expect(["executing", "reverting"]).toContain(to.phase);
    }
  }
});

it("a run in any state does not take a write back because it cannot read (I8)", () => {
  for (const { event, to } of moves)
    if (event.type === "unreadable") expect(["verifying", "stuck"]).toContain(to.phase);
});

it("a run in any state notes when it entered a phase, and notes nothing else", () => {
  for (const { from, event, to } of moves) {
    const added = to.phase === from.phase ? [] : [{ phase: to.phase, at: event.at }];
    expect(to.timeline).toEqual([...from.timeline, ...added]);
  }
  for (const run of runs) expect(run.timeline.at(-1)?.phase).toBe(run.phase);
});

it("a run in any state keeps what it is about", () => {
  for (const { id, incident, scope, motion: of } of runs) {
    expect({ id, incident, scope, of }).toEqual({
      id: FIRST.id,
      incident: FIRST.incident,
      scope: SCOPE,
      of: motion,
    });
  }
});

it("a run in any state survives storage: its JSON goes on as it does (I11)", () => {
  for (const { from, event, to } of transitions) {
    const next = advance(JSON.parse(JSON.stringify(from)) as Run, event);
    expect(next.ok ? next.value : null).toEqual(to);
  }
});

it("a run in any state refuses what it does not expect by name, and stays what it was", () => {
  for (const { from, event, to } of transitions.filter(
    ({ from: { phase } }) => !FINISHED.includes(phase),
  )) {
    if (to !== null) continue;
    const answer = advance(from, event);
    expect(answer.ok ? null : answer.error.reason).toMatch(
      /^(not_expected|another_plan|approval_expired|not_distinct)$/,
    );
  }
});

const after = (...events: RunEvent[]): Run =>
  events.reduce((run, event) => {
    const next = advance(run, event);
    if (!next.ok) throw new Error(next.error.reason);
    return next.value;
  }, FIRST);

it("a run goes from the ballots to verified without anybody where the risk is low", () => {
  const run = after(ballots(ballot(1)), executed({ outcome: "done", calls: 1 }), {
    type: "read_back",
    mismatches: [],
    at: NOON,
  });
  expect(run.timeline.map(({ phase }) => phase)).toEqual([
    "voting",
    "executing",
    "verifying",
    "verified",
  ]);
});

it("a run waits for two different people at tier 3", () => {
  const twice = after(ballots(ballot(3)), approval("ana"), approval("ana"));
  expect(twice).toMatchObject({ phase: "awaiting_approval", needed: 2, approvers: ["ana"] });
  expect(after(ballots(ballot(3)), approval("ana"), approval("bo"))).toMatchObject({
    phase: "executing",
    approvers: ["ana", "bo"],
  });
});

it("a run ends with the first no of a person, and never runs at tier 4", () => {
  expect(
    after(ballots(ballot(3)), approval("ana"), approval("bo", { verdict: "deny" })),
  ).toMatchObject({ phase: "rejected", because: { reason: "denied", by: "bo" } });
  expect(after(ballots(ballot(4)))).toMatchObject({
    phase: "rejected",
    because: { reason: "tier_never_runs" },
  });
});

it("a run expires at its hour and takes no approval from then on", () => {
  const waiting = after(ballots(ballot(2)));
  expect(advance(waiting, approval("ana", {}, EXPIRY))).toEqual({
    ok: false,
    error: { reason: "approval_expired", expiresAt: EXPIRY },
  });
  expect(after(ballots(ballot(2)), { type: "clock", at: EXPIRY }).phase).toBe("expired");
});

it("a run does not wait for people longer than its ballots count", () => {
  const soon = instantOf("2026-03-01T12:30:00Z");
  const waiting = after(ballots(ballot(2, "yes", soon)));
  expect(waiting).toMatchObject({ phase: "awaiting_approval", expiresAt: soon });
});

it("a run is shown with its reason in every phase", () => {
  const plan = {
    proposal: { goldenGeneration: 3 },
    steps: [],
    calls: [],
    site: ZONE,
  } as unknown as Plan;
  for (const run of runs) {
    const view = viewOf(run, plan, null);
    expect(view).toMatchObject({ phase: run.phase, epoch: 7, planDigest, goldenGeneration: 3 });
    const explains = ["rejected", "superseded", "reverting", "reverted", "stuck"].includes(
      run.phase,
    );
    expect(view.because !== null).toBe(explains);
    expect(JSON.stringify(view)).not.toContain("mlDsa44");
  }
});

const step = (op: string, kind = "dns_record") => ({ op, kind });

const planOf = (...steps: object[]) => ({ steps, calls: [{}] }) as unknown as Plan;

const DRIFT = { cause: "out_of_band_change", paths: [] };
const refused = after(ballots(ballot(0, "no")));
const shape = (...steps: object[]) => learn(refused, planOf(...steps), DRIFT).shapeDigest;

describe("a lesson", () => {
  it("is counted in kinds and operations, without a name from outside", () => {
    expect(
      learn(refused, planOf(step("update"), step("delete"), step("update")), DRIFT),
    ).toMatchObject({
      run: FIRST.id,
      shape: "dns_record delete ×1, dns_record update ×2",
      outcome: "rejected",
      calls: 1,
      at: NOON,
    });
  });

  it("has the shape of every plan that does the same, whatever the order or the number", () => {
    expect(shape(step("update"), step("delete"))).toBe(
      shape(step("delete"), step("delete"), step("update")),
    );
    expect(shape(step("update"))).not.toBe(shape(step("update", "zone_setting")));
  });
});
