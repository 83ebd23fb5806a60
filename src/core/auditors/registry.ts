import type { Audit } from "./audit.ts";
import { conformance } from "./conformance.ts";
import { policy } from "./policy.ts";
import { simulation } from "./simulation.ts";

/** The deterministic voters: differently built, so that one mistake does not pass all of them. */
export const AUDITS: ReadonlyMap<string, Audit> = new Map([
  ["simulation", simulation],
  ["policy", policy],
  ["conformance", conformance],
]);
