/** What the end of a run says about its scope. */
import type { IncidentStatus } from "../src/core/incident.ts";
import type { Run } from "../src/core/run.ts";
import type { ScopeView } from "../src/core/scope-view.ts";

/** A superseded run leaves its drift to the next plan, which opens its own incident. */
export const INCIDENT_ENDS: Partial<Record<Run["phase"], IncidentStatus>> = {
  verified: "resolved",
  superseded: "superseded",
};

/** Somebody or something said no; asking the same again at once would get the same answer. */
export function wasTurnedDown(run: Run): boolean {
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
export const isOnesFault = (run: Run): boolean =>
  run.phase === "rejected" && ["voted_down", "call_refused"].includes(run.because.reason);

export const endOf = (run: Run): string =>
  "because" in run ? `${run.phase}: ${run.because.reason}` : run.phase;
