/** What the end of a run says about its scope, and what it changes in the reconciler. */
import { backoffMs } from "../src/core/backoff.ts";
import { type Instant, instantOf } from "../src/core/ids.ts";
import type { LineageEntry } from "../src/core/observation.ts";
import type { IncidentStatus } from "../src/core/incident.ts";
import { shapeOf } from "../src/core/risk/history.ts";
import { outcomeOf, type Run } from "../src/core/run.ts";
import { type ScopeView, withStatus } from "../src/core/scope-view.ts";
import type { ActiveRun, ReconcilerState } from "./reconciler-state.ts";

/** A superseded run leaves its drift to the next plan, which opens its own incident. */
export const INCIDENT_ENDS: Partial<Record<Run["phase"], IncidentStatus>> = {
  verified: "resolved",
  superseded: "superseded",
};

/** Somebody or something said no; asking the same again at once would get the same answer. */
function wasTurnedDown(run: Run): boolean {
  return run.phase === "expired" || run.phase === "stuck" || run.phase === "rejected";
}

export function afterRun(
  view: ScopeView,
  run: Run,
  postponed: number,
): Partial<ScopeView> & Pick<ScopeView, "status"> {
  if (run.phase === "verified" && postponed > 0) {
    const why = "a part is healed and verified, the rest follows";
    return { status: "drifted", why, run: run.id };
  }
  if (run.phase === "verified") {
    const kept = new Set(view.held.map(({ kind, identity }) => `${kind} ${identity}`));
    const left = view.quarantined.length + view.reported.length + kept.size > 0;
    return {
      status: left ? "held" : "in_sync",
      why: left ? "healed and verified; what is left is not written" : "healed and verified",
      drift: view.drift.filter(({ kind, identity }) => kept.has(`${kind} ${identity}`)),
      run: run.id,
    };
  }
  return {
    status: wasTurnedDown(run) ? "held" : "drifted",
    why: `the run ended ${endOf(run)}`,
    run: run.id,
  };
}

/** Refused for what is in the plan, as opposed to who was there to accept it. */
const isOnesFault = (run: Run): boolean =>
  run.phase === "rejected" && ["voted_down", "call_refused"].includes(run.because.reason);

const endOf = (run: Run): string =>
  "because" in run ? `${run.phase}: ${run.because.reason}` : run.phase;

interface Ended {
  readonly active: ActiveRun;
  readonly run: Run;
  /** The ids that the run's resources have now. */
  readonly touched: readonly LineageEntry[];
}

interface Place {
  readonly storage: DurableObjectStorage;
  readonly state: ReconcilerState;
  readonly view: ScopeView | undefined;
}

/** Everything that the end of a run changes, in one transaction. */
export function settle({ storage, state, view }: Place, { active, run, touched }: Ended): void {
  const { start, heals, changeSet, postponed, divisible } = active;
  const ended = outcomeOf(run);
  const now = Date.now();
  const at: Instant = instantOf(new Date(now).toISOString());
  storage.transactionSync(() => {
    state.set({ active: null });
    if (ended) state.addPast({ shape: shapeOf(start.plan), ended, at });
    if (run.phase === "verified") {
      state.addHeals(heals.map((heal) => ({ ...heal, atMs: now })));
      state.addLineage(touched);
      state.set({ attempts: 0, inSyncAt: at, parent: null });
      state.acquit(heals.map(({ change }) => change));
      if (postponed > 0) state.set({ wanted: (state.get("wanted") ?? 0) + 1 });
    } else {
      // One bad change must not keep the others from being healed: the next plans try them one by one.
      const changes = heals.map(({ change }) => change);
      if (isOnesFault(run) && divisible) state.suspect(changes, now);
      else if (wasTurnedDown(run)) state.turnDown(changeSet, endOf(run), now);
      // At once the first time (the world may just have moved on), then later and later (B1).
      const attempts = state.get("attempts") ?? 0;
      const retryAt = now + backoffMs(attempts);
      state.set({ attempts: attempts + 1, retryAt, parent: run.id });
    }
    if (view) state.set({ view: withStatus(view, afterRun(view, run, postponed), at) });
  });
}
