/** One reconcile pass with its effects: read, decide (core), record, make a run ours. Starting it is the reconciler's. */
import { SWEEP_CALLS } from "../src/core/budget.ts";
import { backoffMs } from "../src/core/backoff.ts";
import { canonicalise } from "../src/core/canonical.ts";
import { describeFinding } from "../src/core/check.ts";
import { outOfBandChange } from "../src/core/diagnosis/out-of-band-change.ts";
import type { Dossier } from "../src/core/dossier.ts";
import { type GoldenState, parseGolden } from "../src/core/golden.ts";
import { type Instant, instantOf, runIdOf } from "../src/core/ids.ts";
import type { DriftedResource, Incident, IncidentStatus } from "../src/core/incident.ts";
import {
  healEntries,
  heldEntries,
  signalEntries,
  unknownEntry,
} from "../src/core/log/incident-entries.ts";
import { KINDS } from "../src/core/kinds/registry.ts";
import { doubted, type Lineage, type Unknown } from "../src/core/observation.ts";
import type { RunStart } from "../src/core/ports.ts";
import {
  changeSetDigest,
  type Decision,
  type HeldReason,
  lineageOf,
  reconcile,
} from "../src/core/reconcile.ts";
import { healOf } from "../src/core/recurrence.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import { approvalsNeeded } from "../src/core/risk.ts";
import { readingView, type ScopeView, withStatus } from "../src/core/scope-view.ts";
import { readFeed } from "../src/edge/cloudflare/audit-feed.ts";
import { allGone, readSite, type SiteReading } from "../src/edge/cloudflare/site-reader.ts";
import { postPosture } from "../src/edge/store/blackboard.ts";
import { Evidence } from "../src/edge/store/evidence.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import { logOf, runOf, vaultOf } from "./bindings.ts";
import { pacedApi } from "./paced-api.ts";
import type { ActiveRun, ReconcilerState, ScopeIdentity } from "./reconciler-state.ts";

/** The audit log is asked about changes from a little before the last time everything was in place: clocks differ. */
const ATTRIBUTION_OVERLAP_MS = 60_000;
const ATTRIBUTION_REACH_MS = 24 * 60 * 60_000;
/** The blackboard may be this old when nothing changes: one write a minute and scope. */
const POSTURE_AGE_MS = 60_000;
const CAUSE = "out_of_band_change";

function whyHeld(why: HeldReason): string {
  switch (why.reason) {
    case "quarantined":
      return "drift came straight back after a verified write and is not written again";
    case "turned_down":
      return `the run for this drift ended ${why.detail}; it waits for a person or for a new golden state`;
    case "not_ours":
      return "declared resources differ that are not ours to write; `reported` says why";
  }
}

type In<T extends Decision["type"]> = Extract<Decision, { type: T }>;

const instant = (ms: number): Instant => instantOf(new Date(ms).toISOString());

export interface PassInput {
  readonly env: Env;
  readonly state: ReconcilerState;
  readonly identity: ScopeIdentity;
  readonly view: ScopeView;
  /** The wakes that this pass answers. */
  readonly wanted: number;
  /** The run that waits for people, if one does: the pass then only finds out whether its plan still stands. */
  readonly waiting: ActiveRun | null;
}

/** What the zone was found to be, against what. */
interface Found {
  readonly golden: GoldenState;
  readonly generation: number;
  readonly reading: SiteReading;
  readonly lineage: Lineage;
}

export class Pass {
  readonly #input: PassInput;
  readonly #record: SharedRecord;
  readonly #api;
  readonly #nowMs = Date.now();
  readonly #now = instant(this.#nowMs);
  readonly #where;

  constructor(input: PassInput) {
    this.#input = input;
    this.#record = new SharedRecord(input.env.DB);
    const { accountId } = input.identity;
    // A sweep was paid for when its turn came; whatever else woke this pass is more urgent and pays now.
    const signals = input.state.signals();
    const isSweep = signals.length > 0 && signals.every(({ source }) => source === "cron");
    this.#api = pacedApi(input.env, {
      accountId,
      urgency: "look",
      prepaid: isSweep ? SWEEP_CALLS : 0,
    });
    this.#where = { scope: input.identity.scope, at: this.#now };
  }

  async run(): Promise<void> {
    const { state, identity, view, wanted, env } = this.#input;
    const stored = state.golden();
    const golden = stored && parseGolden(stored.document, identity.scope, identity.site);
    if (!stored || !golden?.ok) {
      state.set({ looked: wanted, retryAt: null });
      return;
    }
    const lineage = state.lineage();
    const reading = await this.#read(golden.value, lineage);
    if (reading.ok)
      await this.#decide({
        golden: golden.value,
        generation: stored.generation,
        reading: reading.value,
        lineage,
      });
    else if (this.#input.waiting) state.set({ looked: wanted });
    else await this.#unknown(reading.error);
    const next = state.get("view") ?? view;
    const changed = next.status !== view.status || next.drift.length !== view.drift.length;
    const postedAt = state.get("postedAt") ?? 0;
    if (!changed && this.#nowMs - postedAt < POSTURE_AGE_MS) return;
    await postPosture(env.BLACKBOARD, next);
    state.set({ postedAt: this.#nowMs });
  }

  async #read(golden: GoldenState, lineage: Lineage): Promise<Result<SiteReading, Unknown>> {
    const context = { api: this.#api, site: this.#input.identity.site };
    const reading = await readSite(context, golden, this.#now);
    if (!reading.ok) return reading;
    const gone = await allGone(context, doubted(lineage, reading.value.observation));
    if (!gone.ok) return gone;
    return gone.value
      ? ok(reading.value)
      : err({
          reason: "doubtful",
          detail: "a list no longer shows objects that still exist",
          retryAfterMs: null,
        });
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

  #decide(found: Found): Promise<void> {
    const { state, identity } = this.#input;
    const decision = reconcile({
      scope: identity.scope,
      site: identity.site,
      golden: found.golden,
      generation: found.generation,
      observation: found.reading.observation,
      lineage: found.lineage,
      heals: state.heals(this.#nowMs),
      turnedDown: state.turnedDown(this.#nowMs),
      epoch: (state.get("epoch") ?? 0) + 1,
      parent: state.get("parent") ?? null,
      now: this.#now,
      nowMs: this.#nowMs,
    });
    if (this.#input.waiting) return this.#still(this.#input.waiting, decision, found);
    switch (decision.type) {
      case "in_sync":
        return this.#inSync(decision, found);
      case "held":
        return this.#held(decision, found);
      case "heal":
        return this.#heal(decision, found);
    }
  }

  /** Whether the plan that waits is still the one to ask about. If not it is void, and the next pass plans anew. */
  async #still(
    waiting: ActiveRun,
    decision: Decision,
    { generation, reading }: Found,
  ): Promise<void> {
    const { state, env, view, wanted } = this.#input;
    const same =
      decision.type === "heal" &&
      changeSetDigest(decision.changes, generation) === waiting.changeSet;
    if (same) {
      const seen = this.#seen(decision, reading);
      state.clearSignals();
      state.set({ looked: wanted, view: { ...view, ...seen } });
    } else await runOf(env, waiting.start.id).overtake();
  }

  async #inSync(decision: In<"in_sync">, { lineage, reading }: Found): Promise<void> {
    const { state, view, wanted } = this.#input;
    const standing = state.get("standing");
    if (standing)
      await this.#record.saveIncident({ ...standing, status: "resolved", closedAt: this.#now });
    const seen = this.#seen(decision, reading);
    const next = withStatus(
      view,
      { ...seen, status: "in_sync", why: "everything declared is as declared", drift: [] },
      this.#now,
    );
    state.saveLineage(lineage, lineageOf(reading.observation));
    state.clearSignals();
    state.set({
      view: next,
      looked: wanted,
      attempts: 0,
      retryAt: null,
      inSyncAt: this.#now,
      standing: null,
      parent: null,
    });
  }

  /** Told once; looked at again when the reason may have passed. */
  async #held(decision: In<"held">, { lineage, reading }: Found): Promise<void> {
    const { state, env, view, wanted } = this.#input;
    const drift = await this.#diagnose(decision, lineage);
    const standing = state.get("standing");
    const incident = standing ?? this.#incident(decision.incident, drift, "held");
    if (!standing) {
      await logOf(env).append([
        ...signalEntries(this.#where, state.signals()),
        ...heldEntries(this.#where, incident, decision.why.reason),
      ]);
      await this.#record.saveIncident(incident);
    }
    const seen = this.#seen(decision, reading);
    state.saveLineage(lineage, keepLost(lineage, lineageOf(reading.observation)));
    state.clearSignals();
    state.set({
      view: withStatus(
        view,
        { ...seen, status: "held", why: whyHeld(decision.why), drift },
        this.#now,
      ),
      looked: wanted,
      retryAt: this.#nowMs + backoffMs(Infinity),
      standing: incident,
    });
  }

  /**
   * Order: dossier to R2 (named by its bytes, harmless if nothing follows) → log (I10) → one transaction that makes the
   * run ours → shared copies. The run starts when the reconciler drives on, now or after a crash.
   */
  async #heal(decision: In<"heal">, { lineage, reading, generation }: Found): Promise<void> {
    const { state, env, view, wanted } = this.#input;
    const drift = await this.#diagnose(decision, lineage);
    const people = approvalsNeeded(decision.risk.tier) !== 0;
    const incident = this.#incident(decision.incident, drift, people ? "waiting" : "healing");
    const start = await this.#dossier(decision, reading, lineage);
    await logOf(env).append([
      ...signalEntries(this.#where, state.signals()),
      ...healEntries(this.#where, incident, { decision, start }),
    ]);
    // The golden state may have moved while we wrote: a plan of yesterday's must not start. The wake that came with the
    // new generation is still unanswered, so the next pass follows at once.
    if (state.golden()?.generation !== generation) return;
    const seen = this.#seen(decision, reading);
    const why = people
      ? `waits for a person: ${decision.findings.map(describeFinding).join("; ")}`
      : `${drift.length} declared ${drift.length === 1 ? "resource differs" : "resources differ"}`;
    state.saveLineage(lineage, keepLost(lineage, lineageOf(reading.observation)));
    state.clearSignals();
    state.set({
      epoch: decision.plan.plan.epoch,
      active: {
        start,
        incident: { ...incident, run: start.id },
        heals: decision.changes.map((change) => healOf(change, this.#nowMs)),
        postponed: decision.postponed,
        changeSet: changeSetDigest(decision.changes, generation),
      },
      view: withStatus(
        view,
        { ...seen, status: people ? "held" : "drifted", why, drift, run: start.id },
        this.#now,
      ),
      looked: wanted,
      retryAt: null,
      standing: null,
    });
    await this.#record.saveIncident({ ...incident, run: start.id });
  }

  #seen({ drift, quarantined }: Decision, { readings }: SiteReading) {
    const checked = new Set(readings.map(({ kind }) => kind));
    const notChecked = [...KINDS.values()].filter(
      ({ name, level }) => level === this.#input.identity.site.level && !checked.has(name),
    );
    const seen = { drift, quarantined, notChecked: notChecked.map(({ name }) => name) };
    return readingView(seen, this.#now);
  }

  async #dossier(
    decision: In<"heal">,
    { readings }: SiteReading,
    lineage: Lineage,
  ): Promise<RunStart> {
    const {
      env,
      identity: { scope },
    } = this.#input;
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
    };
    const dossierDigest = await new Evidence(env.EVIDENCE).putDossier(canonicalise(dossier));
    return {
      id: runIdOf(planDigest),
      incident: decision.incident,
      motion: { scope, epoch: plan.epoch, planDigest, dossierDigest },
      plan,
      cause: CAUSE,
      accountId: this.#input.identity.accountId,
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
    { drift: { changes } }: Decision,
    lineage: Lineage,
  ): Promise<readonly DriftedResource[]> {
    const {
      identity: { accountId, site },
      state,
      env,
    } = this.#input;
    const inSyncAt = state.get("inSyncAt");
    const sinceMs = Math.max(
      inSyncAt === undefined ? 0 : Date.parse(inSyncAt),
      this.#nowMs - ATTRIBUTION_REACH_MS,
    );
    const own = await vaultOf(env)
      .tokenId(accountId)
      .catch(() => null);
    const feed = await readFeed(this.#api, {
      ...(own === null ? {} : { exceptTokenId: own }),
      accountId,
      zoneId: site.id,
      since: instant(sinceMs - ATTRIBUTION_OVERLAP_MS),
      before: instant(this.#nowMs + ATTRIBUTION_OVERLAP_MS),
    });
    return outOfBandChange(changes, feed.ok ? feed.value : [], lineage);
  }
}

/** Ids of objects that are gone stay known until the heal is over: the audit log names a deleted object by its id only. */
const keepLost = (before: Lineage, after: Lineage): Lineage => new Map([...before, ...after]);
