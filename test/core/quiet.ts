import { NO_LEASES } from "../../src/core/guardrails/overlay.ts";
import type { ReconcileInput } from "../../src/core/reconcile.ts";

/** A scope of which nothing is known but what is declared and what is there: what a test is about, it says itself. */
export const QUIET = {
  holds: [],
  leases: NO_LEASES,
  open: [],
  entries: null,
  routed: new Map(),
  rulings: new Set(),
  heals: [],
  past: [],
  cautions: [],
  inFlight: 0,
  turnedDown: new Map(),
  suspects: new Set(),
  parent: null,
} satisfies Partial<ReconcileInput>;
