import { HOUR_MS } from "../guardrails/template.ts";
import { pathOf } from "../traffic/seen-request.ts";
import { bestOf, sourcesOf } from "../traffic/trial.ts";
import { type Diagnose, perTenThousand, shareOf, trialFacts } from "./facts.ts";

const PATHS_MIN = 20;
const MISSED_MIN = 0.15;
const LIFT = 4;

/** Somebody tries addresses that do not exist, one after the other. */
export const scanner: Diagnose = ({ recent, normal }) => {
  const missed = ({ status }: (typeof recent)[number]): boolean => [403, 404, 405].includes(status);
  const misses = recent.filter(missed);
  const share = shareOf(recent, missed);
  const paths = new Set(misses.map(pathOf)).size;
  if (paths < PATHS_MIN || share < MISSED_MIN || share < LIFT * shareOf(normal, missed))
    return null;
  const of = { trouble: misses, normal };
  const best = bestOf(sourcesOf(of), of);
  const counted = { paths, missed_per_10k: perTenThousand(share) };
  if (!best) {
    const why =
      "addresses that do not exist are tried from everywhere; nothing tells the visitors apart";
    return { cause: "scanner", facts: counted, remedy: { type: "person", why } };
  }
  const { match, trial } = best;
  return {
    cause: "scanner",
    facts: { ...counted, ...trialFacts(trial) },
    remedy: {
      type: "guard",
      template: "block_source",
      parameters: { ...match },
      mode: trial.collateral === null ? "log" : "challenge",
      leaseMs: HOUR_MS,
      trial,
    },
  };
};
