/** One reconcile pass with its effects: read, decide (core), record, make a run ours. Starting it is the reconciler's. */
import { SWEEP_CALLS } from "../src/core/budget.ts";
import { backoffMs } from "../src/core/backoff.ts";
import { motionOf } from "../src/core/ballot.ts";
import { canonicalise, sameJson } from "../src/core/canonical.ts";
import { describeFinding } from "../src/core/check.ts";
import { outOfBandChange } from "../src/core/diagnosis/out-of-band-change.ts";
import type { Dossier } from "../src/core/dossier.ts";
import { expiredRules } from "../src/core/golden.ts";
import { spentHolds } from "../src/core/hold.ts";
import { type Instant, instantOf, runIdOf } from "../src/core/ids.ts";
import type { DriftedResource, Incident, IncidentStatus } from "../src/core/incident.ts";
import {
  healEntries,
  heldEntries,
  signalEntries,
  unknownEntry,
} from "../src/core/log/incident-entries.ts";
import { KINDS } from "../src/core/kinds/registry.ts";
import type { Lineage, Unknown } from "../src/core/observation.ts";
import { decidePlan, type PolicyDecision } from "../src/core/policy/decision.ts";
import type { RunStart } from "../src/core/ports.ts";
import { changeSetDigest, type Decision, lineageOf } from "../src/core/reconcile.ts";
import { healOf, subjectKey } from "../src/core/recurrence.ts";
import type { Result } from "../src/core/result.ts";
import { approvalsNeeded } from "../src/core/risk.ts";
import { readingView, type ScopeView, whyKept, withStatus } from "../src/core/scope-view.ts";
import type { SiteReading } from "./site-reader.ts";
import { postPosture, readExperience } from "../src/edge/store/blackboard.ts";
import { Evidence } from "../src/edge/store/evidence.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import { logOf, runOf } from "./bindings.ts";
import type { GuardrailRegister } from "./guardrail-register.ts";
import type { HoldRegister } from "./hold-register.ts";
import { type Found, look, type LookInput, readTrail } from "./look.ts";
import { pacedSiteApi } from "./paced-api.ts";
import { openDesk, scopeFacts } from "./policy-desk.ts";
import type { ActiveRun, ReconcilerState, ScopeIdentity } from "./reconciler-state.ts";
import { withoutVoice } from "./seating.ts";

/** The blackboard may be this old when nothing changes: one write a minute and scope. */
const POSTURE_AGE_MS = 60_000;
const CAUSE = "out_of_band_change";
const OF_INTENT = "intent";

type In<T extends Decision["type"]> = Extract<Decision, { type: T }>;

function whyHeld({ why, heldBack }: In<"held">): string {
  switch (why.reason) {
    case "quarantined":
      return "drift came straight back after a verified write and is not written again";
    case "turned_down":
      return `the run for this drift ended ${why.detail}; it waits for a person or for a new golden state`;
    case "on_hold":
      return whyKept(heldBack);
    case "voters_not_confirmed":
      return `nobody has confirmed the keys of ${why.voters.join(", ")}: list them with POST /api/v1/scopes/{scope}/voters`;
    case "not_ours":
      return "declared resources differ that are not ours to write; `reported` says why";
  }
}

const instant = (ms: number): Instant => instantOf(new Date(ms).toISOString());

export interface PassInput {
  readonly env: Env;
  readonly state: ReconcilerState;
  readonly holds: HoldRegister;
  readonly guardrails: GuardrailRegister;
  readonly identity: ScopeIdentity;
  readonly view: ScopeView;
  /** The wakes that this pass answers. */
  readonly wanted: number;
  /** The run that waits for people, if one does: the pass then only finds out whether its plan still stands. */
  readonly waiting: ActiveRun | null;
}

export class Pass {
  readonly #input: PassInput;
  readonly #record: SharedRecord;
  readonly #look: LookInput;
  readonly #nowMs = Date.now();
  readonly #now = instant(this.#nowMs);
  readonly #at = { now: this.#now, nowMs: this.#nowMs };
  readonly #where;

  constructor(input: PassInput) {
    this.#input = input;
    this.#record = new SharedRecord(input.env.DB);
    const { accountId } = input.identity;
    // A sweep was paid for when its turn came; whatever else woke this pass is more urgent and pays now.
    const signals = input.state.signals();
    const isSweep = signals.length > 0 && signals.every(({ source }) => source === "cron");
    const pace = { accountId, urgency: "look", prepaid: isSweep ? SWEEP_CALLS : 0 } as const;
    const { env, state, identity, holds, guardrails } = input;
    const api = pacedSiteApi(env, identity.site, pace);
    const leases = guardrails.leases();
    this.#look = { env, state, identity, api, holds: holds.all(), leases, nowMs: this.#nowMs };
    this.#where = { scope: input.identity.scope, at: this.#now };
  }

  async run(): Promise<void> {
    const { state, view, wanted, env } = this.#input;
    // Not while a plan waits: whoever judges it has to find what it was made with.
    if (!this.#input.waiting) await this.#remember();
    const found = await look(this.#look);
    if (found.ok && found.value === null) {
      state.set({ looked: wanted, retryAt: null });
      return;
    }
    await this.#answer(found);
    await this.#seat();
    const next = state.get("view") ?? view;
    const changed = next.status !== view.status || next.drift.length !== view.drift.length;
    const postedAt = state.get("postedAt") ?? 0;
    if (!changed && this.#nowMs - postedAt < POSTURE_AGE_MS) return;
    await postPosture(env.BLACKBOARD, next);
    state.set({ postedAt: this.#nowMs });
  }

  /** What was learned elsewhere meanwhile. Unreadable is not forgotten (I13). */
  async #remember(): Promise<void> {
    const { env, state } = this.#input;
    const experience = await readExperience(env.BLACKBOARD);
    if (experience && !sameJson(experience.cautions, state.get("cautions") ?? []))
      state.set({ cautions: experience.cautions });
  }

  /** Before there is drift: whoever has to sign for voters' keys learns of them on a quiet day. */
  async #seat(): Promise<void> {
    const { state, env, identity } = this.#input;
    if (state.get("seated")) return;
    state.set({ seated: (await withoutVoice(env, identity.scope)).length === 0 });
  }

  async #answer(found: Result<Found | null, Unknown>): Promise<void> {
    if (found.ok && found.value) await this.#decide(found.value);
    else if (this.#input.waiting) this.#lookAgain(found.ok ? null : found.error);
    else if (!found.ok) await this.#unknown(found.error);
  }

  /** A plan waits and could not be compared with what is there: the wake stays unanswered, and is answered later. */
  #lookAgain(unknown: Unknown | null): void {
    const { state, wanted } = this.#input;
    if (unknown === null) return state.set({ looked: wanted });
    const attempts = (state.get("attempts") ?? 0) + 1;
    state.set({ attempts, retryAt: this.#nowMs + backoffMs(attempts, unknown.retryAfterMs) });
  }

  /** Nothing is concluded and nothing is written (I8). */
  async #unknown(unknown: Unknown): Promise<void> {
    const { state, view, wanted, env } = this.#input;
    const attempts = (state.get("attempts") ?? 0) + 1;
    const next = withStatus(
      view,
      { status: "unknown", why: `the zone could not be read: ${unknown.reason}`, unknown },
      this.#now,
    );
    await logOf(env).append([unknownEntry(this.#where, unknown, next.since)]);
    state.set({
      view: next,
      looked: wanted,
      attempts,
      retryAt: this.#nowMs + backoffMs(attempts, unknown.retryAfterMs),
    });
  }

  async #decide(found: Found): Promise<void> {
    const { decision } = found;
    this.#input.state.saveRouted(decision.heldBack);
    if (this.#input.waiting) return this.#still(this.#input.waiting, decision, found);
    await this.#endSpent(decision);
    switch (decision.type) {
      case "in_sync":
        return this.#inSync(decision, found);
      case "held":
        return this.#held(decision, found);
      case "heal":
        return this.#heal(decision, found);
    }
  }

  /** An expired hold over nothing that differs has nothing to ask: it ends by itself. */
  async #endSpent({ drift }: Decision): Promise<void> {
    const { holds, identity } = this.#input;
    const spent = spentHolds(holds.all(), drift.changes, { site: identity.site, now: this.#now });
    const ended = { how: "nothing_left", by: "reconciler", at: this.#now } as const;
    for (const hold of spent) await holds.end(hold, ended, () => undefined);
  }

  /** Whether the plan that waits is still the one to ask about. If not it is void, and the next pass plans anew. */
  async #still(waiting: ActiveRun, decision: Decision, found: Found): Promise<void> {
    const { state, env, wanted } = this.#input;
    // The run may have ended while we read; then its end has been stored, and what we saw is older.
    const view = state.get("view");
    if (!view || state.get("active")?.start.id !== waiting.start.id) return;
    const same =
      decision.type === "heal" &&
      changeSetDigest(decision.changes, found.generation) === waiting.changeSet;
    if (same) {
      const seen = this.#seen(decision, found);
      state.clearSignals();
      state.set({ looked: wanted, attempts: 0, retryAt: null, view: { ...view, ...seen } });
    } else await runOf(env, waiting.start.id).overtake();
  }

  async #inSync(decision: In<"in_sync">, found: Found): Promise<void> {
    const { lineage, reading } = found;
    const { state, view, wanted } = this.#input;
    const standing = state.get("standing");
    if (standing)
      await this.#record.saveIncident({ ...standing, status: "resolved", closedAt: this.#now });
    const seen = this.#seen(decision, found);
    const next = withStatus(
      view,
      { ...seen, status: "in_sync", why: "everything declared is as declared", drift: [] },
      this.#now,
    );
    state.saveLineage(lineage, lineageOf(reading.observation));
    state.clearSignals();
    this.#input.guardrails.clear(this.#look.leases, this.#at);
    state.set({
      view: next,
      looked: wanted,
      attempts: 0,
      retryAt: null,
      inSyncAt: this.#now,
      wholeAt: this.#now,
      standing: null,
      parent: null,
    });
  }

  /** Told once; looked at again when the reason may have passed. */
  async #held(decision: In<"held">, found: Found): Promise<void> {
    const { state, env, view, wanted } = this.#input;
    const { lineage, reading } = found;
    const standing = state.get("standing");
    const drift = stillBy(await this.#diagnose(decision, found), standing?.drift ?? []);
    const status: IncidentStatus = decision.heldBack.some(({ asks }) => asks) ? "waiting" : "held";
    const incident = standing
      ? { ...standing, status, drift }
      : this.#incident(decision.incident, drift, status);
    if (standing && !sameJson(standing, incident)) await this.#record.saveIncident(incident);
    if (!standing) {
      await logOf(env).append([
        ...signalEntries(this.#where, state.signals()),
        ...heldEntries(this.#where, incident, decision.why.reason),
      ]);
      await this.#record.saveIncident(incident);
    }
    const seen = this.#seen(decision, found);
    state.saveLineage(lineage, keepLost(lineage, lineageOf(reading.observation)));
    state.clearSignals();
    state.set({
      view: withStatus(view, { ...seen, status: "held", why: whyHeld(decision), drift }, this.#now),
      looked: wanted,
      retryAt: this.#nowMs + backoffMs(Infinity),
      standing: incident,
    });
  }

  /**
   * Order: dossier to R2 (named by its bytes, harmless if nothing follows) → log (I10) → one transaction that makes the
   * run ours → shared copies. The run starts when the reconciler drives on, now or after a crash.
   */
  async #heal(decision: In<"heal">, found: Found): Promise<void> {
    const { state, env, view, wanted } = this.#input;
    const { lineage, reading, generation } = found;
    const silent = await withoutVoice(env, this.#input.identity.scope);
    if (silent.length > 0) {
      const why = { reason: "voters_not_confirmed", voters: silent.map(({ id }) => id) } as const;
      return this.#held({ ...decision, type: "held", why }, found);
    }
    const drift = await this.#diagnose(decision, found);
    const policy = await this.#policy(decision);
    const people = (approvalsNeeded(policy.tier) ?? 0) > 0;
    const kept = new Set(decision.heldBack.map(({ change }) => subjectKey(change)));
    // What is not in this plan is not what this incident is about, and does not end with it.
    const mended = new Set(decision.changes.map(subjectKey));
    const healing = drift.filter(({ kind, identity }) => mended.has(`${kind} ${identity}`));
    const incident = this.#incident(decision.incident, healing, people ? "waiting" : "healing");
    const start = {
      ...(await this.#dossier({ ...decision, policy }, reading, lineage)),
      ...this.#occasion(found.stored),
    };
    await logOf(env).append([
      ...signalEntries(this.#where, state.signals()),
      ...healEntries(this.#where, incident, { decision, policy, start }),
    ]);
    // The golden state may have moved while we wrote: a plan of yesterday's must not start. The wake that came with the
    // new generation is still unanswered, so the next pass follows at once.
    if (state.golden()?.generation !== generation) return;
    // The same goes for a hold that was placed meanwhile. (One that comes later still finds the auditors.)
    if (!sameJson(this.#input.holds.all(), this.#look.holds)) return;
    // And for guardrails, of which one may have been placed, or have run out.
    if (!sameJson(this.#input.guardrails.leases(), this.#look.leases)) return;
    const seen = this.#seen(decision, found);
    const why = people
      ? `waits for a person: ${[...decision.findings.map(describeFinding), ...policy.raisedBy].join("; ")}`
      : `${healing.length} declared ${healing.length === 1 ? "resource differs" : "resources differ"}`;
    const standing = await this.#standingAfter(incident.id, kept.size > 0);
    state.saveLineage(lineage, keepLost(lineage, lineageOf(reading.observation)));
    state.clearSignals();
    state.set({
      inFlight: found.inFlight,
      epoch: decision.plan.plan.epoch,
      active: {
        start,
        incident: { ...incident, run: start.id },
        heals: decision.changes.map((change) => healOf(change, this.#nowMs)),
        postponed: decision.postponed + kept.size,
        changeSet: changeSetDigest(decision.changes, generation),
        divisible: decision.divisible,
      },
      view: withStatus(
        view,
        { ...seen, status: people ? "held" : "drifted", why, drift, run: start.id },
        this.#now,
      ),
      looked: wanted,
      retryAt: null,
      standing,
    });
    await this.#record.saveIncident({ ...incident, run: start.id });
  }

  /** The incident about what is held stands while something is; the one that heals it takes its place. */
  async #standingAfter(healing: Incident["id"], holds: boolean): Promise<Incident | null> {
    const standing = this.#input.state.get("standing") ?? null;
    if (standing === null || holds) return standing;
    const closed = { status: "superseded", closedAt: this.#now } as const;
    if (standing.id !== healing) await this.#record.saveIncident({ ...standing, ...closed });
    return null;
  }

  #seen({ drift, quarantined, heldBack }: Decision, { reading, golden }: Found) {
    const checked = new Set(reading.readings.map(({ kind }) => kind));
    const notChecked = [...KINDS.values()].filter(
      ({ name, level }) => level === this.#input.identity.site.level && !checked.has(name),
    );
    const seen = {
      drift,
      quarantined,
      heldBack,
      notChecked: notChecked.map(({ name }) => name),
      expired: expiredRules(golden, this.#now),
    };
    return readingView(seen, this.#now);
  }

  /** What is forbidden goes to the voters all the same: that it ended, and by which policy, is theirs to say. */
  async #policy({ plan: { plan }, risk, findings }: In<"heal">): Promise<PolicyDecision> {
    const { env, identity, state } = this.#input;
    const desk = await openDesk(
      env,
      identity.scope,
      scopeFacts(state, this.#look.holds, this.#nowMs),
    );
    return decidePlan({ plan, risk, findings, ...desk });
  }

  async #dossier(
    decision: In<"heal"> & { readonly policy: PolicyDecision },
    { readings }: SiteReading,
    lineage: Lineage,
  ): Promise<Omit<RunStart, "cause" | "paths">> {
    const { env } = this.#input;
    const { plan, digest: planDigest } = decision.plan;
    const dossier: Dossier = {
      version: 1,
      incident: decision.incident,
      plan,
      planDigest,
      evidence: {
        observedAt: this.#now,
        readings,
        lineage: [...lineage].map(([id, of]) => ({ id, ...of })),
      },
      held: decision.held,
      findings: decision.findings,
      risk: decision.risk,
      policy: decision.policy,
      ...this.#guardrailEvidence(plan),
    };
    const dossierDigest = await new Evidence(env.EVIDENCE).putDossier(canonicalise(dossier));
    return {
      id: runIdOf(planDigest),
      incident: decision.incident,
      motion: motionOf(dossier, dossierDigest),
      plan,
      assessed: { risk: decision.risk, findings: decision.findings },
      accountId: this.#input.identity.accountId,
    };
  }

  /** The first plans under a generation bring about what was declared with it; what differs later was changed by somebody. */
  #occasion({ paths = [], at }: Found["stored"]): Pick<RunStart, "cause" | "paths"> {
    const isNew = paths.length > 0 && at > (this.#input.state.get("inSyncAt") ?? "");
    return isNew ? { cause: OF_INTENT, paths } : { cause: CAUSE, paths: [] };
  }

  /** What the guardrails of the plan rest on: for whoever reads the dossier, no auditor decides by it. */
  #guardrailEvidence({ proposal }: In<"heal">["plan"]["plan"]): Pick<Dossier, "guardrails"> {
    const named = new Set(proposal.guardrails?.map(({ id }) => id));
    const resting = this.#look.leases.guardrails.filter(({ id }) => named.has(id));
    if (resting.length === 0) return {};
    return {
      guardrails: resting.map(({ id, template, mode, evidence, incident }) => {
        return { id, template, mode, evidence, incident };
      }),
    };
  }

  #incident(
    id: Incident["id"],
    drift: readonly DriftedResource[],
    status: IncidentStatus,
  ): Incident {
    return {
      id,
      scope: this.#input.identity.scope,
      status,
      openedAt: this.#now,
      closedAt: null,
      cause: CAUSE,
      drift,
      run: null,
    };
  }

  /** Who did it. A feed that cannot be read leaves that open; the heal does not wait for it. */
  async #diagnose(
    { drift: { changes }, heldBack }: Decision,
    { lineage, feed }: Found,
  ): Promise<readonly DriftedResource[]> {
    const entries = feed ?? (await readTrail(this.#look, heldBack.length > 0 ? "all" : "recent"));
    const healedAt = new Map(
      this.#input.state.heals(this.#nowMs).map(({ subject, atMs }) => [subject, instant(atMs)]),
    );
    return outOfBandChange(changes, { entries: entries ?? [], lineage, healedAt });
  }
}

/** What stands for long was found out when it was new: the audit log is not asked about more than a day. */
const stillBy = (
  drift: readonly DriftedResource[],
  before: readonly DriftedResource[],
): readonly DriftedResource[] =>
  drift.map((one) => {
    const same = before.find(
      ({ kind, identity, fields }) =>
        kind === one.kind && identity === one.identity && sameJson(fields, one.fields),
    );
    return one.by === null && same ? { ...one, by: same.by } : one;
  });

/** Ids of objects that are gone stay known until the heal is over: the audit log names a deleted object by its id only. */
const keepLost = (before: Lineage, after: Lineage): Lineage => new Map([...before, ...after]);
