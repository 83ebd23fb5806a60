/** The system does not change or cut off itself: its Workers, the domains that lead to them, the tokens that it lives by. */
import { textOf } from "../canonical.ts";
import { type Invariant, type Turn } from "./invariant.ts";

/** As `wrangler.toml` and `wrangler.vault.toml` call them. */
export const OWN_WORKERS: ReadonlySet<string> = new Set(["driftless", "driftless-vault"]);

/** Code, or a credential. */
export const isOwn = ({ kind, identity }: Pick<Turn, "kind" | "identity">): boolean =>
  kind === "api_token" || (kind === "worker" && OWN_WORKERS.has(identity));

const leadsToUs = ({ kind, before, after }: Turn): boolean =>
  (kind === "worker_domain" &&
    OWN_WORKERS.has(textOf(before?.["service"])) &&
    !OWN_WORKERS.has(textOf(after?.["service"]))) ||
  (kind === "worker_route" &&
    OWN_WORKERS.has(textOf(before?.["script"])) &&
    !OWN_WORKERS.has(textOf(after?.["script"])));

export const ownWorkers: Invariant = {
  name: "own_access",
  violations: (states) =>
    states.turns
      .filter((turn) => isOwn(turn) || leadsToUs(turn))
      .map((turn) => ({
        severity: "person",
        effect: "locks_out",
        kind: turn.kind,
        identity: turn.identity,
        explanation: isOwn(turn)
          ? "this system would change what it runs on itself"
          : "this system's own API would no longer be reached",
      })),
};
