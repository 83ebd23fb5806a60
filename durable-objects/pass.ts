/** One reconcile pass with its effects: read, decide (core), record, start the run. */
import { backoffMs } from "../src/core/backoff.ts";
import { canonicalise } from "../src/core/canonical.ts";
import { describeFinding } from "../src/core/check.ts";
import { type AuditEntry, outOfBandChange } from "../src/core/diagnosis/out-of-band-change.ts";
import type { Dossier } from "../src/core/dossier.ts";
import { type GoldenState, parseGolden } from "../src/core/golden.ts";
import { type Instant, instantOf, runIdOf } from "../src/core/ids.ts";
import type { DriftedResource, Incident, IncidentStatus } from "../src/core/incident.ts";
import type { Entry, EntryType } from "../src/core/log/entry.ts";
import { doubted, type Lineage, type Unknown } from "../src/core/observation.ts";
import type { RunStart, StoredGolden } from "../src/core/ports.ts";
import { changeSetDigest, type Decision, lineageOf, reconcile } from "../src/core/reconcile.ts";
import { healOf, subjectKey } from "../src/core/recurrence.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import { approvalsNeeded } from "../src/core/risk.ts";
import { readingView, type ScopeView, withStatus } from "../src/core/scope-view.ts";
import { readFeed } from "../src/edge/cloudflare/audit-feed.ts";
import { connect } from "../src/edge/cloudflare/connect.ts";
import { allGone, readZone, type ZoneReading } from "../src/edge/cloudflare/zone-reader.ts";
import { postPosture } from "../src/edge/store/blackboard.ts";
import { Evidence } from "../src/edge/store/evidence.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import { logOf } from "./bindings.ts";
import type { ReconcilerState, ScopeIdentity } from "./reconciler-state.ts";

/** The audit log is asked about changes from a little before the last time everything was in place: clocks differ. */
const ATTRIBUTION_OVERLAP_MS = 60_000;
const ATTRIBUTION_REACH_MS = 24 * 60 * 60_000;
const CAUSE = "out_of_band_change";

type Heal = Extract<Decision, { type: "heal" }>;

const instant = (ms: number): Instant => instantOf(new Date(ms).toISOString());

export class Pass {
  readonly #env: Env;
  readonly #state: ReconcilerState;
  readonly #record: SharedRecord;
  readonly #api;
  readonly #nowMs = Date.now();
  readonly #now = instant(this.#nowMs);

  constructor(env: Env, state: ReconcilerState) {
    this.#env = env;
    this.#state = state;
    this.#record = new SharedRecord(env.DB);
    this.#api = connect(env);
  }

  /** `wanted`: the wakes that this pass answers. */
  async run(wanted: number): Promise<void> {
    const identity = this.#state.get("identity");
    const view = this.#state.get("view");
    if (!identity || !view) return;
    const stored = this.#state.golden();
    const golden = stored && parseGolden(stored.document, identity.scope, identity.zone);
    if (!stored || !golden?.ok) {
      this.#state.set({ looked: wanted, retryAt: null });
      return;
    }
    const lineage = this.#state.lineage();
    const reading = await this.#read(identity, golden.value, lineage);
    if (!reading.ok) {
      await this.#unknown(view, reading.error, wanted);
      return;
    }
    const decision = reconcile({
      ...identity, golden: golden.value, generation: stored.generation, observation: reading.value.observation, lineage,
      heals: this.#state.heals(this.#nowMs), turnedDown: this.#state.turnedDown(this.#nowMs),
      epoch: (this.#state.get("epoch") ?? 0) + 1, parent: null, now: this.#now, nowMs: this.#nowMs,
    });
    await this.#carryOut(decision, { identity, view, stored, reading: reading.value, lineage, wanted });
    const posted = this.#state.get("view");
    if (posted && (posted.status !== view.status || posted.drift.length !== view.drift.length)) await postPosture(this.#env.BLACKBOARD, posted);
  }

  async #read(identity: ScopeIdentity, golden: GoldenState, lineage: Lineage): Promise<Result<ZoneReading, Unknown>> {
    const context = { api: this.#api, zone: identity.zone };
    const reading = await readZone(context, golden, this.#now);
    if (!reading.ok) return reading;
    const gone = await allGone(context, doubted(lineage, reading.value.observation));
    if (!gone.ok) return gone;
    return gone.value ? ok(reading.value)
      : err({ reason: "doubtful", detail: "a list no longer shows objects that still exist", retryAfterMs: null });
  }

  /** Nothing is concluded and nothing is written (I8). */
  async #unknown(view: ScopeView, unknown: Unknown, wanted: number): Promise<void> {
    const attempts = (this.#state.get("attempts") ?? 0) + 1;
    const next = withStatus(view, { status: "unknown", why: `the zone could not be read: ${unknown.reason}`, unknown }, this.#now);
    await this.#log([this.#entry(view, "unknown_state", `${next.since}/${unknown.reason}`, { reason: unknown.reason, detail: unknown.detail })]);
    this.#state.set({ view: next, looked: wanted, attempts, retryAt: this.#nowMs + backoffMs(attempts, unknown.retryAfterMs) });
  }

  async #carryOut(decision: Decision, context: PassContext): Promise<void> {
    switch (decision.type) {
      case "in_sync":
        return this.#inSync(decision, context);
      case "held":
        return this.#held(decision, context);
      case "heal":
        return this.#heal(decision, context);
    }
  }

  async #inSync(decision: Decision, { view, reading, lineage, wanted }: PassContext): Promise<void> {
    const standing = this.#state.get("standing");
    const seen = readingView(decision.drift, decision.quarantined, this.#now);
    const next = withStatus(view, { ...seen, status: "in_sync", why: "everything declared is as declared", drift: [] }, this.#now);
    this.#state.saveLineage(lineage, lineageOf(reading.observation));
    this.#state.clearSignals();
    if (standing) await this.#record.saveIncident({ ...standing, status: "resolved", closedAt: this.#now });
    this.#state.set({ view: next, looked: wanted, attempts: 0, retryAt: null, inSyncAt: this.#now, standing: null });
  }

  /** Reported once for each way of being held, and looked at again when the reason may have passed. */
  async #held(decision: Extract<Decision, { type: "held" }>, context: PassContext): Promise<void> {
    const { view, reading, wanted } = context;
    const drift = await this.#diagnose(decision, context);
    const why = decision.why === "quarantined" ? "drift came straight back after a verified write and is not written again" : "the same change set was turned down; it waits for a person or a new golden state";
    const standing = this.#state.get("standing");
    const incident = standing ?? this.#incident(decision.incident, context, { drift, status: "held" });
    if (!standing) {
      await this.#log([
        ...this.#signals(view),
        this.#entry(view, "incident", incident.id, { incident: incident.id, cause: CAUSE, drifted: drift.length }),
        this.#entry(view, "quarantine", incident.id, { incident: incident.id, why: decision.why, subjects: drift.slice(0, 20).map(({ identity }) => identity) }),
      ]);
      await this.#record.saveIncident(incident);
    }
    const seen = readingView(decision.drift, decision.quarantined, this.#now);
    this.#state.saveLineage(context.lineage, lineageOf(reading.observation));
    this.#state.clearSignals();
    this.#state.set({ view: withStatus(view, { ...seen, status: "held", why, drift }, this.#now), looked: wanted, retryAt: this.#nowMs + backoffMs(Infinity), standing: incident });
  }

  /**
   * Order: dossier to R2 (named by its bytes, harmless if nothing follows) → log (I10) → one transaction that makes the
   * run ours → shared copies. The run starts when the reconciler drives on, now or after a crash.
   */
  async #heal(decision: Heal, context: PassContext): Promise<void> {
    const { identity, view, reading, lineage, wanted } = context;
    const drift = await this.#diagnose(decision, context);
    const person = (approvalsNeeded(decision.risk.tier) ?? 1) > 0;
    const incident = this.#incident(decision.incident, context, { drift, status: person ? "waiting" : "healing" });
    const start = await this.#dossier(decision, context);
    await this.#log([...this.#signals(view), ...this.#arrows(decision, { view, incident, start, drift })]);
    const seen = readingView(decision.drift, decision.quarantined, this.#now);
    const why = person ? `waits for a person: ${decision.findings.map(describeFinding).join("; ")}` : `${drift.length} declared ${drift.length === 1 ? "resource differs" : "resources differ"}`;
    this.#state.saveLineage(lineage, keepLost(lineage, lineageOf(reading.observation)));
    this.#state.clearSignals();
    this.#state.set({
      epoch: decision.plan.plan.epoch,
      active: { start, incident: { ...incident, run: start.id }, heals: decision.changes.map((change) => healOf(change, 0)), changeSet: changeSetDigest(decision.changes, context.stored.generation) },
      view: withStatus(view, { ...seen, status: person ? "held" : "drifted", why, drift, run: start.id }, this.#now),
      looked: wanted, retryAt: null, standing: null,
    });
    await this.#record.saveIncident({ ...incident, scope: identity.scope, run: start.id });
  }

  async #dossier(decision: Heal, { identity, reading, lineage }: PassContext): Promise<RunStart> {
    const { plan, digest: planDigest } = decision.plan;
    const dossier: Dossier = {
      version: 1, incident: decision.incident, plan, planDigest,
      evidence: { observedAt: this.#now, readings: reading.readings, lineage: [...lineage].map(([id, of]) => ({ id, ...of })) },
      held: decision.quarantined.map(subjectKey), findings: decision.findings, risk: decision.risk,
    };
    const dossierDigest = await new Evidence(this.#env.EVIDENCE).putDossier(canonicalise(dossier));
    const motion = { scope: identity.scope, epoch: plan.epoch, planDigest, dossierDigest };
    return { id: runIdOf(planDigest), incident: decision.incident, motion, plan, cause: CAUSE };
  }

  #incident(id: Incident["id"], { identity }: PassContext, of: { drift: readonly DriftedResource[]; status: IncidentStatus }): Incident {
    return { id, scope: identity.scope, status: of.status, openedAt: this.#now, closedAt: null, cause: CAUSE, drift: of.drift, run: null };
  }

  /** Who did it. A feed that cannot be read leaves that open; the heal does not wait for it. */
  async #diagnose({ drift: { changes } }: Decision, { identity, lineage }: PassContext): Promise<readonly DriftedResource[]> {
    const inSyncAt = this.#state.get("inSyncAt");
    const reach = inSyncAt === undefined ? this.#nowMs - ATTRIBUTION_REACH_MS : Math.max(Date.parse(inSyncAt), this.#nowMs - ATTRIBUTION_REACH_MS);
    const feed = await readFeed(this.#api, {
      accountId: identity.accountId, zoneId: identity.zone.id, since: instant(reach - ATTRIBUTION_OVERLAP_MS), before: instant(this.#nowMs + ATTRIBUTION_OVERLAP_MS),
    });
    const entries: readonly AuditEntry[] = feed.ok ? feed.value : [];
    return outOfBandChange(changes, entries, lineage);
  }

  #signals(view: ScopeView): Entry[] {
    return this.#state.signals().map((signal) => this.#entry(view, "signal", `${signal.source}/${signal.at}`, { ...signal }));
  }

  #arrows(decision: Heal, { view, incident, start, drift }: { view: ScopeView; incident: Incident; start: RunStart; drift: readonly DriftedResource[] }): Entry[] {
    const { plan, planDigest } = { plan: decision.plan.plan, planDigest: decision.plan.digest };
    const of = { incident: incident.id, run: start.id };
    return [
      this.#entry(view, "incident", incident.id, { ...of, cause: CAUSE, drifted: drift.length }),
      this.#entry(view, "diagnosis", incident.id, { ...of, cause: CAUSE, drift: drift.slice(0, 50).map(({ kind, summary, by }) => ({ kind, summary, by: by === null ? null : { ...by } })) }),
      this.#entry(view, "proposal", incident.id, { ...of, type: plan.proposal.type, golden_generation: plan.proposal.goldenGeneration, golden_digest: plan.proposal.goldenDigest }),
      this.#entry(view, "plan", start.id, {
        ...of, plan_digest: planDigest, dossier_digest: start.motion.dossierDigest, epoch: plan.epoch, steps: plan.steps.length, calls: plan.calls.length,
        tier: decision.risk.tier, findings: decision.findings.map(({ type }) => type), quarantined: decision.quarantined.length,
      }),
    ];
  }

  #entry({ scope }: ScopeView, type: EntryType, what: string, data: Entry["data"]): Entry {
    return { id: `${scope}/${type}/${what}`, type, scope, at: this.#now, actor: "reconciler", data };
  }

  #log(entries: readonly Entry[]): Promise<unknown> {
    return logOf(this.#env).append(entries);
  }
}

interface PassContext {
  readonly identity: ScopeIdentity;
  readonly view: ScopeView;
  readonly stored: StoredGolden;
  readonly reading: ZoneReading;
  readonly lineage: Lineage;
  readonly wanted: number;
}

/** Ids of objects that are gone stay known until the heal is over: the audit log names a deleted object by its id only. */
const keepLost = (before: Lineage, after: Lineage): Lineage => new Map([...before, ...after]);
