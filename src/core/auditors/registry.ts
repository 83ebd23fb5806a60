import { type Audit, verdictOf } from "./audit.ts";
import { conformance } from "./conformance.ts";
import { policy } from "./policy.ts";
import { simulation } from "./simulation.ts";

/** The deterministic voters: differently built, so that one mistake does not pass all of them. */
export const AUDITS: ReadonlyMap<string, Audit> = new Map([
  ["simulation", total(simulation)],
  ["policy", total(policy)],
  ["conformance", total(conformance)],
]);

/** Dossiers come over RPC, where types are promises: one of a shape that nobody expects gets a "no", not a crash. */
function total(audit: Audit): Audit {
  return (input) => {
    try {
      return audit(input);
    } catch {
      return verdictOf(["malformed_dossier"], 4);
    }
  };
}
