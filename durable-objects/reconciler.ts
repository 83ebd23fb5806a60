import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import { backoffMs } from "../src/core/backoff.ts";
import { parseGolden } from "../src/core/golden.ts";
import { type Instant, instantOf, type ScopeId } from "../src/core/ids.ts";
import type { Incident, IncidentStatus } from "../src/core/incident.ts";
import type { LineageEntry } from "../src/core/observation.ts";
import type { GoldenPut, GoldenRefusal, ReconcilerPort, StoredGolden } from "../src/core/ports.ts";
import type { Zone } from "../src/core/resource.ts";
import { err, ok, type Result } from "../src/core/result.ts";
import type { Run } from "../src/core/run.ts";
import { type ScopeView, unseen, withStatus } from "../src/core/scope-view.ts";
import type { Signal } from "../src/core/signal.ts";
import { postPosture } from "../src/edge/store/blackboard.ts";
import { Evidence } from "../src/edge/store/evidence.ts";
import { SharedRecord } from "../src/edge/store/shared-record.ts";
import { logOf, runOf } from "./bindings.ts";
import { Driver } from "./driver.ts";
import { Pass } from "./pass.ts";
import { type ActiveRun, ReconcilerState } from "./reconciler-state.ts";

const clock = (): Instant => instantOf(new Date().toISOString());

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

  async adopt(scope: ScopeId, zone: Zone, accountId: string): Promise<void> {
    await this.lifecycle.start();
    this.#state.set({ identity: { scope, zone, accountId } });
    if (!this.#state.get("view")) this.#state.set({ view: unseen(scope, zone.name, clock()) });
  }

  async wake(signal: Signal): Promise<void> {
    await this.lifecycle.start();
    this.#state.addSignal(signal);
    this.#state.set({ wanted: (this.#state.get("wanted") ?? 0) + 1 });
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

  async putGolden({
    document,
    text,
    mediaType,
    expected,
    by,
  }: GoldenPut): Promise<
    Result<{ generation: number; digest: StoredGolden["digest"] }, GoldenRefusal>
  > {
    await this.lifecycle.start();
    const { scope, zone } = this.#identity();
    const current = this.#state.golden();
    if ((current?.generation ?? 0) !== expected)
      return err({ reason: "generation_moved", generation: current?.generation ?? 0 });
    const golden = parseGolden(document, scope, zone);
    if (!golden.ok) return err({ reason: "invalid", problems: golden.error });
    const stored: StoredGolden = {
      generation: expected + 1,
      document,
      text,
      mediaType,
      digest: golden.value.digest,
      by,
      at: clock(),
    };
    // Log and snapshot first: a crash before the last line leaves them for a generation that nobody was promised, and the
    // same put, sent again, finds them as they are.
    await logOf(this.env).append([
      {
        id: `${scope}/golden/${stored.generation}/${stored.digest}`,
        type: "golden",
        scope,
        at: stored.at,
        actor: by,
        data: { generation: stored.generation, digest: stored.digest },
      },
    ]);
    await new Evidence(this.env.EVIDENCE).putGolden(scope, stored);
    if ((this.#state.golden()?.generation ?? 0) !== expected)
      return err({ reason: "generation_moved", generation: this.#state.golden()?.generation ?? 0 });
    this.#state.addGolden(stored);
    await this.#record.saveGeneration(scope, stored.generation);
    // A plan that waits for people is void now; its run has to find out.
    const waiting = this.#state.get("active");
    if (waiting) await runOf(this.env, waiting.start.id).poke();
    await this.wake({ source: "golden", at: stored.at, by, generation: stored.generation });
    return ok({ generation: stored.generation, digest: stored.digest });
  }

  async view(): Promise<ScopeView> {
    await this.lifecycle.start();
    const view = this.#state.get("view");
    if (!view) throw new Error("this scope has not been adopted");
    return { ...view, generation: this.#state.golden()?.generation ?? 0 };
  }

  async runFinished(run: Run, touched: readonly LineageEntry[]): Promise<void> {
    await this.lifecycle.start();
    const active = this.#state.get("active");
    if (active?.start.id !== run.id) return;
    const view = this.#state.get("view");
    // The shared copies first: until the run is settled here, a crash lets the run call again, and all of it is repeated.
    await this.#closeIncident(active.incident, run);
    if (view)
      await postPosture(this.env.BLACKBOARD, withStatus(view, afterRun(view, run), clock()));
    if (this.#state.get("active")?.start.id !== run.id) return;
    // Nothing is waited for between the two: settled and not armed would wait for the next cron (I11).
    this.#settle(active, run, touched);
    await this.#driver.request();
  }

  #identity() {
    const identity = this.#state.get("identity");
    if (!identity) throw new Error("this scope has not been adopted");
    return identity;
  }

  /** Everything that the end of a run changes here, in one transaction. */
  #settle(
    { heals, changeSet, postponed }: ActiveRun,
    run: Run,
    touched: readonly LineageEntry[],
  ): void {
    const now = Date.now();
    const view = this.#state.get("view");
    this.ctx.storage.transactionSync(() => {
      this.#state.set({ active: null });
      if (run.phase === "verified") {
        this.#state.addHeals(heals.map((heal) => ({ ...heal, atMs: now })));
        this.#state.addLineage(touched);
        this.#state.set({ attempts: 0, inSyncAt: clock(), parent: null });
        if (postponed > 0) this.#state.set({ wanted: (this.#state.get("wanted") ?? 0) + 1 });
      } else {
        if (wasTurnedDown(run)) this.#state.turnDown(changeSet, endOf(run), now);
        // At once the first time (the world may just have moved on), then later and later (B1).
        const attempts = this.#state.get("attempts") ?? 0;
        this.#state.set({
          attempts: attempts + 1,
          retryAt: now + backoffMs(attempts),
          parent: run.id,
        });
      }
      if (view) this.#state.set({ view: withStatus(view, afterRun(view, run), clock()) });
    });
  }

  async #closeIncident(incident: Incident, run: Run): Promise<void> {
    const status: IncidentStatus =
      run.phase === "verified" ? "resolved" : run.phase === "superseded" ? "open" : "failed";
    await this.#record.saveIncident({
      ...incident,
      status,
      run: run.id,
      closedAt: status === "open" ? null : clock(),
    });
  }

  async #drive(): Promise<number | null> {
    if (!this.#state.get("active")) await this.#look(null);
    const active = this.#state.get("active");
    if (!active) return this.#state.get("retryAt") ?? null;
    const run = runOf(this.env, active.start.id);
    // Idempotent, and repeated after a crash between storing the run and starting it. The run calls back when it is over.
    await run.begin(active.start);
    // A plan may wait for people for long; drift that comes meanwhile is not kept waiting with it.
    if (this.#isWanted() && (await run.poke()) === "awaiting_approval") await this.#look(active);
    return null;
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
    const view = this.#state.get("view");
    if (!identity || !view) return;
    await new Pass({ env: this.env, state: this.#state, identity, view, wanted, waiting }).run();
  }
}

/** Somebody or something said no; asking the same again at once would get the same answer. */
function wasTurnedDown(run: Run): boolean {
  return run.phase === "expired" || run.phase === "stuck" || run.phase === "rejected";
}

function afterRun(view: ScopeView, run: Run): Partial<ScopeView> & Pick<ScopeView, "status"> {
  if (run.phase === "verified") {
    const left = view.quarantined.length + view.reported.length > 0;
    return {
      status: left ? "held" : "in_sync",
      why: left ? "healed and verified; what is left is not ours to write" : "healed and verified",
      drift: [],
      run: run.id,
    };
  }
  return {
    status: wasTurnedDown(run) ? "held" : "drifted",
    why: `the run ended ${endOf(run)}`,
    run: run.id,
  };
}

const endOf = (run: Run): string =>
  "because" in run ? `${run.phase}: ${run.because.reason}` : run.phase;
