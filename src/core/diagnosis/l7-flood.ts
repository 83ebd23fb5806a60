import { HOUR_MS } from "../guardrails/template.ts";
import { bestOf, NORMAL_MIN, pathMost, sourcesOf } from "../traffic/trial.ts";
import { type Diagnose, perTenThousand, surge, trialFacts } from "./facts.ts";

/** A path takes the brunt of a flood when so much of it goes there. */
const PATH_SHARE = 0.6;

/** Many times more requests than usual. Answered where it stands out, at the least cost for everybody else. */
export const l7Flood: Diagnose = (facts) => {
  const times = surge(facts);
  if (times === null) return null;
  const { recent: trouble, normal } = facts;
  const path = pathMost(trouble, PATH_SHARE);
  const sources = sourcesOf({ trouble, normal });
  const wherever =
    path === null ? [] : sources.map((source) => ({ ...source, path, match: "exact" as const }));
  const best = bestOf([...sources, ...wherever], { trouble, normal });
  const counted = {
    requests_per_second: Math.round(facts.recentPerSecond),
    times_usual: Number.isFinite(times) ? Math.round(times) : -1,
    sources: sources.length,
  };
  if (best) {
    // Without a record of what is normal nobody can say who else is hit: then it only counts.
    const mode = normal.length >= NORMAL_MIN ? "challenge" : "log";
    const { match, trial } = best;
    return {
      cause: "l7_flood",
      facts: { ...counted, ...trialFacts(trial) },
      remedy: {
        type: "guard",
        template: "block_source",
        parameters: { ...match },
        mode,
        leaseMs: HOUR_MS,
        trial,
      },
    };
  }
  if (path !== null && facts.normalPerSecond !== null) {
    // Nothing tells them apart but how quick they are.
    const parameters = { path, match: "exact", requests: 60, period: 60, timeout: 300 };
    return {
      cause: "l7_flood",
      facts: { ...counted, path_share_per_10k: perTenThousand(PATH_SHARE) },
      remedy: {
        type: "guard",
        template: "rate_limit",
        parameters,
        mode: "challenge",
        leaseMs: HOUR_MS,
        trial: null,
      },
    };
  }
  const why =
    "it comes from everywhere and goes everywhere: under-attack mode is a person's to choose";
  return { cause: "l7_flood", facts: counted, remedy: { type: "person", why } };
};
