import { type Diagnose, justBefore, perTenThousand } from "./facts.ts";
import { failing } from "./origin-errors.ts";

/** What a change can break a site with. */
const DEPLOYED = /script|worker|route|ruleset|setting|dns|certificate|pages/i;

/** Something was changed, and then it failed. Change first: taking it back is milder than any rule. */
export const badDeploy: Diagnose = (facts) => {
  const share = failing(facts);
  const changes = justBefore(facts, DEPLOYED);
  const [last] = changes.toSorted((a, b) => b.atMs - a.atMs);
  if (share === null || !last) return null;
  return {
    cause: "bad_deploy",
    facts: {
      failed_per_10k: perTenThousand(share),
      changes: changes.length,
      change: last.id.slice(0, 64),
      seconds_before: Math.round((facts.nowMs - last.atMs) / 1_000),
    },
    remedy: {
      type: "revert",
      why: "a change came just before it: what differs from the golden state is put back",
    },
  };
};
