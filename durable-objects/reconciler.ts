import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import { changeDigest } from "../src/core/diff.ts";
import { parseGolden } from "../src/core/golden.ts";
import type { Guardrail } from "../src/core/guardrails/guardrail.ts";
import type { Leases } from "../src/core/guardrails/overlay.ts";
import {
  type Hold,
  HOLD_MAX_MS,
  holdFaults,
  holdOf,
  type HoldRequest,
  HOLDS_MAX,
} from "../src/core/hold.ts";
import {
  type Digest,
  type HoldId,
  type IncidentId,
  type Instant,
  instantOf,
  type ScopeId,
} from "../src/core/ids.ts";
import type { Incident, OpenIncident } from "../src/core/incident.ts";
import { amendEntry, revertRoutedEntry } from "../src/core/log/hold-entries.ts";
import { goldenEntry } from "../src/core/log/incident-entries.ts";
import type { Rehearsal } from "../src/core/intents/intent.ts";
import type { LineageEntry, Unknown } from "../src/core/observation.ts";
import type {
  Drifted,
  GoldenPut,
  GoldenRefusal,
  GuardCommand,
  GuardrailRefusal,
  HoldEnd,
  HoldRefusal,
  ReconcilerPort,
  ScopeFacts,
  StoredGolden,
  Surroundings,
} from "../src/core/ports.ts";
import type { LiveSite } from "../src/core/publish.ts";
import type { Site } from "../src/core/resource.ts";
import type { Subject } from "../src/core/proposal.ts";
import { subjectKey } from "../src/core/recurrence.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import type { Run } from "../src/core/run.ts";
import { type ScopeView, unseen, withStatus } from "../src/core/scope-view.ts";
import type { Signal } from "../src/core/signal.ts";
import { postPosture } from "../src/edge/store/blackboard.ts";
import { Evidence } from "../src/edge/store/evidence.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import { logOf, runOf } from "./bindings.ts";
import { Driver } from "./driver.ts";
import { GuardrailRegister } from "./guardrail-register.ts";
import { Guarding, unfounded } from "./guarding.ts";
import { HoldRegister } from "./hold-register.ts";
import { readLive } from "./live-reading.ts";
import { type Found, look, type LookInput, rehearse } from "./look.ts";
import { pacedSiteApi } from "./paced-api.ts";
import { Pass } from "./pass.ts";
import { scopeFacts } from "./policy-desk.ts";
import { afterRun, INCIDENT_ENDS, settle } from "./run-end.ts";
import { type ActiveRun, ReconcilerState } from "./reconciler-state.ts";

/** Votes are in within a fraction of a second; a wake that came meanwhile is taken up this soon after. */
const VOTING_MS = 200;

const clock = (offsetMs = 0): Instant => instantOf(new Date(Date.now() + offsetMs).toISOString());

/**
 * One per scope, the only one that plans for it. Owns: the golden state's current generation, what is known of the
 * zone's objects, and the one run that may be under way.
 *
 * Woken by cron, change feed, a request or the end of a run; it takes no instruction and reads everything again. It does
 * not retry inside a pass: a pass that came to nothing sets the time of the next one.
 */
export class Reconciler extends DurableObject<Env> implements ReconcilerPort {
  readonly #driver = new Driver("reconciler", () => this.#drive());
  readonly lifecycle = Lifecycle.install(this).use(this.#driver);
  readonly #state = new ReconcilerState(this.ctx.storage);
  readonly #record = new SharedRecord(this.env.DB);
  readonly #holds = new HoldRegister(this.ctx.storage, this.env);
  readonly #guardrails = new GuardrailRegister(this.ctx.storage, this.env);
  #guarding: Promise<unknown> = Promise.resolve();
  /** The whole look that is under way, and of which kinds. Lost with the object, and then nobody waits for it. */
  #looking: { readonly asked: string; readonly live: Promise<Result<LiveSite, Unknown>> } | null =
    null;

  async adopt(scope: ScopeId, site: Site, of: Surroundings): Promise<void> {
    await this.lifecycle.start();
    this.#state.set({ identity: { scope, site, ...of } });
    if (!this.#state.get("view")) this.#state.set({ view: unseen(scope, site.name, clock()) });
  }

  async zonePlan(): ReturnType<ReconcilerPort["zonePlan"]> {
    await this.lifecycle.start();
    return this.#state.get("identity")?.plan ?? null;
  }

  async wake(signal: Signal): Promise<void> {
    await this.lifecycle.start();
    this.#want(signal);
    await this.#driver.request();
  }

  async golden(): Promise<StoredGolden | null> {
    await this.lifecycle.start();
    return this.#state.golden();
  }

  async generation(): Promise<number> {
    await this.lifecycle.start();
    return this.#state.golden()?.generation ?? 0;
  }

  async putGolden(
    put: GoldenPut,
  ): Promise<Result<{ generation: number; digest: Digest }, GoldenRefusal>> {
    await this.lifecycle.start();
    const { scope, site } = this.#identity();
    const moved = this.#moved(put.expected);
    if (moved) return err(moved);
    const golden = parseGolden(put.document, scope, site);
    if (!golden.ok) return err({ reason: "invalid", problems: golden.error });
    const problems = unfounded(this.#guardrails.leases(), golden.value);
    if (problems.length > 0) return err({ reason: "invalid", problems });
    const { expected, amends, ...content } = put;
    const { digest } = golden.value;
    const stored: StoredGolden = { ...content, generation: expected + 1, digest, at: clock() };
    // Log and snapshot first, both named by the digest: a crash here leaves them for a generation that nobody was promised,
    // and whatever is put next does not collide with them.
    await logOf(this.env).append([
      ...(amends ? [amendEntry(scope, stored, amends)] : []),
      goldenEntry(scope, stored, this.#state.golden()?.digest ?? null),
    ]);
    await new Evidence(this.env.EVIDENCE).putGolden(scope, stored);
    const movedMeanwhile = this.#moved(expected);
    if (movedMeanwhile) return err(movedMeanwhile);
    await this.#inForce(stored);
    await this.#record.saveGeneration(scope, stored.generation);
    return ok({ generation: stored.generation, digest });
  }

  async facts(): Promise<ScopeFacts> {
    await this.lifecycle.start();
    return scopeFacts(this.#state, this.#holds.all(), Date.now());
  }

  async holds(): Promise<readonly Hold[]> {
    await this.lifecycle.start();
    return this.#holds.all();
  }

  async placeHold(request: HoldRequest): Promise<Result<Hold, HoldRefusal>> {
    await this.lifecycle.start();
    const { scope, site } = this.#identity();
    const at = clock();
    const latest = clock(HOLD_MAX_MS);
    const faults = holdFaults(request, { site, now: at, latest });
    if (faults.length > 0) return err({ reason: "invalid", faults });
    const hold = holdOf(scope, request, at);
    const before = this.#holds.find(hold.id);
    if (before) return ok(before);
    if (this.#holds.all().length >= HOLDS_MAX) return err({ reason: "too_many", max: HOLDS_MAX });
    await this.#holds.put(hold, { by: request.by, at }, () => this.#reopen(request.by));
    await this.#driver.request();
    return ok(hold);
  }

  async extendHold(
    id: HoldId,
    { expiresAt, by }: { readonly expiresAt: Instant; readonly by: string },
  ): Promise<Result<Hold, HoldRefusal>> {
    await this.lifecycle.start();
    const hold = this.#holds.find(id);
    if (!hold) return err({ reason: "no_such_hold" });
    const { site } = this.#identity();
    const at = clock();
    const extended = { ...hold, expiresAt };
    const faults = holdFaults(extended, { site, now: at, latest: clock(HOLD_MAX_MS) });
    if (faults.length > 0) return err({ reason: "invalid", faults });
    await this.#holds.put(extended, { by, at }, () => this.#reopen(by));
    await this.#driver.request();
    return ok(extended);
  }

  async endHold(
    id: HoldId,
    { how, by }: { readonly how: HoldEnd; readonly by: string },
  ): Promise<Result<Hold, HoldRefusal>> {
    await this.lifecycle.start();
    const hold = this.#holds.find(id);
    if (!hold) return err({ reason: "no_such_hold" });
    await this.#holds.end(hold, { how, by, at: clock() }, () => this.#reopen(by));
    await this.#driver.request();
    return ok(hold);
  }

  async guardrails(): Promise<Leases> {
    await this.lifecycle.start();
    return this.#guardrails.leases();
  }

  /** One after the other: between a check and what it allows, the record is waited for. */
  async guard(command: GuardCommand): Promise<Result<Guardrail, GuardrailRefusal>> {
    await this.lifecycle.start();
    const { env } = this;
    const of = { env, state: this.#state, register: this.#guardrails, identity: this.#identity() };
    const reopen = (by: string): void => this.#reopen(by, "guardrail");
    const turn = this.#guarding.then(() => {
      // What has run out has ended, also when nothing looked since: it is neither renewed nor taken for the same.
      this.#latchExpiries();
      return new Guarding({ ...of, look: reopen }).carryOut(command);
    });
    this.#guarding = turn.catch(() => undefined);
    const done = await turn;
    await this.#driver.request();
    return done;
  }

  async incidentOpened(incident: OpenIncident): Promise<void> {
    await this.lifecycle.start();
    this.#state.openIncident(incident);
  }

  async incidentClosed(id: IncidentId): Promise<void> {
    await this.lifecycle.start();
    this.ctx.storage.transactionSync(() => {
      if (this.#state.closeIncident(id))
        this.#want({ source: "incident", at: clock(), incident: id });
    });
    await this.#driver.request();
  }

  /** In the transaction that changes what is held: look at the scope, and ask again about what was turned down. */
  #reopen(by: string, source: "hold" | "guardrail" = "hold"): void {
    this.#state.forgetTurnedDown();
    this.#want({ source, at: clock(), by });
  }

  async drifted(): Promise<Result<Drifted | null, Unknown>> {
    await this.lifecycle.start();
    const found = await this.#found();
    if (!found.ok || found.value === null) return found.ok ? ok(null) : found;
    const { stored, decision, reading } = found.value;
    const { changes, unmanaged, reported } = decision.drift;
    return ok({
      golden: stored,
      live: { site: this.#identity().site, observed: reading.observation.resources },
      changes,
      heldBack: decision.heldBack,
      others: [
        ...reported.map(({ change }) => change),
        ...unmanaged.map((observed) => ({ op: "delete", observed }) as const),
      ],
    });
  }

  async revertRouted(
    subjects: readonly Subject[],
    by: string,
  ): Promise<Result<{ readonly reverted: number }, Unknown>> {
    await this.lifecycle.start();
    const found = await this.#found();
    if (!found.ok) return found;
    const named = new Set(subjects.map(({ kind, identity }) => `${kind} ${identity}`));
    const routed = (found.value?.decision.heldBack ?? []).filter(
      ({ by: keeper, change }) => keeper.type === "routing" && named.has(subjectKey(change)),
    );
    if (routed.length === 0) return ok({ reverted: 0 });
    const changes = routed.map(({ change }) => changeDigest(change));
    const at = clock();
    const { scope } = this.#identity();
    await logOf(this.env).append([revertRoutedEntry(scope, { by, at }, changes)]);
    this.ctx.storage.transactionSync(() => {
      this.#state.rule(changes, Date.parse(at));
      this.#reopen(by);
    });
    await this.#driver.request();
    return ok({ reverted: routed.length });
  }

  async rehearse(document: unknown): Promise<Result<Rehearsal, Unknown | GoldenRefusal>> {
    await this.lifecycle.start();
    return rehearse(document, this.#lookInput());
  }

  #found(): Promise<Result<Found | null, Unknown>> {
    return look(this.#lookInput());
  }

  #lookInput(): LookInput {
    const identity = this.#identity();
    const { accountId, site } = identity;
    const api = pacedSiteApi(this.env, site, { accountId, urgency: "look" });
    const [holds, leases] = [this.#holds.all(), this.#guardrails.leases()];
    const of = { env: this.env, state: this.#state, identity, api };
    return { ...of, holds, leases, nowMs: Date.now() };
  }

  #moved(expected: number): GoldenRefusal | null {
    const generation = this.#state.golden()?.generation ?? 0;
    return generation === expected ? null : { reason: "generation_moved", generation };
  }

  /** The new generation and the wish to look at the zone, in one transaction; then whoever waits on the old one is told. */
  async #inForce(stored: StoredGolden): Promise<void> {
    const { at, by, generation } = stored;
    this.ctx.storage.transactionSync(() => {
      this.#state.addGolden(stored);
      this.#want({ source: "golden", at, by, generation });
    });
    await this.#driver.request();
    const waiting = this.#state.get("active");
    if (waiting) await runOf(this.env, waiting.start.id).poke();
  }

  #want(signal: Signal): void {
    this.#state.addSignal(signal);
    this.#state.set({ wanted: (this.#state.get("wanted") ?? 0) + 1 });
  }

  async view(): Promise<ScopeView> {
    await this.lifecycle.start();
    const view = this.#view();
    if (!view) throw new Error("this scope has not been adopted");
    return { ...view, generation: this.#state.golden()?.generation ?? 0 };
  }

  async live(kinds: readonly string[] | null): Promise<Result<LiveSite, Unknown>> {
    await this.lifecycle.start();
    // One at a time: who asks meanwhile for something else comes again (I12).
    const asked = kinds?.toSorted().join() ?? "";
    if (this.#looking && this.#looking.asked !== asked)
      return err({
        reason: "rate_limited",
        detail: "another look is under way",
        retryAfterMs: 5_000,
      });
    const looking = (this.#looking ??= { asked, live: this.#readLive(kinds) });
    try {
      return await looking.live;
    } finally {
      if (this.#looking === looking) this.#looking = null;
    }
  }

  #readLive(kinds: readonly string[] | null): Promise<Result<LiveSite, Unknown>> {
    return readLive(this.env, {
      identity: this.#identity(),
      golden: this.#state.golden(),
      lineage: this.#state.lineage(),
      kinds,
      now: clock(),
      cache: this.#state.readCache,
    });
  }

  async runFinished(run: Run, touched: readonly LineageEntry[]): Promise<void> {
    await this.lifecycle.start();
    const active = this.#state.get("active");
    if (active?.start.id !== run.id) return;
    const view = this.#view();
    // The shared copies first: until the run is settled here, a crash lets the run call again, and all of it is repeated.
    await this.#closeIncident(active.incident, run);
    if (view)
      await postPosture(
        this.env.BLACKBOARD,
        withStatus(view, afterRun(view, run, active.postponed), clock()),
      );
    if (this.#state.get("active")?.start.id !== run.id) return;
    // Nothing is waited for between the two: settled and not armed would wait for the next cron (I11).
    settle(
      { storage: this.ctx.storage, state: this.#state, view: this.#view() },
      { active, run, touched },
    );
    await this.#driver.request();
  }

  #identity() {
    const identity = this.#state.get("identity");
    if (!identity) throw new Error("this scope has not been adopted");
    return identity;
  }

  async #closeIncident(incident: Incident, run: Run): Promise<void> {
    const status = INCIDENT_ENDS[run.phase] ?? "failed";
    await this.#record.saveIncident({ ...incident, status, run: run.id, closedAt: clock() });
  }

  /** A view that was stored before there were holds has none. */
  #view(): ScopeView | undefined {
    const view = this.#state.get("view");
    return view && { ...view, held: view.held ?? [], notes: view.notes ?? [] };
  }

  async #drive(): Promise<number | null> {
    // Claimed and wanted in one transaction: an expiry is looked at once, also when a crash comes in between.
    this.ctx.storage.transactionSync(() => {
      if (this.#holds.claimExpired(clock()))
        this.#want({ source: "hold", at: clock(), by: "reconciler" });
    });
    this.#latchExpiries();
    await this.#guardrails.tell();
    const next = await this.#work();
    const due = [next, this.#holds.nextExpiryMs(clock()), this.#guardrails.nextExpiryMs()];
    const times = due.filter((time) => time !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  #latchExpiries(): void {
    this.ctx.storage.transactionSync(() => {
      if (this.#guardrails.endExpired({ now: clock(), nowMs: Date.now() }))
        this.#reopen("reconciler", "guardrail");
    });
  }

  async #work(): Promise<number | null> {
    if (!this.#state.get("active")) await this.#look(null);
    const active = this.#state.get("active");
    if (!active) return this.#state.get("retryAt") ?? null;
    const run = runOf(this.env, active.start.id);
    // Idempotent, and repeated after a crash between storing the run and starting it. The run calls back when it is over.
    await run.begin(active.start);
    // A plan may wait for people for long; drift that comes meanwhile is not kept waiting with it.
    const retryAt = this.#state.get("retryAt") ?? 0;
    if (!this.#isWanted()) return null;
    if (retryAt > Date.now()) return retryAt;
    const phase = await run.poke();
    if (phase === "awaiting_approval") await this.#look(active);
    // A run tells of its end, not of people being asked: without another try this wake would wait with the plan (I11).
    else if (phase === "voting") return Date.now() + VOTING_MS;
    return this.#isWanted() ? (this.#state.get("retryAt") ?? null) : null;
  }

  #isWanted(): boolean {
    return (this.#state.get("wanted") ?? 0) !== (this.#state.get("looked") ?? 0);
  }

  /** One pass, if somebody asked for one or it is time to try again. */
  async #look(waiting: ActiveRun | null): Promise<void> {
    if (!this.#isWanted()) {
      const retryAt = this.#state.get("retryAt") ?? null;
      if (retryAt === null || retryAt > Date.now()) return;
      const attempt = this.#state.get("attempts") ?? 0;
      this.#state.addSignal({ source: "retry", at: clock(), attempt });
    }
    const wanted = this.#state.get("wanted") ?? 0;
    const identity = this.#state.get("identity");
    const view = this.#view();
    if (!identity || !view) return;
    await new Pass({
      env: this.env,
      state: this.#state,
      holds: this.#holds,
      guardrails: this.#guardrails,
      identity,
      view,
      wanted,
      waiting,
    }).run();
  }
}
